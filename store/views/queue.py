"""What waits for review."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass
from store.views import Page
from store.views.due import is_late
from store.views.states import State

SORTS = ("age", "person", "course", "step")
"""The orders there are; the first one holds where another was asked for."""


def known_sort(sort: str) -> str:
    """The order itself, if there is one of that name: others may write into the database too."""
    return sort if sort in SORTS else SORTS[0]


@dataclass(frozen=True, slots=True)
class QueueView:
    """What part of the queue is looked at, and in which order.

    `line` is the filter as it is typed; with `user_id` it is one person's work only. `sort` is one of
    `SORTS`; `by_step` puts the same step of many people in a row.
    """

    line: str = ""
    sort: str = "age"
    by_step: bool = False
    user_id: int | None = None


class Ended(StrEnum):
    """Why nobody would look for work that waits where it stands: what has ended, in words."""

    PERSON = "deactivated"
    CLASS = "class ended"
    STEP = "step removed"
    ENROLMENT = "left the class"


OF_A_PERSON = (Ended.PERSON, Ended.ENROLMENT)
"""What may have ended for one person, of which nothing is said where many are meant, or nobody by name."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A completion that waits; `points` is what the step can earn.

    It is in its `state` since `since`: for work sent back, that is when it was. `group` is the name of a
    group by way of which the viewer follows the person, empty if there is none. `ended` says what has ended
    around it, if anything has. `due_at` is when it is due for this person. Of blind work nothing is told that
    tells whose it is, and `person` is what it is shown as: see `blind`.
    """

    completion_id: int
    user_id: int
    person: str
    group: str
    course_id: int
    course: str
    step_id: int
    step: str
    points: float | None
    state: State
    submitted_at: datetime | None
    since: datetime | None
    attempt: int
    has_draft: bool
    ended: Ended | None = None
    due_at: datetime | None = None
    is_blind: bool = False

    @property
    def is_late(self) -> bool:
        """Whether its latest attempt came in after it was due."""
        return is_late(self.submitted_at, self.due_at)


@dataclass(frozen=True, slots=True)
class QueueItems(Page[QueueRow]):
    """A window of items. There are `more` of them than its total says: they were not all counted."""

    more: bool


@dataclass(frozen=True, slots=True)
class StepGroup:
    """The same step of `count` people in a view, the first of them waiting since `since`. `ended` says that
    its course has, or that it was removed.
    """

    step_id: int
    step: str
    course_id: int
    course: str
    count: int
    since: datetime | None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class StepPage(Page[StepGroup | QueueRow]):
    """A window of lines where each step stands before its items; `items` is how many there are in all."""

    items: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an item stands in a view: the `position` of `total`, from 1, and the items beside it, or None.

    For an item that is not in the view `position` is 0, and the others are those beside where it would
    stand. There may be `more` items than the total says, which were not all counted.
    """

    position: int
    total: int
    previous: QueueRow | None
    next: QueueRow | None
    more: bool = False
