"""How many people are in groups and what waits of them, as far as somebody may see.

Where they lead a group, and for an admin, the counters tell it: see `counters`. Those count a role until its
end was written, so of a group in which one has ended by date since, it is counted anew; and they count blind
work, which counts for no group: see `blind`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from peewee import SQL, Case, Select, fn

from store import blind, clock, database, in_force, permissions, trees
from store.models import WAITING, Completion, Group, Membership, User
from store.models.counted import GroupCount, WaitingRow
from store.permissions import Permissions
from store.permissions.reach import below, exceptions
from store.views.groups import Role

Numbers = tuple[int, int, int]
"""Distinct people in a group and below, what waits of them, and what waits in the group itself."""


class _BlindRow(NamedTuple):
    """Blind work that waits, with a group that its person is in."""

    completion: int
    group: int
    path: str


def of(who: Permissions, group_ids: Collection[int], *, also_blind: bool = False) -> dict[int, Numbers]:
    """The numbers of each of these groups in use, as far as the actor may see. Call inside a transaction.

    A person in several groups of a subtree counts once, and what waits of the actor does not count. Blind
    work counts only where a number is not told of a group but of all that the actor may review.
    """
    if not group_ids:
        return {}
    columns = (Group.id, Group.path, GroupCount.people, GroupCount.waiting)
    # In this query, since mostly there is no blind work.
    query = Group.select(*columns, GroupCount.waiting_here, GroupCount.people_here, blind.IS_ANY)
    query = query.join(GroupCount, on=(GroupCount.group_id == Group.id))
    rows = database.rows(query.where(Group.id.in_(database.numbers(group_ids)), Group.active))
    if who.astray:
        return _by_recursion(who, [row[0] for row in rows], also_blind=also_blind)
    hidden = []
    if not also_blind and any(row[6] for row in rows):
        hidden = database.once(("blind rows", who.user_id), lambda: _blind_rows(who))
    ended = _ended_today() if exceptions(who.user_id).ended else ()
    found: dict[int, Numbers] = {}
    others: list[int] = []
    for group_id, path, people, waiting, waiting_here, people_here, _ in rows:
        if who.rules_all or who.reach.leads(group_id, path):
            if any(one.startswith(path) for one in ended):
                people, waiting, waiting_here = _counted(group_id, path)
            of_all, of_here = _own(who, group_id, path)
            blind_all = len({row.completion for row in hidden if row.path.startswith(path)})
            blind_here = sum(row.group == group_id for row in hidden)
            found[group_id] = (people, waiting - of_all - blind_all, waiting_here - of_here - blind_here)
        elif _sees_below(who, path) or path in ended:
            others.append(group_id)
        else:
            waits = _mentored(who, group_id, also_blind=also_blind)
            found[group_id] = (people_here, waits, waits)
    return found | _by_recursion(who, others, also_blind=also_blind)


def _blind_rows(who: Permissions) -> list[_BlindRow]:
    """The blind work of others that waits, which counters count."""
    row = WaitingRow
    query = row.select(row.completion_id, row.group_id, Group.path).join(Group, on=(Group.id == row.group_id))
    seen = (row.user_id != who.user_id, in_force.lasting(row.last_day), Group.path.is_null(False))
    return [_BlindRow(*each) for each in database.rows(query.where(blind.is_blind(row.completion_id), *seen))]


def people_followed(who: Permissions, group_id: int) -> list[int]:
    """The people in a group in sight and below it whom the actor follows, but for themselves."""
    return [row[0] for row in database.rows(_followed(who, group_id, Membership.user).distinct())]


def followed(who: Permissions, group_id: int, people: int) -> int:
    """How many those are, where `people` is how many there are in all. Call inside a transaction."""
    path = permissions.nesting(group_id).path
    if who.astray or not (who.rules_all or who.reach.leads(group_id, path)):
        return int(_followed(who, group_id, fn.COUNT(Membership.user.distinct())).scalar())
    own = database.once(("own groups", who.user_id), lambda: _own_groups(who.user_id))
    return people - any(one.startswith(path or "") for one in own.values())


def _followed(who: Permissions, group_id: int, *columns: Any) -> Any:
    """Select from the memberships of those people there."""
    memberships = Membership.select(*columns).join(User).join_from(Membership, Group)
    return memberships.where(
        permissions.inside(who, group_id),
        in_force.membership(),
        User.active,
        User.id != who.user_id,
        permissions.followed_in(who, group_id),
    )


def _ended_today() -> list[str]:
    """The paths of groups in which a role has ended by its date, and is not written as ended yet."""

    def find() -> list[str]:
        ended = Membership.select(Group.path).join(Group).distinct()
        ended = ended.where(Membership.last_day < clock.today(), Membership.active, Group.active)
        return [row[0] for row in database.rows(ended)]

    return database.once("roles that ended", find)


def _counted(group_id: int, path: str) -> Numbers:
    """The numbers of a group counted anew, the actor's own work with them."""
    inside = Membership.select(fn.COUNT(Membership.user.distinct())).join(Group).join_from(Membership, User)
    people = inside.where(below(Group, path), in_force.membership(), User.active).scalar()
    row = WaitingRow.select(WaitingRow.completion_id).join(Group, on=(Group.id == WaitingRow.group_id))
    row = row.where(in_force.lasting(WaitingRow.last_day))
    both = (row.where(below(Group, path)), row.where(WaitingRow.group_id == group_id))
    waits = [database.row(query.select(fn.COUNT(WaitingRow.completion_id.distinct()))) for query in both]
    return (int(people), *(int(found[0]) if found else 0 for found in waits))  # type: ignore[return-value]


