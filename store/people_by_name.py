"""People in sight in the order of their names, found in the way that suits how many they are.

A few are all looked up and put in order. Of very many the index of all names is walked until enough are
found: those met are compared with the people in sight, or, where these are too many to be noted first, each
is asked for their own few memberships.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL, Select, fn

from store import database, permissions
from store.models import Membership, User
from store.models.counted import GroupCount
from store.permissions import Permissions

FEW, SOME = 2_000, 10_000
"""Up to so many people in sight are all looked up, to show the first of them; and to look for those who have
something in their names that few have: others would be walked through to the end."""
ASKING = 15
"""How many people in sight are noted in the time that asking somebody for their memberships takes."""


def size(who: Permissions) -> int:
    """How many people are in sight: all for an admin, for others roughly, from the counters of groups."""

    def find() -> int:
        if who.rules_all:
            return int(User.select(fn.COUNT(SQL("*"))).scalar())
        count, reach = GroupCount.alias("count"), who.reach
        led = database.numbers(int(path.split("/")[-2]) for path in reach.led)
        sums = (
            count.select(fn.SUM(count.people)).where(count.group_id.in_(led)),
            count.select(fn.SUM(count.people_here)).where(
                count.group_id.in_(database.numbers(reach.mentored))
            ),
        )
        row = database.row(Select((), sums).bind(database.db))
        return sum(int(number or 0) for number in row or ())

    return database.once(("people in sight", who.user_id, who.rules_all), find)


def are_few(who: Permissions) -> bool:
    """Whether so few are in sight that they are gone through in no time."""
    return who.astray or size(who) <= FEW


def are_many(who: Permissions) -> bool:
    """Whether so many are in sight that it is not worth while to go through them all."""
    return (database.last_id(User) if who.rules_all else size(who)) > SOME


def select(who: Permissions, room: int, *columns: Any, rare: bool = False) -> Any:
    """Select people in sight by last name, of whom about `room` will be read: with deactivated ones for an
    admin. `rare` says that they are looked for by what few have. Call inside a transaction.
    """
    query = User.select(*columns)
    in_order = query.order_by(User.search, User.id)
    if who.rules_all:
        return in_order
    theirs = Membership.select(Membership.user).where(permissions.follows(who))
    if who.astray or size(who) <= (SOME if rare else FEW):
        # Not the bare column: its index would be walked from end to end to find the few.
        few = query.where(User.active, User.id.in_(theirs))
        return few.order_by(User.search.concat(""), User.id)
    if size(who) ** 2 <= ASKING * room * database.last_id(User):
        return in_order.where(User.active, database.unindexed(User.id).in_(theirs))
    return in_order.where(User.active, permissions.followed(who, User.id))
