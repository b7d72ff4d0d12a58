"""Results of work of which something is here already, or that several rows are of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from store import clock, staging
from store.importing import limits
from store.importing.bulk_writes import insert
from store.importing.ledger import Ledger, differing
from store.importing.oneroster import values
from store.importing.oneroster.staged_results import TABLE as ROWS
from store.importing.oneroster.tables import RESULTS
from store.importing.oneroster.work_here import WorkHere, attempts_of, possible_at
from store.importing.report import Report
from store.models import Attempt, Completion, Review
from store.views.states import Decision, State

KIND = RESULTS.kind
WORK, ODD = "staged_work", "staged_odd"
"""Temporary: which row is whose work; work to be looked at singly."""

STATES = {
    values.GRADED: State.COMPLETE,
    values.PARTLY: State.NEEDS_REVIEW,
    values.SUBMITTED: State.NEEDS_REVIEW,
    values.EXEMPT: State.SKIPPED,
}
_STATUS, _SCORE, _DATE, _COMMENT = 1, 2, 3, 4


class _Work(NamedTuple):
    """A result, with the person and the step here, and what can be earned there."""

    id: str
    status: str
    score: float | None
    feedback: str
    mark: str
    is_fresh: bool
    user: int
    step: int
    possible: float | None
    at: datetime
    is_slip: bool

    @property
    def pair(self) -> tuple[int, int]:
        return self.user, self.step

    @property
    def state(self) -> State:
        return STATES[self.status]

    @property
    def points(self) -> float | None:
        """Points count once all is graded. Those of a step without a maximum are kept all the same."""
        return self.score if self.state is State.COMPLETE else None

    @property
    def times(self) -> tuple[datetime | None, datetime | None]:
        """When it came in, and when it was done or excused."""
        submitted = None if self.state is State.SKIPPED else self.at
        return submitted, None if self.state is State.NEEDS_REVIEW else self.at


class OddWork:
    """Work of which something is here already, or that several rows are of: looked at one by one.

    Made before anything is written, and put in once the rest is.
    """

    def __init__(self, source: str, report: Report) -> None:
        self._report = report
        self._now = clock.now()
        self._there = {
            (user, step): WorkHere(completion, None if at is None else clock.from_micros(at))
            for user, step, completion, at in staging.rows(
                "SELECT o.user_id, o.step_id, c.id, COALESCE(c.submitted_at, c.completed_at) FROM "
                f"{ODD} o JOIN completions c ON c.user_id = o.user_id AND c.step_id = o.step_id"
            )
        }
        self._rows = list(self._read())
        self._fresh = {item.id: item for item in self._rows if item.is_fresh}
        self._source = source
        self._ledger = Ledger(source, [KIND], only=[])
        # The standing results that each completion was taken from, and those of them that say something new.
        self._givers: dict[int, set[str]] = {}
        self._new_givers: set[str] = set()
        query = (
            f"SELECT e.local_id, e.external_id, w.fresh FROM {ODD} o "
            "JOIN completions c ON c.user_id = o.user_id AND c.step_id = o.step_id "
            f"JOIN external_ids e ON e.kind = '{KIND}' AND e.local_id = c.id "
            f"LEFT JOIN {ROWS} r ON r.id = e.external_id "
            f"LEFT JOIN {WORK} w ON w.line = r.line AND w.counts = 1 WHERE e.source = ? AND e.digest <> ''"
        )
        for completion, key, is_fresh in staging.rows(query, source):
            self._givers.setdefault(completion, set()).add(key)
            if is_fresh:
                self._new_givers.add(key)
        self.added = self.changed = self.unmeasured = 0
        self._counting: set[str] = set()

    def _read(self) -> Iterable[_Work]:
        """The rows of this work, by line; those of nobody's date are of now, or of the beginning if known."""
        found = staging.rows(
            "SELECT r.id, r.status, r.score, r.feedback, r.mark, w.fresh, w.user_id, w.step_id, r.date, "
            f"r.modified, r.ahead FROM {ODD} o JOIN {WORK} w ON w.user_id = o.user_id "
            f"AND w.step_id = o.step_id AND w.counts = 1 JOIN {ROWS} r ON r.line = w.line ORDER BY r.line"
        ).fetchall()
        possible = possible_at({row[7] for row in found})
        for key, status, score, feedback, mark, is_fresh, user, step, date, modified, is_slip in found:
            moments = (None if at is None else clock.from_micros(at) for at in (date, modified))
            at = self._when(*moments, is_slip=bool(is_slip))
            at = at or (self._now if is_fresh else clock.EPOCH)
            yield _Work(
                id=key,
                status=status,
                score=score,
                feedback=feedback,
                mark=mark,
                is_fresh=bool(is_fresh),
                user=user,
                step=step,
                possible=possible.get(step),
                at=at,
                is_slip=bool(is_slip),
            )

    def _when(self, date: datetime | None, modified: datetime | None, *, is_slip: bool) -> datetime | None:
        """When a result was given. A date that lies ahead is somebody's slip: it counts as of when the row
        was changed last, or of now.
        """
        if date is None or not is_slip:
            return date or modified
        if modified is not None and not limits.is_ahead(modified, self._now):
            return modified
        return clock.day(self._now.date()) if clock.is_day(date) else self._now

    def put(self) -> None:
        """Add what is new of it, and follow what changed."""
        latest = self._latest()
        new: list[_Work] = []
        changed: list[tuple[int, _Work]] = []
        for pair, item in latest.items():
            found = self._there.get(pair)
            if found is None:
                new.append(item)
            elif self._counts(item, found, self._givers.get(found.id, set())):
                changed.append((found.id, item))
        self._ledger.load(
            KIND, {*(item.id for item in self._rows), *(k for ks in self._givers.values() for k in ks)}
        )
        self._insert(new)
        self._change(changed)
        written = [*new, *(item for _, item in changed)]
        self._counting = {item.id for item in written}
        self.unmeasured = sum(item.points is not None and item.possible is None for item in written)
        self._ledger.flush()

    def forget_others(self) -> None:
        """Results that say something new, and of which a later one counts, stand for nothing here."""
        for key in sorted(self._fresh.keys() - self._counting):
            self._ledger.remember(KIND, key, None, self._fresh[key].mark)
        self._ledger.flush()

    def _latest(self) -> dict[tuple[int, int], _Work]:
        """For each person and step, the latest result that the file has, be it new or not; of several at one
        time, the last in the file."""
        latest: dict[tuple[int, int], _Work] = {}
        for item in self._rows:
            if item.is_slip:
                self._report.note(
                    f"Some results in {RESULTS.file} are dated in the future: they count as of "
                    "dateLastModified, or of today"
                )
            if item.pair in latest:
                self._report.note("Some steps have several results of one person: the latest counts")
            if item.pair not in latest or not clock.is_older(item.at, latest[item.pair].at):
                latest[item.pair] = item
        return latest

    def _counts(self, item: _Work, found: WorkHere, givers: set[str]) -> bool:
        """Whether the file's latest result says something new of the work that is here."""
        if item.id in givers:
            return item.is_fresh
        # What is here is older than it says where the result that gave it was given an earlier date.
        if (
            found.at is None
            or not clock.is_older(item.at, found.at)
            or not givers.isdisjoint(self._new_givers)
        ):
            return True
        if limits.is_ahead(found.at, self._now):
            return True
        self._report.note("Some results are older than the work that was here: the latest counts")
        return False

    def _insert(self, new: list[_Work]) -> None:
        columns = [
            Completion.user,
            Completion.step,
            Completion.state,
            Completion.points,
            Completion.submitted_at,
            Completion.completed_at,
        ]
        rows = [(*item.pair, item.state, item.points, *item.times) for item in new]
        made = list(zip(insert(Completion, columns, rows), new, strict=True))
        for completion, item in made:
            self._ledger.remember(KIND, item.id, completion, item.mark)
        self.added = len(new)
        self._add_attempts([(completion, 1, item) for completion, item in made])
        self._add_reviews(made)

    def _change(self, changed: list[tuple[int, _Work]]) -> None:
        """Follow what the source changed. A review made here stays, and its outcome with it, unless
        status, score or date say something new."""
        attempts: list[tuple[int, int, _Work]] = []
        reviewed: list[tuple[int, _Work]] = []
        stands: list[tuple[object, ...]] = []
        numbers = attempts_of([completion for completion, _ in changed])
        for completion, item in changed:
            gave_it = self._ledger.local_id(KIND, item.id) == completion
            told = self._ledger.mark(KIND, item.id) if gave_it else ""
            parts = set(differing(told, item.mark))
            if parts & {_STATUS, _SCORE, _DATE}:
                times = (None if at is None else clock.to_micros(at) for at in item.times)
                stands.append((item.state.value, item.points, *times, completion))
            if parts & {_STATUS, _DATE}:
                attempts.append((completion, numbers.get(completion, 0) + 1, item))
            if parts & {_COMMENT, _SCORE, _STATUS}:
                reviewed.append((completion, item))
            for key in self._givers.get(completion, set()) - {item.id}:
                self._ledger.remember(KIND, key, None, self._ledger.mark(KIND, key))
            self._ledger.remember(KIND, item.id, completion, item.mark)
        staging.many(
            "UPDATE completions SET state = ?, points = ?, submitted_at = ?, completed_at = ?, "
            "version = version + 1 WHERE id = ?",
            stands,
        )
        self.changed = len(changed)
        self._add_attempts(attempts)
        self._add_reviews(reviewed)

    def _add_attempts(self, made: list[tuple[int, int, _Work]]) -> None:
        """An attempt, without its text, for each that waits for review."""
        columns = [Attempt.completion, Attempt.number, Attempt.submitted_at]
        insert(
            Attempt,
            columns,
            [
                (completion, number, item.at)
                for completion, number, item in made
                if item.state is State.NEEDS_REVIEW
            ],
        )

    def _add_reviews(self, made: list[tuple[int, _Work]]) -> None:
        """What was said of work that is fully graded."""
        columns = [Review.completion, Review.decision, Review.points, Review.feedback, Review.created_at]
        insert(
            Review,
            columns,
            [
                (completion, Decision.APPROVE, item.points, item.feedback, item.at)
                for completion, item in made
                if item.state is State.COMPLETE and item.feedback
            ],
        )
