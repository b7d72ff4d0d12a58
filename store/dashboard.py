"""Reads an admin's overview of the account: what waits by age, the longest waits, imports, first steps."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from peewee import JOIN, SQL, Join, Select, fn

from store import blind, clock, database, in_force, permissions, trees
from store.models import AuditLine, Completion, Group, Membership, User
from store.permissions import Permissions
from store.queue import queue
from store.views import Actor
from store.views.dashboard import Dashboard, FirstSteps, LastImport, WaitingGroup
from store.views.groups import Role

IMPORTS = ("import.groups", "import.oneroster", "import.activity")
LONGEST = 3
"""How many groups with the longest waits are told."""
FIRST_READ = 100
"""Places of work that waits that are read to find them, at first."""


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


def _ages(who: Permissions) -> tuple[int, int, int]:
    at, now = Completion.submitted_at, clock.now()
    day, week = now - timedelta(days=1), now - timedelta(weeks=1)
    ages = (at > day, (at <= day) & (at > week), at <= week)
    # Each by itself: a range of the times at which work came is counted from its index.
    counts = [queue.waiting_of_all(who, fn.COUNT(SQL("*"))).where(age) for age in ages]
    today, this_week, older = database.row(Select((), counts).bind(database.db)) or (0, 0, 0)
    return today, this_week, older


def _longest(who: Permissions) -> tuple[WaitingGroup, ...]:
    oldest = _oldest_by_group(who)
    # A cross join is made in the order in which it is written: first the few groups.
    inside = Membership.select(Membership.group, fn.COUNT(Completion.id))
    inside = inside.from_(Join(Membership, Completion, JOIN.CROSS)).where(
        Membership.group.in_(database.numbers(oldest)),
        Membership.role == Role.MEMBER,
        in_force.membership(),
        Completion.user == Membership.user,
        queue.is_waiting(),
        blind.is_open(),
        Completion.user != who.user_id,
    )
    waiting = dict(database.rows(inside.group_by(Membership.group)))
    paths = trees.paths(oldest)
    return tuple(
        WaitingGroup(paths[group_id], waiting[group_id], clock.from_micros(at))
        for group_id, at in oldest.items()
    )


def _oldest_by_group(who: Permissions) -> dict[int, int]:
    """The groups whose members' work has waited longest, each with since when, the longest first."""
    at = Completion.submitted_at
    walked = Join(Join(Completion, Membership, JOIN.CROSS), Group, JOIN.CROSS)
    query = queue.waiting_of_all(who, at.coerce(False), Membership.group).from_(walked)
    query = query.where(
        blind.is_open(),
        Membership.user == Completion.user,
        Membership.role == Role.MEMBER,
        in_force.membership(),
        Group.id == Membership.group,
        Group.active,
    ).order_by(at, Completion.user, Completion.step, Membership.group)
    # All of it is gone through only where very much waits in one group.
    for most in (FIRST_READ, 100 * FIRST_READ, None):
        found: dict[int, int] = {}
        rows = database.rows(query.limit(most))
        for since, group_id in rows:
            found.setdefault(group_id, since)
        if len(found) >= LONGEST or most is None or len(rows) < most:
            break
    return dict(islice(found.items(), LONGEST))


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
