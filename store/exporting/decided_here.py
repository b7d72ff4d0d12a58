"""Work that was decided here, of people and on steps that a OneRoster sender knows: as its results.

Only what was reviewed here: what a sender brought itself is not sent back to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, fn

from store import blind, clock, database
from store.importing.oneroster import sender
from store.importing.oneroster.gradebook import ITEM
from store.importing.oneroster.odd_results import KIND as RESULT
from store.importing.oneroster.people_plan import KIND as PERSON
from store.importing.oneroster.values import EXEMPT, GRADED, PARTLY, SUBMITTED
from store.models import Completion, ExternalId, Review
from store.review_conditions import stands
from store.views.states import Decision, State

_AFTER = {
    Decision.APPROVE: State.COMPLETE,
    Decision.RETURN: State.RETURNED,
    Decision.FAIL: State.FAILED,
}
_STATUS = {
    State.COMPLETE: GRADED,
    State.FAILED: GRADED,
    State.NEEDS_REVIEW: SUBMITTED,
    State.RETURNED: PARTLY,
    State.SKIPPED: EXEMPT,
}


class DecidedResult(NamedTuple):
    """A result as the sender is told it. `id` is its own where it has one of this work, else one of ours.

    `at` is when it was decided last: reviewed, or a review undone. One that is `overtaken` was graded anew
    by the sender since, whose word stands.
    """

    id: str
    completion_id: int
    item: str
    student: str
    status: str
    score: float | None
    comment: str
    at: datetime
    overtaken: bool

    @property
    def day(self) -> str:
        """The day of it, where the program runs."""
        return clock.day_of(self.at).isoformat()


def sources() -> list[str]:
    """The OneRoster senders who have line items here. Call inside a transaction."""
    query = ExternalId.select(ExternalId.source).where(
        ExternalId.kind == ITEM, ExternalId.digest != "", sender.is_oneroster()
    )
    return sorted(row[0] for row in database.rows(query.distinct()))


def results(source: str, since: datetime) -> Iterator[DecidedResult]:
    """What was decided since a moment, by completion. Call inside a transaction."""
    before = 0
    for row in _decided_since(source, since).tuples().iterator():
        completion_id, state, points, of_item, of_student, known, feedback, at, *review = row
        # Whom a sender means by two ids has one result all the same.
        if completion_id == before:
            continue
        before, status, when = completion_id, _STATUS[State(state)], clock.from_micros(at)
        # Else a review was undone, and what was before that counts again.
        by_review = review[3] == when
        comment = review[2] if by_review else feedback
        yield DecidedResult(
            id=known or f"muster-result-{completion_id}",
            completion_id=completion_id,
            item=of_item,
            student=of_student,
            status=status,
            score=points if status == GRADED else None,
            comment="" if status == SUBMITTED else comment or "",
            at=when,
            overtaken=by_review and not _stands_here(state, points, *review[:2]),
        )


def _decided_since(source: str, since: datetime) -> Any:
    """Select of work decided here, with a sender's ids of it, what was said last, and what was said here."""
    item, student, given = (ExternalId.alias(name) for name in ("item", "student", "given"))
    decided, ours, said = (Review.alias(name) for name in ("decided", "ours", "said"))
    lately = (decided.created_at >= since) | (decided.undone_at >= since)
    last = fn.MAX(fn.COALESCE(decided.undone_at, decided.created_at))
    recent = (
        decided.select(decided.completion.alias("completion_id"), last.coerce(False).alias("at"))
        .where(decided.reviewer.is_null(False), lately)
        .group_by(decided.completion)
        .alias("recent")
    )
    # Of what stands, the latest counts: reviews are only ever added.
    newest = Review.select(fn.MAX(Review.id)).where(Review.completion == Completion.id, stands())
    newest_here = newest.where(Review.reviewer.is_null(False))
    work = (Completion.id, Completion.state, Completion.points)
    ids = (item.external_id, student.external_id, given.external_id)
    review = (ours.decision, ours.points, ours.feedback, ours.created_at)
    return (
        Completion.select(*work, *ids, said.feedback, recent.c.at, *review)
        .join(recent, on=(recent.c.completion_id == Completion.id))
        .join_from(Completion, item, on=_known(item, source, ITEM, Completion.step))
        .join_from(Completion, student, on=_known(student, source, PERSON, Completion.user))
        .join_from(Completion, given, JOIN.LEFT_OUTER, on=_known(given, source, RESULT, Completion.id))
        .join_from(Completion, said, JOIN.LEFT_OUTER, on=(said.id == newest))
        .join_from(Completion, ours, JOIN.LEFT_OUTER, on=(ours.id == newest_here))
        .where(blind.is_open())
        .order_by(Completion.id, item.id, student.id, given.id)
    )


def _stands_here(state: str, points: float | None, decision: str, given: float | None) -> bool:
    """Whether work is as a review here left it."""
    return state == _AFTER[Decision(decision)] and given in (None, points)


def _known(ids: Any, source: str, kind: str, local: Any) -> Any:
    """Condition: what a sender calls a row here, and has not withdrawn."""
    return (ids.kind == kind) & (ids.local_id == local) & (ids.source == source) & (ids.digest != "")
