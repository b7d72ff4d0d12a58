"""Reviews made here as xAPI 1.0.3 statements: scored, and voided for those undone since.

A statement has the same id whenever it is written, so that a record store keeps it once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID, uuid5

from store import blind, clock, database, new_file, permissions, text
from store.audit import audit
from store.models import Account, Completion, Course, ExternalId, Lesson, Review, Step, User
from store.views import Actor
from store.views.states import Decision

VERBS = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
LINES = ".jsonl"
"""A file whose name ends so has one statement a line; another one is a JSON array."""
_STORE = "xapi"
"""The source of what an import of statements calls rows here: those ids are kept."""
_OURS = UUID("7b0d3f5e-6a55-5d7e-9c0b-6f1c1d0f4a11")
_BATCH = 500


def write_file(actor: Actor, since: datetime, path: Path) -> int:
    """Write reviews made or undone since a moment to a new file; returns how many statements.

    Work that was returned is still to be done, and has none, nor has blind work. Raises NotFoundError for
    all but admins, and what `new_file.write` does.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))

    def fill(out: TextIO) -> int:
        with database.reading():
            return _write(_statements(since), out, lines=path.suffix.lower() == LINES)

    def record(written: int) -> None:
        if not database.is_read_only():
            with database.writing():
                after = {"rows": written, "since": clock.text(since)}
                audit.write(actor, "report.xapi", "report", None, after=after)

    return new_file.write(path, fill, record)


def _write(statements: Iterator[dict[str, Any]], out: TextIO, *, lines: bool) -> int:
    between, first, end = ("\n", "", "\n") if lines else (",\n", "[\n", "\n]\n")
    written = 0
    while batch := [json.dumps(each) for each in islice(statements, _BATCH)]:
        out.write((between if written else first) + between.join(batch))
        written += len(batch)
    out.write(end if written else "" if lines else "[]\n")
    return written


def _statements(since: datetime) -> Iterator[dict[str, Any]]:
    reviewer = User.alias("reviewer")
    columns = (
        Review.id,
        Review.decision,
        Review.points,
        Review.feedback,
        Review.created_at,
        Review.undone_at,
        User.id,
        User.first_name,
        User.last_name,
        User.email,
        reviewer.id,
        reviewer.first_name,
        reviewer.last_name,
        reviewer.email,
        Step.id,
        Step.title,
        Step.points,
        Course.id,
        Course.title,
    )
    judged = Review.decision.in_([Decision.APPROVE, Decision.FAIL])
    query = (
        Review.select(*columns)
        # Without a reviewer an import brought it: whoever sent it has it.
        .join(reviewer, on=(Review.reviewer == reviewer.id))
        .join_from(Review, Completion)
        .join(User)
        .join_from(Completion, Step)
        .join(Lesson)
        .join(Course)
        .where(judged, blind.is_open(), (Review.created_at >= since) | (Review.undone_at >= since))
        .order_by(Review.id)
    )
    names, space = _Names(), _space()
    for row in query.tuples().iterator():
        review_id, made_at, undone_at = row[0], row[4], row[5]
        key = str(uuid5(space, f"review {review_id}"))
        if undone_at is None:
            yield _scored(key, row, names)
        elif made_at < since:
            # Written before, maybe: one that was made and undone since never was.
            yield _voided(key, str(uuid5(space, f"undone {review_id}")), row)


def _space() -> UUID:
    """What the ids of this account's statements are made from: two accounts both have a first review."""
    row = database.row(Account.select(Account.name, Account.created_at))
    return uuid5(_OURS, f"{row[0]} {clock.text(row[1])}") if row else _OURS


class _Names:
    """What statements call courses, steps and people here: as those did by which they came, if any."""

    def __init__(self) -> None:
        query = ExternalId.select(ExternalId.kind, ExternalId.local_id, ExternalId.external_id)
        known = query.where(
            ExternalId.source == _STORE, ExternalId.kind.in_(["course", "step"]), ExternalId.digest != ""
        )
        found = database.rows(known.order_by(ExternalId.id.desc()))
        self._ids = {(kind, local): key for kind, local, key in found if ":" in key}

    def activity(self, kind: str, number: int, title: str, type_: str) -> dict[str, Any]:
        """A course or step as an activity."""
        known = self._ids.get((kind, number), f"urn:muster:{kind}:{number}")
        return {
            "objectType": "Activity",
            "id": known,
            "definition": {"name": {"en": text.clean_line(title)}, "type": f"{TYPES}{type_}"},
        }


def _agent(user_id: int, first: str, last: str, email: str | None) -> dict[str, Any]:
    named = {"objectType": "Agent", "name": text.full_name(first, last)}
    if email:
        return {**named, "mbox": f"mailto:{email}"}
    return {**named, "account": {"homePage": "urn:muster:people", "name": str(user_id)}}


def _verb(name: str) -> dict[str, Any]:
    return {"id": f"{VERBS}{name}", "display": {"en": name}}


def _scored(key: str, row: tuple[Any, ...], names: _Names) -> dict[str, Any]:
    _, decision, points, feedback, made_at, _, *others = row
    person, reviewer, (step_id, step, possible, course_id, course) = others[:4], others[4:8], others[8:]
    result: dict[str, Any] = {"success": decision == Decision.APPROVE, "completion": True}
    if points is not None:
        result["score"] = {"raw": points}
        if possible and points <= possible:
            result["score"] |= {"min": 0, "max": possible, "scaled": round(points / possible, 4)}
    if feedback:
        result["response"] = feedback
    return {
        "id": key,
        "actor": _agent(*person),
        "verb": _verb("scored"),
        "object": names.activity("step", step_id, step, "assessment"),
        "result": result,
        "context": {
            "instructor": _agent(*reviewer),
            "platform": "Muster",
            "contextActivities": {"grouping": [names.activity("course", course_id, course, "course")]},
        },
        "timestamp": _moment(made_at),
    }


def _voided(key: str, own: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": own,
        "actor": _agent(*row[10:14]),
        "verb": _verb("voided"),
        "object": {"objectType": "StatementRef", "id": key},
        "timestamp": _moment(row[5]),
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
