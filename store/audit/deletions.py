"""Deletions of groups as the log has them: what was deleted, and who may put it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store import in_force, permissions
from store.audit import lines, since
from store.audit.lines import AuditRecord
from store.permissions import Permissions
from store.views.groups import Role


def restorable(who: Permissions, deletions: Sequence[AuditRecord]) -> frozenset[int]:
    """Ids of those lines whose group the actor may put back as things are now."""
    by_id = {line.id: line for line in deletions}
    parents = {line.id: top_of(line)["parent"] for line in deletions}
    return permissions.restorable(who, parents, lambda ids: led_and_kept(who, [by_id[one] for one in ids]))


def led_and_kept(who: Permissions, deletions: Sequence[AuditRecord]) -> set[int]:
    """Ids of those lines whose group the actor led themselves, if nobody has taken a role from them since."""
    led = {line.id for line in deletions if _led_itself(who, line)}
    return led - since.before_taking(who.user_id, led)


def _led_itself(who: Permissions, line: AuditRecord) -> bool:
    """Whether the actor was leader in the very group that was deleted."""
    own = (line.target_id, who.user_id, Role.LEADER)
    columns = ("group", "user", "role")
    return any(
        gives_role(membership) and tuple(membership[column] for column in columns) == own
        for membership in line.before["memberships"]
    )


def gives_role(membership: dict[str, Any]) -> bool:
    """Whether a membership gives its role today, had it not gone with its group."""
    return bool(membership["active"]) and in_force.lasts(lines.day_of(membership.get("last_day")))


def top_of(line: AuditRecord) -> dict[str, Any]:
    """The group that was deleted, with or without those below it."""
    top: dict[str, Any] = next(group for group in line.before["groups"] if group["id"] == line.target_id)
    return top
