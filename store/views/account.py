"""The account, its viewer, and its numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass


class Plan(StrEnum):
    """What the organisation subscribes to."""

    STARTER = "starter"
    COMPLETE = "complete"
    ENTERPRISE = "enterprise"


class Beta(StrEnum):
    """Whether the account takes part in the beta of Community groups."""

    OFF = "off"
    APPLIED = "applied for"
    ON = "on"


@dataclass(frozen=True, slots=True)
class AccountView:
    name: str
    plan: Plan
    beta: Beta

    @property
    def community_on(self) -> bool:
        """Groups are there for accounts of plan complete or above that are in the beta."""
        return self.plan is not Plan.STARTER and self.beta is Beta.ON


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the person in front of the screen is and may do, as of now; screens offer by it.

    `waiting` is how many completions they could review; they `may_release` marks where a site holds some.
    Who `may_oversee` sees the account's totals, all keys and sessions, and the audit log.
    """

    user_id: int
    name: str
    account: AccountView
    is_admin: bool
    leads: bool
    mentors: bool
    waiting: int
    has_community: bool
    may_create_groups: bool
    may_create_top_level: bool
    may_report: bool
    may_manage_people: bool
    may_oversee: bool
    may_choose_slugs: bool
    may_take_to_top: bool
    may_share_replies: bool
    may_release: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of the admin's dashboard."""

    people: int
    groups: int
    courses: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor_name: str
    action: str
