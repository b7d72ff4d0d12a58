"""Saved replies: feedback that is kept to be used again."""

from __future__ import annotations

from store.frozen import dataclass


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply that somebody may use. `uses` counts how often they did themselves.

    One that is not `shared` is their own. `body` has its fields (`{step}`) as they were typed.
    """

    id: int
    title: str
    body: str
    points: float | None
    shared: bool
    version: int
    uses: int
    may_edit: bool


@dataclass(frozen=True, slots=True)
class ReplyValues:
    """What is filled in for the fields of a reply."""

    first_name: str
    step: str
    course: str


@dataclass(frozen=True, slots=True)
class FilledReply:
    """A reply ready to be put into a review.

    `left_out` are the points that it carries and the step cannot have; `points` is None then.
    """

    text: str
    points: float | None
    left_out: float | None = None
