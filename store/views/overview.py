"""How a group and everything below it is doing."""

from __future__ import annotations

from datetime import date, timedelta

from store.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for a review, by how long: less than a day, less than a week, a week or more.

    `median` is None where nothing waits.
    """

    today: int = 0
    this_week: int = 0
    older: int = 0
    median: timedelta | None = None

    @property
    def total(self) -> int:
        """All that waits."""
        return self.today + self.this_week + self.older


@dataclass(frozen=True, slots=True)
class CourseCompletion:
    """A course of some people: how many take it, and the steps done of those there are for all of them."""

    course_id: int
    title: str
    people: int
    done: int
    steps: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 % means done."""
        return self.done * 100 // self.steps if self.steps else 0


@dataclass(frozen=True, slots=True)
class Overview:
    """A group and its subtree, as far as the viewer may see and without themselves.

    `reviewed` is how many reviews were given in each of the past 12 weeks, oldest first; the last week
    begins on `monday`.
    """

    people: int
    waits: Waits
    reviewed: tuple[int, ...]
    monday: date
    courses: tuple[CourseCompletion, ...]


@dataclass(frozen=True, slots=True)
class OverviewCounts:
    """What is counted of very many people. The whole can be read in a while, if it `is_readable`."""

    people: int
    waiting: int
    is_readable: bool
