"""What the actor may see: selects and conditions that every look-up is narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Expression, Select, fn

from store import database, in_force, trees
from store.models import Completion, Group, Membership, User
from store.permissions.reach import below
from store.permissions.who import Permissions
from store.prepared import Prepared
from store.views.account import Viewer
from store.views.groups import GroupName, Role


def groups_led(who: Permissions) -> Any:
    """Select of the ids of the groups that the actor leads, from above or directly; all for an admin."""
    return Group.select(Group.id).where(Group.active if who.rules_all else who.reach.led_in())


def groups_seen(who: Permissions) -> Any:
    """Select of the ids of the groups that the actor may know of: those led, and those mentored."""
    return Group.select(Group.id).where(is_seen(who))


def is_seen(who: Permissions, group: Any = Group) -> Any:
    """Condition on groups: the actor may know of their existence."""
    return group.active if who.rules_all else who.reach.seen_in(group)


def groups_in_sight(who: Permissions) -> Any:
    """Select (id, name, parent id, whether it is a topmost one) of the groups in sight."""
    columns = (Group.id, Group.name, Group.parent, topmost(who))
    return Group.select(*columns).where(is_seen(who))


def topmost(who: Permissions) -> Any:
    """Condition on groups: the actor sees no group above this one."""
    above = Group.alias("above")
    seen = above.select(above.id).where(above.id == Group.parent, is_seen(who, above))
    return Group.parent.is_null() | ~fn.EXISTS(seen)


class Nesting(NamedTuple):
    """Where a group is: its path, its parent with the path of that, and whether both are in use."""

    active: bool = False
    path: str | None = None
    parent: int | None = None
    parent_path: str | None = None
    parent_active: bool = False


def nesting(group_id: int) -> Nesting:
    """Where a group is; of one that is not there, that it is not in use. Call inside a transaction."""

    def find() -> Nesting:
        above = Group.alias("above")
        columns = (Group.active, Group.path, Group.parent, above.path, above.active)
        query = Group.select(*columns).join(above, JOIN.LEFT_OUTER, on=(above.id == Group.parent))
        row = database.row(query.where(Group.id == group_id))
        return Nesting() if row is None else Nesting(bool(row[0]), row[1], row[2], row[3], bool(row[4]))

    return database.once(("nesting", group_id), find)


def follows(who: Permissions, membership: Any = Membership, group: Any = None) -> Any:
    """Condition on memberships: the actor may follow this person because of this membership. `group` is the
    table of groups where that is joined to them.

    A leader follows everybody in the subtree, a mentor only the members of that very group. Nobody
    follows themselves by way of a role: their own work is not offered to them here.
    """
    led = membership.group.in_(groups_led(who)) if group is None else who.reach.led_in(group)
    return _follows(who, membership, led)


def _follows(who: Permissions, membership: Any, led: Any) -> Any:
    if who.rules_all:
        return in_force.membership(membership)
    way = led
    if who.reach.mentored:
        mentored = membership.group.in_(database.numbers(who.reach.mentored))
        way = mentored & (membership.role == Role.MEMBER)
        if who.reach.led or who.reach.ids:
            # Only where anything is led: for either of two ways PostgreSQL would read all memberships.
            way = led | way
    return in_force.membership(membership) & (membership.user != who.user_id) & way


def people_followed(who: Permissions) -> Select:
    """Ids of the people whose activity, courses and work the actor may see.

    Everybody for an admin; for others active people only, and never themselves.
    """
    if who.rules_all:
        return User.select(User.id)
    return Membership.select(Membership.user).join(User).where(User.active, follows(who))


def people_led(who: Permissions) -> Select:
    """Ids of the people in groups that the actor leads, never of oneself; of everybody for an admin."""
    if who.rules_all:
        return User.select(User.id)
    here = Membership.group.in_(groups_led(who)) & (Membership.user != who.user_id)
    return Membership.select(Membership.user).join(User).where(User.active, in_force.membership(), here)


def followed(who: Permissions, user: Any) -> Any:
    """Condition on a person's id, as `people_followed`, tested person by person from their own few
    memberships: for look-ups that walk through very many people and stop early.
    """
    if who.rules_all:
        return SQL("1 = 1")
    membership, whom, there = Membership.alias("place"), User.alias("whom"), Group.alias("there")
    memberships = (
        membership.select(SQL("1"))
        .join(whom, on=(whom.id == membership.user))
        .join_from(membership, there, on=(there.id == membership.group))
        .where(membership.user == user, whom.active)
        .where(_follows(who, membership, who.reach.led_in(there, met=True)))
    )
    return fn.EXISTS(memberships)


_PERSON = Prepared(lambda given: User.select(User.id).where(User.id == given(User.id)))
_MEMBERSHIPS = Prepared(
    lambda given: (
        Membership.select(Membership.role, Group.id, Group.path)
        .join(User)
        .join_from(Membership, Group)
        .where(Membership.user == given(Membership.user), User.active, in_force.membership())
    )
)


def is_followed(who: Permissions, user_id: int) -> bool:
    """Whether somebody is one of `people_followed`. Call inside a transaction."""
    if who.rules_all:
        return _PERSON.row(user_id) is not None
    return user_id != who.user_id and any(
        who.reach.leads(group_id, path) or (group_id in who.reach.mentored and role == Role.MEMBER)
        for role, group_id, path in _MEMBERSHIPS.rows(user_id)
    )


def followed_in(who: Permissions, group_id: int) -> Any:
    """Condition on the memberships of one group, and their people: the actor may follow the person, by way
    of this group or another one. Call inside a transaction.
    """
    if who.rules_all:
        return SQL("1 = 1")
    others = Membership.user != who.user_id
    if who.reach.leads(group_id, nesting(group_id).path):
        return others
    if group_id in who.reach.mentored:
        return others & ((Membership.role == Role.MEMBER) | followed(who, Membership.user))
    return followed(who, Membership.user)


def reviewable(who: Permissions, user: Any = Completion.user) -> Expression:
    """Condition on a person's id: the actor may review their work, which nobody may of their own."""
    return user != who.user_id if who.rules_all else user.in_(people_followed(who))


