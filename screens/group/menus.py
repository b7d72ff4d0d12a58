"""What can be done with a group: its menu, and the dialogs that the menu leads to."""

# ruff: noqa: PLC0415 - dialogs cost nothing until one is opened

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual import work

from screens.dialogs.ask import Menu, MenuItem
from screens.places import GroupPlace
from screens.store_access import StoreAccess
from store.text import clean_line
from store.views.groups import GroupRights, GroupRow


def may_manage(rights: GroupRights) -> bool:
    """Whether there is anything to do in the dialog that manages a group."""
    return rights.edit or rights.move or rights.to_top_level or rights.delete


def group_items(rights: GroupRights) -> list[MenuItem]:
    """The lines of a group's menu that its rights allow. Their keys are names of actions."""
    offered = (
        (rights.add_members, MenuItem("add_members", "Add members", "a")),
        (rights.create_subgroup, MenuItem("new_group", "New subgroup")),
        (may_manage(rights), MenuItem("manage", "Manage…", "m")),
    )
    return [item for may, item in offered if may]


@work(exit_on_error=False)
async def add_members(screen: StoreAccess, group_id: int, name: str) -> None:
    """Search for people and add them to a group."""
    from screens.group.add_members import AddMembers

    await screen.ask(AddMembers(group_id, name))


class GroupMenus:
    """Owned by a screen with groups: opens their menus and dialogs, and tells the screen what changed."""

    def __init__(
        self,
        screen: StoreAccess,
        *,
        made: Callable[[int, tuple[int, ...]], None],
        changed: Callable[[int], None] = lambda group_id: None,
    ) -> None:
        """`made` gets the id of a new group and those of the groups above it, from the top; `changed` gets
        the id of a group that was edited or moved.
        """
        self._screen = screen
        self._made = made
        self._changed = changed

    def show(self, group: GroupRow) -> None:
        """Show the menu of a group in a list."""
        self._run(self._menu(group))

    def manage(self, group_id: int) -> None:
        """Edit, move or delete a group."""
        self._run(self._manage(group_id))

    def make(self, parent: int | None) -> None:
        """Make a group under `parent` (None: at the top level), unless another place is chosen."""
        self._run(self._make(parent))

    def _run(self, flow: Coroutine[Any, Any, None]) -> None:
        self._screen.run_worker(flow, exit_on_error=False)

    async def _menu(self, group: GroupRow) -> None:
        items = [MenuItem("open", "Open", "⏎"), *group_items(group.rights)]
        match await self._screen.ask(Menu(group.name, items)):
            case "open":
                self._screen.go(GroupPlace(group.id))
            case "add_members":
                add_members(self._screen, group.id, group.name)
            case "new_group":
                await self._make(group.id)
            case "manage":
                await self._manage(group.id)

    async def _manage(self, group_id: int) -> None:
        from screens.group.manage import ManageGroup

        if await self._screen.ask(ManageGroup(group_id)) is not None:
            self._changed(group_id)

    async def _make(self, parent: int | None) -> None:
        from screens.group.new_group import NewGroup, next_steps

        made = await self._screen.ask(NewGroup(parent))
        if made is None:
            return
        self._made(made.group_id, made.above)
        match await self._screen.ask(next_steps(made)):
            case "add":
                add_members(self._screen, made.group_id, made.name)
            case "open":
                self._screen.go(GroupPlace(made.group_id))
            case _:
                self._screen.say_done(f"{clean_line(made.name)} was created.")
