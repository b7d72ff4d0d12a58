"""Completions with their attempts and reviews while an import works on them, and writing them down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from store import database, reviews
from store.importing import common
from store.importing.common import Ledger, Report
from store.models import Attempt, Completion, Enrolment, Review
from store.views.states import Decision, State

# A text grows with each answer in it; past this a reader has long stopped.
TEXT_LIMIT = 1_000_000

_STANDING = (Completion.state, Completion.points, Completion.submitted_at, Completion.completed_at)
_READ = (Completion.id, Completion.user, Completion.step, *_STANDING)


@dataclass(slots=True)
class Try:
    """One attempt; without an id it is still to be written. `closed` once it was handed in or scored.

    `text` is what came with this import.
    """

    number: int
    at: datetime
    key: str = ""
    text: str = ""
    link: str = ""
    id: int | None = None
    closed: bool = False

    def add(self, text: str) -> None:
        """Append a paragraph, maybe an empty one."""
        if not text:
            return
        joined = f"{self.text}\n\n{text}" if self.text else text
        if len(joined) <= TEXT_LIMIT:
            self.text = joined


@dataclass(slots=True)
class Said:
    """A review to be written."""

    attempt: Try | None
    reviewer: int | None
    points: float | None
    feedback: str
    at: datetime


@dataclass(slots=True)
class Record:
    """A person's work on a step. `latest` is the last moment anything is known of."""

    user_id: int
    step_id: int
    id: int | None = None
    state: State | None = None
    points: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    latest: datetime | None = None
    tries: list[Try] = field(default_factory=list)
    reviews: list[Said] = field(default_factory=list)
    changed: bool = False

    def complete(self, at: datetime, points: float | None) -> None:
        """Done at that moment; earlier points stay where none are given now."""
        self.state = State.COMPLETE
        self.completed_at = at
        self.points = self.points if points is None else points
        self.changed = True

    def wait(self, at: datetime) -> None:
        """A new attempt waits for a person."""
        self.state = State.NEEDS_REVIEW
        self.submitted_at = at
        self.completed_at = self.points = None
        self.changed = True

    def stands(self) -> tuple[str | None, float | None, datetime | None, datetime | None]:
        """State, points and moments, as `_STANDING` names them."""
        return self.state and self.state.value, self.points, self.submitted_at, self.completed_at

    def try_of(self, key: str) -> Try | None:
        """The attempt of that key; without a key the last one, if it still takes answers."""
        if key:
            return next((attempt for attempt in self.tries if attempt.key == key), None)
        last = self.last()
        return last if last is not None and not last.closed else None

    def last(self) -> Try | None:
        """The latest attempt."""
        return self.tries[-1] if self.tries else None

    def close(self) -> None:
        """What was handed in takes no more answers without its key."""
        for attempt in self.tries:
            attempt.closed = True

    def begin(self, at: datetime, key: str = "") -> Try:
        """One more attempt."""
        made = Try(number=self.tries[-1].number + 1 if self.tries else 1, at=at, key=key)
        self.tries.append(made)
        self.changed = True
        return made


