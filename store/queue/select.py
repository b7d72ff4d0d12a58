"""How a part of the queue is selected: what is in it, by which way it is read, and in which order.

There are several ways to the same rows. What waits in the groups that the viewer sees is kept by group. Of
what was sent back or failed one goes from few people to their work. For an admin, and for a window by age
of one who sees very much, one walks all of it in time order, and asks of each row whether the viewer
follows that person. The wrong way costs up to 150 times the right one, so it is chosen by counting, and
the query is written so that no other is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from peewee import JOIN, Join, Select, Tuple, Value, ValuesList, fn

from store import clock, database, group_numbers, in_force, permissions
from store.frozen import dataclass
from store.models import Completion, Course, Group, Lesson, Step, User
from store.models.counted import GroupCount, WaitingRow
from store.permissions import Permissions
from store.queue import conditions, ended
from store.queue import filter as queue_filter
from store.queue.filter import QueueFilter
from store.views.groups import Role
from store.views.queue import QueueView, StepGroup
from store.views.states import State

ORDERS = {
    "age": ("since", "user", "step"),
    "person": ("search", "user", "since", "step"),
    "course": ("course_title", "course", "since", "user", "step"),
    "step": ("step_title", "step", "since", "user"),
}
"""The columns by which each sort goes: together they tell any two items apart."""
IN_A_ROW = {"person": ORDERS["person"]}
"""The same among the items of one step, where those stand in a row; else the oldest comes first."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a view has in it, for somebody. `conditions` are on each row.

    `people` is a list of values: the ids of whom to start from, where one does; `rows` a select of the ids of
    what waits in the groups that the viewer sees. Where one walks all that is in the state, `followed` makes
    the conditions on a column of ids of people; where it has both, one walks for a window by age alone.
    `whole` is the one group of which it is all that waits there and below, where it is that.
    """

    who: Permissions
    view: QueueView
    wanted: QueueFilter
    conditions: tuple[Any, ...]
    people: Any = None
    rows: Any = None
    followed: Callable[[Any], list[Any]] | None = None
    whole: int | None = None

    def select(self, *columns: Any) -> Any:
        """Select of the completions in it, in no order."""
        query = Completion.select(*columns)
        if self.people is not None:
            # A cross join is made in the order in which it is written: first the people.
            query = query.from_(Join(self.people, Completion, JOIN.CROSS))
            query = query.where(Completion.user == self.people.c.column1)
        elif self.rows is not None:
            query = query.from_(Join(self.rows, Completion, JOIN.CROSS))
            query = query.where(Completion.id == self.rows.c.completion_id)
        elif self.followed is not None:
            query = _where(query, self.followed(database.unindexed(Completion.user)))
        return query.where(*self.conditions)

    @property
    def since(self) -> Any:
        """Column: since when the work is in its state."""
        return conditions.since(self.wanted.state)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns by which it is sorted."""
        orders = IN_A_ROW if self.view.by_step else ORDERS
        return orders.get(self.view.sort, ORDERS["age"])

    def of_steps(self, step_ids: Iterable[int]) -> Scope:
        """The part of it that is about these steps."""
        # By step it would read all that was ever done on these steps, and that is mostly done work.
        step = database.unindexed(Completion.step)
        return replace(self, conditions=(*self.conditions, step.in_(database.numbers(step_ids))))

    def groups(self, held: tuple[int, datetime] | None = None) -> list[StepGroup]:
        """Its steps with how many items each has, in the order in which `by_step` puts them.

        The step in `held` has the place among them that it had while one of its items waited since then,
        also where it has no items any more.
        """
        # Else it would be read by step, and that is everything that anybody ever did on these steps.
        step = database.unindexed(Completion.step)
        columns = (Completion.step, fn.MIN(self.since).alias("oldest"), fn.COUNT(Completion.id).alias("n"))
        steps = self.select(*columns).group_by(step).alias("of_step")
        if held is not None:
            one = Select((), [Value(value) for value in (held[0], clock.to_micros(held[1]), 0)])
            both = self.select(*columns).group_by(step).union_all(one).alias("both")
            sums = (both.c.step_id, fn.MIN(both.c.oldest).alias("oldest"), fn.SUM(both.c.n).alias("n"))
            steps = Select([both], sums).group_by(both.c.step_id).alias("of_step")
        orders: dict[str, tuple[Any, ...]] = {
            "course": (fn.LOWER(Course.title), Course.id, steps.c.oldest),
            "step": (fn.LOWER(Step.title),),
        }
        in_use = (Course.active, Step.active)
        query = (
            Step.select(Step.id, Step.title, Course.id, Course.title, steps.c.n, steps.c.oldest, *in_use)
            .join(steps, on=steps.c.step_id == Step.id)
            .join_from(Step, Lesson)
            .join(Course)
            .order_by(*orders.get(self.view.sort, (steps.c.oldest,)), Step.id)
        )
        return [
            StepGroup(
                step_id, step, course_id, course, count, clock.from_micros(oldest), ended.ended(True, *used)
            )
            for step_id, step, course_id, course, count, oldest, *used in database.rows(query)
        ]

    def column(self, name: str) -> Any:
        """A column of the order by its name."""
        match name:
            case "since":
                return self.since
            case "user":
                return Completion.user
            case "step":
                return Completion.step
            case "search":
                return User.search
            case "course":
                return Lesson.course
            case "course_title":
                return fn.LOWER(Course.title)
        return fn.LOWER(Step.title)

    def ordered(self, *, after: Key | None = None, before: Key | None = None, backwards: bool = False) -> Any:
        """Select of completion ids in order; those `after` or `before` a key, nearest first."""
        walks = self.rows is not None and self.followed is not None and self.keys[0] == "since"
        query, columns = (replace(self, rows=None) if walks else self)._with_order(Completion.id)
        if after is not None:
            query = query.where(Tuple(*columns) > _row(after))
        if before is not None:
            query = query.where(Tuple(*columns) < _row(before))
        if backwards or before is not None:
            columns = [column.desc() for column in columns]
        return query.order_by(*columns)

    def count(self, *, before: Key | None = None) -> int:
        """How many there are; before a key, if one is given."""
        if before is not None:
            query, columns = self._with_order(fn.COUNT(Completion.id))
            return int(query.where(Tuple(*columns) < _row(before)).scalar())
        if self.whole is not None:
            return group_numbers.of(self.who, [self.whole])[self.whole][1]
        if self.followed is None or self.rows is not None:
            return int(self.select(fn.COUNT(Completion.id)).scalar())
        # Whether somebody is followed is asked once, not for each of their items.
        each = Completion.select(Completion.user.alias("user_id"), fn.COUNT(Completion.id).alias("n"))
        each = each.where(*self.conditions).group_by(Completion.user).alias("each")
        query = Select((each,), (fn.COALESCE(fn.SUM(each.c.n), 0),))
        return int(_where(query, self.followed(each.c.user_id)).bind(database.db).scalar())

    def _with_order(self, *selected: Any) -> tuple[Any, list[Any]]:
        """Select with the tables that the order needs, and the columns of the order."""
        query, names = self.select(*selected), set(self.keys)
        # Outer joins: those are not made before the rest.
        if "search" in names:
            query = query.join_from(Completion, User, JOIN.LEFT_OUTER)
        if names & {"step_title", "course"}:
            query = query.join_from(Completion, Step, JOIN.LEFT_OUTER)
        if "course" in names:
            query = query.join_from(Step, Lesson, JOIN.LEFT_OUTER).join(Course, JOIN.LEFT_OUTER)
        return query, [self.column(name) for name in self.keys]

    def has(self, user_id: int, step_id: int) -> bool:
        """Whether a person's work on a step is in it."""
        theirs = (Completion.user == user_id) & (Completion.step == step_id)
        return bool(self.select(Completion.id).where(theirs).exists())

    def key_of(self, user_id: int, step_id: int) -> tuple[Key, datetime] | None:
        """Where a person's work on a step stands in the order, also where it is not in the view, and since
        when it does. None for work that there is not, or that the viewer could not review.
        """
        # Work that came done, from elsewhere, may never have been handed in.
        since = fn.COALESCE(self.since, 0).converter(clock.from_micros)
        columns = [since if name == "since" else self.column(name) for name in self.keys]
        query = (
            Completion.select(*columns, since)
            .join(User)
            .join_from(Completion, Step)
            .join(Lesson)
            .join(Course)
            .where(Completion.user == user_id, Completion.step == step_id)
            .where(Completion.user != self.who.user_id)
        )
        # Asked of this one person, whatever the number of all whom the viewer follows.
        query = _where(query, conditions.followed(self.who, Completion.user))
        row = database.row(query)
        return None if row is None else (row[:-1], row[-1])


