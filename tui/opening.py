"""Opening the database for use, and what a new day brings."""

from __future__ import annotations

from store import database, in_force
from store.errors import StorageError

PATIENCE = 2.0
"""Seconds to wait for whoever else writes. What has ended gives nothing in any case, written or not."""


def open_for_use(target: str, *, create: bool = False) -> None:
    """Open a database, and write what has come by today. Raises what `database.open_database` does."""
    database.open_database(target, create=create)
    begin_the_day()


def begin_the_day() -> bool:
    """Write what rosters give from today on, or no longer; False where it cannot be written now."""
    try:
        with database.reading():
            is_due = in_force.change_is_due()
        if is_due:
            from store.importing import day_change  # noqa: PLC0415 - a start has no other use for imports

            day_change.catch_up(PATIENCE)
    except StorageError:
        return False
    return True
