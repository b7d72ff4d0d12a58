"""The rows of results.csv while they are read and checked, in a temporary table: a file may have millions.

Nobody waits for that: a temporary table is this connection's own, and writing to it locks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from store import clock, staging
from store.importing import limits
from store.importing.ledger import mark
from store.importing.oneroster.rules import FileReader, RosterRead, UnresolvedReference
from store.importing.oneroster.tables import RESULTS, RosterColumn

TABLE = "staged_results"
KEYS = "staged_keys"
_AT_ONCE = 5_000
_REFERRING = {
    column.name: (spot, column)
    for spot, column in zip(
        ("item", "student", "class"), (each for each in RESULTS.columns if each.refers), strict=True
    )
}
_FIELDS = (
    "line",
    "id",
    "sound",
    "gone",
    "modified",
    "item",
    "student",
    "class",
    "status",
    "score",
    "date",
    "feedback",
    "at",
    "ahead",
    "mark",
)
_COLUMNS = (
    "line INTEGER PRIMARY KEY, id TEXT, sound INTEGER, gone INTEGER, modified BIGINT, item INTEGER, "
    "student INTEGER, class INTEGER, status TEXT, score DOUBLE PRECISION, date BIGINT, feedback TEXT, "
    "at BIGINT, ahead INTEGER, mark TEXT"
)

_OF_ROW = [column for column in RESULTS.columns if column.refers and column.field]
_mark = lru_cache(maxsize=10_000)(mark)
_NOTHING_SAID = mark([None, None])


@lru_cache(maxsize=10_000)
def _dated(date: datetime | None, now: datetime) -> tuple[int | None, str, bool]:
    """A date as it is kept, its mark, and whether it lies ahead."""
    if date is None:
        return None, mark(None), False
    # As 0.3.0 had it: a day was its midnight. Else every result would say something new.
    when = date.replace(hour=0, microsecond=0) if clock.is_day(date) else date
    return clock.to_micros(date), mark(when), limits.is_ahead(date, now)


def _row_mark(
    item: str | None,
    student: str | None,
    status: str,
    score: float | None,
    date_mark: str,
    comment: str | None,
    text_score: str | None,
) -> str:
    said = _NOTHING_SAID if comment is None and text_score is None else mark([comment, text_score])
    return f"{mark([item, student])}.{_mark(status)}.{_mark(score)}.{date_mark}.{said}"


def result_mark(
    item: str, student: str, status: str, score: float | None, date: datetime, comment: str
) -> str:
    """What the ledger keeps of a result, so that it says nothing new when it is read."""
    return _row_mark(item, student, status, score, _dated(date, clock.now())[1], comment or None, None)


class StagedResults(RosterRead):
    """The results of a file, `rows`, `seen` and `pending` of which stand in the table."""

    def __init__(self, mode: str) -> None:
        super().__init__(RESULTS, mode, complete=True)
        self.numbers: dict[str, int] = {}
        """The ids that rows refer to, and which numbers the table has in their spot."""
        self._kept: list[tuple[Any, ...]] = []
        self._now = clock.now()
        staging.make(TABLE, _COLUMNS)

    def add(self, kept: list[Any], *, sound: bool, references: list[tuple[RosterColumn, Any]]) -> None:
        """One row, in the order of the fields of `Result`."""
        line, key, gone, modified, item, student, status, score, date, comment, text_score = kept
        numbers = self.numbers
        items = students = classes = None
        if not gone:
            items = None if item is None else numbers.setdefault(item, len(numbers))
            students = None if student is None else numbers.setdefault(student, len(numbers))
            for column, value in references if len(references) > len(_OF_ROW) else ():
                if column.field is None:
                    classes = numbers.setdefault(value, len(numbers))
        done, date_mark, is_ahead = _dated(date, self._now)
        changed = None if modified is None else clock.to_micros(modified)
        self._kept.append(
            (
                line,
                key,
                int(sound),
                int(gone),
                changed,
                items,
                students,
                classes,
                status,
                score,
                done,
                f"{text_score}\n{comment}" if text_score and comment else text_score or comment or "",
                changed if done is None else done,
                int(is_ahead),
                _row_mark(item, student, status, score, date_mark, comment, text_score),
            )
        )
        if len(self._kept) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Put what was added into the table."""
        staging.fill(TABLE, _FIELDS, self._kept)
        self._kept.clear()

    def drop_repeated(self, fault: Callable[[int, str, int], None]) -> int:
        """Drop the rows whose id stood on an earlier line, and tell of each its line, the id, and that line.

        Returns how many of them were sound.
        """
        self.flush()
        staging.run(f"CREATE INDEX {TABLE}_id ON {TABLE} (id)")
        repeated = f"SELECT id, MIN(line) AS first FROM {TABLE} GROUP BY id HAVING COUNT(*) > 1"
        sound, gone = 0, []
        query = (
            f"SELECT r.line, r.id, r.sound, f.first FROM {TABLE} r JOIN ({repeated}) f "
            "ON f.id = r.id AND r.line > f.first ORDER BY r.line"
        )
        for line, key, is_sound, first in staging.rows(query):
            fault(line, key, first)
            sound += is_sound
            gone.append((line,))
        staging.many(f"DELETE FROM {TABLE} WHERE line = ?", gone)
        return sound

    # -------------------------------------------------------------- references

    def unresolved(self, is_answered: Callable[[RosterColumn, str], bool]) -> Iterator[UnresolvedReference]:
        """What rows refer to and is not there, by line."""
        return self._referring(lambda column, value: not is_answered(column, value), "gone = 0")

    def referring_to(self, column: RosterColumn, lost: Iterable[str]) -> Iterator[UnresolvedReference]:
        """The sound rows that refer to some ids in a column."""
        ids = set(lost)
        return self._referring(
            lambda other, value: other is column and value in ids, "gone = 0 AND sound = 1"
        )

    def _referring(
        self, is_meant: Callable[[RosterColumn, str], bool], which: str
    ) -> Iterator[UnresolvedReference]:
        keys = list(self.numbers)
        meant: dict[str, dict[int, RosterColumn]] = {}
        for spot, column in _REFERRING.values():
            found = staging.rows(f"SELECT DISTINCT {spot} FROM {TABLE} WHERE {spot} IS NOT NULL AND {which}")
            numbers = {number for (number,) in found if is_meant(column, keys[number])}
            if numbers:
                meant[spot] = dict.fromkeys(numbers, column)
        if not meant:
            return
        for line, key, *numbers in staging.rows(
            f"SELECT line, id, item, student, class FROM {TABLE} WHERE {which} ORDER BY line"
        ):
            for spot, number in zip(("item", "student", "class"), numbers, strict=True):
                if number in meant.get(spot, ()):
                    yield UnresolvedReference(line, key, meant[spot][number], keys[number])

    def holds(self, line: int) -> bool:
        """Whether the row of a line is there, and sound."""
        return staging.has(f"{TABLE} WHERE line = ? AND sound = 1", line)

    def cut(self, line: int) -> bool:
        """Leave a row out; whether it was sound until then."""
        if not self.holds(line):
            return False
        staging.run(f"UPDATE {TABLE} SET sound = 0 WHERE line = ?", line)
        return True

    @property
    def has_rows(self) -> bool:
        """Whether any row is sound."""
        return staging.has(f"{TABLE} WHERE sound = 1")


class ResultsReader(FileReader):
    """Reads results.csv into its table."""

    read: StagedResults

    def _new_read(self, mode: str) -> RosterRead:
        return StagedResults(mode)

    def _keep(self, kept: list[Any], sound: bool, references: list[tuple[RosterColumn, Any]]) -> bool:
        if kept[1] is None:
            return self._is_unknown()
        self.read.add(kept, sound=sound, references=references)
        return sound

    def _end(self) -> None:
        def tell(line: int, key: str, first: int) -> None:
            self._fault(line, "sourcedId", key, f"line {first} has the same id")

        self._report.tally(RESULTS.file).rejected += self.read.drop_repeated(tell)
