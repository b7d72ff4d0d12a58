"""New files: written under a passing name beside their place, and named once they are whole."""

from __future__ import annotations

import secrets
from pathlib import Path


def passing_name(path: Path) -> Path:
    """A free name beside a file, to write it under."""
    # Short, since the name of the file itself may be as long as names can be.
    return path.with_name(f".muster-{secrets.token_hex(6)}.part")


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
