"""What somebody typed for a review and has not saved, and who else is at it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from store.frozen import dataclass


class Typed(NamedTuple):
    """What stands in the form of a review, as it was typed; `criteria` as `rubrics.packed` gives it."""

    points: str = ""
    feedback: str = ""
    criteria: str = ""

    def __bool__(self) -> bool:
        return bool(self.points.strip() or self.feedback.strip() or self.criteria)


NOTHING = Typed()


class Kept(NamedTuple):
    """What was kept as typed here, and when; neither where there was nothing to keep.

    `older` is what the same person typed for it in another session. It is kept beside these words.
    """

    at: datetime | None = None
    typed: Typed = NOTHING
    older: Typed = NOTHING


class Pending(NamedTuple):
    """What was typed for a version of some work, in place of `base`, and is not kept yet."""

    completion_id: int
    version: int
    typed: Typed
    base: Typed = NOTHING


@dataclass(frozen=True, slots=True)
class DraftView:
    """What was typed, for which version of the work, and when last.

    `older` is what the same person typed for it in another session, if that is something else.
    """

    work_version: int
    typed: Typed
    updated_at: datetime
    older: Typed = NOTHING


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in the list of one's own; `excerpt` is how the feedback begins."""

    completion_id: int
    user_id: int
    person: str
    course: str
    step_id: int
    step: str
    points: str
    excerpt: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Somebody else has the work open, since when."""

    person: str
    since: datetime
