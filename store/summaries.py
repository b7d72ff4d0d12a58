"""Reads what a pane beside a list tells of one group, person or piece of work."""

from __future__ import annotations

from typing import Any

from peewee import fn

from store import clock, courses, database, errors, group_numbers, in_force, needs, permissions, person_detail
from store.models import Completion, Group, Membership, User
from store.permissions import Permissions
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.summaries import (
    GroupSummary,
    MemberSummary,
    PersonSummary,
    WaitingSummary,
    WorkSummary,
)

MOST_CHECKED = 2_000
"""People of a group who are looked at one by one while a list is gone through; of more it is told what is
counted."""


def group(actor: Actor, group_id: int) -> GroupSummary:
    """A group with its whole subtree. Raises NotFoundError for one absent or out of sight."""
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        below = permissions.inside(who, group_id)
        people, items, _ = group_numbers.of(who, [group_id]).get(group_id, (0, 0, 0))
        waiting, flagged = WaitingSummary(items), None
        if people <= MOST_CHECKED:
            followed = _followed_inside(who, below)
            waiting, flagged = _waiting(who, followed), needs.summary(who, followed)
        row = database.row(Group.select(Group.description).where(Group.id == group_id))
        if row is None:
            raise errors.NotFoundError()
        own, staff = _staff(who, group_id)
        return GroupSummary(
            path=permissions.paths_seen(who, [group_id])[group_id],
            description=row[0],
            people=people,
            subgroups=Group.select(fn.COUNT(Group.id)).where(below).scalar() - 1,
            role=own,
            leaders=tuple(staff.get(Role.LEADER, ())),
            mentors=tuple(staff.get(Role.MENTOR, ())),
            waiting=waiting,
            needs=flagged,
        )


def _followed_inside(who: Permissions, below: Any) -> list[int]:
    """The people in these groups whom the actor follows, but for themselves."""
    inside = Membership.select(Membership.user).join(User).join_from(Membership, Group)
    inside = inside.where(below, in_force.membership(), User.active)
    people = {row[0] for row in database.rows(inside.distinct())}
    wanted = User.id.in_(database.numbers(people)) & (User.id != who.user_id)
    followed = User.select(User.id).where(wanted, permissions.followed(who, User.id))
    return [row[0] for row in database.rows(followed)]


def _staff(who: Permissions, group_id: int) -> tuple[Role | None, dict[Role, list[str]]]:
    """The actor's own role in a group, and the names of its mentors and leaders."""
    query = (
        Membership.select(Membership.user, Membership.role, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group == group_id,
            (Membership.role != Role.MEMBER) | (Membership.user == who.user_id),
            in_force.membership(),
            User.active,
        )
        .order_by(User.search, User.id)
    )
    own: Role | None = None
    staff: dict[Role, list[str]] = {}
    for user_id, role, first, last in database.rows(query):
        if user_id == who.user_id:
            own = Role(role)
        staff.setdefault(Role(role), []).append(f"{first} {last}".strip())
    return own, staff


def _waiting(who: Permissions, people: Any) -> WaitingSummary:
    """What waits of these people (ids), whom the actor follows."""
    wanted = database.numbers(people)
    columns = (fn.COUNT(Completion.id), fn.MIN(Completion.submitted_at).coerce(False))
    count, oldest = database.row(queue.waiting_since(who, wanted).select(*columns)) or (0, None)
    return WaitingSummary(count, None if oldest is None else clock.from_micros(oldest))


def person(actor: Actor, user_id: int) -> PersonSummary:
    """The groups of a person and what waits of them.

    Raises NotFoundError unless the actor may follow the person.
    """
    with database.reading():
        groups = person_detail.groups_of(actor, user_id)
        return PersonSummary(groups, _waiting(permissions.of(actor), [user_id]))


def member(actor: Actor, user_id: int) -> MemberSummary:
    """The courses of a person and their weeks. Raises NotFoundError unless the actor may follow them."""
    with database.reading():
        taken, weeks = courses.of_person(actor, user_id), courses.weeks(actor, user_id)
        return MemberSummary(taken, weeks, _waiting(permissions.of(actor), [user_id]))


def work(actor: Actor, user_id: int, step_id: int) -> WorkSummary:
    """A piece of work and its person. Raises NotFoundError unless the actor may review it."""
    with database.reading():
        item = reviews.item(actor, user_id, step_id)
        if item.is_blind:
            return WorkSummary(item, WaitingSummary(), None)
        course = next(
            (row for row in courses.of_person(actor, user_id) if row.course_id == item.course_id), None
        )
        return WorkSummary(item, _waiting(permissions.of(actor), [user_id]), course)
