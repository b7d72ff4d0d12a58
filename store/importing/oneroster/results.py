"""OneRoster's results, as completions with their attempts and reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from store import clock, staging
from store.importing import limits
from store.importing.bulk_writes import insert
from store.importing.ledger import Ledger, differing
from store.importing.oneroster import gradebook, people, values
from store.importing.oneroster.staged_results import KEYS, StagedResults
from store.importing.oneroster.staged_results import TABLE as ROWS
from store.importing.oneroster.tables import RESULTS
from store.importing.oneroster.work_here import WorkHere, attempts_of, possible_at
from store.importing.report import Report
from store.models import Attempt, Completion, Review
from store.text import counted
from store.views.states import Decision, State

KIND = RESULTS.kind
PARTS = 5
"""So many parts it has to put them in place: see `Results.put`."""
WORK, ODD = "staged_work", "staged_odd"
TABLES = (ROWS, KEYS, WORK, ODD)
"""Temporary: the rows; ids as the database has them; which row is whose work; work to be looked at singly."""

_STATES = {
    values.GRADED: State.COMPLETE,
    values.PARTLY: State.NEEDS_REVIEW,
    values.SUBMITTED: State.NEEDS_REVIEW,
    values.EXEMPT: State.SKIPPED,
}
_COUNTS = "r.status IN ('" + "', '".join(_STATES) + "')"
_UPSERT = (
    "INSERT INTO external_ids (source, kind, external_id, local_id, digest) "
    f"SELECT ?, '{KIND}', r.id, {{local}}, r.mark FROM {WORK} w JOIN {ROWS} r ON r.line = w.line {{more}} "
    "ORDER BY r.line ON CONFLICT (source, kind, external_id) "
    "DO UPDATE SET local_id = excluded.local_id, digest = excluded.digest"
)
# Of each of these the file has one row, and nothing of it is here: all of them are written at once.
_PLAIN = (
    f"{_COUNTS} AND w.fresh = 1 AND NOT EXISTS "
    f"(SELECT 1 FROM {ODD} o WHERE o.user_id = w.user_id AND o.step_id = w.step_id)"
)
_PLAIN_ROWS = f"FROM {WORK} w JOIN {ROWS} r ON r.line = w.line"
_THEIRS = "JOIN completions c ON c.user_id = w.user_id AND c.step_id = w.step_id"


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
        return _STATES[self.status]

    @property
    def points(self) -> float | None:
        """Points count once all is graded. Those of a step without a maximum are kept all the same."""
        return self.score if self.state is State.COMPLETE else None

    @property
    def times(self) -> tuple[datetime | None, datetime | None]:
        """When it came in, and when it was done or excused."""
        submitted = None if self.state is State.SKIPPED else self.at
        return submitted, None if self.state is State.NEEDS_REVIEW else self.at


class Results:
    """Brings completions in line with results.csv."""

    def __init__(self, read: StagedResults, ledger: Ledger, report: Report) -> None:
        self._read = read
        self._ledger = ledger
        self._source = ledger.source
        self._report = report
        self._tally = report.tally(RESULTS.file)

    def put(self, tick: Callable[[], None]) -> None:
        """Add and change; what a file deletes or lacks is left alone, as people's work always is.

        `tick` is called after each of its parts.
        """
        knows_any = staging.has(f"external_ids WHERE {_OURS}", self._source)
        self._match()
        tick()
        self._pass_over()
        odd = _OddWork(self._source, self._report)
        self._insert_plain(tick)
        odd.put()
        tick()
        self._tally.added += odd.added
        self._tally.changed += odd.changed
        self._tell_unmeasured(odd.unmeasured)
        if knows_any:
            self._tally.changed += self._keep_scores()
        odd.forget_others()
        gone = self._forget() if knows_any else 0
        tick()
        if gone:
            self._report.note(
                f"Results no longer in {RESULTS.file}: {gone:,}; the work and its reviews were kept"
            )

    def _match(self) -> None:
        """Find whose work on which step each row is, and which of that is more than one new row."""
        staging.make(KEYS, "number INTEGER PRIMARY KEY, user_id INTEGER, step_id INTEGER")
        staging.fill(
            KEYS,
            ("number", "user_id", "step_id"),
            [
                (number, self._ledger.local_id(people.KIND, key), self._ledger.local_id(gradebook.ITEM, key))
                for key, number in self._read.numbers.items()
            ],
        )
        staging.make(
            WORK,
            "line INTEGER PRIMARY KEY, user_id INTEGER, step_id INTEGER, fresh INTEGER, counts INTEGER, "
            "ahead INTEGER, local INTEGER",
        )
        staging.run(
            f"INSERT INTO {WORK} SELECT r.line, u.user_id, i.step_id, "
            f"CASE WHEN e.digest = r.mark THEN 0 ELSE 1 END, CASE WHEN {_COUNTS} THEN 1 ELSE 0 END, "
            f"r.ahead, e.local_id FROM {ROWS} r JOIN {KEYS} u ON u.number = r.student "
            f"JOIN {KEYS} i ON i.number = r.item LEFT JOIN external_ids e "
            f"ON e.source = ? AND e.kind = '{KIND}' AND e.external_id = r.id "
            "WHERE r.sound = 1 AND r.gone = 0 AND u.user_id IS NOT NULL AND i.step_id IS NOT NULL "
            "ORDER BY r.line",
            self._source,
        )
        staging.run(f"CREATE INDEX {WORK}_pair ON {WORK} (user_id, step_id, counts, fresh, ahead)")
        staging.make(ODD, "user_id INTEGER, step_id INTEGER, PRIMARY KEY (user_id, step_id)")
        staging.run(
            f"INSERT INTO {ODD} SELECT w.user_id, w.step_id FROM {WORK} w WHERE w.counts = 1 "
            "GROUP BY w.user_id, w.step_id HAVING MAX(w.fresh) = 1 AND (COUNT(*) > 1 OR MAX(w.ahead) = 1 OR "
            "EXISTS (SELECT 1 FROM completions c WHERE c.user_id = w.user_id AND c.step_id = w.step_id))"
        )

    def _pass_over(self) -> None:
        """Nothing was handed in, or the status is an extension that says nothing to Muster."""
        found = staging.rows(
            f"SELECT r.status, MIN(r.line), MIN(CASE WHEN w.local IS NOT NULL THEN r.line END) {_PLAIN_ROWS} "
            "WHERE w.counts = 0 AND w.fresh = 1 GROUP BY r.status"
        ).fetchall()
        notes = []
        for status, first, was_here in found:
            if status != values.NOTHING:
                notes.append((first, f"Results with a status of their own ({status}) were passed over"))
            elif was_here is not None:
                said = "Some results are now said to be not submitted; the work that was here was kept"
                notes.append((was_here, said))
        for _, note in sorted(notes):
            self._report.note(note)
        if found:
            more = "WHERE w.counts = 0 AND w.fresh = 1"
            staging.run(_UPSERT.format(local="w.local", more=more), self._source)

    def _insert_plain(self, tick: Callable[[], None]) -> None:
        """The results of work that is not here, each with its attempt or its review."""
        at = "COALESCE(r.at, ?)"
        graded, excused = f"r.status = '{values.GRADED}'", f"r.status = '{values.EXEMPT}'"
        now = clock.to_micros(clock.now())
        self._tally.added += staging.run(
            "INSERT INTO completions (user_id, step_id, state, points, submitted_at, completed_at, version) "
            f"SELECT w.user_id, w.step_id, CASE WHEN {graded} THEN 'complete' WHEN {excused} THEN 'skipped' "
            f"ELSE 'needs_review' END, CASE WHEN {graded} THEN r.score END, "
            f"CASE WHEN NOT {excused} THEN {at} END, CASE WHEN {graded} OR {excused} THEN {at} END, 1 "
            f"{_PLAIN_ROWS} WHERE {_PLAIN} ORDER BY r.line",
            now,
            now,
        )
        tick()
        staging.run(_UPSERT.format(local="c.id", more=f"{_THEIRS} WHERE {_PLAIN}"), self._source)
        tick()
        staging.run(
            "INSERT INTO attempts (completion_id, number, text, link, submitted_at) "
            f"SELECT c.id, 1, '', '', c.submitted_at {_PLAIN_ROWS} {_THEIRS} "
            f"WHERE {_PLAIN} AND NOT {graded} AND NOT {excused} ORDER BY r.line"
        )
        staging.run(
            "INSERT INTO reviews (completion_id, decision, points, feedback, created_at) "
            f"SELECT c.id, '{Decision.APPROVE}', c.points, r.feedback, c.completed_at {_PLAIN_ROWS} "
            f"{_THEIRS} WHERE {_PLAIN} AND {graded} AND r.feedback <> '' ORDER BY r.line"
        )

    def _tell_unmeasured(self, others: int) -> None:
        """Note the scores that cannot be compared with anything."""
        found = staging.rows(
            f"SELECT COUNT(*) {_PLAIN_ROWS} JOIN steps s ON s.id = w.step_id WHERE s.points IS NULL "
            f"AND r.status = '{values.GRADED}' AND r.score IS NOT NULL AND {_PLAIN}"
        )
        count = found.fetchone()[0] + others
        if count:
            scores = counted(count, "score is", "scores are")
            self._report.note(
                f"{scores} of line items whose resultValueMax is empty or 0: kept and shown, but "
                "counted in no grade"
            )

    def _keep_scores(self) -> int:
        """Put in the scores without a maximum that 0.3.0 left out; how many there were."""
        found = staging.rows(
            "SELECT c.id, r.score FROM steps s JOIN completions c ON c.step_id = s.id "
            f"JOIN external_ids e ON e.kind = '{KIND}' AND e.local_id = c.id AND e.source = ? "
            f"AND e.digest <> '' JOIN {ROWS} r ON r.id = e.external_id AND r.mark = e.digest "
            f"WHERE s.points IS NULL AND c.state = '{State.COMPLETE}' AND c.points IS NULL AND r.sound = 1 "
            f"AND r.score IS NOT NULL AND r.status = '{values.GRADED}' ORDER BY r.line",
            self._source,
        )
        wanted = dict(found.fetchall())
        changes = [(score, completion) for completion, score in wanted.items()]
        staging.many("UPDATE completions SET points = ?, version = version + 1 WHERE id = ?", changes)
        return len(wanted)

    def _forget(self) -> int:
        """Withdraw what the file deletes, or lacks where its lack tells; how many that are."""
        withdraw = f"UPDATE external_ids SET digest = '' WHERE {_OURS} AND digest <> ''"
        gone = staging.run(
            f"{withdraw} AND external_id IN (SELECT id FROM {ROWS} WHERE sound = 1 AND gone = 1)",
            self._source,
        )
        if self._read.tells_absence:
            gone += staging.run(
                f"{withdraw} AND NOT EXISTS (SELECT 1 FROM {ROWS} r WHERE r.id = external_ids.external_id)",
                self._source,
            )
        return gone


_OURS = f"source = ? AND kind = '{KIND}'"


class _OddWork:
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


_STATUS, _SCORE, _DATE, _COMMENT = 1, 2, 3, 4
