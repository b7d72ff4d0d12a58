"""Opening the database for use, and what a new day brings."""

from __future__ import annotations

from store import database, in_force
from store.errors import StorageError

FEW = 2_000
"""Changes of a day that are written while somebody waits for their screen: a moment's work."""
PATIENCE = 2.0
"""Seconds to wait for whoever else writes. What has ended gives nothing in any case, written or not."""


def open_for_use(target: str, *, for_screens: bool = False) -> None:
    """Open a database, and write the changes that rosters gave for a day up to today.

    With `for_screens` more than FEW of them are left to the running program. Raises what
    `database.open_database` does.
    """
    database.open_database(target)
    begin_the_day(FEW if for_screens else None)


def begin_the_day(most: int | None = None) -> bool:
    """Write what rosters give from today on, or no longer.

    False where that cannot be written now, or is more than `most` changes.
    """
    try:
        with database.reading():
            due = in_force.changes_due(1 if most is None else most + 1)
        if most is not None and due > most:
            return False
        if due:
            from store.importing import day_change  # noqa: PLC0415 - a start has no other use for imports

            day_change.catch_up(PATIENCE)
    except StorageError:
        return False
    return True
