"""The lines of the audit log that undoing goes by, and whether a thing is still as one of them left it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import fn

from store import clock, database, errors, in_force, text
from store.audit import audit
from store.models import AuditLine
from store.views import Actor
from store.views.account import AuditEntry

UNDO = "undo"
NOTHING = " Nothing was undone."
REVIEWS = frozenset({"review.approve", "review.return"})
UNDOABLE = REVIEWS | {
    "work.excuse",
    "work.release",
    "membership.add",
    "membership.role",
    "membership.remove",
    "group.create",
    "group.edit",
    "group.nest",
    "group.delete",
    "reply.delete",
    "post.answer",
    "user.add",
    "user.edit",
}


class AuditRecord(NamedTuple):
    """A line of the audit log, read in full. `undone_at` is when it was undone, None if it was not; `undoes`
    is the line that this one undoes.
    """

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    action: str
    kind: str
    target_id: int
    before: Any
    after: Any
    batch: str
    undone_at: datetime | None
    undoes: int | None


def read(condition: Any) -> list[AuditRecord]:
    """The lines that meet a condition, newest first."""
    by = AuditLine.alias("by")
    columns = (
        AuditLine.id,
        AuditLine.at,
        AuditLine.actor,
        AuditLine.actor_name,
        AuditLine.action,
        AuditLine.target_kind,
        AuditLine.target_id,
        AuditLine.before,
        AuditLine.after,
        AuditLine.batch,
        AuditLine.undoes,
        by.select(fn.MAX(by.at).coerce(False)).where(by.undoes == AuditLine.id),
    )
    rows = database.rows(AuditLine.select(*columns).where(condition).order_by(AuditLine.id.desc()))
    return [
        AuditRecord(
            id=row[0],
            at=row[1],
            actor_id=row[2],
            actor_name=row[3],
            action=row[4],
            kind=row[5],
            target_id=row[6] or 0,
            before=_parsed(row[7]),
            after=_parsed(row[8]),
            batch=row[9],
            undone_at=None if row[11] is None else clock.from_micros(row[11]),
            undoes=row[10],
        )
        for row in rows
    ]


def _parsed(kept: str) -> Any:
    """What a line kept; nothing where somebody broke it behind the program's back."""
    try:
        return json.loads(kept)
    except ValueError:
        return None


def not_undone(line: Any = AuditLine) -> Any:
    """Condition on lines: nobody has undone them."""
    by = AuditLine.alias("by")
    return ~fn.EXISTS(by.select(by.id).where(by.undoes == line.id))


def leads_back(kind: str, target_id: int, version: int, left: int) -> bool:
    """Whether a thing at `version` is as an action left it at version `left`.

    It is if that is the same version, or if all that was done between was undone: each undoing
    moves the version on, and stands for the one before what it undid.
    """
    if version == left:
        return True
    by, line = AuditLine.alias("by"), AuditLine.alias("line")
    undoings = by.select(line.target_id, line.action, line.before, by.after).join(
        line, on=(by.undoes == line.id)
    )
    undoings = undoings.where(by.action == UNDO, by.target_kind == kind)
    of_it = database.rows(undoings.where(by.target_id == target_id))
    if kind == "group":
        # A deletion changes the groups that it moves up as well.
        of_it += database.rows(undoings.where(by.target_id != target_id, line.action == "group.delete"))
    stands_for: dict[int, int] = {}
    for of, action, before, after in of_it:
        was, became = json.loads(before), json.loads(after)
        if of != target_id or action == "group.delete":
            was, became = _moved(was, target_id), _moved(became, target_id)
        # People who are added to a group are told as a list, and leave the group itself as it is.
        if isinstance(was, dict) and isinstance(became, dict):
            stands_for[became["version"]] = was["version"]
    while version != left and version in stands_for:
        version = stands_for.pop(version)
    return version == left


def _moved(told: dict[str, Any], group_id: int) -> dict[str, Any] | None:
    return next((group for group in told["moved"] if group["id"] == group_id), None)


def later(kind: str, target_id: int, line_id: int) -> AuditEntry | None:
    """The newest of what was done to a thing itself after a line, and not undone."""
    columns = (AuditLine.at, AuditLine.actor_name, AuditLine.action)
    since = (
        AuditLine.select(*columns, AuditLine.before)
        .where(AuditLine.target_kind == kind, AuditLine.id > line_id, not_undone())
        .order_by(AuditLine.id.desc())
    )
    # Whoever adds people to a group does not change the group itself.
    others = (UNDO, *audit.PEOPLE_OF_A_GROUP)
    of_it = since.where(AuditLine.target_id == target_id, AuditLine.action.not_in(others))
    row = database.row(of_it)
    if row is None and kind == "group":
        deletions = database.rows(since.where(AuditLine.action == "group.delete"))
        row = next((deleted for deleted in deletions if _moved(json.loads(deleted[3]), target_id)), None)
    return AuditEntry(at=row[0], actor_name=row[1], action=row[2]) if row else None


def built_on(kind: str, target_id: int, what: str, line: AuditRecord) -> errors.ConflictError:
    """The error for what somebody has built on since a line: says who, what and when."""
    return told(what, later(kind, target_id, line.id))


def told(what: str, last: AuditEntry | None) -> errors.ConflictError:
    """The error for a thing that is not as it was left. None where no line tells: an import wrote it."""
    if last is None:
        return refused(f"{what} was changed since, by an import.")
    return refused(
        f"{what} was {audit.in_words(last.action)} by {last.actor_name} at {moment(last.at)} since."
    )


def refused(why: str) -> errors.ConflictError:
    """The error for what cannot be undone any more."""
    return errors.ConflictError(f"{why}{NOTHING}", title="Not undone")


def day_of(told: str | None) -> date | None:
    """A last day as lines keep it."""
    return None if told is None else date.fromisoformat(told)


def refuse_ended(last_day: str | None, who: str, what: str) -> None:
    """Raises ConflictError where something that a roster gave until a day would not be in force again."""
    until = day_of(last_day)
    if until is not None and not in_force.lasts(until):
        raise refused(f"{who} was {what} until {moment(clock.day(until))}.")


def moment(at: datetime) -> str:
    """A time as it stands in a sentence of refusal."""
    return f"{at:%d %b}" if clock.is_day(at) else f"{at:%d %b %H:%M} UTC"


def quoted(name: str) -> str:
    """A name from people in a sentence."""
    return f"“{text.clean_line(name)}”"


def write(actor: Actor, line: AuditRecord, batch: str, *, before: Any = None, after: Any = None) -> None:
    """Append the line that says that another one was undone."""
    audit.write(
        actor, UNDO, line.kind, line.target_id, before=before, after=after, batch=batch, undoes=line.id
    )
