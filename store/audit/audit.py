"""The audit log: who did what to what, before and after.

Every change writes exactly one line, in its own transaction. `before` and `after` are JSON with
all that is needed to restore a deletion, a move, a role or a review exactly.

Each line has a `chain`: the SHA-256 of its own content together with the chain of the line before it. A line
that is changed, taken out or put in behind the program's back breaks it from there on. Lines that are cut
off at the end show by the number that the next line would have been given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from store import clock, database, errors
from store.models import AuditLine
from store.prepared import Prepared
from store.views import Actor
from store.views.account import AuditEntry

RECENT_LINES = 200
PEOPLE_OF_A_GROUP = ("membership.add", "membership.begin", "membership.change", "membership.end")
"""Lines about a group that tell of people in it, and leave the group itself as it is."""
CHAINED = (
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
    AuditLine.ssh_key,
    AuditLine.address,
)
"""What the chain is made of, in this order."""
AT_ONCE = 2_000
_LAST = Prepared(lambda given: AuditLine.select(AuditLine.chain).order_by(AuditLine.id.desc()).limit(1))
_APPEND = Prepared(
    lambda given: AuditLine.insert({column: given(column) for column in (*CHAINED, AuditLine.chain)})
)


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
    at: datetime | None = None,
) -> int:
    """Append one line; returns its id. Call inside `writing()`.

    `action` is a noun and a verb, as in "group.create". The lines of one bulk action share a `batch`;
    `undoes` is the id of the line that this one undoes. `at` is when it was done, if that is not now.
    """
    key, address = _way_in(actor)
    values = (
        at or clock.now(),
        actor.user_id,
        actor.name,
        action,
        kind,
        target_id,
        _json(before),
        _json(after),
        batch,
        undoes,
        key,
        address,
    )
    # Whoever writes has locked out all others: no line comes in between.
    last = _LAST.row()
    chain = _link(last[0] if last else "", values)
    number = _APPEND.insert(*values, chain)
    database.note_line(number, chain)
    return number


def _way_in(actor: Actor) -> tuple[str, str]:
    """The fingerprint of the key, and the address, by which somebody came in over SSH."""
    if actor.session_id is None:
        return "", ""
    from store.models.access import SessionRow, SshKey  # noqa: PLC0415 - only over SSH

    query = SessionRow.select(SshKey.fingerprint, SessionRow.address).join(SshKey)
    row = database.row(query.where(SessionRow.id == actor.session_id))
    return (row[0], row[1]) if row else ("", "")


def _link(before: str, values: tuple[Any, ...]) -> str:
    """The chain of a line after the one with the chain `before`."""
    return hashlib.sha256(_json([before, *values]).encode("utf-8", "surrogatepass")).hexdigest()


def faults() -> Iterator[str]:
    """Where the chain is broken, a sentence for each stretch. Call inside a transaction."""
    chain, last, broken = "", 0, False
    while lines := database.rows(_after(last)):
        for line_id, kept, *values in lines:
            # Numbers are given in turn, and with their transaction or not at all.
            if line_id != last + 1:
                missing = (
                    f"line {last + 1} is" if line_id == last + 2 else f"lines {last + 1} to {line_id - 1} are"
                )
                yield f"audit {missing} missing"
                # The one after it does not follow what is there now: that needs no sentence of its own.
                broken = True
            expected = _link(chain, tuple(values))
            if kept != expected and not broken:
                yield f"audit line {line_id} is not as it was written, or a line before it is missing"
            broken = kept != expected
            chain, last = kept, line_id
    given = database.last_id(AuditLine)
    if given > last:
        yield f"the audit log ends with line {last}, but line {given} was written"


def fits(line_id: int) -> bool:
    """Whether a line is as it was written, after the line before it. Call inside a transaction."""
    columns = (AuditLine.chain, *CHAINED)
    query = AuditLine.select(*columns).where(AuditLine.id <= line_id).order_by(AuditLine.id.desc()).limit(2)
    (kept, *values), *before = database.rows(query)
    return bool(kept == _link(before[0][0] if before else "", tuple(values)))


def end() -> tuple[int, str]:
    """How many lines there are, and the chain of the last one. Call inside a transaction."""
    last = _LAST.row()
    return AuditLine.select().count(), last[0] if last else ""


def _after(line_id: int) -> Any:
    query = AuditLine.select(AuditLine.id, AuditLine.chain, *CHAINED).where(AuditLine.id > line_id)
    return query.order_by(AuditLine.id).limit(AT_ONCE)


def latest(kind: str, target_id: int, now: dict[str, Any]) -> AuditEntry | None:
    """The newest line that made a thing what it is `now` (some of its columns): who changed it, and when.

    None if no line tells: an import writes one for all that it changed.
    """
    columns = (AuditLine.at, AuditLine.actor_name, AuditLine.action, AuditLine.target_id, AuditLine.after)
    lines = (
        AuditLine.select(*columns)
        .where(_of(kind, target_id))
        .order_by(AuditLine.id.desc())
        .limit(RECENT_LINES)
    )
    now = as_kept(now)
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

    A deletion moves the groups below up, and undoing it moves them down again; the roles given in a
    group are told of together.
    """
    itself = (AuditLine.target_kind == kind) & (AuditLine.target_id == target_id)
    match kind:
        case "group":
            deletion = AuditLine.alias("deletion")
            deletions = deletion.select(deletion.id).where(deletion.action == "group.delete")
            undone = (AuditLine.action == "undo") & AuditLine.undoes.in_(deletions)
            return itself | (AuditLine.action == "group.delete") | undone
        case "membership":
            return itself | AuditLine.action.in_(PEOPLE_OF_A_GROUP)
    return itself


# What an action is called when people are told who was first; others are just a change.
_IN_WORDS = {
    "group.create": "made",
    "group.edit": "edited",
    "reply.edit": "edited",
    "group.nest": "moved",
    "group.delete": "moved up out of a deleted group",
    "membership.add": "given",
    "membership.begin": "given",
    "membership.end": "ended",
    "membership.role": "changed",
    "membership.remove": "taken away",
    "user.add": "added",
    "user.edit": "edited",
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
            f"{what} was changed meanwhile. Nothing was overwritten: check what changed, then decide."
        )
    return errors.ConflictError(
        f"{what} was {in_words(last.action)} by {last.actor_name} at {last.at:%d %b %H:%M} UTC. "
        "Nothing was overwritten: check what changed, then decide."
    )


def as_kept(value: Any) -> Any:
    """A value as it comes back out of the log, to be compared with what lines tell."""
    return json.loads(_json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Times are kept in the log as they are in the tables: microseconds since 1970, and days as ISO 8601."""
    if isinstance(value, datetime):
        return clock.to_micros(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into the audit log")
