"""Why nothing more could be written: a full disk, a quota, or a limit on the size of files."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from store import errors, files

PROBE_BYTES = 64 * 1024
"""How much is written to find out why something could not be."""


def told(number: int | None, path: Path | None = None) -> errors.DiskFullError | None:
    """What an error number of the system means for whoever wrote `path`; None if that is not about room."""
    title = None
    match number:
        case errno.ENOSPC:
            said = "there is no room left on the disk. Make some, then try again."
        case errno.EDQUOT:
            said, title = (
                "your quota on the disk is used up. Make room, or ask for more.",
                "The quota is used up",
            )
        case errno.EFBIG:
            limit = size_limit()
            most = f"may have {limit:,} bytes at most (ulimit -f)" if limit else "cannot be so large"
            said, title = f"files {most} here. Raise that limit, then try again.", "A size limit was reached"
        case _:
            return None
    said = f"{path} could not be written: {said}" if path is not None else said[0].upper() + said[1:]
    return errors.DiskFullError(said, title=title)


def size_limit() -> int | None:
    """How many bytes a file of this process may have at most; None if that is not limited, or not known."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on every system

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def why(*paths: Path) -> int | None:
    """The system's error number of a write to one of these files that failed; None if it was not for room.

    To be asked where that number is not told: SQLite says no more than "disk I/O error" of a quota or limit.
    """
    limit = size_limit()
    if limit is not None and any(files.size(file) + PROBE_BYTES > limit for file in paths):
        return errno.EFBIG
    return _probe(paths[0].parent)


def _probe(folder: Path) -> int | None:
    path = files.passing_name(folder / "probe")
    try:
        with open(path, "xb", opener=files.private) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno
    finally:
        with suppress(OSError):
            path.unlink()
    return None
