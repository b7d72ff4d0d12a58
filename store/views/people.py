"""People, as lists and look-ups show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.views.groups import Role


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the People tab."""

    id: int
    name: str
    email: str
    is_admin: bool
    active: bool
    groups: int
    last_seen_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person to jump to; `fit` says how well they fit what was typed, as `finding.rank` does."""

    id: int
    name: str
    email: str
    fit: int = 0


@dataclass(frozen=True, slots=True)
class PersonHead:
    """The head of the Member screen."""

    id: int
    name: str
    email: str
    active: bool
    courses: int
    waiting: int
    may_review: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who could be added to a group; `role` is set if they are in it already."""

    user_id: int
    name: str
    email: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted list of people came to. Nothing is dropped: what fits nobody, or fits
    several, is in `unmatched` with the reason."""

    matched: tuple[Candidate, ...]
    unmatched: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of a group. `progress` is over all courses, None without one."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: Role
    active: bool
    progress: int | None
    last_active_at: datetime | None
    last_seen_at: datetime | None
    waiting: int
    may_open: bool


@dataclass(frozen=True, slots=True)
class AddResult:
    added: tuple[str, ...]
    already: tuple[str, ...]
