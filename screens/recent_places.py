"""Where somebody was while the program runs: the way back to it from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple, TypeAlias

from screens.places import (
    CommunityPlace,
    Crumb,
    GroupPlace,
    HomePlace,
    MemberPlace,
    Place,
    ProgressCardPlace,
    ReviewPlace,
)

KEPT = 12

Kept: TypeAlias = GroupPlace | MemberPlace | ProgressCardPlace | ReviewPlace
"""Places that one comes back to: no key leads there from everywhere."""


class Visit(NamedTuple):
    """A place, and what it is called."""

    place: Kept
    label: str


class Recent:
    """The places of late, the latest first, each once."""

    def __init__(self) -> None:
        self._visits: dict[object, tuple[int, Visit]] = {}
        self._moments = count()

    def moment(self) -> int:
        """Now, to tell which of two visits was later."""
        return next(self._moments)

    def note(self, place: Place | None, crumbs: Sequence[Crumb], moment: int | None = None) -> None:
        """Somebody is at a place now, or came there at a moment; `crumbs` is the path to it."""
        if not isinstance(place, Kept):
            return
        visit, visits = Visit(place, _label(place, crumbs)), self._visits
        visits[_same(place)] = self.moment() if moment is None else moment, visit
        latest_first = sorted(visits.items(), key=lambda item: item[1][0], reverse=True)
        self._visits = dict(latest_first[:KEPT])

    def visits(self, *, but: Place | None = None) -> tuple[Visit, ...]:
        """Where they were, but for one place: where they are."""
        here = _same(but)
        return tuple(visit for key, (_, visit) in self._visits.items() if key != here)


def _same(place: Place | None) -> object:
    """Equal for a place whichever of its tabs is open, and by whichever group one came."""
    match place:
        case GroupPlace():
            return "group", place.group_id
        case MemberPlace():
            return "member", place.user_id
        case ProgressCardPlace():
            return "card", place.user_id, place.course_id
        case ReviewPlace():
            return "review", place.user_id, place.step_id
    return place


def _label(place: Place, crumbs: Sequence[Crumb]) -> str:
    """The path below Home; of what belongs to a person without the groups they are in."""
    passed = (
        (HomePlace, CommunityPlace)
        if isinstance(place, GroupPlace)
        else (HomePlace, CommunityPlace, GroupPlace)
    )
    return " › ".join(crumb.label for crumb in crumbs if not isinstance(crumb.place, passed))
