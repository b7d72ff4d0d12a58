"""What waits for review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QueueLook:
    """What part of the queue is looked at, and in which order.

    `line` is the filter as it is typed; with `user_id` it is one person's work only. `sort` is one of
    age, person, course, step; `by_step` puts the same step of many people in a row.
    """

    line: str = ""
    sort: str = "age"
    by_step: bool = False
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A completion that waits; `points` is what the step can earn."""

    completion_id: int
    user_id: int
    person: str
    course: str
    step_id: int
    step: str
    points: float | None
    submitted_at: datetime | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an item stands in a look: the `position` of `total`, from 1, and the items beside it.

    None where there is none, or where the item is not in the look: then `position` is 0, and `next` is
    the one that stands where it would.
    """

    position: int
    total: int
    previous: QueueRow | None
    next: QueueRow | None
