"""The audit log: who did what to what, before and after.

Every change writes exactly one line, in its own transaction. `before` and `after` are JSON with
all that is needed to restore a deletion, a move, a role or a review exactly.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from store import clock, database, errors
from store.models import AuditLine
from store.views import Actor
from store.views.account import AuditEntry

LOOK_BACK = 200


def write(
    actor: Actor,
    action: str,
    kind: str,
    target_id: int | None,
    *,
    before: Any = None,
    after: Any = None,
    batch: str = "",
    undoes: int | None = None,
) -> int:
    """Append one line; returns its id. Call inside `writing()`.

    `action` is a noun and a verb, as in "group.create". The lines of one bulk action share a `batch`;
    `undoes` is the id of the line that this one takes back.
    """
    line = AuditLine.insert(
        at=clock.now(),
        actor=actor.user_id,
        actor_name=actor.name,
        action=action,
        target_kind=kind,
        target_id=target_id,
        before=_json(before),
        after=_json(after),
        batch=batch,
        undoes=undoes,
    )
    return int(line.execute())


def latest(kind: str, target_id: int, now: dict[str, Any]) -> AuditEntry | None:
    """The newest line that made a thing what it is `now` (some of its columns): who changed it, and when.

    None if no line tells: an import writes one for all that it changed.
    """
    columns = (AuditLine.at, AuditLine.actor_name, AuditLine.action, AuditLine.target_id, AuditLine.after)
    lines = (
        AuditLine.select(*columns).where(_of(kind, target_id)).order_by(AuditLine.id.desc()).limit(LOOK_BACK)
    )
    for row in database.rows(lines):
        after = json.loads(row[4])
        if isinstance(after, list) or row[3] != target_id or row[2] == "group.delete":
            many = after if isinstance(after, list) else (after or {}).get("moved", ())
            after = next((one for one in many if one["id"] == target_id), None)
        if isinstance(after, dict) and now.items() <= {name: after.get(name) for name in now}.items():
            return AuditEntry(at=row[0], actor_name=row[1], action=row[2])
    return None


def _of(kind: str, target_id: int) -> Any:
    """Condition: the line may tell of this thing, also one about something else.

    A deletion moves the groups below up, and taking it back moves them down again; the places given in a
    group are told of together.
    """
    itself = (AuditLine.target_kind == kind) & (AuditLine.target_id == target_id)
    match kind:
        case "group":
            deletion = AuditLine.alias("deletion")
            deletions = deletion.select(deletion.id).where(deletion.action == "group.delete")
            taken_back = (AuditLine.action == "undo") & AuditLine.undoes.in_(deletions)
            return itself | (AuditLine.action == "group.delete") | taken_back
        case "membership":
            return itself | (AuditLine.action == "membership.add")
    return itself


# What an action is called when people are told who was first; others are just a change.
_IN_WORDS = {
    "group.create": "made",
    "group.edit": "edited",
    "reply.edit": "edited",
    "group.nest": "moved",
    "group.delete": "moved up out of a deleted group",
    "membership.add": "given",
    "membership.role": "changed",
    "membership.remove": "taken away",
    "review.approve": "reviewed",
    "review.return": "sent back",
    "undo": "put back as it was",
}


def in_words(action: str) -> str:
    """What was done to a thing, as in "it was edited by Jo Ito"."""
    return _IN_WORDS.get(action, "changed")


def conflict(kind: str, target_id: int, what: str, now: dict[str, Any]) -> errors.ConflictError:
    """The error for a write that came second: says who changed what, and when.

    `now` is what gave it away: the version, or the role, that is not the one it was read with.
    Empty, the newest change is told.
    """
    last = latest(kind, target_id, now)
    if last is None:
        return errors.ConflictError(
            f"{what} was changed meanwhile. Nothing was overwritten: look again, then decide."
        )
    return errors.ConflictError(
        f"{what} was {in_words(last.action)} by {last.actor_name} at {last.at:%d %b %H:%M} UTC. "
        "Nothing was overwritten: look again, then decide."
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Times are kept in the log as they are in the tables: microseconds since 1970."""
    if isinstance(value, datetime):
        return clock.to_micros(value)
    raise TypeError(f"{type(value).__name__} does not go into the audit log")
