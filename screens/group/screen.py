"""Group: its members, its staff, its subgroups, and how all of them are doing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from screens import breadcrumbs, places
from screens.base import ASIDE
from screens.dialogs.ask import Menu
from screens.group import empty, group_pane, member_pane, memberships
from screens.group.excerpt import Excerpt
from screens.group.menus import GroupMenus, add_members, group_items, may_manage
from screens.group.overview import OverviewPane
from screens.group.people import GroupPeople
from screens.group.rows import MEMBERS, ROLE, STAFF, MemberLine, Reasons, Roster
from screens.group.subgroups import SUBGROUPS, SubgroupsTab
from screens.places import Crumb
from screens.row_pane import RowPane, Tell
from screens.tabbed import TabbedScreen
from screens.widgets.detail_pane import DetailPane
from screens.widgets.filter_bar import FilterBar
from screens.widgets.group_tree import CountsNote
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.rows import as_cell
from screens.widgets.queue_views import narrowed
from screens.widgets.tab_bar import Tab, TabBar
from store import group_tree, groups, overview
from store.frozen import dataclass
from store.views import Page
from store.views.account import Viewer
from store.views.arranging import GroupDetail
from store.views.groups import GroupRights, GroupRow
from store.views.overview import Overview, OverviewCounts
from store.views.people import MemberRow

PEOPLE = ("members", "staff")
"""The tabs that list people."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """What Group shows beside its people, who are read in windows.

    `shared` people are in more than one of the groups here. The overview is read while its tab is open.
    """

    detail: GroupDetail
    subgroups: tuple[GroupRow, ...]
    shared: int | None
    overview: Overview | OverviewCounts | None


class GroupScreen(TabbedScreen[GroupState]):
    """One group, in four tabs."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-pane")]
    DEFAULT_CSS = """
    GroupScreen {
        & #body { height: 1fr; }
        & #lists { width: 1fr; height: 1fr; }
        & #members-tab { height: 1fr; }
        & DetailPane.-off { display: none; }
        &.-pane Reasons { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("group.review", "r", "review", "Review", "Review this person's waiting work", show=True),
        # Where they do not all fit the last ones go: the menu of a person has their role as well.
        key("group.add", "a", "add_members", "Add", "Add people to this group", show=True),
        key("group.sort", "s", "sort", "Sort", "Sort members by name or by need", show=True),
        key("group.manage", "m", "manage", "Manage", "Edit, move or delete this group", show=True),
        key("group.role", "e", "role", "Role", "Choose this person's role in the group", show=True),
        key("group.new", "n", "new_group", "New subgroup", "Make a group below this one", show=True),
        key("group.menu", "M,f9", "group_menu", "More", "The menu of the group"),
        key("group.members", "1", "tab('members')", "Members", "The group's members"),
        key("group.staff", "2", "tab('staff')", "Staff", "The group's mentors and leaders"),
        key("group.below", "3", "tab('subgroups')", "Subgroups", "The groups right below this one"),
        key("group.overview", "4", "tab('overview')", "Overview", "The group in numbers"),
    ]
    UNCONCERNED = ASIDE
    TABS = (*PEOPLE, "subgroups", "overview")
    OFFERED = ("role", "review")

    def __init__(self, place: places.GroupPlace) -> None:
        super().__init__()
        self.place = place
        self.group_id = place.group_id
        self.start_at(place.tab, "members")
        self.people = GroupPeople(self, self.group_id)
        self.subgroups = SubgroupsTab(self, self.group_id)
        self.menus = GroupMenus(self, made=self._group_made)
        self._pane = RowPane(self, self._row_under_cursor, self._tell)

    def compose_body(self) -> ComposeResult:
        """What the group is for, the tabs, and the list of each."""
        yield Excerpt(id="description")
        yield TabBar([Tab(tab, tab.capitalize()) for tab in self.TABS])
        yield FilterBar("#members", "filter by name or email", id="filter-members")
        yield FilterBar("#staff", "filter by name or email", id="filter-staff")
        yield FilterBar("#subgroups", "filter by name", id="filter-subgroups")
        with Horizontal(id="body"):
            with Vertical(id="lists"):
                with Vertical(id="members-tab"):
                    yield Roster(MEMBERS, id="members")
                    yield Reasons()
                yield Roster(STAFF, id="staff")
                yield RowList(SUBGROUPS, menu=True, header=True, id="subgroups")
                yield CountsNote(id="counts")
                yield OverviewPane("overview", id="overview-tab")
            yield DetailPane()

    def on_mount(self) -> None:
        """Open the tab that was asked for."""
        self.show_tab()
        self.set_focus(self.query_one(f"#{self.tab}"))

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> GroupState:
        """The group itself, its subgroups, and the overview where that is shown."""
        below = group_tree.subgroups(self.actor, self.group_id)
        return GroupState(
            groups.detail(self.actor, self.group_id),
            below,
            group_tree.shared(self.actor, self.group_id) if below else 0,
            overview.at_once(self.actor, self.group_id) if self.tab == "overview" else None,
        )

    def watch_tab(self) -> None:
        """Another tab was opened: the overview is read when it is to be seen."""
        super().watch_tab()
        if self.tab == "overview":
            show = partial(self.query_one(OverviewPane).show_first, self, self.group_id)
            find = partial(overview.at_once, self.actor, self.group_id)
            self.read(find, show, group="overview", failed=self._gone, opens=True)
        else:
            self.offer()

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """Its people, read as they come into view."""
        return {
            "members": self.people.members(self.filter_of("members").text, self._generation),
            "staff": self.people.staff(self.filter_of("staff").text, roles=self.rights.change_roles),
        }

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Tell the list of members that rows were read."""
        if rows.id == "members":
            self.people.rows_came(rows, page)

    def crumbs(self, state: GroupState) -> tuple[Crumb, ...]:
        """The groups above it that are in sight."""
        return breadcrumbs.crumbs(state.detail.path)

    def show(self, state: GroupState) -> None:
        """Show what was read; the lists of people read themselves."""
        detail = state.detail
        self.query_one(Excerpt).show(detail.description)
        tabs = self.query_one(TabBar)
        numbers = {
            "members": f"{detail.people - detail.staff:,}",
            "staff": f"{detail.staff:,}",
            "subgroups": f"{detail.subgroups:,}",
        }
        tabs.set_tabs([Tab(tab, tab.capitalize(), numbers.get(tab, "")) for tab in self.TABS])
        tabs.set_menu("… More" if group_items(detail.rights) else "")
        self.subgroups.show(state.subgroups, self.filter_of("subgroups").text, state.shared)
        self.show_tab()
        self._say_why_empty()
        if state.overview is not None:
            self.query_one(OverviewPane).show_first(self, self.group_id, state.overview)
        self._pane.reload()
        self.offer()

    def offer(self) -> None:
        """Show what fits the row under the cursor, and what is known of it."""
        super().offer()
        self._pane.refresh()
        line = self.query_one("#members", Roster).line
        self.query_one(Reasons).show(line.flags if line else ())

    def _row_under_cursor(self) -> Row | None:
        return None if self.tab == "overview" else self.open_list.cursor_row

    def _tell(self, row: Row) -> Tell | None:
        """How to read about the person or the subgroup under the cursor."""
        if isinstance(row, MemberLine):
            return member_pane.tell(self.actor, row)
        return group_pane.tell(self.actor, row.key) if isinstance(row.key, int) else None

    def show_tab(self) -> None:
        """Show the list of the open tab, and below the subgroups what their numbers count."""
        super().show_tab()
        self.query_one(DetailPane).set_class(self.tab == "overview", "-off")
        self.query_one(CountsNote).display = self.tab == "subgroups" and self.subgroups.is_explained

    def _say_why_empty(self) -> None:
        reasons = empty.reasons(self, self.state.detail) if self.state is not None else {}
        for tab, text in reasons.items():
            typed = self.filter_of(tab).text
            found = f"Nothing here matches “{typed}”.\n\nEsc clears the filter."
            self.query_one(f"#{tab}", RowList).empty = found if typed else text

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        """Show what has this in its name."""
        self._say_why_empty()
        tab = str(message.input.id).removeprefix("filter-")
        if tab in PEOPLE:
            self.reset_list(tab)
        else:
            self.subgroups.filter(message.text)

    # ------------------------------------------------------------ what is offered

    @property
    def group_name(self) -> str:
        """What the group is called."""
        return self.state.detail.name if self.state else ""

    @property
    def rights(self) -> GroupRights:
        """What the viewer may do here, as it was last read."""
        return self.state.detail.rights if self.state else GroupRights()

    @property
    def member(self) -> MemberRow | None:
        """The person under the cursor."""
        # Keys are asked for before there is a list, too.
        if self.tab not in PEOPLE or not self.is_mounted:
            return None
        return self.query_one(f"#{self.tab}", Roster).member

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
                return rights.change_roles and self.tab in PEOPLE and (member is not None or None)
            case "review":
                waits = member is not None and member.may_open and member.waiting > 0
                return self.tab in PEOPLE and (waits or None)
            case "sort":
                return self.tab == "members"
            case "filter":
                return self.tab != "overview"
        return super().check_action(action, parameters)

    # ------------------------------------------------------------------- people

    @on(RowList.Opened, "#members, #staff")
    def action_profile(self) -> None:
        """Open the person under the cursor."""
        if self.member:
            memberships.open_member(self, self.group_id, self.member)

    def action_review(self) -> None:
        """Show the waiting work of the person under the cursor."""
        if self.member:
            memberships.open_member(self, self.group_id, self.member, "review")

    def action_role(self) -> None:
        """Choose the role of the person under the cursor."""
        if self.member and self.state:
            memberships.role_menu(self, self.state.detail, self.member)

    @on(RowList.MenuAsked, "#members, #staff")
    def action_member_menu(self) -> None:
        """Show what can be done with the person under the cursor."""
        if self.member and self.state:
            memberships.member_menu(self, self.state.detail, self.member)

    @on(RowList.CellChosen, "#members, #staff")
    def _cell_chosen(self, message: RowList.CellChosen) -> None:
        if message.target == ROLE:
            self.action_role()
        else:
            self.action_review()

    def action_sort(self) -> None:
        """Sort members by need, or by name again."""
        self.people.turn_sort()

    # --------------------------------------------------------------- this group

    @on(TabBar.MenuChosen)
    @work(exit_on_error=False)
    async def action_group_menu(self) -> None:
        """Show what can be done with the group itself."""
        chosen = await self.ask(Menu(self.group_name, group_items(self.rights)))
        if chosen is not None:
            await self.run_action(chosen)

    def action_add_members(self) -> None:
        """Add people to the group."""
        add_members(self, self.group_id, self.group_name)

    def action_manage(self) -> None:
        """Edit, move or delete the group."""
        self.menus.manage(self.group_id)

    def action_new_group(self) -> None:
        """Make a group below this one."""
        self.menus.make(self.group_id)

    @on(RowList.Opened, "#overview")
    def _open_course(self, message: RowList.Opened) -> None:
        """A course leads to the work that waits in it."""
        row = self.open_list.row_at(message.key)
        if row is not None:
            course = as_cell(row.cells[0]).text
            self.go(places.QueuePlace(narrowed(course=course, group=self.group_name)))

    # ------------------------------------------------------------- subgroups

    def _group_made(self, group_id: int, above: tuple[int, ...]) -> None:
        if self.subgroups.aim(group_id, above):
            self.tab = "subgroups"
            self.subgroups.filter(self.filter_of("subgroups").text)

    @on(RowList.Opened, "#subgroups")
    def _open_subgroup(self, message: RowList.Opened) -> None:
        if isinstance(message.key, int):
            self.go(places.GroupPlace(message.key))

    @on(RowList.MenuAsked, "#subgroups")
    def _subgroup_menu(self, message: RowList.MenuAsked) -> None:
        if group := self.subgroups.group(message.key):
            self.menus.show(group)
