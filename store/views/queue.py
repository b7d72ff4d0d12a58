"""What waits for review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A completion that waits; `points` is what the step can earn."""

    completion_id: int
    user_id: int
    person: str
    course: str
    step_id: int
    step: str
    points: float | None
    submitted_at: datetime | None
    attempt: int
