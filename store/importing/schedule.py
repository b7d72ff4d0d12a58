"""What a source will give from a day on: kept by its import, and written when the day has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from store import database
from store.batches import chunks
from store.importing.bulk_writes import insert
from store.models import ScheduledChange

_COLUMNS = (ScheduledChange.kind, ScheduledChange.external_id, ScheduledChange.day, ScheduledChange.digest)


class Later(NamedTuple):
    """From this day on the ledger's mark of a key is another one."""

    kind: str
    key: str
    day: date
    mark: str


def keep(source: str, kinds: Collection[str], wanted: Iterable[Later]) -> None:
    """Let these be all changes that are to come of a source in these kinds. What is kept already stays."""
    new = dict.fromkeys(later for later in wanted if later.kind in kinds)
    of_source = (ScheduledChange.source == source) & ScheduledChange.kind.in_(list(kinds))
    gone = []
    for row_id, *values in database.rows(
        ScheduledChange.select(ScheduledChange.id, *_COLUMNS).where(of_source)
    ):
        if new.pop(Later(*values), True) is not None:
            gone.append(row_id)
    for some in chunks(gone):
        ScheduledChange.delete().where(ScheduledChange.id.in_(list(some))).execute()
    insert(ScheduledChange, (ScheduledChange.source, *_COLUMNS), [(source, *later) for later in new])


def due(today: date) -> dict[str, dict[str, dict[str, str]]]:
    """What has come by today and is not written yet: for each source and kind the marks by key."""
    columns = ("source", "kind", "external_id", "digest")
    query = ScheduledChange.select(*(getattr(ScheduledChange, column) for column in columns))
    query = query.where(ScheduledChange.day <= today).order_by(ScheduledChange.day)
    found: dict[str, dict[str, dict[str, str]]] = {}
    # The latest of several days counts.
    for source, kind, key, mark in database.rows(query):
        found.setdefault(source, {}).setdefault(kind, {})[key] = mark
    return found


def drop_due(today: date) -> None:
    """What has come by today is written."""
    ScheduledChange.delete().where(ScheduledChange.day <= today).execute()
