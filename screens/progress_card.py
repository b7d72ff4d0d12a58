"""The progress card: one person's course on one page."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from screens import breadcrumbs, formatting, places
from screens.base import ASIDE, MusterScreen
from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import Crumb, MemberPlace, ReviewPlace
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.work_rows import NO_NAME
from store import clock, courses
from store.frozen import dataclass
from store.review import excusing
from store.text import clean_line
from store.views.account import Viewer
from store.views.courses import CardLesson, CardStep, ProgressCard
from store.views.groups import GroupName
from store.views.states import State

COLUMNS = (
    Column("step", "step", minimum=20, stretch=1, most=72),
    Column("points", "points", width=9, align="right"),
    Column("due", "due", width=8, align="right", if_filled=True),
    Column("standing", "state", width=17),
)

BAR, SHORT_BAR = 24, 12
"""Cells of the bar of the progress; and where it is said that steps are overdue."""


@dataclass(frozen=True, slots=True)
class CardState:
    """The course as it stands, and the group one came by."""

    card: ProgressCard
    path: tuple[GroupName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine(Row):
    """The row of a step, with everything known of it."""

    step: CardStep


class ProgressCardScreen(MusterScreen[CardState]):
    """Progress and grade above, the lessons and their steps below."""

    AUTO_FOCUS = "RowList"
    UNCONCERNED = ASIDE
    DEFAULT_CSS = """
    ProgressCardScreen {
        & #figures { padding: 0 2; margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "card.review",
            "r",
            "review",
            "Review",
            "Open the work on the step under the cursor",
            show=True,
        ),
        key(
            "card.person",
            "p,f3",
            "person",
            "Profile",
            "Open the person whose course this is",
            show=True,
        ),
    ]

    def __init__(self, place: places.ProgressCardPlace) -> None:
        super().__init__()
        self.place: places.ProgressCardPlace = place

    def compose_body(self) -> ComposeResult:
        """The figures and the steps."""
        yield Line(id="figures")
        yield RowList(COLUMNS, menu=True, header=True, empty="This course has no steps yet.", id="steps")

    def fetch(self, viewer: Viewer) -> CardState:
        """Read the card."""
        place = self.place
        card = courses.card(self.actor, place.user_id, place.course_id)
        return CardState(card, breadcrumbs.group_path(self.actor, place.group_id))

    def crumbs(self, state: CardState) -> tuple[Crumb, ...]:
        """By way of the group and the person."""
        card = state.card
        wanted = MemberPlace(card.user_id, "courses", self.place.group_id)
        person = breadcrumbs.back_to(self.app.screen_stack, wanted)
        return breadcrumbs.crumbs(state.path, Crumb(card.person, person), Crumb(card.course.title))

    def show(self, state: CardState) -> None:
        """Show the course as it stands."""
        course, overdue = state.card.course, state.card.overdue
        left = [
            Part("Progress  ", "dim"),
            Part(f"{formatting.bar(course.progress, SHORT_BAR if overdue else BAR)}  ", "accent"),
            Part(f"{course.progress} %", "strong"),
            Part(f"   {course.done}/{formatting.count(course.total, 'step')}"),
        ]
        if overdue:
            left.append(Part(f"   {overdue} overdue", "alert"))
        right = [Part("Grade  ", "dim"), Part(formatting.percent(course.grade), "strong")]
        self.query_one("#figures", Line).set_parts(left, right)
        rows: list[Row] = []
        for number, lesson in enumerate(state.card.lessons, 1):
            rows += lesson_rows(number, lesson)
        self.query_one("#steps", RowList).set_rows(rows)

    @property
    def step(self) -> CardStep | None:
        """The step under the cursor."""
        row = self.query_one("#steps", RowList).cursor_row
        return row.step if isinstance(row, StepLine) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There has to be a step."""
        if action == "review":
            return (
                self.state is not None and any(lesson.steps for lesson in self.state.card.lessons)
            ) or None
        return super().check_action(action, parameters)

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """A step leads to its work."""
        self.action_review()

    @on(RowList.MenuAsked)
    @work(exit_on_error=False)
    async def _step_menu(self) -> None:
        """What can be done with the step under the cursor."""
        step = self.step
        if step is None:
            return
        items = [MenuItem("review", "Open the work", "r")]
        may_review = self.state is not None and self.state.card.may_review
        if may_review and not step.is_blind and step.state is not State.SKIPPED:
            items.append(MenuItem("excuse", "Excuse from this step…"))
        match await self.ask(Menu(step.title, items)):
            case "review":
                self._open(step)
            case "excuse":
                await self._excuse(step)

    async def _excuse(self, step: CardStep) -> None:
        """Excuse the person from a step, after asking."""
        if self.state is None:
            return
        person = clean_line(self.state.card.person)
        text = f"It counts as done for {person}, without points. What was handed in and said stays."
        if await self.ask(Confirm(f"Excuse {person} from “{clean_line(step.title)}”?", text, "Excuse")):
            excuse = partial(excusing.excuse, self.actor, self.place.user_id, step.step_id)
            self.write(excuse, lambda _: self.say_done(f"Excused: {step.title}, {person}."))

    def action_review(self) -> None:
        """Open the work on the step under the cursor, whatever state it is in."""
        if self.step:
            self._open(self.step)

    def action_person(self) -> None:
        """The person whose course this is."""
        self.go(MemberPlace(self.place.user_id, group_id=self.place.group_id), above=True)

    def _open(self, step: CardStep) -> None:
        if step.is_blind and step.state is None:
            self.say(NO_NAME)
            return
        self.go(ReviewPlace(self.place.user_id, step.step_id, group_id=self.place.group_id))


def lesson_rows(number: int, lesson: CardLesson) -> list[Row]:
    """The lesson's heading with how much of it is done, and a line for each step."""
    heading = (f"{number}  {lesson.title}", "", "", Cell(f"{lesson.done} of {len(lesson.steps)}", "dim"))
    return [Row(("lesson", number), heading, heading=True), *map(step_row, lesson.steps)]


def step_row(step: CardStep) -> StepLine:
    """A step: sign and title, points, when it is due, where it stands."""
    overdue = step.is_overdue
    waits = step.state is State.NEEDS_REVIEW
    tone = "alert" if waits or overdue else "" if step.state in (State.RETURNED, State.FAILED) else "dim"
    sign = formatting.MISSED if overdue and step.state is None else formatting.sign(step.state)
    return StepLine(
        step.step_id,
        (
            Cell(f"{sign} {step.title}"),
            Cell(formatting.points(step.points, step.points_possible), "dim" if step.points is None else ""),
            Cell(formatting.due(step.due_at), "alert" if overdue else "dim"),
            Cell(standing(step), tone),
        ),
        depth=1,
        step=step,
    )


def standing(step: CardStep) -> str:
    """Where a step stands; one that was not begun says what its dates make of that."""
    if step.is_blind and step.state is None:
        return formatting.WITHOUT_NAMES
    if step.state is None:
        now = clock.now()
        if step.opens_at is not None and step.opens_at > now:
            return f"opens {formatting.due(step.opens_at)}"
        if step.cut_off_at is not None and step.cut_off_at < now:
            return f"closed {formatting.due(step.cut_off_at)}"
        if step.is_overdue and step.due_at is not None:
            return f"overdue {formatting.age(step.due_at)}"
    return formatting.standing(step.state, step.at)
