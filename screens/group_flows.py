"""What one does to a group in a list of groups: the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.group_dialogs import GroupDialogs, may_manage
from store.views import GroupRow


class GroupFlows(GroupDialogs):
    """Mixed into a screen with a list of groups."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n",
            "new_group",
            "New group",
            id="groups.new",
            tooltip="Make a group, below the one under the cursor or elsewhere",
        ),
        Binding(
            "a",
            "add_members",
            "Add members",
            id="groups.add",
            tooltip="Add people to the group under the cursor",
        ),
        Binding(
            "m",
            "manage",
            "Manage",
            id="groups.manage",
            tooltip="Name, place and end of the group under the cursor",
        ),
    ]
    OFFERED: ClassVar[tuple[str, ...]] = ("add_members", "manage")
    """Actions that depend on what is under the cursor."""

    _offered: tuple[object, ...] = ()

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

    def offer(self) -> None:
        """Say in the bottom line what fits what is under the cursor, if that is something else now."""
        offered = tuple(self.check_action(action, ()) for action in self.OFFERED)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

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
