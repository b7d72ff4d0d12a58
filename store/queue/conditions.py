"""What a view has in it, as conditions on completions: followed by the viewer, and as the line says.

Work that waits is in it wherever it stands, until somebody reviewed it: its class may have ended, its step
been removed, its person be in no group any more or be deactivated, whose work is the admins' then. What was
sent back is in it only while the learner could hand it in again.

Columns of ids are written so that no index is walked by them: by which way one reads is chosen elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from peewee import SQL, fn

from store import blind, clock, database, due_conditions, permissions
from store.models import Attempt, Completion, Course, Draft, Group, Lesson, Membership, Step, User
from store.permissions import Permissions
from store.queue import named_groups
from store.queue.filter import ANY, Attempts, QueueFilter, Wanted
from store.views.groups import Role
from store.views.states import State


def in_state(state: State, completion: Any = Completion) -> Any:
    """Condition: the completion is in a state.

    Written as a literal, never a bound parameter: only so do the partial indexes serve it.
    """
    return completion.state == SQL(f"'{State(state)}'")


def since(state: State) -> Any:
    """Column: since when work is in a state."""
    if state is State.NEEDS_REVIEW:
        return Completion.submitted_at
    at = Completion.completed_at if state is State.FAILED else Completion.returned_at
    # As the indexes have it: a literal, never a bound parameter.
    return fn.COALESCE(at, Completion.submitted_at, SQL("0")).converter(clock.from_micros)


def out_of_use() -> Any:
    """Select of the steps that are not in use any more, by themselves or with their course."""
    return Step.select(Step.id).join(Lesson).join(Course).where(~Step.active | ~Course.active)


def people_gone() -> Any:
    """Select of the people who were deactivated."""
    return User.select(User.id).where(~User.active)


def not_own(who: Permissions) -> list[Any]:
    """Conditions: nobody's own work."""
    return [] if who.is_operator else [database.unindexed(Completion.user) != who.user_id]


def followed(who: Permissions, user: Any) -> list[Any]:
    """Conditions: the viewer follows a person, by a column of ids."""
    return [] if who.rules_all else [permissions.followed(who, user)]


def of_people(who: Permissions, wanted: QueueFilter, user: Any) -> list[Any]:
    """Conditions on a column of ids of people: what the line says of them, but for the groups that it wants:
    those are ways in which one follows somebody. Blind work is in no group, and has no other name than that
    which it is shown as.
    """
    found = _either(wanted.of("person"), lambda piece: _is_of(piece.value, user))
    unwanted = [piece.value for piece in wanted.of("group") if not piece.wanted]
    if unwanted:
        found.append(~(blind.is_open() & permissions.followed(named_groups.narrowed(who, unwanted), user)))
    if any(piece.wanted for piece in wanted.of("group")):
        found.append(blind.is_open())
    return found


def _is_of(typed: str, user: Any, named: Any = None) -> Any:
    """Condition: the work is shown as that of somebody who is called so; `named` says who those are."""
    named = is_named(typed, user) if named is None else named
    return (blind.is_open() & named) | blind.is_called(typed)


def is_named(typed: str, user: Any) -> Any:
    """Condition on a column of ids of people: every word is somewhere in the person's names or email."""
    whom = User.alias("named")
    # Asked of each person met: all that are called so would be looked for among everybody.
    return fn.EXISTS(whom.select(SQL("1")).where(whom.id == user, _named(typed, whom)))


def _named(typed: str, whom: Any = User) -> Any:
    """Condition: every word is somewhere in a person's names or email."""
    condition: Any = SQL("1 = 1")
    for word in typed.split():
        condition &= whom.search.contains(word)
    return condition


def people_named(names: Iterable[str]) -> Any:
    """Select of the people who are called so, in one of these ways."""
    return User.select(User.id).where(reduce(or_, (_named(name) for name in names)))