def _own(who: Permissions, group_id: int, path: str) -> tuple[int, int]:
    """How much of what waits in a group and below, and in itself, is the actor's own."""
    count = exceptions(who.user_id).own
    if not count:
        return 0, 0
    groups = database.once(("own groups", who.user_id), lambda: _own_groups(who.user_id))
    inside = any(one.startswith(path) for one in groups.values())
    return count if inside else 0, count if group_id in groups else 0


def _own_groups(user_id: int) -> dict[int, str]:
    """The paths of the groups that somebody is in, in any role."""
    own = Membership.select(Group.id, Group.path).join(Group)
    own = own.where(Membership.user == user_id, in_force.membership(), Group.path.is_null(False))
    return dict(database.rows(own))


def _sees_below(who: Permissions, path: str) -> bool:
    """Whether the actor has a role as staff somewhere below a group that they are mentor of."""
    return any(own.startswith(path) and own != path for own in _staff_paths(who))


def _staff_paths(who: Permissions) -> list[str]:
    def find() -> list[str]:
        mentored = Group.select(Group.path).where(Group.id.in_(database.numbers(who.reach.mentored)))
        return [*who.reach.led, *(row[0] for row in database.rows(mentored))]

    return database.once(("staff paths", who.user_id), find)


def _mentored(who: Permissions, group_id: int, *, also_blind: bool) -> int:
    """What waits in a group that the actor is mentor of: of its members, and of others in it whom they
    follow by way of another group."""
    row = WaitingRow
    follows = (row.role == Role.MEMBER) | permissions.followed(who, row.user_id)
    query = row.select(fn.COUNT(row.completion_id)).where(
        row.group_id == group_id, row.user_id != who.user_id
    )
    if not also_blind:
        query = query.where(blind.is_open(row.completion_id))
    return int(query.where(in_force.lasting(row.last_day), follows).scalar())


def _by_recursion(who: Permissions, group_ids: Collection[int], *, also_blind: bool) -> dict[int, Numbers]:
    """The same from the tables alone, and never down through a group out of sight."""
    if not group_ids:
        return {}
    tree = trees.subtree(group_ids, among=None if who.rules_all else permissions.groups_seen(who))
    here = Case(None, [(Membership.group == tree.c.root_id, 1)], 0)
    waits = Completion.select(fn.COUNT(Completion.id)).where(
        Completion.user == Membership.user, WAITING, permissions.reviewable(who)
    )
    if not also_blind:
        waits = waits.where(blind.is_open())
    memberships = (
        Membership.select(
            tree.c.root_id.alias("root_id"), Membership.user, fn.MAX(here).alias("here"), waits.alias("n")
        )
        .join(tree, on=(tree.c.group_id == Membership.group))
        .join_from(Membership, User)
        .where(in_force.membership(), User.active)
        .group_by(tree.c.root_id, Membership.user)
        .alias("memberships")
    )
    one = memberships.c
    columns = (one.root_id, fn.COUNT(SQL("*")), fn.SUM(one.n), fn.SUM(one.n * one.here))
    query = Select([memberships], columns).group_by(one.root_id).with_cte(tree).bind(database.db)
    return {row[0]: (row[1], int(row[2]), int(row[3])) for row in database.rows(query)}
