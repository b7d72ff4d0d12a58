"""Reading the audit log, for admins: in windows, newest first, and as a stream, newest last.

Nothing here writes. Lines are only ever added, and their numbers grow with each: the newest come first by
number, whatever the moment that they tell of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from peewee import SQL, fn

from store import audit, audit_select, database, errors, permissions, text
from store.audit_filter import AuditFilter
from store.models import AuditLine, Completion, Course, Enrolment, Group, Membership, Step, User
from store.models_access import Session, SshKey
from store.views import Actor
from store.views.access import AuditDetail, AuditPage, AuditRow

AT_ONCE = 1_000
"""Lines of a stream that are held at a time."""
EVERYTHING = AuditFilter()

_ROW = (
    AuditLine.id,
    AuditLine.at,
    AuditLine.actor,
    AuditLine.actor_name,
    AuditLine.action,
    AuditLine.target_kind,
    AuditLine.target_id,
    AuditLine.ssh_key,
    AuditLine.address,
)


def require_reader(actor: Actor) -> None:
    """Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.standing(actor))


# ------------------------------------------------------------------------ windows


def newest(actor: Actor) -> int:
    """The number of the line that was written last, 0 if there is none. Raises NotFoundError as `listing`."""
    with database.reading():
        require_reader(actor)
        return int(AuditLine.select(fn.MAX(AuditLine.id)).scalar() or 0)


def listing(actor: Actor, wanted: AuditFilter = EVERYTHING, offset: int = 0, limit: int = 128) -> AuditPage:
    """A window of the lines that fit, newest first. Raises NotFoundError for all but admins."""
    with database.reading():
        require_reader(actor)
        if wanted == EVERYTHING:
            total, ids = _of_all(offset, limit)
            more = False
        else:
            chosen = audit_select.choose(wanted)
            ids = chosen.ids(offset, limit)
            total, more = chosen.count(offset + limit)
        return AuditPage(tuple(_rows(ids)), offset, total, more)


def _of_all(offset: int, limit: int) -> tuple[int, list[int]]:
    """How many lines there are, and the numbers of a window of them.

    Where no number is left out, which is how they are given, the window is known without walking there.
    """
    total = int(AuditLine.select(fn.COUNT(SQL("*"))).scalar())
    # Each by itself: together they are looked for in every line.
    first, last = (AuditLine.select(end(AuditLine.id)).scalar() or 0 for end in (fn.MIN, fn.MAX))
    if total == last - first + 1:
        newest = last - offset
        return total, list(range(newest, max(newest - limit, first - 1), -1))
    return total, audit_select.choose(EVERYTHING).ids(offset, limit)


# -------------------------------------------------------------------------- stream


def stream(actor: Actor, wanted: AuditFilter = EVERYTHING) -> Iterator[AuditDetail]:
    """Every line that fits, newest last, few of them held at a time.

    What is written meanwhile is in it. Raises NotFoundError for all but admins, at the first line.
    """
    last = 0
    while True:
        with database.reading():
            require_reader(actor)
            found = _details(audit_select.choose(wanted).ids_after(last, AT_ONCE))
        if not found:
            return
        yield from found
        last = found[-1].row.id


def line(actor: Actor, line_id: int) -> AuditDetail:
    """One line in full. Raises NotFoundError where there is none, and for all but admins."""
    with database.reading():
        require_reader(actor)
        found = _details([line_id])
        if not found:
            raise errors.NotFoundError("No such line in the audit log.")
        return replace(found[0], fits=audit.fits(line_id))


def _details(ids: Sequence[int]) -> list[AuditDetail]:
    """These lines in full, the oldest first. Call inside a transaction."""
    rows = {row.id: row for row in _rows(ids)}
    more = (AuditLine.before, AuditLine.after, AuditLine.batch, AuditLine.undoes, AuditLine.chain)
    query = AuditLine.select(AuditLine.id, *more).where(AuditLine.id.in_(database.numbers(ids)))
    return [
        AuditDetail(rows[line_id], *told) for line_id, *told in database.rows(query.order_by(AuditLine.id))
    ]


# --------------------------------------------------------------------------- names


def _rows(ids: Sequence[int]) -> Iterator[AuditRow]:
    """These lines, newest first, with what they are about by name."""
    query = AuditLine.select(*_ROW).where(AuditLine.id.in_(database.numbers(ids)))
    found = database.rows(query.order_by(AuditLine.id.desc()))
    wanted: dict[str, set[int]] = {}
    for row in found:
        if row[6] is not None:
            wanted.setdefault(row[5], set()).add(row[6])
    names = {kind: _NAMES[kind](ids) for kind, ids in wanted.items() if kind in _NAMES}
    for row in found:
        kind, target_id = row[5], row[6]
        plain = kind if target_id is None else f"{kind} {target_id}"
        yield AuditRow(*(*row, names.get(kind, {}).get(target_id) or plain))


def _people(ids: set[int]) -> dict[int, str]:
    found = _named(User.select(User.id, User.first_name, User.last_name), User.id, ids)
    return found | _people_taken_away(ids - found.keys())


def _people_taken_away(ids: set[int]) -> dict[int, str]:
    """The names of people whose adding was taken back, as they were added."""
    if not ids:
        return {}
    query = AuditLine.select(AuditLine.target_id, AuditLine.after).where(
        AuditLine.target_kind == "user",
        AuditLine.target_id.in_(database.numbers(ids)),
        AuditLine.action == "user.add",
    )
    told = {user_id: json.loads(after) for user_id, after in database.rows(query)}
    return {user_id: text.full_name(one["first_name"], one["last_name"]) for user_id, one in told.items()}


def _groups(ids: set[int]) -> dict[int, str]:
    query = Group.select(Group.id, Group.name).where(Group.id.in_(database.numbers(ids)))
    return dict(database.rows(query))


def _courses(ids: set[int]) -> dict[int, str]:
    query = Course.select(Course.id, Course.title).where(Course.id.in_(database.numbers(ids)))
    return dict(database.rows(query))


def _enrolments(ids: set[int]) -> dict[int, str]:
    query = Enrolment.select(Enrolment.id, User.first_name, User.last_name, Course.title)
    return _named(query.join(User).join_from(Enrolment, Course), Enrolment.id, ids)


def _places(ids: set[int]) -> dict[int, str]:
    query = Membership.select(Membership.id, User.first_name, User.last_name, Group.name)
    return _named(query.join(User).join_from(Membership, Group), Membership.id, ids)


def _work(ids: set[int]) -> dict[int, str]:
    query = Completion.select(Completion.id, User.first_name, User.last_name, Step.title)
    return _named(query.join(User).join_from(Completion, Step), Completion.id, ids)


def _keys(ids: set[int]) -> dict[int, str]:
    query = SshKey.select(SshKey.id, User.first_name, User.last_name, SshKey.name)
    return _named(query.join(User), SshKey.id, ids)


def _sessions(ids: set[int]) -> dict[int, str]:
    query = Session.select(Session.id, User.first_name, User.last_name)
    return _named(query.join(User), Session.id, ids)


def _named(query: Any, column: Any, ids: set[int]) -> dict[int, str]:
    """A person, and what of theirs it is."""
    rows = database.rows(query.where(column.in_(database.numbers(ids))))
    return {row[0]: " · ".join([text.full_name(row[1], row[2]), *row[3:]]) for row in rows}


_NAMES = {
    "user": _people,
    "group": _groups,
    "course": _courses,
    "enrolment": _enrolments,
    "membership": _places,
    "completion": _work,
    "key": _keys,
    "session": _sessions,
}
"""How the things of each kind are called."""
