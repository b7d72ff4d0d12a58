"""A person's activity in the past weeks: one column a week, darker for more."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

SHADES = "·░▒▓█"
STEPS = (1, 3, 7, 13)
"""From how many doings in a week on each shade is used, where people are compared."""
MARGIN = 2
WIDEST = 5
"""Cells a week takes at most, with the gap after it."""
MONTH = 3
"""Cells of a month's name."""


class WeekStrip(Widget):
    """The weeks as a row of shades with the months below; told in words as well."""

    COMPONENT_CLASSES = {"weeks--strip", "weeks--dim", "weeks--title"}
    DEFAULT_CSS = """
    WeekStrip {
        height: 4;
        & > .weeks--strip { color: $text-accent; }
        & > .weeks--dim { color: $text-muted; }
        & > .weeks--title { text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._counts: tuple[int, ...] = ()
        self._monday = date.min

    def show(self, counts: Sequence[int], monday: date) -> None:
        """Show this many doings a week, the oldest week first; the last week begins on `monday`."""
        if (tuple(counts), monday) != (self._counts, self._monday):
            self._counts, self._monday = tuple(counts), monday
            self.refresh()

    def text(self) -> str:
        """Everything that is shown, line by line."""
        return "\n".join(text for text, _ in self._drawn())

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        lines = self._drawn()
        if y >= len(lines):
            return Strip.blank(self.size.width, self.rich_style)
        text, tone = lines[y]
        style = self.get_component_rich_style(f"weeks--{tone}")
        segments = [Segment(" " * MARGIN, self.rich_style), Segment(text, style)]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _drawn(self) -> list[tuple[str, str]]:
        if not self._counts:
            return []
        unit = max(1, min(WIDEST, (self.size.width - 2 * MARGIN) // len(self._counts)))
        return [
            (f"Past {len(self._counts)} weeks: steps done or failed, work submitted, posts", "title"),
            (strip(self._counts, unit), "strip"),
            (months(self._monday, len(self._counts), unit), "dim"),
            (summary(self._counts, self._monday), "dim"),
        ]


def shades(counts: Sequence[int]) -> str:
    """A shade for each week, a cell wide, that means as much for everybody: see `STEPS`."""
    return "".join(SHADES[bisect_right(STEPS, count)] for count in counts)


def strip(counts: Sequence[int], unit: int) -> str:
    """A shade for each week, `unit` cells wide with the blank after it; a dot for none."""
    most = max(counts, default=0)
    wide = max(1, unit - 1)
    shades = [SHADES[-(-count * (len(SHADES) - 1) // most) if most else 0] for count in counts]
    return "".join((shade * wide).ljust(unit) for shade in shades)


def months(monday: date, weeks: int, unit: int) -> str:
    """The name of each month under the week that brings its first day, where there is room."""
    starts: list[tuple[int, str]] = []
    for number in range(weeks):
        week = monday - (weeks - 1 - number) * timedelta(weeks=1)
        sunday = week + timedelta(days=6)
        if number == 0 or sunday.day <= 7:
            starts.append((number * unit, f"{sunday:%b}"))
    # A month that had begun before gives way to the one that begins.
    if len(starts) > 1 and starts[1][0] <= MONTH:
        starts.pop(0)
    line = ""
    for at, name in starts:
        if at >= len(line) + bool(line) and at + MONTH <= weeks * unit:
            line = line.ljust(at) + name
    return line


def summary(counts: Sequence[int], monday: date) -> str:
    """The same in words: how much in all, this week, and in the fullest one."""
    total = sum(counts)
    if not total:
        return "Nothing in this time."
    most = max(counts)
    at = len(counts) - 1 - list(reversed(counts)).index(most)
    week = monday - (len(counts) - 1 - at) * timedelta(weeks=1)
    return f"{total:,} in all · this week {counts[-1]:,} · most in the week of {week.day} {week:%b}: {most:,}"
