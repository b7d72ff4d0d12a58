"""Work that is reviewed, and its reviews."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.attachments import AttachmentView
from store.views.outbox import SentView
from store.views.queue import Ended
from store.views.rubrics import ReviewedCriterion, RubricView
from store.views.states import Decision, Marking, State


@dataclass(frozen=True, slots=True)
class AttemptView:
    id: int
    number: int
    text: str
    link: str
    submitted_at: datetime
    attachments: tuple[AttachmentView, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review; `attempt` is the number of the attempt it was of, if it was of one.

    `criteria` is what it said by the criteria of a rubric.
    """

    reviewer: str
    decision: Decision
    points: float | None
    feedback: str
    created_at: datetime
    attempt: int | None
    criteria: tuple[ReviewedCriterion, ...] = ()
    sent: SentView | None = None
    brought: bool = False


@dataclass(frozen=True, slots=True)
class CommentView:
    """What was said beside some work at its site. Without an `author` the learner said it."""

    author: str
    created_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team whose work it is, and of how many of it the work waits: a decision can be about all of them."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A step of a person, with all that a review of it needs.

    Without a completion (`completion_id` None) the step is not yet done and cannot be reviewed.
    `attempts` and `reviews` are newest first. `first_name` is what the person is called in a reply. `ended`
    and `due_at` are as in the queue. With a `rubric` the points are the sum of what is said by its criteria.
    `sent` is what became of the decisions on it at the site that it came from, newest first; `comments` is
    what was said beside it there, oldest first. Where it `is_blind` the names are what it is shown as, and
    nothing tells whose it is: see `blind`. `marked_in` names the site where alone it can be marked, if so.
    """

    completion_id: int | None
    version: int
    user_id: int
    person: str
    first_name: str
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
    ended: Ended | None = None
    due_at: datetime | None = None
    rubric: RubricView | None = None
    sent: tuple[SentView, ...] = ()
    comments: tuple[CommentView, ...] = ()
    team: TeamView | None = None
    is_blind: bool = False
    marked_in: str = ""
