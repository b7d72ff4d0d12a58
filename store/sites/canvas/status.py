"""How one person's work stands at a Canvas, as the push compares it: attempt, points, rubric, our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from store.sites import html
from store.sites.canvas.courses import moment, number


class Comment(NamedTuple):
    """What the token's person wrote of the work. `attempt` is Canvas' number, from 1, if it is told."""

    id: str
    words: str
    attempt: int | None
    at: datetime | None


class Rating(NamedTuple):
    """What was given by one criterion."""

    points: float | None
    rating: str
    remark: str


class AtCanvas(NamedTuple):
    """What the site has. `attempt` is that of the work as it is now, from 0, `times` how often it was handed
    in; `points` are what was given before anything was taken off for being late, None where nothing is.

    `is_current` says that they were given for the work as it is now. `comments` are our own.
    """

    told: Mapping[str, Any]
    attempt: int
    times: int
    work_at: datetime | None
    points: float | None
    grade: str
    graded_at: datetime | None
    grader: str
    is_excused: bool
    is_current: bool
    comments: tuple[Comment, ...]
    rubric: dict[str, Rating]
    extra_attempts: int
    taken_off: float
    is_posted: bool

    @property
    def is_given(self) -> bool:
        """Whether it was graded, or the learner excused."""
        return self.points is not None or self.is_excused

    @property
    def grade_at(self) -> datetime | None:
        return self.graded_at if self.is_given else None

    def points_of(self, attempt: int) -> float | None:
        """What was given for an earlier attempt, by its number from 0."""
        earlier = self.told.get("submission_history") or ()
        return next((_entered(each) for each in earlier if each.get("attempt") == attempt + 1), None)


def _entered(told: Mapping[str, Any]) -> float | None:
    """What was given, before anything was taken off for being late."""
    entered = number(told.get("entered_score"))
    return number(told.get("score")) if entered is None else entered


def of(told: Mapping[str, Any], link_user: str) -> AtCanvas:
    """From what the site tells of a submission, with its comments and its rubric."""
    times = int(told.get("attempt") or 0)
    return AtCanvas(
        told=told,
        attempt=max(times - 1, 0),
        times=times,
        work_at=moment(told.get("submitted_at")),
        points=_entered(told),
        grade=str(told.get("entered_grade") or told.get("grade") or ""),
        graded_at=moment(told.get("graded_at")),
        grader=str(told.get("grader_id") or ""),
        is_excused=bool(told.get("excused")),
        is_current=told.get("grade_matches_current_submission") is not False,
        comments=tuple(
            Comment(
                str(one.get("id")),
                visible(one.get("comment")),
                one.get("attempt"),
                moment(one.get("created_at")),
            )
            for one in told.get("submission_comments") or ()
            if str(one.get("author_id")) == link_user
        ),
        rubric={str(name): _rating(one) for name, one in (told.get("rubric_assessment") or {}).items()},
        extra_attempts=int(told.get("extra_attempts") or 0),
        taken_off=number(told.get("points_deducted")) or 0.0,
        # What does not say is shown at once.
        is_posted=told.get("posted_at", "") is not None,
    )


def _rating(one: Mapping[str, Any]) -> Rating:
    return Rating(
        number(one.get("points")),
        str(one.get("rating_id") or ""),
        visible(one.get("comments")),
    )


def visible(words: Any) -> str:
    """A text as it is compared. Canvas takes what looks like a tag for one, so it counts for none here."""
    return html.visible(str(words or ""))