class Records:
    """All records an import touches, read at once before and written at once after."""

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger = ledger
        self._report = report
        self._records: dict[tuple[int, int], Record] = {}
        self._enrolments: dict[tuple[int, int], datetime] = {}

    def load(self, user_ids: Iterable[int]) -> None:
        """Read what these people have done so far, but for the texts."""
        keys = {local: key for key, local in self._ledger.standing("attempt").items()}
        for chunk in common.chunks(sorted(set(user_ids)), common.ROWS_AT_ONCE):
            whose = Completion.user.in_(list(chunk))
            by_id = {
                row[0]: self._loaded(row) for row in database.rows(Completion.select(*_READ).where(whose))
            }
            columns = (Attempt.completion, Attempt.number, Attempt.submitted_at, Attempt.id)
            attempts = Attempt.select(*columns).join(Completion).where(whose).order_by(Attempt.number)
            for completion_id, number, at, attempt_id in database.rows(attempts):
                key = keys.get(attempt_id, "").partition(" ")[2]
                by_id[completion_id].tries.append(Try(number, at, key, id=attempt_id, closed=True))
            newest = Review.select(Review.completion, fn.MAX(Review.created_at)).join(Completion)
            newest = newest.where(whose, reviews.stands()).group_by(Review.completion)
            for completion_id, at in database.rows(newest):
                record = by_id[completion_id]
                record.latest = max(at, record.latest or at)

    def _loaded(self, row: tuple[Any, ...]) -> Record:
        moments = [moment for moment in row[5:7] if moment is not None]
        record = Record(
            user_id=row[1],
            step_id=row[2],
            id=row[0],
            state=State(row[3]),
            points=row[4],
            submitted_at=row[5],
            completed_at=row[6],
            latest=max(moments, default=None),
        )
        self._records[row[1], row[2]] = record
        return record

    def of(self, user_id: int, step_id: int) -> Record:
        """The record of a person and a step, empty if there was none."""
        key = (user_id, step_id)
        if key not in self._records:
            self._records[key] = Record(user_id, step_id)
        return self._records[key]

    def enrol(self, user_id: int, course_id: int, at: datetime) -> None:
        """The person takes the course, since then if not before."""
        self._enrolments.setdefault((user_id, course_id), at)

    # ------------------------------------------------------------- writing

    def save(self) -> None:
        """Write down all that changed."""
        self._save_enrolments()
        changed = [record for record in self._records.values() if record.changed and record.state]
        if not changed:
            return
        self._save_completions(changed)
        self._save_attempts(changed)
        self._save_reviews(changed)

    def _save_enrolments(self) -> None:
        fields = [Enrolment.user, Enrolment.course, Enrolment.created_at]
        rows = [(*pair, at) for pair, at in self._enrolments.items()]
        for chunk in common.chunks(rows, common.ROWS_AT_ONCE):
            # Those enrolled before stay so, since when they were.
            query = Enrolment.insert_many(chunk, fields=fields).on_conflict_ignore()
            made = query.returning(Enrolment.id).tuples().execute()
            self._report.tally("enrolments").added += len(list(made))

    def _save_completions(self, changed: list[Record]) -> None:
        tally = self._report.tally("completions")
        new = [record for record in changed if record.id is None]
        for record in changed:
            if record.id is not None:
                values = dict(zip(_STANDING, record.stands(), strict=True))
                Completion.update(values, version=Completion.version + 1).where(
                    Completion.id == record.id
                ).execute()
                tally.changed += 1
        rows = [(record.user_id, record.step_id, *record.stands()) for record in new]
        made = common.insert(Completion, [Completion.user, Completion.step, *_STANDING], rows)
        for record, completion_id in zip(new, made, strict=True):
            record.id = completion_id
        tally.added += len(new)

    def _save_attempts(self, changed: list[Record]) -> None:
        fields = [Attempt.completion, Attempt.number, Attempt.text, Attempt.link, Attempt.submitted_at]
        new: list[tuple[Record, Try]] = []
        for record in changed:
            for attempt in record.tries:
                if attempt.id is None:
                    new.append((record, attempt))
                elif attempt.text:
                    # What was read before is not held here: the database puts the two together.
                    whole = fn.LTRIM(Attempt.text.concat(f"\n\n{attempt.text}"), "\n")
                    Attempt.update(text=whole).where(Attempt.id == attempt.id).execute()
        rows = [(record.id, one.number, one.text, one.link, one.at) for record, one in new]
        made = common.insert(Attempt, fields, rows)
        for (record, attempt), attempt_id in zip(new, made, strict=True):
            attempt.id = attempt_id
            if attempt.key:
                key = f"{record.user_id}:{record.step_id} {attempt.key}"
                self._ledger.remember("attempt", key, attempt_id, common.digest(key))
        self._report.tally("attempts").added += len(new)

    def _save_reviews(self, changed: list[Record]) -> None:
        fields = [
            Review.completion,
            Review.attempt,
            Review.reviewer,
            Review.decision,
            Review.points,
            Review.feedback,
            Review.created_at,
        ]
        rows = [
            (
                record.id,
                said.attempt.id if said.attempt else None,
                said.reviewer,
                Decision.APPROVE.value,
                said.points,
                said.feedback,
                said.at,
            )
            for record in changed
            for said in record.reviews
        ]
        self._report.tally("reviews").added += len(common.insert(Review, fields, rows))
