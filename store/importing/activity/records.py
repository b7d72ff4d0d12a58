"""People's work on steps while an import works on it: completions, attempts, reviews, and what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from store import database
from store.batches import chunks
from store.importing.activity.events import REVIEWED, WorkEvent
from store.importing.ledger import Ledger
from store.models import Attempt, Completion, Review
from store.models.kept_statements import KeptStatement
from store.review import reviews
from store.views.states import Decision, State

# A text grows with each answer in it; past this a reader has long stopped.
TEXT_LIMIT = 1_000_000

STANDING = (Completion.state, Completion.points, Completion.submitted_at, Completion.completed_at)

_passing = count(-1, -1)


@dataclass(slots=True, eq=False)
class Try:
    """One attempt. `mark` is its id, or a passing number while it is still to be written.

    `text` is what came with this import. `closed` once it was handed in or scored, `is_full` once a form was
    handed in. `linked` if a statement of this import is of it.
    """

    number: int
    at: datetime
    key: str = ""
    text: str = ""
    link: str = ""
    id: int | None = None
    mark: int = 0
    closed: bool = False
    is_full: bool = False
    linked: bool = False
    changed: bool = False

    def holds(self, text: str) -> bool:
        """Whether a paragraph stands in it already."""
        row = database.row(Attempt.select(Attempt.text).where(Attempt.id == self.id))
        return row is not None and text in row[0]

    def add(self, text: str) -> None:
        """Append a paragraph, maybe an empty one."""
        if not text:
            return
        joined = f"{self.text}\n\n{text}" if self.text else text
        if len(joined) <= TEXT_LIMIT:
            self.text = joined


@dataclass(slots=True)
class Said:
    """A review to be written, that an event brought."""

    event: WorkEvent
    attempt: Try | None
    reviewer: int | None
    decision: Decision
    feedback: str
    points: float | None = None


@dataclass(slots=True)
class Found:
    """A review that stands here already."""

    id: int
    decision: Decision
    points: float | None
    at: datetime
    reviewer: int | None

    def event(self) -> WorkEvent:
        """The same as something that happened."""
        event = WorkEvent("", self.at, REVIEWED, review=self.id, decision=self.decision, points=self.points)
        event.by_person = self.reviewer is not None
        return event


@dataclass(slots=True)
class WorkRecord:
    """A person's work on a step, with all that this import says of it.

    `fresh` are its new events, `dropped` those that were voided. `anew` if what stands here was read by an
    older version and is read again, `stale` if that version read it where nothing is.
    """

    user_id: int
    step_id: int
    id: int | None = None
    state: State | None = None
    points: float | None = None
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    tries: list[Try] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    reviews: list[Said] = field(default_factory=list)
    fresh: list[WorkEvent] = field(default_factory=list)
    dropped: list[WorkEvent] = field(default_factory=list)
    anew: bool = False
    stale: bool = False
    keys: dict[str, Try] = field(default_factory=dict)
    open: list[Try] = field(default_factory=list)

    @property
    def is_touched(self) -> bool:
        """Whether anything new is said of it."""
        return bool(self.fresh or self.dropped or self.anew or self.stale)

    @property
    def latest(self) -> datetime | None:
        """The last moment anything here is known of."""
        moments = [self.submitted_at, self.completed_at, *(review.at for review in self.found)]
        return max((moment for moment in moments if moment is not None), default=None)

    def stands(self) -> tuple[State | None, float | None, datetime | None, datetime | None]:
        """State, points and moments, as `STANDING` names them."""
        return self.state, self.points, self.submitted_at, self.completed_at

    def try_of(self, key: str, at: datetime) -> Try | None:
        """The attempt of that key; without a key the last one by then, if it still takes answers."""
        if key:
            return self.keys.get(key)
        last = self.last(at)
        return last if last is not None and not last.closed else None

    def last(self, at: datetime) -> Try | None:
        """The latest attempt by then."""
        return next((attempt for attempt in reversed(self.tries) if attempt.at <= at), None)

    def close(self) -> None:
        """What was handed in takes no more answers without its key."""
        for attempt in self.open:
            attempt.closed = True
        self.open.clear()

    def reopen(self) -> None:
        """Take all attempts up again, to go through what happened once more."""
        self.open = list(self.tries)
        for attempt in self.open:
            attempt.closed = False

    def begin(self, at: datetime, key: str = "") -> Try:
        """One more attempt."""
        made = Try(number=0, at=at, key=key, mark=next(_passing))
        self.insert(made)
        self.open.append(made)
        if key:
            self.keys.setdefault(key, made)
        return made

    def insert(self, attempt: Try) -> None:
        """Put an attempt among the others by its moment."""
        behind = len(self.tries)
        while behind and self.tries[behind - 1].at > attempt.at:
            behind -= 1
        self.tries.insert(behind, attempt)


class Records:
    """All records an import touches, read at once before and written at once after."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._records: dict[tuple[int, int], WorkRecord] = {}
        self.enrolments: dict[tuple[int, int], datetime] = {}

    def load(self, user_ids: Iterable[int]) -> None:
        """Read what these people have done so far, but for the texts."""
        keys = {local: key for key, local in self._ledger.standing("attempt").items()}
        for chunk in chunks(sorted(set(user_ids))):
            whose = Completion.user.in_(list(chunk))
            read = Completion.select(Completion.id, Completion.user, Completion.step, *STANDING).where(whose)
            by_id = {row[0]: self._loaded(row) for row in database.rows(read)}
            columns = (Attempt.completion, Attempt.number, Attempt.submitted_at, Attempt.id)
            attempts = Attempt.select(*columns).join(Completion).where(whose).order_by(Attempt.number)
            for completion_id, number, at, attempt_id in database.rows(attempts):
                key = keys.get(attempt_id, "").partition(" ")[2]
                made = Try(number, at, key, id=attempt_id, mark=attempt_id, closed=True)
                by_id[completion_id].tries.append(made)
                by_id[completion_id].keys.setdefault(key, made)
            said = (Review.id, Review.decision, Review.points, Review.created_at, Review.reviewer)
            standing = Review.select(Review.completion, *said).join(Completion).where(whose, reviews.stands())
            for completion_id, review_id, decision, points, at, reviewer in database.rows(standing):
                found = Found(review_id, Decision(decision), points, at, reviewer)
                by_id[completion_id].found.append(found)

    def _loaded(self, row: tuple[Any, ...]) -> WorkRecord:
        record = self.of(row[1], row[2])
        record.id, record.state, record.points = row[0], State(row[3]), row[4]
        record.submitted_at, record.completed_at = row[5], row[6]
        return record

    def of(self, user_id: int, step_id: int) -> WorkRecord:
        """The record of a person and a step, empty if there was none."""
        key = (user_id, step_id)
        if key not in self._records:
            self._records[key] = WorkRecord(user_id, step_id)
        return self._records[key]

    def enrol(self, user_id: int, course_id: int, at: datetime) -> None:
        """The person takes the course, since then if not before."""
        self.enrolments.setdefault((user_id, course_id), at)

    @property
    def touched(self) -> list[WorkRecord]:
        """Those of which something new is said."""
        return [record for record in self._records.values() if record.is_touched]


_COLUMNS = (KeptStatement.id, KeptStatement.key, KeptStatement.at, KeptStatement.kind, KeptStatement.said)


def kept_of(records: Iterable[WorkRecord]) -> Iterator[tuple[int, int, WorkEvent]]:
    """What was said of these earlier, as (user, step, event), oldest kept first."""
    wanted = {(record.user_id, record.step_id) for record in records}
    for chunk in chunks(sorted({user for user, _ in wanted})):
        query = KeptStatement.select(KeptStatement.user, KeptStatement.step, *_COLUMNS)
        for user, step, *row in database.rows(
            query.where(KeptStatement.user.in_(list(chunk))).order_by(KeptStatement.id)
        ):
            if (user, step) in wanted:
                yield user, step, WorkEvent.kept(*row)


def kept_under(keys: Iterable[str]) -> Iterator[tuple[int, int, WorkEvent]]:
    """The events of these statements, as (user, step, event)."""
    for chunk in chunks(sorted(set(keys))):
        query = KeptStatement.select(KeptStatement.user, KeptStatement.step, *_COLUMNS)
        for user, step, *row in database.rows(query.where(KeptStatement.key.in_(list(chunk)))):
            yield user, step, WorkEvent.kept(*row)
