"""What an account sets for itself."""

from __future__ import annotations

from store.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a member is flagged as somebody who may need a mentor.

    Days without activity, days without resubmitting, and the drop of the grade in
    percentage points over so many weeks.
    """

    inactive_days: int = 14
    returned_days: int = 7
    grade_fall: int = 15
    grade_weeks: int = 4


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Minutes without a key before a session ends; sessions at once, in all and of one person."""

    idle_minutes: int = 30
    at_once: int = 200
    per_person: int = 5
