"""The list that every screen uses for people, groups, queues, feeds and steps: rows in, messages out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Offset
from textual.message import Message

from screens.widgets.keys import key
from screens.widgets.list.rows import Cell, Column, Row
from screens.widgets.list.source import Stretch
from screens.widgets.list.view import RowView

__all__ = ["Cell", "Column", "Row", "RowList"]

WHEEL = 3
"""Lines the wheel moves the view."""


@dataclass
class ListMessage(Message):
    """A message from a list."""

    list: RowList

    @property
    def control(self) -> RowList:
        """The list, so that `@on` can take a selector."""
        return self.list


class RowList(RowView):
    """Rows under a cursor, all known at once (`set_rows`) or read in windows (`reset_source`)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("list.up", "up,k", "cursor_up", "Up", "To the row above", direct=True),
        key("list.down", "down,j", "cursor_down", "Down", "To the row below", direct=True),
        key("list.page-up", "pageup", "page(-1)", "Page up", "One page up", direct=True),
        key("list.page-down", "pagedown", "page(1)", "Page down", "One page down", direct=True),
        key("list.half-up", "ctrl+u", "half(-1)", "Half page up", "Half a page up"),
        key("list.half-down", "ctrl+d", "half(1)", "Half page down", "Half a page down"),
        key("list.first", "home,g", "first", "First", "To the first row"),
        key("list.last", "end,G", "last", "Last", "To the last row"),
        key("list.open", "enter", "open", "Open", "Open this row", show=True),
        key("list.unfold", "right,l", "unfold", "Unfold", "Show the rows below this one"),
        key(
            "list.fold",
            "left,h",
            "fold",
            "Fold",
            "Hide the rows below this one, or go to its parent",
        ),
        key("list.mark", "space", "mark", "Mark", "Mark this row, or unmark it"),
        key("list.more", "full_stop", "menu", "More", "Show the actions for this row"),
    ]

    @dataclass
    class Wanted(ListMessage):
        """Rows that are on screen, or soon will be, and are not known: answer with `supply`.

        One request is under way at a time. One that cannot be answered is made again by `refresh_source`.
        """

        offset: int
        limit: int
        generation: int

    @dataclass
    class Opened(ListMessage):
        """Enter, or a click on the row that was current already."""

        key: Hashable

    @dataclass
    class Moved(ListMessage):
        """Another row is under the cursor; None when there is none."""

        key: Hashable | None

    @dataclass
    class Toggled(ListMessage):
        """A row of a tree is to be opened up or closed."""

        key: Hashable
        expand: bool

    @dataclass
    class MenuAsked(ListMessage):
        """The menu of a row is wanted, at a place on the screen."""

        key: Hashable
        screen_offset: Offset

    @dataclass
    class CellChosen(ListMessage):
        """A cell with a target of its own was clicked."""

        key: Hashable
        target: str

    @dataclass
    class MarksChanged(ListMessage):
        """The marks changed."""

        keys: frozenset[Hashable]

    _enter_waits = False
    opens = True
    """Whether Enter opens a row."""
    one_click = False
    """Whether one click opens a row that is not under the cursor: for lists to choose from."""
    _dragging = False
    _opened_by_click = False

    def _asked(self, stretch: Stretch) -> None:
        self.post_message(self.Wanted(self, *stretch, self.generation))

    def _moved(self, key: Hashable | None) -> None:
        if self._enter_waits:
            self._enter_waits = False
            self.call_later(self.action_open)
        # Straight to what holds the list, which is who hears of it: a stop less for every move of the cursor.
        if self.parent is not None:
            self.parent.post_message(self.Moved(self, key))

    def set_marked(self, keys: Iterable[Hashable]) -> None:
        """Mark these rows and no others."""
        keys = frozenset(keys)
        if keys != self._marked:
            self._marked = keys
            self.refresh()
            self.post_message(self.MarksChanged(self, keys))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys that this list has no use for to the screen."""
        if action == "open":
            return self._may_open if self.opens else False
        if action in ("fold", "unfold"):
            return self._tree
        if action == "mark":
            return self._marks
        if action == "menu":
            return self._menu
        return True

    @property
    def _may_open(self) -> bool | None:
        row = self.cursor_row
        may = self.cursor_key is not None or self.loading_rows
        return (may and (row is None or row.opens)) or None

    def action_cursor_up(self) -> None:
        """One row up; at the first row, the headings above it come into view."""
        if self._step(-1) is None:
            self._scroll(0)

    def action_cursor_down(self) -> None:
        """One row down."""
        self._step(1)

    def _step(self, direction: int) -> int | None:
        """Move to the next row that is no heading; None if there is none."""
        index = self._selectable(self.cursor + direction, direction)
        if (index - self.cursor) * direction <= 0:
            return None
        self._go(index)
        return index

    def action_page(self, pages: int) -> None:
        """A page up or down; the cursor keeps its line."""
        self._shift(self.page * pages)

    def action_half(self, pages: int) -> None:
        """Half a page up or down; the cursor keeps its line."""
        self._shift(max(1, self.page // 2) * pages)

    def _shift(self, rows: int) -> None:
        self._go(self.cursor + rows, self.top + rows)

    def action_first(self) -> None:
        """To the first row."""
        self._go(0, 0)

    def action_last(self) -> None:
        """To the last row."""
        self._go(self.total - 1, self.max_scroll_y)

    def action_open(self) -> None:
        """Open the row; one that is still being read, once it is there."""
        row = self.cursor_row
        self._enter_waits = row is None and self.loading_rows
        if row is not None and row.opens:
            self.post_message(self.Opened(self, row.key))

    def action_menu(self) -> None:
        """Ask for the menu of the row, just under it."""
        if row := self.cursor_row:
            line = self.cursor - self.top + self._head + 1
            offset = self.content_region.offset + Offset(self._paint.gutter, line)
            self.post_message(self.MenuAsked(self, row.key, offset))

    def action_unfold(self) -> None:
        """Open the row up; when it is open already, go to the first row below it."""
        row = self.cursor_row
        if row is None or row.expanded is None:
            return
        if not row.expanded:
            self.post_message(self.Toggled(self, row.key, True))
        elif (below := self.row_number(self.cursor + 1)) and below.depth > row.depth:
            self._go(self.cursor + 1)

    def action_fold(self) -> None:
        """Close the row; when there is nothing to close, go to the row it belongs to."""
        row = self.cursor_row
        if row is None:
            return
        if row.expanded:
            self.post_message(self.Toggled(self, row.key, False))
            return
        for index in range(self.cursor - 1, -1, -1):
            above = self.row_number(index)
            if above is None or above.heading:
                return
            if above.depth < row.depth:
                self._go(index)
                return

    def action_mark(self) -> None:
        """Mark the row or take its mark away, and move on."""
        if row := self.cursor_row:
            self._marked ^= {row.key}
            self._repaint_rows(self.cursor)
            self.post_message(self.MarksChanged(self, self._marked))
            self._step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the view; the cursor moves only to stay in it."""
        self._wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the view; the cursor moves only to stay in it."""
        self._wheel(event, -WHEEL)

    def _wheel(self, event: events.MouseEvent, lines: int) -> None:
        event.prevent_default()
        before = self.top
        self._view(before + lines)
        if self.top != before:
            event.stop()

    def _view(self, top: int) -> None:
        """Show the rows from `top` on, with the cursor among them."""
        top = min(max(top, 0), self.max_scroll_y)
        self._go(min(max(self.cursor, top), top + self.page - 1), top)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start dragging the scroll bar."""
        offset = event.get_content_offset(self)
        if offset is not None and self._is_scroll_bar(offset):
            self._dragging = True
            self.capture_mouse()
            self._drag_to(offset.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the scroll bar."""
        if self._dragging:
            self._drag_to(event.screen_y - self.content_region.y)

    def on_mouse_up(self) -> None:
        """Stop dragging the scroll bar."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _is_scroll_bar(self, offset: Offset) -> bool:
        return self.max_scroll_y > 0 and offset.x == self.extent.width - 1

    def _drag_to(self, y: int) -> None:
        self._view(round(self.max_scroll_y * (y - self._head) / max(1, self.page - 1)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row; open it, its branch or its menu, by what was clicked."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._head or self._is_scroll_bar(offset):
            return
        index = self.top + offset.y - self._head
        row = self.row_number(index)
        if row is None or row.heading:
            return
        event.stop()
        was_current = index == self.cursor or self.one_click
        self._go(index)
        span = self._paint.sign_at(row, offset.x)
        if event.button == 3 or span == "menu":
            if self._menu:
                self.post_message(self.MenuAsked(self, row.key, event.screen_offset))
        elif span == "arrow":
            self.post_message(self.Toggled(self, row.key, not row.expanded))
        elif target := self._paint.target_at(row, offset.x):
            self.post_message(self.CellChosen(self, row.key, target))
        elif event.chain == 1:
            self._opened_by_click = was_current
            if was_current:
                self.action_open()
        elif event.chain == 2 and not self._opened_by_click:
            self.action_open()
