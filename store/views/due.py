"""When work is due, and what came of that."""

from __future__ import annotations

from datetime import datetime

from store import clock
from store.frozen import dataclass
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


def is_late(handed_in_at: datetime | None, due_at: datetime | None) -> bool:
    """Whether work came in after it was due."""
    return handed_in_at is not None and due_at is not None and handed_in_at > due_at


def is_overdue(state: State | None, due_at: datetime | None) -> bool:
    """Whether it was due by now, and the learner has neither done it nor handed it in."""
    return due_at is not None and due_at < clock.now() and state in STILL_TO_DO
