"""Screens with tabs: each tab shows a list, and a line to filter it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from textual import on
from textual.binding import BindingType
from textual.reactive import var

from screens.base import MusterScreen
from screens.places import CommunityPlace, GroupPlace, MemberPlace, Place
from screens.resting import Resting
from screens.widgets.filter_bar import FilterBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import RowList
from screens.widgets.tab_bar import TabBar

State = TypeVar("State")


class TabbedScreen(MusterScreen[State]):
    """The list of a tab has the tab's name as its id, its filter line `filter-` before it; whatever else
    belongs to the tab is with the list in a container with `-tab` after it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "tabs.filter", "slash", "filter", "Filter", "Filter the list", show=True, display="/", direct=True
        ),
        key("tabs.left", "left_square_bracket", "turn(-1)", "Left", "To the tab at the left"),
        key("tabs.right", "right_square_bracket", "turn(1)", "Right", "To the tab at the right"),
    ]
    TABS: ClassVar[Sequence[str]] = ()

    OFFERED: ClassVar[Sequence[str]] = ()
    """Actions that depend on the row under the cursor."""

    _offered: tuple[object, ...] = ()

    tab: var[str] = var("", init=False)

    def __init__(self) -> None:
        super().__init__()
        self._resting = Resting(self, self.offer)

    @property
    def here(self) -> Place | None:
        """The place, with the tab that is open."""
        place = self.place
        if isinstance(place, CommunityPlace | GroupPlace | MemberPlace):
            return replace(place, tab=self.tab)
        return place

    def start_at(self, tab: str, otherwise: str) -> None:
        """Set the first tab before mounting; `otherwise` is used where there is none of that name."""
        self.set_reactive(TabbedScreen.tab, tab if tab in self.TABS else otherwise)

    @property
    def has_tabs(self) -> bool:
        """Whether the lists are there to be shown at all."""
        return True

    def filter_of(self, tab: str) -> FilterBar:
        """The line that filters a tab's list."""
        return self.query_one(f"#filter-{tab}", FilterBar)

    def show_tab(self) -> None:
        """Show the list of the open tab and no other."""
        show_only(self, self.TABS, self.tab if self.has_tabs else "")

    def watch_tab(self) -> None:
        """Another tab was opened."""
        self.show_tab()
        self.set_focus(self.query_one(f"#{self.tab}"))
        self.refresh_bindings()

    @on(TabBar.Chosen)
    def _tab_chosen(self, message: TabBar.Chosen) -> None:
        """A tab was clicked."""
        self.tab = message.key

    def action_tab(self, tab: str) -> None:
        """Open a tab."""
        self.tab = tab

    def action_turn(self, step: int) -> None:
        """Open the next tab, or the one before."""
        self.tab = self.query_one(TabBar).neighbour(step)

    def action_filter(self) -> None:
        """Type to filter the list."""
        self.filter_of(self.tab).open()

    def action_back(self) -> None:
        """Clear the filter if there is one, else go back."""
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
        """Update the bar at the bottom where the row under the cursor allows something else now."""
        rows = self.open_list
        offered = (rows.cursor_key is None, *(self.check_action(action, ()) for action in self.OFFERED))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    @on(RowList.Moved)
    def _cursor_moved(self, message: RowList.Moved) -> None:
        """Update what depends on the row once the cursor rests: at every row it would cost more than a move.

        The keys themselves are always judged by the row they are pressed on.
        """
        message.stop()
        self._resting.stir()

    def on_resize(self) -> None:
        """There may be room for more now."""
        self._resting.stir()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tabs and filters are offered where there are lists."""
        if action in ("tab", "turn", "filter"):
            # Greyed rather than hidden: a key of a tab must not mean something else instead.
            return self.has_tabs or (None if action != "filter" else False)
        return super().check_action(action, parameters)


def show_only(screen: MusterScreen[State], tabs: Sequence[str], here: str) -> None:
    """Show the list of one tab and no other; without a name, none at all."""
    bar = screen.query_one(TabBar)
    bar.active = here or bar.active
    bar.display = bool(here)
    for tab in tabs:
        shown = screen.query_one_optional(f"#{tab}-tab") or screen.query_one_optional(f"#{tab}")
        if shown is not None:
            shown.display = tab == here
        line = screen.query_one_optional(f"#filter-{tab}", FilterBar)
        if line is not None:
            line.display = tab == here and (line.has_focus or bool(line.text))
