"""Moodle's offline grading worksheet: reading it, and writing the rows that were edited.

Cells are kept as they came, quotes and all: a row that is written holds every other cell byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from store import errors
from store.frozen import dataclass
from store.sites.worksheet import words as worksheet_words
from store.text import clean_line

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes of a sheet: those of 1,000 people have 1 to 3 MB."""
MARK = "\ufeff"
NAMES: Mapping[str, frozenset[str]] = {
    column: frozenset(name.casefold() for name in names) for column, names in worksheet_words.COLUMNS.items()
}
NEEDED = ("identifier", "grade")
_NUMBER = re.compile(r"(\d{1,18})\s*$")
_DATE = "%A, %d %B %Y, %I:%M %p"


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell: `raw` as it stands in the file, `value` what it means."""

    raw: str
    value: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of the sheet, with where it begins, and the number that its first cell ends with."""

    line: int
    cells: tuple[SheetCell, ...]
    number: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet. `columns` has the places of the known columns, `head` the header as it came."""

    head: str
    ending: str
    columns: Mapping[str, int]
    rows: tuple[SheetRow, ...]

    def value(self, row: SheetRow, column: str) -> str:
        """What stands in a column of a row; empty where there is no such column."""
        at = self.columns.get(column)
        return row.cells[at].value.strip() if at is not None else ""


def read(path: Path, named: Mapping[str, str] | None = None) -> Sheet:
    """Read a sheet; `named` says what columns are called where that is not known.

    Raises InvalidError for a file that is no worksheet, or lacks a column that is needed.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise errors.InvalidError(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > SIZE_LIMIT:
        raise errors.InvalidError(f"{path} is larger than {SIZE_LIMIT >> 20} MB: that is no worksheet.")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.InvalidError(f"{path} is not in UTF-8. Save it as it came from Moodle.") from error
    mark = MARK if whole.startswith(MARK) else ""
    ending = "\r\n" if "\r\n" in whole else "\n"
    records = _records(whole[len(mark) :])
    _, header = next(records, (0, ()))
    columns = _columns(header, named or {})
    rows = []
    for line, cells in records:
        if len(cells) == 1 and not cells[0].value.strip():
            continue
        number = _NUMBER.search(cells[columns["identifier"]].value) if len(cells) == len(header) else None
        if number is None:
            raise errors.InvalidError(f"Line {line} is not as the header says. Take the sheet as it came.")
        rows.append(SheetRow(line, cells, number[1]))
    if len({row.number for row in rows}) < len(rows):
        raise errors.InvalidError("The sheet has somebody twice. Take it as it came from Moodle.")
    return Sheet(mark + _line(header), ending, columns, tuple(rows))


def _columns(header: tuple[SheetCell, ...], named: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    called = [cell.value.strip().casefold() for cell in header]
    for column, names in NAMES.items():
        wanted = {named[column].strip().casefold()} if column in named else names
        at = next((at for at, name in enumerate(called) if name in wanted), None)
        if at is not None:
            found[column] = at
        elif column in named or column in NEEDED:
            headers = ", ".join(clean_line(cell.value) for cell in header)[:400]
            raise errors.InvalidError(
                f"None of the sheet's headers is known as the column {column!r}. Say which one it is, as in "
                f'--column {column}="Its header". The headers are: {headers}'
            )
    return found


def _records(text: str) -> Iterator[tuple[int, tuple[SheetCell, ...]]]:
    """The lines of a CSV file (RFC 4180), each with its number, in one pass."""
    at, line = 0, 1
    cells: list[SheetCell] = []
    while at < len(text):
        began = at
        if text[at] == '"':
            end = text.find('"', at + 1)
            while end != -1 and text[end + 1 : end + 2] == '"':
                end = text.find('"', end + 2)
            if end == -1:
                raise errors.InvalidError(f"A quotation mark of line {line} is never closed.")
            at = end + 1
        while at < len(text) and text[at] not in ",\n":
            at += 1
        raw = text[began:at]
        if text[at : at + 1] != ",":
            raw = raw.removesuffix("\r")
        is_quoted = len(raw) > 1 and raw.startswith('"') and raw.endswith('"')
        cells.append(SheetCell(raw, raw[1:-1].replace('""', '"') if is_quoted else raw))
        if text[at : at + 1] == "," and at + 1 == len(text):
            cells.append(SheetCell("", ""))
        if text[at : at + 1] != ",":
            yield line, tuple(cells)
            cells = []
            line += 1
        line += raw.count("\n")
        at += 1
    if cells:
        yield line, tuple(cells)


def _line(cells: tuple[SheetCell, ...]) -> str:
    return ",".join(cell.raw for cell in cells)


def moment(words: str) -> datetime | None:
    """When something was, as an English sheet says it in this machine's zone; None in other languages."""
    try:
        return datetime.strptime(words, _DATE).astimezone().astimezone(UTC)
    except ValueError:
        return None


def edited(sheet: Sheet, changes: Mapping[str, Mapping[str, str]]) -> str:
    """The header and the rows that are changed alone: values by column, by the number of the row."""
    lines = [sheet.head]
    for row in sheet.rows:
        cells = list(row.cells)
        for column, value in changes.get(row.number, {}).items():
            at = sheet.columns.get(column)
            if at is not None and cells[at].value != value:
                cells[at] = SheetCell('"' + value.replace('"', '""') + '"', value)
        if tuple(cells) != row.cells:
            lines.append(_line(tuple(cells)))
    return sheet.ending.join((*lines, ""))
