"""What became of decisions at the site that the work came from."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.sites import OutboxDecision, OutboxState, SiteKind

LABELS = {SiteKind.MOODLE: "Moodle", SiteKind.CANVAS: "Canvas", SiteKind.ONEROSTER: "the roster's site"}
"""What a site is called where people read of their own work."""
HELD = "marked, not released: the learner does not see it yet"
"""Why a decision that is at the site is not seen there."""


@dataclass(frozen=True, slots=True)
class HeldMarks:
    """How many marks of a step are held back at its site, and could be released."""

    step_id: int
    step: str
    course: str
    count: int


@dataclass(frozen=True, slots=True)
class SentView:
    """What became of one decision at a site: `since` when it stands so, and why it does.

    `review_id` is None where a review was undone, and what stood before it goes out, and where somebody is
    excused; excused no more where that is `again` to be done.
    """

    site: str
    kind: SiteKind
    state: OutboxState
    since: datetime
    reason: str
    review_id: int | None
    decision: OutboxDecision = OutboxDecision.APPROVE
    again: bool = False

    @property
    def is_undo(self) -> bool:
        """Whether something was undone here, and the site is told so."""
        is_excuse = self.decision is OutboxDecision.SKIP
        return self.again if is_excuse else self.review_id is None


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A row of a site's outbox, for those who look after the link. `url` is where the work is at the site."""

    id: int
    user_id: int
    person: str
    step_id: int
    step: str
    course: str
    decision: OutboxDecision
    points: float | None
    is_undo: bool
    state: OutboxState
    reason: str
    created_at: datetime
    changed_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class OutboxAnswer:
    """An answer on its way to a discussion of a site. `person` is whom it answers, empty where that is not
    known; `title` that of the discussion.
    """

    id: int
    post_id: int
    author_id: int
    author: str
    person: str
    title: str
    course: str
    private: bool
    state: OutboxState
    reason: str
    created_at: datetime
    changed_at: datetime


def marked_in(site: str | None, takes_reviews: bool | None) -> str:
    """What the site is called where work from there can be marked nowhere else; empty for other work."""
    return LABELS[SiteKind(site)] if site is not None and takes_reviews is False else ""
