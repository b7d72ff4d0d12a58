"""What the store gives to screens and commands: frozen, complete, with nothing left to look up.

Times are aware UTC; points are floats; percentages whole numbers from 0 to 100 unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Role(StrEnum):
    """A person's part in one group; staff are mentors and leaders."""

    MEMBER = "member"
    MENTOR = "mentor"
    LEADER = "leader"

    @property
    def is_staff(self) -> bool:
        return self is not Role.MEMBER


class State(StrEnum):
    """Where a completion stands."""

    COMPLETE = "complete"
    NEEDS_REVIEW = "needs_review"
    RETURNED = "returned"
    SKIPPED = "skipped"

    @property
    def counts_as_done(self) -> bool:
        """As far as the learner is concerned; what was returned waits for them again."""
        return self is not State.RETURNED


class Marking(StrEnum):
    """Who marks a step's work."""

    AUTOMATIC = "automatic"
    REVIEW = "review"


class Decision(StrEnum):
    """What a review decides."""

    APPROVE = "approve"
    RETURN = "return"


class Plan(StrEnum):
    """What the organisation subscribes to."""

    STARTER = "starter"
    COMPLETE = "complete"
    ENTERPRISE = "enterprise"


class Beta(StrEnum):
    """Whether the account takes part in the beta of Community groups."""

    OFF = "off"
    APPLIED = "applied for"
    ON = "on"


class Subgroups(StrEnum):
    """What becomes of the subgroups of a deleted group."""

    MOVE_UP = "move up"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Without a `user_id` it is the operator of the database file, whom no rule binds."""

    user_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A window of a list: `rows` from `offset`, of `total` in all."""

    rows: tuple[T, ...]
    offset: int
    total: int


# ------------------------------------------------------------------ the account


@dataclass(frozen=True, slots=True)
class AccountView:
    name: str
    plan: Plan
    beta: Beta

    @property
    def community_on(self) -> bool:
        """Groups are there for accounts of plan complete or above that are in the beta."""
        return self.plan is not Plan.STARTER and self.beta is Beta.ON


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the person in front of the screen is and may do, as of now; screens offer by it.

    `waiting` is how many completions they could review.
    """

    user_id: int
    name: str
    account: AccountView
    is_admin: bool
    leads: bool
    mentors: bool
    waiting: int
    has_community: bool
    may_create_groups: bool
    may_create_top_level: bool
    may_report: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of the admin's dashboard."""

    people: int
    groups: int
    courses: int
    waiting: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor_name: str
    action: str


# ----------------------------------------------------------------------- groups


@dataclass(frozen=True, slots=True)
class GroupName:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class GroupRights:
    """What one viewer may do to one group."""

    edit: bool = False
    create_subgroup: bool = False
    move: bool = False
    to_top_level: bool = False
    delete: bool = False
    add_members: bool = False
    change_roles: bool = False
    remove_members: bool = False


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A line of the tree. `waiting` is of the whole subtree, `waiting_own` of the group itself."""

    id: int
    name: str
    depth: int
    parent_id: int | None
    has_subgroups: bool
    people: int
    leaders: tuple[str, ...]
    waiting: int
    waiting_own: int
    rights: GroupRights


@dataclass(frozen=True, slots=True)
class GroupCard:
    """One of the viewer's own groups, for Home. `initials` are of the first members by name."""

    id: int
    path: tuple[GroupName, ...]
    role: Role
    people: int
    initials: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class GroupOption:
    """A group to choose from a list; `path` ends with its own name."""

    id: int
    path: tuple[GroupName, ...]


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """Everything about one group but its people. `parent_id` is None where the viewer may not see it."""

    id: int
    name: str
    slug: str
    description: str
    path: tuple[GroupName, ...]
    parent_id: int | None
    version: int
    people: int
    subgroups: int
    waiting: int
    rights: GroupRights


@dataclass(frozen=True, slots=True)
class DeletionImpact:
    """What deleting a group touches: `below` groups under it, distinct people in it or in those.

    `gives_up_access`: the actor leads the groups below only through this one.
    """

    name: str
    people: int
    people_below: int
    below: int
    parent_name: str | None
    gives_up_access: bool


# ----------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the People tab."""

    id: int
    name: str
    email: str
    is_admin: bool
    active: bool
    groups: int
    last_seen_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person to jump to."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class PersonHead:
    """The head of the Member screen."""

    id: int
    name: str
    email: str
    active: bool
    courses: int
    waiting: int
    may_review: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who could be added to a group; `role` is set if they are in it already."""

    user_id: int
    name: str
    email: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted list of people came to. Nothing is dropped: what fits nobody, or fits
    several, is in `unmatched` with the reason."""

    matched: tuple[Candidate, ...]
    unmatched: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of a group. `progress` is over all courses, None without one."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: Role
    active: bool
    progress: int | None
    last_active_at: datetime | None
    last_seen_at: datetime | None
    waiting: int
    may_open: bool


@dataclass(frozen=True, slots=True)
class AddResult:
    added: tuple[str, ...]
    already: tuple[str, ...]


# ----------------------------------------------------------- work and its review


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
class AttemptView:
    id: int
    number: int
    text: str
    link: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review; `attempt` is the number of the attempt it was of, if it was of one."""

    reviewer: str
    decision: Decision
    points: float | None
    feedback: str
    created_at: datetime
    attempt: int | None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A step of a person, with all that a review of it needs.

    Without a completion (`completion_id` None) the step is not yet done and cannot be reviewed.
    `attempts` and `reviews` are newest first.
    """

    completion_id: int | None
    version: int
    user_id: int
    person: str
    course_id: int
    course: str
    lesson: str
    step_id: int
    step: str
    body: str
    marking: Marking
    points_possible: float | None
    state: State | None
    points: float | None
    submitted_at: datetime | None
    completed_at: datetime | None
    attempts: tuple[AttemptView, ...]
    reviews: tuple[ReviewView, ...]
    may_review: bool


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
    """A step as it stands; `at` is when it got there: done, submitted, or sent back."""

    step_id: int
    title: str
    marking: Marking
    points_possible: float | None
    state: State | None
    points: float | None
    at: datetime | None


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
    """One person's course on one page. Who looks may review it if `may_review`."""

    user_id: int
    person: str
    course: CourseRow
    lessons: tuple[CardLesson, ...]
    may_review: bool


class EventKind(StrEnum):
    """Kinds of activity, in the words of the feed."""

    COMPLETED = "completed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    SKIPPED = "excused"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `text` is the post or the feedback, in full; `title` a post's title.

    `needs_review` marks a submission that still waits.
    """

    kind: EventKind
    at: datetime
    course_id: int
    course: str
    lesson: str
    step_id: int | None
    step: str
    title: str
    text: str
    by: str
    points: float | None
    points_possible: float | None
    needs_review: bool
