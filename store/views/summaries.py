"""What a pane beside a list tells of the row under the cursor."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.courses import CourseRow
from store.views.groups import GroupName, Role
from store.views.needs import Flag
from store.views.people import PersonGroup
from store.views.work import ReviewItem


@dataclass(frozen=True, slots=True)
class NeedsSummary:
    """How many members are flagged, and the heaviest flag of them all; None without any."""

    people: int = 0
    heaviest: Flag | None = None


@dataclass(frozen=True, slots=True)
class WaitingSummary:
    """How much waits that the viewer can review, and since when the oldest of it, if that is known."""

    items: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group with its whole subtree, as far as it is in sight; leaders and mentors are its own.

    `role` is the viewer's own in it, if they have one. Of very many people it is not told who is flagged.
    """

    path: tuple[GroupName, ...]
    description: str
    people: int
    subgroups: int
    role: Role | None
    leaders: tuple[str, ...]
    mentors: tuple[str, ...]
    waiting: WaitingSummary
    needs: NeedsSummary | None


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """Where a person belongs, as far as the viewer sees, and what waits of them."""

    groups: tuple[PersonGroup, ...]
    waiting: WaitingSummary


@dataclass(frozen=True, slots=True)
class MemberSummary:
    """How a person gets on in each of their courses, and how active they were in each of 26 weeks."""

    courses: tuple[CourseRow, ...]
    weeks: tuple[int, ...]
    waiting: WaitingSummary


@dataclass(frozen=True, slots=True)
class WorkSummary:
    """A piece of work, and what is known of the person who did it; `course` is theirs of that work. Of the
    person of blind work nothing is told.
    """

    item: ReviewItem
    waiting: WaitingSummary
    course: CourseRow | None
