"""Turns to write to a SQLite file: who comes first goes first.

SQLite has everybody who waits ask again after pauses that grow, so that somebody who has waited long is
passed over by those who have just come. Here each takes a number in a file beside the database, has a lock on
that byte of the file until the end, and waits while there is one on a lower byte. The locks are those of open
file descriptions (fcntl(2), Linux): they end with their holder, also if that is killed, and threads have each
their own.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store import engines
from store.engines import sqlite_file

if sys.platform == "linux":
    import fcntl

SUFFIX = "-turns"
LEAST_PAUSE, MOST_PAUSE = 0.001, 0.02
"""Seconds after which it is asked again who is ahead: the fewer may be, the sooner."""
_FLOCK = "hhqqi4x"
_COUNTER = 0
"""The byte that whoever takes a number has a lock on. Numbers are the bytes behind it."""
HAS_LOCKS = sys.platform == "linux" and struct.calcsize("P") == 8


@contextmanager
def turn(file: Path, seconds: float) -> Iterator[None]:
    """Wait for all who came before, `seconds` at most; those who come later wait until the end of this.

    Where there can be no numbers it is as if nobody was ahead: SQLite has its own lock all the same.
    """
    until = time.monotonic() + seconds
    opened = _open(file) if HAS_LOCKS else None
    if opened is None:
        yield
        return
    try:
        # Not on every disk are there such locks.
        with suppress(OSError):
            _wait(opened, until)
        yield
    finally:
        os.close(opened)


def _open(file: Path) -> int | None:
    """The file with the numbers. It is made by programs that write often, as the owner of the database."""
    path = sqlite_file.beside(file, SUFFIX)
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        if not engines.keeping:
            return None
    except OSError:
        return None
    try:
        owner = file.stat()
        opened = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL, 0o600)
        if os.geteuid() == 0:
            os.fchown(opened, owner.st_uid, owner.st_gid)
        # Whoever may write to the database may wait in turn.
        os.fchmod(opened, owner.st_mode & 0o666)
    except FileExistsError:
        return _open(file)
    except OSError:
        return None
    return opened


def _wait(opened: int, until: float) -> None:
    while not _lock(opened, _COUNTER):
        if time.monotonic() > until:
            return
        time.sleep(LEAST_PAUSE)
    number = int.from_bytes(os.pread(opened, 8, 0), "little") + 1
    # Before anybody has the next one: they would not see who is ahead.
    _lock(opened, number)
    os.pwrite(opened, number.to_bytes(8, "little"), 0)
    _unlock(opened, _COUNTER)
    while (ahead := _ahead(opened, number)) and time.monotonic() < until:
        time.sleep(min(LEAST_PAUSE * ahead, MOST_PAUSE))


if sys.platform == "linux":

    def _lock(opened: int, byte: int) -> bool:
        """Whether the lock on a byte is had now."""
        try:
            fcntl.fcntl(opened, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, 0, byte, 1, 0))
        except BlockingIOError:
            return False
        return True

    def _unlock(opened: int, byte: int) -> None:
        fcntl.fcntl(opened, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_UNLCK, 0, byte, 1, 0))

    def _ahead(opened: int, number: int) -> int:
        """How many numbers back somebody is who has not done yet; 0 if nobody is."""
        if number == 1:
            # A length of nought would be all that comes behind.
            return 0
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 1, number - 1, 0)
        kind, _, first, _, _ = struct.unpack(_FLOCK, fcntl.fcntl(opened, fcntl.F_OFD_GETLK, asked))
        return 0 if kind == fcntl.F_UNLCK else max(1, number - int(first))
