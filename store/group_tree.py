"""Groups as people look at them: the tree with its roll-ups, and one's own as cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import JOIN, Case, Select, fn

from store import database, in_force, permissions, text, trees
from store.models import Group, Membership, User
from store.permissions import Permissions
from store.queue import queue
from store.views import Actor
from store.views.groups import GroupCard, GroupRow, Role

# ---------------------------------------------------------------------- the tree


def tree(actor: Actor, opened: Collection[int] | None = (), typed: str = "") -> tuple[GroupRow, ...]:
    """The lines of the tree, top down: the topmost groups in sight and what is under opened ones.

    `opened` None opens everything. With `typed`, the groups whose name has it, and those above them.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_community(who)
        wanted = text.fold(typed)
        known = _below_opened(who, opened) if opened is not None and not wanted else _all_seen(who)
        if wanted:
            known = _matching(known, wanted)
        lines = _in_order(known)
        return _group_rows(who, lines)


_Known = dict[int, tuple[Any, ...]]


def _all_seen(who: Permissions) -> _Known:
    return {row[0]: row for row in database.rows(permissions.groups_in_sight(who))}


def _below_opened(who: Permissions, opened: Collection[int]) -> _Known:
    query = permissions.groups_in_sight(who).where(permissions.topmost(who) | Group.parent.in_(list(opened)))
    return {row[0]: row for row in database.rows(query)}


def _matching(known: _Known, wanted: str) -> _Known:
    kept: _Known = {}
    for row in known.values():
        here: tuple[Any, ...] | None = row if wanted in text.fold(row[1]) else None
        while here is not None and here[0] not in kept:
            kept[here[0]] = here
            here = known.get(here[2])
    return kept


def _in_order(known: _Known) -> list[tuple[int, int]]:
    """Pairs (group id, depth), children after their parent, siblings by name.

    Rows under a group that is itself hidden by a closed one are not reached from the top.
    """
    children: dict[int | None, list[tuple[Any, ...]]] = {}
    for row in known.values():
        children.setdefault(None if row[3] else row[2], []).append(row)
    for siblings in children.values():
        siblings.sort(key=lambda row: (text.fold(row[1]), row[0]), reverse=True)
    lines: list[tuple[int, int]] = []
    todo = [(row, 0) for row in children.get(None, [])]
    while todo:
        row, depth = todo.pop()
        lines.append((row[0], depth))
        todo.extend((child, depth + 1) for child in children.get(row[0], []))
    return lines


def _group_rows(who: Permissions, lines: list[tuple[int, int]]) -> tuple[GroupRow, ...]:
    ids = [group_id for group_id, _ in lines]
    child = Group.alias("child")
    seen, led = permissions.groups_seen(who), permissions.groups_led(who)
    has_subgroups = fn.EXISTS(child.select(child.id).where(child.parent == Group.id, child.id.in_(seen)))
    columns = (
        Group.id,
        Group.name,
        Group.parent,
        Group.parent.in_(seen),
        has_subgroups,
        Group.id.in_(led),
        Group.parent.in_(led),
    )
    facts = {row[0]: row for row in database.rows(Group.select(*columns).where(Group.id.in_(ids)))}
    counts = rollup(who, ids)
    leaders = _leaders(ids)
    result = []
    for group_id, depth in lines:
        _, name, parent_id, parent_seen, subgroups, leads, leads_parent = facts[group_id]
        people, waiting, own = counts.get(group_id, (0, 0, 0))
        result.append(
            GroupRow(
                id=group_id,
                name=name,
                depth=depth,
                parent_id=parent_id if parent_seen else None,
                has_subgroups=bool(subgroups),
                people=people,
                leaders=tuple(leaders.get(group_id, ())),
                waiting=waiting,
                waiting_own=own,
                rights=permissions.rights_of(
                    who, leads=bool(leads), top_level=parent_id is None, leads_parent=bool(leads_parent)
                ),
            )
        )
    return tuple(result)


