"""Reading one of OneRoster's files by its table: every broken rule becomes a fault.

What a fault costs follows from the column's need: the row, or only the cell. A strict import is
refused because of either; a lenient one goes on with what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from store.importing import foreign
from store.importing.csv_head import spelling
from store.importing.csv_rows import CsvRow, read_csv
from store.importing.files import BrokenFileError, Bundle
from store.importing.ledger import Ledger
from store.importing.oneroster import values
from store.importing.oneroster.cells import ColumnCheck, tell
from store.importing.oneroster.manifest import ABSENT, BULK
from store.importing.oneroster.tables import BLANK_IN_BULK, Need, RosterColumn, RosterFile
from store.importing.report import Report
from store.importing.transaction import Progress

# More columns of one file that are spelled in another way are told together.
MISSPELLED_SHOWN = 5


class UnresolvedReference(NamedTuple):
    """A reference that the files read so far do not answer."""

    line: int
    id: str
    column: RosterColumn
    value: str


@dataclass
class RosterRead:
    """What a file held.

    `rows` are the sound ones by id, `seen` the lines of all. Only a `complete` one tells by
    what it lacks: where rows could not be read, nobody knows what was in them. Where the file itself
    could not be read to its end, it is `unread`: what refers to the rest of it is at no fault.
    `lost` are the ids of rows that were sound when read, each with the unread file that it needed (empty
    where its loss was told).
    """

    table: RosterFile
    mode: str = ABSENT
    rows: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    pending: list[UnresolvedReference] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    unread: bool = False

    @property
    def tells_absence(self) -> bool:
        """Whether what is not in the file is no longer there."""
        return self.mode == BULK and self.complete

    @property
    def has_rows(self) -> bool:
        """Whether any row is sound."""
        return bool(self.rows)


def withdrawn(read: RosterRead, ledger: Ledger) -> list[str]:
    """Ids that the file deletes, or lacks where its lack tells; standing or not."""
    gone = [row.id for row in read.rows.values() if row.gone]
    if read.tells_absence:
        gone += [key for key in ledger.standing(read.table.kind) if key not in read.seen]
    return gone


class FileReader:
    """Reads one file. `reads` has those read before, by name, for references into them."""

    def __init__(
        self, table: RosterFile, version: str, mode: str, reads: dict[str, RosterRead], report: Report
    ) -> None:
        self._table = table
        self.read = self._new_read(mode)
        self._columns = [column for column in table.columns if version in column.versions]
        self._reads = {**reads, table.file: self.read}
        self._report = report
        self._plan: list[ColumnCheck] = []
        # The same, taken apart once for all rows.
        self._order: list[tuple[int, Callable[[str], Any], bool, int | None, bool, ColumnCheck]] = []
        self._shape = ColumnCheck(0, RosterColumn("", values.plain), None, True)
        # Rows of which not even the id is known.
        self._unknown = 0
        self._width = 0
        positions = {name: position for position, name in enumerate(table.row._fields)}
        self._position = {
            column.name: positions[column.field] for column in self._columns if column.field is not None
        }
        self._blank: list[Any] = [None] * len(positions)
        self._blank[positions["gone"]] = False
        for column in table.columns:
            if column.many and column.field is not None:
                self._blank[positions[column.field]] = ()

    def _new_read(self, mode: str) -> RosterRead:
        return RosterRead(self._table, mode, complete=True)

    def run(self, bundle: Bundle, progress: Progress | None) -> RosterRead:
        """The whole file; what cannot be read ends it early."""
        tally = self._report.tally(self._table.file)
        usable = False
        try:
            for row in read_csv(bundle, self._table.file, progress, self._report.remark):
                if self._width == 0:
                    usable = self._take_header(row.line, row.cells)
                    continue
                tally.read += 1
                if not usable or not self._take_row(row):
                    tally.rejected += 1
        except BrokenFileError as error:
            self._report.unreadable(error.fault, alone=error.alone)
            usable = False
        else:
            # The standard forbids such a file; as bulk it would withdraw everything.
            if not self._width:
                self._whole(1, "", "", "the file is empty; the manifest should declare it absent")
            elif usable and not tally.read:
                self._whole(1, "", "", "the file has no rows; the manifest should declare it absent")
                usable = False
        if not usable or self._unknown * 2 > tally.read:
            self.read.complete = False
            self.read.unread = True
        self._end()
        tell([self._shape, *self._plan], self._table.file, self._report)
        return self.read

    def _end(self) -> None:
        """All rows are read: what they say of each other is known."""
        self.read.pending = [
            item
            for item in self.read.pending
            if item.column.refers != self._table.file or item.value not in self.read.rows
        ]

    def _fault(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._table.file, line, column, value, reason)

    def _whole(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._table.file, line, column, value, reason, whole=True)

    # -------------------------------------------------------------- the header

    def _take_header(self, line: int, header: list[str]) -> bool:
        """Whether rows can be told from it at all."""
        self._width = len(header)
        others = self._table.others.split()
        known = {column.name for column in self._columns} | set(others)
        spare = {spelling(name): name for name in header if name not in known}
        usable = True
        missing: list[RosterColumn] = []
        for column in self._columns:
            may_be_blank = column.need.may_be_left_out or (
                self.read.mode == BULK and column.name in BLANK_IN_BULK
            )
            if column.name in header:
                position = self._position.get(column.name)
                self._plan.append(ColumnCheck(header.index(column.name), column, position, may_be_blank))
            elif not may_be_blank:
                missing.append(column)
                usable = usable and column.need is not Need.KEY
        if not usable:
            reason = self._of_other_kind(header)
            if reason is not None:
                self._whole(line, "", ",".join(header), reason)
                return False
        for name in [name for name, count in Counter(header).items() if count > 1]:
            self._whole(line, name, "", "the column is there twice")
        names = [name for name in (*(column.name for column in self._columns), *others) if name not in header]
        misspelled = {name: spare[spelling(name)] for name in names if spelling(name) in spare}
        for column in missing:
            if column.name not in misspelled:
                self._whole(line, column.name, "", "the column is missing")
        self._tell_misspelled(line, misspelled)
        self.read.complete = usable
        self._order = [
            (cell.at, cell.known.get, cell.may_be_blank, cell.position, cell.column.refers is not None, cell)
            for cell in self._plan
        ]
        return usable

    def _tell_misspelled(self, line: int, misspelled: dict[str, str]) -> None:
        """Names are case-sensitive: what only looks like a column would be lost unnoticed."""
        if len(misspelled) > MISSPELLED_SHOWN:
            reason = f"the columns must be spelled {', '.join(misspelled)}"
            self._whole(line, "", ",".join(misspelled.values()), reason)
            return
        for name, found in misspelled.items():
            self._whole(line, name, found, f"the column must be spelled {name}")

    def _of_other_kind(self, header: list[str]) -> str | None:
        """What the file is, where its first line is no header of its table at all."""
        other = foreign.of_columns(header)
        if other is not None and other.loads != foreign.ONEROSTER:
            return foreign.sentence(other, foreign.ONEROSTER)
        needed = [column for column in self._columns if column.need is Need.KEY]
        keys = [column.name for column in needed if column.name not in BLANK_IN_BULK]
        if 2 * len({spelling(name) for name in header}.intersection(map(spelling, keys))) < len(keys):
            return f"its first line lacks the names of the columns: {', '.join(keys)} and others"
        return None

    # ---------------------------------------------------------------- the rows

    def _take_row(self, row: CsvRow) -> bool:
        line, cells, wrong = row
        if wrong:
            self._shape.fault(line, cells[0], wrong)
            self._unknown += 1
            self.read.complete = False
            return False
        self._shape.sound += 1
        kept = self._blank.copy()
        kept[0] = line
        sound = True
        references: list[tuple[RosterColumn, Any]] = []
        for at, known, may_be_blank, position, refers, cell in self._order:
            value = cells[at]
            if not value and may_be_blank:
                continue
            parsed = known(value)
            if parsed is None:
                try:
                    parsed = cell.read(value) if value else _missing()
                except ValueError as error:
                    cell.fault(line, value, str(error))
                    sound = sound and not cell.column.need.costs_the_row
                    continue
            cell.sound += 1
            if refers:
                references.append((cell.column, parsed))
            if position is not None:
                kept[position] = parsed
        return self._keep(kept, sound, references)

    def _is_unknown(self) -> bool:
        """Nothing can be kept of a row without an id."""
        self._unknown += 1
        self.read.complete = False
        return False

    def _keep(self, kept: list[Any], sound: bool, references: list[tuple[RosterColumn, Any]]) -> bool:
        row = self._table.row._make(kept)
        if row.id is None:
            return self._is_unknown()
        first = self.read.seen.setdefault(row.id, row.line)
        if first != row.line:
            self._fault(row.line, "sourcedId", row.id, f"line {first} has the same id")
            return False
        if not row.gone:
            for column, value in references:
                self._refer(row, column, value if column.many else (value,))
        if sound:
            self.read.rows[row.id] = row
        return sound

    def _refer(self, row: Any, column: RosterColumn, values: tuple[str, ...]) -> None:
        target = self._reads.get(column.refers or "")
        for value in values:
            if target is None or value not in target.rows:
                self.read.pending.append(UnresolvedReference(row.line, row.id, column, value))


def _missing() -> Any:
    raise ValueError("a value is needed")
