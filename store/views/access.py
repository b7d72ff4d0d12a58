"""Keys and sessions: how people come in over SSH."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views import Page


@dataclass(frozen=True, slots=True)
class KeyView:
    """A public key of somebody. It is never changed, only revoked.

    Of one that has just been added, `revoked_before` is when the same key was revoked.
    """

    id: int
    user_id: int
    person: str
    name: str
    kind: str
    fingerprint: str
    created_at: datetime
    last_used_at: datetime | None
    last_address: str
    revoked_at: datetime | None
    revoked_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """Somebody is on. `idle_since` is when they last did something; of a silent one the terminal stopped
    answering.
    """

    id: int
    user_id: int
    person: str
    key_name: str
    fingerprint: str
    address: str
    started_at: datetime
    idle_since: datetime
    is_own: bool
    is_silent: bool


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line of the audit log as it is listed: `words` say what was done, `what` is what it was done to."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    action: str
    target_kind: str
    target_id: int | None
    ssh_key: str
    address: str
    what: str
    words: str


@dataclass(frozen=True, slots=True)
class AuditPage(Page[AuditRow]):
    """A window of the audit log. There are `more` lines than its total says: they were not all counted."""

    more: bool


@dataclass(frozen=True, slots=True)
class AuditDetail:
    """A line of the audit log in full: `before` and `after` are JSON, as they are kept.

    `fits` says whether the line is as it was written and the one before it is there; None where that was
    not looked at.
    """

    row: AuditRow
    before: str
    after: str
    batch: str
    undoes: int | None
    chain: str
    fits: bool | None = None
