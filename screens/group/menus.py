"""What can be done with a group, as a menu and as the dialogs that it leads to."""

# ruff: noqa: PLC0415 - dialogs cost nothing until one is opened

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from screens.dialogs.ask import Menu, MenuItem
from screens.places import GroupPlace
from screens.store_access import StoreAccess
from screens.widgets.keys import key
from store.text import clean_line
from store.views.groups import GroupRights, GroupRow


def may_manage(rights: GroupRights) -> bool:
    """Whether there is anything to do in the dialog that manages a group."""
    return rights.edit or rights.move or rights.to_top_level or rights.delete


def group_items(rights: GroupRights) -> list[MenuItem]:
    """The menu of a group: what its rights allow. The keys are names of actions."""
    offered = (
        (rights.add_members, MenuItem("add_members", "Add members", "a")),
        (rights.create_subgroup, MenuItem("new_group", "New group below", "n")),
        (may_manage(rights), MenuItem("manage", "Manage…", "m")),
    )
    return [item for may, item in offered if may]


class GroupDialogs(StoreAccess):
    """Mixed into screens on which groups are arranged."""

    def group_made(self, group_id: int, above: tuple[int, ...]) -> None:
        """There is a new group; `above` are the ids of the groups above it, from the top."""

    def group_deleted(self, group_id: int) -> None:
        """A group is gone by one's own hand; nothing on screen has looked for it yet."""

    def group_changed(self, group_id: int) -> None:
        """The group that was managed is another one now, or elsewhere."""

    @work(exit_on_error=False)
    async def group_menu(self, group: GroupRow) -> None:
        """The "…" menu of a group in a list."""
        items = [MenuItem("open", "Open", "⏎"), *group_items(group.rights)]
        match await self.ask(Menu(group.name, items)):
            case "open":
                self.go(GroupPlace(group.id))
            case "add_members":
                self.add_people(group.id, group.name)
            case "new_group":
                self.make_group(group.id)
            case "manage":
                self.manage_group(group.id)

    @work(exit_on_error=False)
    async def add_people(self, group_id: int, name: str) -> None:
        """Find people and give them a place in a group."""
        from screens.group.add_members import AddMembers

        await self.ask(AddMembers(group_id, name))

    @work(exit_on_error=False)
    async def manage_group(self, group_id: int) -> None:
        """Edit, nest or delete a group."""
        from screens.group.manage import ManageGroup

        what = await self.ask(ManageGroup(group_id, self.group_deleted))
        if what is not None:
            self.group_changed(group_id)

    @work(exit_on_error=False)
    async def make_group(self, parent: int | None) -> None:
        """Make a group, under `parent` unless another place is chosen, and offer the next step."""
        from screens.group.new_group import NewGroup, next_steps

        made = await self.ask(NewGroup(parent))
        if made is None:
            return
        self.group_made(made.group_id, made.above)
        match await self.ask(next_steps(made)):
            case "add":
                self.add_people(made.group_id, made.name)
            case "open":
                self.go(GroupPlace(made.group_id))
            case _:
                self.say_done(f"{clean_line(made.name)} was made.")


class GroupFlows(GroupDialogs):
    """Mixed into a screen with a list of groups."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "groups.new",
            "n",
            "new_group",
            "New group",
            "Make a group, below the one under the cursor or elsewhere",
            show=True,
        ),
        key(
            "groups.add",
            "a",
            "add_members",
            "Add people",
            "Add people to the group under the cursor; to the account where people are listed",
            show=True,
        ),
        key(
            "groups.manage",
            "m",
            "manage",
            "Manage",
            "Edit, nest or delete the group under the cursor; edit or deactivate the person",
            show=True,
        ),
    ]
    OF_ONE: ClassVar[tuple[str, ...]] = ("add_members", "manage")
    """Actions that depend on what is under the cursor."""

    @property
    def lists_groups(self) -> bool:
        """Whether the list of groups is what is on screen."""
        raise NotImplementedError

    @property
    def group(self) -> GroupRow | None:
        """The group under the cursor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the viewer may ever do, and grey what they may not do to this group."""
        if action not in ("new_group", "add_members", "manage"):
            return super().check_action(action, parameters)
        if not (self.lists_groups and self.host.viewer.may_create_groups):
            return False
        if action == "new_group":
            return True
        group = self.group
        if group is None:
            return None
        return (may_manage(group.rights) if action == "manage" else group.rights.add_members) or None

    def action_new_group(self) -> None:
        """Make a group, below the one under the cursor unless another place is chosen."""
        group = self.group
        self.make_group(group.id if group is not None and group.rights.create_subgroup else None)

    def action_add_members(self) -> None:
        """Add people to the group under the cursor."""
        if self.group is not None:
            self.add_people(self.group.id, self.group.name)

    def action_manage(self) -> None:
        """Edit, nest or delete the group under the cursor."""
        if self.group is not None:
            self.manage_group(self.group.id)
