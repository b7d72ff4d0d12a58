"""Community: everybody and every group in sight, in two tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import places
from screens.base import HOME
from screens.community.availability import Availability
from screens.dialogs.ask import Menu, MenuItem
from screens.group.menus import GroupFlows
from screens.people import rows as people_rows
from screens.people.actions import PeopleFlows, add_people
from screens.places import Crumb, GroupPlace
from screens.store_access import FORMS
from screens.tabbed import TabbedScreen
from screens.widgets.filter_bar import FilterBar
from screens.widgets.group_tree import CountsNote, GroupTree
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.tab_bar import Tab, TabBar
from store import account, group_tree, groups, people
from store.errors import NotFoundError
from store.reports import Report
from store.views import Page
from store.views.account import AccountView, Viewer
from store.views.arranging import GroupDetail
from store.views.groups import GroupRow
from store.views.people import AddedPeople

REPORTS: dict[str, Report] = {"groups_report": "groups", "memberships_report": "memberships"}


@dataclass(frozen=True, slots=True)
class CommunityState:
    """What Community shows beside the people, who are read in windows.

    `people` and `groups` are how many are in sight; `typed` is the filter that `tree` was read with.
    """

    account: AccountView
    people: int = 0
    groups: int = 0
    tree: tuple[GroupRow, ...] = ()
    typed: str = ""


class CommunityScreen(GroupFlows, PeopleFlows, TabbedScreen[CommunityState]):
    """The tree of groups, and the list of people; while the account has neither, what they are."""

    CSS_PATH = FORMS

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "community.review",
            "r",
            "review",
            "Review",
            "What waits for review of this person",
            show=True,
        ),
        key("community.expand-all", "E,asterisk", "expand_all", "Expand all", "Open every group up"),
        key(
            "community.collapse-all",
            "C,minus",
            "collapse_all",
            "Collapse all",
            "Show the topmost groups only",
        ),
        key(
            "community.add-from-a-list",
            "A",
            "add_list",
            "Add from a list",
            "Add people from a pasted list",
        ),
        key("community.more", "f9", "page_menu", "More", "Reports, settings, and the whole tree"),
        key("community.people", "1", "tab('people')", "People", "Everybody in sight"),
        # c leads here from everywhere; here it need not be offered at the bottom.
        key("community.groups", "2,c", "tab('groups')", "Groups", "The tree of groups"),
    ]
    TABS = ("people", "groups")
    OFFERED = (*GroupFlows.OF_ONE, "review")

    def __init__(self, place: places.CommunityPlace) -> None:
        super().__init__()
        self.place = place
        self.start_at(place.tab, "groups")
        self._typed = ""
        self._new: int | None = None
        self._new_at: int | None = None

    def compose_body(self) -> ComposeResult:
        """The tabs, and the list of each."""
        yield TabBar([Tab("people", "People"), Tab("groups", "Groups")])
        yield FilterBar("#people", "filter by name or email", id="filter-people")
        yield FilterBar("#groups", "filter by name", id="filter-groups")
        yield RowList(people_rows.COLUMNS, menu=True, header=True, id="people")
        yield GroupTree(id="groups")
        yield CountsNote(id="counts")
        yield Availability()

    def on_mount(self) -> None:
        """Show what is known already."""
        self.show_tab()
        if self.has_tabs:
            self.set_focus(self.query_one(f"#{self.tab}"))

    # ------------------------------------------------------------------ reading

    @property
    def has_tabs(self) -> bool:
        """Whether the account has Community, as of the last look."""
        return (self.state.account if self.state else self.host.viewer.account).community_on

    def fetch(self, viewer: Viewer) -> CommunityState:
        """The numbers and the tree; without Community only what the account has."""
        now = viewer.account
        if not now.community_on:
            return CommunityState(now)
        in_sight = people.count(self.actor)
        typed, opened = self._typed, self.host.opened_groups
        tree = group_tree.tree(self.actor, opened or (), typed)
        if opened is None and not typed and len(tree) == 1:
            # A single group at the top says little: it is opened up at the first look.
            tree = group_tree.tree(self.actor, [tree[0].id])
        return CommunityState(now, in_sight, group_tree.count(self.actor), tree, typed)

    def show_tab(self) -> None:
        """Show the list of the open tab, and the sign for the menu where it has anything."""
        super().show_tab()
        self.query_one(CountsNote).display = self.lists_groups and self._has_subgroups
        self.query_one(TabBar).set_menu("… More" if self.check_action("page_menu", ()) else "")

    @property
    def _has_subgroups(self) -> bool:
        return self.state is not None and any(row.has_subgroups for row in self.state.tree)

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """People, read as they come into view."""
        return {"people": partial(self._people, self.filter_of("people").text)} if self.has_tabs else {}

    def _people(self, typed: str, offset: int, limit: int) -> Page[Row]:
        page = people.list_people(self.actor, typed, offset, limit)
        return Page(tuple(people_rows.person_row(row) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: CommunityState) -> tuple[Crumb, ...]:
        """One step from Home."""
        return (HOME, Crumb("Community", self.place))

    def show(self, state: CommunityState) -> None:
        """Show the numbers and the tree; people read themselves. Who has no part here any more leaves."""
        viewer = self.host.viewer
        self.query_one(Availability).display = not self.has_tabs and viewer.is_admin
        self.show_tab()
        if not viewer.has_community:
            self._gone(NotFoundError())
            return
        self.query_one(Availability).show(state.account)
        if self.host.opened_groups is None and self.has_tabs and not state.typed:
            self.host.opened_groups = frozenset(row.parent_id for row in state.tree if row.parent_id)
        numbers = {"people": state.people, "groups": state.groups}
        self.query_one(TabBar).set_tabs(
            [Tab(tab, tab.capitalize(), f"{numbers[tab]:,}") for tab in self.TABS]
        )
        self.query_one(GroupTree).show(state.tree, self.opened, state.typed)
        self._say_why_empty()
        self.offer()
        if self.focused not in self.focus_chain:
            self.set_focus(next(iter(self.focus_chain), None))

    def _say_why_empty(self) -> None:
        """Why a list is empty, and what to do next."""
        may_arrange = self.host.viewer.may_create_groups
        reasons = {
            "groups": "No groups yet."
            + (f"\n\nPress {shown_key(self, 'n')} to make the first one." if may_arrange else ""),
            "people": "Nobody is here yet."
            + (f"\n\nPress {shown_key(self, 'a')} on a group to add people." if may_arrange else ""),
        }
        new = f" {shown_key(self, 'a')} adds a new person." if self.host.viewer.may_manage_people else ""
        for tab, reason in reasons.items():
            typed = self.filter_of(tab).text
            found = f"Nothing here matches “{typed}”.\n\nEsc shows everything again."
            found += new if tab == "people" else ""
            self.query_one(f"#{tab}", RowList).empty = found if typed else reason

    @on(FilterBar.Changed, "#filter-people")
    def _filter_people(self) -> None:
        self._say_why_empty()
        self.reset_list("people")

    @on(FilterBar.Changed, "#filter-groups")
    def _filter_groups(self, message: FilterBar.Changed) -> None:
        """Read what matches. When the filter goes, the group under the cursor stays in sight."""
        if self._typed and not message.text and self.group is not None:
            self._reveal(self.group.id, self.query_one(GroupTree).above(self.group.id))
        self._typed = message.text
        self.action_reload()

    # ------------------------------------------------------------------ the tree

    @property
    def group(self) -> GroupRow | None:
        """The group under the cursor."""
        return self.query_one(GroupTree).group if self.tab == "groups" else None

    @property
    def opened(self) -> frozenset[int]:
        """The groups that are open."""
        return self.host.opened_groups or frozenset()

    def _set_opened(self, opened: frozenset[int]) -> None:
        self.host.opened_groups = opened
        self.action_reload()

    def _reveal(self, group_id: int, above: tuple[int, ...]) -> None:
        """Open what is above a group, and put the cursor on it once that was read."""
        self.host.opened_groups = self.opened.union(above)
        self.query_one(GroupTree).aim(group_id)

    def group_made(self, group_id: int, above: tuple[int, ...]) -> None:
        """Show a new group where it is, whatever the filter."""
        self._typed = self.filter_of("groups").value = ""
        self.tab = "groups"
        self._reveal(group_id, above)
        self.action_reload()

    def group_changed(self, group_id: int) -> None:
        """Keep a group in sight, wherever it went."""

        def follow(detail: GroupDetail) -> None:
            self._reveal(group_id, tuple(step.id for step in detail.path[:-1]))
            self.action_reload()

        self.read(lambda: groups.detail(self.actor, group_id), follow, group="follow")

    @on(RowList.Toggled, "#groups")
    def _toggle(self, message: RowList.Toggled) -> None:
        key = frozenset({message.key}) if isinstance(message.key, int) else frozenset()
        self._set_opened(self.opened | key if message.expand else self.opened - key)

    def action_expand_all(self) -> None:
        """Open every group up."""
        tree = self.query_one(GroupTree)
        if tree.filtered:
            tree.fold_found(close=False)
        else:
            self.read(
                lambda: group_tree.tree(self.actor, None),
                lambda found: self._set_opened(frozenset(row.id for row in found if row.has_subgroups)),
                group="expand",
            )

    def action_collapse_all(self) -> None:
        """Show the topmost groups only; the cursor goes to the one it was below."""
        tree = self.query_one(GroupTree)
        above = tree.above(self.group.id) if self.group else ()
        tree.aim(above[-1] if above else None)
        if tree.filtered:
            tree.fold_found(close=True)
        else:
            self._set_opened(frozenset())

    # -------------------------------------------------------------- what is offered

    @property
    def lists_groups(self) -> bool:
        """Whether the tree is what is on screen."""
        return self.has_tabs and self.tab == "groups"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what belongs to the open tab."""
        match action:
            case "expand_all" | "collapse_all":
                return self.lists_groups
            case "page_menu":
                return self.lists_groups or self.host.viewer.may_report
            case "add_members" | "manage" | "add_list" if not self.lists_groups:
                may = self.has_tabs and self.host.viewer.may_manage_people
                return may and (action != "manage" or self.person is not None or None)
            case "add_list":
                return False
            case "review":
                waits = self.person is not None and self.person.waiting > 0
                return self.has_tabs and self.tab == "people" and (waits or None)
        return super().check_action(action, parameters)

    @on(RowList.Opened, "#groups")
    def _open_group(self, message: RowList.Opened) -> None:
        if isinstance(message.key, int):
            self.go(GroupPlace(message.key))

    @on(RowList.MenuAsked, "#groups")
    def _group_menu(self) -> None:
        if self.group is not None:
            self.group_menu(self.group)

    # -------------------------------------------------------------------- people

    def action_add_members(self) -> None:
        """Add people to the account, or to the group under the cursor."""
        if self.lists_groups:
            super().action_add_members()
        else:
            add_people(self, self.filter_of("people").text)

    def action_manage(self) -> None:
        """Edit or deactivate the person under the cursor, or manage the group."""
        if self.lists_groups:
            super().action_manage()
        elif self.person is not None:
            self.manage_person(self.person.id)

    def action_add_list(self) -> None:
        """Add the people of a pasted list."""
        add_people(self, several=True)

    def people_added(self, added: AddedPeople) -> None:
        """Put the cursor on who is new, whatever the filter."""
        bar = self.filter_of("people")
        self.tab = "people"
        self._new = added.ids[0]

        def found(at: int | None) -> None:
            if at is None:
                bar.value = ""
                self.read(lambda: people.position(self.actor, added.ids[0]), found, group="follow")
            else:
                self._new_at = at
                self.query_one("#people", RowList).go_to(at)

        self.read(lambda: people.position(self.actor, added.ids[0], bar.text), found, group="follow")

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Where the list was read anew, who is new may be further down than it reached."""
        if rows.id == "people" and self._new_at is not None:
            rows.go_to(self._new_at)
            if rows.cursor_key == self._new:
                self._new_at = None

    # ---------------------------------------------------------- the whole screen

    def on_tab_bar_menu_chosen(self) -> None:
        """The sign for the menu was clicked."""
        self.action_page_menu()

    @work(exit_on_error=False)
    async def action_page_menu(self) -> None:
        """Reports and settings for admins, and the whole tree for everybody."""
        items = []
        if self.check_action("add_list", ()):
            items.append(MenuItem("add_members", "Add a person…", "a"))
            items.append(MenuItem("add_list", "Add people from a list…", "A"))
        items += [MenuItem(item, f"{kind.capitalize()} report…") for item, kind in REPORTS.items()]
        items.append(MenuItem("settings", "Account settings…"))
        if not self.host.viewer.may_report:
            items.clear()
        if self.tab == "groups":
            items.append(MenuItem("expand_all", "Expand all", "E"))
            items.append(MenuItem("collapse_all", "Collapse all", "C"))
        chosen = await self.ask(Menu("Community", items))
        if chosen in REPORTS:
            self._take_report(REPORTS[chosen])
        elif chosen == "settings":
            self._change_settings()
        elif chosen is not None:
            await self.run_action(chosen)

    @work(exit_on_error=False)
    async def _take_report(self, report: Report) -> None:
        from screens.community.take_report import ReportWritten, TakeReport  # noqa: PLC0415 - costs nothing until one is taken

        away = self.host.away
        written = await self.ask(TakeReport(report, away))
        if written is not None:
            await self.ask(ReportWritten(report, written, away))

    @work(exit_on_error=False)
    async def _change_settings(self) -> None:
        from screens.community.settings import AccountSettings  # noqa: PLC0415 - as the dialog above

        await self.ask(AccountSettings())

    def on_availability_applied(self) -> None:
        """Ask to take part in the beta."""
        self.write(
            lambda: account.apply_for_beta(self.actor),
            lambda _: self.say("Applied for the beta of Community."),
        )
