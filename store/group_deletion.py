"""Deleting groups: what it touches, and doing it so that it can be undone exactly."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import fn

from store import database, errors, groups, in_force, permissions, trees
from store.audit import audit
from store.models import Group, Membership, User
from store.models.own import DigestSent
from store.views import Actor
from store.views.arranging import DeletionImpact, Subgroups


def impact(actor: Actor, group_id: int) -> DeletionImpact:
    """What deleting a group would touch. Raises ForbiddenError, NotFoundError as `delete` does."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_deleting(who, group_id)
        tree = trees.within([group_id])
        people = fn.COUNT(Membership.user.distinct())
        counted = Membership.select(people).join(User).where(in_force.membership(), User.active)
        row = database.row(Group.select(Group.name, Group.parent).where(Group.id == group_id))
        if row is None:
            raise errors.NotFoundError()
        parent = Group.select(Group.name).where(
            Group.id == row[1], Group.id.in_(permissions.groups_seen(who))
        )
        below = Group.select(Group.id).where(Group.id.in_(tree), Group.id != group_id)
        return DeletionImpact(
            name=row[0],
            people=counted.where(Membership.group == group_id).scalar(),
            people_below=counted.where(Membership.group.in_(tree)).scalar(),
            subgroups=below.where(Group.parent == group_id).count(),
            below=below.count(),
            parent_name=parent.scalar(),
            gives_up_access=permissions.loses_sight(who, group_id, below),
        )


def delete(actor: Actor, group_id: int, version: int, subgroups: Subgroups) -> None:
    """Delete a group; its subgroups move up to its parent, or go with it. People and work stay.

    The audit line keeps every row that went, to be put back as it was. The names that other systems
    have for them stay, so that their next import does not bring back what was deleted here. Raises
    ConflictError if somebody changed the group since `version`, ForbiddenError or NotFoundError.
    """
    with database.writing():
        who = permissions.of(actor)
        permissions.require_deleting(who, group_id)
        top = groups.current(group_id, version)
        going = [group_id]
        if subgroups is Subgroups.DELETE:
            below = Group.select(Group.id).where(Group.id.in_(trees.within([group_id])), Group.id != group_id)
            going += [row[0] for row in database.rows(below)]
        before = _snapshot(going)
        staying = Group.parent.in_(going) & Group.id.not_in(going)
        before["moved"] = _moved(staying)
        ids = [row["id"] for row in before["moved"]]
        Group.update(parent=top["parent"], version=Group.version + 1).where(staying).execute()
        after: dict[str, Any] = {"subgroups": subgroups, "moved": _moved(Group.id.in_(ids))}
        if not who.rules_all:
            after["inside"] = inside(ids)
        Membership.delete().where(Membership.group.in_(going)).execute()
        DigestSent.delete().where(DigestSent.group.in_(going)).execute()
        Group.update(parent=None).where(Group.id.in_(going)).execute()
        as_read = (Group.id != group_id) | (Group.version == version)
        if Group.delete().where(Group.id.in_(going), as_read).execute() != len(going):
            raise groups.conflict(top, {})
        audit.write(actor, "group.delete", "group", group_id, before=before, after=after)


def inside(group_ids: Collection[int]) -> dict[str, list[int]]:
    """The groups at and below these, and the people in them: who comes into the actor's sight with them.

    Call inside a transaction.
    """
    tree = trees.within(list(group_ids))
    groups_there = Group.select(Group.id).where(Group.id.in_(tree)).order_by(Group.id)
    people = Membership.select(Membership.user).where(Membership.group.in_(tree)).distinct()
    return {
        "groups": [row[0] for row in database.rows(groups_there)],
        "members": [row[0] for row in database.rows(people.order_by(Membership.user))],
    }


def _moved(condition: Any) -> list[dict[str, Any]]:
    """What a deletion changes of the groups that it leaves."""
    query = Group.select(Group.id, Group.parent, Group.version).where(condition).order_by(Group.id)
    return [{"id": row[0], "parent": row[1], "version": row[2]} for row in database.rows(query)]


def _snapshot(group_ids: list[int]) -> dict[str, Any]:
    columns = (getattr(Group, column) for column in groups.COLUMNS)
    going = Group.select(*columns).where(Group.id.in_(group_ids)).order_by(Group.id)
    memberships = Membership.select().where(Membership.group.in_(group_ids)).order_by(Membership.id)
    sent = DigestSent.select().where(DigestSent.group.in_(group_ids)).order_by(DigestSent.id)
    return {
        "groups": list(going.dicts()),
        "memberships": list(memberships.dicts()),
        "digests_sent": list(sent.dicts()),
    }
