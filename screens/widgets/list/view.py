"""The view of a list: its rows, the part of them in view, and the cursor.

What the terminal is sent on a key press is kept small on purpose: the row under the cursor is drawn in one
tone, and a move repaints two rows; a page is repainted when the cursor leaves it; the scroll bar is one sign
at the end of a line.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from rich.style import Style
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.list.paint import CSS, PARTS, RowPaint
from screens.widgets.list.rows import Column, Row
from screens.widgets.list.source import RowSource, Stretch


class RowView(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows, the cursor and the view; `RowList` adds keys, mouse and messages."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"row-list--{part}" for part in PARTS}

    DEFAULT_CSS = CSS

    cursor: reactive[int] = reactive(0, repaint=False, init=False)
    """The number of the row under the cursor."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        tree: bool = False,
        marks: bool = False,
        menu: bool = False,
        header: bool = False,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        """With `menu`, rows have a menu of actions; with `marks`, rows can be marked."""
        super().__init__(id=id)
        self._source = RowSource()
        self._paint = RowPaint(self, columns, tree=tree, marks=marks, header=header, empty=empty)
        self._tree = tree
        self._marks = marks
        self._menu = menu
        self._head = 1 if header else 0
        self._marked: frozenset[Hashable] = frozenset()
        self._key: Hashable | None = None
        self._row_opens = True
        self._seeking = False

    @property
    def total(self) -> int:
        """How many rows there are, known or not."""
        return self._source.total

    @property
    def generation(self) -> int:
        """The generation whose rows are wanted now."""
        return self._source.generation

    @property
    def top(self) -> int:
        """The number of the first row in view."""
        return round(self.scroll_y)

    @property
    def extent(self) -> Size:
        """The cells there are to draw in. As `size`, which is worked out anew each time and costs more."""
        return self.container_size

    @property
    def room(self) -> int:
        """The cells there are for columns, and what is between them."""
        return self._paint.room

    @property
    def at(self) -> int:
        """The number of the row under the cursor."""
        return self.cursor

    @property
    def page(self) -> int:
        """How many rows are in view."""
        return max(1, self.extent.height - self._head)

    @property
    def max_scroll_y(self) -> int:
        """The last row that may be first in view."""
        return max(0, self.total - self.page)

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the row under the cursor, if there is one and it is known."""
        return self._key

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor, if it is known."""
        return self._row(self.cursor)

    @property
    def marked(self) -> frozenset[Hashable]:
        """The keys of the marked rows. Marks outlast a reload and a filter."""
        return self._marked

    @property
    def empty(self) -> str:
        """The text shown when there are no rows; may have several lines."""
        return self._paint.empty

    @empty.setter
    def empty(self, text: str) -> None:
        if text != self._paint.empty:
            self._paint.empty = text
            if not self.total:
                self.refresh(layout=self.styles.auto_dimensions)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, wanted or dropped."""
        return self._paint.columns

    @columns.setter
    def columns(self, columns: Sequence[Column]) -> None:
        self._paint.set_columns(columns)
        self._paint.show_filled(self._known_rows(), anew=True)
        self.refresh()

    @property
    def loading_rows(self) -> bool:
        """Whether nothing is known yet and an answer is awaited."""
        return self._source.waiting

    @property
    def awaits_rows(self) -> bool:
        """Whether the rows that keys are for are still being read: the first ones, or another list."""
        return self._source.waiting and (self.cursor_row is None or self._source.replacing)

    def row_at(self, key: Hashable) -> Row | None:
        """The row of a key, if it is known."""
        index = self._source.find(key)
        return None if index is None else self._source.row(index)

    def row_number(self, index: int) -> Row | None:
        """The row at a place, if it is known; headings too."""
        return self._source.row(index)

    def _known_rows(self) -> Iterator[Row]:
        return (row for _, row in self._source.held())

    def _row(self, index: int) -> Row | None:
        row = self._source.row(index)
        return None if row is None or row.heading else row

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows: the whole list. The cursor stays on its key, else at its place."""
        with self._changing():
            self._source.hold_all(rows)
            self._seeking = False

    def reset_source(self, generation: int) -> None:
        """Read another list (another filter, say) from its start. What is shown stays until rows come."""
        self._source.begin(generation, replace=True)
        self._seeking = False
        self._want()

    def refresh_source(self, generation: int) -> None:
        """Read the rows around the view again. The cursor stays on its key, else at its place."""
        self._source.begin(generation, replace=False)
        self._seeking = self._key is not None
        self._want()

    def supply(self, offset: int, rows: Sequence[Row], *, total: int, generation: int) -> None:
        """Take rows that were `Wanted`. Answers of another generation are dropped."""
        if not self._source.windowed or generation != self.generation:
            return
        with self._changing():
            self._source.put(offset, rows, total)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the rows; afterwards repaint the lines that differ, and settle cursor and view."""
        before = self._picture()
        total = self.total
        restart = self._source.replacing
        line = self.cursor - self.top
        yield
        restart = restart and self._source.windowed
        self._paint.forget()
        anew = restart or not self._source.windowed
        others = self._paint.show_filled(self._known_rows(), anew=anew)
        found = None if restart or self._key is None else self._find_again()
        index = self._selectable(0 if restart else self.cursor if found is None else found)
        top = self.top
        if restart or top == 0:
            top = 0
        elif found is not None:
            top = index - line
        self.set_reactive(RowView.cursor, index)
        self._scroll(top)
        self._reveal()
        self._want()
        if not self._source.waiting:
            self._seeking = False
        self._announce()
        if total != self.total and self.styles.auto_dimensions:
            self.refresh(layout=True)
        elif others or bool(total) != bool(self.total):
            # What is said of an empty list may reach further down than the rows that take its place.
            self.refresh()
        else:
            self._repaint_from(before)

    def _find_again(self) -> int | None:
        """The new place of the row under the cursor; in a windowed list only while it is being looked for."""
        if self._source.windowed and not self._seeking:
            return None
        index = self._source.find(self._key, fresh=True)
        if index is not None:
            self._seeking = False
        return index

    def _want(self) -> None:
        """Ask for rows in view that are not known, then for those just outside it."""
        if not self.extent.height:
            return
        first = 0 if self._source.replacing else self.top
        stretch = self._source.next_stretch(first, first + self.page - 1, self.page)
        if stretch:
            self._asked(stretch)

    def move_to(self, key: Hashable) -> bool:
        """Put the cursor on a row. False if the row is not known."""
        index = self._source.find(key)
        if index is None or self._row(index) is None:
            return False
        self._go(index)
        return True

    def go_to(self, index: int) -> None:
        """Put the cursor on the row at a place, also one that is not read yet."""
        self._go(index)

    def _go(self, index: int, top: int | None = None) -> None:
        """Put the cursor on a row near `index`, with `top` first in view if it is given."""
        if not self.total:
            return
        self._seeking = False
        if top is not None:
            self._scroll(top)
        self.cursor = self._selectable(index, -1 if index < self.cursor else 1)
        self._reveal()

    def _selectable(self, index: int, direction: int = 1) -> int:
        """The nearest row to `index` that is no heading, first in `direction`, else in the other."""
        index = min(max(index, 0), max(0, self.total - 1))
        for step in (direction, -direction):
            span = index
            while (row := self._source.row(span)) is not None and row.heading:
                span += step
            if 0 <= span < self.total:
                return span
        return index

    def _scroll(self, top: int) -> None:
        if not self.extent.height:
            return  # Not laid out yet: there is no page to turn.
        top = min(max(top, 0), self.max_scroll_y)
        if top != self.scroll_y:
            self.scroll_to(y=top, animate=False, force=True)

    def _reveal(self) -> None:
        """Turn the page if the cursor has left it: the cursor is then first or last on the new one."""
        if self.cursor < self.top:
            self._scroll(self.cursor - self.page + 1)
        elif self.cursor >= self.top + self.page:
            self._scroll(self.cursor)

    def watch_cursor(self, old: int, new: int) -> None:
        """Redraw the two rows, and tell the screen."""
        self._repaint_rows(old, new)
        self._reveal()
        self._announce()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint the rows, not the header, and ask for those that came into view."""
        if round(old_value) != round(new_value):
            self.refresh(Region(0, self._head, self.extent.width, self.page))
            self._want()

    def on_resize(self) -> None:
        """Keep the cursor in view and no blank below the last row; ask for what came into view."""
        self._scroll(self.top)
        self._reveal()
        self._want()

    def on_show(self) -> None:
        """Rows that changed while the list was hidden are read when it is seen."""
        self._want()

    def _announce(self) -> None:
        """Tell that another row is under the cursor, unless it is only not known yet."""
        row = self._row(self.cursor)
        if self._seeking or (row is None and self._source.waiting):
            return
        key = None if row is None else row.key
        opens = row is not None and row.opens
        if (key is None or self._key is None or opens is not self._row_opens) and self.is_attached:
            # Keys that need such a row mean something from now on, or nothing any more.
            self.screen.refresh_bindings()
        self._row_opens = opens
        if key != self._key:
            self._key = key
            self._moved(key)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without the one that translates a terminal's own colours: rows have none unless it is off.

        Filters pass over every line in view at every key, also over those that did not change.
        """
        return [wanted for wanted in super().get_line_filters() if not isinstance(wanted, ANSIToTruecolor)]

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return self._paint.line(y)

    def part_style(self, part: str) -> Style:
        """The style of a part of the list as the style sheets have it; of the list itself for none."""
        return self.get_component_rich_style(f"row-list--{part}") if part else self.rich_style

    def notify_style_update(self) -> None:
        """Drop the styles, whose colours changed."""
        self._paint.forget_styles()
        super().notify_style_update()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room for."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line a row, or the lines of the text for an empty list."""
        return self._head + (self.total or len(self._paint.empty_lines(width)))

    def _picture(self) -> list[object]:
        """What each line in view is drawn from."""
        thumb = self._paint.thumb()
        lines = range(self.top, self.top + self.page) if self.extent.height else ()
        return [(self._source.row(i), i == self.cursor, i - self.top in thumb, self.total > i) for i in lines]

    def _repaint_from(self, before: Sequence[object]) -> None:
        """Repaint the lines that are no longer drawn from what they were."""
        after = self._picture()
        if len(before) != len(after) or not self.total:
            self.refresh()
            return
        for line, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                self.refresh(Region(0, line + self._head, self.extent.width, 1))

    def _repaint_rows(self, *indexes: int) -> None:
        """Repaint those of these rows that are in view."""
        lines = [index - self.top for index in indexes]
        width = self.extent.width
        regions = [Region(0, line + self._head, width, 1) for line in lines if 0 <= line < self.page]
        if regions:
            self.refresh(*regions)

    def _asked(self, stretch: Stretch) -> None:
        """Rows are wanted."""

    def _moved(self, key: Hashable | None) -> None:
        """Another row is under the cursor."""
