"""The folders of what the program keeps for itself, and whether something can be kept there."""

# ruff: noqa: PLC0415 - platformdirs is rarely needed, and not free

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

REPORTS = "reports"
"""In the home of the Unix user: where reports go that are written in a session over SSH."""
PROBE = b"\0" * 4096


def unsaved() -> Path:
    """Where words lie that could not be written into the database."""
    from platformdirs import user_state_path

    return user_state_path("muster", appauthor=False) / "unsaved"


def log() -> Path:
    """Where faults of the program are written down."""
    from platformdirs import user_log_path

    return user_log_path("muster", appauthor=False)


def make(folder: Path) -> None:
    """Make a folder, its owner's alone, unless it is there. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def why_not(folder: Path) -> str:
    """Why nothing can be kept in a folder, which is made if it is missing; empty where something can."""
    probe = folder / f".{uuid4().hex}.probe"
    try:
        make(folder)
        with os.scandir(folder):
            pass
        number = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(number, PROBE)
        finally:
            os.close(number)
            probe.unlink()
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    return ""
