"""People, as lists and look-ups show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from store.frozen import dataclass
from store.views.groups import GroupName, Role


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
    """A person to jump to; `fit` says how well they fit what was typed, as `search.rank` does."""

    id: int
    name: str
    email: str
    fit: int = 0


@dataclass(frozen=True, slots=True)
class PersonHead:
    """The head of the Member screen. `groups` is how many of those they are in the viewer sees."""

    id: int
    name: str
    email: str
    active: bool
    courses: int
    groups: int
    waiting: int
    may_review: bool


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """A person as an admin edits them. `email` is empty where they have none.

    `admin_last_day` is until when they are an admin, where a roster says so. `keys` is how many SSH keys let
    them in, `sessions` how many sessions of theirs are open now. `kept` is their entry as it was read, by
    which a change since then is noticed.
    """

    id: int
    first_name: str
    last_name: str
    email: str
    is_admin: bool
    admin_last_day: date | None
    active: bool
    last_seen_at: datetime | None
    is_only_admin: bool
    keys: int
    sessions: int
    kept: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class PersonGroup:
    """A group that somebody is in, as far as the viewer sees; `path` begins at the topmost one in sight.

    `mentors` and `leaders` are those of this very group who follow them there; `leaders_above` lead a group
    above it, each with the name of that group.
    """

    group_id: int
    path: tuple[GroupName, ...]
    role: Role
    mentors: tuple[str, ...]
    leaders: tuple[str, ...]
    leaders_above: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added to the account; without an email it is empty."""

    first_name: str
    last_name: str
    email: str
    is_admin: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Verdict(StrEnum):
    """What becomes of an entry of a pasted list of people."""

    NEW = "new"
    HERE = "known"
    AGAIN = "twice"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """An entry of a pasted list: `text` as it was written, `person` as it was read, None where it was not.

    `note` says why, or what else there is to know.
    """

    text: str
    person: NewPerson | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class AddedPeople:
    """Who was added to the account, and to a group where one was named, by id and by name; `already` are
    the emails of those who were here by then.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    emails: tuple[str, ...]
    already: tuple[str, ...]


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
