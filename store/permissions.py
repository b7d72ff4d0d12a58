"""Who may see and do what: in one place.

A store function asks `standing(actor)` once, inside its own transaction, so that a role lost a
moment ago is lost here too. The selects below (groups seen, groups led, places followed) are what
every look-up is narrowed by; the checks raise NotFoundError where the actor may not know that the
thing exists and ForbiddenError where they see it but may not do this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Expression, Select, fn

from store import database, errors, in_force, trees
from store.models import Account, Completion, Group, Membership, User
from store.views import Actor
from store.views.account import AccountView, Beta, Plan, Viewer
from store.views.groups import GroupRights, Role

OPERATOR = Actor(user_id=None, name="operator")
IMPORT = Actor(user_id=None, name="import")
CALENDAR = Actor(user_id=None, name="calendar")
"""Who begins and ends what a roster gives from a day on, or until one."""
UNNAMED = (OPERATOR, IMPORT, CALENDAR)
"""Those in the audit log who are no people of the account."""
NO_ACCOUNT = AccountView(name="", plan=Plan.COMPLETE, beta=Beta.ON)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The actor as the database has them now."""

    user_id: int
    is_admin: bool
    is_operator: bool
    account: AccountView

    @property
    def rules_all(self) -> bool:
        """Whether no rule about groups or people narrows what they see: operators and admins.

        That Community groups are on at all is another question, see `require_community`.
        """
        return self.is_operator or self.is_admin


def of(actor: Actor) -> Permissions:
    """The actor's standing. Raises SignedOutError for somebody who is gone or was deactivated.

    Asked once in one view of the data, however many look-ups it serves; each change asks anew.
    """
    return database.once(actor, lambda: _standing(actor))


def _standing(actor: Actor) -> Permissions:
    account = account_row() or NO_ACCOUNT
    if actor.user_id is None:
        return Permissions(user_id=0, is_admin=False, is_operator=True, account=account)
    columns = (User.active, User.is_admin, User.admin_last_day)
    row = database.row(User.select(*columns).where(User.id == actor.user_id))
    if row is None or not row[0]:
        raise errors.SignedOutError("You are no longer active in this account. Ask one of its admins.")
    if actor.session_id is not None:
        _require_session(actor.session_id)
    is_admin = bool(row[1]) and in_force.is_still_admin(actor.user_id, row[2])
    return Permissions(user_id=actor.user_id, is_admin=is_admin, is_operator=False, account=account)


def _require_session(session_id: int) -> None:
    """Raises SignedOutError for a session over SSH that was ended, or whose key was revoked."""
    from store.models_access import SessionRow, SshKey  # noqa: PLC0415 - only over SSH

    query = SessionRow.select(SessionRow.ended_at, SessionRow.reason, SshKey.revoked_at).join(SshKey)
    row = database.row(query.where(SessionRow.id == session_id))
    if row is None or row[0] is not None:
        raise errors.SignedOutError(row[1] if row and row[1] else "Your session was ended.")
    if row[2] is not None:
        raise errors.SignedOutError("The key that you came in with was revoked.")


def account_row() -> AccountView | None:
    """The account, if there is one yet. Call inside a transaction."""
    row = database.row(Account.select(Account.name, Account.plan, Account.beta))
    if row is None:
        return None
    return AccountView(name=row[0], plan=Plan(row[1]), beta=Beta(row[2]))


# ------------------------------------------------------------- what is in sight


def _own_groups(who: Permissions, role: Role) -> Select:
    if not who.account.community_on:
        # Without the feature nobody has a place: no group, count or hint of one.
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
    return trees.within(_own_groups(who, Role.LEADER), name="led")


def groups_seen(who: Permissions) -> Select:
    """Ids of the groups whose existence the actor may know of: those led, and those mentored."""
    if who.rules_all:
        return Group.select(Group.id).where(Group.active)
    return Group.select(Group.id).where(
        Group.active, Group.id.in_(groups_led(who)) | Group.id.in_(_own_groups(who, Role.MENTOR))
    )


def groups_in_sight(who: Permissions) -> Any:
    """Select (id, name, parent id, whether it is a topmost one) of the groups in sight."""
    columns = (Group.id, Group.name, Group.parent, topmost(who))
    return Group.select(*columns).where(Group.id.in_(groups_seen(who)))


def topmost(who: Permissions) -> Any:
    """Condition on groups: the actor sees no group above this one."""
    return Group.parent.is_null() | Group.parent.not_in(groups_seen(who))


def follows(who: Permissions, membership: Any = Membership) -> Expression:
    """Condition on memberships: the actor may follow this person because of this place of theirs.

    A leader follows everybody in the subtree, a mentor only the members of that very group. Nobody
    follows themselves by way of a role: their own work is not offered to them here.
    """
    if who.rules_all:
        return in_force.membership(membership)
    led = membership.group.in_(groups_led(who))
    mentored = membership.group.in_(_own_groups(who, Role.MENTOR)) & (membership.role == Role.MEMBER)
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
    places: for look-ups that walk through very many people and stop early.
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
    )


def may_review(who: Permissions, user_id: int) -> bool:
    """Whether the actor may review the work of somebody whom they follow: nobody reviews their own."""
    return user_id != who.user_id


# ----------------------------------------------------------------------- checks


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
    led = groups_led(who)
    row = database.row(
        Group.select(Group.parent, Group.id.in_(led), Group.parent.in_(led)).where(
            Group.id == group_id, Group.id.in_(groups_seen(who))
        )
    )
    if row is None:
        raise errors.NotFoundError("No such group. It may have been deleted, or moved out of your sight.")
    return rights_of(who, leads=bool(row[1]), top_level=row[0] is None, leads_parent=bool(row[2]))


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
    if not who.rules_all and not groups_led(who).exists():
        raise errors.NotFoundError()


def require_top_level(who: Permissions) -> None:
    """Raises ForbiddenError for staff, who see groups, and NotFoundError for those who see none."""
    require_community(who)
    if who.rules_all:
        return
    if not groups_seen(who).exists():
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
    if who.rules_all:
        seen = User.select().where(User.id == user_id).exists()
    else:
        # Starting from this person's few places, and not from everybody that the actor follows.
        memberships = (
            Membership.select().join(User).where(Membership.user == user_id, User.active, follows(who))
        )
        seen = memberships.exists()
    if not seen:
        raise errors.NotFoundError("No such person. They may have left, or are out of your sight.")


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
    row = database.row(Completion.select(Completion.user).where(Completion.id == completion_id))
    try:
        require_reviews(who, row[0] if row else 0)
    except errors.NotFoundError:
        row = None
    if row is None:
        raise errors.NotFoundError("No such work. It may have been withdrawn.")
    return int(row[0])


# ---------------------------------------------------------------------- actions
#
# One check for each action on groups and memberships. Undoing an action asks the check of its reverse.


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
            "Nobody takes a group away from those above it. Ask a leader of the group it is in, or an admin."
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
        raise errors.NotFoundError("Somebody in the list cannot be added any more. Nobody was: search again.")


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
    their own place as leader of `group_id`.
    """
    own = _own_groups(who, Role.LEADER)
    if who.rules_all or not own.where(Membership.group == group_id).exists():
        return False
    still_led = trees.within(own.where(Membership.group != group_id), name="still")
    lost = Group.select().where(
        Group.id.in_(affected),
        Group.id.not_in(still_led),
        Group.id.not_in(_own_groups(who, Role.MENTOR)),
    )
    return lost.exists()
