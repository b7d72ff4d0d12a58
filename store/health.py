"""Whether the database is sound: the file itself, and what the tables cannot forbid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from store import counters, database, kept_files
from store.audit import audit
from store.errors import StorageError
from store.models import Group
from store.splitting import known_ids
from store.views.splitting import KnownId


class Health(NamedTuple):
    """What is wrong, a sentence each; how many lines the audit log has, and the hash that it ends with;
    what an admin should look at.

    Compare the hash with one that was noted down earlier: only that shows a log that was written anew.
    """

    faults: list[str]
    lines: int = 0
    ends_with: str = ""
    notes: tuple[str, ...] = ()


def check() -> Health:
    """Look at the file, the groups, what is counted of them, and the audit log.

    Raises OlderError and NewerError for a file that is sound, but whose tables are of another version.
    """
    faults = database.check()
    if faults:
        return Health(faults)
    database.require_upgraded()
    try:
        # One moment: what was looked at is what is counted.
        with database.reading():
            faults = [*_group_faults(), *audit.faults(), *counters.faults(database.db)]
            found = Health(faults, *audit.end(), tuple(_merged_people()))
        return found._replace(notes=(*found.notes, *kept_files.remarks()))
    except StorageError as error:
        return Health([error.message])


def rebuild() -> None:
    """Count anew what is kept of groups and of what waits."""
    database.require_upgraded()
    with database.writing():
        counters.rebuild(database.db)


def _merged_people() -> Iterator[str]:
    """People with two ids of one sender: maybe one person with a new id, maybe two by one address."""
    for one in known_ids.with_two_ids():
        ids = ", ".join(f"{known.id} of {known.source} ({_as_sent(known)})" for known in one.ids)
        yield (
            f"person {one.user_id} ({one.name}) is known by {len(one.ids)} ids: {ids}. "
            f"If they are two people: muster user split {one.user_id}"
        )


def _as_sent(known: KnownId) -> str:
    if not known.is_sent:
        return "no longer sent"
    return "sent under another name" if known.has_their_name is False else "sent"


def _group_faults() -> list[str]:
    """Circles of groups, and groups in use under one that is not."""
    known = {
        row[0]: row for row in database.rows(Group.select(Group.id, Group.name, Group.parent, Group.active))
    }
    faults = []
    for group_id, name, parent, active in known.values():
        above = set()
        here = parent
        while here is not None and here not in above and here != group_id:
            above.add(here)
            here = known[here][2]
        if here == group_id:
            faults.append(f"group {group_id} ({name}) is nested below itself")
        if active and parent is not None and not known[parent][3]:
            faults.append(f"group {group_id} ({name}) is under group {parent}, which is no longer in use")
    return faults
