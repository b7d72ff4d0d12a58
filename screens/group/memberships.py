"""What one does with a person in a group: open them, give them a role, remove them, each asked first."""

from __future__ import annotations

from textual import work

from screens.dialogs.ask import Confirm, Menu, MenuItem
from screens.places import MemberPlace
from screens.store_access import StoreAccess
from store import members
from store.errors import MusterError
from store.text import clean_line
from store.views.groups import GroupRights, Role
from store.views.people import MemberRow

MEANS = {
    Role.MEMBER: "Members are followed here by the mentors and leaders, and follow nobody themselves.",
    Role.MENTOR: "A mentor follows the members of this group and reviews their work.",
    Role.LEADER: (
        "A leader follows everybody in this group and in the groups below it, reviews their work, "
        "and arranges people and groups here."
    ),
}
GIVES_UP = {
    Role.MEMBER: (
        "This is your own last way in: afterwards you do not see this group any more, nor what is below it. "
        "Somebody else would have to let you in again."
    ),
    Role.MENTOR: (
        "This is your own last way into the groups below this one: afterwards you do not see them any more. "
        "Somebody else would have to let you in again."
    ),
}
OWN_WORK = "Your own work is not shown here: other mentors and leaders follow it."
NOT_FOLLOWED = "A mentor follows the members of a group, not its mentors and leaders."


def role_items(member: MemberRow) -> list[MenuItem]:
    """The three roles, the present one marked."""
    return [MenuItem(role, role.capitalize(), now=role is member.role) for role in Role]


def member_items(member: MemberRow, rights: GroupRights, shut: str) -> list[MenuItem]:
    """The menu of a person in a group. `shut` says why their profile is not offered, where it is not."""
    items = [MenuItem("profile", "Open profile", refused=shut)]
    if member.waiting and member.may_open:
        items.append(MenuItem("review", f"Review ● {member.waiting:,}", "r"))
    if rights.change_roles:
        others = [role for role in (Role.MENTOR, Role.LEADER) if role is not member.role]
        items += [MenuItem(role, f"Make {role}") for role in others]
    if rights.remove_members:
        refused = f"A {member.role} is made a member first, then removed:" if member.role.is_staff else ""
        items.append(MenuItem("remove", "Remove from group…", refused=refused))
    if rights.change_roles and member.role.is_staff:
        items.append(MenuItem(Role.MEMBER, "Make member"))
    return items


class MemberFlows(StoreAccess):
    """Mixed into the screen of a group."""

    group_id: int

    @property
    def group_name(self) -> str:
        """What the group is called."""
        raise NotImplementedError

    @property
    def rights(self) -> GroupRights:
        """What the viewer may do to the group, as of the last look."""
        raise NotImplementedError

    def action_reload(self) -> None:
        """Read again what is on screen."""
        raise NotImplementedError

    def open_member(self, member: MemberRow, tab: str = "activity") -> None:
        """Show somebody's profile, or say why it is not offered."""
        if shut := self._why_shut(member):
            self.say(shut)
        else:
            self.go(MemberPlace(member.user_id, tab, self.group_id))

    def _why_shut(self, member: MemberRow) -> str:
        if member.may_open:
            return ""
        return OWN_WORK if member.user_id == self.actor.user_id else NOT_FOLLOWED

    @work(exit_on_error=False)
    async def member_menu(self, member: MemberRow) -> None:
        """Everything that can be done with somebody."""
        items = member_items(member, self.rights, self._why_shut(member))
        chosen = await self.ask(Menu(member.name, items))
        if chosen == "profile":
            self.open_member(member)
        elif chosen == "review":
            self.open_member(member, "review")
        elif chosen == "remove":
            self.remove_member(member)
        elif chosen is not None:
            self.change_role(member, Role(chosen))

    @work(exit_on_error=False)
    async def role_menu(self, member: MemberRow) -> None:
        """Choose a role for somebody."""
        title = f"Role of {clean_line(member.name)}"
        chosen = await self.ask(Menu(title, role_items(member)))
        if chosen is not None and chosen != member.role:
            self.change_role(member, Role(chosen))

    def change_role(self, member: MemberRow, to: Role) -> None:
        """Give somebody another role, once it is known what the viewer gives up by it."""
        self.read(
            lambda: members.gives_up_access(self.actor, member.membership_id, to),
            lambda gives_up: self._confirm_role(member, to, gives_up),
            group="ask",
            opens=True,
            failed=self.changed_meanwhile,
        )

    def _confirm_role(self, member: MemberRow, to: Role, gives_up: bool) -> None:
        self._change_role(member, to, f"{MEANS[to]}\n\n{GIVES_UP[to]}" if gives_up else MEANS[to])

    @work(exit_on_error=False)
    async def _change_role(self, member: MemberRow, to: Role, text: str) -> None:
        name = clean_line(member.name)
        question = Confirm(f"Make {name} a {to} of {clean_line(self.group_name)}?", text, f"Make {to}")
        # Who gave up the role of a leader may not be able to give it back to themselves.
        is_own = member.user_id == self.actor.user_id and not self.host.viewer.is_admin
        say = self.say if is_own else self.say_done
        if await self.ask(question):
            self.write(
                lambda: members.change_role(self.actor, member.membership_id, member.role, to),
                lambda _: say(f"{name} is a {to} now."),
                failed=self.changed_meanwhile,
            )

    @work(exit_on_error=False)
    async def remove_member(self, member: MemberRow) -> None:
        """Take a member out of the group."""
        name, group = clean_line(member.name), clean_line(self.group_name)
        text = "They stay in the account, with all their work and its reviews."
        question = Confirm(f"Remove {name} from {group}?", text, "Remove from group", destroys=True)
        if await self.ask(question):
            self.write(
                lambda: members.remove(self.actor, member.membership_id),
                lambda _: self.say_done(f"{name} was removed from {group}."),
                failed=self.changed_meanwhile,
            )

    def changed_meanwhile(self, error: MusterError) -> None:
        """Say what was refused, and show how things stand now."""
        self.show_error(error)
        self.action_reload()
