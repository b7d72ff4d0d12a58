"""Entries of a pasted list that match nobody, or several people: shown until each is settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList

COLUMNS = (Column("entry", minimum=16, stretch=2), Column("reason", minimum=20, stretch=3))


class MissingList(RowList):
    """The entries, each with its reason."""

    one_click = True
    BINDINGS: ClassVar[list[BindingType]] = [
        key("missing.open", "enter", "open", "Search", "Search for this person", show=True),
        key(
            "missing.drop",
            "delete,backspace",
            "drop",
            "Skip",
            "Skip this entry",
            show=True,
        ),
    ]

    @dataclass
    class Dropped(Message):
        """An entry is to be skipped."""

        entry: str

    def action_drop(self) -> None:
        """Skip the entry."""
        if isinstance(self.cursor_key, str):
            self.post_message(self.Dropped(self.cursor_key))


class Missing(Vertical):
    """The list under its title; takes no room while nothing is missing."""

    DEFAULT_CSS = """
    Missing { height: auto; max-height: 30%; margin: 1 0 0 0; display: none; }
    Missing Line { padding: 0; }
    """

    @dataclass
    class Sought(Message):
        """The person that this entry means is being searched for; empty for none."""

        entry: str

    @dataclass
    class Emptied(Message):
        """Every entry is settled; `had_focus` if one stood in the list."""

        had_focus: bool

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.entries: dict[str, str] = {}
        self.sought = ""
        self.more = ""
        """What else can be done with the entries."""

    def compose(self) -> ComposeResult:
        """Title and list."""
        yield Line()
        rows = MissingList(COLUMNS)
        rows.styles.height = "auto"
        yield rows

    def take(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add these pairs of entry and reason."""
        self.entries |= dict(pairs)
        self._draw()

    def seek(self, entry: str) -> None:
        """Search for this entry from now on; empty for none."""
        if entry != self.sought:
            self.sought = entry
            self._draw()
            self.post_message(self.Sought(entry))

    def settle(self) -> None:
        """Remove the entry that was searched for: it is found."""
        if self.sought:
            self._remove(self.sought)

    def settle_all(self, entries: Iterable[str]) -> None:
        """These entries are settled."""
        for entry in entries:
            self._remove(entry)

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Search for an entry."""
        message.stop()
        self.seek(str(message.key))

    @on(MissingList.Dropped)
    def _dropped(self, message: MissingList.Dropped) -> None:
        """Skip an entry."""
        self._remove(message.entry)

    def _remove(self, entry: str) -> None:
        self.entries.pop(entry, None)
        if not self.entries:
            self.post_message(self.Emptied(self.query_one(MissingList).has_focus))
        if entry == self.sought:
            self.seek("")
        self._draw()

    def _draw(self) -> None:
        self.display = bool(self.entries)
        title = Part(f"Not found {len(self.entries):,}", "alert")
        how = Part(f"   Enter searches for one, Delete skips it{self.more}", "dim")
        self.query_one(Line).set_parts([title, how])
        self.query_one(MissingList).set_rows(
            [
                Row(entry, (Cell(entry, "accent" if entry == self.sought else ""), Cell(reason, "dim")))
                for entry, reason in self.entries.items()
            ]
        )
