"""A whole database taken over into a new one, on the same engine or on another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from store import counters, counting, database, errors, health, new_database
from store.engines import Care

Progress = Callable[[str, int], None]


class Copied(NamedTuple):
    """How many rows each table has, and the hash that the audit log ends with."""

    rows: dict[str, int]
    ends_with: str


def copy(source: str, target: str, progress: Progress = lambda table, rows: None) -> Copied:
    """Copy all of a database into one that is made for it, and compare them; leaves the new one open.

    `progress` is told each table, and how many of its rows are done. Nobody is to write to the source
    meanwhile: what they write is not in the copy. Raises InvalidError where there is a database already,
    OlderError for a source that is to be upgraded first, and CorruptError for one that is not sound, or where
    the copy is not the same: it is not kept then.
    """
    database.attach(source)
    known = health.check()
    if known.faults:
        raise errors.CorruptError(
            f"{database.name()} is not sound, see: muster db check. Nothing was copied."
        )
    here = database.engine()
    with new_database.open_or_draft(target, only_new=True) as keep:
        with database.translated():
            rows = _take_over(here.care, database.engine().care, progress)
        here.release()
        found = health.check()
        if found.faults or found.ends_with != known.ends_with:
            raise errors.CorruptError("The copy is not the same, and was not kept: somebody wrote meanwhile.")
        keep()
    return Copied(rows, found.ends_with)


def _take_over(here: Care, there: Care, progress: Progress) -> dict[str, int]:
    counts = {}
    with here.engine.db.connection_context(), here.engine.reading(), there.filling():
        counting.stop(there.engine.db)
        for table in here.tables():
            if table in counters.TABLES:
                continue
            columns = here.columns(table)
            done = 0
            for rows in here.all_rows(table, columns):
                there.fill(table, columns, rows)
                done += len(rows)
                progress(table, done)
            there.give_no_lower_id(table, here.engine.last_id(table))
            counts[table] = there.count(table)
            if counts[table] != here.count(table):
                raise errors.CorruptError(f"{table} has not as many rows in the copy. It was not kept.")
        counters.rebuild(there.engine.db)
    return counts
