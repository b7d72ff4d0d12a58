"""The words for where work stands, who marks it, and what is decided."""

from __future__ import annotations

from enum import StrEnum


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
