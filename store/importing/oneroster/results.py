"""OneRoster's results, as completions with their attempts and reviews."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from store import clock, database
from store.importing import limits
from store.importing.bulk_writes import insert
from store.importing.ledger import Ledger, differing, marks
from store.importing.oneroster import gradebook, people, values
from store.importing.oneroster.courses import forget
from store.importing.oneroster.rows import Result
from store.importing.oneroster.rules import RosterRead
from store.importing.oneroster.tables import RESULTS
from store.importing.oneroster.work_here import WorkHere, attempts_of, completions, possible_at
from store.importing.report import Report
from store.models import Attempt, Completion, Review, Step
from store.text import counted
from store.views.states import Decision, State

KIND = RESULTS.kind

_STATES = {
    values.GRADED: State.COMPLETE,
    values.PARTLY: State.NEEDS_REVIEW,
    values.SUBMITTED: State.NEEDS_REVIEW,
    values.EXEMPT: State.SKIPPED,
}


class _Work(NamedTuple):
    """A result, with the person and the step here, and what can be earned there."""

    row: Result
    user: int
    step: int
    possible: float | None
    at: datetime

    @property
    def state(self) -> State:
        return _STATES[self.row.status]

    @property
    def points(self) -> float | None:
        """Points count once all is graded. Those of a step without a maximum are kept all the same."""
        return self.row.score if self.state is State.COMPLETE else None

    @property
    def feedback(self) -> str:
        parts = (self.row.text_score, self.row.comment)
        return "\n".join(part for part in parts if part)

    @property
    def times(self) -> tuple[datetime | None, datetime | None]:
        """When it came in, and when it was done or excused."""
        submitted = None if self.state is State.SKIPPED else self.at
        return submitted, None if self.state is State.NEEDS_REVIEW else self.at


class Results:
    """Brings completions in line with results.csv."""

    def __init__(self, read: RosterRead, ledger: Ledger, report: Report) -> None:
        self._read = read
        self._ledger = ledger
        self._report = report
        self._tally = report.tally(RESULTS.file)

    def put(self) -> None:
        """Add and change; what a file deletes or lacks is left alone, as people's work always is."""
        fresh = self._fresh()
        latest = self._latest(fresh)
        there = completions({step for _, step in latest})
        givers = self._givers({there[pair].id for pair in latest if pair in there})
        new: list[_Work] = []
        changed: list[tuple[int, _Work]] = []
        for pair, item in latest.items():
            found = there.get(pair)
            if found is None:
                new.append(item)
            elif self._counts(item, found, givers.get(found.id, set()), fresh):
                changed.append((found.id, item))
        self._insert(new)
        self._change(changed, givers)
        counting = {item.row.id for item in new} | {item.row.id for _, item in changed}
        self._tell_unmeasured([*new, *(item for _, item in changed)])
        self._tally.changed += self._keep_scores()
        for key in sorted(fresh.keys() - counting):
            self._ledger.remember(KIND, key, None, _marks(fresh[key]))
        gone = forget(self._read, self._ledger, self._report)
        self._tally.deactivated -= len(gone)
        if gone:
            self._report.note(
                f"Results no longer in {RESULTS.file}: {len(gone):,}; the work and its reviews were kept"
            )

    def _pair(self, row: Result) -> tuple[int, int] | None:
        """The person and the step here that a result is of, if both are here."""
        user = self._ledger.local_id(people.KIND, row.student)
        step = self._ledger.local_id(gradebook.ITEM, row.item)
        return None if user is None or step is None else (user, step)

    def _fresh(self) -> dict[str, Result]:
        """The results that say something new, by id."""
        fresh: dict[str, Result] = {}
        for row in self._read.rows.values():
            if row.gone or self._ledger.unchanged(KIND, row.id, _marks(row)) or self._pair(row) is None:
                continue
            if row.status in _STATES:
                fresh[row.id] = row
            else:
                self._pass_over(row)
        return fresh

    def _latest(self, fresh: dict[str, Result]) -> dict[tuple[int, int], _Work]:
        """For each person and step that something new is said of, the latest result that the file has,
        be it new or not; of several at one time, the last in the file."""
        latest: dict[tuple[int, int], _Work] = {}
        pairs = {pair for row in fresh.values() if (pair := self._pair(row))}
        possible = possible_at({step for _, step in pairs})
        now = clock.now()
        for row in self._read.rows.values() if fresh else ():
            pair = self._pair(row)
            if pair is None or pair not in pairs or row.gone or row.status not in _STATES:
                continue
            # Without a date, a result is from when it was sent first.
            at = self._when(row, now) or (now if row.id in fresh else clock.EPOCH)
            item = _Work(row, *pair, possible.get(pair[1]), at)
            if pair in latest:
                self._report.note("Some steps have several results of one person: the latest counts")
            if pair not in latest or not clock.is_older(at, latest[pair].at):
                latest[pair] = item
        return latest

    def _when(self, row: Result, now: datetime) -> datetime | None:
        """When a result was given. A date that lies ahead is somebody's slip: it counts as of when the row
        was changed last, or of now.
        """
        if row.date is None or not limits.is_ahead(row.date, now):
            return row.date or row.modified
        self._report.note(
            f"Some results in {RESULTS.file} are dated in the future: they count as of dateLastModified, "
            "or of today"
        )
        if row.modified is not None and not limits.is_ahead(row.modified, now):
            return row.modified
        return clock.day(now.date()) if clock.is_day(row.date) else now

    def _givers(self, completions: set[int]) -> dict[int, set[str]]:
        """The standing results that each completion was taken from."""
        givers: dict[int, set[str]] = {}
        for key, completion in self._ledger.standing(KIND).items():
            if completion in completions:
                givers.setdefault(completion, set()).add(key)
        return givers

    def _counts(self, item: _Work, found: WorkHere, givers: set[str], fresh: dict[str, Result]) -> bool:
        """Whether the file's latest result says something new of the work that is here."""
        if item.row.id in givers:
            return item.row.id in fresh
        # What is here is older than it says where the result that gave it was given an earlier date.
        if found.at is None or not clock.is_older(item.at, found.at) or not givers.isdisjoint(fresh):
            return True
        if limits.is_ahead(found.at, clock.now()):
            return True
        self._report.note("Some results are older than the work that was here: the latest counts")
        return False

    def _tell_unmeasured(self, items: list[_Work]) -> None:
        """Note the scores that cannot be compared with anything."""
        count = sum(item.points is not None and item.possible is None for item in items)
        if count:
            scores = counted(count, "score is", "scores are")
            self._report.note(
                f"{scores} of line items whose resultValueMax is empty or 0: kept and shown, but "
                "counted in no grade"
            )

    def _keep_scores(self) -> int:
        """Put in the scores without a maximum that 0.3.0 left out; how many there were."""
        lacking = (
            Completion.select(Completion.id)
            .join(Step)
            .where(Completion.state == State.COMPLETE, Completion.points.is_null(), Step.points.is_null())
        )
        given = self._ledger.standing(KIND)
        found = {
            given.get(row.id): row.score
            for row in self._read.rows.values()
            if row.score is not None
            and row.status == values.GRADED
            and self._ledger.unchanged(KIND, row.id, _marks(row))
        }
        wanted = found.keys() & {row[0] for row in database.rows(lacking)} if found else ()
        for completion in wanted:
            changes = {"points": found[completion], "version": Completion.version + 1}
            Completion.update(changes).where(Completion.id == completion).execute()
        return len(wanted)

    def _pass_over(self, row: Result) -> None:
        """Nothing was handed in, or the status is an extension that says nothing to Muster."""
        if row.status != values.NOTHING:
            self._report.note(f"Results with a status of their own ({row.status}) were passed over")
        elif self._ledger.local_id(KIND, row.id) is not None:
            self._report.note(
                "Some results are now said to be not submitted; the work that was here was kept"
            )
        self._ledger.remember(KIND, row.id, self._ledger.local_id(KIND, row.id), _marks(row))

    def _insert(self, new: list[_Work]) -> None:
        columns = [
            Completion.user,
            Completion.step,
            Completion.state,
            Completion.points,
            Completion.submitted_at,
            Completion.completed_at,
        ]
        rows = [(item.user, item.step, item.state, item.points, *item.times) for item in new]
        made = list(zip(insert(Completion, columns, rows), new, strict=True))
        for completion, item in made:
            self._ledger.remember(KIND, item.row.id, completion, _marks(item.row))
        self._tally.added += len(new)
        self._add_attempts([(completion, 1, item) for completion, item in made])
        self._add_reviews(made)

    def _change(self, changed: list[tuple[int, _Work]], givers: dict[int, set[str]]) -> None:
        """Follow what the source changed. A review made here stays, and its outcome with it, unless
        status, score or date say something new."""
        attempts: list[tuple[int, int, _Work]] = []
        reviewed: list[tuple[int, _Work]] = []
        numbers = attempts_of([completion for completion, _ in changed])
        for completion, item in changed:
            gave_it = self._ledger.local_id(KIND, item.row.id) == completion
            told = self._ledger.mark(KIND, item.row.id) if gave_it else ""
            parts = differing(told, _marks(item.row))
            if set(parts) & {_STATUS, _SCORE, _DATE}:
                submitted, completed = item.times
                Completion.update(
                    state=item.state,
                    points=item.points,
                    submitted_at=submitted,
                    completed_at=completed,
                    version=Completion.version + 1,
                ).where(Completion.id == completion).execute()
            if set(parts) & {_STATUS, _DATE}:
                attempts.append((completion, numbers.get(completion, 0) + 1, item))
            if _COMMENT in parts or _SCORE in parts or _STATUS in parts:
                reviewed.append((completion, item))
            for key in givers.get(completion, set()) - {item.row.id}:
                self._ledger.remember(KIND, key, None, self._ledger.mark(KIND, key))
            self._ledger.remember(KIND, item.row.id, completion, _marks(item.row))
        self._tally.changed += len(changed)
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


_STATUS, _SCORE, _DATE, _COMMENT = 1, 2, 3, 4


def _marks(row: Result) -> str:
    # As 0.3.0 had it: a day was its midnight. Else every result would say something new.
    date = row.date.replace(hour=0, microsecond=0) if row.date and clock.is_day(row.date) else row.date
    return marks([row.item, row.student], row.status, row.score, date, [row.comment, row.text_score])
