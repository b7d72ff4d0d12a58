"""Writing down what an import of activity came to: completions, attempts, reviews, and the events kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import fn

from store import clock, database
from store.batches import chunks
from store.importing.activity.outcome import CompletionOutcome
from store.importing.activity.records import STANDING, Records, Try, WorkRecord
from store.importing.activity.settling import Settled, give_back
from store.importing.ledger import Ledger, digest
from store.importing.planned import WritePlan
from store.importing.report import Report
from store.models import Attempt, Completion, Draft, Enrolment, Review
from store.models.kept_statements import KeptStatement
from store.models.own import Claim
from store.models.rubrics import ReviewCriterion

_STANDS = (
    "UPDATE completions SET state = ?, points = ?, submitted_at = ?, completed_at = ?, "
    "version = version + 1 WHERE id = ?"
)
_KEPT = [field.db_value for field in STANDING]
_PASSING = 1_000_000
"""Above the number of any attempt: numbers are exchanged by way of these."""


class Saving:
    """Writes what was settled, all kinds of rows in turn."""

    def __init__(self, ledger: Ledger, report: Report, plan: WritePlan) -> None:
        self._ledger = ledger
        self._report = report
        self._plan = plan
        # What is left of the texts of attempts that were cut.
        self._texts: dict[int, str] = {}

    def save(self, records: Records, settled: list[Settled]) -> None:
        """WritePlan all of it."""
        self._enrolments(records)
        self._undo(settled)
        stay = [one for one in settled if not self._emptied(one)]
        self._completions(stay)
        self._attempts([one.record for one in stay])
        self._reviews([one.record for one in stay])
        self._events(settled)

    def _enrolments(self, records: Records) -> None:
        fields = [Enrolment.user, Enrolment.course, Enrolment.created_at]
        # Those enrolled before stay so, since when they were.
        there: set[tuple[int, int]] = set()
        for chunk in chunks(sorted({user for user, _ in records.enrolments})):
            query = Enrolment.select(Enrolment.user, Enrolment.course).where(Enrolment.user.in_(list(chunk)))
            there.update(database.rows(query))
        rows = [(*pair, at) for pair, at in records.enrolments.items() if pair not in there]
        self._plan.insert(Enrolment, fields, rows)
        if records.enrolments:
            self._report.tally("enrolments").added += len(rows)

    # ------------------------------------------------------------- taking back

    def _undo(self, settled: list[Settled]) -> None:
        """Reviews that statements brought count for nothing any more, and attempts are cut or go."""
        undone = [review for one in settled for review in one.undone]
        for chunk in chunks(undone):
            self._plan.before(Review.update(undone_at=clock.now()).where(Review.id.in_(list(chunk))))
        for one in settled:
            for attempt, paragraph, others in one.cut:
                self._cut(attempt, paragraph, others)
            reviewed = _reviewed_here(one)
            for attempt in one.gone:
                if attempt.id not in reviewed:
                    one.record.tries.remove(attempt)
                    self._erase(attempt)

    def _emptied(self, one: Settled) -> bool:
        """Whether no completion is left of this work: there was none, or it goes."""
        record = one.record
        if one.stands.state is not None:
            return False
        said = [review for review in record.found if review.id not in one.undone and not record.stale]
        if said or record.reviews or (record.tries and self._has_content(record)):
            give_back(one)
            return False
        if record.id is not None and _is_written_about(one):
            self._report.note("Some work that was taken back stays: somebody here reviewed it, or began to")
            one.stands = CompletionOutcome(*record.stands())
            return False
        if record.id is not None:
            for attempt in record.tries:
                self._erase(attempt)
            reviews = Review.select(Review.id).where(Review.completion == record.id)
            self._plan.before(ReviewCriterion.delete().where(ReviewCriterion.review.in_(reviews)))
            self._plan.before(Review.delete().where(Review.completion == record.id))
            self._plan.before(Claim.delete().where(Claim.completion == record.id))
            self._plan.before(Completion.delete().where(Completion.id == record.id))
            self._report.tally("completions").deactivated += 1
        return True

    def _cut(self, attempt: Try, paragraph: str, others: list[str]) -> None:
        """Take one paragraph out of what stands in an attempt: its beginning where that is not told."""
        assert attempt.id is not None
        if attempt.id not in self._texts:
            row = database.row(Attempt.select(Attempt.text).where(Attempt.id == attempt.id))
            self._texts[attempt.id] = row[0] if row else ""
        text = self._texts[attempt.id]
        left = "\n\n".join(others)
        for piece in (f"\n\n{paragraph}", f"{paragraph}\n\n", paragraph):
            if paragraph and piece in text:
                left = text.replace(piece, "", 1)
                break
        self._texts[attempt.id] = left
        self._plan.before(Attempt.update(text=left).where(Attempt.id == attempt.id))

    def _erase(self, attempt: Try) -> None:
        self._plan.before(Review.update(attempt=None).where(Review.attempt == attempt.id))
        self._plan.before(Attempt.delete().where(Attempt.id == attempt.id))

    def _has_content(self, record: WorkRecord) -> bool:
        """Whether there is anything to read in an attempt."""
        if any(attempt.text or attempt.link for attempt in record.tries):
            return True
        ids = [attempt.id for attempt in record.tries if attempt.id is not None]
        query = Attempt.select(Attempt.id, Attempt.text, Attempt.link).where(Attempt.id.in_(ids))
        return any(self._texts.get(attempt, text) or link for attempt, text, link in database.rows(query))

    # ----------------------------------------------------------------- writing

    def _completions(self, settled: list[Settled]) -> None:
        tally = self._report.tally("completions")
        new = [one for one in settled if one.record.id is None]
        for one in settled:
            if one.record.id is not None and one.is_changed:
                kept = (to_kept(value) for to_kept, value in zip(_KEPT, _columns(one), strict=True))
                self._plan.change(_STANDS, (*kept, one.record.id))
                tally.changed += 1
        rows = [(one.record.user_id, one.record.step_id, *_columns(one)) for one in new]
        made = self._plan.insert(Completion, [Completion.user, Completion.step, *STANDING], rows)
        for one, completion_id in zip(new, made, strict=True):
            one.record.id = completion_id
        tally.added += len(new)

    def _attempts(self, records: list[WorkRecord]) -> None:
        fields = [Attempt.completion, Attempt.number, Attempt.text, Attempt.link, Attempt.submitted_at]
        new: list[tuple[WorkRecord, Try]] = []
        for record in records:
            self._renumber(record)
            for attempt in record.tries:
                if attempt.id is None:
                    new.append((record, attempt))
                elif attempt.text or attempt.changed:
                    # What was read before is not held here: the database puts the two together.
                    whole = fn.LTRIM(Attempt.text.concat(f"\n\n{attempt.text}"), "\n")
                    changes: dict[Any, Any] = {Attempt.text: whole} if attempt.text else {}
                    changes[Attempt.submitted_at] = attempt.at
                    self._plan.before(Attempt.update(changes).where(Attempt.id == attempt.id))
        rows = [(record.id, one.number, one.text, one.link, one.at) for record, one in new]
        made = self._plan.insert(Attempt, fields, rows)
        for (record, attempt), attempt_id in zip(new, made, strict=True):
            attempt.id = attempt_id
            if attempt.key:
                key = f"{record.user_id}:{record.step_id} {attempt.key}"
                self._ledger.remember("attempt", key, attempt_id, digest(key))
        self._report.tally("attempts").added += len(new)

    def _renumber(self, record: WorkRecord) -> None:
        """Give new attempts their numbers, in the order of their moments; those behind them move on."""
        moved: list[Try] = []
        last = 0
        for attempt in record.tries:
            if attempt.number <= last:
                attempt.number = last + 1
                if attempt.id is not None:
                    moved.append(attempt)
            last = attempt.number
        # Two cannot have one number for a moment either.
        for beyond in (_PASSING, 0):
            for attempt in moved:
                changed = Attempt.update(number=attempt.number + beyond)
                self._plan.before(changed.where(Attempt.id == attempt.id))

    def _reviews(self, records: list[WorkRecord]) -> None:
        fields = [
            Review.completion,
            Review.attempt,
            Review.reviewer,
            Review.decision,
            Review.points,
            Review.feedback,
            Review.created_at,
        ]
        said = [(record, one) for record in records for one in record.reviews]
        rows = [
            (
                record.id,
                one.attempt.id if one.attempt else None,
                one.reviewer,
                one.decision.value,
                one.points,
                one.feedback,
                one.event.at,
            )
            for record, one in said
        ]
        for (_, one), review_id in zip(said, self._plan.insert(Review, fields, rows), strict=True):
            one.event.review = review_id
        self._report.tally("reviews").added += len(said)

    def _events(self, settled: list[Settled]) -> None:
        forgotten = [row for one in settled for row in one.forgotten]
        for chunk in chunks(forgotten):
            self._plan.before(KeptStatement.delete().where(KeptStatement.id.in_(list(chunk))))
        fields = [
            KeptStatement.key,
            KeptStatement.user,
            KeptStatement.step,
            KeptStatement.at,
            KeptStatement.kind,
            KeptStatement.said,
        ]
        # A part at a time: put into words, all that was said takes much room.
        for some in chunks(settled):
            self._plan.insert(KeptStatement, fields, [row for one in some for row in _rows(one)])


def _rows(one: Settled) -> Iterator[tuple[Any, ...]]:
    """The rows of what is new of this work."""
    ids = {attempt.mark: attempt.id for attempt in one.record.tries}
    for event in one.new:
        event.attempt = ids.get(event.attempt or 0)
        yield event.key, one.record.user_id, one.record.step_id, event.at, event.kind, event.said()


def _columns(one: Settled) -> tuple[Any, ...]:
    stands = one.stands
    assert stands.state is not None
    return stands.state.value, stands.points, stands.submitted_at, stands.completed_at


def _reviewed_here(one: Settled) -> set[int]:
    """The attempts that somebody here wrote a review of: they stay."""
    ids = [attempt.id for attempt in one.gone if attempt.id is not None]
    if not ids:
        return set()
    by_people = Review.select(Review.attempt).where(Review.attempt.in_(ids), Review.reviewer.is_null(False))
    return {row[0] for row in database.rows(by_people.where(~_brought(one)))}


def _brought(one: Settled) -> Any:
    """Condition on reviews: a statement that was voided brought it."""
    return Review.id.in_([event.review for event in one.record.dropped if event.review is not None])


def _is_written_about(one: Settled) -> bool:
    """Whether somebody here reviewed it, be it undone, or typed something for it."""
    whose = Review.completion == one.record.id
    by_people = Review.select(Review.id).where(whose, Review.reviewer.is_null(False), ~_brought(one))
    return bool(by_people.exists() or Draft.select().where(Draft.completion == one.record.id).exists())