def own_roles(who: Permissions) -> set[Role]:
    """The roles that the actor has in groups; none while Community groups are not on."""
    return set(who.reach.roles)


def viewer(who: Permissions, name: str, waiting: int) -> Viewer:
    """What somebody may be offered; `waiting` is how many completions they could review."""
    roles = own_roles(who)
    on = who.account.community_on
    return Viewer(
        user_id=who.user_id,
        name=name,
        account=who.account,
        is_admin=who.is_admin,
        leads=Role.LEADER in roles,
        mentors=Role.MENTOR in roles,
        waiting=waiting,
        # Admins always: they may apply for the beta.
        has_community=who.is_admin or Role.LEADER in roles or Role.MENTOR in roles,
        may_create_groups=on and (who.is_admin or Role.LEADER in roles),
        may_create_top_level=on and who.is_admin,
        may_report=on and who.is_admin,
        may_manage_people=who.is_admin,
        may_oversee=who.is_admin,
        may_choose_slugs=who.is_admin,
        may_take_to_top=who.is_admin,
        may_share_replies=who.is_admin,
    )


def may_review(who: Permissions, user_id: int) -> bool:
    """Whether the actor may review the work of somebody whom they follow: nobody reviews their own."""
    return user_id != who.user_id


def inside(who: Permissions, group_id: int) -> Any:
    """Condition on groups: it is this one in sight, or below it, and no group out of sight is in between.

    Call inside a transaction.
    """
    path = nesting(group_id).path
    if not who.astray and (who.rules_all or who.reach.leads(group_id, path)):
        return SQL("1 = 0") if path is None else below(Group, path)
    among = None if who.rules_all else groups_seen(who)
    return Group.id.in_(trees.within([group_id], name="below", among=among))


def topmost_ids(who: Permissions) -> Any:
    """The ids, for `in_`, of the groups in sight above which the actor sees none."""
    reach = who.reach
    if who.rules_all:
        above, under = Group.alias("above"), Group.alias("under")
        unused = above.path.is_null() & ~above.active
        tops = Group.select(Group.id).where(Group.parent.is_null(), Group.active)
        return tops.union_all(
            under.select(under.id).join(above, on=(above.id == under.parent)).where(unused, under.active)
        )
    if reach.ids is not None:
        return Group.select(Group.id).where(is_seen(who), topmost(who))
    own = database.numbers([*(int(path.split("/")[-2]) for path in reach.led), *reach.mentored])
    return Group.select(Group.id).where(Group.id.in_(own), topmost(who))


def paths_seen(
    who: Permissions, groups: Iterable[int] | Mapping[int, str | None]
) -> dict[int, tuple[GroupName, ...]]:
    """For each of these groups in sight (ids, or with their paths), its path from the topmost one in sight
    down to itself: names further up are not the viewer's to know. Call inside a transaction.
    """
    if who.astray:
        return trees.paths(groups, groups_seen(who))
    if isinstance(groups, Mapping):
        paths = groups
    else:
        known = Group.select(Group.id, Group.path).where(Group.id.in_(database.numbers(groups)), Group.active)
        paths = dict(database.rows(known))
    ways = {group_id: way_seen(who, path) for group_id, path in paths.items()}
    ids = database.numbers({one for way in ways.values() for one in way})
    names = dict(database.rows(Group.select(Group.id, Group.name).where(Group.id.in_(ids))))
    return {
        group_id: tuple(GroupName(id=one, name=names[one]) for one in way)
        for group_id, way in ways.items()
        if way
    }


def way_seen(who: Permissions, path: str | None) -> list[int]:
    """The ids on a path, as far up from its end as the actor sees."""
    if path is None:
        return []
    ids = [int(part) for part in path.split("/")[1:-1]]
    if who.rules_all:
        return ids
    way: list[int] = []
    here = path
    for group_id in reversed(ids):
        if not who.reach.sees(group_id, here):
            break
        way.append(group_id)
        here = here[: -len(f"{group_id}/")]
    return way[::-1]
