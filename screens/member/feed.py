"""What a person did, newest first, as lines of a list: posts and feedback stand in full under their event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import partial

from screens import formatting
from screens.review.text import by_criterion, of_criterion
from screens.widgets.list.row_list import Cell, Column, ListMessage, Row
from screens.widgets.list.rows import fit
from screens.widgets.list.wrapped import WrappedList
from screens.widgets.passages import Passage
from screens.widgets.wrap import READABLE, wrap
from store.frozen import dataclass
from store.views import Page
from store.views.activity import Event, EventKind

COLUMNS = (
    Column("time", "time", width=5, align="right"),
    Column("kind", "event", width=11),
    Column("what", "step · course", minimum=20, stretch=1),
    Column("result", "result", width=14, align="right"),
)
BEFORE_TEXT = 2 + 5 + 2 + 11 + 2
"""Cells before the texts: the cursor's, the time, the kind and the gaps after them."""
AFTER_TEXT = 2
SIGNS = {
    EventKind.COMPLETED: "✓",
    EventKind.FAILED: "✗",
    EventKind.SUBMITTED: "✎",
    EventKind.APPROVED: "✓",
    EventKind.RETURNED: "↩",
    EventKind.MARKED_FAILED: "✗",
    EventKind.SKIPPED: "–",
    EventKind.POSTED: "“",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine(Row):
    """A line of an event, with everything known of it."""

    event: Event


class Feed(WrappedList):
    """Events as far as they were read; more are wanted as the view comes near their end."""

    @dataclass
    class MoreWanted(ListMessage):
        """The view is near the end of what is known: answer with `add`, or with `show` anew."""

        offset: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, menu=True, header=True, id=id)
        self._events: list[Event] = []
        self._count = 0
        self._asking = False
        self._restart = False

    @property
    def known(self) -> int:
        """How many events were read."""
        return len(self._events)

    @property
    def count(self) -> int:
        """How many events there are, read or not."""
        return self._count

    def show(self, page: Page[Event], *, restart: bool = False) -> None:
        """Show these events from the first on and no others; the cursor stays, unless to `restart`."""
        self._restart = self._restart or restart
        self._take(list(page.rows), page.total)

    def add(self, page: Page[Event]) -> None:
        """Show these as well, if they follow the ones that are known."""
        if page.offset == len(self._events):
            # A window that came back empty ends the list, whatever the total was said to be.
            self._take(self._events + list(page.rows), page.total if page.rows else len(self._events))

    def _take(self, events: list[Event], count: int) -> None:
        self._asking = False
        self._events, self._count = events, count
        self._lay_out()

    def _lay_out(self) -> None:
        make = partial(_rows, self._events, self._count)
        self.lay_out(make, sum(map(_length, self._events)))

    def show_wrapped(self, rows: list[Row]) -> None:
        """Show the rows; there may be room for more."""
        super().show_wrapped(rows)
        if self._restart:
            self._restart = False
            self.action_first()
        self._ask_for_more()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Near the end more is wanted."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    def _moved(self, key: Hashable | None) -> None:
        super()._moved(key)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        near_end = self.top + 2 * self.page >= self.total
        if near_end and not self._asking and self.known < self._count and self.extent.height:
            self._asking = True
            self.post_message(self.MoreWanted(self, self.known))


def _rows(events: Sequence[Event], count: int, width: int) -> list[Row]:
    """The lines of the events, and a last one while there are more than these."""
    rows: list[Row] = list(event_rows(events, width))
    if len(events) < count:
        rows.append(Row("more", ("", Cell("reading on …", "dim")), heading=True))
    return rows


def event_rows(events: Sequence[Event], width: int) -> Iterator[Row]:
    """The lines of the events in a list `width` cells wide, under a heading for each day."""
    room = min(READABLE, max(20, width - BEFORE_TEXT - AFTER_TEXT))
    day = ""
    seen: Counter[Hashable] = Counter()
    for event in events:
        if (heading := formatting.day(event.at)) != day:
            day = heading
            yield Row(("day", day), (day,), heading=True)
        # Two at the same moment are told apart by their order.
        same = (event.kind, event.at, event.course_id, event.step_id)
        seen[same] += 1
        key = (*same, seen[same])
        # A post leads to its discussion.
        opens = event.kind is EventKind.POSTED or event.taken
        yield EventLine((*key, 0), _first_line(event), event=event, opens=opens)
        for number, line in enumerate(_text_lines(event, room), 1):
            cells = ("", "", Cell(line, "dim", span=2, laid_out=True))
            yield EventLine((*key, number), cells, event=event, opens=opens)


def _first_line(event: Event) -> tuple[str | Cell, ...]:
    # Who marked it as failed stands below it.
    word = EventKind.FAILED if event.kind is EventKind.MARKED_FAILED else event.kind
    kind = Cell(f"{SIGNS[event.kind]} {word}", "dim")
    result = _result(event)
    # Where nothing came of it there is more room for where it happened.
    what = Cell(_what(event), span=1 if result.text else 2)
    return (formatting.time(event.at), kind, what, result)


def _what(event: Event) -> str:
    """What it was, then in which course: where there is little room the end is cut, and the pane says it."""
    words = [event.step] if event.step else []
    if event.kind is EventKind.POSTED:
        words.insert(0, f"“{event.title}”" if event.title else "discussion")
    return " · ".join([*words, event.course])


def _result(event: Event) -> Cell:
    if event.needs_review:
        return Cell("● needs review", "alert")
    if event.points is not None:
        return Cell(formatting.points(event.points, event.points_possible))
    return Cell("")


def _length(event: Event) -> int:
    """Characters that are wrapped."""
    return len(event.text) + sum(len(said.level) + len(said.remark) for said in event.criteria)


def _text_lines(event: Event, room: int) -> list[str]:
    text = event.text.strip()
    if event.by:
        text = f"{event.by}: {text}" if text else f"by {event.by}"
    said = "\n".join([text, *map(of_criterion, event.criteria)])
    lines = wrap(said, room) if text else []
    return lines + [fit(f"Attached: {formatting.file(file)}", room).rstrip() for file in event.attachments]


def facts(event: Event) -> list[Passage]:
    """An event in full, for the pane: what and where it was, what came of it, and its whole text."""
    word = EventKind.FAILED if event.kind is EventKind.MARKED_FAILED else event.kind
    when = f"{formatting.day(event.at)} {formatting.time(event.at)}".rstrip()
    found = [Passage(event.title or event.step or event.course, "heading")]
    where = (event.course, event.lesson, event.step if event.title else "")
    found.append(Passage(" › ".join(filter(None, where)), "dim"))
    result = _result(event)
    words = f"{SIGNS[event.kind]} {word}, {when}" + (f" by {event.by}" if event.by else "")
    found.append(Passage(words, "dim"))
    if result.text:
        found.append(Passage(result.text, "alert" if event.needs_review else ""))
    if event.text.strip():
        found += [Passage(""), Passage(event.text.strip())]
    if event.criteria:
        found += [Passage(""), *by_criterion(event.criteria)]
    if event.attachments:
        found.append(Passage(""))
        found += [Passage(f"Attached: {formatting.file(file)}", "dim") for file in event.attachments]
    return found
