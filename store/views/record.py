"""What a person's reviews came to lately, for whoever reviews their next work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from store.frozen import dataclass
from store.views.states import Decision

DAYS = 30
"""Decisions of so many days are counted."""


class GivenPoints(NamedTuple):
    """Points that a review gave, of the `possible` ones of its step."""

    points: float
    possible: float


@dataclass(frozen=True, slots=True)
class Record:
    """The last points in the same course, newest first, and how many reviews of other steps decided what."""

    last: tuple[GivenPoints, ...] = ()
    decided: Mapping[Decision, int] = field(default_factory=dict)


NO_RECORD = Record()
