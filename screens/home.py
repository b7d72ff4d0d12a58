"""Home: what a person sees first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from screens import wording
from screens.base import HOME, MusterScreen
from screens.messages import Crumb, Group, Member, Review
from screens.messages import Home as HomePlace
from screens.widgets.cards import CardGrid
from screens.widgets.row_list import Cell, Column, Row, RowList
from store import account, group_tree, reviews
from store.text import clean_line
from store.views import GroupCard, Page, QueueRow, Totals, Viewer

COLUMNS = (
    Column("wait", width=6, align="right"),
    Column("person", "", minimum=12, stretch=3),
    Column("course", "", minimum=10, stretch=3, drop=1),
    Column("step", "", minimum=14, stretch=5),
    Column("points", width=5, align="right", drop=2),
)


@dataclass(frozen=True, slots=True)
class HomeState:
    """What Home shows. `totals` is for admins only."""

    viewer_name: str
    account: str
    cards: tuple[GroupCard, ...]
    totals: Totals | None


class HomeScreen(MusterScreen[HomeState]):
    """One's groups as cards, an admin's totals, and what waits, oldest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "review", "Review", id="home.review", tooltip="Review the work under the cursor"),
        Binding("p", "person", "Profile", id="home.person", tooltip="Open the person whose work this is"),
        Binding(
            "tab",
            "switch",
            "Cards or list",
            id="home.next",
            tooltip="Between your groups and the list",
        ),
    ]

    place = HomePlace()

    def compose_body(self) -> ComposeResult:
        """The cards or totals, then the list of what waits."""
        yield Static(id="totals")
        yield CardGrid(id="cards")
        yield Static(id="waiting-title", classes="section")
        yield RowList(COLUMNS, empty="", id="waiting")

    def fetch(self) -> HomeState:
        """Read cards and totals; the list reads its own windows."""
        viewer = self.host.viewer
        totals = account.totals(self.actor) if viewer.is_admin else None
        cards = group_tree.cards(self.actor)
        return HomeState(viewer.name, viewer.account.name, cards, totals)

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """What waits, read as it comes into view."""
        return {"waiting": self._waiting}

    def _waiting(self, offset: int, limit: int) -> Page[Row]:
        page = reviews.waiting(self.actor, offset=offset, limit=limit)
        return Page(tuple(waiting_row(row) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: HomeState) -> tuple[Crumb, ...]:
        """The account's name stands for the top."""
        return (Crumb(f"Muster · {state.account}", HOME.place),)

    def show(self, state: HomeState) -> None:
        """Show what there is; a person without any part sees their name and a sentence."""
        viewer = self.host.viewer
        has_part = viewer.is_admin or bool(state.cards)
        self.query_one("#totals", Static).update(_totals(state.totals) if state.totals else _welcome(viewer))
        self.query_one("#totals", Static).display = state.totals is not None or not has_part
        self.query_one(CardGrid).show(state.cards)
        title = self.query_one("#waiting-title", Static)
        title.display = has_part
        title.update(Content("Waiting for review · oldest first"))
        waiting = self.query_one("#waiting", RowList)
        waiting.display = has_part
        waiting.empty = "Nothing waits for you.\n\nNew work shows here as it comes in."

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
        (waiting if cards.has_focus else cards).focus()

    def on_card_grid_opened(self, message: CardGrid.Opened) -> None:
        """A card leads to its group."""
        self.go(Group(message.group_id))

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """An item that waits leads to its review."""
        self.action_review()

    def _key(self) -> tuple[int, int] | None:
        key = self.query_one("#waiting", RowList).cursor_key
        return key if isinstance(key, tuple) else None

    def action_review(self) -> None:
        """Review the item under the cursor."""
        if key := self._key():
            self.go(Review(user_id=key[0], step_id=key[1], queue="all"))

    def action_person(self) -> None:
        """Open the person whose work is under the cursor."""
        if key := self._key():
            self.go(Member(user_id=key[0]))


def waiting_row(row: QueueRow) -> Row:
    """A line of waiting work, known by person and step."""
    return Row(
        (row.user_id, row.step_id),
        (
            Cell(wording.age(row.submitted_at), "alert" if wording.is_old(row.submitted_at) else "dim"),
            row.person,
            Cell(row.course, "dim"),
            row.step,
            Cell(wording.DASH if row.points is None else f"/{wording.number(row.points)}", "dim"),
        ),
    )


def _totals(totals: Totals) -> Content:
    parts = [
        wording.count(totals.people, "person", "people"),
        wording.count(totals.groups, "group"),
        wording.count(totals.courses, "course"),
        f"{totals.waiting:,} waiting for review",
    ]
    return Content("   ".join(parts))


def _welcome(viewer: Viewer) -> Content:
    return Content(
        f"{clean_line(viewer.name)}\n\n"
        "There is nothing here for you to look after. When there is, it shows here."
    )
