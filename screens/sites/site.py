"""A site: the decisions and answers that go there, its groups, and its people who are nobody here yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from screens.base import ASIDE, HOME
from screens.places import Crumb, ReviewPlace, SitePlace, SitesPlace
from screens.row_pane import RowPane, Tell
from screens.sites import menus, rows
from screens.tabbed import TabbedScreen
from screens.widgets.detail_pane import DetailPane, passage
from screens.widgets.filter_bar import FilterBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.tab_bar import Tab, TabBar
from store import outbox, outbox_answers
from store.errors import NotFoundError
from store.frozen import dataclass
from store.sites import joining, site_groups, sites
from store.text import fold
from store.views import Page
from store.views.account import Viewer
from store.views.outbox import OutboxAnswer, OutboxItem
from store.views.sites import OutboxState, SiteGroupView, SitePersonState, SitePersonView, SiteView

MOST = 500
"""Decisions, and answers, that are listed at once; more are told as a number."""
SHOWN = (OutboxState.CONFLICT, OutboxState.REFUSED, OutboxState.SENT, OutboxState.WAITS)
LABELS = {"outbox": "Outbox", "groups": "Groups", "people": "People to join"}
EMPTY = {
    "outbox": "Nothing waits to go out, and nothing is stuck.\n\n"
    "What mentors decide and answer here goes to the site with the next muster sync.",
    "groups": "The site has shown no groups yet.\n\n"
    "muster sync brings its groups, sections and cohorts; nothing is joined until you say so.",
    "people": "Nobody at the site is left to be joined.\n\n"
    "Whoever has the email of somebody here is listed after a sync, and joined only when you say so.",
}
NOTHING_FOUND = "Nothing here matches this filter."


@dataclass(frozen=True, slots=True)
class SiteState:
    """Everything that is shown of a site."""

    site: SiteView
    outbox: Page[OutboxItem]
    answers: Page[OutboxAnswer]
    groups: tuple[SiteGroupView, ...]
    people: tuple[SitePersonView, ...]


class SiteScreen(TabbedScreen[SiteState]):
    """Three lists; Enter on a row opens what can be done with it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-pane")]
    DEFAULT_CSS = """
    SiteScreen {
        & #body { height: 1fr; }
        & #lists { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "site.review",
            "r",
            "review",
            "Review",
            "Open the work of the decision under the cursor",
            show=True,
        ),
        key("site.outbox", "1", "tab('outbox')", "Outbox", "What goes to the site"),
        key("site.groups", "2", "tab('groups')", "Groups", "What the site has as groups"),
        key("site.people", "3", "tab('people')", "People", "Who is to be joined with somebody here"),
    ]
    UNCONCERNED = ASIDE
    TABS = ("outbox", "groups", "people")
    OFFERED = ("review",)

    def __init__(self, place: SitePlace) -> None:
        super().__init__()
        self.place = place
        self.site_id = place.site_id
        self.start_at("", "outbox")
        self._pane = RowPane(self, lambda: self.open_list.cursor_row, _tell)

    def compose_body(self) -> ComposeResult:
        """The tabs, and the list of each."""
        yield TabBar([Tab(name, label) for name, label in LABELS.items()])
        for tab in self.TABS:
            yield FilterBar(f"#{tab}", "filter by name", id=f"filter-{tab}")
        with Horizontal(id="body"):
            with Vertical(id="lists"):
                yield RowList(rows.OUTBOX_COLUMNS, menu=True, header=True, id="outbox")
                yield RowList(rows.GROUP_COLUMNS, menu=True, header=True, id="groups")
                yield RowList(rows.PEOPLE_COLUMNS, menu=True, header=True, id="people")
            yield DetailPane()

    def on_mount(self) -> None:
        """Begin with what goes out."""
        self.show_tab()
        self.set_focus(self.query_one(f"#{self.tab}"))

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> SiteState:
        """The site and its three lists. Raises NotFoundError for one that was removed."""
        site = next((one for one in sites.list_sites(self.actor) if one.id == self.site_id), None)
        if site is None:
            raise NotFoundError("No such site. It may have been removed.")
        people = joining.list_people(self.actor, self.site_id, joined=True)
        return SiteState(
            site=site,
            outbox=outbox.of_site(self.actor, self.site_id, SHOWN, limit=MOST),
            answers=outbox_answers.of_site(self.actor, self.site_id, SHOWN, limit=MOST),
            groups=site_groups.list_groups(self.actor, self.site_id),
            people=tuple(
                one for one in people if one.state in (SitePersonState.FOUND, SitePersonState.IGNORED)
            ),
        )

    def crumbs(self, state: SiteState) -> tuple[Crumb, ...]:
        """Below the list of sites."""
        return HOME, Crumb("Sites", SitesPlace()), Crumb(state.site.name)

    def show(self, state: SiteState) -> None:
        """Show the numbers and the lists, what is stuck first."""
        notes = (
            (f"{state.outbox.total + state.answers.total:,}", bool(rows.stuck(state.site))),
            (f"{len(state.groups):,}", False),
            (f"{len(state.people):,}", False),
        )
        self.query_one(TabBar).set_tabs(
            [Tab(tab, LABELS[tab], *note) for tab, note in zip(self.TABS, notes, strict=True)]
        )
        for tab in self.TABS:
            self._fill(tab)
        self._pane.reload()
        self.offer()

    def _fill(self, tab: str) -> None:
        """Show what of a list matches its filter."""
        if self.state is None:
            return
        typed = fold(self.filter_of(tab).text)
        found = [row for row in _rows(tab, self.state) if typed in fold(_text(row))]
        shown = self.query_one(f"#{tab}", RowList)
        shown.empty = NOTHING_FOUND if typed else EMPTY[tab]
        shown.set_rows(found)

    @on(FilterBar.Changed)
    def _filtered(self, message: FilterBar.Changed) -> None:
        self._fill(self.tab)

    def offer(self) -> None:
        """Show what fits the row under the cursor, and what is known of it."""
        super().offer()
        self._pane.refresh()

    def watch_tab(self) -> None:
        """Another tab was opened: the pane tells of the row under its cursor."""
        super().watch_tab()
        self._pane.reload()

    # ------------------------------------------------------------------ acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Review is for decisions."""
        if action == "review":
            if self.tab != "outbox":
                return False
            # Before anything was read there is no list to ask.
            return (self.state is not None and isinstance(self.open_list.cursor_row, rows.OutboxLine)) or None
        return super().check_action(action, parameters)

    def action_review(self) -> None:
        """Open the work that a decision is about."""
        row = self.open_list.cursor_row
        if isinstance(row, rows.OutboxLine):
            self.go(ReviewPlace(row.item.user_id, row.item.step_id))

    @on(RowList.Opened)
    @on(RowList.MenuAsked)
    def _row_opened(self) -> None:
        """What can be done with it."""
        menus.show(self, self.site_id, self.open_list.cursor_row)


