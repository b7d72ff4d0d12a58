"""The queue: what waits for review, counted and listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import Any

from peewee import fn

from store import blind, clock, database, due_conditions, permissions
from store.models import Completion, Course, Draft, Lesson, Step, User
from store.permissions import Permissions
from store.prepared import AMONG, Given, Prepared
from store.queue import conditions, ended
from store.queue import select as queue_select
from store.queue.scope import Scope
from store.views import Actor
from store.views.queue import Neighbours, QueueItems, QueueRow, QueueView, StepGroup, StepPage
from store.views.states import State


def is_waiting(completion: Any = Completion) -> Any:
    """Condition: the completion waits for a person. Spelled as the partial indexes need it."""
    return conditions.in_state(State.NEEDS_REVIEW, completion)


def count_waiting(who: Permissions, user_id: int | None = None) -> int:
    """How many completions the actor could review; of one person with `user_id`.

    Raises NotFoundError unless they may follow that person.
    """
    return queue_select.total(who, QueueView(user_id=user_id))


def waiting_by_person(who: Permissions, *, in_sight: bool = False) -> Any:
    """Select (user_id, n): outstanding completions per person, but for the actor's own.

    Without `in_sight` whoever joins this has narrowed it to the people whom the actor follows.
    """
    columns = (Completion.user.alias("user_id"), fn.COUNT(Completion.id).alias("n"))
    mine = permissions.reviewable(who) if in_sight else Completion.user != who.user_id
    return _waiting(who, *columns).where(mine).group_by(Completion.user)


def waiting_since(who: Permissions, people: Any) -> Any:
    """Select since when each completion of these people (ids, or a select of them) waits.

    Whoever asks has narrowed them to people whom the actor follows; their own does not count.
    """
    theirs = Completion.user.in_(people) & (Completion.user != who.user_id)
    return _waiting(who, Completion.submitted_at).where(theirs)


def _waiting(who: Permissions, *columns: Any) -> Any:
    """Select of what waits, wherever it stands; of people who were deactivated for admins only. Blind work
    counts for nobody.
    """
    query = Completion.select(*columns).where(is_waiting(), blind.is_open())
    return query if who.rules_all else query.join(User).where(User.active)


def waiting_of_all(who: Permissions, *columns: Any) -> Any:
    """Select from all that waits in the account, wherever it stands, but for the actor's own; for admins."""
    return Completion.select(*columns).where(is_waiting(), *conditions.not_own(who))


def waiting(actor: Actor, *, user_id: int | None = None, offset: int = 0, limit: int = 100) -> QueueItems:
    """What the actor could review, oldest first; of one person with `user_id`.

    Raises NotFoundError unless they may follow that person.
    """
    return listing(actor, QueueView(user_id=user_id), offset, limit)


def listing(actor: Actor, view: QueueView, offset: int = 0, limit: int = 100) -> QueueItems:
    """A window of a view. Work sent back is listed for those who could review it.

    Raises InvalidError for a line that cannot be read, NotFoundError where the view is of a person whom
    the actor may not follow.
    """
    with database.reading():
        who = permissions.of(actor)
        scope = queue_select.scope(who, view)
        if view.by_step:
            groups = scope.groups()
            found = _ids_by_step(scope, groups, offset, limit)
            return QueueItems(_rows(scope, found), offset, sum(group.count for group in groups), more=False)
        found, total, more = scope.window(offset, limit)
        return QueueItems(_rows(scope, found), offset, total, more)


def in_a_row(actor: Actor, view: QueueView, offset: int = 0, limit: int = 100) -> StepPage:
    """A window of a view with each step in a line of its own before its items, in the order of `by_step`.

    Raises what `listing` raises.
    """
    with database.reading():
        scope = queue_select.scope(permissions.of(actor), replace(view, by_step=True))
        groups = scope.groups()
        shown: list[StepGroup | None] = []
        line = item = first = 0
        for group in groups:
            # Of the lines of this step, those in the window; None stands for the next item.
            start, end = max(offset, line), min(offset + limit, line + 1 + group.count)
            if start < end:
                if None not in shown:
                    first = item + max(0, start - line - 1)
                shown += [group if number == line else None for number in range(start, end)]
            line += 1 + group.count
            item += group.count
        items = iter(_rows(scope, _ids_by_step(scope, groups, first, shown.count(None))))
        lines = tuple(next(items) if each is None else each for each in shown)
        return StepPage(lines, offset, line, item)


def _ids(query: Any) -> list[int]:
    return [row[0] for row in database.rows(query)]


def _ids_by_step(scope: Scope, groups: Sequence[StepGroup], offset: int, limit: int) -> list[int]:
    """The completions of a window over the steps, each step's in a row."""
    starts = accumulate((group.count for group in groups), initial=0)
    within = [
        (start, group.step_id)
        for start, group in zip(starts, groups, strict=False)
        if start < offset + limit and start + group.count > offset
    ]
    if not within:
        return []
    steps = {step_id: list[int]() for _, step_id in within}
    query = scope.of_steps(steps).ordered().select(Completion.step, Completion.id)
    for step_id, completion_id in database.rows(query):
        steps[step_id].append(completion_id)
    skipped = offset - within[0][0]
    return list(chain.from_iterable(steps.values()))[skipped : skipped + limit]


def ids(actor: Actor, view: QueueView) -> tuple[int, ...]:
    """The completions of a view, all of them, in order. Raises what `listing` raises."""
    with database.reading():
        scope = queue_select.scope(permissions.of(actor), view)
        if view.by_step:
            groups = scope.groups()
            return tuple(_ids_by_step(scope, groups, 0, sum(group.count for group in groups)))
        return tuple(_ids(scope.ordered()))


