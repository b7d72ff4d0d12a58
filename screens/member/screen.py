"""Member: what a person did, the courses they take, what of their work waits, and where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from screens import breadcrumbs, formatting, places
from screens.base import ASIDE
from screens.dialogs.ask import Menu, MenuItem
from screens.member import row_actions
from screens.member.activity import ActivityFilter, ActivityFilterLine, ActivityPage, ActivityTab
from screens.member.course_rows import COURSES, course_row
from screens.member.feed import Feed
from screens.member.groups import GROUPS, GroupLine, WhoFollows, group_row
from screens.places import Crumb, KeysPlace, Place, ThreadPlace
from screens.row_pane import RowPane, Tell
from screens.tabbed import TabbedScreen
from screens.widgets.detail_pane import DetailPane
from screens.widgets.keys import key, shown_key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.tab_bar import Tab, TabBar
from screens.widgets.week_strip import WeekStrip
from screens.widgets.work_rows import WAITING, waiting_row
from store import clock, courses, people, person_detail
from store.frozen import dataclass
from store.queue import queue
from store.views import Page
from store.views.account import Viewer
from store.views.courses import CourseRow
from store.views.groups import GroupName
from store.views.people import PersonGroup, PersonHead


@dataclass(frozen=True, slots=True)
class MemberState:
    """Who it is, and what the open tab shows; the list of waiting work reads itself."""

    head: PersonHead
    path: tuple[GroupName, ...]
    activity: ActivityPage | None = None
    courses: tuple[CourseRow, ...] | None = None
    weeks: tuple[int, ...] = ()
    groups: tuple[PersonGroup, ...] | None = None


class MemberScreen(TabbedScreen[MemberState]):
    """One person in four tabs, with a pane that tells of the line under the cursor."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    MemberScreen {
        & #who, & ActivityFilterLine { padding: 0 2; }
        & #body { height: 1fr; }
        & #activity-tab, & #courses-tab, & #review-tab, & #groups-tab { width: 1fr; height: 1fr; }
        & #courses { max-height: 75%; margin: 0 0 1 0; }
        & #groups { max-height: 60%; }
        &.-pane WhoFollows { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "activity.filter",
            "slash,f",
            "filter_activity",
            "Filter",
            "Show some kinds of activity, or one course",
            show=True,
            display="/",
        ),
        key("activity.everything", "F", "show_everything", "No filter", "Show all activity again", show=True),
        key("member.review", "r", "review", "Review", "Open the work under the cursor", show=True),
        key(
            "member.manage",
            "m",
            "manage",
            "Manage",
            "Edit, deactivate or reactivate this person",
            show=True,
        ),
        key("member.activity", "1", "tab('activity')", "Activity", "What they did"),
        key("member.courses", "2", "tab('courses')", "Courses", "What they take"),
        key("member.waiting", "3", "tab('review')", "Review", "What waits for review"),
        key(
            "member.groups",
            "4",
            "tab('groups')",
            "Groups",
            "The groups they are in, and who follows them there",
        ),
        key(
            "member.their-keys",
            "K",
            "keys",
            "SSH keys",
            "The SSH keys they sign in with",
        ),
    ]
    UNCONCERNED = ASIDE
    TABS = ("activity", "courses", "review", "groups")

    def __init__(self, place: places.MemberPlace) -> None:
        super().__init__()
        self.place: places.MemberPlace = place
        self._group_id = place.group_id
        self.start_at(place.tab, "activity")
        self.activity = ActivityTab(self, place.user_id)
        # The bar at the bottom asks for the open one before all are mounted.
        self._lists: dict[str, RowList] = {
            "activity": Feed(id="activity"),
            "courses": RowList(COURSES, menu=True, header=True, id="courses"),
            "review": RowList(WAITING, menu=True, header=True, id="review"),
            "groups": RowList(GROUPS, menu=True, header=True, id="groups"),
        }
        self._pane = RowPane(self, lambda: self.open_list.cursor_row, self._tell)

    @property
    def user_id(self) -> int:
        """Whose page it is."""
        return self.place.user_id

    def compose_body(self) -> ComposeResult:
        """Who it is, the tabs, what is in each, and the pane."""
        yield Line(id="who")
        yield TabBar([Tab(tab, tab.capitalize()) for tab in self.TABS])
        with Horizontal(id="body"):
            with Vertical(id="activity-tab"):
                yield ActivityFilterLine()
                yield self._lists["activity"]
            with Vertical(id="courses-tab"):
                yield self._lists["courses"]
                yield WeekStrip()
            with Vertical(id="review-tab"):
                yield self._lists["review"]
            with Vertical(id="groups-tab"):
                yield self._lists["groups"]
                yield WhoFollows()
            yield DetailPane()

    @property
    def open_list(self) -> RowList:
        """The list of the open tab."""
        return self._lists[self.tab]

    def on_mount(self) -> None:
        """Open the tab that was asked for."""
        # As high as their rows, so that what is said of them stands right under them.
        for rows in ("#courses", "#groups"):
            self.query_one(rows).styles.height = "auto"
        self.show_tab()
        self.set_focus(self.open_list)
        self._pane.take_focus()

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> MemberState:
        """Read who it is and what the open tab needs."""
        user_id = self.user_id
        head = people.head(self.actor, user_id)
        state = MemberState(head, breadcrumbs.group_path(self.actor, self._group_id))
        if self.tab == "activity":
            return replace(state, activity=self.activity.fetch())
        if self.tab == "courses":
            taken = courses.of_person(self.actor, user_id)
            return replace(state, courses=taken, weeks=courses.weeks(self.actor, user_id))
        if self.tab == "groups":
            return replace(state, groups=person_detail.groups_of(self.actor, user_id))
        return state

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """What waits, read as it comes into view."""
        return {"review": self._waiting}

    def _waiting(self, offset: int, limit: int) -> Page[Row]:
        page = queue.waiting(self.actor, user_id=self.user_id, offset=offset, limit=limit)
        return Page(tuple(waiting_row(row) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: MemberState) -> tuple[Crumb, ...]:
        """By way of the group or the Community screen one came from."""
        below = () if state.path else breadcrumbs.community_below(self.app.screen_stack)
        return breadcrumbs.crumbs(state.path, *below, Crumb(state.head.name))

    def show(self, state: MemberState) -> None:
        """Show who it is, and what was read of the open tab."""
        head = state.head
        facts = [Part(head.email or "no email", "dim")]
        if not head.active:
            facts += [Part("   "), Part("deactivated", "strong")]
        self.query_one("#who", Line).set_parts(facts)
        shows_waiting = head.may_review and self.host.viewer.account.community_on
        badge = formatting.badge(head.waiting) if shows_waiting else ""
        tabs = (
            Tab("activity", "Activity"),
            Tab("courses", "Courses", str(head.courses)),
            Tab("review", "Review", badge, alert=True),
            Tab("groups", "Groups", str(head.groups)),
        )
        self.query_one(TabBar).set_tabs(tabs)
        self._say_why_empty(state)
        if state.activity is not None:
            self.activity.show(state.activity)
        if state.courses is not None:
            self.query_one("#courses", RowList).set_rows([course_row(course) for course in state.courses])
            today = clock.now().date()
            self.query_one(WeekStrip).show(state.weeks, today - timedelta(days=today.weekday()))
        if state.groups is not None:
            self.query_one("#groups", RowList).set_rows([group_row(group) for group in state.groups])
            self._say_who_follows()
        self._pane.reload()

    def offer(self) -> None:
        """Offer what fits the row under the cursor, and tell of it."""
        super().offer()
        self._say_who_follows()
        self._pane.refresh()

    def on_resize(self) -> None:
        """There may be room for the pane now."""
        self.call_after_refresh(self._pane.refresh)

    def _tell(self, row: Row) -> Tell | None:
        return row_actions.tell(self.actor, self.user_id, row)

    def _say_who_follows(self) -> None:
        row = self.query_one("#groups", RowList).cursor_row
        self.query_one(WhoFollows).show(row.group if isinstance(row, GroupLine) else None)

    def _say_why_empty(self, state: MemberState) -> None:
        name = state.head.name
        self.activity.say_why_empty(name)
        no_course = f"{name} is not enrolled in a course yet.\n\nCourses and enrolments come with an import."
        self.query_one("#courses", RowList).empty = no_course
        self.query_one("#review", RowList).empty = (
            f"{name} has nothing waiting for review.\n\nNew work shows here as it comes in."
            if state.head.may_review
            else "This is you. Another mentor or leader reviews your work."
        )
        community, add = shown_key(self, "c"), shown_key(self, "a")
        self.query_one("#groups", RowList).empty = (
            f"{name} is in no group yet.\n\n{community} opens Community: {add} on a group adds people to it."
            if self.host.viewer.account.community_on
            else "Community groups are not on for this account."
        )

    @on(Feed.MoreWanted)
    def _read_more(self, message: Feed.MoreWanted) -> None:
        message.stop()
        self.activity.read_more(message.offset)

    def action_filter_activity(self) -> None:
        """Choose what part of the activity is shown."""
        self.activity.choose_filter()

    def action_show_everything(self) -> None:
        """Show all activity."""
        self.activity.narrow(ActivityFilter())

    def watch_tab(self) -> None:
        """Another tab was opened: read what it shows."""
        self.place = replace(self.place, tab=self.tab)
        super().watch_tab()
        self.reload_list(self.open_list)

    # -------------------------------------------------------------------- going

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the open tab has."""
        if action == "filter_activity":
            return self.tab == "activity"
        if action == "show_everything":
            return self.tab == "activity" and bool(self.activity.filter)
        if action == "review":
            row = self.open_list.cursor_row
            opens = row is None or (row.opens and not isinstance(self._first_way(row), ThreadPlace)) or None
            return self.tab in ("activity", "review") and opens
        if action in ("keys", "manage"):
            return self.host.viewer.may_manage_people
        return super().check_action(action, parameters)

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """A line leads to the work, the course or the discussion it is about."""
        message.stop()
        self.action_review()

    def action_review(self) -> None:
        """Open what the line under the cursor is about."""
        row = self.open_list.cursor_row
        place = self._first_way(row)
        if row is not None and row.opens and place is not None:
            self.go(place)

    def _first_way(self, row: Row | None) -> Place | None:
        return next(iter(self._ways(row).values()), None)

    @work(exit_on_error=False)
    async def action_manage(self) -> None:
        """Edit, deactivate or reactivate the person."""
        from screens.people.manage import ManagePerson  # noqa: PLC0415 - only once it is asked for

        await self.ask(ManagePerson(self.user_id))

    def action_keys(self) -> None:
        """The keys by which this person comes in."""
        self.go(KeysPlace(self.user_id))

    def _ways(self, row: Row | None) -> dict[str, Place]:
        """Where a line leads, the first by Enter."""
        return row_actions.ways(row, self.user_id, self._group_id)

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _row_menu(self) -> None:
        """Everything that can be done with the line under the cursor."""
        row = self.open_list.cursor_row
        ways, filters = self._ways(row), row_actions.filters(row, self.activity.filter)
        items = [MenuItem(label, label) for label in (*ways, *filters)]
        chosen = await self.ask(Menu(row_actions.title(row), items))
        if chosen in ways:
            self.go(ways[chosen])
        elif chosen is not None:
            self.action_tab("activity")
            self.activity.narrow(filters[chosen])
