"""The words for where work stands, who marks it, and what is decided."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a completion stands."""

    COMPLETE = "complete"
    NEEDS_REVIEW = "needs_review"
    RETURNED = "returned"
    SKIPPED = "skipped"
    FAILED = "failed"
    """Graded and not passed: the points count, the step is not done."""

    @property
    def counts_as_done(self) -> bool:
        """As far as the learner is concerned; what was returned or failed is still to be done."""
        return self not in (State.RETURNED, State.FAILED)

    @property
    def is_graded(self) -> bool:
        """Whether its points count in the grade."""
        return self in (State.COMPLETE, State.FAILED)


class Marking(StrEnum):
    """Who marks a step's work."""

    AUTOMATIC = "automatic"
    REVIEW = "review"


class Decision(StrEnum):
    """What a review decides. That work failed is only said elsewhere, and imported."""

    APPROVE = "approve"
    RETURN = "return"
    FAIL = "fail"
