"""Groups in sight, found by words that their paths have: the best fit first, else by path.

Where few are in sight all are read. Of very many those are read in whose own names the words are, by the
index of names, and what is below these as far as it is asked for; by initials nothing is looked for there.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from types import SimpleNamespace
from typing import Any, NamedTuple

from peewee import fn

from store import database, permissions, text, trees
from store.models import Group
from store.permissions import Permissions
from store.permissions.reach import below
from store.prepared import Prepared
from store.search import COMMON, begins, matches, rank, splits, starts, words
from store.views import Actor
from store.views.arranging import GroupOption
from store.views.groups import GroupName

FEW = 1_000
"""Up to so many groups in sight are all read."""
POOL = 30
"""Read of very many that match, to choose the best from."""
MOST = 100
"""Found at most, where not all are read."""
BETWEEN = " › "


class Sight(NamedTuple):
    """Whose sight the groups are in; one, of this path, and those below it are left out."""

    who: Permissions
    but: str = ""


def find_groups(actor: Actor, typed: str, limit: int | None = 20) -> tuple[GroupOption, ...]:
    """Groups in sight whose path has what was typed, by path; all of them without a limit."""
    with database.reading():
        who = permissions.of(actor)
        if not who.account.community_on:
            return ()
        if limit is None or reads_all(who):
            return paths_matching(_all_seen(who), typed)[:limit]
        return by_path(among_many(Sight(who), typed, limit))


def best_groups(actor: Actor, typed: str, limit: int = 20) -> tuple[GroupOption, ...]:
    """Groups in sight whose path has what was typed, to jump to: the best fit first, else by path."""
    with database.reading():
        who = permissions.of(actor)
        if not who.account.community_on:
            return ()
        return tuple(
            _among_all(who, typed, limit) if reads_all(who) else among_many(Sight(who), typed, limit)
        )


def paths(actor: Actor, group_ids: Iterable[int]) -> dict[int, tuple[GroupName, ...]]:
    """The paths of those of these groups that are in sight, each from the topmost one in sight down."""
    with database.reading():
        who = permissions.of(actor)
        return permissions.paths_seen(who, group_ids) if who.account.community_on else {}


def by_path(options: Iterable[GroupOption]) -> tuple[GroupOption, ...]:
    """The same by their paths."""
    return tuple(sorted(options, key=_by_folded_path))


def _by_folded_path(option: GroupOption) -> tuple[str, int]:
    return BETWEEN.join(text.fold(step.name) for step in option.path), option.id


# ------------------------------------------------------------------- among all of a few


def reads_all(who: Permissions) -> bool:
    """Whether so few groups are in sight that all are read. Call inside a transaction."""
    some = Group.select(Group.id).where(permissions.is_seen(who)).limit(FEW + 1).alias("some")
    return who.astray or Group.select(fn.COUNT(some.c.id)).from_(some).scalar() <= FEW


def _all_seen(who: Permissions) -> list[tuple[Any, ...]]:
    return database.rows(Group.select(Group.id, Group.name, Group.parent).where(permissions.is_seen(who)))


def _among_all(who: Permissions, typed: str, limit: int) -> list[GroupOption]:
    wanted = words(typed)
    may_be_initials = bool(splits(wanted))
    found = [
        (fit, folded, group_id, path)
        for group_id, (folded, path) in _all_paths({row[0]: row for row in _all_seen(who)}).items()
        if (may_be_initials or all(word in folded for word in wanted))
        and (fit := rank(wanted, text.fold(path[-1].name), folded)) is not None
    ]
    best = heapq.nsmallest(limit, found, key=lambda one: one[:3])
    return [GroupOption(id=group_id, path=path, fit=fit) for fit, _, group_id, path in best]


def paths_matching(rows: list[tuple[Any, ...]], typed: str) -> tuple[GroupOption, ...]:
    """Of rows that begin with id, name and parent id: those whose path has each word typed, by path."""
    typed_words = text.fold(typed).split()
    found = [
        (folded, group_id, path)
        for group_id, (folded, path) in _all_paths({row[0]: row for row in rows}).items()
        if all(word in folded for word in typed_words)
    ]
    return tuple(GroupOption(id=group_id, path=path) for _, group_id, path in sorted(found, key=_by_path))


def _by_path(found: tuple[str, int, Any]) -> tuple[str, int]:
    return found[:2]


def _all_paths(known: dict[int, tuple[Any, ...]]) -> dict[int, tuple[str, tuple[GroupName, ...]]]:
    """The path of each group, folded and as it is: that of the group above it, and its own name."""
    paths: dict[int, tuple[str, tuple[GroupName, ...]]] = {}
    for group_id in known:
        way: list[int] = []
        here: int | None = group_id
        while here is not None and here in known and here not in paths and here not in way:
            way.append(here)
            here = known[here][2]
        if here in way:
            # A circle in broken data: each of its groups has a beginning of its own.
            for each in way:
                path = trees.climb(each, known)
                paths[each] = BETWEEN.join(text.fold(step.name) for step in path), path
            continue
        folded, path = paths.get(here, ("", ())) if here is not None else ("", ())
        for each in reversed(way):
            name = known[each][1]
            folded = f"{folded}{BETWEEN}{text.fold(name)}" if path else text.fold(name)
            path = (*path, GroupName(id=each, name=name))
            paths[each] = folded, path
    return paths


# ---------------------------------------------------------------------- among very many

Paths = dict[int, str]
"""The paths of groups, by their ids."""


class _Found(NamedTuple):
    """A group that fits; they sort as they are told. `way` leads to it from the topmost group in sight."""

    fit: int
    folded: str
    id: int
    path: str
    way: tuple[int, ...]


def among_many(sight: Sight, typed: str, limit: int = MOST) -> list[GroupOption]:
    """Groups whose path has what was typed, where very many are in sight: the best fit first, else by path.

    Call inside a transaction.
    """
    limit = min(limit, MOST)
    wanted = words(typed)
    hits = _hits(sight, typed, wanted) if wanted else _topmost(sight, limit)
    names = _names_on(sight, hits)
    fitting = list(_fitting(sight, wanted, hits, names))
    found = _with_those_below(sight, wanted, fitting, names, limit)
    return [
        GroupOption(one.id, tuple(GroupName(step, names[step][0]) for step in one.way), one.fit)
        for one in found
    ]


def _topmost(sight: Sight, limit: int) -> Paths:
    """The first of the groups in sight above which there is none."""
    top = Group.id.in_(permissions.topmost_ids(sight.who))
    tops = Group.select(Group.id, Group.path).where(top, seen(sight))
    return dict(database.rows(tops.order_by(Group.search, Group.id).limit(limit)))


def _hits(sight: Sight, typed: str, wanted: list[str]) -> Paths:
    """Groups without which nothing fits: all words are in their names, or the last one that lacks above."""
    found: Paths = {}
    by_word: dict[str, Paths] = {}
    # Long words are in few names, and where one is in none nothing fits. The sign between names is in none.
    for word in sorted(set(wanted) - {BETWEEN.strip()}, key=_longest_first) if len(wanted) > 1 else ():
        by_word[word] = _called(sight, Group.search.contains(word))
        if not by_word[word]:
            return {}
    rare = [some for some in by_word.values() if len(some) < POOL]
    common = [word for word, some in by_word.items() if len(some) == POOL]
    if not rare:
        found |= _called_all(sight, typed, wanted)
    for some in rare:
        found |= some
    if by_word and common and len(found) < POOL:
        rarest = min(by_word, key=lambda word: len(by_word[word]))
        found |= _below(sight, by_word[rarest], common)
    return found


def _longest_first(word: str) -> tuple[int, str]:
    return -len(word), word


def _called_all(sight: Sight, typed: str, wanted: list[str]) -> Paths:
    """Groups in whose own names all words are."""
    found = _called(sight, matches(typed, Group.search))
    if len(found) == POOL:
        # Many match: those of whom a name begins so may be further on.
        found |= _called(sight, starts(" ".join(wanted), Group.search))
        if len(typed) > COMMON:
            found |= _called(sight, begins(typed, Group.search))
    return found


def _called(sight: Sight, condition: Any) -> Paths:
    """The first groups in sight, by their own names, of which something is so."""
    query = Group.select(Group.id, Group.path).where(condition, seen(sight))
    return dict(database.rows(query.order_by(Group.search, Group.path).limit(POOL)))


def _below(sight: Sight, tops: Iterable[int], some: Sequence[str]) -> Paths:
    """Some groups at or below these with one of some words in their names."""
    top, here = Group.alias("top"), Group.alias("here")
    end = fn.SUBSTR(top.path, 1, fn.LENGTH(top.path) - 1).concat("0")
    query = (
        here.select(here.id, here.path)
        .join(top, on=(here.path >= top.path) & (here.path < end))
        .where(top.id.in_(database.numbers(tops)), seen(sight, here))
        .where(reduce(or_, (here.search.contains(word) for word in some)))
    )
    return dict(database.rows(query.limit(POOL)))


def seen(sight: Sight, group: Any = Group) -> Any:
    """Condition on groups: they are in sight; not to be looked up by it."""
    seen = group.path.is_null(False)
    plain = SimpleNamespace(id=database.unindexed(group.id), path=database.unindexed(group.path))
    if not sight.who.rules_all:
        seen &= permissions.is_seen(sight.who, plain)
    return seen & ~below(plain, sight.but) if sight.but else seen


Names = dict[int, tuple[str, str]]
"""What groups are called, as it is and folded."""


def _names_on(sight: Sight, paths: Paths) -> Names:
    """The names of groups, and of those above them."""
    ids = database.numbers({one for path in paths.values() for one in permissions.way_seen(sight.who, path)})
    rows = database.rows(Group.select(Group.id, Group.name, Group.search).where(Group.id.in_(ids)))
    return {row[0]: (row[1], row[2] or text.fold(row[1])) for row in rows}


def _fitting(sight: Sight, wanted: list[str], paths: Paths, names: Names) -> Iterable[_Found]:
    for group_id, path in paths.items():
        way = tuple(permissions.way_seen(sight.who, path))
        folded = BETWEEN.join(names[step][1] for step in way)
        fit = rank(wanted, names[group_id][1], folded)
        if fit is not None:
            yield _Found(fit, folded, group_id, path, way)


_CHILDREN = Prepared(
    lambda given: (
        Group.select(Group.id, Group.path, Group.name, Group.search)
        .where(Group.parent == given(Group.parent), Group.path.is_null(False))
        .order_by(Group.search, Group.id)
        .limit(MOST)
    )
)


def _with_those_below(
    sight: Sight, wanted: list[str], fitting: list[_Found], names: Names, limit: int
) -> list[_Found]:
    """The best, of those that fit and of what is below them, whose paths have the same words."""
    heapq.heapify(fitting)
    last = heapq.nsmallest(limit, fitting)[limit - 1 :]
    met, found = {one.id for one in fitting}, list[_Found]()
    while fitting and len(found) < limit:
        best = heapq.heappop(fitting)
        found.append(best)
        # What is below comes behind it, and by its path alone does not fit better than that.
        by_path = rank(wanted, best.folded)
        if (last and by_path is not None and (by_path, best.folded) > last[0][:2]) or not (
            sight.who.rules_all or sight.who.reach.leads(best.id, best.path)
        ):
            continue
        for group_id, path, name, search in _CHILDREN.rows(best.id):
            folded = search or text.fold(name)
            if group_id in met or (sight.but and path.startswith(sight.but)):
                continue
            met.add(group_id)
            names[group_id] = name, folded
            its_path = f"{best.folded}{BETWEEN}{folded}"
            fit = rank(wanted, folded, its_path)
            if fit is not None:
                heapq.heappush(fitting, _Found(fit, its_path, group_id, path, (*best.way, group_id)))
    # One below may have a better name than what was read of very many.
    return sorted(found)
