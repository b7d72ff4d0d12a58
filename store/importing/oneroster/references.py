"""References between OneRoster's rows: to this set of files, and to what was loaded before.

A bulk file is the whole truth of its kind (1.1 CSV Tables, appendix A): what is referred to has to
be in it. Where the file referred to is absent or a delta, the row may have been loaded before. Where it
could not be read, that is its own fault, and what refers to it has none: a lenient import counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import Any

from store.importing.ledger import Ledger
from store.importing.oneroster.rules import RosterRead, UnresolvedReference
from store.importing.oneroster.staged_results import StagedResults
from store.importing.oneroster.tables import BY_FILE, ORGS, TABLES, Need, RosterColumn
from store.importing.report import Report
from store.text import counted


class References:
    """Settles what the files left open; rows that cannot do without a lost row are lost too.

    `missing` are files that should be there besides those of `reads`.
    """

    def __init__(
        self,
        reads: dict[str, RosterRead],
        missing: Set[str],
        ledger: Ledger,
        report: Report,
        *,
        lenient: bool,
    ) -> None:
        self._reads = reads
        self._unread = missing | {file for file, read in reads.items() if read.unread}
        # How many rows and cells of the file at hand had to do without an unread file.
        self._rows: Counter[str] = Counter()
        self._cells: Counter[str] = Counter()
        self._ledger = ledger
        self._report = report
        self._lenient = lenient

    def settle(self) -> None:
        """Go through the files in the order in which they refer to each other."""
        for table in TABLES:
            read = self._reads.get(table.file)
            if read is None:
                continue
            for item in self._pending(read):
                self._settle(read, item)
            read.pending.clear()
            if self._lenient:
                self._follow_losses(read)
                self._tell_unread(read)
            if table is ORGS:
                self._break_circles(read)

    def _pending(self, read: RosterRead) -> Iterable[UnresolvedReference]:
        if isinstance(read, StagedResults):
            return read.unresolved(self._is_answered)
        return read.pending

    def _is_answered(self, column: RosterColumn, value: str) -> bool:
        """Whether there is nothing to be said of a reference; what was lost since it was read comes later."""
        file = column.refers or ""
        target = self._reads.get(file)
        if target is not None and (value in target.rows or value in target.lost):
            return True
        if target is not None and value in target.seen:
            return not self._lenient
        is_open = target is None or not target.tells_absence
        return is_open and self._ledger.stands(BY_FILE[file].kind, value)

    def _settle(self, read: RosterRead, item: UnresolvedReference) -> None:
        file = item.column.refers or ""
        target = self._reads.get(file)
        if target is not None and item.value in target.rows:
            return
        if target is not None and item.value in target.seen:
            if self._lenient:
                self._lose(read, item, f"its row in {file} was left out")
            return
        if target is None or not target.tells_absence:
            if self._ledger.stands(BY_FILE[file].kind, item.value):
                return
            if file in self._unread:
                self._do_without(read, item, file)
                return
            self._lose(read, item, f"no such row in {file}, nor loaded before")
            return
        self._lose(read, item, f"no such row in {file}")

    def _lose(self, read: RosterRead, item: UnresolvedReference, reason: str) -> None:
        """The fault, and what is left of the row without the reference."""
        self._report.fault(read.table.file, item.line, item.column.name, item.value, reason)
        self._cut(read, item, "")

    def _do_without(self, read: RosterRead, item: UnresolvedReference, unread: str) -> None:
        """What is left of the row without what stands in a file that could not be read."""
        is_kept = read.holds(item.line) if isinstance(read, StagedResults) else item.id in read.rows
        if is_kept:
            counts = self._rows if item.column.need is Need.KEY else self._cells
            counts[unread] += 1
            self._cut(read, item, unread)

    def _tell_unread(self, read: RosterRead) -> None:
        """One fault for all that a file lost by another one."""
        for counts, thing in ((self._rows, "row"), (self._cells, "cell")):
            for file, count in counts.items():
                refer = "refers" if count == 1 else "refer"
                reason = f"{counted(count, thing)} {refer} to {file}, which could not be read"
                self._report.fault(read.table.file, 0, "", "", reason, whole=True)
            counts.clear()

    def _cut(self, read: RosterRead, item: UnresolvedReference, unread: str) -> None:
        if isinstance(read, StagedResults):
            if item.column.need is Need.KEY and read.cut(item.line):
                self._report.tally(read.table.file).rejected += 1
            return
        row = read.rows.get(item.id)
        field = item.column.field
        if row is None:
            return
        if item.column.need is Need.KEY:
            del read.rows[item.id]
            read.lost[item.id] = unread
            self._report.tally(read.table.file).rejected += 1
        elif field is not None:
            kept = (
                tuple(value for value in getattr(row, field) if value != item.value)
                if item.column.many
                else None
            )
            read.rows[item.id] = row._replace(**{field: kept})

    def _follow_losses(self, read: RosterRead) -> None:
        """Rows were sound when read, and what they refer to was lost since."""
        for column in read.table.columns:
            target = self._reads.get(column.refers or "")
            if column.field is None or target is None or not target.lost:
                continue
            for item in _referring(read, column, target):
                if target.lost[item.value]:
                    self._do_without(read, item, target.lost[item.value])
                else:
                    self._lose(read, item, f"its row in {column.refers} was left out")

    def _break_circles(self, read: RosterRead) -> None:
        """Orgs that nest in a circle: the link that closes it is a fault, and is left out."""
        settled: set[str] = set()
        parent = next(column for column in ORGS.columns if column.name == "parentSourcedId")
        for start in list(read.rows):
            way: dict[str, None] = {}
            here: str = start
            while here in read.rows and here not in settled:
                if here in way:
                    last = read.rows[next(reversed(way))]
                    item = UnresolvedReference(last.line, last.id, parent, here)
                    self._lose(read, item, "the orgs would nest in a circle")
                    break
                way[here] = None
                here = read.rows[here].parent or ""
            settled.update(way)


def _referring(read: RosterRead, column: RosterColumn, target: RosterRead) -> Iterator[UnresolvedReference]:
    """The rows that stand and refer to rows that were lost."""
    if isinstance(read, StagedResults):
        yield from read.referring_to(column, target.lost)
        return
    for row in [row for row in read.rows.values() if not row.gone]:
        for value in _held(row, column):
            if value in target.lost and row.id in read.rows:
                yield UnresolvedReference(row.line, row.id, column, value)


def _held(row: Any, column: RosterColumn) -> tuple[str, ...]:
    held = getattr(row, column.field or "", None)
    if held is None:
        return ()
    return held if isinstance(held, tuple) else (held,)