Key = tuple[Any, ...]
"""The values of an item under the columns of an order."""


def _row(key: Key) -> Any:
    values = (value if isinstance(value, int | str) else clock.to_micros(value) for value in key)
    return Tuple(*(Value(value) for value in values))


def _where(query: Any, conditions: list[Any]) -> Any:
    return query.where(*conditions) if conditions else query


# --------------------------------------------------------------- what is in a view


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
    returned = wanted.state is State.RETURNED
    people_of = conditions.people_in(who, wanted)
    asked = (
        conditions.in_state(wanted.state),
        *conditions.not_own(who),
        *(_in_use() if returned else ()),
        *conditions.of_work(who, wanted),
    )
    if view.user_id is not None:
        permissions.require_follows(who, view.user_id)
        named = conditions.of_people(wanted, people_of, Completion.user)
        return Scope(who, view, wanted, (*asked, Completion.user == view.user_id, *named))
    if wanted.state is State.NEEDS_REVIEW and who.account.community_on and not (who.rules_all or who.astray):
        named = conditions.of_people(wanted, people_of, database.unindexed(Completion.user))
        walked = partial(conditions.followed, who) if _is_much(who) else None
        rows = waiting_rows(who).alias("seen")
        narrowed = named or conditions.of_work(who, wanted)
        whole = None if narrowed else _only_group(who)
        return Scope(who, view, wanted, (*asked, *named), rows=rows, followed=walked, whole=whole)
    people = _people(who, wanted, people_of)
    if people is not None and _are_few(len(people), _numbers(wanted.state)):
        # Where there is nobody, a value that is nobody's.
        values = ValuesList([(user_id,) for user_id in people or (0,)], alias="followed")
        return Scope(who, view, wanted, asked, values)

    def followed(user: Any) -> list[Any]:
        if people is not None:
            return [user.in_(database.numbers(people))]
        return [*conditions.followed(who, user), *conditions.of_people(wanted, people_of, user)]

    return Scope(who, view, wanted, asked, followed=followed)


