"""The page of keys: every key that works on the screen underneath, made from its bindings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import Dialog
from screens.widgets.deeds import Deed
from screens.widgets.filter_bar import FilterBar
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.row_list import Cell, Column, Row, RowList
from store.text import fold

FRAME = 6
"""Lines of the page beside the keys themselves: border, padding and title."""


class Help(Dialog[None]):
    """The keys, by where they work; `/` narrows them down."""

    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("help", "slash", "search", "Search", "Only keys with this in their name", show=True),
    ]

    def __init__(self, deeds: Sequence[Deed]) -> None:
        super().__init__()
        self._deeds = tuple(deed for deed in deeds if deed.enabled)

    def compose(self) -> ComposeResult:
        """The list of keys."""
        areas = len({deed.area for deed in self._deeds})
        with Vertical(classes="dialog help") as box:
            box.styles.max_height = len(self._deeds) + 2 * areas - 1 + FRAME
            yield Static(Content("Keys that work here"), classes="dialog--title")
            columns = [Column("key", width=14), Column("name", width=16), Column("what", stretch=1)]
            yield FilterBar("#keys", "a key, or what it does", id="search")
            rows = RowList(
                columns, empty="No key here has this in its name.\n\nEsc shows all again.", id="keys"
            )
            rows.opens = False
            yield rows
        yield KeyBar()

    def on_mount(self) -> None:
        """Show all of them."""
        self._show("")

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

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Show the keys that have this in their name."""
        self._show(message.text)

    def _show(self, typed: str) -> None:
        words = fold(typed).split()
        found = [deed for deed in self._deeds if _has(deed, typed, words)]
        rows: list[Row] = []
        for area, deeds in groupby(found, key=lambda deed: deed.area):
            if rows:
                rows.append(Row(f"above {area}", ("",), heading=True))
            rows.append(Row(area, (area, "", ""), heading=True))
            rows += [_row(deed, number) for number, deed in enumerate(deeds)]
        self.query_one("#keys", RowList).set_rows(rows)


def _has(deed: Deed, typed: str, words: Sequence[str]) -> bool:
    text = fold(f"{deed.name} {deed.tooltip}")
    return typed in deed.keys or all(word in text for word in words)


def _row(deed: Deed, number: int) -> Row:
    keys = Cell(" ".join(deed.keys), "accent")
    return Row((deed.area, number), (keys, deed.name, Cell(deed.tooltip, "dim")))
