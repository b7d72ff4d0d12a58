"""Community: everybody and every group in sight, in two tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from screens import places
from screens.base import ASIDE, HOME
from screens.community import empty, person_pane
from screens.community.availability import Availability
from screens.community.groups_tab import GroupsTab
from screens.community.page_menu import page_menu
from screens.community.people_tab import PeopleTab
from screens.group import group_pane
from screens.group.menus import GroupMenus, add_members, may_manage
from screens.people import rows as people_rows
from screens.people.actions import add_people, manage_person, person_menu
from screens.places import Crumb, GroupPlace, MemberPlace
from screens.row_pane import RowPane, Tell
from screens.store_access import FORMS
from screens.tabbed import TabbedScreen
from screens.widgets.detail_pane import DetailPane
from screens.widgets.filter_bar import FilterBar
from screens.widgets.group_tree import CountsNote, GroupTree
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.tab_bar import Tab, TabBar
from store import account, group_tree, people
from store.errors import NotFoundError
from store.frozen import dataclass
from store.views import Page
from store.views.account import AccountView, Viewer
from store.views.groups import GroupRights, GroupRow
from store.views.people import AddedPeople, PersonRow


@dataclass(frozen=True, slots=True)
class CommunityState:
    """What Community shows beside the people, who are read in windows.

    `people` and `groups` are how many are in sight, `shared` is how many people are in more than one of
    the groups; `typed` is the filter that `tree` was read with.
    """

    account: AccountView
    people: int = 0
    groups: int = 0
    tree: tuple[GroupRow, ...] = ()
    typed: str = ""
    shared: int | None = 0


class CommunityScreen(TabbedScreen[CommunityState]):
    """The tree of groups, and the list of people; where groups are not turned on, what they are."""

    CSS_PATH = FORMS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-pane")]
    DEFAULT_CSS = """
    CommunityScreen {
        & #body { height: 1fr; }
        & #lists { width: 1fr; height: 1fr; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("groups.new", "n", "new_group", "New group", "Make a group", show=True),
        key("groups.add", "a", "add_members", "Add people", "To this group, or the account", show=True),
        key("groups.manage", "m", "manage", "Manage", "Manage this group or person", show=True),
        key("community.review", "r", "review", "Review", "Review this person's waiting work", show=True),
        key("community.expand-all", "E,asterisk", "expand_all", "Expand all", "Open every group"),
        key("community.collapse-all", "C,minus", "collapse_all", "Collapse all", "Close every group"),
        key("community.add-from-a-list", "A", "add_list", "Add from a list", "Paste a list of people"),
        key("community.more", "f9", "page_menu", "More", "Reports, settings, and the whole tree"),
        key("community.people", "1", "tab('people')", "People", "Everybody in sight"),
        # c leads here from everywhere; here it need not be offered at the bottom.
        key("community.groups", "2,c", "tab('groups')", "Groups", "The tree of groups"),
    ]
    UNCONCERNED = ASIDE
    TABS = ("people", "groups")
    OFFERED = ("add_members", "manage", "review")

    def __init__(self, place: places.CommunityPlace) -> None:
        super().__init__()
        self.place = place
        self.start_at(place.tab, "groups")
        self.groups = GroupsTab(self)
        self.people = PeopleTab(self)
        self._pane = RowPane(self, self._row_under_cursor, self._tell)
        self.menus = GroupMenus(self, made=self._group_made, changed=self.groups.follow)

    def compose_body(self) -> ComposeResult:
        """The tabs, and the list of each."""
        yield TabBar([Tab("people", "People"), Tab("groups", "Groups")])
        yield FilterBar("#people", "filter by name or email", id="filter-people")
        yield FilterBar("#groups", "filter by name", id="filter-groups")
        with Horizontal(id="body"):
            with Vertical(id="lists"):
                yield RowList(people_rows.COLUMNS, menu=True, header=True, id="people")
                yield GroupTree(id="groups")
                yield CountsNote(id="counts")
            yield DetailPane()
        yield Availability()

    def on_mount(self) -> None:
        """Show what is known already; whether groups are turned on is known when the account was read."""
        self.query_one(Availability).display = False
        self.show_tab()
        if self.has_tabs:
            self.set_focus(self.query_one(f"#{self.tab}"))

    # ------------------------------------------------------------------ reading

    @property
    def has_tabs(self) -> bool:
        """Whether groups are turned on for the account, as it was last read."""
        return (self.state.account if self.state else self.host.viewer.account).community_on

    def fetch(self, viewer: Viewer) -> CommunityState:
        """The numbers and the tree; where groups are not turned on, only the account."""
        now = viewer.account
        if not now.community_on:
            return CommunityState(now)
        typed = self.groups.typed
        counts = people.count(self.actor), group_tree.count(self.actor)
        tree, shared = self.groups.fetch(typed), group_tree.shared(self.actor)
        return CommunityState(now, *counts, tree, typed, shared)

    def show_tab(self) -> None:
        """Show the list of the open tab, and the sign for the menu where it has anything."""
        super().show_tab()
        self.query_one("#body").display = self.has_tabs
        self.query_one(CountsNote).display = self.lists_groups and self._has_subgroups
        self.query_one(TabBar).set_menu("… More" if self.check_action("page_menu", ()) else "")

    @property
    def _has_subgroups(self) -> bool:
        return self.state is not None and any(row.has_subgroups for row in self.state.tree)

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """People, read as they come into view."""
        return {"people": partial(self.people.read, self.filter_of("people").text)} if self.has_tabs else {}

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Put the cursor on a person who was just added."""
        if rows.id == "people":
            self.people.rows_came()

    def crumbs(self, state: CommunityState) -> tuple[Crumb, ...]:
        """One step from Home."""
        return (HOME, Crumb("Community", self.place))

    def show(self, state: CommunityState) -> None:
        """Show the numbers and the tree; people read themselves. Leave where nothing is in sight any more."""
        viewer = self.host.viewer
        self.query_one(Availability).display = not self.has_tabs and viewer.is_admin
        self.show_tab()
        if not viewer.has_community:
            self._gone(NotFoundError())
            return
        self.query_one(Availability).show(state.account)
        numbers = {"people": state.people, "groups": state.groups}
        self.query_one(TabBar).set_tabs(
            [Tab(tab, tab.capitalize(), f"{numbers[tab]:,}") for tab in self.TABS]
        )
        if self.has_tabs:
            self.groups.show(state.tree, state.typed)
            self.query_one(CountsNote).show(state.shared)
        self._say_why_empty()
        self._pane.reload()
        self.offer()
        if self.focused not in self.focus_chain:
            self.set_focus(next(iter(self.focus_chain), None))

    def offer(self) -> None:
        """Show what fits the row under the cursor, and what is known of it."""
        super().offer()
        self._pane.refresh()

    def _row_under_cursor(self) -> Row | None:
        return self.open_list.cursor_row if self.has_tabs else None

    def _tell(self, row: Row) -> Tell | None:
        """How to read about the group or the person under the cursor."""
        if isinstance(row, people_rows.PersonLine):
            return person_pane.tell(self.actor, row.person)
        return group_pane.tell(self.actor, row.key) if isinstance(row.key, int) else None

    def _say_why_empty(self) -> None:
        for tab in self.TABS:
            typed = self.filter_of(tab).text
            self.query_one(f"#{tab}", RowList).empty = empty.reason(self, self.host.viewer, tab, typed)

    @on(FilterBar.Changed, "#filter-people")
    def _filter_people(self) -> None:
        self._say_why_empty()
        self.reset_list("people")

    @on(FilterBar.Changed, "#filter-groups")
    def _filter_groups(self, message: FilterBar.Changed) -> None:
        self.groups.filter(message.text)

    # ------------------------------------------------------------------ the tree

    @property
    def group(self) -> GroupRow | None:
        """The group under the cursor."""
        return self.groups.group if self.lists_groups and self.is_mounted else None

    def _group_made(self, group_id: int, above: tuple[int, ...]) -> None:
        """Show a new group where it is, whatever the filter."""
        self.groups.typed = self.filter_of("groups").value = ""
        self.tab = "groups"
        self.groups.reveal(group_id, above)

    @on(RowList.Toggled, "#groups")
    def _toggle(self, message: RowList.Toggled) -> None:
        if isinstance(message.key, int):
            self.groups.toggle(message.key, expand=message.expand)

    def action_expand_all(self) -> None:
        """Open every group."""
        self.groups.expand_all()

    def action_collapse_all(self) -> None:
        """Close every group."""
        self.groups.collapse_all()

    @on(RowList.Opened, "#groups")
    def _open_group(self, message: RowList.Opened) -> None:
        if isinstance(message.key, int):
            self.go(GroupPlace(message.key))

    @on(RowList.MenuAsked, "#groups")
    def _group_menu(self) -> None:
        if self.group is not None:
            self.menus.show(self.group)

    # -------------------------------------------------------------- what is offered

    @property
    def lists_groups(self) -> bool:
        """Whether the tree is what is on screen."""
        return self.has_tabs and self.tab == "groups"

    @property
    def lists_people(self) -> bool:
        """Whether the list of people is what is on screen."""
        return self.has_tabs and self.tab == "people"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what belongs to the open tab, and grey what does not fit the row under the cursor."""
        viewer, person = self.host.viewer, self.person
        match action:
            case "expand_all" | "collapse_all":
                return self.lists_groups
            case "page_menu":
                return self.lists_groups or viewer.may_report
            case "new_group":
                return self.lists_groups and viewer.may_create_groups
            case "add_members" | "manage" if self.lists_groups:
                return viewer.may_create_groups and self._may_with_group(action)
            case "add_members" | "add_list":
                return self.lists_people and viewer.may_manage_people
            case "manage":
                return self.lists_people and viewer.may_manage_people and (person is not None or None)
            case "review":
                return self.lists_people and ((person is not None and person.waiting > 0) or None)
        return super().check_action(action, parameters)

    def _may_with_group(self, action: str) -> bool | None:
        """Whether the group under the cursor allows it; None, which greys it, where it does not."""
        rights = self.group.rights if self.group is not None else GroupRights()
        return (may_manage(rights) if action == "manage" else rights.add_members) or None

    def action_new_group(self) -> None:
        """Make a group at the top level; who may not do that begins at the group under the cursor."""
        group = self.group
        below = group is not None and group.rights.create_subgroup
        at_top = self.host.viewer.may_create_top_level or not below
        self.menus.make(None if at_top or group is None else group.id)

    def action_add_members(self) -> None:
        """Add people to the group under the cursor, or new people to the account."""
        if self.group is not None:
            add_members(self, self.group.id, self.group.name)
        elif self.lists_people:
            add_people(self, self.filter_of("people").text, added=self._people_added)

    def action_manage(self) -> None:
        """Manage the group or the person under the cursor."""
        if self.group is not None:
            self.menus.manage(self.group.id)
        elif self.person is not None:
            manage_person(self, self.person.id)

    # -------------------------------------------------------------------- people

    @property
    def person(self) -> PersonRow | None:
        """The person under the cursor."""
        return self.people.person if self.lists_people and self.is_mounted else None

    @on(RowList.Opened, "#people")
    def _open_person(self) -> None:
        if self.person:
            self.go(MemberPlace(self.person.id))

    @on(RowList.MenuAsked, "#people")
    def _person_menu(self) -> None:
        if self.person:
            person_menu(self, self.person)

    def action_review(self) -> None:
        """Show the waiting work of the person under the cursor."""
        if self.person:
            self.go(MemberPlace(self.person.id, "review"))

    def action_add_list(self) -> None:
        """Add the people of a pasted list."""
        add_people(self, several=True, added=self._people_added)

    def _people_added(self, added: AddedPeople) -> None:
        """Put the cursor on the first new person, whatever the filter."""
        self.tab = "people"
        self.people.go_to_new(added, self.filter_of("people"))

    # ---------------------------------------------------------- the whole screen

    @on(TabBar.MenuChosen)
    def action_page_menu(self) -> None:
        """Show the menu of the whole page."""
        page_menu(self, people=self.lists_people, tree=self.lists_groups)

    def on_availability_applied(self) -> None:
        """Ask to take part in the beta."""
        self.write(
            lambda: account.apply_for_beta(self.actor),
            lambda _: self.say("You have applied for the beta."),
        )
