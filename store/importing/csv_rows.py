"""Reading CSV files with limits, as spreadsheets and school systems write them.

Whatever is wrong with a file ends in BrokenFileError. What a spreadsheet adds without a meaning (columns
without a name, empty lines, another separator) is ignored, and remarked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import IO, NamedTuple

from store import text
from store.importing import csv_head, foreign
from store.importing.files import UNREADABLE, BrokenFileError, Bundle
from store.importing.limits import LINE_BYTES
from store.importing.report import Fault
from store.importing.transaction import Progress
from store.text import counted

CELL_LIMIT = text.TEXT_LIMIT
# A line holds a whole row, and a row may have several large cells.
TOLD_EVERY = 256 * 1024
# How much is read of a file that is not UTF-8, to tell what it is.
SAMPLE = 256 * 1024

# Longer cells end in csv.Error: the library's own limit would refuse sound texts.
csv.field_size_limit(CELL_LIMIT)

# Called with a file's name and how it was read.
Remark = Callable[[str, str], None]

_CR = f"its lines end in CR alone; save it as UTF-8{csv_head.IN_EXCEL}"
_UTF16 = csv_head.UTF16 + csv_head.IN_EXCEL
_QUOTES = "the column names are in typographic quotes; use plain ones, or none"
_SAID = (
    ("unexpected end of data", "a quote opens here and is never closed"),
    ("field larger than", "a cell has more than 1,000,000 characters, or a quote is never closed"),
    ("new-line character", _CR),
    ("expected after", "text follows the closing quote of a cell"),
)


class CsvRow(NamedTuple):
    """The line that a row begins on, its cells in the order of the header's names, and what is wrong with
    their number (nothing: empty)."""

    line: int
    cells: list[str]
    wrong: str = ""


def read_csv(
    bundle: Bundle, name: str, progress: Progress | None = None, remark: Remark = lambda file, said: None
) -> Iterator[CsvRow]:
    """The rows of a CSV file (RFC 4180, UTF-8, maybe with BOM); the header is the first of them.

    Rows without a value are ignored, and so are columns without a name. Raises BrokenFileError where
    reading cannot go on, `alone` where the file is no CSV file or not in UTF-8.
    """
    kind = foreign.of_bytes(bundle.head(name))
    if kind is not None:
        raise BrokenFileError(Fault(name, 0, "", "", foreign.sentence(kind, foreign.CSV)), alone=True)
    try:
        with bundle.open(name) as stream:
            lines = _lines(stream, name, bundle.size(name), progress)
            yield from _Reading(name, remark).rows(lines)
    except UNREADABLE as error:
        raise BrokenFileError(Fault(name, 0, "", "", f"it cannot be read ({error})"), alone=True) from error


class _Reading:
    """Reads one file, and knows what of it was ignored."""

    def __init__(self, name: str, remark: Remark) -> None:
        self._name = name
        self._remark = remark
        self._line = 1
        self._empty = 0
        # How wide the header is, and the places in it that have a name; how wide its rows are.
        self._width = 0
        self._named: list[int] = []
        self._rows_width = 0

    def rows(self, lines: Iterator[str]) -> Iterator[CsvRow]:
        """All rows with a value."""
        first, separator, skips = self._begin(lines)
        before = self._line - 1
        reader = csv.reader(chain(first, lines), delimiter=separator, skipinitialspace=skips, strict=True)
        plain = -1
        try:
            for cells in reader:
                if not cells or not (cells[0].strip(csv_head.BLANK) or any(map(_strip, cells))):
                    self._empty += 1
                elif not self._width:
                    yield CsvRow(self._line, self._header(cells))
                elif len(cells) == plain:
                    yield CsvRow(self._line, cells)
                else:
                    yield self._row(cells)
                    # Most rows are like the first: so many cells, and each column with a name.
                    plain = self._rows_width if len(self._named) == self._width else -1
                self._line = before + reader.line_num + 1
        except csv.Error as error:
            raise BrokenFileError(Fault(self._name, self._line, "", "", _reason(str(error)))) from error
        self._tell()

    def _begin(self, lines: Iterator[str]) -> tuple[list[str], str, bool]:
        """The first line with a value, what stands between its cells, and whether spaces follow that."""
        told = None
        for line in lines:
            named = csv_head.separator_named(line) if self._line == 1 else None
            if named is None and line.strip(csv_head.BLANK):
                break
            told = told or named
            self._empty += named is None
            self._line += 1
        else:
            return [], ",", False
        if "\r" in line.rstrip("\r\n") and '"' not in line:
            raise BrokenFileError(Fault(self._name, self._line, "", "", _CR), alone=True)
        separator = csv_head.separator_of(line)
        if told is not None and len(csv_head.split(line, told)) > 1:
            separator = told
        if separator != ",":
            between = csv_head.SEPARATORS.get(separator, f"“{separator}”")
            self._remark(self._name, f"read with {between} between the cells, not commas")
        others = csv_head.split(line, separator)[1:]
        spaced = bool(others) and all(cell.startswith(" ") for cell in others)
        if spaced:
            self._remark(self._name, "ignored the spaces between the cells")
        return [line], separator, spaced

    def _header(self, cells: list[str]) -> list[str]:
        names = [csv_head.column(cell) for cell in cells]
        if names[0].startswith(("“", "”", "„", "‘", "’", "'")):
            raise BrokenFileError(Fault(self._name, self._line, "", names[0], _QUOTES), alone=True)
        self._width = len(cells)
        self._named = [position for position, name in enumerate(names) if name]
        return [names[position] for position in self._named]

    def _row(self, cells: list[str]) -> CsvRow:
        """A row without the cells of columns that have no name."""
        if not self._rows_width:
            # Commas may have been added to the header only. Then all rows do without them, or else a row is
            # one that has a comma too many somewhere, and its cells stand in the wrong columns.
            last = self._named[-1] + 1
            self._rows_width = last if len(cells) == last else self._width
        if len(cells) != self._rows_width:
            there = counted(len(cells), "cell")
            return CsvRow(self._line, cells, f"{there} where the header has {self._rows_width}")
        if len(self._named) < self._width:
            return CsvRow(self._line, [cells[position] for position in self._named])
        return CsvRow(self._line, cells)

    def _tell(self) -> None:
        unnamed = self._width - len(self._named)
        ignored = [f"{counted(unnamed, 'column')} without a name"] if unnamed else []
        ignored += [counted(self._empty, "empty line")] if self._empty else []
        if ignored:
            self._remark(self._name, f"ignored {' and '.join(ignored)}")


def _lines(stream: IO[bytes], name: str, size: int, progress: Progress | None) -> Iterator[str]:
    """The lines of a file, decoded a block at a time where nothing is wrong in the block."""
    done = number = 0
    rest = b""
    while block := stream.read(TOLD_EVERY):
        done += len(block)
        end = block.rfind(b"\n") + 1
        if not end and len(rest) <= LINE_BYTES:
            rest += block
            continue
        whole, rest = rest + block[:end], block[end:]
        yield from _decoded(whole, rest, stream, name, number)
        number += whole.count(b"\n")
        if progress is not None:
            progress(name, done, size)
    if rest:
        yield from _decoded(rest, b"", stream, name, number)
    if progress is not None:
        progress(name, size, size)


def _decoded(block: bytes, rest: bytes, stream: IO[bytes], name: str, before: int) -> Iterator[str]:
    """The lines of a block, which has `before` lines before it and `rest` behind it."""
    if before and len(block) <= LINE_BYTES and b"\0" not in block:
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            yield from io.StringIO(text, newline="\n")
            return
    lines = io.BytesIO(block)
    for number, line in enumerate(iter(partial(lines.readline, LINE_BYTES + 1), b""), before + 1):
        if number == 1:
            line = line.removeprefix(csv_head.UTF8_BOM)
        reason = _unfit(line, number)
        if reason is not None:
            raise BrokenFileError(Fault(name, number, "", "", reason), alone=True)
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            behind = lines.read() + rest
            sample = line + (behind + stream.read(SAMPLE))[:SAMPLE]
            cell, reason = csv_head.not_utf8(sample, error.start)
            fault = Fault(name, number, "", cell, reason + csv_head.IN_EXCEL)
            raise BrokenFileError(fault, alone=True) from error


def _unfit(line: bytes, number: int) -> str | None:
    """Why a line cannot be one of a CSV file, None for one that can."""
    if len(line) > LINE_BYTES:
        return f"the line has more than {LINE_BYTES:,} bytes"
    if b"\0" in line:
        return _UTF16 if number == 1 and csv_head.is_utf16(line) else "the line holds a NUL character"
    return _UTF16 if number == 1 and line.startswith(csv_head.UTF16_BOMS) else None


def _strip(cell: str) -> str:
    return cell.strip(csv_head.BLANK)


def _reason(said: str) -> str:
    return next((reason for part, reason in _SAID if part in said), said)
