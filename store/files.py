"""New files: written under a passing name beside their place, and named once they are whole and on the disk.

Only their owner may read them, where the system can tell.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TextIO

from store import errors

# Long after any program has ended that could still be at work on a file under a passing name.
LEFTOVER_SECONDS = 24 * 60 * 60

PRIVATE = 0o600
"""The mode of files that only their owner may read and write."""

_PASSING = re.compile(r"\.muster-[0-9a-f]{12}\.part(-wal|-shm|-journal)?")


def passing_name(path: Path) -> Path:
    """A free name beside a file, to write it under. What killed programs left there is swept away."""
    _sweep(path.parent)
    # Short, since the name of the file itself may be as long as names can be.
    return path.with_name(f".muster-{secrets.token_hex(6)}.part")


def _sweep(folder: Path) -> None:
    """Remove files under passing names that nobody has written to for a day, as far as one may."""
    long_ago = time.time() - LEFTOVER_SECONDS
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _PASSING.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    _remove_if_old(Path(entry.path), long_ago)
    except OSError:
        # Whoever makes a file there is told what is wrong with the folder.
        return


def _remove_if_old(file: Path, long_ago: float) -> None:
    try:
        if file.lstat().st_mtime < long_ago:
            file.unlink()
    except OSError:
        # Gone already, or somebody else's.
        return


def private(name: str, flags: int) -> int:
    """Open a file, which only its owner may read if it is new: for `open(…, opener=private)`."""
    return os.open(name, flags, PRIVATE)


def create_private(path: Path) -> TextIO:
    """A new text file in UTF-8 that only its owner may read. Lines end as they are written.

    Raises FileExistsError, and other kinds of OSError.
    """
    return open(path, "x", encoding="utf-8", newline="", opener=private)


def create_empty(path: Path) -> None:
    """Make a file with nothing in it, for another program to fill.

    Raises FileExistsError, and other kinds of OSError.
    """
    os.close(private(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL))


def put_under_its_name(part: Path, path: Path) -> None:
    """Give the finished file its name, once all of it is on the disk; `part` may be left.

    Raises FileExistsError if somebody took that name meanwhile, and other kinds of OSError.
    """
    _sync(part)
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError as error:
        # Some file systems have no hard links. Taking the name first would leave an empty file of it, if
        # the program were killed then; so somebody who takes it in this very moment is not noticed.
        if os.path.lexists(path):
            raise FileExistsError(*error.args) from error
        part.rename(path)
    # Where a folder cannot be written to the disk by itself, the system does so in its own time.
    with suppress(OSError):
        _sync(path.parent)


def taken(path: Path) -> errors.InvalidError:
    """Something is there already."""
    return errors.InvalidError(f"{path} exists already. Name a new file: nothing is overwritten.")


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def size(file: Path) -> int:
    """How many bytes a file has; 0 if there is none, or it cannot be looked at."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


# ------------------------------------------------------------------- where to write


def default_folder() -> Path:
    """The folder that Muster was started in; the home folder where that cannot be written to."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return Path.home()
    return here if os.access(here, os.W_OK | os.X_OK) else Path.home()


def free_name(path: Path) -> Path:
    """The path itself if it is free, else one with a number: name-2.csv."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(name for name in names if not os.path.lexists(name)) if os.path.lexists(path) else path


# ------------------------------------------------------------------------ who else may


def remarks(file: Path, *, of_writers: str = "") -> list[str]:
    """Who besides its owner may read or write a file, a sentence each; with more `of_writers`."""
    return _told_of(file, "read", "write", of_writers)


def folder_remarks(folder: Path) -> list[str]:
    """Who besides its owner may look into a folder, or put files into it, a sentence each."""
    return _told_of(folder.absolute(), "look into", "make files in")


def _told_of(path: Path, reads: str, writes: str, of_writers: str = "") -> list[str]:
    if os.name != "posix":
        return []
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    return [
        f"{who} may {writes if may_write else reads} {path} ({mode:04o})." + (of_writers if may_write else "")
        for who, may_write in _who_else(found)
    ]


def _who_else(found: os.stat_result) -> list[tuple[str, bool]]:
    """Who has any rights besides the owner, and whether to write."""
    group, everybody = found.st_mode >> 3 & 0o007, found.st_mode & 0o007
    said = []
    if group & ~everybody:
        said.append((_group(found.st_gid), bool(group & 0o002)))
    if everybody:
        said.append(("Everybody on this machine", bool(everybody & 0o002)))
    return said


def _group(number: int) -> str:
    import grp  # noqa: PLC0415 - not on every system

    try:
        return f"The group {grp.getgrgid(number).gr_name}"
    except KeyError:
        return f"The group {number}"
