"""Draws the lines of a list, in as few runs of style as possible."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from screens.widgets.list.rows import (
    INDENT,
    MENU_SIGN,
    TONES,
    Column,
    ColumnSpan,
    Row,
    Run,
    as_cell,
    cell_at,
    filled,
    fit,
    header_text,
    lay_out_columns,
    row_runs,
    target_at,
)
from screens.widgets.wrap import wrap

MARGIN = 2
"""Cells at the right: a blank, and the scroll bar."""
PARTS = (*filter(None, TONES), "marked", "cursor", "header", "empty", "thumb")
"""What a style sheet can reach: each as the component class `row-list--PART`."""
REMEMBERED = 1024
"""Rows kept cleaned and cut to width."""

CSS = """
RowView {
    height: 1fr;
    overflow: hidden hidden;
    color: $foreground;

    & > .row-list--dim, & > .row-list--header, & > .row-list--empty { color: $text-muted; }
    & > .row-list--alert { color: $error; text-style: bold; }
    & > .row-list--accent { color: $text-accent; }
    & > .row-list--good { color: $text-success; }
    & > .row-list--heading { text-style: bold; }
    & > .row-list--marked { color: $text-accent; text-style: bold; }
    & > .row-list--cursor { background: $foreground 10%; }
    & > .row-list--thumb { color: $foreground 40%; }
    &:focus > .row-list--cursor { background: $primary 30%; color: $text; }

    &:ansi {
        & > .row-list--dim, & > .row-list--header, & > .row-list--empty, & > .row-list--thumb {
            color: ansi_default;
            text-style: dim;
        }
        & > .row-list--alert { color: ansi_red; text-style: bold; }
        & > .row-list--accent { color: ansi_cyan; }
        & > .row-list--good { color: ansi_green; }
        & > .row-list--marked { color: ansi_cyan; text-style: bold; }
        & > .row-list--cursor { background: ansi_default; text-style: bold; }
    }
    &:ansi:focus > .row-list--cursor {
        background: ansi_default;
        color: ansi_default;
        text-style: reverse;
    }
    &:nocolor:focus > .row-list--cursor { text-style: reverse; }
}
"""


class Painted(Protocol):
    """What is drawn: the list's rows, and where the cursor and the view are."""

    @property
    def extent(self) -> Size:
        """The cells there are to draw in."""

    @property
    def total(self) -> int:
        """How many rows there are, known or not."""

    @property
    def top(self) -> int:
        """The number of the first row in view."""

    @property
    def page(self) -> int:
        """How many rows are in view."""

    @property
    def at(self) -> int:
        """The number of the row under the cursor."""

    @property
    def marked(self) -> frozenset[Hashable]:
        """The keys of the marked rows."""

    @property
    def loading_rows(self) -> bool:
        """Whether nothing is known yet and an answer is awaited."""

    def row_number(self, index: int) -> Row | None:
        """The row at a place, if it is known; headings too."""

    def part_style(self, part: str) -> Style:
        """The style of one of `PARTS`; of the list itself for none."""


