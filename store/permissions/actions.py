"""One check for each action on groups and memberships. Undoing an action asks the check of its reverse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from store import database, errors, in_force, trees
from store.models import Group, Membership, User
from store.permissions.checks import require_leads, require_reviewer, require_top_level, rights
from store.permissions.sight import groups_led
from store.permissions.who import Permissions
from store.views.groups import Role


def addable(who: Permissions) -> Any:
    """Condition on users: an admin adds any active person, a leader only those in a group they lead."""
    if who.rules_all:
        return User.active
    led = Membership.select(Membership.user).where(
        in_force.membership(), Membership.group.in_(groups_led(who))
    )
    return User.active & User.id.in_(led)


def require_making(who: Permissions, parent: int | None) -> None:
    """Whether the actor may make a group under `parent`, or with None at the top level.

    Raises ForbiddenError or NotFoundError, as all checks of actions do.
    """
    if parent is None:
        require_top_level(who)
    else:
        require_leads(who, parent, "make groups below it")


def require_editing(who: Permissions, group_id: int) -> None:
    """Whether the actor may change a group's name and description."""
    require_leads(who, group_id, "edit it")


def require_slug_choice(who: Permissions) -> None:
    """Whether the actor may choose slugs: a clash would tell others of groups out of their sight."""
    if not who.rules_all:
        raise errors.ForbiddenError("Only admins choose a group's slug.")


def require_nesting(who: Permissions, group_id: int, parent: int | None) -> None:
    """Whether the actor may put a group under `parent`, or with None at the top level."""
    may_move = rights(who, group_id).move
    if parent is None and not who.rules_all:
        raise errors.ForbiddenError("Only admins take a group to the top level.")
    if not may_move:
        raise errors.ForbiddenError(
            "Only leaders of the group above can move it out. Ask one of them, or an admin."
        )
    if parent is not None:
        require_leads(who, parent, "put groups below it")


def require_deleting(who: Permissions, group_id: int) -> None:
    """Whether the actor may delete a group."""
    require_leads(who, group_id, "delete it")


def restorable(
    who: Permissions, parents: Mapping[int, int | None], led_and_kept: Callable[[Collection[int]], set[int]]
) -> frozenset[int]:
    """Those of some deleted groups that the actor may put back as things are now.

    `parents` has the parent of each, by any number of the caller's. `led_and_kept` gives those of these
    numbers whose group the actor led themselves and from whom nobody has taken a role since.
    """
    if not who.account.community_on and not who.is_operator:
        return frozenset()
    if who.rules_all or not parents:
        return frozenset(parents)
    asked = database.numbers({parent for parent in parents.values() if parent is not None})
    led = Group.select(Group.id).where(Group.id.in_(asked), Group.id.in_(groups_led(who)))
    leads = {row[0] for row in database.rows(led)}
    by_parent = {number for number, parent in parents.items() if parent in leads}
    return frozenset(by_parent | led_and_kept(parents.keys() - by_parent))


def require_adding(who: Permissions, group_id: int, user_ids: Collection[int]) -> None:
    """Whether the actor may add these people to a group, in any role."""
    require_leads(who, group_id, "add people to it")
    if people_addable(who, user_ids) != set(user_ids):
        raise errors.NotFoundError("Somebody on the list can no longer be added. Nobody was. Search again.")


def people_addable(who: Permissions, user_ids: Collection[int]) -> set[int]:
    """Those of `user_ids` whom the actor may add to a group that they lead."""
    query = User.select(User.id).where(User.id.in_(database.numbers(user_ids)), addable(who))
    return {row[0] for row in database.rows(query)}


def require_role_change(who: Permissions, group_id: int) -> None:
    """Whether the actor may change roles in a group."""
    require_leads(who, group_id, "change roles in it")


def require_removing(who: Permissions, group_id: int) -> None:
    """Whether the actor may remove members from a group."""
    require_leads(who, group_id, "remove people from it")


def require_keeping_reply(who: Permissions, *, shared: bool) -> None:
    """Whether the actor may keep a saved reply, of their own or for all."""
    require_reviewer(who)
    if shared and not who.rules_all:
        raise errors.ForbiddenError("Only admins share replies. Keep it as one of your own.")


def loses_sight(who: Permissions, group_id: int, affected: Any) -> bool:
    """Whether `affected` (a select of group ids) has a group that the actor sees only by way of
    their own role as leader of `group_id`.
    """
    own = _groups_with_role(who, Role.LEADER)
    if who.rules_all or not own.where(Membership.group == group_id).exists():
        return False
    still_led = trees.within(own.where(Membership.group != group_id), name="still")
    lost = Group.select().where(
        Group.id.in_(affected),
        Group.id.not_in(still_led),
        Group.id.not_in(_groups_with_role(who, Role.MENTOR)),
    )
    return lost.exists()


def _groups_with_role(who: Permissions, role: Role) -> Any:
    own = (Membership.user == who.user_id) & (Membership.role == role)
    return Membership.select(Membership.group).join(Group).where(own, in_force.membership(), Group.active)


def require_adding_back(
    who: Permissions, group_id: int, user_id: int, is_unchanged: Callable[[], bool]
) -> bool:
    """Whether the actor may put back somebody who was removed from a group: as one adds people; where
    `is_unchanged` says that nobody else has changed their memberships or account since, also somebody who
    was in no other group of the actor's. False for a person who cannot be added.

    Raises what `require_adding` raises of the group.
    """
    require_adding(who, group_id, [])
    return bool(people_addable(who, [user_id])) or is_unchanged()
