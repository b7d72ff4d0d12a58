"""What a view has in it, and by which way to its rows.

What waits in the groups that the viewer sees is kept by group. Of what was sent back or failed one goes from
people to their work, unless they are very many, and from what somebody has typed there are few drafts to
their work. For an admin, and for one who sees very much, one walks all that is in the state, in the order
that is asked for, and asks of each row whether the viewer follows that person. The way is chosen by counting.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from peewee import JOIN, SQL, Join, Select, ValuesList, fn

from store import blind, database, group_numbers, in_force, permissions
from store.models import Completion, Group, Membership, User
from store.models.counted import GroupCount, WaitingRow
from store.permissions import Permissions
from store.queue import conditions, named_groups
from store.queue import filter as queue_filter
from store.queue.filter import ANY, QueueFilter
from store.queue.scope import MOST_COUNTED, WINDOW, Scope
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import State


def scope(who: Permissions, view: QueueView) -> Scope:
    """What a view has in it. Call inside a transaction.

    Raises InvalidError for a line that cannot be read, NotFoundError where the view is of a person
    whom the actor may not follow.
    """
    return database.once(("scope", who, view), lambda: _scope(who, view))


def total(who: Permissions, view: QueueView) -> int:
    """How many items a view has, counted once in one view of the data. Raises what `scope` raises."""
    return database.once(("total", who, view), lambda: scope(who, view).count())


def _scope(who: Permissions, view: QueueView) -> Scope:
    wanted = queue_filter.parse(view.line)
    named = [piece.value for piece in wanted.of("group") if piece.wanted]
    # By way of the groups that the line wants, and of no others.
    near = named_groups.narrowed(who, named) if named else who
    is_kept = wanted.state is State.NEEDS_REVIEW and not (near.rules_all or near.astray)
    is_much = view.user_id is None and (not is_kept or _is_much(near))
    asked = (
        conditions.in_state(wanted.state),
        *conditions.not_own(who),
        *(_in_use() if wanted.state is State.RETURNED else ()),
        *conditions.of_work(who, wanted, _called_anything(wanted) if is_much else {}),
        *conditions.of_people(who, wanted, database.unindexed(Completion.user)),
    )
    if view.user_id is not None:
        permissions.require_follows(who, view.user_id)
        theirs = (
            Completion.user == view.user_id,
            *conditions.followed(near, Completion.user),
            blind.is_open(),
        )
        return Scope(who, view, wanted, (*asked, *theirs))
    followed = partial(conditions.followed, near)
    if not _has_queue(who):
        return _of_people(who, view, wanted, asked, [])
    if wanted.draft:
        return Scope(who, view, wanted, asked, followed=followed)
    if is_kept:
        rows = waiting_rows(near).alias("seen")
        known = _counted_by_group(who, near) if _is_whole(wanted) else None
        if not is_much:
            return Scope(who, view, wanted, asked, rows=rows, known=known)
        people = _called(wanted)
        if people is None:
            return Scope(who, view, wanted, asked, rows=rows, followed=followed, known=known)
        asked = (*asked, *followed(database.unindexed(Completion.user)))
    else:
        people = _people(near, wanted)
    if people is not None:
        return _of_people(who, view, wanted, asked, people)
    if not is_kept and not near.rules_all and _are_read_sooner(near, wanted.state):
        return Scope(who, view, wanted, asked, rows=_rows_in_state(near, wanted.state).alias("seen"))
    known = partial(_counted_of_all, who) if wanted == EVERYTHING and who.rules_all else None
    return Scope(who, view, wanted, asked, followed=followed, known=known)


def _of_people(
    who: Permissions, view: QueueView, wanted: QueueFilter, asked: tuple[Any, ...], people: list[int]
) -> Scope:
    """What is in it of the work of these people, whom the viewer follows."""
    if _are_few(len(people), wanted.state):
        # Where there is nobody, a value that is nobody's.
        values = ValuesList([(user_id,) for user_id in people or (0,)], alias="followed")
        return Scope(who, view, wanted, asked, values)
    theirs = database.unindexed(Completion.user).in_(database.numbers(people))
    return Scope(who, view, wanted, (*asked, theirs))


EVERYTHING = QueueFilter()


def _has_queue(who: Permissions) -> bool:
    """Whether there is a queue: while Community groups are not on, admins review from a person's page."""
    return who.is_operator or who.account.community_on


