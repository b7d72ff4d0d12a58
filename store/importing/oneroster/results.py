"""OneRoster's results, as completions with their attempts and reviews."""

from __future__ import annotations

from collections.abc import Callable

from store import clock, staging
from store.importing.ledger import Ledger
from store.importing.oneroster import gradebook, people, values
from store.importing.oneroster.odd_results import KIND, ODD, STATES, WORK, OddWork
from store.importing.oneroster.staged_results import KEYS, StagedResults
from store.importing.oneroster.staged_results import TABLE as ROWS
from store.importing.oneroster.tables import RESULTS
from store.importing.report import Report
from store.text import counted
from store.views.states import Decision, State

PARTS = 5
"""So many parts it has to put them in place: see `Results.put`."""
TABLES = (ROWS, KEYS, WORK, ODD)
"""Temporary: the rows; ids as the database has them; which row is whose work; work to be looked at singly."""

_COUNTS = "r.status IN ('" + "', '".join(STATES) + "')"
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


_OURS = f"source = ? AND kind = '{KIND}'"


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
        odd = OddWork(self._source, self._report)
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
