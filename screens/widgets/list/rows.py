"""What a list shows: plain rows and columns, and how they are laid out in cells of a terminal.

Nothing here knows Textual. Every text is cleaned on its way into a line and is never read as
markup; widths are terminal cells, not characters.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from store.frozen import dataclass
from store.text import clean_line, clean_text

TONES = ("", "dim", "alert", "accent", "good", "heading")
GAP = 2
"""Blank cells between two columns."""
INDENT = 2
"""Cells a level of depth takes."""
MENU_SIGN = "…"
"""A cell with this text alone opens the row's menu when clicked."""


class Cell(NamedTuple):
    """A text with a tone (one of `TONES`), over `span` columns.

    With a `target`, a click on the text itself means that thing and does not open the row.
    The spaces of a `laid_out` text stay as they are.
    """

    text: str
    tone: str = ""
    span: int = 1
    target: str = ""
    laid_out: bool = False


class Column(NamedTuple):
    """How one column takes its width.

    `width` is fixed. Without it the column has `minimum` cells and `stretch` shares of what is left, up
    to `most` cells where that is given: on a wide screen the eye should not lose the line.
    When the list is too narrow, the columns with the highest `drop` go first; 0 never goes. Of those that
    went, the ones that fit all the same in the place of a wider one come back, the lowest `drop` first.
    One that is there `if_filled` shows once a row that is known has something in it.
    """

    key: str
    title: str = ""
    width: int = 0
    minimum: int = 4
    stretch: int = 0
    most: int = 0
    align: Literal["left", "right"] = "left"
    drop: int = 0
    if_filled: bool = False

    @property
    def least(self) -> int:
        """The cells it cannot do without."""
        return self.width or self.minimum


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list. `key` stays the same when the row is loaded again.

    A `heading` is stepped over by the cursor; its first cell runs on over the empty cells that follow.
    `expanded` is None for a row that cannot be opened. Where it does not `opens`, Enter means nothing.
    """

    key: Hashable
    cells: tuple[str | Cell, ...]
    depth: int = 0
    expanded: bool | None = None
    heading: bool = False
    opens: bool = True


class ColumnSpan(NamedTuple):
    """Where a column stands: its number, first cell and width."""

    column: int
    x: int
    width: int


class Run(NamedTuple):
    """A stretch of text in one tone."""

    text: str
    tone: str


def lay_out_columns(
    columns: Sequence[Column], available: int, blank: Collection[int] = ()
) -> tuple[ColumnSpan, ...]:
    """Share `available` cells among the columns, dropping the least important where they do not fit; those
    with the numbers in `blank` are left out.
    """
    wanted = [index for index in range(len(columns)) if index not in blank]
    shown = wanted.copy()
    while _needed(columns, shown) > available:
        droppable = [index for index in shown if columns[index].drop]
        if not droppable:
            break
        # Of two that matter as little, the one further right goes.
        shown.remove(max(droppable, key=lambda index: (columns[index].drop, index)))
    gone = sorted(set(wanted) - set(shown), key=lambda index: (columns[index].drop, index))
    for index in gone:
        if _needed(columns, [*shown, index]) <= available:
            shown = sorted([*shown, index])
    spare = max(0, available - _needed(columns, shown))
    shares = sum(columns[index].stretch for index in shown if not columns[index].width)
    spans: list[ColumnSpan] = []
    x = 0
    for index in shown:
        column = columns[index]
        width = column.least
        if column.stretch and not column.width:
            extra = spare * column.stretch // shares
            if column.most:
                extra = min(extra, max(0, column.most - width))
            spare -= extra
            shares -= column.stretch
            width += extra
        width = min(width, available - x)
        if width <= 0:
            break
        spans.append(ColumnSpan(index, x, width))
        x += width + GAP
    return tuple(spans)


def _needed(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return sum(columns[index].least for index in shown) + GAP * max(0, len(shown) - 1)


def filled(columns: Sequence[Column], rows: Iterable[Row]) -> set[int]:
    """The numbers of the columns that are there `if_filled` in which one of these rows has something."""
    asked = [index for index, column in enumerate(columns) if column.if_filled]
    if not asked:
        return set()
    return {
        index for row in rows for index in asked if index < len(row.cells) and as_cell(row.cells[index]).text
    }


def cell_at(spans: Sequence[ColumnSpan], x: int) -> int | None:
    """The number of the column that holds cell `x` of the row, if one does."""
    return next((span.column for span in spans if span.x <= x < span.x + span.width), None)


def target_at(row: Row, columns: Sequence[Column], spans: Sequence[ColumnSpan], x: int, *, tree: bool) -> str:
    """What a click on cell `x` of the row means: the `target` of the cell whose text stands there."""
    column = cell_at(spans, x)
    if column is None or column >= len(row.cells):
        return ""
    cell = as_cell(row.cells[column])
    span = next(span for span in spans if span.column == column)
    head = len(arrow(row, tree)) if span is spans[0] else 0
    length = min(cell_len(clean_line(cell.text)), max(0, span.width - head))
    start = span.x + (span.width - length if columns[column].align == "right" else head)
    return cell.target if start <= x < start + length else ""


def fit(text: str, width: int, align: Literal["left", "right"] = "left", *, laid_out: bool = False) -> str:
    """Clean `text` and make it exactly `width` cells: padded, or cropped with an ellipsis.

    Runs of spaces become one, unless it is `laid_out`.
    """
    if width <= 0:
        return ""
    # Far more than any line can show: a text of a megabyte should not be cleaned for one line.
    text = text[: width * 16 + 256]
    text = clean_text(text).replace("\n", " ") if laid_out else clean_line(text)
    length = cell_len(text)
    if length > width:
        text = set_cell_size(text, width - 1) + MENU_SIGN
        length = width
    blank = " " * (width - length)
    return blank + text if align == "right" else text + blank


def fit_middle(text: str, width: int) -> str:
    """A clean line in at most `width` cells; the middle goes first, for names that differ at their end."""
    if cell_len(text) <= width or width < 8:
        return fit(text, width).rstrip()
    tail = text[-(width // 3) :]
    while cell_len(tail) > width // 3:
        tail = tail[1:]
    return set_cell_size(text, width - cell_len(tail) - 1).rstrip() + MENU_SIGN + tail.lstrip()


def as_cell(cell: str | Cell) -> Cell:
    """The cell itself, or a cell without tone around a text."""
    return cell if isinstance(cell, Cell) else Cell(cell)


def arrow(row: Row, tree: bool) -> str:
    """The indentation of a row, and the arrow or the blank that stands for it in a tree."""
    if row.heading:
        return ""
    sign = ""
    if row.expanded is not None:
        sign = "▾ " if row.expanded else "▸ "
    elif tree:
        sign = "  "
    return " " * (row.depth * INDENT) + sign


def row_runs(row: Row, columns: Sequence[Column], spans: Sequence[ColumnSpan], *, tree: bool) -> list[Run]:
    """The row as runs of text; the first run is the first column, the others follow the columns.

    Blank stretches join the run before them, whatever their tone: fewer runs, fewer bytes to send.
    """
    runs: list[Run] = []
    end = 0
    for text, tone, x, width in _pieces(row, columns, spans, tree):
        lead = " " * (x - end)
        end = x + width
        if len(runs) == 1:
            # The gap after the first column belongs to the second, so the first can be redrawn alone.
            runs.append(Run(lead + text, tone))
        elif len(runs) == 2 and runs[1].text.isspace():
            runs[1] = Run(runs[1].text + lead + text, tone)
        elif runs and (tone == runs[-1].tone or text.isspace()):
            runs[-1] = Run(runs[-1].text + lead + text, runs[-1].tone)
        elif runs:
            runs[-1] = Run(runs[-1].text + lead, runs[-1].tone)
            runs.append(Run(text, tone))
        else:
            runs.append(Run(lead + text, tone))
    return runs


def _pieces(
    row: Row, columns: Sequence[Column], spans: Sequence[ColumnSpan], tree: bool
) -> Iterator[tuple[str, str, int, int]]:
    """Each visible cell of a row: text of its full width, tone, first cell, width."""
    skip_to = 0
    for position, span in enumerate(spans):
        if span.column < skip_to:
            continue
        cell = as_cell(row.cells[span.column]) if span.column < len(row.cells) else Cell("")
        tone = cell.tone
        wide = cell.span
        if row.heading:
            tone = tone or ("dim" if position else "heading")
            wide = wide if position else _blank_run(row, span.column, len(columns))
        skip_to = span.column + wide
        last = max((other for other in spans if other.column < skip_to), key=lambda other: other.x)
        width = last.x + last.width - span.x
        head = arrow(row, tree)[:width] if position == 0 else ""
        align = columns[span.column].align if wide == 1 else "left"
        text = fit(cell.text, width - len(head), align, laid_out=cell.laid_out)
        yield head + text, tone, span.x, width


def _blank_run(row: Row, start: int, count: int) -> int:
    """How many columns a heading's text may take: its own and the empty ones after it."""
    for index in range(start + 1, min(count, len(row.cells))):
        if as_cell(row.cells[index]).text:
            return index - start
    return max(1, count - start)


def header_text(columns: Sequence[Column], spans: Sequence[ColumnSpan]) -> str:
    """The titles, each in its column."""
    text = ""
    end = 0
    for span in spans:
        column = columns[span.column]
        text += " " * (span.x - end) + fit(column.title, span.width, column.align)
        end = span.x + span.width
    return text
