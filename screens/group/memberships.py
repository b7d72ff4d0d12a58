"""What can be done with a person in a group: open the profile, change the role, remove them."""

from __future__ import annotations

from typing import Any

from textual import work

from screens.base import MusterScreen
from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import MemberPlace
from screens.store_access import StoreAccess
from store import members
from store.errors import MusterError
from store.text import clean_line
from store.views.arranging import GroupDetail
from store.views.groups import GroupRights, Role
from store.views.people import MemberRow

MEANS = {
    Role.MEMBER: "Mentors and leaders of the group follow its members. Members follow nobody.",
    Role.MENTOR: "A mentor follows the members of this group and reviews their work.",
    Role.LEADER: (
        "A leader follows everybody in this group and its subgroups, reviews their work, "
        "and manages people and groups here."
    ),
}
GIVES_UP = {
    Role.MEMBER: (
        "This is your only access: you will no longer see this group or its subgroups. "
        "Somebody else would have to let you back in."
    ),
    Role.MENTOR: (
        "This is your only access to the subgroups: you will no longer see them. "
        "Somebody else would have to let you back in."
    ),
}
OWN_WORK = "You cannot review your own work. Other mentors and leaders do."
NOT_FOLLOWED = "Mentors follow the members of a group, not its mentors and leaders."


def role_items(member: MemberRow) -> list[MenuItem]:
    """The three roles, the present one marked."""
    return [MenuItem(role, role.capitalize(), now=role is member.role) for role in Role]


def member_items(member: MemberRow, rights: GroupRights, closed: str) -> list[MenuItem]:
    """The menu of a person in a group. `closed` says why their profile is not offered; empty where it is."""
    items = [MenuItem("profile", "Open profile", refused=closed)]
    if member.waiting and member.may_open:
        items.append(MenuItem("review", f"Review ● {member.waiting:,}", "r"))
    if rights.change_roles:
        others = [role for role in (Role.MENTOR, Role.LEADER) if role is not member.role]
        items += [MenuItem(role, f"Make {role}") for role in others]
    if rights.remove_members:
        refused = f"Make this {member.role} a member first, then remove them:" if member.role.is_staff else ""
        items.append(MenuItem("remove", "Remove from group…", refused=refused))
    if rights.change_roles and member.role.is_staff:
        items.append(MenuItem(Role.MEMBER, "Make member"))
    return items


def open_member(screen: StoreAccess, group_id: int, member: MemberRow, tab: str = "activity") -> None:
    """Show a person's profile, or say why it is not offered."""
    if closed := why_closed(screen, member):
        screen.say(closed)
    else:
        screen.go(MemberPlace(member.user_id, tab, group_id))


def why_closed(screen: StoreAccess, member: MemberRow) -> str:
    """Why the viewer may not open this person's profile; empty where they may."""
    if member.may_open:
        return ""
    return OWN_WORK if member.user_id == screen.actor.user_id else NOT_FOLLOWED


@work(exit_on_error=False)
async def member_menu(screen: MusterScreen[Any], group: GroupDetail, member: MemberRow) -> None:
    """Show everything that can be done with a person in this group."""
    chosen = await screen.ask(
        Menu(member.name, member_items(member, group.rights, why_closed(screen, member)))
    )
    if chosen == "profile":
        open_member(screen, group.id, member)
    elif chosen == "review":
        open_member(screen, group.id, member, "review")
    elif chosen == "remove":
        remove_member(screen, group, member)
    elif chosen is not None:
        change_role(screen, group, member, Role(chosen))


@work(exit_on_error=False)
async def role_menu(screen: MusterScreen[Any], group: GroupDetail, member: MemberRow) -> None:
    """Ask for a person's role in this group, and change it."""
    chosen = await screen.ask(Menu(f"Role of {clean_line(member.name)}", role_items(member)))
    if chosen is not None and chosen != member.role:
        change_role(screen, group, member, Role(chosen))


def change_role(screen: MusterScreen[Any], group: GroupDetail, member: MemberRow, to: Role) -> None:
    """Change a person's role, after a question that says what the viewer gives up by it."""

    def ask(gives_up: bool) -> None:
        _ask_to_change_role(screen, group, member, to, gives_up=gives_up)

    screen.read(
        lambda: members.gives_up_access(screen.actor, member.membership_id, to),
        ask,
        group="ask",
        opens=True,
        failed=lambda error: changed_meanwhile(screen, error),
    )


@work(exit_on_error=False)
async def _ask_to_change_role(
    screen: MusterScreen[Any], group: GroupDetail, member: MemberRow, to: Role, *, gives_up: bool
) -> None:
    name = clean_line(member.name)
    text = f"{MEANS[to]}\n\n{GIVES_UP[to]}" if gives_up else MEANS[to]
    title = f"Make {name} a {to} of {clean_line(group.name)}?"
    question = Confirm(title, text, f"Make {to}", destroys=gives_up)
    # Who gave up the role of a leader may not be able to take it back.
    is_own = member.user_id == screen.actor.user_id and not screen.host.viewer.is_admin
    say = screen.say if is_own else screen.say_done
    if await screen.ask(question):
        screen.write(
            lambda: members.change_role(screen.actor, member.membership_id, member.role, to),
            lambda _: say(f"{name} is now a {to}."),
            failed=lambda error: changed_meanwhile(screen, error),
        )


@work(exit_on_error=False)
async def remove_member(screen: MusterScreen[Any], group: GroupDetail, member: MemberRow) -> None:
    """Remove a member from the group, after a question."""
    name, in_group = clean_line(member.name), clean_line(group.name)
    text = "They stay in the account, with all their work and its reviews."
    question = Confirm(f"Remove {name} from {in_group}?", text, "Remove from group", destroys=True)
    if await screen.ask(question):
        screen.write(
            lambda: members.remove(screen.actor, member.membership_id),
            lambda _: screen.say_done(f"{name} was removed from {in_group}."),
            failed=lambda error: changed_meanwhile(screen, error),
        )


def changed_meanwhile(screen: MusterScreen[Any], error: MusterError) -> None:
    """Say what was refused, and read the present state."""
    screen.show_error(error)
    screen.action_reload()
