"""What the actor may do to groups, people and work in sight.

The checks raise NotFoundError where the actor may not know that the thing exists and ForbiddenError where
they see it but may not do this.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL

from store import errors
from store.models import Completion, User
from store.permissions.sight import is_followed, may_review, nesting, own_roles, people_led
from store.permissions.who import Permissions
from store.prepared import Prepared
from store.views.groups import GroupRights, Role

_WHOSE = Prepared(
    lambda given: Completion.select(Completion.user).where(Completion.id == given(Completion.id))
)


def require_admin(who: Permissions) -> None:
    """Raises NotFoundError for all but admins: what only they have is not hinted at."""
    if not who.rules_all:
        raise errors.NotFoundError()


def require_reviewer(who: Permissions) -> None:
    """Raises NotFoundError for those who review nobody's work: all but admins and staff."""
    if not who.rules_all and not any(role.is_staff for role in own_roles(who)):
        raise errors.NotFoundError()


def require_community(who: Permissions) -> None:
    """Raises ForbiddenError while Community groups are not available to the account."""
    if not who.is_operator and not who.account.community_on:
        if who.is_admin:
            raise errors.ForbiddenError(
                "Community groups are not on for this account. Open Community to see why."
            )
        raise errors.NotFoundError()


def rights(who: Permissions, group_id: int) -> GroupRights:
    """What the actor may do to a group. Raises NotFoundError for one that is absent or out of sight."""
    require_community(who)
    group, reach = nesting(group_id), who.reach
    if not group.active or not (who.rules_all or reach.sees(group_id, group.path)):
        raise errors.NotFoundError("No such group. It may have been deleted, or you can no longer see it.")
    leads = who.rules_all or reach.leads(group_id, group.path)
    leads_parent = group.parent_active if who.rules_all else reach.leads(group.parent, group.parent_path)
    return rights_of(who, leads=leads, top_level=group.parent is None, leads_parent=leads_parent)


def rights_of(who: Permissions, *, leads: bool, top_level: bool, leads_parent: bool) -> GroupRights:
    """What somebody may do to a group that they see, by whether they lead it and its parent."""
    manages = leads or who.rules_all
    return GroupRights(
        edit=manages,
        choose_slug=who.rules_all,
        create_subgroup=manages,
        # Nobody takes a group away from those above it.
        move=manages and (top_level or leads_parent or who.rules_all),
        to_top_level=who.rules_all and not top_level,
        delete=manages,
        add_members=manages,
        change_roles=manages,
        remove_members=manages,
    )


def require_leads_any(who: Permissions) -> None:
    """Raises NotFoundError for those who lead no group at all."""
    require_community(who)
    if not who.rules_all and Role.LEADER not in who.reach.roles:
        raise errors.NotFoundError()


def require_top_level(who: Permissions) -> None:
    """Raises ForbiddenError for staff, who see groups, and NotFoundError for those who see none."""
    require_community(who)
    if who.rules_all:
        return
    if not any(role.is_staff for role in who.reach.roles):
        raise errors.NotFoundError()
    raise errors.ForbiddenError("Only admins make top-level groups. Choose a group to nest it under.")


def require_leads(who: Permissions, group_id: int, doing: str) -> None:
    """Raises NotFoundError for a group out of sight, ForbiddenError for one seen but not led."""
    if not rights(who, group_id).edit:
        raise errors.ForbiddenError(f"Only leaders of this group, or admins, {doing}.")


def require_follows(who: Permissions, user_id: int) -> None:
    """Raises NotFoundError unless the actor may see this person's activity and work.

    Deactivated people are there for admins only, and oneself for admins only.
    """
    if not is_followed(who, user_id):
        raise errors.NotFoundError("No such person. They may have left, or you can no longer see them.")


def require_reviews(who: Permissions, user_id: int) -> None:
    """Raises NotFoundError where the work is out of sight, ForbiddenError for one's own."""
    require_follows(who, user_id)
    if not may_review(who, user_id):
        raise errors.ForbiddenError("Nobody reviews their own work. Ask another mentor or leader.")


def require_work(who: Permissions, completion_id: int) -> int:
    """The id of the person whose work it is, also where its class has ended or its step was removed. Raises
    NotFoundError where there is no such work or it is out of sight, which reads the same, and ForbiddenError
    for one's own.
    """
    row = _WHOSE.row(completion_id)
    try:
        require_reviews(who, row[0] if row else 0)
    except errors.NotFoundError:
        row = None
    if row is None:
        raise errors.NotFoundError("No such work. It may have been withdrawn.")
    return int(row[0])


def require_releases(who: Permissions, completion_id: int) -> None:
    """Raises what `require_work` does, and ForbiddenError for who leads no group of that person."""
    user_id = require_work(who, completion_id)
    if not User.select().where(User.id == user_id, User.id.in_(people_led(who))).exists():
        raise errors.ForbiddenError("Only leaders of a group of this person, or admins, release their marks.")


def may_decide_for(who: Permissions, user_id: int | None) -> bool:
    """Whether the actor may end this person's sessions and revoke their keys: one's own, or as an admin."""
    return who.rules_all or user_id == who.user_id


def own_or_all(who: Permissions, user: Any, own: int) -> Any:
    """Condition on a column of people: the person `own`, and for an admin anybody."""
    return SQL("1 = 1") if who.rules_all else user == own
