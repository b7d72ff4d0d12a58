"""A group and its subtree in numbers: what waits, what was reviewed, how far each course is."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Sparkline, Static

from screens import formatting
from screens.store_access import StoreAccess
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.week_strip import months
from store import overview
from store.views.overview import CourseCompletion, Overview, OverviewCounts, Waits

BAR = 16
"""Cells of a bar."""
PROGRESS = BAR + 1 + len("100 %")
COURSES = (
    Column("course", "course", minimum=16, stretch=3, most=44),
    Column("progress", "progress", width=PROGRESS),
    Column("steps", "steps done", width=13, align="right"),
    Column("people", "people", width=6, align="right"),
)
AGES = {"today": "under a day", "this_week": "under a week", "older": "a week or more"}
"""How long work waits, by the name of its count in `Waits`."""
COUNTING = "The reviews and courses of so many people are being counted."
TOO_MANY = (
    f"Reviews and courses are counted of {overview.MOST_READ:,} people at most, and here are more.\n\n"
    "Open a subgroup to see its own."
)
WEEKS = 12
WEEK = 3
"""How many weeks the chart of reviews has, and the cells of each."""


class Waiting(Vertical):
    """What waits for review, by age."""

    def compose(self) -> ComposeResult:
        """The total, then a bar for each age."""
        yield Line(id="waits")
        for age in AGES:
            yield Line(id=f"waits-{age}")

    def show_total(self, waiting: int) -> None:
        """Show how much waits, where it is not known for how long."""
        self.query_one("#waits", Line).set_parts(
            [Part(formatting.badge(waiting), "alert"), Part(" waiting", "strong")]
            if waiting
            else [Part("Nothing waits for review", "strong")]
        )

    def show(self, waits: Waits) -> None:
        """Show these numbers."""
        if waits.median is None:
            head = [Part("Nothing waits for review", "strong")]
        else:
            head = [Part(formatting.badge(waits.total), "alert"), Part(" waiting", "strong")]
            head.append(Part(f" · median wait {formatting.span(waits.median)}", "dim"))
        self.query_one("#waits", Line).set_parts(head)
        for age, words in AGES.items():
            number: int = getattr(waits, age)
            bar = formatting.bar(100 * number // max(1, waits.total), BAR)
            parts = [Part(f"{words:<15}", "dim"), Part(f"{number:>5,}  "), Part(bar, "accent")]
            self.query_one(f"#waits-{age}", Line).set_parts(parts)


class Reviewed(Vertical):
    """How many reviews were written in each of the past weeks."""

    def compose(self) -> ComposeResult:
        """The total, the chart, and the months below it."""
        yield Line(id="reviewed")
        yield Sparkline([], summary_function=max)
        yield Static(id="months")

    def show(self, found: Overview) -> None:
        """Show these numbers."""
        counts = found.reviewed
        said = f" · {counts[-1]:,} this week"
        self.query_one("#reviewed", Line).set_parts([Part("Reviewed per week", "strong"), Part(said, "dim")])
        # As many numbers as cells: fewer would be spread unevenly.
        self.query_one(Sparkline).data = [count for count in counts for _ in range(WEEK)]
        self.query_one("#months", Static).update(Content(months(found.monday, len(counts), WEEK)))


class OverviewPane(Vertical):
    """The tab: two charts side by side, and below them a line for each course.

    The charts cost time: they are made when the tab is first shown.
    """

    DEFAULT_CSS = f"""
    OverviewPane {{
        height: 1fr;
        & > Horizontal {{ height: 4; margin: 0 0 1 0; }}
        & Waiting, & Reviewed {{ width: 1fr; height: 4; }}
        & #months {{ height: 1; padding: 0 1; color: $text-muted; }}
        & Sparkline {{ width: {WEEKS * WEEK}; height: 2; margin: 0 1; }}
        & Sparkline > .sparkline--max-color, & Sparkline > .sparkline--min-color {{ color: $text-accent; }}
    }}
    """

    def __init__(self, list_id: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """`list_id` is the id of the list of courses."""
        super().__init__(id=id)
        self._list_id = list_id
        self._overview: Overview | OverviewCounts | None = None

    def compose(self) -> ComposeResult:
        """The title and the list; the charts are mounted above them."""
        yield Line(id="scope")
        yield RowList(COURSES, header=True, id=self._list_id)

    async def _draw(self) -> None:
        if not self.query(Waiting):
            await self.mount(Horizontal(Waiting(), Reviewed()), before=0)
        found = self._overview
        self.query_one(Reviewed).visible = isinstance(found, Overview)
        if isinstance(found, Overview):
            self.query_one(Waiting).show(found.waits)
            self.query_one(Reviewed).show(found)
        elif found is not None:
            self.query_one(Waiting).show_total(found.waiting)

    def show_first(self, screen: StoreAccess, group_id: int, found: Overview | OverviewCounts) -> None:
        """Show what was read at once of a group; of very many people the rest is read after it."""
        if isinstance(found, Overview):
            self.show(found)
            return
        self.show_counts(found)
        if found.is_readable:
            screen.read(partial(overview.of_group, screen.actor, group_id), self.show, group="overview")

    def show_counts(self, counts: OverviewCounts) -> None:
        """Show what is counted of very many people, until all is read; till then what was read before."""
        if counts.is_readable and isinstance(self._overview, Overview):
            return
        self._overview = counts
        people = formatting.count(counts.people, "person", "people")
        parts = [Part("Completion per course", "strong"), Part(f" · {people} you follow here", "dim")]
        self.query_one("#scope", Line).set_parts(parts)
        rows = self.query_one(RowList)
        rows.empty = COUNTING if counts.is_readable else TOO_MANY
        rows.set_rows([])
        self.call_later(self._draw)

    def show(self, found: Overview) -> None:
        """Show these numbers."""
        self._overview = found
        people = formatting.count(found.people, "person", "people")
        scope = [Part("Completion per course", "strong"), Part(f" · {people} you follow here", "dim")]
        self.query_one("#scope", Line).set_parts(scope if found.people else ())
        rows = self.query_one(RowList)
        rows.empty = (
            "Nobody here is enrolled in a course yet.\n\nCourses and enrolments come with an import."
            if found.people
            else "You follow nobody here.\n\nPeople who are added to the group are counted here."
        )
        rows.set_rows([course_row(course) for course in found.courses])
        self.call_later(self._draw)


def course_row(course: CourseCompletion) -> Row:
    """A course: how much of it the people enrolled in it have done."""
    done = course.steps > 0 and course.done == course.steps
    share = formatting.percent(course.percent) if course.steps else formatting.DASH
    progress = f"{formatting.bar(course.percent, BAR)} {share:>5}"
    return Row(
        course.course_id,
        (
            course.title,
            Cell(progress, "good" if done else "", laid_out=True),
            Cell(f"{course.done:,} / {course.steps:,}", "dim"),
            f"{course.people:,}",
        ),
    )
