"""The weekly digest: what waits, and how far everybody came."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass
from store.views.groups import GroupName
from store.views.queue import Ended


class Nobody(StrEnum):
    """Why there is nobody to be told."""

    COMMUNITY_OFF = "community_off"
    """Community groups are not on for the account."""
    NO_GROUP_AT_ALL = "no_group_at_all"
    """The account has no groups."""
    NO_GROUP = "no_group"
    """No group takes part."""
    NO_STAFF = "no_staff"
    """Those that were asked for have no mentor, and no leader."""
    GROUP_STAYS_OUT = "group_stays_out"
    """The group that was asked for does not take part."""
    GROUP_HAS_NO_STAFF = "group_has_no_staff"
    """That group has no mentor, and no leader."""
    NOT_THEIR_GROUP = "not_their_group"
    """The person who was asked for is not mentor or leader of that group."""
    HAS_NO_GROUP = "has_no_group"
    """That person is mentor or leader of no group."""
    THEIRS_STAY_OUT = "theirs_stay_out"
    """That person's groups do not take part."""


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One item that waits for review."""

    user_id: int
    person: str
    course: str
    step: str
    submitted_at: datetime
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class CourseWeek:
    """One course that a member has started: steps done by now, those of the past week, and those overdue.

    `week` is 0 for somebody who made no progress: that is the point of the digest.
    """

    course: str
    done: int
    total: int
    week: int
    overdue: int = 0

    @property
    def progress(self) -> int:
        """In percent, rounded down, so that 100 means done."""
        return self.done * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class MemberWeek:
    """One member's week: each course that was under way in it, by title.

    `finished` is how many of theirs were done before it, of which nothing is told. `overdue` is how many
    steps are overdue in courses that they have not started.
    """

    user_id: int
    person: str
    courses: tuple[CourseWeek, ...]
    finished: int
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class GroupDigest:
    """One group of a digest. `waiting` are the oldest of `waiting_total`; `members` are by name."""

    group_id: int
    slug: str
    path: tuple[GroupName, ...]
    waiting: tuple[WaitingItem, ...]
    waiting_total: int
    members: tuple[MemberWeek, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is told of the week before `until`.

    `week` is the one of the calendar in which that is, where the program runs, as in 2026-W47.
    """

    user_id: int
    name: str
    email: str
    account: str
    week: str
    since: datetime
    until: datetime
    groups: tuple[GroupDigest, ...]

    @property
    def waiting(self) -> int:
        """How much waits in all its groups, each counted by itself."""
        return sum(group.waiting_total for group in self.groups)