def _either(texts: list[Wanted], condition: Any) -> list[Any]:
    """Any of those that are wanted, and none of those that are not."""
    found = [~condition(piece) for piece in texts if not piece.wanted]
    some = [condition(piece) for piece in texts if piece.wanted]
    if some:
        either = some[0]
        for other in some[1:]:
            either |= other
        found.append(either)
    return found


def of_work(who: Permissions, wanted: QueueFilter, called: Mapping[str, Collection[int]]) -> list[Any]:
    """Conditions on each row: what the line says of the work itself. `called` has the people of names whose
    people were looked for.
    """
    step = database.unindexed(Completion.step)

    def titled(piece: Wanted) -> Any:
        return step.in_(_steps(database.contains_folded(Step.title, piece.value)))

    def taught(piece: Wanted) -> Any:
        return step.in_(_steps(database.contains_folded(Course.title, piece.value)))

    found = [*_either(wanted.of("step"), titled), *_either(wanted.of("course"), taught)]
    user = database.unindexed(Completion.user)
    for piece in wanted.of(ANY):
        named = user.in_(database.numbers(called[piece.value])) if piece.value in called else None
        anywhere = titled(piece) | taught(piece) | _is_of(piece.value, user, named)
        found.append(anywhere if piece.wanted else ~anywhere)
    now = clock.now()
    if wanted.older is not None:
        found.append(since(wanted.state) < clock.to_micros(now - wanted.older))
    if wanted.younger is not None:
        found.append(since(wanted.state) > clock.to_micros(now - wanted.younger))
    found += _dates(wanted) if wanted.asks_dates else []
    if wanted.attempts is not None:
        found.append(_compare(latest_attempt(), wanted.attempts))
    if wanted.draft is not None:
        mine = has_draft(who.user_id)
        found.append(mine if wanted.draft else ~mine)
    return found


def _dates(wanted: QueueFilter) -> list[Any]:
    """Conditions on each row: what the line says of when the work is due, and when it came."""
    found, now = [], clock.now()
    # A date of somebody's own would tell whose work it is: blind work has none.
    has_date = blind.is_open()
    if wanted.within is not None:
        found.append(has_date & due_conditions.due_in(now, now + wanted.within))
    if wanted.beyond is not None:
        found.append(has_date & due_conditions.due_in(now + wanted.beyond, None))
    words = ((wanted.overdue, due_conditions.is_overdue), (wanted.late, due_conditions.is_late))
    for is_wanted, condition in words:
        if is_wanted is not None:
            holds = has_date & condition()
            found.append(holds if is_wanted else ~holds)
    return found


def _steps(condition: Any) -> Any:
    return Step.select(Step.id).join(Lesson).join(Course).where(condition)


def _compare(column: Any, attempts: Attempts) -> Any:
    compared = {"<": column < attempts.number, ">": column > attempts.number}
    return compared.get(attempts.sign, column == attempts.number)


def latest_attempt() -> Any:
    """Column: the number of the latest attempt; 1 for work that came without any."""
    number = Attempt.select(fn.MAX(Attempt.number)).where(Attempt.completion == Completion.id)
    return fn.COALESCE(number, 1)


def has_draft(user_id: Any) -> Any:
    """Condition: somebody typed something for this work and has not saved it."""
    mine = Draft.select(Draft.completion).where(Draft.user == user_id)
    return Completion.id.in_(mine)


def groups_of(who: Permissions, user_ids: Iterable[int]) -> dict[int, str]:
    """For each of these people, the first by name of the groups by way of which the viewer follows them."""
    query = (
        Membership.select(Membership.user, fn.MIN(Group.name))
        .join(Group)
        .join_from(Membership, User)
        .where(Membership.user.in_(database.numbers(user_ids)), Group.active, User.active)
        .where(permissions.follows(who, group=Group))
        .group_by(Membership.user)
    )
    if who.rules_all:
        # Those who arrange the groups see everybody: where somebody learns says more than where they teach.
        query = query.where(Membership.role == Role.MEMBER)
    return dict(database.rows(query))