def _is_whole(wanted: QueueFilter) -> bool:
    """Whether a line asks for nothing but groups."""
    return wanted == QueueFilter(tuple(piece for piece in wanted.of("group") if piece.wanted))


def _counted_by_group(who: Permissions, near: Permissions) -> Any:
    """What tells how much waits in the one group in which somebody sees anything; None if it is not one."""
    if len(near.reach.led) != 1 or near.reach.mentored or named_groups.TOP in near.reach.led:
        return None
    group_id = named_groups.last(near.reach.led[0])
    # Who asks for the group is told of it; who does not, of all that they may review.
    also_blind = near is who
    return lambda: group_numbers.of(who, [group_id], also_blind=also_blind)[group_id][1]


def _counted_of_all(who: Permissions) -> int:
    """How much waits in the account, but for one's own."""
    waiting = Completion.select(fn.COUNT(SQL("*"))).where(conditions.in_state(State.NEEDS_REVIEW))
    own = waiting.where(Completion.user == who.user_id)
    return int(waiting.scalar() - own.scalar())


def _is_much(who: Permissions) -> bool:
    """Whether so much waits in the groups that the viewer sees that a window of it is found sooner by walking
    all that waits.
    """
    if named_groups.TOP in who.reach.led:
        return True
    waiting = _counted(who, GroupCount.waiting, GroupCount.waiting_here)
    much = int(waiting**2 / (1.5 * WINDOW))
    # Less waits in these groups than in all.
    return much > waiting and not _is_more_than(much, State.NEEDS_REVIEW)


def _counted(who: Permissions, below: Any, here: Any) -> int:
    """What is counted of the groups that the viewer sees: of those led with all below, of others by
    themselves.
    """
    led = GroupCount.select(fn.SUM(below)).join(Group, on=(Group.id == GroupCount.group_id))
    tops = Group.path.in_(list(who.reach.led)) if len(who.reach.led) <= KNOWN else who.reach.led_in()
    own = GroupCount.select(fn.SUM(here))
    mentored = GroupCount.group_id.in_(database.numbers(who.reach.mentored))
    columns = (fn.COALESCE(led.where(tops), 0), fn.COALESCE(own.where(mentored), 0))
    row = database.row(Select((), columns).bind(database.db))
    assert row is not None
    return int(row[0] + row[1])


def _counted_people(who: Permissions) -> int:
    """How many people the viewer follows, some of them maybe counted more than once."""
    return _counted(who, GroupCount.people, GroupCount.people_here)


def _are_read_sooner(who: Permissions, state: State) -> bool:
    """Whether the people whom the viewer follows are so few that to go from each to their work is sooner done
    than to walk all that is in a state until a list is full.
    """
    if named_groups.TOP in who.reach.led or who.astray:
        return False
    people = _counted_people(who)
    # One of so many is of somebody who is followed.
    met = (WINDOW + MOST_COUNTED) * database.last_id(User) // max(1, people)
    return people < met and _is_more_than(people, state)


def _is_more_than(number: int, state: State) -> bool:
    """Whether more work than this is in a state, of anybody."""
    if number > MANY and number >= database.last_id(Completion):
        # So much there never was: that is told without counting.
        return False
    in_state = Completion.select(SQL("1")).where(conditions.in_state(state))
    return bool(database.rows(in_state.limit(1).offset(number)))


