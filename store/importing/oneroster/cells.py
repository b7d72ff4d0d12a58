"""The columns that a file is read by, and what is wrong in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from store.importing.oneroster.tables import RosterColumn
from store.importing.report import FAULTS_LIMIT, Report

# So many cells that are wrong in the same way, and more than are right, are told as one fault.
SYSTEMATIC = 10
# So many values of a column are known again without a look at them.
_KNOWN_LIMIT = 20_000
_SHORT = 40


@dataclass(slots=True)
class ColumnCheck:
    """A column of a file: where it stands in a line and in a row, and how its values turned out."""

    at: int
    column: RosterColumn
    position: int | None
    may_be_blank: bool
    sound: int = 0
    known: dict[str, Any] = field(default_factory=dict)
    _wrong: Counter[str] = field(default_factory=Counter)
    _kept: list[tuple[int, str, str]] = field(default_factory=list)

    def read(self, value: str) -> Any:
        """What a value says. Raises ValueError for a wrong one."""
        found = self.column.parse(value)
        # What stands in each row once is not worth keeping.
        if self.column.name != "sourcedId" and len(value) <= _SHORT:
            if len(self.known) >= _KNOWN_LIMIT:
                self.known.clear()
            self.known[value] = found
        return found

    def fault(self, line: int, value: str, reason: str) -> None:
        """Note a wrong value; told when the whole file is read."""
        self._wrong[reason] += 1
        if self._wrong[reason] <= FAULTS_LIMIT and len(self._kept) < 2 * FAULTS_LIMIT:
            self._kept.append((line, value, reason))

    def faults(self) -> Iterator[tuple[int, str, str, str]]:
        """What is to be listed: line, column, value and reason."""
        told: set[str] = set()
        for line, value, reason in self._kept:
            if not self._is_systematic(reason):
                yield line, self.column.name, value, reason
            elif reason not in told:
                told.add(reason)
                rows = f"{self._wrong[reason]:,} of {self.sound + self._wrong.total():,} rows"
                yield line, self.column.name, value, f"{reason} (in {rows})"

    @property
    def count(self) -> int:
        """How many faults there are."""
        return sum(1 if self._is_systematic(reason) else number for reason, number in self._wrong.items())

    def _is_systematic(self, reason: str) -> bool:
        return self._wrong[reason] >= SYSTEMATIC and self._wrong[reason] > self.sound


def tell(cells: Iterable[ColumnCheck], file: str, report: Report) -> None:
    """Report what was found in a file's columns, line by line."""
    faulty = [cell for cell in cells if cell.count]
    told = [fault for cell in faulty for fault in cell.faults()]
    for line, column, value, reason in sorted(told, key=itemgetter(0)):
        report.fault(file, line, column, value, reason)
    report.count(file, sum(cell.count for cell in faulty) - len(told))
