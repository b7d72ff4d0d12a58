"""When work is due, and what came of that."""

from __future__ import annotations

from datetime import datetime

from store import clock
from store.frozen import dataclass
from store.text import counted
from store.views.states import State

STILL_TO_DO = (None, State.RETURNED)
"""Where a step stands that the learner is to hand in: not begun, or sent back. What failed is graded, and who
is to do that again gets it returned."""


@dataclass(frozen=True, slots=True)
class StepDates:
    """When a step opens, is due and is cut off, for all; None where there is no such moment."""

    step_id: int
    due_at: datetime | None = None
    cut_off_at: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnDates:
    """When a step is due and is cut off for one person; None for what is as for all."""

    user_id: int
    step_id: int
    due_at: datetime | None = None
    cut_off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """So many steps of one person are overdue, the first of them since `since`."""

    steps: int
    since: datetime

    weight = 5

    def __add__(self, other: Overdue) -> Overdue:
        """Both together."""
        return Overdue(self.steps + other.steps, min(self.since, other.since))

    @property
    def days(self) -> int:
        """How long the first has been overdue, in whole days."""
        return (clock.now() - self.since).days

    @property
    def reason(self) -> str:
        """Why the person is flagged."""
        many = f"{counted(self.steps, 'step')} overdue"
        if not self.days:
            return many
        if self.steps == 1:
            return f"{many} for {counted(self.days, 'day')}"
        return f"{many}, the oldest {self.days:,} d"

    @property
    def short(self) -> str:
        """The same in few cells."""
        return f"{self.steps} overdue {self.days} d" if self.days else f"{self.steps} overdue"


def is_late(handed_in_at: datetime | None, due_at: datetime | None) -> bool:
    """Whether work came in after it was due."""
    return handed_in_at is not None and due_at is not None and handed_in_at > due_at


def is_overdue(state: State | None, due_at: datetime | None) -> bool:
    """Whether it was due by now, and the learner has neither done it nor handed it in."""
    return due_at is not None and due_at < clock.now() and state in STILL_TO_DO
