"""Which reviews count: conditions for queries.

Apart from `reviews`, so that the queue of the first screen is counted without all that reviewing needs.
"""

from __future__ import annotations

from typing import Any

from store.models import Review


def stands(review: Any = Review) -> Any:
    """Condition on reviews: it was not undone. One that was counts for nothing, anywhere."""
    return review.undone_at.is_null()
