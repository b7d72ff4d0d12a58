"""Keyboard shortcuts: every key that works on the screen underneath, made from its bindings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import Dialog
from screens.widgets.actions import Action
from screens.widgets.filter_bar import FilterBar
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import GAP, as_cell
from store.text import fold

FRAME = 9
"""Lines of the page beside the keys themselves: border, padding, title, and what is written out below."""


class Help(Dialog[None]):
    """The shortcuts, grouped by where they work; `/` searches them."""

    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("help.search", "slash", "search", "Search", "Search the shortcuts", show=True),
        key("dialog.cancel", "escape", "cancel", "Close", "Back to where you were", show=True),
        # Pressed again it closes what it opened.
        key("dialog.help", "f1", "cancel", "Close", "Back to where you were"),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = tuple(action for action in actions if action.enabled)

    def compose(self) -> ComposeResult:
        """The list of keys."""
        areas = len({action.area for action in self._actions})
        with Vertical(classes="dialog help") as box:
            box.styles.max_height = len(self._actions) + 2 * areas - 1 + FRAME
            yield Static(Content("Keyboard shortcuts"), classes="dialog--title")
            key_width = max((cell_len(" ".join(action.keys)) for action in self._actions), default=0)
            name_width = max((cell_len(action.name) for action in self._actions), default=0)
            fixed = [Column("key", width=min(14, key_width)), Column("name", width=min(16, name_width))]
            self._what_from = sum(column.width + GAP for column in fixed)
            columns = [*fixed, Column("what", stretch=1)]
            yield FilterBar("#keys", "a key, or what it does", id="search")
            rows = RowList(columns, empty="No shortcut matches.\n\nEsc shows all of them.", id="keys")
            rows.opens = False
            yield rows
            yield Static(id="whole")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show all of them."""
        self._show("")

    def on_resize(self) -> None:
        """Where what keys do is cut, the one under the cursor is written out below."""
        self.call_after_refresh(self._make_room)

    def _make_room(self) -> None:
        room = self.query_one("#keys", RowList).room - self._what_from
        self.query_one("#whole").display = any(cell_len(action.tooltip) > room for action in self._actions)

    @on(RowList.Moved)
    def _cursor_moved(self, message: RowList.Moved) -> None:
        """Write out what the key under the cursor does."""
        row = message.list.cursor_row
        self.query_one("#whole", Static).update(Content(as_cell(row.cells[-1]).text if row else ""))

    def action_search(self) -> None:
        """Type to narrow the list down."""
        self.query_one(FilterBar).open()

    def action_cancel(self) -> None:
        """Show all again if the list is narrowed down, else leave."""
        line = self.query_one(FilterBar)
        if line.text:
            line.action_close()
        else:
            super().action_cancel()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        """Show the keys that have this in their name."""
        self._show(message.text)

    def _show(self, typed: str) -> None:
        words = fold(typed).split()
        found = [action for action in self._actions if _has(action, typed, words)]
        rows: list[Row] = []
        for area, actions in groupby(found, key=lambda action: action.area):
            if rows:
                rows.append(Row(f"above {area}", ("",), heading=True))
            rows.append(Row(area, (area, "", ""), heading=True))
            rows += [_row(action, number) for number, action in enumerate(actions)]
        self.query_one("#keys", RowList).set_rows(rows)


def _has(action: Action, typed: str, words: Sequence[str]) -> bool:
    text = fold(f"{action.name} {action.tooltip}")
    return typed in action.keys or all(word in text for word in words)


def _row(action: Action, number: int) -> Row:
    keys = Cell(" ".join(action.keys), "accent")
    return Row((action.area, number), (keys, action.name, Cell(action.tooltip, "dim")))
