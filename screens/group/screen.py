"""Group: its people, the groups right below it, and how all of them are doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from screens import breadcrumbs, places
from screens.dialogs.ask import Menu
from screens.group import roster
from screens.group.excerpt import Excerpt
from screens.group.memberships import MemberFlows
from screens.group.menus import GroupDialogs, group_items, may_manage
from screens.group.overview import OverviewPane
from screens.group.people import GroupPeople
from screens.group.roster import Reasons, Roster
from screens.group.subgroup_rows import SUBGROUPS, subgroup_row
from screens.places import Crumb
from screens.tabbed import TabbedScreen
from screens.widgets.filter_bar import FilterBar
from screens.widgets.group_tree import CountsNote
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.rows import as_cell
from screens.widgets.queue_views import narrowed
from screens.widgets.tab_bar import Tab, TabBar
from store import group_tree, groups, overview
from store.errors import MusterError
from store.text import fold
from store.views import Page
from store.views.account import Viewer
from store.views.arranging import GroupDetail
from store.views.groups import GroupRights, GroupRow
from store.views.overview import Overview
from store.views.people import MemberRow

# The first one counts staff and members, as its list and Manage do.
TITLES = {"members": "People", "subgroups": "Subgroups", "overview": "Overview"}


@dataclass(frozen=True, slots=True)
class GroupState:
    """What Group shows beside its people, who are read in windows.

    The overview is read while its tab is open.
    """

    detail: GroupDetail
    subgroups: tuple[GroupRow, ...]
    overview: Overview | None


class GroupScreen(TabbedScreen[GroupState], GroupDialogs, MemberFlows, GroupPeople):
    """One group, in three tabs."""

    DEFAULT_CSS = "GroupScreen #members-tab { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("group.review", "r", "review", "Review", "What waits for review of this person", show=True),
        # Where they do not all fit the last ones go: the menu of a person has their role as well.
        key("group.add", "a", "add_members", "Add", "Add people to this group", show=True),
        key("group.manage", "m", "manage", "Manage", "Edit, nest or delete this group", show=True),
        key("group.role", "e", "role", "Role", "Choose this person's role in the group", show=True),
        key("group.new", "n", "new_group", "New below", "Make a group below this one", show=True),
        key("group.menu", "M,f9", "group_menu", "More", "The menu of the group"),
        key("group.members", "1", "tab('members')", "Members", "Its people"),
        key("group.below", "2", "tab('subgroups')", "Subgroups", "Those below it"),
        key("group.overview", "3", "tab('overview')", "Overview", "In numbers"),
    ]
    TABS = ("members", "subgroups", "overview")
    OFFERED = ("role", "review")

    def __init__(self, place: places.GroupPlace) -> None:
        super().__init__()
        self.place = place
        self.group_id = place.group_id
        self.start_at(place.tab, "members")
        self._deleted_here = False
        self._made: int | None = None

    def compose_body(self) -> ComposeResult:
        """What the group is for, the tabs, and the list of each."""
        yield Excerpt(id="description")
        yield TabBar([Tab(tab, TITLES[tab]) for tab in self.TABS])
        yield FilterBar("#members", "filter by name or email", id="filter-members")
        yield FilterBar("#subgroups", "filter by name", id="filter-subgroups")
        with Vertical(id="members-tab"):
            yield Roster(id="members")
            yield Reasons()
        yield RowList(SUBGROUPS, menu=True, header=True, id="subgroups")
        yield CountsNote(id="counts")
        yield OverviewPane("overview", id="overview-tab")

    def on_mount(self) -> None:
        """Open the tab that was asked for."""
        self.show_tab()
        self.set_focus(self.query_one(f"#{self.tab}"))

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> GroupState:
        """The group itself, the groups below it, and the overview where that is what is looked at."""
        return GroupState(
            groups.detail(self.actor, self.group_id),
            group_tree.subgroups(self.actor, self.group_id),
            overview.of_group(self.actor, self.group_id) if self.tab == "overview" else None,
        )

    def watch_tab(self) -> None:
        """Another tab was opened: the overview is read when it is to be seen."""
        super().watch_tab()
        if self.tab == "overview":
            self.read(
                lambda: overview.of_group(self.actor, self.group_id),
                self.query_one(OverviewPane).show,
                group="overview",
                failed=self._gone,
            )

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """Its people, read as they come into view."""
        return {"members": self.people_window(self.filter_of("members").text, roles=self.rights.change_roles)}

    def crumbs(self, state: GroupState) -> tuple[Crumb, ...]:
        """The groups above it that are in sight."""
        return breadcrumbs.crumbs(state.detail.path)

    def show(self, state: GroupState) -> None:
        """Show what was read; the list of people reads itself."""
        detail = state.detail
        self.query_one(Excerpt).show(detail.description)
        tabs = self.query_one(TabBar)
        numbers = {"members": f"{detail.people:,}", "subgroups": f"{detail.subgroups:,}"}
        tabs.set_tabs([Tab(tab, TITLES[tab], numbers.get(tab, "")) for tab in self.TABS])
        tabs.set_menu("… More" if group_items(detail.rights) else "")
        self._show_subgroups()
        self._say_why_empty()
        if state.overview is not None:
            self.query_one(OverviewPane).show(state.overview)
        self.offer()

    def offer(self) -> None:
        """Say what fits the row under the cursor, and why that person is flagged."""
        super().offer()
        self.say_reasons()

    def show_tab(self) -> None:
        """Show the list of the open tab, and below the subgroups what their numbers count."""
        super().show_tab()
        below = self.state.subgroups if self.state is not None else ()
        nested = any(row.has_subgroups for row in below)
        self.query_one(CountsNote).display = self.tab == "subgroups" and nested

    def _show_subgroups(self) -> None:
        if self.state is not None:
            self.show_tab()
            wanted = fold(self.filter_of("subgroups").text)
            rows = [subgroup_row(row) for row in self.state.subgroups if wanted in fold(row.name)]
            below = self.query_one("#subgroups", RowList)
            below.set_rows(rows)
            if self._made is not None and below.move_to(self._made):
                self._made = None

    def _say_why_empty(self) -> None:
        rights = self.rights
        keys = shown_key(self, "a"), shown_key(self, "n")
        add = f"Press {keys[0]} to add people." if rights.add_members else "Its leaders add people."
        below = (
            f"There are no groups below this one.\n\nPress {keys[1]} to make one."
            if rights.create_subgroup
            else "There are no groups below this one that you lead or mentor."
        )
        nobody = "Nobody is in this group yet."
        if self.state is not None and self.state.subgroups:
            nobody = f"Nobody is in this group itself. Its subgroups are under {shown_key(self, '2')}."
        why = {
            "members": f"{nobody}\n\n{add}",
            "subgroups": below,
        }
        for tab, text in why.items():
            if typed := self.filter_of(tab).text:
                text = f"Nothing here matches “{typed}”.\n\nEsc shows everything again."
            self.query_one(f"#{tab}", RowList).empty = text

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Show what has this in its name."""
        self._say_why_empty()
        if message.input.id == "filter-members":
            self.reset_list("members")
        else:
            self._show_subgroups()

    # ------------------------------------------------------------ what is offered

    @property
    def group_name(self) -> str:
        """What the group is called."""
        return self.state.detail.name if self.state else ""

    @property
    def rights(self) -> GroupRights:
        """What the viewer may do here, as of the last look."""
        return self.state.detail.rights if self.state else GroupRights()

    @property
    def member(self) -> MemberRow | None:
        """The person under the cursor."""
        # Keys are asked for before there is a list, too.
        if self.tab != "members" or not self.is_mounted:
            return None
        return self.query_one(Roster).member

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the viewer may do, and grey what does not fit the person under the cursor."""
        rights, member = self.rights, self.member
        match action:
            case "add_members":
                return rights.add_members
            case "manage":
                return may_manage(rights)
            case "new_group":
                return rights.create_subgroup
            case "group_menu":
                return bool(group_items(rights))
            case "role":
                return rights.change_roles and self.tab == "members" and (member is not None or None)
            case "review":
                waits = member is not None and member.may_open and member.waiting > 0
                return self.tab == "members" and (waits or None)
            case "sort":
                return self.tab == "members"
            case "filter":
                return self.tab != "overview"
        return super().check_action(action, parameters)

    # ------------------------------------------------------------------- deeds

    @on(RowList.Opened, "#members")
    def action_profile(self) -> None:
        """Open the person under the cursor."""
        if self.member:
            self.open_member(self.member)

    def action_review(self) -> None:
        """What waits for review of the person under the cursor."""
        if self.member:
            self.open_member(self.member, "review")

    def action_role(self) -> None:
        """Choose the role of the person under the cursor."""
        if self.member:
            self.role_menu(self.member)

    @on(RowList.MenuAsked, "#members")
    def action_member_menu(self) -> None:
        """Everything that can be done with the person under the cursor."""
        if self.member:
            self.member_menu(self.member)

    @on(RowList.CellChosen, "#members")
    def _cell_chosen(self, message: RowList.CellChosen) -> None:
        if message.target == roster.ROLE:
            self.action_role()
        else:
            self.action_review()

    # --------------------------------------------------------------- this group

    def on_tab_bar_menu_chosen(self) -> None:
        """The sign for the group's menu was clicked."""
        self.action_group_menu()

    @work(exit_on_error=False)
    async def action_group_menu(self) -> None:
        """What can be done with the group itself."""
        chosen = await self.ask(Menu(self.group_name, group_items(self.rights)))
        if chosen is not None:
            await self.run_action(chosen)

    def action_add_members(self) -> None:
        """Add people to the group."""
        self.add_people(self.group_id, self.group_name)

    def action_manage(self) -> None:
        """Edit, nest or delete the group."""
        self.manage_group(self.group_id)

    def action_new_group(self) -> None:
        """Make a group below this one."""
        self.make_group(self.group_id)

    def group_deleted(self, group_id: int) -> None:
        """What is not there any more is left without a word, as soon as it is not found."""
        self._deleted_here = group_id == self.group_id

    def _gone(self, error: MusterError) -> None:
        """Leave the screen of a group that is not there any more."""
        if not self._deleted_here:
            super()._gone(error)
        elif self.on_top:
            self.app.pop_screen()

    @on(RowList.Opened, "#overview")
    def _open_course(self, message: RowList.Opened) -> None:
        """A course leads to what waits in it."""
        row = self.open_list.row_at(message.key)
        if row is not None:
            course = as_cell(row.cells[0]).text
            self.go(places.QueuePlace(narrowed(course=course, group=self.group_name)))

    # ------------------------------------------------------------- groups below

    def group_made(self, group_id: int, above: tuple[int, ...]) -> None:
        """Put the cursor on a new group, if it is below this one, as soon as it is there."""
        if above and above[-1] == self.group_id:
            self._made = group_id
            self.tab = "subgroups"
            self._show_subgroups()

    @on(RowList.Opened, "#subgroups")
    def _open_subgroup(self, message: RowList.Opened) -> None:
        if isinstance(message.key, int):
            self.go(places.GroupPlace(message.key))

    @on(RowList.MenuAsked, "#subgroups")
    def _subgroup_menu(self, message: RowList.MenuAsked) -> None:
        if self.state is not None:
            self.group_menu(next(row for row in self.state.subgroups if row.id == message.key))
