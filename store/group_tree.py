"""Groups as people look at them: the tree with its roll-ups, and one's own as cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import JOIN, SQL, Select, fn

from store import database, group_numbers, group_search, in_force, permissions, text
from store.models import Group, Membership, User
from store.permissions import Permissions
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
        if wanted:
            known = _named(who, wanted)
        else:
            known = _all_seen(who) if opened is None else _below_opened(who, opened)
        lines = _in_order(known)
        return _group_rows(who, lines)


_Known = dict[int, tuple[Any, ...]]


def _all_seen(who: Permissions) -> _Known:
    return {row[0]: row for row in database.rows(permissions.groups_in_sight(who))}


def _below_opened(who: Permissions, opened: Collection[int]) -> _Known:
    shown = Group.id.in_(permissions.topmost_ids(who))
    if opened:
        shown |= Group.parent.in_(database.numbers(opened))
    return {row[0]: row for row in database.rows(permissions.groups_in_sight(who).where(shown))}


def _named(who: Permissions, wanted: str) -> _Known:
    """Groups with this in their names, and those above them."""
    if who.astray:
        return _matching(_all_seen(who), wanted)
    seen = permissions.is_seen(who)
    if not group_search.reads_all(who):
        seen = group_search.seen(group_search.Sight(who))
    named = Group.select(Group.id, Group.path).where(Group.search.contains(wanted), seen)
    ids = {one for _, path in database.rows(named) for one in permissions.way_seen(who, path)}
    shown = Group.id.in_(database.numbers(ids))
    return {row[0]: row for row in database.rows(permissions.groups_in_sight(who).where(shown))}


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
    child, above = Group.alias("child"), Group.alias("above")
    inside = child.select(SQL("1")).where(child.parent == Group.id, permissions.is_seen(who, child))
    columns = (Group.id, Group.name, Group.path, Group.parent, above.path, above.active, fn.EXISTS(inside))
    query = Group.select(*columns).join(above, JOIN.LEFT_OUTER, on=(above.id == Group.parent))
    facts = {row[0]: row for row in database.rows(query.where(Group.id.in_(database.numbers(ids))))}
    counts = rollup(who, ids)
    leaders = _leaders(ids)
    result = []
    for group_id, depth in lines:
        _, name, path, parent_id, parent_path, parent_active, subgroups = facts[group_id]
        leads = who.rules_all or who.reach.leads(group_id, path)
        leads_parent = bool(parent_active) if who.rules_all else who.reach.leads(parent_id, parent_path)
        parent_seen = leads_parent or (not who.rules_all and parent_id in who.reach.mentored)
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
                    who, leads=leads, top_level=parent_id is None, leads_parent=leads_parent
                ),
            )
        )
    return tuple(result)


def rollup(who: Permissions, group_ids: Collection[int]) -> dict[int, tuple[int, int, int]]:
    """For each group: distinct people in its subtree, what waits of them, and what waits in itself.

    Counted as far as the actor may see; a person in several groups of a subtree counts once.
    """
    return group_numbers.of(who, group_ids)


def _leaders(group_ids: Collection[int]) -> dict[int, list[str]]:
    query = (
        Membership.select(Membership.group, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group.in_(database.numbers(group_ids)),
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
        return int(Group.select(fn.COUNT(Group.id)).where(permissions.is_seen(who)).scalar())


MOST_COMPARED = 5_000
"""People whose groups are compared while somebody waits for the list of groups."""


def shared(actor: Actor, group_id: int | None = None) -> int | None:
    """How many people are in more than one of the groups in sight, or of those below one of them.

    None where there are too many people for that to be looked for.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_community(who)
        top = Group.select(Group.id).where(Group.id.in_(permissions.topmost_ids(who)))
        above_all = [row[0] for row in database.rows(top)] if group_id is None else [group_id]
        if sum(people for people, *_ in group_numbers.of(who, above_all).values()) > MOST_COMPARED:
            return None
        groups = permissions.is_seen(who) if group_id is None else permissions.inside(who, group_id)
        several = (
            Membership.select(Membership.user)
            .join(User)
            .join_from(Membership, Group)
            .where(groups, in_force.membership(), User.active)
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
        own = Membership.select(Membership.group, Membership.role, Group.path).join(Group)
        staff = (Membership.role != Role.MEMBER) & Group.active
        own = own.where(Membership.user == who.user_id, staff, in_force.membership())
        rows = database.rows(own)
        roles = {row[0]: Role(row[1]) for row in rows}
        counts = rollup(who, list(roles))
        paths = permissions.paths_seen(who, {row[0]: row[2] for row in rows})
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
