"""What somebody typed for a review and has not saved, and who else is at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

BETWEEN = "\n\n"
"""Between what was typed here and what was typed elsewhere."""
_BLANK_LINES = re.compile(r"\n\s*\n")


class Typed(NamedTuple):
    """What stands in the form of a review, as it was typed."""

    points: str = ""
    feedback: str = ""

    def __bool__(self) -> bool:
        return bool(self.points.strip() or self.feedback.strip())

    def without(self, *others: Typed) -> Typed:
        """The paragraphs that stand in none of the others, and the points where none of them has these."""
        known = {part for other in others for part in other._paragraphs()}
        new = [part for part in self._paragraphs() if part not in known]
        feedback = self.feedback if len(new) == len(self._paragraphs()) else BETWEEN.join(new)
        has_points = self.points.strip() not in {"", *(other.points.strip() for other in others)}
        return Typed(self.points if has_points else "", feedback if new else "")

    def above(self, found: Typed) -> Typed:
        """This with what was found below it; of the points, those found only where there are none here."""
        together = BETWEEN.join(part for part in (self.feedback, found.feedback) if part.strip())
        points = self.points if self.points.strip() else found.points
        return Typed(points, together if found.feedback.strip() else self.feedback)

    def _paragraphs(self) -> list[str]:
        return [part.strip() for part in _BLANK_LINES.split(self.feedback) if part.strip()]


NOTHING = Typed()


class Kept(NamedTuple):
    """What was kept as typed here, and when; neither where there was nothing to keep.

    `found` is what the same person had typed for it elsewhere meanwhile: the feedback is kept below what
    was typed here, the points where there are none.
    """

    at: datetime | None = None
    typed: Typed = NOTHING
    found: Typed = NOTHING


class Pending(NamedTuple):
    """What was typed for a version of some work, in place of `base`, and is not kept yet."""

    completion_id: int
    version: int
    typed: Typed
    base: Typed = NOTHING


@dataclass(frozen=True, slots=True)
class DraftView:
    """What was typed, for which version of the work, and when last."""

    work_version: int
    typed: Typed
    updated_at: datetime


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
