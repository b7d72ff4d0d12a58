"""One person's courses, and what of their work waits, as rows of a list."""

from __future__ import annotations

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


def course_row(course: CourseRow) -> Row:
    """A line of the courses, known by the course."""
    return Row(
        course.course_id,
        (
            course.title,
            Cell(wording.bar(course.progress, BAR), "accent"),
            wording.percent(course.progress),
            Cell(f"{course.done}/{course.total}", "dim"),
            wording.percent(course.grade),
            Cell(wording.ago(course.last_activity_at), "dim"),
        ),
    )


def waiting_row(row: QueueRow) -> Row:
    """A line of what waits, known by the step."""
    old = wording.is_old(row.submitted_at)
    return Row(
        row.step_id,
        (
            Cell(wording.age(row.submitted_at), "alert" if old else "dim"),
            Cell(row.course, "dim"),
            row.step,
            Cell(f"attempt {row.attempt}" if row.attempt > 1 else "", "dim"),
            Cell(wording.DASH if row.points is None else f"/{wording.number(row.points)}", "dim"),
        ),
    )
