"""What an admin's Home tells of the account."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.groups import GroupName


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What a new account needs, and what of it is done."""

    has_people: bool
    has_groups: bool
    has_mentors: bool

    @property
    def all_done(self) -> bool:
        return self.has_people and self.has_groups and self.has_mentors


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """What waits of the members of one group itself, and since when the oldest of it."""

    path: tuple[GroupName, ...]
    waiting: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class LastImport:
    """The latest import of one kind: `kind` is groups, oneroster or activity."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`today`, `this_week` and `older` count what waits under a day, under a week, and longer.

    `longest` are the groups with the longest waits, the longest first.
    """

    steps: FirstSteps
    today: int
    this_week: int
    older: int
    longest: tuple[WaitingGroup, ...]
    imports: tuple[LastImport, ...]
