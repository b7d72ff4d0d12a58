"""One person's courses, and what of their work waits, as rows of a list."""

from __future__ import annotations

from dataclasses import dataclass

from screens import wording
from screens.widgets.row_list import Cell, Column, Row
from store.views import CourseRow, QueueRow

BAR = 12
COURSES = (
    Column("title", "course", minimum=26, stretch=3),
    Column("bar", "", width=BAR, drop=2),
    Column("progress", "progress", width=8, align="right"),
    Column("steps", "steps", width=7, align="right", drop=3),
    Column("grade", "grade", width=7, align="right"),
    Column("last", "last active", width=12, align="right", drop=1),
)
WAITING = (
    Column("wait", width=6, align="right"),
    Column("course", minimum=14, stretch=2),
    Column("step", minimum=18, stretch=3),
    Column("attempt", width=9, drop=1),
    Column("points", width=5, align="right"),
)
WAITING_OF_ALL = (
    Column("wait", width=6, align="right"),
    Column("person", minimum=12, stretch=3),
    Column("course", minimum=10, stretch=3, drop=1),
    Column("step", minimum=14, stretch=5),
    Column("points", width=5, align="right", drop=2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine(Row):
    """The row of a course, with everything known of it."""

    course: CourseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine(Row):
    """The row of an item that waits, with everything known of it."""

    item: QueueRow


def course_row(course: CourseRow) -> CourseLine:
    """A line of the courses, known by the course."""
    return CourseLine(
        course.course_id,
        (
            course.title,
            Cell(wording.bar(course.progress, BAR), "accent"),
            wording.percent(course.progress),
            Cell(f"{course.done}/{course.total}", "dim"),
            wording.percent(course.grade),
            Cell(wording.ago(course.last_activity_at), "dim"),
        ),
        course=course,
    )


def waiting_row(item: QueueRow, *, of_all: bool = False) -> WaitingLine:
    """A line of what waits, known by person and step: for `WAITING`, or for `WAITING_OF_ALL`."""
    wait = Cell(wording.age(item.submitted_at), "alert" if wording.is_old(item.submitted_at) else "dim")
    course = Cell(item.course, "dim")
    points = Cell(wording.DASH if item.points is None else f"/{wording.number(item.points)}", "dim")
    attempt = Cell(f"attempt {item.attempt}" if item.attempt > 1 else "", "dim")
    one, every = (wait, course, item.step, attempt, points), (wait, item.person, course, item.step, points)
    return WaitingLine((item.user_id, item.step_id), every if of_all else one, item=item)


def item_of(row: Row | None) -> QueueRow | None:
    """The item that a line is about, if it is about one."""
    return row.item if isinstance(row, WaitingLine) else None