def _only_group(who: Permissions) -> int | None:
    """The group that somebody leads, if that is the only way in which they see anything."""
    if len(who.reach.led) != 1 or who.reach.mentored:
        return None
    return int(who.reach.led[0].strip("/").rpartition("/")[2])


WINDOW = 100
"""So many rows a list reads at once."""


def _is_much(who: Permissions) -> bool:
    """Whether so much waits in the groups that the viewer sees that a window of it by age is found sooner by
    walking all that waits.
    """
    led = GroupCount.select(fn.SUM(GroupCount.waiting)).join(Group, on=(Group.id == GroupCount.group_id))
    here = GroupCount.select(fn.SUM(GroupCount.waiting_here))
    tops = Group.path.in_(list(who.reach.led)) if len(who.reach.led) <= KNOWN else who.reach.led_in()
    mentored = GroupCount.group_id.in_(database.numbers(who.reach.mentored))
    everything = Completion.select(fn.COUNT(Completion.id)).where(conditions.in_state(State.NEEDS_REVIEW))
    columns = (fn.COALESCE(led.where(tops), 0), fn.COALESCE(here.where(mentored), 0), everything)
    row = database.row(Select((), columns).bind(database.db))
    assert row is not None
    return bool((row[0] + row[1]) ** 2 > 1.5 * WINDOW * row[2])


def waiting_rows(who: Permissions) -> Any:
    """Select of the ids of what waits of people whom the actor follows by a role, each once."""
    row = WaitingRow
    of_others = in_force.lasting(row.last_day) & (row.user_id != who.user_id)
    led = row.select(row.completion_id).join(Group, on=(Group.id == row.group_id))
    mentored = row.group_id.in_(database.numbers(who.reach.mentored)) & (row.role == Role.MEMBER)
    return led.where(who.reach.led_in(), of_others).union(
        WaitingRow.select(row.completion_id).where(mentored, of_others)
    )


class Numbers(NamedTuple):
    """What the way is chosen by: all that is in the state, and everybody."""

    waiting: int
    people: int


def _numbers(state: State) -> Numbers:
    waiting = Completion.select(fn.COUNT(Completion.id)).where(conditions.in_state(state))
    row = database.row(Select((), (waiting, User.select(fn.COUNT(User.id)))).bind(database.db))
    assert row is not None
    return Numbers(*row)


def _in_use() -> list[Any]:
    """Conditions: nothing of steps, courses and people that are not in use any more."""
    # Mostly there are none, and then nothing needs to be asked of each row.
    gone = ((Completion.step, conditions.out_of_use()), (Completion.user, conditions.people_gone()))
    columns = [fn.EXISTS(select) for _, select in gone]
    found = database.row(Select((), columns).bind(database.db))
    assert found is not None
    asked = zip(gone, found, strict=True)
    return [database.unindexed(column).not_in(select) for (column, select), is_any in asked if is_any]


KNOWN = 500
"""So many people are read and named in the queries that follow; of more the database keeps track."""


def _people(who: Permissions, wanted: QueueFilter, people_of: Mapping[str, Any]) -> list[int] | None:
    """The people whom the viewer follows, narrowed by what the line says of them; None for very many.

    Nobody while Community groups are not on: admins review from a person's page then, and have no queue.
    """
    if not who.is_operator and not who.account.community_on:
        return []
    query: Any
    if who.rules_all:
        if not any(piece.wanted for piece in wanted.of("person", "group")):
            return None
        query = User.select(User.id)
    else:
        query = permissions.people_followed(who).distinct()
    for condition in conditions.of_people(wanted, people_of, User.id):
        query = query.where(condition)
    found = database.rows(query.limit(KNOWN + 1))
    return None if len(found) > KNOWN else [row[0] for row in found]


def _are_few(people: int, numbers: Numbers) -> bool:
    """Whether to start from the people: they and their share of what waits are little beside all of it."""
    share = people * numbers.waiting / max(1, numbers.people)
    return 2 * (people + share) < numbers.waiting
