"""What somebody sees by way of the groups whose names are in a filter line, and of those below them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from store import database, permissions, text
from store.models import Group
from store.permissions import Permissions
from store.permissions.reach import MANY_PATHS, Reach, below

TOP = "/"
"""What all paths begin with."""
_COLUMNS = (Group.id, Group.path, Group.name, Group.slug)


class _Named(NamedTuple):
    """A group with what it is called by."""

    id: int
    path: str
    name: str
    slug: str

    def is_called(self, names: Collection[str]) -> bool:
        """Whether one of these folded names is in its own."""
        folded = text.fold(self.name)
        return any(name in folded or name in self.slug for name in names)


def narrowed(who: Permissions, names: Collection[str]) -> Permissions:
    """The actor as one who reaches only groups whose names have one of these (folded) in them, and those
    below. Only groups in sight have names, and only through groups in sight does a way lead down.

    Call inside a transaction.
    """
    if who.astray:
        reach = _by_recursion(who, names)
    elif who.rules_all:
        topmost = Group.select(*_COLUMNS).where(Group.id.in_(permissions.topmost_ids(who)))
        reach = _reach(who, names, [_Named(*row) for row in database.rows(topmost)], {})
    else:
        reach = _of_staff(who, names)
    return replace(who, is_admin=False, is_operator=False, reach=reach)


def _of_staff(who: Permissions, names: Collection[str]) -> Reach:
    mentored = frozenset(who.reach.mentored)
    led = [last(path) for path in who.reach.led]
    query = Group.select(*_COLUMNS).where(Group.id.in_(database.numbers([*led, *mentored])))
    known = {row[0]: _Named(*row) for row in database.rows(query)}
    topmost = [known[group_id] for group_id in led]
    return _reach(who, names, topmost, {group_id: known[group_id] for group_id in mentored})


def _reach(
    who: Permissions, names: Collection[str], topmost: Iterable[_Named], mentored: dict[int, _Named]
) -> Reach:
    """What is reached of the outermost groups led, with all below them, and of those mentored."""

    def is_inside(group: _Named) -> bool:
        above = mentored.get(last(group.path[: -len(f"{group.id}/")]))
        return group.is_called(names) or (above is not None and is_inside(above))

    inside, outside = list[str](), list[str]()
    for group in topmost:
        (inside if is_inside(group) else outside).append(group.path)
    if who.rules_all and not outside:
        return Reach(who.user_id, (TOP,))
    found = outermost([*inside, *(_called_below(names, outside) if outside else ())])
    near = sorted(group_id for group_id, group in mentored.items() if is_inside(group))
    return Reach(who.user_id, found, tuple(near), who.reach.roles)


def _called_below(names: Collection[str], paths: Collection[str]) -> list[str]:
    """The paths of the groups called so that are below these, or somewhere where there are many of them."""
    maybe = reduce(or_, (_may_contain(column, name) for name in names for column in _COLUMNS[2:]))
    query = Group.select(*_COLUMNS).where(Group.path.is_null(False), maybe)
    if len(paths) <= MANY_PATHS:
        query = query.where(reduce(or_, (below(Group, path) for path in paths)))
    called = (_Named(*row) for row in database.rows(query))
    return [group.path for group in called if group.is_called(names) and group.path.startswith(tuple(paths))]


def _may_contain(column: Any, folded: str) -> Any:
    """Condition: a text column may have in it what somebody typed; `text.fold` says of each whether it has.

    Unlike `database.contains_folded` it has the database call nothing for each row.
    """
    here = database.engine()
    words = (here.lowered(column).contains(word) for word in folded.split())
    return reduce(and_, words) | ~here.is_plain(column)


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of these paths that are below no other one."""
    found: list[str] = []
    for path in sorted(paths):
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return tuple(found)


def last(path: str) -> int:
    """The id of the group that a path leads to; 0 for no path."""
    return int(path.strip("/").rpartition("/")[2] or 0)


def _by_recursion(who: Permissions, names: Collection[str]) -> Reach:
    """The same from the parents alone: where groups are astray paths do not tell."""
    columns = (*_COLUMNS, Group.parent)
    seen = database.rows(Group.select(*columns).where(Group.id.in_(permissions.groups_seen(who))))
    children: dict[int | None, list[int]] = defaultdict(list)
    for group_id, *_, parent in seen:
        children[parent].append(group_id)
    ahead = [row[0] for row in seen if _Named(*row[:4]).is_called(names)]
    inside: set[int] = set()
    while ahead:
        group_id = ahead.pop()
        if group_id not in inside:
            inside.add(group_id)
            ahead += children[group_id]
    mentored = inside.intersection(who.reach.mentored)
    return Reach(who.user_id, (), tuple(sorted(mentored)), who.reach.roles, frozenset[Any](inside - mentored))
