"""Home: what a person sees first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens import formatting
from screens.base import HOME, MusterScreen
from screens.home.cards import CardGrid
from screens.home.dashboard import Dashboard
from screens.home.waiting_title import WaitingTitle
from screens.places import CommunityPlace, Crumb, GroupPlace, HomePlace, MemberPlace, QueuePlace, ReviewPlace
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.work_rows import WAITING_OF_ALL, item_of, waiting_row
from store import account, group_tree
from store.queue import queue
from store.text import clean_line
from store.views import Page
from store.views.account import Totals, Viewer
from store.views.groups import GroupCard
from store.views.queue import QueueRow, QueueView


@dataclass(frozen=True, slots=True)
class HomeState:
    """What Home shows. `totals` is for admins only."""

    account: str
    cards: tuple[GroupCard, ...]
    totals: Totals | None


class HomeScreen(MusterScreen[HomeState]):
    """One's groups as cards, an admin's totals, and what waits, oldest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("home.review", "r", "review", "Review", "Review the work under the cursor", show=True),
        key(
            "home.person",
            "p,f3",
            "person",
            "Profile",
            "Open the person whose work this is",
            show=True,
        ),
        key(
            "home.next",
            "tab",
            "switch",
            "Cards or list",
            "Between your groups and the list",
            show=True,
        ),
    ]

    DEFAULT_CSS = """
    HomeScreen #waiting.-untitled { margin: 1 0 0 0; }
    """

    place = HomePlace()

    def compose_body(self) -> ComposeResult:
        """The cards or totals, then the list of what waits."""
        yield Dashboard(id="dashboard")
        yield Static(id="welcome")
        yield CardGrid(id="cards")
        yield WaitingTitle(id="waiting-title")
        yield RowList(WAITING_OF_ALL, menu=True, id="waiting")

    def fetch(self, viewer: Viewer) -> HomeState:
        """Read cards and totals; the list reads its own windows."""
        totals = account.totals(self.actor) if viewer.may_oversee else None
        cards = group_tree.cards(self.actor)
        return HomeState(viewer.account.name, cards, totals)

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """What waits, read as it comes into view."""
        return {"waiting": self._waiting}

    def _waiting(self, offset: int, limit: int) -> Page[Row]:
        page = queue.waiting(self.actor, offset=offset, limit=limit)
        return Page(tuple(waiting_row(row, of_all=True) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: HomeState) -> tuple[Crumb, ...]:
        """The account's name stands for the top."""
        return (Crumb(f"Muster · {state.account}", HOME.place),)

    def show(self, state: HomeState) -> None:
        """Show what there is; a person without any part sees their name and a sentence."""
        viewer = self.host.viewer
        has_part = viewer.is_admin or bool(state.cards)
        self._show_head(state, has_part)
        self.query_one(CardGrid).show(state.cards)
        is_on = viewer.account.community_on
        self.query_one(WaitingTitle).display = has_part and is_on
        waiting = self.query_one("#waiting", RowList)
        waiting.display = has_part
        waiting.set_class(not is_on, "-untitled")
        key = shown_key(self, "c")
        waiting.empty = _nothing_waits(state, key) if is_on else formatting.community_off(key)

    def _show_head(self, state: HomeState, has_part: bool) -> None:
        dashboard, welcome = self.query_one(Dashboard), self.query_one("#welcome", Static)
        dashboard.display = state.totals is not None
        if state.totals is not None:
            dashboard.show(state.totals, community=self.host.viewer.account.community_on)
        welcome.display = not has_part
        welcome.update(_welcome(self.host.viewer))

    def on_dashboard_community_chosen(self, message: Dashboard.CommunityChosen) -> None:
        """The dashboard leads to Community."""
        self.go(CommunityPlace())

    def on_waiting_title_queue_chosen(self, message: WaitingTitle.QueueChosen) -> None:
        """The title leads to the whole queue."""
        self.go(QueuePlace())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer review only where something waits."""
        if action in ("review", "person"):
            viewer = self.host.viewer
            return viewer.has_community and (bool(viewer.waiting) or None)
        if action == "switch":
            return self.state is not None and bool(self.state.cards)
        return super().check_action(action, parameters)

    def action_switch(self) -> None:
        """Between one's groups and what waits."""
        cards, waiting = self.query_one(CardGrid), self.query_one("#waiting", RowList)
        self.set_focus(waiting if cards.has_focus else cards)

    def on_card_grid_opened(self, message: CardGrid.Opened) -> None:
        """A card leads to its group."""
        self.go(GroupPlace(message.group_id))

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """An item that waits leads to its review."""
        self.action_review()

    @property
    def item(self) -> QueueRow | None:
        """The item under the cursor."""
        return item_of(self.query_one("#waiting", RowList).cursor_row)

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _item_menu(self) -> None:
        """What can be done with the item under the cursor."""
        from screens.dialogs.ask import Menu, MenuItem  # noqa: PLC0415 - the first screen starts without dialogs

        item = self.item
        if item is None:
            return
        items = [MenuItem("review", "Review", "r"), MenuItem("person", "Open profile", "p")]
        match await self.ask(Menu(f"{item.step}, {item.person}", items)):
            case "review":
                self._review(item)
            case "person":
                self.go(MemberPlace(item.user_id))

    def action_review(self) -> None:
        """Review the item under the cursor."""
        if self.item:
            self._review(self.item)

    def _review(self, item: QueueRow) -> None:
        self.go(ReviewPlace(item.user_id, item.step_id, view=QueueView()))

    def action_person(self) -> None:
        """Open the person whose work is under the cursor."""
        if self.item:
            self.go(MemberPlace(self.item.user_id))


def _nothing_waits(state: HomeState, key: str) -> str:
    if state.totals is not None and not state.totals.groups:
        return (
            "There are no groups yet.\n\n"
            f"{key} opens Community, where groups are made and people put into them. A roster from another "
            "system comes in by the command muster import."
        )
    return "Nothing waits for you.\n\nNew work shows here as it comes in."


def _welcome(viewer: Viewer) -> Content:
    return Content(
        f"{clean_line(viewer.name)}\n\n"
        "There is nothing here for you to look after. When there is, it shows here."
    )
