"""How the state of a person's work is put: a sign, and always words beside it."""

from __future__ import annotations

from datetime import datetime

from screens import wording
from store.views import Decision, State

_SIGNS = {State.COMPLETE: "✓", State.NEEDS_REVIEW: "●", State.RETURNED: "↩", State.SKIPPED: "–"}


def sign(state: State | None) -> str:
    """One character for a state; a ring for what is not yet done."""
    return _SIGNS[state] if state else "○"


def standing(state: State | None, at: datetime | None) -> str:
    """Where work stands and since when: "done 12 Sep", "waits 9 d", "returned 18 Nov"."""
    match state:
        case State.NEEDS_REVIEW:
            return f"waits {wording.age(at)}" if at else "waits"
        case State.COMPLETE:
            words = "done"
        case State.RETURNED:
            words = "returned"
        case State.SKIPPED:
            words = "excused"
        case None:
            return "not yet done"
    return f"{words} {wording.date(at)}".rstrip()


def tone(state: State | None) -> str:
    """Loud only for what waits."""
    if state is State.NEEDS_REVIEW:
        return "alert"
    return "good" if state is State.COMPLETE else "dim" if state is not State.RETURNED else ""


def decided(decision: Decision) -> str:
    """What a review decided, as it is said afterwards."""
    return "approved" if decision is Decision.APPROVE else "returned"
