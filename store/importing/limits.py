"""What no file may say, whatever its format: moments and points that nobody means.

Each gives the value back, and raises ValueError with what is needed instead.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1900, 2200
AHEAD = timedelta(days=1)
MOST_POINTS = 1_000_000
LEAST_POSSIBLE = 0.001
LINE_BYTES = 16 * 1024**2
"""The longest line of a file that is read."""


def moment(value: datetime) -> datetime:
    """When something was done: aware, in UTC, and of a time in which it can have been."""
    if FIRST_YEAR <= value.year <= LAST_YEAR:
        return value
    raise ValueError(f"a time between the years {FIRST_YEAR} and {LAST_YEAR} is needed")


def is_ahead(value: datetime, now: datetime) -> bool:
    """Whether a moment is further in the future than clocks and time zones differ."""
    return value > now + AHEAD


def points(value: float) -> float:
    """Points that somebody has: finite, and never less than nothing."""
    if 0 <= value <= MOST_POINTS:
        return value
    raise ValueError(f"points go from 0 to {MOST_POINTS:,}")


def possible(value: float) -> float:
    """What can be earned: nothing, or so much that shares of it can be told."""
    if value == 0 or points(value) >= LEAST_POSSIBLE:
        return value
    raise ValueError(f"what can be earned is 0, or {LEAST_POSSIBLE:g} to {MOST_POINTS:,} points")
