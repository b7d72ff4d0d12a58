"""A new day: what rosters give from then on, or no longer, is written by whoever notices it first."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from store import clock, database, in_force, text
from store.audit import audit
from store.batches import chunks
from store.importing import rights, schedule
from store.importing.ledger import Ledger
from store.importing.rights import ADMIN, ENROLMENT, MEMBERSHIP, RightsChange
from store.models import User
from store.permissions import CALENDAR

_NOUNS = {MEMBERSHIP: "membership", ENROLMENT: "enrolment", ADMIN: "admin"}
_WHERE = {MEMBERSHIP: "group", ENROLMENT: "course"}
EACH = 20
"""Up to so many people in a group or course have a line of the audit log each; of more one line tells."""


class DayChange(NamedTuple):
    """How many memberships, enrolments and admin rights changed; who stays an admin, being the last one."""

    changes: int = 0
    last_admin: str = ""


def catch_up(patience: float | None = None) -> DayChange:
    """Write what has come by today, if anything has. `patience` as in `database.writing`.

    Two programs may do so at once: the second one finds nothing left to do.
    """
    with database.reading():
        if not in_force.changes_due():
            return DayChange()
    with database.writing(patience):
        return write_due()


def write_due() -> DayChange:
    """Write what has come by today, with its lines in the audit log. Call inside `writing()`."""
    today = clock.today()
    changes: list[RightsChange] = []
    admins = in_force.admins()
    for source, kinds in schedule.due(today).items():
        keys = sorted({key for marks in kinds.values() for key in marks})
        ledger = Ledger(source, (MEMBERSHIP, ENROLMENT, ADMIN), only=keys)
        changes += rights.put_memberships(ledger, kinds.get(MEMBERSHIP, {}), by_date=True)
        changes += rights.put_enrolments(ledger, kinds.get(ENROLMENT, {}), by_date=True)
        changes += rights.put_admins(ledger, kinds.get(ADMIN, {}), by_date=True)
        ledger.flush()
    schedule.drop_due(today)
    _tell(changes)
    last_admin = _keep_an_admin(admins)
    return DayChange(len(changes) + len(end_kept_admins()), last_admin)


def end_kept_admins() -> list[str]:
    """Take the rights from those who stayed admins only because nobody else was one, once somebody is.

    Returns their names. Call inside `writing()`, after `write_due`.
    """
    if in_force.last_admin() is not None:
        return []
    query = User.select(User.id).where(User.is_admin, User.admin_last_day < clock.today())
    kept = [row[0] for row in database.rows(query)]
    User.update(is_admin=False, admin_last_day=None).where(User.id.in_(kept)).execute()
    _tell([RightsChange(ADMIN, "end", user, user, user) for user in kept])
    return [*_names(kept).values()]


def _tell(changes: list[RightsChange]) -> None:
    """Say in the audit log who came, who became something else, and who ended, each with their name."""
    names = _names([change.user for change in changes])
    lines: dict[tuple[str, str, int], list[RightsChange]] = defaultdict(list)
    for change in changes:
        lines[change.kind, change.what, change.where].append(change)
    for (kind, what, where), some in lines.items():
        action = f"{_NOUNS[kind]}.{what}"
        before = [_row(change, change.was, names) for change in some] if what != "begin" else None
        after = [_row(change, change.role, names) for change in some] if what != "end" else None
        if len(some) > EACH:
            audit.write(CALENDAR, action, _WHERE[kind], where, before=before, after=after)
            continue
        about = "user" if kind == ADMIN else _NOUNS[kind]
        for at, change in enumerate(some):
            was, became = before and before[at], after and after[at]
            audit.write(CALENDAR, action, about, change.id, before=was, after=became)


def _row(change: RightsChange, role: str, names: dict[int, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": change.id, "user": change.user, "name": names[change.user]}
    if change.kind in _WHERE:
        row[_WHERE[change.kind]] = change.where
    return {**row, "role": role} if change.kind == MEMBERSHIP else row


def _names(people: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted(set(people))):
        query = User.select(User.id, User.first_name, User.last_name).where(User.id.in_(list(some)))
        found |= {row[0]: text.full_name(row[1], row[2]) for row in database.rows(query)}
    return found


def _keep_an_admin(before: list[int]) -> str:
    """The name of who stays an admin, being the last one; the audit log tells it."""
    kept = rights.keep_an_admin(before)
    if kept is None:
        return ""
    user_id, name = kept
    audit.write(CALENDAR, "admin.keep", "user", user_id, after={"id": user_id, "user": user_id, "name": name})
    return name
