"""Member: what a person did, the courses they take, what of their work waits, and where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from screens import breadcrumbs, formatting, places
from screens.dialogs.ask import Menu, MenuItem
from screens.member.activity_filter import CLEAR, ActivityFilter, ActivityFlows
from screens.member.course_rows import COURSES, CourseLine, course_row
from screens.member.feed import EventLine, Feed
from screens.member.groups import GROUPS, GroupLine, WhoFollows, group_row
from screens.people.actions import PeopleDialogs
from screens.places import Crumb, GroupPlace, KeysPlace, Place, ProgressCardPlace, ReviewPlace
from screens.tabbed import TabbedScreen
from screens.widgets.keys import key, shown_key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.tab_bar import Tab, TabBar
from screens.widgets.week_strip import WeekStrip
from screens.widgets.work_rows import WAITING, WaitingLine, waiting_row
from store import activity, clock, courses, people, person_detail
from store.queue import queue
from store.views import Page
from store.views.account import Viewer
from store.views.activity import Event
from store.views.courses import CourseName, CourseRow
from store.views.groups import GroupName
from store.views.people import PersonGroup, PersonHead

PAGE = 100
"""Events read at a time."""


@dataclass(frozen=True, slots=True)
class MemberState:
    """Who it is, and what the open tab shows; the list of waiting work reads itself."""

    head: PersonHead
    path: tuple[GroupName, ...]
    shown: ActivityFilter
    activity: Page[Event] | None = None
    courses: tuple[CourseRow, ...] | None = None
    weeks: tuple[int, ...] = ()
    groups: tuple[PersonGroup, ...] | None = None


class ActivityFilterLine(Line):
    """What part of the activity is shown; its words can be clicked."""

    async def on_click(self, event: events.Click) -> None:
        """Change the filter."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if target is not None:
            await self.run_action("screen.show_everything" if target == CLEAR else "screen.filter_activity")


