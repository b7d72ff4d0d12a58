"""Screens with tabs: each tab a list, and a line that narrows it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.reactive import var
from textual.timer import Timer

from screens.base import MusterScreen
from screens.places import CommunityPlace, GroupPlace, MemberPlace, Place
from screens.widgets.filter_bar import FilterBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import RowList
from screens.widgets.tab_bar import TabBar

State = TypeVar("State")

RESTING_SECONDS = 0.1
"""After the last move of a cursor, until the bottom line says what fits the row it rests on."""


class TabbedScreen(MusterScreen[State]):
    """The list of a tab has the tab's name as its id.

    The line that narrows it down, where there is one, has `filter-` before the name; what else is shown
    of the tab is in a container with `-tab` after it, which has the list in it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "tabs.filter",
            "slash",
            "filter",
            "Filter",
            "Narrow the list as you type",
            show=True,
            display="/",
            direct=True,
        ),
        key("tabs.left", "left_square_bracket", "turn(-1)", "Left", "To the tab at the left"),
        key("tabs.right", "right_square_bracket", "turn(1)", "Right", "To the tab at the right"),
    ]
    TABS: ClassVar[Sequence[str]] = ()

    OFFERED: ClassVar[Sequence[str]] = ()
    """Actions that depend on what is under the cursor."""

    _offered: tuple[object, ...] = ()
    _resting: Timer | None = None

    tab: var[str] = var("", init=False)

    @property
    def here(self) -> Place | None:
        """With the tab that is open."""
        place = self.place
        return (
            replace(place, tab=self.tab)
            if isinstance(place, CommunityPlace | GroupPlace | MemberPlace)
            else place
        )

    def start_at(self, tab: str, otherwise: str) -> None:
        """Say before mounting which tab is to be open; `otherwise` where there is none of that name."""
        self.set_reactive(TabbedScreen.tab, tab if tab in self.TABS else otherwise)

    @property
    def has_tabs(self) -> bool:
        """Whether the lists are there to be shown at all."""
        return True

    def filter_of(self, tab: str) -> FilterBar:
        """The line that narrows a tab's list down."""
        return self.query_one(f"#filter-{tab}", FilterBar)

    def show_tab(self) -> None:
        """Show the list of the open tab and no other."""
        bar = self.query_one(TabBar)
        bar.active = self.tab
        bar.display = self.has_tabs
        for tab in self.TABS:
            here = self.has_tabs and tab == self.tab
            for shown in self.query(f"#{tab}-tab") or self.query(f"#{tab}"):
                shown.display = here
            for line in self.query(f"#filter-{tab}").results(FilterBar):
                line.display = here and (line.has_focus or bool(line.text))

    def watch_tab(self) -> None:
        """Another tab was opened."""
        self.show_tab()
        self.set_focus(self.query_one(f"#{self.tab}"))
        self.refresh_bindings()

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """A tab was clicked."""
        self.tab = message.key

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self.tab = tab

    def action_turn(self, step: int) -> None:
        """Open the next tab, or the one before."""
        self.tab = self.query_one(TabBar).neighbour(step)

    def action_filter(self) -> None:
        """Type to narrow the list down."""
        self.filter_of(self.tab).open()

    def action_back(self) -> None:
        """Show everything again if the list is narrowed down, else back."""
        for line in self.query(f"#filter-{self.tab}").results(FilterBar):
            if line.text:
                line.action_close()
                return
        super().action_back()

    @property
    def open_list(self) -> RowList:
        """The list of the open tab."""
        return self.query_one(f"#{self.tab}", RowList)

    def offer(self) -> None:
        """Say in the bottom line what fits what is under the cursor, if that is something else now."""
        rows = self.open_list
        offered = (rows.cursor_key is None, *(self.check_action(action, ()) for action in self.OFFERED))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """What is under the cursor decides what can be done.

        Said once the cursor rests: a bottom line that changes with every row costs more than the move.
        The keys themselves are always judged by the row they are pressed on.
        """
        message.stop()
        if self._resting is None:
            self._resting = self.set_interval(RESTING_SECONDS, self._rested, pause=True)
        self._resting.reset()

    def _rested(self) -> None:
        if self._resting is not None:
            self._resting.pause()
        self.offer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tabs and filters are offered where there are lists."""
        if action in ("tab", "turn"):
            # Greyed rather than hidden: a key of theirs must not mean something else instead.
            return self.has_tabs or None
        if action == "filter":
            return self.has_tabs
        return super().check_action(action, parameters)
