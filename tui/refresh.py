"""Notices when another session changed the database."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from store.database import ChangeWatch
from store.errors import StorageError

SECONDS = 1.0
"""Between two looks; what others change is on screen within twice that."""


def watch(stop: Event, changed: Callable[[], None]) -> None:
    """Call `changed` whenever somebody wrote, until `stop` is set. Runs in a thread of its own."""
    eye = ChangeWatch()
    try:
        last = eye.version()
        # Somebody may have written between the first look at the data and this.
        changed()
        while not stop.wait(SECONDS):
            try:
                version = eye.version()
            except StorageError:
                # A database that is busy or away for a moment is looked at again in a second.
                continue
            if version != last:
                last = version
                changed()
    finally:
        eye.close()
