"""Member: what a person did, the courses they take, and what of their work waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from screens import messages, trail, wording
from screens.activity_filter import CLEAR, ActivityFilter, ActivityFlows
from screens.base import MusterScreen
from screens.dialogs.ask import Menu, MenuItem
from screens.messages import Crumb, Place, ProgressCard, Review
from screens.widgets.feed import Feed
from screens.widgets.line import Line, Part
from screens.widgets.row_list import Row, RowList
from screens.widgets.rows import as_cell
from screens.widgets.tab_bar import Tab, TabBar
from screens.widgets.week_strip import WeekStrip
from screens.widgets.work_rows import COURSES, WAITING, course_row, waiting_row
from store import activity, clock, courses, people, reviews
from store.views import CourseName, CourseRow, Event, GroupName, Page, PersonHead

TABS = ("activity", "courses", "review")
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


class FilterLine(Line):
    """What part of the activity is shown; its words can be clicked."""

    async def on_click(self, event: events.Click) -> None:
        """Change the filter."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if target is not None:
            await self.run_action("screen.show_everything" if target == CLEAR else "screen.filter")


class MemberScreen(MusterScreen[MemberState], ActivityFlows):
    """One person in three tabs."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    MemberScreen {
        & #who, & FilterLine { padding: 0 2; }
        & #activity-tab, & #courses-tab, & #review-tab { height: 1fr; max-width: 132; }
        & #courses { max-height: 75%; margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "review", "Review", id="member.review", tooltip="Open the work under the cursor"),
        Binding(
            "1", "tab('activity')", "Activity", show=False, id="member.activity", tooltip="What they did"
        ),
        Binding("2", "tab('courses')", "Courses", show=False, id="member.courses", tooltip="What they take"),
        Binding(
            "3", "tab('review')", "Waiting", show=False, id="member.waiting", tooltip="What waits for review"
        ),
        Binding(
            "left_square_bracket", "turn(-1)", "Tab left", show=False, id="member.left", tooltip="Tab left"
        ),
        Binding(
            "right_square_bracket", "turn(1)", "Tab right", show=False, id="member.right", tooltip="Tab right"
        ),
    ]

    def __init__(self, place: messages.Member) -> None:
        super().__init__()
        self.place: messages.Member = place
        self._group_id = place.group_id
        self._tab = place.tab if place.tab in TABS else TABS[0]
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
        yield TabBar([Tab(tab, tab.capitalize()) for tab in TABS], active=self._tab)
        with Vertical(id="activity-tab"):
            yield FilterLine()
            yield Feed(id="activity")
        with Vertical(id="courses-tab"):
            yield RowList(COURSES, header=True, id="courses")
            yield WeekStrip()
        with Vertical(id="review-tab"):
            yield RowList(WAITING, id="review")

    def on_mount(self) -> None:
        """Open the tab that was asked for."""
        # As high as its rows, so that the weeks stand right under them.
        self.query_one("#courses").styles.height = "auto"
        self._show_tab()

    # ------------------------------------------------------------------ reading

    def fetch(self) -> MemberState:
        """Read who it is and what the open tab needs."""
        user_id, shown = self.user_id, self.filter
        head = people.head(self.actor, user_id)
        state = MemberState(head, trail.group_path(self.actor, self._group_id), shown)
        if self._tab == "activity":
            known = self._known if shown == self._shown_filter else 0
            return replace(state, activity=self._read(shown, 0, max(PAGE, known)))
        if self._tab == "courses":
            taken = courses.of_person(self.actor, user_id)
            return replace(state, courses=taken, weeks=courses.weeks(self.actor, user_id))
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
        page = reviews.waiting(self.actor, user_id=self.user_id, offset=offset, limit=limit)
        return Page(tuple(waiting_row(row) for row in page.rows), page.offset, page.total)

    def crumbs(self, state: MemberState) -> tuple[Crumb, ...]:
        """By way of the group one came from."""
        return trail.crumbs(state.path, Crumb(state.head.name))

    def show(self, state: MemberState) -> None:
        """Show who it is, and what was read of the open tab."""
        head = state.head
        facts = [Part(head.email or "no email", "dim")]
        if not head.active:
            facts += [Part("   "), Part("not active any more", "strong")]
        self.query_one("#who", Line).set_parts(facts)
        badge = wording.badge(head.waiting) if head.may_review else ""
        tabs = (
            Tab("activity", "Activity"),
            Tab("courses", "Courses", str(head.courses)),
            Tab("review", "Review", badge, alert=True),
        )
        self.query_one(TabBar).set_tabs(tabs)
        self._say_why_empty(state)
        if state.activity is not None and state.shown == self.filter:
            self._show_activity(state.activity)
        if state.courses is not None:
            self.query_one("#courses", RowList).set_rows([course_row(course) for course in state.courses])
            today = clock.now().date()
            self.query_one(WeekStrip).show(state.weeks, today - timedelta(days=today.weekday()))

    def _show_activity(self, page: Page[Event]) -> None:
        feed = self.query_one(Feed)
        feed.show(page, restart=self.filter != self._shown_filter)
        self._shown_filter = self.filter
        self._known = feed.known
        self.query_one(FilterLine).set_parts(self.filter.parts(page.total))

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
            else "This is yourself: another mentor or leader reviews your work."
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

        self.look(lambda: self._read(shown, offset, PAGE), add, group="more")

    # --------------------------------------------------------------------- tabs

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """A tab was clicked."""
        message.stop()
        self.action_tab(message.key)

    def action_turn(self, step: int) -> None:
        """To the tab at the right or left."""
        self.action_tab(self.query_one(TabBar).neighbour(step))

    def action_tab(self, tab: str) -> None:
        """Open a tab, and read what it shows."""
        if tab == self._tab:
            return
        self._tab = tab
        self.place = replace(self.place, tab=tab)
        self._show_tab()
        self.action_reload()

    def _show_tab(self) -> None:
        self.query_one(TabBar).active = self._tab
        for tab in TABS:
            self.query_one(f"#{tab}-tab").display = tab == self._tab
        self.query_one(f"#{self._tab}").focus()
        self.refresh_bindings()

    # -------------------------------------------------------------------- going

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the open tab has."""
        if action == "filter":
            return self._tab == "activity"
        if action == "show_everything":
            return self._tab == "activity" and bool(self.filter)
        if action == "review":
            return self._tab != "courses"
        return super().check_action(action, parameters)

    def on_row_list_opened(self, message: RowList.Opened) -> None:
        """A line leads to the work or the course it is about."""
        message.stop()
        self._open(message.list)

    def action_review(self) -> None:
        """Open the work that the line under the cursor is about."""
        self._open(self.query_one(f"#{self._tab}", RowList))

    def _open(self, rows: RowList) -> None:
        place = next(iter(self._ways(rows).values()), None)
        if place is not None:
            self.go(place)

    def _ways(self, rows: RowList) -> dict[str, Place]:
        """Where the line under the cursor leads, the first by Enter."""
        key = rows.cursor_key
        event = rows.event_of(key) if isinstance(rows, Feed) else None
        step_id = event.step_id if event else key if rows.id == "review" else None
        course_id = event.course_id if event else key if rows.id == "courses" else None
        ways: dict[str, Place] = {}
        if isinstance(step_id, int):
            ways["Open the work"] = Review(self.user_id, step_id, group_id=self._group_id)
        if isinstance(course_id, int):
            ways["Open the progress card"] = ProgressCard(self.user_id, course_id, self._group_id)
        return ways

    def _parts(self, rows: RowList) -> dict[str, ActivityFilter]:
        """What part of the activity is like the line under the cursor."""
        event = rows.event_of(rows.cursor_key) if isinstance(rows, Feed) else None
        if event is not None:
            return self.filter.like(event)
        if rows.id == "courses" and self.state is not None:
            taken = {row.course_id: row.title for row in self.state.courses or ()}
            key = rows.cursor_key
            if isinstance(key, int) and key in taken:
                return {"Show its activity": ActivityFilter(course=CourseName(key, taken[key]))}
        return {}

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _row_menu(self, message: RowList.MenuAsked) -> None:
        """Everything that can be done with the line under the cursor."""
        ways, parts = self._ways(message.list), self._parts(message.list)
        items = [MenuItem(label, label) for label in (*ways, *parts)]
        chosen = await self.app.push_screen_wait(Menu(_title(message.list), items))
        if chosen in ways:
            self.go(ways[chosen])
        elif chosen is not None:
            self.action_tab("activity")
            self.narrow(parts[chosen])


def _title(rows: RowList) -> str:
    """What the line under the cursor is about."""
    row = rows.cursor_row
    if isinstance(rows, Feed):
        event = rows.event_of(rows.cursor_key)
        return event.step or event.course if event else ""
    return as_cell(row.cells[2 if rows.id == "review" else 0]).text if row else ""
