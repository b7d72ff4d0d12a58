"""What a person did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass
from store.views.attachments import AttachmentView
from store.views.rubrics import ReviewedCriterion


class EventKind(StrEnum):
    """Kinds of activity, in the words of the feed."""

    COMPLETED = "completed"
    FAILED = "failed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    MARKED_FAILED = "marked failed"
    SKIPPED = "excused"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `text` is the post or the feedback, in full; `title` a post's title.

    What somebody failed by themselves is told apart from what a reviewer marked as failed. `needs_review`
    marks a submission that still waits. `taken` tells whether the person takes the course: somebody may post
    in one that they do not take. `criteria` is what a review said by those of a rubric,
    `attachments` are the files of a submission, `post_id` is that of a post.
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
    taken: bool
    criteria: tuple[ReviewedCriterion, ...] = ()
    attachments: tuple[AttachmentView, ...] = ()
    post_id: int | None = None
