"""What there is to be done with the item that the review shows."""

from __future__ import annotations

from screens.review.attached_files import has_any
from screens.review.panel import ReviewPanel

DECIDING = ("decide_any", "replies", "keep_reply", "next")
ACTIONS = frozenset(
    (
        *DECIDING,
        "decide",
        "decide_alone",
        "rubric",
        "team",
        "use_older",
        "beside",
        "attempt",
        "changes",
        "files",
        "person",
    )
)
"""The actions that are there for some items and not for others."""


def offered(screen: ReviewPanel, action: str) -> bool | None:
    """Whether one of the `ACTIONS` is offered; None where it is shown and cannot be taken now."""
    state, finished = screen.state, screen.finished
    # Whether the item is one of several to be gone through.
    in_row = state is not None and state.beside is not None
    may_review = not finished and state is not None and state.item.may_review
    match action:
        case "decide":
            return may_review and in_row
        case "decide_alone":
            return may_review and not in_row
        case "rubric":
            return may_review and state is not None and state.item.rubric is not None
        case "team":
            return may_review and state is not None and state.item.team is not None
        case "use_older":
            return may_review and bool(screen.draft.older)
        case "beside":
            return in_row and not (finished and state and state.beside and not state.beside.total)
        case "attempt" | "changes":
            return not finished and len(screen.work_view.numbers) > 1
        case "files":
            return not finished and has_any(screen.work_view.attempt)
        case "person":
            return not finished and (screen.about is not None or None)
    return may_review
