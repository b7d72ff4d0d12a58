"""What the actor may see: selects and conditions that every look-up is narrowed by."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Expression, Select, fn

from store import database, in_force, trees
from store.models import Completion, Group, Membership, User
from store.permissions.who import Permissions
from store.views.account import Viewer
from store.views.groups import Role


def groups_with_role(who: Permissions, role: Role) -> Select:
    if not who.account.community_on:
        # Without the feature nobody has a role: no group, count or hint of one.
        return Membership.select(Membership.group).where(Membership.id < 0)
    return (
        Membership.select(Membership.group)
        .join(Group)
        .where(Membership.user == who.user_id, Membership.role == role, in_force.membership(), Group.active)
    )


def groups_led(who: Permissions) -> Select:
    """Ids of the groups that the actor leads, from above or directly; all of them for an admin."""
    if who.rules_all:
        return Group.select(Group.id).where(Group.active)
    return trees.within(groups_with_role(who, Role.LEADER), name="led")


def groups_seen(who: Permissions) -> Select:
    """Ids of the groups whose existence the actor may know of: those led, and those mentored."""
    if who.rules_all:
        return Group.select(Group.id).where(Group.active)
    return Group.select(Group.id).where(
        Group.active, Group.id.in_(groups_led(who)) | Group.id.in_(groups_with_role(who, Role.MENTOR))
    )


def groups_in_sight(who: Permissions) -> Any:
    """Select (id, name, parent id, whether it is a topmost one) of the groups in sight."""
    columns = (Group.id, Group.name, Group.parent, topmost(who))
    return Group.select(*columns).where(Group.id.in_(groups_seen(who)))


def topmost(who: Permissions) -> Any:
    """Condition on groups: the actor sees no group above this one."""
    return Group.parent.is_null() | Group.parent.not_in(groups_seen(who))


def follows(who: Permissions, membership: Any = Membership) -> Expression:
    """Condition on memberships: the actor may follow this person because of this membership.

    A leader follows everybody in the subtree, a mentor only the members of that very group. Nobody
    follows themselves by way of a role: their own work is not offered to them here.
    """
    if who.rules_all:
        return in_force.membership(membership)
    led = membership.group.in_(groups_led(who))
    mentored = membership.group.in_(groups_with_role(who, Role.MENTOR)) & (membership.role == Role.MEMBER)
    return in_force.membership(membership) & (membership.user != who.user_id) & (led | mentored)


def people_followed(who: Permissions) -> Select:
    """Ids of the people whose activity, courses and work the actor may see.

    Everybody for an admin; for others active people only, and never themselves.
    """
    if who.rules_all:
        return User.select(User.id)
    return Membership.select(Membership.user).join(User).where(User.active, follows(who))


def followed(who: Permissions, user: Any) -> Any:
    """Condition on a person's id, as `people_followed`, tested person by person from their own few
    memberships: for look-ups that walk through very many people and stop early.
    """
    if who.rules_all:
        return SQL("1 = 1")
    membership, whom = Membership.alias("place"), User.alias("whom")
    memberships = membership.select(membership.id).join(whom, on=(whom.id == membership.user))
    return fn.EXISTS(memberships.where(membership.user == user, whom.active, follows(who, membership)))


def reviewable(who: Permissions, user: Any = Completion.user) -> Expression:
    """Condition on a person's id: the actor may review their work, which nobody may of their own."""
    return user != who.user_id if who.rules_all else user.in_(people_followed(who))


def own_roles(who: Permissions) -> set[Role]:
    """The roles that the actor has in groups; none while Community groups are not on."""
    if not who.account.community_on:
        return set()
    own = Membership.select(Membership.role).join(Group)
    own = own.where(Membership.user == who.user_id, in_force.membership(), Group.active)
    return {Role(row[0]) for row in database.rows(own.distinct())}


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
