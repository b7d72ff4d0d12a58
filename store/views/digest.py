"""The weekly digest: what waits, and how far everybody came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.views.groups import GroupName


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item that waits for review."""

    person: str
    course: str
    step: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class CourseWeek:
    """One member in one course that they have started: steps done by now, and those of the past week.

    `week` is 0 for somebody who made no progress: that is the point of the digest.
    """

    person: str
    course: str
    done: int
    total: int
    week: int

    @property
    def progress(self) -> int:
        """In percent, rounded down, so that 100 means done."""
        return self.done * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class GroupDigest:
    """One group of a digest. `waiting` are the oldest of `waiting_total`; `idle` members have no course."""

    group_id: int
    slug: str
    path: tuple[GroupName, ...]
    waiting: tuple[Waiting, ...]
    waiting_total: int
    courses: tuple[CourseWeek, ...]
    idle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is told of the week that ended at `until`; `week` is its number, as in 2026-W47."""

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
