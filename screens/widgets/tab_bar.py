"""The tabs of a screen on one line, each with a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.message import Message
from textual.reactive import reactive

from screens.widgets.line import Line, Part

MENU = object()
"""What a click on the sign for the menu means."""


class Tab(NamedTuple):
    """A tab: its name in the code, its label, and what stands beside it."""

    key: str
    label: str
    note: str = ""
    alert: bool = False


class TabBar(Line):
    """Shows which tab is open and takes clicks; keys are the screen's."""

    DEFAULT_CSS = """
    TabBar { margin: 0 0 1 0; }
    """

    active: reactive[str] = reactive("")

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        key: str

    @dataclass
    class MenuChosen(Message):
        """The sign for the menu of the whole screen was clicked."""

    def __init__(self, tabs: Sequence[Tab], *, active: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tabs = tuple(tabs)
        self._menu = ""
        self.set_reactive(TabBar.active, active or self._tabs[0].key)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the tabs, from the left."""
        return tuple(tab.key for tab in self._tabs)

    def on_mount(self) -> None:
        """Draw the first time."""
        self._draw()

    def set_tabs(self, tabs: Sequence[Tab]) -> None:
        """Show other numbers, or other tabs."""
        self._tabs = tuple(tabs)
        self._draw()

    def set_menu(self, sign: str) -> None:
        """Show this sign for a menu at the right, such as "… More"; nothing for none."""
        self._menu = sign
        self._draw()

    def watch_active(self) -> None:
        """Draw the open tab anew."""
        self._draw()

    def neighbour(self, step: int) -> str:
        """The tab `step` places to the right of the open one, around the end."""
        keys = self.keys
        return keys[(keys.index(self.active) + step) % len(keys)]

    def _draw(self) -> None:
        parts: list[Part] = []
        for number, tab in enumerate(self._tabs, 1):
            here = tab.key == self.active
            if parts:
                parts.append(Part("   "))
            # The sign shows the open tab where there are no colours.
            parts.append(Part(f"{number} ", "dim", tab.key))
            parts.append(Part(f"[{tab.label}]" if here else tab.label, "strong" if here else "", tab.key))
            if tab.note:
                parts.append(Part(f" {tab.note}", "alert" if tab.alert else "dim", tab.key))
        self.set_parts(parts, [Part(self._menu, "", MENU)] if self._menu else ())

    def on_click(self, event: events.Click) -> None:
        """Tell which tab was clicked."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if target is MENU:
            self.post_message(self.MenuChosen())
        elif isinstance(target, str):
            self.post_message(self.Chosen(target))