class RowPaint:
    """Draws the lines of a list."""

    def __init__(
        self, view: Painted, columns: Sequence[Column], *, tree: bool, marks: bool, header: bool, empty: str
    ) -> None:
        self.columns = tuple(columns)
        self.empty = empty
        self.gutter = 3 if marks else 2
        self._view = view
        self._tree = tree
        self._marks = marks
        self._head = 1 if header else 0
        self._width = -1
        self._spans: tuple[ColumnSpan, ...] = ()
        self._runs: dict[int, list[Run]] = {}
        self._styles: dict[str, Style] = {}
        self._filled: set[int] = set()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Set the columns to draw."""
        self.columns = tuple(columns)
        self._width = -1

    def show_filled(self, rows: Iterable[Row], *, anew: bool) -> bool:
        """Show the columns in which these rows have something, and unless `anew` those that showed before.

        Returns whether others show now.
        """
        found = filled(self.columns, rows)
        if not anew:
            found |= self._filled
        if found == self._filled:
            return False
        self._filled = found
        self._width = -1
        return True

    def forget(self) -> None:
        """Drop what was worked out for the rows, which changed."""
        self._runs.clear()

    def forget_styles(self) -> None:
        """Drop the styles, whose colours changed."""
        self._styles.clear()

    @property
    def room(self) -> int:
        """The cells there are for columns, and what is between them."""
        return max(0, self._view.extent.width - self.gutter - MARGIN)

    @property
    def spans(self) -> tuple[ColumnSpan, ...]:
        """Where the columns stand at the present width."""
        width = self._view.extent.width
        if width != self._width:
            self._width = width
            self._runs.clear()
            asked = (index for index, column in enumerate(self.columns) if column.if_filled)
            self._spans = lay_out_columns(self.columns, self.room, set(asked) - self._filled)
        return self._spans

    def thumb(self) -> range:
        """The lines of the view at which the scroll bar's thumb stands; none when all rows are in view."""
        view = self._view
        page, total = view.page, view.total
        last = total - page
        if last <= 0:
            return range(0)
        size = max(1, page * page // total)
        start = round((page - size) * view.top / last)
        return range(start, start + size)

    def style(self, name: str) -> Style:
        """The style of a tone or of a part of the list."""
        if name not in self._styles:
            self._styles[name] = self._view.part_style(name)
        return self._styles[name]

    def line(self, y: int) -> Strip:
        """Line `y` of the widget."""
        view = self._view
        line = y - self._head
        if line < 0:
            return self._whole(" " * self.gutter + header_text(self.columns, self.spans), "header")
        if not view.total:
            return self._empty_line(line)
        index = view.top + line
        if index >= view.total:
            return self._whole("", "")
        return self._row_line(index, line in self.thumb())

    def _row_line(self, index: int, thumb: bool) -> Strip:
        view = self._view
        row = view.row_number(index)
        runs = self._row_runs(index, row)
        current = index == view.at and not (row and row.heading)
        sign = "›" if current else " "
        marked = row is not None and row.key in view.marked
        if self._marks:
            sign += "*" if marked else " "
        first = runs[0] if runs else Run("", "")
        width = view.extent.width
        pieces = [Run(f"{sign} {first.text}", "marked" if marked else first.tone), *runs[1:]]
        end = self.gutter + (sum(self.spans[-1][1:]) if self.spans else 0)
        pieces[-1] = Run(pieces[-1].text + " " * (width - end - thumb), pieces[-1].tone)
        if current:
            # In one tone: a row in five would be sent in five pieces at every key.
            pieces = [Run("".join(piece.text for piece in pieces), "cursor")]
        if thumb:
            pieces.append(Run("▐", "thumb"))
        return self._strip(pieces, width)

    def _strip(self, pieces: Sequence[Run], width: int) -> Strip:
        segments: list[Segment] = []
        for text, tone in pieces:
            style = self.style(tone)
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + text, style)
            elif text:
                segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, self.style(""))

    def _row_runs(self, index: int, row: Row | None) -> list[Run]:
        spans = self.spans
        if row is None:
            return row_runs(Row(None, ("·",)), self.columns[:1], spans[:1], tree=False)
        if index not in self._runs:
            if len(self._runs) >= REMEMBERED:
                self._runs.clear()
            self._runs[index] = row_runs(row, self.columns, spans, tree=self._tree)
        return self._runs[index]

    def _whole(self, text: str, tone: str) -> Strip:
        width = self._view.extent.width
        return Strip([Segment(text, self.style(tone))]).adjust_cell_length(width, self.style(tone))

    def empty_lines(self, width: int) -> list[str]:
        """The text for an empty list, cut into lines."""
        room = max(8, width - self.gutter - MARGIN)
        return wrap(self.empty, room)

    def _empty_line(self, line: int) -> Strip:
        view = self._view
        lines = ["·"] if view.loading_rows else self.empty_lines(view.extent.width)
        if line >= len(lines):
            return self._whole("", "")
        room = max(0, view.extent.width - self.gutter - MARGIN)
        return self._whole(" " * self.gutter + fit(lines[line], room), "empty")

    def sign_at(self, row: Row, x: int) -> Literal["menu", "arrow", ""]:
        """What is at cell `x` of a row's line: its menu sign, its arrow, or neither."""
        x -= self.gutter
        if row.expanded is not None and 0 <= x - row.depth * INDENT < INDENT:
            return "arrow"
        column = cell_at(self.spans, x)
        if column is not None and column < len(row.cells) and as_cell(row.cells[column]).text == MENU_SIGN:
            return "menu"
        return ""

    def target_at(self, row: Row, x: int) -> str:
        """The target of the cell that a click at `x` hits; empty if it has none."""
        return target_at(row, self.columns, self.spans, x - self.gutter, tree=self._tree)
