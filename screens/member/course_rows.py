"""One person's courses, as rows of a list."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row
from store.frozen import dataclass
from store.views.courses import CourseRow

BAR = 12
COURSES = (
    Column("title", "course", minimum=30, stretch=3, most=60),
    Column("bar", "", width=BAR, drop=2),
    Column("progress", "progress", width=8, align="right"),
    Column("steps", "steps", width=7, align="right", drop=3),
    Column("grade", "grade", width=7, align="right"),
    Column("last", "last active", width=12, align="right", drop=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine(Row):
    """The row of a course, with everything known of it."""

    course: CourseRow


def course_row(course: CourseRow) -> CourseLine:
    """A line of the courses, known by the course."""
    return CourseLine(
        course.course_id,
        (
            course.title,
            Cell(formatting.bar(course.progress, BAR), "accent"),
            formatting.percent(course.progress),
            Cell(f"{course.done}/{course.total}", "dim"),
            formatting.percent(course.grade),
            Cell(formatting.ago(course.last_activity_at), "dim"),
        ),
        course=course,
    )
