"""Groups as a tree: "the groups in this subtree" as one fragment that other queries join on.

A recursive look-up over `parent_id` today; whatever takes its place only has to give the same
two columns. UNION rather than UNION ALL, so that a circle in broken data ends instead of looping.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import CTE, Case, Select

from store import database
from store.models import Group
from store.views.groups import GroupName


def subtree(roots: Any, *, name: str = "subtree", among: Any = None) -> CTE:
    """Pairs (root_id, group_id): each group of `roots` with everything below it and itself.

    `roots` is a collection of group ids or a select of them. With `among` (a select of group ids)
    the way down never leads through a group that is not one of those. Use with `.with_cte()`.
    """
    base = (
        Group.select(Group.id, Group.id)
        .where(Group.id.in_(roots), Group.active)
        .cte(name, recursive=True, columns=("root_id", "group_id"))
    )
    child = Group.alias("child")
    below = child.select(base.c.root_id, child.id).join(base, on=(child.parent == base.c.group_id))
    # A condition on the table alone makes SQLite, once it has statistics, build a Bloom filter
    # over all groups at each look-up; one that also names the tree does not.
    below = below.where(Case(None, ((base.c.group_id.is_null(False), child.active),)))
    return base.union(below if among is None else below.where(child.id.in_(among)))


def within(roots: Any, *, name: str = "subtree", among: Any = None) -> Select:
    """The ids of all groups at or below `roots`, as a select that stands alone; `among` as in `subtree`."""
    tree = subtree(roots, name=name, among=among)
    return Select([tree], [tree.c.group_id]).with_cte(tree).bind(database.db)


def ancestors(groups: Any, *, name: str = "ancestors") -> CTE:
    """Pairs (group_id, ancestor_id): each group of `groups` with everything above it and itself.

    One more pair with a NULL ancestor stands for what is above the top: join on it, never negate it.
    """
    base = (
        Group.select(Group.id, Group.id)
        .where(Group.id.in_(groups))
        .cte(name, recursive=True, columns=("group_id", "ancestor_id"))
    )
    here = Group.alias("here")
    above = here.select(base.c.group_id, here.parent).join(base, on=(here.id == base.c.ancestor_id))
    # Tested on the tree's own column, against the same Bloom filter as in `subtree`.
    return base.union(above.where(base.c.ancestor_id.is_null(False)))


def paths(group_ids: Iterable[int], seen: Any = None) -> dict[int, tuple[GroupName, ...]]:
    """For each group, its path from the top down to itself, in one query.

    With `seen` (a select of group ids) a path starts at the topmost group among those: names
    further up are not the viewer's to know.
    """
    wanted = list(group_ids)
    if not wanted:
        return {}
    up = ancestors(wanted)
    query = (
        Group.select(Group.id, Group.name, Group.parent)
        .distinct()
        .join(up, on=(Group.id == up.c.ancestor_id))
    )
    if seen is not None:
        query = query.where(Group.id.in_(seen))
    rows = {row[0]: row for row in database.rows(query.with_cte(up))}
    return {group_id: climb(group_id, rows) for group_id in wanted if group_id in rows}


def climb(group_id: int, rows: dict[int, tuple[Any, ...]]) -> tuple[GroupName, ...]:
    """The path down to a group among `rows` of (id, name, parent id, …), as far up as they reach."""
    path: dict[int, GroupName] = {}
    here: int | None = group_id
    # A circle in broken data would climb for ever: stop where the path meets itself.
    while here is not None and here in rows and here not in path:
        row = rows[here]
        path[here] = GroupName(id=row[0], name=row[1])
        here = row[2]
    return tuple(reversed(path.values()))
