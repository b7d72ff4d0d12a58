"""How far somebody's roles reach: read once with who they are, and said as conditions from then on.

A leader reaches all that begins with the path of a group they lead, a mentor their own groups. Where groups
are astray, which only broken data has, the ids of all groups led are read instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Join, Select, fn

from store import clock, database, trees
from store.frozen import dataclass
from store.models import ASTRAY, WAITING, Completion, Group, Membership
from store.views.groups import Role

MANY_PATHS = 20
"""Groups led of which each has a condition of its own; of more the database is asked for theirs."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The paths of the outermost groups that somebody leads, the ids of others that they are mentor of, and
    all the roles that they have. `ids` are those of all groups led, where paths do not tell.
    """

    user_id: int = 0
    led: tuple[str, ...] = ()
    mentored: tuple[int, ...] = ()
    roles: frozenset[Role] = frozenset()
    ids: frozenset[int] | None = None

    def leads(self, group_id: int | None, path: str | None) -> bool:
        """Whether a group is led, from above or directly."""
        if self.ids is not None:
            return group_id in self.ids
        return path is not None and path.startswith(self.led)

    def sees(self, group_id: int | None, path: str | None) -> bool:
        """Whether a group in use may be known of."""
        return group_id in self.mentored or self.leads(group_id, path)

    def led_in(self, group: Any = Group, *, met: bool = False) -> Any:
        """Condition on groups: they are led. Those that are `met` in another way are not looked for by it."""
        if self.ids is not None:
            return group.id.in_(database.numbers(self.ids))
        if not self.led:
            return SQL("1 = 0")
        if len(self.led) > MANY_PATHS:
            return (database.unindexed(group.id) if met else group.id).in_(_all_led(self.led))
        return reduce(or_, (below(group, path) for path in self.led))

    def seen_in(self, group: Any = Group) -> Any:
        """Condition on groups in use: they may be known of."""
        if not self.mentored:
            return self.led_in(group)
        mentored = group.id.in_(database.numbers(self.mentored))
        return mentored | self.led_in(group) if self.led or self.ids else mentored


NOWHERE = Reach()


def below(group: Any, path: str) -> Any:
    """Condition on groups: they are that of a path, or below it."""
    # The sign after a slash is a zero: what begins with the path is in between.
    return (group.path >= path) & (group.path < f"{path[:-1]}0")


def _all_led(paths: Iterable[str]) -> Select:
    """Select of the ids of the groups that begin with one of very many paths of groups."""
    top, here = Group.alias("top"), Group.alias("led")
    end = fn.SUBSTR(top.path, 1, fn.LENGTH(top.path) - 1).concat("0")
    ids = database.numbers(int(path.split("/")[-2]) for path in paths)
    # A cross join is made in the order in which it is written.
    both = here.select(here.id).from_(Join(top, here, JOIN.CROSS))
    return both.where(top.id.in_(ids), here.path >= top.path, here.path < end)


class Exceptions(NamedTuple):
    """What counters do not tell: whether a role has ended by its date and is not written as ended yet, and
    how much work of somebody's own waits."""

    ended: bool
    own: int


def exceptions(user_id: int) -> Exceptions:
    """What is an exception now, for somebody. Call inside a transaction."""

    def find() -> Exceptions:
        ended = Membership.select(SQL("1")).where(Membership.last_day < clock.today(), Membership.active)
        own = Completion.select(fn.COUNT(Completion.id)).where(Completion.user == user_id, WAITING)
        row = database.row(Select((), (fn.EXISTS(ended), own)).bind(database.db))
        assert row is not None
        return Exceptions(bool(row[0]), row[1])

    return database.once(("exceptions", user_id), find)


def is_any_astray() -> Any:
    """Column: whether a group in use has no path, which only broken data has."""
    return fn.EXISTS(Group.select(SQL("1")).where(ASTRAY))


def of_roles(user_id: int, roles: list[tuple[Role, int, str | None]], *, astray: bool) -> Reach:
    """How far some roles reach, each with the id and path of its group in use. Call inside a transaction."""
    leads = [(group_id, path) for role, group_id, path in roles if role is Role.LEADER]
    ids: frozenset[int] | None = None
    led: list[str] = []
    if astray:
        tops = [group_id for group_id, _ in leads]
        found = database.rows(trees.within(tops, name="led")) if tops else []
        ids = frozenset(row[0] for row in found)
    else:
        for path in sorted(path for _, path in leads if path is not None):
            if not led or not path.startswith(led[-1]):
                led.append(path)
    outermost = Reach(user_id, tuple(led), ids=ids)
    mentored = sorted(
        group_id
        for role, group_id, path in roles
        if role is Role.MENTOR and not outermost.leads(group_id, path)
    )
    return Reach(user_id, tuple(led), tuple(mentored), frozenset(role for role, _, _ in roles), ids)
