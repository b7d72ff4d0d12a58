"""Reading one of OneRoster's files by its table: every broken rule becomes a fault.

What a fault costs follows from the column's need: the row, or only the cell. A strict import is
refused because of either; a lenient one goes on with what is left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from store.importing.common import Progress, Report
from store.importing.files import BrokenFileError, Bundle, read_csv
from store.importing.oneroster.manifest import ABSENT, BULK
from store.importing.oneroster.tables import BLANK_IN_BULK, USERS, Column, Need, Table


class Pending(NamedTuple):
    """A reference that the files read so far do not answer."""

    line: int
    id: str
    column: Column
    value: str


@dataclass
class Read:
    """What a file held.

    `rows` are the sound ones by id, `seen` the lines of all. Only a `complete` one tells by
    what it lacks: where rows could not be read, nobody knows what was in them.
    """

    table: Table
    mode: str = ABSENT
    rows: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    complete: bool = False

    @property
    def tells_absence(self) -> bool:
        """Whether what is not in the file is no longer there."""
        return self.mode == BULK and self.complete


class _Cell(NamedTuple):
    at: int
    column: Column
    place: int | None
    may_be_blank: bool


class FileReader:
    """Reads one file. `reads` has those read before, by name, for references into them."""

    def __init__(self, table: Table, version: str, mode: str, reads: dict[str, Read], report: Report) -> None:
        self.read = Read(table, mode, complete=True)
        self._table = table
        self._columns = [column for column in table.columns if version in column.versions]
        self._reads = {**reads, table.file: self.read}
        self._report = report
        self._plan: list[_Cell] = []
        self._width = 0
        places = {name: place for place, name in enumerate(table.row._fields)}
        self._place = {
            column.name: places[column.field] for column in self._columns if column.field is not None
        }
        self._blank: list[Any] = [None] * len(places)
        self._blank[places["gone"]] = False
        for column in table.columns:
            if column.many and column.field is not None:
                self._blank[places[column.field]] = ()

    def run(self, bundle: Bundle, progress: Progress | None) -> Read:
        """The whole file; what cannot be read ends it early."""
        tally = self._report.tally(self._table.file)
        usable = False
        try:
            for line, cells in read_csv(bundle, self._table.file, progress):
                if self._width == 0:
                    usable = self._take_header(cells)
                    continue
                tally.read += 1
                if not usable or not self._take_row(line, cells):
                    tally.rejected += 1
        except BrokenFileError as error:
            self._report.broken(error.fault)
            self.read.complete = False
        else:
            if tally.read == 0:
                # The standard forbids such a file; as bulk it would withdraw everything.
                self._fault(1, "", "", "the file has no rows; the manifest should declare it absent")
                self.read.complete = False
        self.read.pending = [
            item
            for item in self.read.pending
            if item.column.refers != self._table.file or item.value not in self.read.rows
        ]
        return self.read

    def _fault(self, line: int, column: str, value: str, reason: str) -> None:
        self._report.fault(self._table.file, line, column, value, reason)

    # -------------------------------------------------------------- the header

    def _take_header(self, header: list[str]) -> bool:
        """Whether rows can be told from it at all."""
        self._width = len(header)
        known = {column.name for column in self._columns} | set(self._table.others.split())
        for name in [name for name, count in Counter(header).items() if count > 1]:
            self._fault(1, name, "", "the column is there twice")
        spare = {_squash(name): name for name in header if name not in known}
        usable = True
        for column in self._columns:
            may_be_blank = column.need.may_be_left_out or (
                self.read.mode == BULK and column.name in BLANK_IN_BULK
            )
            if column.name in header:
                place = self._place.get(column.name)
                self._plan.append(_Cell(header.index(column.name), column, place, may_be_blank))
            elif not self._misspelled(column.name, spare) and not may_be_blank:
                self._fault(1, column.name, "", "the column is missing")
            usable = usable and (column.name in header or may_be_blank or column.need is not Need.KEY)
        for name in self._table.others.split():
            if name not in header:
                self._misspelled(name, spare)
        self.read.complete = usable
        return usable

    def _misspelled(self, name: str, spare: dict[str, str]) -> bool:
        """Header names are case-sensitive: what only looks like a column would be lost unnoticed."""
        found = spare.get(_squash(name))
        if found is not None:
            self._fault(1, name, found, f"the column must be spelled {name}")
        return found is not None

    # ---------------------------------------------------------------- the rows

    def _take_row(self, line: int, cells: list[str]) -> bool:
        if len(cells) != self._width:
            self._fault(line, "", cells[0], f"{len(cells)} cells where the header has {self._width}")
            self.read.complete = False
            return False
        values = self._blank.copy()
        values[0] = line
        sound = True
        references: list[tuple[Column, Any]] = []
        for cell in self._plan:
            value = cells[cell.at]
            if not value and cell.may_be_blank:
                continue
            try:
                parsed = cell.column.parse(value) if value else _missing()
            except ValueError as error:
                self._fault(line, cell.column.name, value, str(error))
                sound = sound and not cell.column.need.costs_the_row
                continue
            if cell.column.refers is not None:
                references.append((cell.column, parsed))
            if cell.place is not None:
                values[cell.place] = parsed
        return self._keep(self._table.row._make(values), sound, references)

    def _keep(self, row: Any, sound: bool, references: list[tuple[Column, Any]]) -> bool:
        if row.id is None:
            self.read.complete = False
            return False
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

    def _refer(self, row: Any, column: Column, values: tuple[str, ...]) -> None:
        target = self._reads.get(column.refers or "")
        for value in values:
            if target is None or value not in target.rows:
                self.read.pending.append(Pending(row.line, row.id, column, value))


def _missing() -> Any:
    raise ValueError("a value is needed")


def _squash(name: str) -> str:
    """What spellings of one column share: no case, spaces, underscores or plural."""
    return name.strip().replace("_", "").replace(" ", "").lower().rstrip("s")


def check_emails(read: Read, report: Report) -> None:
    """An email belongs to one person, whatever its case. A second one loses it, as a fault."""
    lines: dict[str, int] = {}
    for row in list(read.rows.values()):
        if row.email is None or row.gone:
            continue
        first = lines.setdefault(row.email, row.line)
        if first != row.line:
            report.fault(USERS.file, row.line, "email", row.email, f"line {first} has the same email")
            read.rows[row.id] = row._replace(email=None)
