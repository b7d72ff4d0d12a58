"""New files: written under a passing name beside their place, and named once they are whole."""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path
from typing import TextIO

# Long after any program has ended that could still be at work on a file under a passing name.
LEFTOVER_SECONDS = 24 * 60 * 60

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


def create_private(path: Path) -> TextIO:
    """A new text file in UTF-8 that only its owner may read, where the system can tell. Lines end as
    they are written. Raises FileExistsError, and other kinds of OSError.
    """

    def open_private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, "x", encoding="utf-8", newline="", opener=open_private)


def put_in_place(part: Path, path: Path) -> None:
    """Give the finished file its name; `part` may be left. Raises FileExistsError if somebody took that
    meanwhile, and other kinds of OSError.
    """
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no hard links: take the name first, then fill it in one step.
        path.touch(exist_ok=False)
        try:
            part.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise
