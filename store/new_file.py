"""Writing a report or an export to a new file: whole, its owner's alone, and never over another one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from store import errors, files, no_room


def write(path: Path, fill: Callable[[TextIO], int], record: Callable[[int], None]) -> int:
    """Have `fill` write a new file in UTF-8, and `record` that it was; returns the rows that `fill` told.

    The file is there once it is whole. Raises InvalidError (field "path") where it cannot be made, and
    DiskFullError. Where it cannot be recorded, it is removed again: nobody could look it up later.
    """
    try:
        if path.is_dir():
            raise errors.InvalidError(f"{path} is a folder. Name a file in it.", field="path")
        if os.path.lexists(path):
            raise _taken(path)
        part = files.passing_name(path)
        try:
            with files.create_private(part) as out:
                written = fill(out)
            files.put_under_its_name(part, path)
        finally:
            part.unlink(missing_ok=True)
        try:
            record(written)
        except errors.MusterError:
            path.unlink()
            raise
    except OSError as error:
        raise refusal(path, error) from error
    return written


def refusal(path: Path, error: OSError) -> errors.MusterError:
    """Why a file could not be written, and what to do."""
    if isinstance(error, FileExistsError):
        return _taken(path)
    if (full := no_room.told(error.errno, path)) is not None:
        return full
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return errors.InvalidError(f"The folder {path.parent} does not exist. Make it first.", field="path")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return errors.InvalidError(
            f"{path.parent} may not be written to. Choose another folder.", field="path"
        )
    return errors.InvalidError(f"{path} could not be written: {error.strerror}.", field="path")


def _taken(path: Path) -> errors.InvalidError:
    return errors.InvalidError(
        f"{path} exists already. Choose another name: nothing is overwritten.", field="path"
    )
