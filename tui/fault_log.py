"""The log of the program's own faults: several programs of one user may write to it, and it stays small."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from tui import folders, system_log

NAME = "muster.log"
LARGEST = 1_000_000
"""Bytes of a log, after which a new one is begun."""
OLDER = 3
"""How many older ones are kept: muster.log.1 is the newest of them."""
LOCK_SECONDS = 1.0
"""Seconds to wait for another program that is writing."""


def write_down(error: BaseException) -> str:
    """Log a fault of the program; returns a sentence that says by which number to find it.

    The trace has files and lines but no values of variables: those could hold what people wrote.
    """
    number = uuid4().hex[:8]
    trace = "".join(traceback.format_tb(error.__traceback__))
    text = f"{datetime.now():%Y-%m-%d %H:%M:%S} {number} {type(error).__name__}\n{trace}\n"
    try:
        _append(folders.log(), text.encode("utf-8", "backslashreplace"))
    except OSError as refused:
        system_log.tell(f"fault {number}, not in {refused.filename or NAME} ({refused.strerror}): {text}")
        return "Its log cannot be written."
    return f"It is in the log as {number}."


def _append(folder: Path, entry: bytes) -> None:
    folders.make(folder)
    path = folder / NAME
    with _alone(folder):
        with suppress(FileNotFoundError):
            if path.stat().st_size + len(entry) > LARGEST:
                _begin_anew(path)
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(number, entry)
        finally:
            os.close(number)


def _begin_anew(path: Path) -> None:
    older = [path, *(path.with_name(f"{NAME}.{number}") for number in range(1, OLDER + 1))]
    for to, what in zip(older[:0:-1], older[-2::-1], strict=True):
        with suppress(FileNotFoundError):
            what.replace(to)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder, so that one program writes at a time.

    Goes on without it after LOCK_SECONDS, and where the system has no locks.
    """
    try:
        import fcntl  # noqa: PLC0415 - not every system has it
    except ImportError:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while time.monotonic() < deadline:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                # A file system without locks.
                break
        yield
    finally:
        os.close(number)
