"""What was said in a review, as a draft again: where the review was undone, or could not go to its site."""

from __future__ import annotations

from typing import Any

from store import rubrics
from store.review import drafts, replies
from store.views.drafts import Typed


def put_back(user_id: int, completion_id: int, version: int, review: dict[str, Any]) -> None:
    """What was typed for the review is there to go on with, beside what was typed since.

    Of the `review` its "id", "points" and "feedback" are asked. Call inside `writing()`.
    """
    criteria = rubrics.as_typed(review["id"])
    points = "" if review["points"] is None or criteria else f"{review['points']:.10g}"
    if not points and not review["feedback"] and not criteria:
        return
    feedback = review["feedback"]
    if "{" in feedback:
        feedback = replies.literal(feedback)
    drafts.put_beside(user_id, completion_id, version, Typed(points, feedback, criteria))
