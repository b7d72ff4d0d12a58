"""The tab with the tree of groups: which are open, and which one the cursor goes to."""

from __future__ import annotations

from typing import Any

from screens.base import MusterScreen
from screens.widgets.group_tree import GroupTree
from store import group_tree, groups
from store.views.arranging import GroupDetail
from store.views.groups import GroupRow


class GroupsTab:
    """Owned by Community: reads the tree, opens and closes groups, and keeps the cursor on the right one."""

    def __init__(self, screen: MusterScreen[Any]) -> None:
        self._screen = screen
        self.typed = ""
        """The filter that the tree is read with."""

    @property
    def tree(self) -> GroupTree:
        """The list."""
        return self._screen.query_one(GroupTree)

    @property
    def group(self) -> GroupRow | None:
        """The group under the cursor."""
        return self.tree.group

    @property
    def opened(self) -> frozenset[int]:
        """The groups that are open; kept while the program runs."""
        return self._screen.host.opened_groups or frozenset()

    def fetch(self, typed: str) -> tuple[GroupRow, ...]:
        """Read the tree for a filter. Runs in a worker."""
        opened = self._screen.host.opened_groups
        tree = group_tree.tree(self._screen.actor, opened or (), typed)
        if opened is None and not typed and len(tree) == 1:
            # A single group at the top says little: it is opened the first time.
            tree = group_tree.tree(self._screen.actor, [tree[0].id])
        return tree

    def show(self, tree: tuple[GroupRow, ...], typed: str) -> None:
        """Show a tree that was read with this filter."""
        if self._screen.host.opened_groups is None and not typed:
            self._screen.host.opened_groups = frozenset(row.parent_id for row in tree if row.parent_id)
        self.tree.show(tree, self.opened, typed)

    def filter(self, typed: str) -> None:
        """Read what matches. When the filter goes, the group under the cursor stays in sight."""
        if self.typed and not typed and self.group is not None:
            self._reveal(self.group.id, self.tree.above(self.group.id))
        self.typed = typed
        self._screen.reload_list(self.tree)

    def reveal(self, group_id: int, above: tuple[int, ...]) -> None:
        """Open the groups above one, and put the cursor on it once they were read."""
        self._reveal(group_id, above)
        self._screen.reload_list(self.tree)

    def _reveal(self, group_id: int, above: tuple[int, ...]) -> None:
        self._screen.host.opened_groups = self.opened.union(above)
        self.tree.aim(group_id)

    def follow(self, group_id: int) -> None:
        """Keep a group that was changed in sight, wherever it is now."""

        def found(detail: GroupDetail) -> None:
            self.reveal(group_id, tuple(step.id for step in detail.path[:-1]))

        self._screen.read(
            lambda: groups.detail(self._screen.actor, group_id), found, group="follow", opens=True
        )

    def toggle(self, group_id: int, *, expand: bool) -> None:
        """Open a group, or close it."""
        self._open(self.opened | {group_id} if expand else self.opened - {group_id})

    def expand_all(self) -> None:
        """Open every group."""
        if self.tree.filtered:
            self.tree.fold_found(close=False)
        else:
            self._screen.read(
                lambda: group_tree.tree(self._screen.actor, None),
                lambda found: self._open(frozenset(row.id for row in found if row.has_subgroups)),
                group="expand",
                opens=True,
            )

    def collapse_all(self) -> None:
        """Close every group; the cursor goes to the top-level group that it was in."""
        tree = self.tree
        above = tree.above(self.group.id) if self.group else ()
        tree.aim(above[-1] if above else None)
        if tree.filtered:
            tree.fold_found(close=True)
        else:
            self._open(frozenset())

    def _open(self, opened: frozenset[int]) -> None:
        self._screen.host.opened_groups = opened
        self._screen.reload_list(self.tree)
