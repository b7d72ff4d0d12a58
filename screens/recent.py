"""Where somebody was while the program runs: the way back to it from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from screens.messages import Community, Crumb, Group, Home, Member, Place, ProgressCard, Review

KEPT = 12

Kept: TypeAlias = Group | Member | ProgressCard | Review
"""Places that one comes back to: no key leads there from everywhere."""


class Visit(NamedTuple):
    """A place, and what it is called."""

    place: Kept
    label: str


class Recent:
    """The places of late, the latest first, each once."""

    def __init__(self) -> None:
        self._visits: dict[object, Visit] = {}

    def note(self, place: Place | None, crumbs: Sequence[Crumb]) -> None:
        """Somebody is at a place now; `crumbs` is the path to it."""
        if not isinstance(place, Kept):
            return
        key = _same(place)
        self._visits.pop(key, None)
        self._visits = {key: Visit(place, _label(place, crumbs)), **self._visits}
        while len(self._visits) > KEPT:
            self._visits.popitem()

    def visits(self, *, but: Place | None = None) -> tuple[Visit, ...]:
        """Where they were, but for one place: where they are."""
        here = _same(but)
        return tuple(visit for key, visit in self._visits.items() if key != here)


def _same(place: Place | None) -> object:
    """Equal for a place whichever of its tabs is open, and by whichever group one came."""
    match place:
        case Group():
            return "group", place.group_id
        case Member():
            return "member", place.user_id
        case ProgressCard():
            return "card", place.user_id, place.course_id
        case Review():
            return "review", place.user_id, place.step_id
    return place


def _label(place: Place, crumbs: Sequence[Crumb]) -> str:
    """The path below Home; of what belongs to a person without the groups they are in."""
    passed = (Home, Community) if isinstance(place, Group) else (Home, Community, Group)
    return " › ".join(crumb.label for crumb in crumbs if not isinstance(crumb.place, passed))
