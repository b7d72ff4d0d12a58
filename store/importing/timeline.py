"""What is given when: periods with their first and last day, and what follows from several of them.

A mark is what the ledger keeps of something that is given: its value, and the last day on which at least
that is given, if there is one: `mentor`, `mentor|2026-12-31`. The empty mark is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)


class Period(NamedTuple):
    """From one day to another, both included; without one of them open at that end."""

    begins: date | None = None
    ends: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return (self.begins is None or self.begins <= day) and (self.ends is None or day <= self.ends)

    @property
    def is_empty(self) -> bool:
        """Whether no day lies in it."""
        return self.begins is not None and self.ends is not None and self.ends < self.begins

    def is_over(self, day: date) -> bool:
        """Whether it has ended before a day; none of an empty one ever was."""
        return self.ends is not None and self.ends < day and not self.is_empty

    def is_to_come(self, day: date) -> bool:
        """Whether it begins after a day; none of an empty one ever does."""
        return self.begins is not None and self.begins > day and not self.is_empty


FOR_GOOD = Period()


def days_of_change(periods: Iterable[Period], today: date) -> list[date]:
    """The days after today on which one of these begins, or has ended."""
    days: set[date] = set()
    for begins, ends in periods:
        if begins is not None and begins > today:
            days.add(begins)
        # After the last day of the calendar nothing comes: some write it for no end.
        if ends is not None and today <= ends < date.max:
            days.add(ends + DAY)
    return sorted(days)


def mark(value: str, last_day: date | None = None) -> str:
    """What the ledger keeps of something that is given."""
    return value if last_day is None else f"{value}|{last_day.isoformat()}"


def read_mark(kept: str) -> tuple[str, date | None]:
    """Value and last day of a mark."""
    value, _, day = kept.partition("|")
    return value, date.fromisoformat(day) if day else None


def marks_in_time(
    values: Sequence[tuple[date, str]], ranks: Mapping[str, int]
) -> tuple[str, list[tuple[date, str]]]:
    """The mark of today, and those that take its place, each with the first day on which it holds.

    `values` has what is given from each day on, today first, "" for nothing. `ranks` says which value is
    more: what is given still holds while more is.
    """
    marks: list[tuple[date, str]] = []
    # For each value, the first of the later days on which less is given.
    less: dict[str, date] = {}
    for day, value in reversed(values):
        end = less.get(value)
        marks.append((day, mark(value, None if end is None else end - DAY) if value else ""))
        less |= {other: day for other, rank in ranks.items() if not value or rank > ranks[value]}
    found: list[tuple[date, str]] = []
    for day, here in reversed(marks):
        if not found or found[-1][1] != here:
            found.append((day, here))
    return found[0][1], found[1:]
