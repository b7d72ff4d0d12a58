"""The queue as rows: an item a line, and with the steps in a row a heading for each."""

from __future__ import annotations

from dataclasses import replace

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row
from screens.widgets.work_rows import WaitingLine
from store.frozen import dataclass
from store.views import Page
from store.views.queue import OF_A_PERSON, QueueItems, QueueRow, StepGroup, StepPage
from store.views.states import State

DUE = Column("due", "due", width=8, align="right", drop=3, if_filled=True)
# On 80 columns all but the group fit. The course has room for "class ended".
COLUMNS = (
    Column("wait", "waits", width=6, align="right"),
    Column("person", "person", minimum=14, stretch=2),
    Column("group", "group", minimum=8, stretch=2, drop=6),
    Column("course", "course", minimum=12, stretch=1, drop=4),
    Column("step", "step", minimum=14, stretch=6),
    Column("draft", "", width=1, drop=1),
    Column("attempt", "try", width=3, align="right", drop=5),
    Column("points", "points", width=6, align="right", drop=2),
    DUE,
)
BESIDE_PANE = (
    Column("wait", "waits", width=6, align="right"),
    Column("person", "person", minimum=14, stretch=1, most=30),
    Column("step", "step", minimum=14, stretch=6),
    Column("draft", "", width=1, drop=1),
    Column("attempt", "try", width=3, align="right", drop=5),
    Column("points", "points", width=6, align="right", drop=2),
    DUE,
)
"""Those beside the pane, which names the course and the group: the step has the room."""
IN_HEADING = ("course", "step")
BY_STEP = tuple(column for column in COLUMNS if column.key not in IN_HEADING)
"""The same where a heading above the items names their step and course."""


@dataclass(frozen=True, slots=True)
class QueuePage(Page[Row]):
    """A window of lines; `items` is how many items there are, headings left out. There may be `more`."""

    items: int
    columns: tuple[Column, ...]
    more: bool = False


def queue_row(item: QueueRow) -> WaitingLine:
    """A line of the queue with all its cells, known by its completion."""
    is_old = item.state is State.NEEDS_REVIEW and formatting.is_old(item.since)
    cells = (
        Cell(formatting.age(item.since), "alert" if is_old else "dim"),
        item.person,
        Cell(item.group, "dim"),
        Cell(formatting.unless_ended(item.course, item.ended), "accent" if item.ended else "dim"),
        item.step,
        Cell("✎" if item.has_draft else "", "accent"),
        Cell(f"{item.attempt}" if item.attempt > 1 else "", "accent"),
        Cell(formatting.DASH if item.points is None else f"/{formatting.number(item.points)}", "dim"),
        Cell(formatting.due(item.due_at, missed=item.is_late), "alert" if item.is_late else "dim"),
    )
    return WaitingLine(item.completion_id, cells, item=item)


def _only(line: WaitingLine, columns: tuple[Column, ...], **other: Cell) -> WaitingLine:
    """A line with the cells of these columns, some of them replaced."""
    cells = dict(zip((column.key for column in COLUMNS), line.cells, strict=True)) | other
    return replace(line, cells=tuple(cells[column.key] for column in columns))


def _beside_pane(item: QueueRow) -> WaitingLine:
    step = Cell(formatting.unless_ended(item.step, item.ended), "accent" if item.ended else "")
    return _only(queue_row(item), BESIDE_PANE, step=step)


def _under_heading(item: QueueRow) -> WaitingLine:
    line = queue_row(item)
    if item.ended in OF_A_PERSON:
        return _only(line, BY_STEP, group=Cell(formatting.unless_ended(item.group, item.ended), "accent"))
    return _only(line, BY_STEP)


def _heading(group: StepGroup) -> Row:
    course = formatting.unless_ended(group.course, group.ended)
    words = f"{group.step} · {course} ({group.count:,})"
    return Row(("step", group.step_id), (words,), heading=True)


def plain(page: QueueItems, columns: tuple[Column, ...]) -> QueuePage:
    """A window of items, a line each, with `COLUMNS` or those `BESIDE_PANE`."""
    line_of = _beside_pane if columns == BESIDE_PANE else queue_row
    rows = tuple(line_of(item) for item in page.rows)
    return QueuePage(rows, page.offset, page.total, page.total, columns, page.more)


def in_a_row(page: StepPage) -> QueuePage:
    """A window where each step has a heading over its items."""
    lines = (_heading(line) if isinstance(line, StepGroup) else _under_heading(line) for line in page.rows)
    return QueuePage(tuple(lines), page.offset, page.total, page.items, BY_STEP)