def rollup(who: Permissions, group_ids: Collection[int]) -> dict[int, tuple[int, int, int]]:
    """For each group: distinct people in its subtree, what waits of them, and what waits in itself.

    Counted as far as the actor may see; a person in several groups of a subtree counts once.
    """
    below = trees.subtree(group_ids, among=None if who.rules_all else permissions.groups_seen(who))
    here = Case(None, [(Membership.group == below.c.root_id, 1)], 0)
    memberships = (
        Membership.select(
            below.c.root_id.alias("root_id"),
            Membership.user.alias("user_id"),
            fn.MAX(here).alias("here"),
        )
        .join(below, on=(below.c.group_id == Membership.group))
        .join_from(Membership, User)
        .where(in_force.membership(), User.active)
        .group_by(below.c.root_id, Membership.user)
        .alias("places")
    )
    waits = queue.waiting_by_person(who, in_sight=True).alias("waits")
    query = (
        Select(
            [memberships],
            [
                memberships.c.root_id,
                fn.COUNT(memberships.c.user_id),
                fn.COALESCE(fn.SUM(waits.c.n), 0),
                fn.COALESCE(fn.SUM(waits.c.n * memberships.c.here), 0),
            ],
        )
        .join(waits, JOIN.LEFT_OUTER, on=(waits.c.user_id == memberships.c.user_id))
        .group_by(memberships.c.root_id)
        .with_cte(below)
        .bind(database.db)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in database.rows(query)}


def _leaders(group_ids: Collection[int]) -> dict[int, list[str]]:
    query = (
        Membership.select(Membership.group, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group.in_(group_ids),
            Membership.role == Role.LEADER,
            in_force.membership(),
            User.active,
        )
        .order_by(User.search)
    )
    names: dict[int, list[str]] = {}
    for group_id, first, last in database.rows(query):
        names.setdefault(group_id, []).append(f"{first} {last}".strip())
    return names


def count(actor: Actor) -> int:
    """How many groups are in sight."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_community(who)
        seen = permissions.groups_seen(who)
        return int(Group.select(fn.COUNT(Group.id)).where(Group.id.in_(seen)).scalar())


def shared(actor: Actor, group_id: int | None = None) -> int:
    """How many people are in more than one of the groups in sight, or of those below one of them."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_community(who)
        seen = permissions.groups_seen(who)
        groups = seen if group_id is None else trees.within([group_id], among=None if who.rules_all else seen)
        several = (
            Membership.select(Membership.user)
            .join(User)
            .where(Membership.group.in_(groups), in_force.membership(), User.active)
            .group_by(Membership.user)
            .having(fn.COUNT(Membership.id) > 1)
            .alias("several")
        )
        return int(Select([several], [fn.COUNT(several.c.user_id)]).bind(database.db).scalar())


# ----------------------------------------------------------------- one's own, as cards


def cards(actor: Actor) -> tuple[GroupCard, ...]:
    """The groups in which the actor is leader or mentor, by path."""
    with database.reading():
        who = permissions.of(actor)
        if not who.account.community_on:
            return ()
        own = Membership.select(Membership.group, Membership.role).where(
            Membership.user == who.user_id,
            Membership.role != Role.MEMBER,
            in_force.membership(),
            Membership.group.in_(permissions.groups_seen(who)),
        )
        roles = {row[0]: Role(row[1]) for row in database.rows(own)}
        counts = rollup(who, list(roles))
        paths = trees.paths(roles, permissions.groups_seen(who))
    found = []
    for group_id, role in roles.items():
        people, waiting, _ = counts.get(group_id, (0, 0, 0))
        found.append(GroupCard(id=group_id, path=paths[group_id], role=role, people=people, waiting=waiting))
    return tuple(sorted(found, key=lambda card: [text.fold(step.name) for step in card.path]))


# ------------------------------------------------------------------ right below one


def subgroups(actor: Actor, group_id: int) -> tuple[GroupRow, ...]:
    """The groups right below one, by name. Raises NotFoundError as `detail` does."""
    with database.reading():
        who = permissions.of(actor)
        permissions.rights(who, group_id)
        found = database.rows(permissions.groups_in_sight(who).where(Group.parent == group_id))
        found.sort(key=lambda row: text.fold(row[1]))
        return _group_rows(who, [(row[0], 0) for row in found])
