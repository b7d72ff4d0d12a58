"""The outbox as the push reads and writes it: each change a short transaction, none while a site is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from store import blind, clock, database, permissions
from store.audit import audit
from store.models import Completion, ExternalId, Lesson, Review, Step
from store.models.sites import HELD as IS_HELD
from store.models.sites import OutboxRow, SiteStep, SiteWork
from store.review import back_to_draft
from store.sites.site_people import ENROLMENT
from store.sites.sites import LinkedSite
from store.views.outbox import HELD
from store.views.sites import OutboxDecision, OutboxState, Release
from store.views.states import State

ON_THE_WAY = (OutboxState.WAITS.value, OutboxState.SENT.value)
SETTLED = (OutboxState.DONE, OutboxState.CONFLICT, OutboxState.REFUSED)
REASON_LIMIT = 1_000


class Criterion(NamedTuple):
    """What a decision says by one criterion, by the ids that the site has."""

    id: str
    level: str
    points: float | None
    remark: str


class Outgoing(NamedTuple):
    """A decision that is to go out, and what it is about. `possible` is the most points of the step."""

    id: int
    review: int | None
    completion: int
    assignment: str
    person: str
    attempt: int
    decision: OutboxDecision
    points: float | None
    feedback: str
    again: bool
    criteria: tuple[Criterion, ...]
    seen_work_at: datetime | None
    seen_grade_at: datetime | None
    state: OutboxState
    request_key: str
    step: int
    possible: float | None
    course: str
    activity: str
    shown_as: str
    release: Release

    @property
    def is_undo(self) -> bool:
        """Whether what stood before an undone review goes out."""
        return self.review is None and self.decision is not OutboxDecision.SKIP

    @property
    def was_sent(self) -> bool:
        """Whether it may be at the site already."""
        return bool(self.request_key)


def outgoing(site: LinkedSite) -> list[Outgoing]:
    """What waits to go out, and what was sent without a word on what became of it; the oldest first."""
    columns = (
        OutboxRow.id,
        OutboxRow.review,
        OutboxRow.completion,
        OutboxRow.assignment_external_id,
        OutboxRow.person_external_id,
        OutboxRow.attempt,
        OutboxRow.decision,
        OutboxRow.points,
        OutboxRow.feedback,
        OutboxRow.again,
        OutboxRow.criteria,
        OutboxRow.seen_work_at,
        OutboxRow.seen_grade_at,
        OutboxRow.state,
        OutboxRow.request_key,
        Step.id,
        Step.points,
        Lesson.course,
        SiteWork.shown_as,
        OutboxRow.release,
    )
    with database.reading():
        query = (
            OutboxRow.select(*columns)
            .join(Completion)
            .join(Step)
            .join(Lesson)
            .join_from(Completion, SiteWork, on=(SiteWork.completion == Completion.id))
            .join_from(Step, SiteStep, on=(SiteStep.step == Step.id))
            .where(OutboxRow.site == site.id, OutboxRow.state.in_(ON_THE_WAY))
        )
        rows = database.rows(query.order_by(OutboxRow.id))
        courses = external_ids(site, "course", {row[17] for row in rows})
        activities = external_ids(site, "step", {row[15] for row in rows})
    return [_outgoing(row, courses.get(row[17], ""), activities.get(row[15], "")) for row in rows]


def _outgoing(row: tuple[Any, ...], course: str, activity: str) -> Outgoing:
    return Outgoing(
        id=row[0],
        review=row[1],
        completion=row[2],
        assignment=row[3],
        person=row[4],
        attempt=row[5],
        decision=OutboxDecision(row[6]),
        points=row[7],
        feedback=row[8],
        again=row[9],
        criteria=tuple(Criterion(*each) for each in json.loads(row[10])),
        seen_work_at=row[11],
        seen_grade_at=row[12],
        state=OutboxState(row[13]),
        request_key=row[14],
        step=row[15],
        possible=row[16],
        course=course,
        activity=activity,
        shown_as=row[18],
        release=Release(row[19]),
    )


def external_ids(site: LinkedSite, kind: str, local: set[int]) -> dict[int, str]:
    query = ExternalId.select(ExternalId.local_id, ExternalId.external_id).where(
        ExternalId.source == site.source,
        ExternalId.kind == kind,
        ExternalId.local_id.in_(database.numbers(local)),
    )
    return dict(database.rows(query))


def has_left(site: LinkedSite, row: Outgoing) -> bool:
    """Whether the learner is not in the course at the site any more, as far as the last pull knows."""
    known = ExternalId.select(ExternalId.digest).where(
        ExternalId.source == site.source,
        ExternalId.kind == ENROLMENT,
        ExternalId.external_id == f"{row.course}:{row.person}",
    )
    with database.reading():
        found = database.row(known)
    return found is not None and found[0] == ""


def begin(row: Outgoing) -> Outgoing | None:
    """Say that a row is about to be sent, before it is: None where it was undone or changed meanwhile."""
    key = row.request_key or uuid4().hex
    if not _change(row, OutboxState.SENT, "", {"request_key": key}):
        return None
    return row._replace(state=OutboxState.SENT, request_key=key)


def done(row: Outgoing, reason: str, grade_at: datetime | None) -> None:
    """The site has it, and its grade is of this time now."""
    is_held = reason == HELD and row.review is not None
    held = Release.HELD if is_held else Release.NONE
    with database.writing():
        if _change(row, OutboxState.DONE, reason, {"release": held.value}):
            SiteWork.update(grade_at=grade_at).where(SiteWork.completion == row.completion).execute()
            # Of what was decided before of the same work nothing is held any more.
            earlier = (OutboxRow.completion == row.completion) & (OutboxRow.id < row.id)
            OutboxRow.update(release=Release.NONE.value).where(earlier, IS_HELD).execute()


def refuse(row: Outgoing, reason: str) -> None:
    """The site did not take it."""
    _change(row, OutboxState.REFUSED, reason)


def conflict(row: Outgoing, reason: str, bring: Callable[[], None]) -> None:
    """Something else happened at the site: `bring` writes it, and the work comes back into the queue,
    with what was said here as a draft."""
    with database.writing():
        if not _change(row, OutboxState.CONFLICT, reason):
            return
        bring()
        before = database.row(
            Completion.select(Completion.state, Completion.points, Completion.version).where(
                Completion.id == row.completion
            )
        )
        if row.is_undo or before is None or before[0] not in (State.COMPLETE, State.RETURNED):
            return
        after = {"state": State.NEEDS_REVIEW.value, "points": None, "version": before[2] + 1}
        handed_in = Completion.submitted_at.is_null(False)
        back = Completion.update(after, completed_at=None).where(Completion.id == row.completion, handed_in)
        if back.execute():
            _put_back(row, before[2] + 1)
            audit.write(
                permissions.IMPORT,
                "outbox.conflict",
                "completion",
                row.completion,
                before=dict(zip(("state", "points", "version"), before, strict=True)),
                after={**after, "reason": reason, **blind.told(row.completion)},
            )


def _put_back(row: Outgoing, version: int) -> None:
    """What the reviewer said is a draft of theirs, to be decided again."""
    columns = (Review.reviewer, Review.points, Review.feedback)
    said = database.row(Review.select(*columns).where(Review.id == row.review))
    if said is not None and said[0] is not None:
        review = {"id": row.review, "points": said[1], "feedback": said[2]}
        back_to_draft.put_back(said[0], row.completion, version, review)


def note_outcome(site: LinkedSite, tally: Mapping[OutboxState, int]) -> None:
    """One line in the audit log for what a push settled, if it did: screens that show it read it again."""
    settled = {state.value: tally[state] for state in SETTLED if tally[state]}
    if settled:
        with database.writing():
            after = {"name": site.name, **settled}
            audit.write(permissions.IMPORT, "site.results", "site", site.id, after=after)


def points_here(row: Outgoing) -> float | None:
    """The points that the work has here now."""
    with database.reading():
        found = database.row(Completion.select(Completion.points).where(Completion.id == row.completion))
    return found[0] if found is not None else None


def last_given(row: Outgoing) -> tuple[float | None] | None:
    """The points of the latest other decision on the same attempt that arrived, if there is one."""
    query = OutboxRow.select(OutboxRow.points).where(
        *_same_attempt(row), OutboxRow.state == OutboxState.DONE.value
    )
    with database.reading():
        found: tuple[float | None] | None = database.row(query.order_by(OutboxRow.id.desc()).limit(1))
    return found


def said(row: Outgoing) -> tuple[list[str], list[str]]:
    """The words that went out on the same attempt: of reviews undone since, and of those that stand."""
    went_out = OutboxRow.state.in_((OutboxState.DONE.value, OutboxState.SENT.value))
    query = OutboxRow.select(OutboxRow.feedback, Review.undone_at).join(Review)
    with database.reading():
        found = database.rows(query.where(*_same_attempt(row), went_out, OutboxRow.request_key != ""))
    return [words for words, at in found if at is not None], [words for words, at in found if at is None]


def _same_attempt(row: Outgoing) -> tuple[Any, ...]:
    same = (OutboxRow.completion == row.completion) & (OutboxRow.attempt == row.attempt)
    return same, OutboxRow.id != row.id


def _change(row: Outgoing, state: OutboxState, reason: str, more: Any = None) -> bool:
    """Let a row stand so, unless it does not stand as it was read: then nothing."""
    values = {
        "state": state.value,
        "reason": reason[:REASON_LIMIT],
        "changed_at": clock.now(),
        **(more or {}),
    }
    as_read = (
        OutboxRow.id == row.id,
        OutboxRow.state == row.state.value,
        OutboxRow.request_key == row.request_key,
    )
    with database.writing():
        return bool(OutboxRow.update(values).where(*as_read).execute())


def waiting(site: LinkedSite, states: Sequence[str] = ON_THE_WAY) -> int:
    """How many rows are in these states."""
    with database.reading():
        return int(OutboxRow.select().where(OutboxRow.site == site.id, OutboxRow.state.in_(states)).count())
