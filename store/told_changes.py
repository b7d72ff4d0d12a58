"""The file in which a host's one listener tells all its sessions that somebody changed the database.

While it is fresh they need not ask the server, each by itself, again and again. It is written whole, and a
listener that was killed leaves it as it was: then it is soon old, and each session asks by itself again.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

VARIABLE = "MUSTER_CHANGES"
"""The environment variable that names it."""
BEAT_SECONDS = 2.0
"""How often the listener makes it fresh, once it has heard from the server."""
FRESH_SECONDS = 5.0
"""How old it may be."""


def named() -> Path | None:
    """The file that this program was told of, if it was told of one."""
    said = os.environ.get(VARIABLE)
    return Path(said) if said else None


def seen(file: Path | None) -> str | None:
    """What differs once anybody has changed something; None where no listener tells that just now."""
    if file is None:
        return None
    try:
        *told, beat = file.read_text(encoding="ascii").split()
        # The clock since the machine was started is the same for all its programs, and is never set.
        is_fresh = 0 <= time.monotonic() - float(beat) <= FRESH_SECONDS
    except (OSError, ValueError):
        return None
    return " ".join(told) if is_fresh else None


class Teller:
    """Writes the file: which run of a listener it is, how many changes it knows of, and when that was."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._part = file.with_name(f".{file.name}.{os.getpid()}")
        # Counted from nought by each: what one has missed, another one does not know of.
        self._run = time.time_ns()
        self._count = 0

    def tell(self) -> None:
        """Somebody has changed something, or may have."""
        self._count += 1
        self.beat()

    def beat(self) -> None:
        """Nobody has, up to now. Raises OSError where it cannot be written."""
        self._part.write_text(f"{self._run} {self._count} {time.monotonic()}\n", encoding="ascii")
        self._part.chmod(0o644)
        self._part.replace(self._file)

    def stop(self) -> None:
        """Nothing is told any more: sessions ask by themselves."""
        for file in (self._file, self._part):
            with suppress(OSError):
                file.unlink()