def waiting_rows(who: Permissions) -> Any:
    """Select of the ids of what waits of people whom the actor follows by a role, each once."""
    row = WaitingRow
    of_others = in_force.lasting(row.last_day) & (row.user_id != who.user_id)
    led = row.select(row.completion_id).join(Group, on=(Group.id == row.group_id))
    mentored = row.group_id.in_(database.numbers(who.reach.mentored)) & (row.role == Role.MEMBER)
    return led.where(who.reach.led_in(), of_others).union(
        WaitingRow.select(row.completion_id).where(mentored, of_others)
    )


def _rows_in_state(who: Permissions, state: State) -> Any:
    """Select of the ids of what is in a state of people whom the actor follows by a role, each once."""
    work = Completion.alias("work")
    # A cross join is made in the order in which it is written.
    tables = Join(Join(Join(Group, Membership, JOIN.CROSS), work, JOIN.CROSS), User, JOIN.CROSS)
    joined = (Membership.group == Group.id) & (work.user == Membership.user) & (User.id == Membership.user)
    others = in_force.membership() & (Membership.user != who.user_id) & User.active
    each = work.select(work.id.alias("completion_id")).from_(tables)
    each = each.where(joined, others, conditions.in_state(state, work))
    mentored = Group.id.in_(database.numbers(who.reach.mentored)) & (Membership.role == Role.MEMBER)
    return each.where(who.reach.led_in()).union(each.where(mentored))


def _in_use() -> list[Any]:
    """Conditions: nothing of steps, courses and people that are not in use any more."""
    # Mostly there are none, and then nothing needs to be asked of each row.
    gone = ((Completion.step, conditions.out_of_use()), (Completion.user, conditions.people_gone()))
    columns = [fn.EXISTS(select) for _, select in gone]
    found = database.row(Select((), columns).bind(database.db))
    assert found is not None
    asked = zip(gone, found, strict=True)
    return [database.unindexed(column).not_in(select) for (column, select), is_any in asked if is_any]


MANY = 1_000
"""More work than this is not counted for nothing."""
KNOWN = 500
"""So many people are read and named in the queries that follow; of more the database keeps track."""


def _called(wanted: QueueFilter) -> list[int] | None:
    """The people whose names the line wants; None for very many, or where it wants none."""
    names = _names(wanted)
    return _up_to_known(conditions.people_named(names)) if names else None


def _names(wanted: QueueFilter) -> list[str]:
    """The names by whose people to begin. Blind work is not found by way of its person."""
    return [] if blind.are_any() else [piece.value for piece in wanted.of("person") if piece.wanted]


def _called_anything(wanted: QueueFilter) -> dict[str, list[int]]:
    """The people who are called as a word of the line without a key is, by those that few are called."""
    found = {piece.value: _up_to_known(conditions.people_named([piece.value])) for piece in wanted.of(ANY)}
    return {name: people for name, people in found.items() if people is not None}


def _people(who: Permissions, wanted: QueueFilter) -> list[int] | None:
    """The people whom the viewer follows, narrowed by whose names the line wants; None for very many."""
    if who.rules_all:
        return _called(wanted)
    followed = permissions.people_followed(who).distinct()
    names = _names(wanted)
    if not names and not who.astray and _counted_people(who) > 2 * KNOWN:
        # Mostly they are more than `KNOWN` then, and it takes long to meet the first of very many.
        return None
    return _up_to_known(followed.where(User.id.in_(conditions.people_named(names))) if names else followed)


def _up_to_known(people: Any) -> list[int] | None:
    found = database.rows(people.limit(KNOWN + 1))
    return None if len(found) > KNOWN else [row[0] for row in found]


def _are_few(people: int, state: State) -> bool:
    """Whether to start from the people: they and their share of what waits are little beside all of it."""
    others = 1 - 2 * people / max(1, database.last_id(User))
    return others > 0 and _is_more_than(int(2 * people / others), state)
