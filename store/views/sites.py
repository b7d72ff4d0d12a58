"""What there is to know of the sites that the account is linked with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass


class SiteKind(StrEnum):
    """What a site runs."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    ONEROSTER = "oneroster"


class SitePersonState(StrEnum):
    """What became of a person of a site: found there, joined with somebody here, left the site, ignored."""

    FOUND = "found"
    JOINED = "joined"
    LEFT = "left"
    IGNORED = "ignored"


class SiteGroupKind(StrEnum):
    """What a site calls a set of people."""

    COHORT = "cohort"
    GROUP = "group"
    GROUPING = "grouping"
    SECTION = "section"


class SiteGroupState(StrEnum):
    """What became of a site's group: offered to become a group here, joined with one, ignored."""

    OFFERED = "offered"
    JOINED = "joined"
    IGNORED = "ignored"


class OutboxDecision(StrEnum):
    """What a site is to be told of somebody's work."""

    APPROVE = "approve"
    RETURN = "return"
    FAIL = "fail"
    SKIP = "skip"


class OutboxState(StrEnum):
    """What became of a decision that is to be pushed."""

    WAITS = "waits"
    SENT = "sent"
    DONE = "done"
    CONFLICT = "conflict"
    REFUSED = "refused"


class Release(StrEnum):
    """Whether the marks of a decision are held back at the site, or are to be released; mostly neither."""

    NONE = ""
    HELD = "held"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class SiteView:
    """A linked site. `stopped` says why it is not asked any more, empty while it is; `last_words` what the
    last run came to. `proposed` people have the email of somebody here, and wait for an admin. `outbox` are
    decisions and answers.
    """

    id: int
    name: str
    kind: SiteKind
    url: str
    stopped: str
    last_pull_at: datetime | None
    last_push_at: datetime | None
    last_full_at: datetime | None
    last_words: str
    people: int
    proposed: int
    groups_offered: int
    outbox: dict[OutboxState, int]


@dataclass(frozen=True, slots=True)
class SitePersonView:
    """Somebody at a site. `person` is who they are here, `proposed` who has the same email here; empty if
    there is nobody.
    """

    external_id: str
    name: str
    email: str
    id_number: str
    state: SitePersonState
    user_id: int | None
    person: str
    proposed_id: int | None
    proposed: str


@dataclass(frozen=True, slots=True)
class SiteGroupView:
    """A cohort, group or grouping of a site. `key` names it in commands, as in `group:7`; `course` is the
    title of its course; `parent` the group here, or the name at the site, below which it is proposed.
    """

    key: str
    kind: SiteGroupKind
    name: str
    course: str
    parent: str
    state: SiteGroupState
    group_id: int | None
    group: str
    members: int
    mentors: int
    leaders: int


@dataclass(frozen=True, slots=True)
class ScaleView:
    """A scale of a site, and the `steps` that are graded by it.

    `words` are in order, the lowest first, an unknown one empty; `named` says that an admin named them.
    """

    number: str
    words: tuple[str, ...]
    named: bool
    steps: tuple[str, ...]
