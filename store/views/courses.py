"""A person's courses and progress cards."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.states import Marking, State


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course of one person. `progress` in percent; `grade` in percent to date with one
    decimal, None where no step has been graded."""

    course_id: int
    title: str
    done: int
    total: int
    grade: float | None
    last_activity_at: datetime | None

    @property
    def progress(self) -> int:
        """Rounded down, so that 100 % means done."""
        return self.done * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class CourseName:
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class CardStep:
    """A step as it stands; `at` is when it got there: done, submitted, or sent back.

    It opens, is due and is cut off for this person at these moments, if there are any; `is_overdue` as in
    `due_dates`. Where it `is_blind` nothing is told of what they handed in, see `blind`.
    """

    step_id: int
    title: str
    marking: Marking
    points_possible: float | None
    state: State | None
    points: float | None
    at: datetime | None
    opens_at: datetime | None = None
    due_at: datetime | None = None
    cut_off_at: datetime | None = None
    is_overdue: bool = False
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class CardLesson:
    title: str
    steps: tuple[CardStep, ...]

    @property
    def done(self) -> int:
        """How many of the steps count as done."""
        return sum(step.state is not None and step.state.counts_as_done for step in self.steps)


@dataclass(frozen=True, slots=True)
class ProgressCard:
    """One person's course on one page. The viewer may review it if `may_review`."""

    user_id: int
    person: str
    course: CourseRow
    lessons: tuple[CardLesson, ...]
    may_review: bool

    @property
    def overdue(self) -> int:
        """How many of its steps are overdue."""
        return sum(step.is_overdue for lesson in self.lessons for step in lesson.steps)