class MemberScreen(ActivityFlows, PeopleDialogs, TabbedScreen[MemberState]):
    """One person in four tabs."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    MemberScreen {
        & #who, & FilterLine { padding: 0 2; }
        & #activity-tab, & #courses-tab, & #review-tab, & #groups-tab { height: 1fr; }
        & #courses { max-height: 75%; margin: 0 0 1 0; }
        & #groups { max-height: 60%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
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
            "Their keys",
            "The keys by which they come in over SSH",
        ),
    ]
    TABS = ("activity", "courses", "review", "groups")

    def __init__(self, place: places.MemberPlace) -> None:
        super().__init__()
        self.place: places.MemberPlace = place
        self._group_id = place.group_id
        self.start_at(place.tab, "activity")
        self._shown_filter: ActivityFilter | None = None
        self._known = 0

    @property
    def user_id(self) -> int:
        """Whose activity it is."""
        return self.place.user_id

    def show_filtered(self) -> None:
        """Read the activity again."""
        self.action_reload()

    def compose_body(self) -> ComposeResult:
        """Who it is, the tabs, and what is in each."""
        yield Line(id="who")
        yield TabBar([Tab(tab, tab.capitalize()) for tab in self.TABS])
        with Vertical(id="activity-tab"):
            yield ActivityFilterLine()
            yield Feed(id="activity")
        with Vertical(id="courses-tab"):
            yield RowList(COURSES, menu=True, header=True, id="courses")
            yield WeekStrip()
        with Vertical(id="review-tab"):
            yield RowList(WAITING, menu=True, id="review")
        with Vertical(id="groups-tab"):
            yield RowList(GROUPS, menu=True, header=True, id="groups")
            yield WhoFollows()

    def on_mount(self) -> None:
        """Open the tab that was asked for."""
        # As high as their rows, so that what is said of them stands right under them.
        for rows in ("#courses", "#groups"):
            self.query_one(rows).styles.height = "auto"
        self.show_tab()
        self.set_focus(self.open_list)

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> MemberState:
        """Read who it is and what the open tab needs."""
        user_id, shown = self.user_id, self.filter
        head = people.head(self.actor, user_id)
        state = MemberState(head, breadcrumbs.group_path(self.actor, self._group_id), shown)
        if self.tab == "activity":
            known = self._known if shown == self._shown_filter else 0
            return replace(state, activity=self._read(shown, 0, max(PAGE, known)))
        if self.tab == "courses":
            taken = courses.of_person(self.actor, user_id)
            return replace(state, courses=taken, weeks=courses.weeks(self.actor, user_id))
        if self.tab == "groups":
            return replace(state, groups=person_detail.groups_of(self.actor, user_id))
        return state

    def _read(self, shown: ActivityFilter, offset: int, limit: int) -> Page[Event]:
        return activity.feed(
            self.actor,
            self.user_id,
            course_id=shown.course_id,
            kinds=shown.kinds,
            offset=offset,
            limit=limit,
        )

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """What waits, read as it comes into view."""
        return {"review": self._waiting}

    def _waiting(self, offset: int, limit: int) -> Page[Row]:
        page = queue.waiting(self.actor, user_id=self.user_id, offset=offset, limit=limit)
        return Page(tuple(waiting_row(row) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: MemberState) -> tuple[Crumb, ...]:
        """By way of the group one came from."""
        return breadcrumbs.crumbs(state.path, Crumb(state.head.name))

    def show(self, state: MemberState) -> None:
        """Show who it is, and what was read of the open tab."""
        head = state.head
        facts = [Part(head.email or "no email", "dim")]
        if not head.active:
            facts += [Part("   "), Part("not active any more", "strong")]
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
        if state.activity is not None and state.shown == self.filter:
            self._show_activity(state.activity)
        if state.courses is not None:
            self.query_one("#courses", RowList).set_rows([course_row(course) for course in state.courses])
            today = clock.now().date()
            self.query_one(WeekStrip).show(state.weeks, today - timedelta(days=today.weekday()))
        if state.groups is not None:
            self.query_one("#groups", RowList).set_rows([group_row(group) for group in state.groups])
            self._say_who_follows()

    def offer(self) -> None:
        """Say what fits the row under the cursor, and who follows the person in that group."""
        super().offer()
        self._say_who_follows()

    def _say_who_follows(self) -> None:
        row = self.query_one("#groups", RowList).cursor_row
        self.query_one(WhoFollows).show(row.group if isinstance(row, GroupLine) else None)

    def _show_activity(self, page: Page[Event]) -> None:
        feed = self.query_one(Feed)
        feed.show(page, restart=self.filter != self._shown_filter)
        self._shown_filter = self.filter
        self._known = feed.known
        self.query_one(ActivityFilterLine).set_parts(self.filter.parts(page.total))

    def _say_why_empty(self, state: MemberState) -> None:
        name = state.head.name
        self.query_one(Feed).empty = (
            f"{self.filter.words()}: nothing so far.\n\nF shows everything again."
            if self.filter
            else f"{name} has not done anything yet.\n\nSteps, reviews and posts show here as they come in."
        )
        self.query_one(
            "#courses", RowList
        ).empty = f"{name} takes no course yet.\n\nCourses and who takes them come in with an import."
        self.query_one("#review", RowList).empty = (
            f"Nothing of {name} waits for review.\n\nNew work shows here as it comes in."
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
        """The view came near the end of what was read."""
        message.stop()
        shown, offset = self.filter, message.offset

        def add(page: Page[Event]) -> None:
            feed = self.query_one(Feed)
            if shown != self._shown_filter:
                return
            if page.total != feed.count:
                # Others wrote meanwhile: windows of two different lists would not fit together.
                self.action_reload()
                return
            feed.add(page)
            self._known = feed.known

        self.read(lambda: self._read(shown, offset, PAGE), add, group="more")

    def watch_tab(self) -> None:
        """Another tab was opened: read what it shows."""
        self.place = replace(self.place, tab=self.tab)
        super().watch_tab()
        self.action_reload()

    # -------------------------------------------------------------------- going

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the open tab has."""
        if action == "filter_activity":
            return self.tab == "activity"
        if action == "show_everything":
            return self.tab == "activity" and bool(self.filter)
        if action == "review":
            row = self.open_list.cursor_row
            opens = row is None or row.opens or None
            return self.tab in ("activity", "review") and opens
        if action in ("keys", "manage"):
            return self.host.viewer.is_admin
        return super().check_action(action, parameters)

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """A line leads to the work or the course it is about."""
        message.stop()
        self.action_review()

    def action_review(self) -> None:
        """Open the work or the course that the line under the cursor is about."""
        row = self.open_list.cursor_row
        place = next(iter(self._ways(row).values()), None)
        if row is not None and row.opens and place is not None:
            self.go(place)

    def action_manage(self) -> None:
        """Edit, deactivate or reactivate the person."""
        self.manage_person(self.user_id)

    def action_keys(self) -> None:
        """The keys by which this person comes in."""
        self.go(KeysPlace(self.user_id))

    def _ways(self, row: Row | None) -> dict[str, Place]:
        """Where a line leads, the first by Enter."""
        step_id: int | None = None
        course_id: int | None = None
        if isinstance(row, GroupLine):
            return {"Open the group": GroupPlace(row.group.group_id)}
        match row:
            case EventLine() if row.event.taken:
                step_id, course_id = row.event.step_id, row.event.course_id
            case WaitingLine():
                step_id = row.item.step_id
            case CourseLine():
                course_id = row.course.course_id
        ways: dict[str, Place] = {}
        if step_id is not None:
            ways["Open the work"] = ReviewPlace(self.user_id, step_id, group_id=self._group_id)
        if course_id is not None:
            ways["Open the progress card"] = ProgressCardPlace(self.user_id, course_id, self._group_id)
        return ways

    def _parts(self, row: Row | None) -> dict[str, ActivityFilter]:
        """What part of the activity is like a line."""
        match row:
            case EventLine():
                return self.filter.like(row.event)
            case CourseLine():
                course = CourseName(row.course.course_id, row.course.title)
                return {"Show its activity": ActivityFilter(course=course)}
        return {}

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _row_menu(self) -> None:
        """Everything that can be done with the line under the cursor."""
        row = self.open_list.cursor_row
        ways, parts = self._ways(row), self._parts(row)
        items = [MenuItem(label, label) for label in (*ways, *parts)]
        chosen = await self.ask(Menu(_title(row), items))
        if chosen in ways:
            self.go(ways[chosen])
        elif chosen is not None:
            self.action_tab("activity")
            self.narrow(parts[chosen])


def _title(row: Row | None) -> str:
    """What a line is about."""
    match row:
        case EventLine():
            return row.event.step or row.event.course
        case WaitingLine():
            return row.item.step
        case CourseLine():
            return row.course.title
        case GroupLine():
            return row.group.path[-1].name
    return ""
