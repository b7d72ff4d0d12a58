"""Points: what may be given for a step, what somebody typed for them, and how they are told."""

from __future__ import annotations

import math
import re

from store import errors, text


def parse_points(typed: str, possible: float | None) -> float | None:
    """The points that somebody typed: nothing, or 0 to `possible` in halves ("," works as well).

    Raises InvalidError with field "points".
    """
    typed = typed.strip()
    if not typed:
        return None
    # What Python takes for a number goes further: 1e3, 1_000, nan. And 1,000 may mean a thousand.
    if not _NUMBER.fullmatch(typed.removeprefix("-")) or len(typed) > 20:
        shown = text.clean_line(typed)[:20]
        raise errors.InvalidError(f"“{shown}” is not a number such as 16 or 16.5.", field="points")
    if typed.startswith("-") and possible is not None:
        raise _out_of_range(possible)
    points = float(typed.replace(",", "."))
    if possible is not None and points in (float(f"{possible:g}"), round(possible, 2)):
        # Full marks, as they are shown.
        points = possible
    check_points(points, possible)
    return points


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*|,(?![0-9]{3}$)[0-9]*)?|[.,][0-9]+")


def _out_of_range(possible: float) -> errors.InvalidError:
    return errors.InvalidError(f"Points go from 0 to {possible:g}.", field="points")


def check_points(points: float, possible: float | None) -> None:
    """Raises InvalidError unless points are 0 to `possible`, whole or half."""
    if possible is None:
        raise errors.InvalidError("This step has no points.", field="points")
    if not math.isfinite(points) or not 0 <= points <= possible:
        raise _out_of_range(possible)
    # The most that a step can earn need not be a multiple of a half, and full marks are always fair.
    if points * 2 != int(points * 2) and points != possible:
        raise errors.InvalidError("Points are whole or half: 16, 16.5, 17.", field="points")


def in_words(points: float) -> str:
    """Points with their noun: "1 point", "17.5 points"."""
    return f"{points:.10g} {'point' if points == 1 else 'points'}"
