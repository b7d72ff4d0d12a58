"""Work that waits for review, as rows of a list."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row
from store.frozen import dataclass
from store.views.queue import QueueRow

WAITING = (
    Column("wait", "waits", width=6, align="right"),
    Column("course", "course", minimum=30, stretch=1, most=44, drop=2),
    Column("step", "step", minimum=20, stretch=5),
    Column("attempt", "try", width=3, align="right", drop=1),
    Column("points", "points", width=6, align="right"),
)
# The step has the room; the course shows where it need not be cut, and in the pane.
WAITING_OF_ALL = (
    Column("wait", "waits", width=6, align="right"),
    Column("person", "person", minimum=14, stretch=2, most=30),
    Column("course", "course", minimum=30, stretch=1, most=44, drop=2),
    Column("step", "step", minimum=20, stretch=5),
    Column("points", "points", width=6, align="right", drop=1),
)


NO_NAME = "This work is marked without names. You see the name once its site shows it."
"""Why no way leads from work to its person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine(Row):
    """The row of an item that waits, with everything known of it."""

    item: QueueRow


def waiting_row(item: QueueRow, *, of_all: bool = False) -> WaitingLine:
    """A line of what waits, known by person and step: for `WAITING`, or for `WAITING_OF_ALL`."""
    wait = Cell(formatting.age(item.submitted_at), "alert" if formatting.is_old(item.submitted_at) else "dim")
    course = Cell(item.course, "dim")
    # What has ended is said where it is never left out.
    step = Cell(formatting.unless_ended(item.step, item.ended), "accent" if item.ended else "")
    points = Cell(formatting.DASH if item.points is None else f"/{formatting.number(item.points)}", "dim")
    attempt = Cell(f"{item.attempt}" if item.attempt > 1 else "", "accent")
    one, every = (wait, course, step, attempt, points), (wait, item.person, course, step, points)
    return WaitingLine((item.user_id, item.step_id), every if of_all else one, item=item)


def item_of(row: Row | None) -> QueueRow | None:
    """The item that a line is about, if it is about one."""
    return row.item if isinstance(row, WaitingLine) else None
