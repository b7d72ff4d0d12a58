"""Home: what a person sees first."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from screens import formatting
from screens.base import ASIDE, HOME, MusterScreen
from screens.group import group_pane
from screens.home import work_pane
from screens.home.cards import CardGrid
from screens.home.dashboard import DashboardPane, TotalsLine
from screens.home.waiting_title import WaitingTitle
from screens.places import CommunityPlace, Crumb, GroupPlace, HomePlace, MemberPlace, QueuePlace, ReviewPlace
from screens.row_pane import RowPane, Tell
from screens.widgets.detail_pane import DetailPane
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.work_rows import NO_NAME, WAITING_OF_ALL, item_of, waiting_row
from store import account, dashboard, group_tree, needs
from store.frozen import dataclass
from store.queue import queue
from store.text import clean_line
from store.views import Page
from store.views.account import Totals, Viewer
from store.views.groups import GroupCard
from store.views.queue import QueueRow, QueueView
from store.views.summaries import NeedsSummary


@dataclass(frozen=True, slots=True)
class HomeState:
    """What Home shows. `totals` is for admins only."""

    account: str
    cards: tuple[GroupCard, ...]
    totals: Totals | None


class HomeScreen(MusterScreen[HomeState]):
    """The viewer's groups as cards, an admin's dashboard, and what waits, oldest first."""

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
            "Switch between your groups and the list",
            show=True,
        ),
        key("home.new-group", "n", "new_group", "New group", "Make the first group", show=True),
    ]

    DEFAULT_CSS = """
    HomeScreen {
        & #body { height: 1fr; }
        & #lists { width: 1fr; height: 1fr; }
        & #waiting.-untitled { margin: 1 0 0 0; }
        & DetailPane.-off { display: none; }
    }
    """

    UNCONCERNED = ASIDE
    place = HomePlace()

    def __init__(self) -> None:
        super().__init__()
        self._pane = RowPane(self, self._row_under_cursor, self._tell)

    def compose_body(self) -> ComposeResult:
        """The cards or totals, then the list of what waits."""
        with Horizontal(id="body"):
            with Vertical(id="lists"):
                yield DashboardPane(id="dashboard")
                yield Static(id="welcome")
                yield CardGrid(id="cards")
                yield WaitingTitle(id="waiting-title")
                yield RowList(WAITING_OF_ALL, menu=True, header=True, id="waiting")
            yield DetailPane()

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
        # Without a card or a row there is nothing that it could tell of.
        told_of = bool(state.cards) or viewer.waiting > 0
        self.query_one(DetailPane).set_class(not (is_on and told_of), "-off")
        self._read_more(state, community=is_on)
        self._pane.reload()

    def _read_more(self, state: HomeState, *, community: bool) -> None:
        """Read what the first picture does without: who needs somebody, and an admin's dashboard."""
        group_ids = [card.id for card in state.cards]
        if group_ids:
            self.read(lambda: needs.of_groups(self.actor, group_ids), self._show_needs, group="needs")
        if state.totals is not None and community:
            show = self.query_one(DashboardPane).show
            self.read(lambda: dashboard.of_account(self.actor), show, group="dashboard")

    def _show_needs(self, found: dict[int, NeedsSummary]) -> None:
        self.query_one(CardGrid).show_needs(found)

    # ------------------------------------------------------------------ the pane

    def _row_under_cursor(self) -> Row | None:
        """The row under the cursor; while the cards have the focus, one that stands for the card."""
        cards = self.query_one(CardGrid)
        if cards.has_focus and cards.card is not None:
            return Row(cards.card.id, ())
        return self.query_one("#waiting", RowList).cursor_row

    def _tell(self, row: Row) -> Tell | None:
        """How to read about the group of the card under the cursor, or about the work."""
        item = item_of(row)
        if item is not None:
            return work_pane.tell(self.actor, item)
        return group_pane.tell(self.actor, row.key) if isinstance(row.key, int) else None

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """Another row is under the cursor."""
        self._pane.moved()

    @on(CardGrid.Moved)
    def _card_moved(self) -> None:
        """Another card is under the cursor, or the focus went to the list."""
        self._pane.moved()

    def on_resize(self) -> None:
        """There may be room for the pane now."""
        self._pane.moved()

    def _show_head(self, state: HomeState, has_part: bool) -> None:
        pane, welcome = self.query_one(DashboardPane), self.query_one("#welcome", Static)
        pane.display = state.totals is not None
        if state.totals is not None:
            pane.show_totals(state.totals, community=self.host.viewer.account.community_on)
        welcome.display = not has_part
        welcome.update(_welcome(self.host.viewer))

    @on(TotalsLine.CommunityChosen)
    def _community_chosen(self, message: TotalsLine.CommunityChosen) -> None:
        """The totals lead to Community."""
        self.go(CommunityPlace())

    @on(WaitingTitle.QueueChosen)
    def _queue_chosen(self, message: WaitingTitle.QueueChosen) -> None:
        """The title leads to the whole queue."""
        self.go(QueuePlace())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer review only where something waits."""
        if action in ("review", "person"):
            viewer = self.host.viewer
            return viewer.has_community and (bool(viewer.waiting) or None)
        if action == "new_group":
            return self._without_groups and self.host.viewer.may_create_top_level
        if action == "switch":
            return self.state is not None and bool(self.state.cards)
        return super().check_action(action, parameters)

    @property
    def _without_groups(self) -> bool:
        """Whether the account has no groups yet."""
        totals = self.state.totals if self.state is not None else None
        return totals is not None and not totals.groups

    def action_new_group(self) -> None:
        """Make the first group of the account."""
        from screens.group.menus import GroupMenus  # noqa: PLC0415 - as the dialogs below

        GroupMenus(self, made=lambda group_id, above: None).make(None)

    def action_switch(self) -> None:
        """Move the focus between the cards and the list."""
        cards, waiting = self.query_one(CardGrid), self.query_one("#waiting", RowList)
        self.set_focus(waiting if cards.has_focus else cards)

    @on(CardGrid.Opened)
    def _card_opened(self, message: CardGrid.Opened) -> None:
        """A card leads to its group."""
        self.go(GroupPlace(message.group_id))

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
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
        items = [MenuItem("review", "Review", "r")]
        items += [] if item.is_blind else [MenuItem("person", "Open profile", "p")]
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
        if self.item and self.item.is_blind:
            self.say(NO_NAME)
        elif self.item:
            self.go(MemberPlace(self.item.user_id))


def _nothing_waits(state: HomeState, key: str) -> str:
    if state.totals is not None and not state.totals.groups:
        return (
            "There are no groups yet.\n\n"
            f"{key} opens Community, where you make groups and add people. The command muster import brings "
            "in people, groups and courses from other systems."
        )
    return "Nothing is waiting for you.\n\nNew work appears here when it is submitted."


def _welcome(viewer: Viewer) -> Content:
    return Content(f"{clean_line(viewer.name)}\n\nYou have no one to review yet. When you do, it shows here.")
