"""Which reviews count, and what they say of work: conditions and columns for queries.

Apart from `reviews`, so that the queue of the first screen is counted without all that reviewing needs.
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from store.models import Completion, Review
from store.views.states import Decision


def stands(review: Any = Review) -> Any:
    """Condition on reviews: it was not undone. One that was counts for nothing, anywhere."""
    return review.undone_at.is_null()


def sent_back_at() -> Any:
    """Select of one value for each completion: when it was sent back last, in microseconds; or nothing."""
    returns = (Review.completion == Completion.id) & (Review.decision == Decision.RETURN)
    return Review.select(fn.MAX(Review.created_at).coerce(False)).where(returns, stands())