def among(actor: Actor, view: QueueView, completion_ids: Iterable[int]) -> frozenset[int]:
    """Those of these completions that a view has. Raises what `listing` raises."""
    with database.reading():
        scope = queue_select.scope(permissions.of(actor), view)
        # The view is read by its own index; these ids only narrow it down.
        named = database.unindexed(Completion.id).in_(database.numbers(completion_ids))
        return frozenset(_ids(scope.select(Completion.id).where(named)))


def step_groups(actor: Actor, view: QueueView) -> tuple[StepGroup, ...]:
    """The steps of a view with how many items each has, in the order in which `by_step` puts them.

    Raises what `listing` raises.
    """
    with database.reading():
        return tuple(queue_select.scope(permissions.of(actor), view).groups())


def neighbours(actor: Actor, view: QueueView, user_id: int, step_id: int) -> Neighbours:
    """Where a person's work on a step stands in a view, and what stands beside it.

    Raises what `listing` raises.
    """
    with database.reading():
        scope = queue_select.scope(permissions.of(actor), view)
        found = scope.key_of(user_id, step_id)
        groups = scope.groups((step_id, found[1]) if found else None) if view.by_step else []
        total, more = (sum(group.count for group in groups), False) if view.by_step else scope.counted()
        if found is None:
            first = scope.of_steps([groups[0].step_id]) if groups else scope
            return Neighbours(0, total, None, _first(scope, first.ordered()), more)
        here, earlier, later = scope, list[StepGroup](), list[StepGroup]()
        if view.by_step:
            here = scope.of_steps([step_id])
            at = [group.step_id for group in groups].index(step_id)
            earlier, later = groups[:at], groups[at + 1 :]
        after = _first(scope, here.ordered(after=found[0]))
        if after is None and later:
            after = _first(scope, scope.of_steps([later[0].step_id]).ordered())
        before = _first(scope, here.ordered(before=found[0]))
        if before is None and earlier:
            before = _first(scope, scope.of_steps([earlier[-1].step_id]).ordered(backwards=True))
        position = 0
        if scope.has(user_id, step_id):
            position = sum(group.count for group in earlier) + here.count_before(found[0]) + 1
        if more and position > total:
            total, more = scope.count(), False
        return Neighbours(position, total, before, after, more)


def at_end(actor: Actor, view: QueueView) -> Neighbours:
    """What is beside the end of a view: its last item, and from its start the first one.

    Raises what `listing` raises.
    """
    with database.reading():
        scope = queue_select.scope(permissions.of(actor), view)
        if view.by_step:
            groups = scope.groups()
            total, more = sum(group.count for group in groups), False
            offsets = (max(0, total - 1), 0)
            ends = [_rows(scope, _ids_by_step(scope, groups, offset, 1)) for offset in offsets]
            last, first = (rows[0] if rows else None for rows in ends)
        else:
            total, more = scope.counted()
            last, first = _first(scope, scope.ordered(backwards=True)), _first(scope, scope.ordered())
        return Neighbours(0, total, last, first, more)


def _first(scope: Scope, query: Any) -> QueueRow | None:
    rows = _rows(scope, _ids(query.limit(1)))
    return rows[0] if rows else None


def _as_items(state: State) -> Prepared:
    """The statement that reads completions in a state as items, for somebody with drafts of their own."""

    def write(given: Given) -> Any:
        query = (
            Completion.select(
                Completion.id,
                Completion.user,
                *blind.NAME,
                Course.id,
                Course.title,
                Step.id,
                Step.title,
                Step.points,
                Completion.state,
                Completion.submitted_at,
                conditions.since(state),
                conditions.latest_attempt(),
                conditions.has_draft(given(Draft.user)),
                due_conditions.DUE_AT,
                *ended.COLUMNS,
            )
            .join(User)
            .join_from(Completion, Step)
            .join(Lesson)
            .join(Course)
            .where(Completion.id.in_(AMONG))
        )
        return due_conditions.with_own(ended.with_enrolment(query))

    return Prepared(write)


_ITEMS = {state: _as_items(state) for state in (State.NEEDS_REVIEW, State.RETURNED, State.FAILED)}


def _rows(scope: Scope, wanted: Sequence[int]) -> tuple[QueueRow, ...]:
    """These completions as items, in this order."""
    if not wanted:
        return ()
    rows = _ITEMS[scope.wanted.state].rows(scope.who.user_id, among=wanted)
    known = {row[0]: row for row in rows}
    groups = conditions.groups_of(scope.who, {row[1] for row in known.values() if not row[4]})
    return tuple(_row(known[each], groups) for each in wanted)


def _moment(value: Any) -> Any:
    """A moment that was reckoned is still a number."""
    return clock.from_micros(value) if isinstance(value, int) else value


def _row(row: tuple[Any, ...], groups: dict[int, str]) -> QueueRow:
    shown_as = row[4]
    return QueueRow(
        completion_id=row[0],
        user_id=row[1],
        person=blind.name_of(*row[2:5]),
        group="" if shown_as else groups.get(row[1], ""),
        course_id=row[5],
        course=row[6],
        step_id=row[7],
        step=row[8],
        points=row[9],
        state=State(row[10]),
        submitted_at=row[11],
        since=_moment(row[12]),
        attempt=row[13],
        has_draft=bool(row[14]),
        due_at=None if shown_as else _moment(row[15]),
        ended=blind.ended_of(ended.ended(*row[16:]), shown_as),
        is_blind=bool(shown_as),
    )