def _rows(tab: str, state: SiteState) -> Sequence[Row]:
    match tab:
        case "outbox":
            lines: list[Row] = []
            for stuck in (True, False):
                lines += [rows.outbox_line(one) for one in state.outbox.rows if _is_stuck(one) is stuck]
                lines += [rows.answer_line(one) for one in state.answers.rows if _is_stuck(one) is stuck]
            return lines
        case "groups":
            return [rows.group_line(group) for group in state.groups]
        case _:
            # Whom somebody has to be found for comes last: most are proposed, and one key away.
            people = sorted(state.people, key=lambda one: (one.state.value, one.proposed_id is None))
            return [rows.person_line(person) for person in people]


def _is_stuck(one: OutboxItem | OutboxAnswer) -> bool:
    return one.state in rows.STUCK


def _text(row: Row) -> str:
    return " ".join(cell if isinstance(cell, str) else cell.text for cell in row.cells)


def _tell(row: Row) -> Tell | None:
    match row:
        case rows.OutboxLine():
            item = row.item
            return lambda: [passage(line) for line in rows.outbox_parts(item)]
        case rows.AnswerLine():
            answer = row.answer
            return lambda: [passage(line) for line in rows.answer_parts(answer)]
        case rows.SiteGroupLine():
            group = row.group
            return lambda: [passage(line) for line in rows.group_parts(group)]
        case rows.SitePersonLine():
            person = row.person
            return lambda: [passage(line) for line in rows.person_parts(person)]
        case _:
            return None
