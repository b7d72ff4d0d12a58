"""Keys and sessions: how people come in over SSH."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeyView:
    """A public key of somebody. It is never changed, only revoked."""

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


@dataclass(frozen=True, slots=True)
class SessionView:
    """Somebody is on. `idle_since` is when they last did something."""

    id: int
    user_id: int
    person: str
    key_name: str
    fingerprint: str
    address: str
    started_at: datetime
    idle_since: datetime
    is_own: bool


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line of the audit log as it is shown. `what` says what it was done to, `way` how somebody came in."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    action: str
    target_kind: str
    target_id: int | None
    ssh_key: str
    address: str
