"""Reads an admin's overview of the account: what waits by age, the longest waits, imports, first steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import Case, fn

from store import clock, database, in_force, permissions, trees
from store.models import AuditLine, Completion, Group, Membership, User
from store.permissions import Permissions
from store.queue import queue
from store.views import Actor
from store.views.dashboard import Dashboard, FirstSteps, LastImport, WaitingGroup
from store.views.groups import Role

IMPORTS = ("import.groups", "import.oneroster", "import.activity")
LONGEST = 3
"""How many groups with the longest waits are told."""


def of_account(actor: Actor) -> Dashboard:
    """The overview of the account. Raises NotFoundError for all but admins."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_admin(who)
        today, this_week, older = _ages(who)
        return Dashboard(_first_steps(), today, this_week, older, _longest(who), _imports())


def _first_steps() -> FirstSteps:
    others = User.select(User.id).where(User.active, ~User.is_admin)
    staff = Membership.select(Membership.id).where(Membership.role != Role.MEMBER, in_force.membership())
    return FirstSteps(others.exists(), Group.select(Group.id).where(Group.active).exists(), staff.exists())


def _waiting(who: Permissions) -> Any:
    everybody = User.select(User.id)
    return queue.waiting_since(who, everybody)


def _ages(who: Permissions) -> tuple[int, int, int]:
    at, now = Completion.submitted_at, clock.now()
    day, week = now - timedelta(days=1), now - timedelta(weeks=1)
    ages = (at > day, (at <= day) & (at > week), at <= week)
    columns = (fn.COUNT(Case(None, [(age, 1)])) for age in ages)
    today, this_week, older = database.row(_waiting(who).select(*columns)) or (0, 0, 0)
    return today, this_week, older


def _longest(who: Permissions) -> tuple[WaitingGroup, ...]:
    oldest = fn.MIN(Completion.submitted_at).coerce(False)
    query = (
        _waiting(who)
        .select(Membership.group, fn.COUNT(Completion.id), oldest)
        .join_from(Completion, Membership, on=(Membership.user == Completion.user))
        .join_from(Membership, Group)
        .where(Membership.role == Role.MEMBER, in_force.membership(), Group.active)
        .group_by(Membership.group)
        .order_by(oldest)
        .limit(LONGEST)
    )
    rows = [row for row in database.rows(query) if row[2] is not None]
    paths = trees.paths([row[0] for row in rows])
    return tuple(WaitingGroup(paths[row[0]], row[1], clock.from_micros(row[2])) for row in rows)


def _imports() -> tuple[LastImport, ...]:
    query = (
        AuditLine.select(AuditLine.action, fn.MAX(AuditLine.at).coerce(False))
        .where(AuditLine.action.in_(IMPORTS))
        .group_by(AuditLine.action)
    )
    rows = [
        LastImport(action.removeprefix("import."), clock.from_micros(at))
        for action, at in database.rows(query)
    ]
    return tuple(sorted(rows, key=lambda one: one.at, reverse=True))
