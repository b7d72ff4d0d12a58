"""How a part of the queue is read: by which way, in which order, and up to where it is counted.

There are several ways to the same rows, see `select`, which chooses. The wrong one costs up to 150 times the
right one, so the queries are written so that no other is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from peewee import JOIN, SQL, Join, Select, Tuple, Value, fn

from store import blind, clock, database
from store.frozen import dataclass
from store.models import Completion, Course, Lesson, Step, User
from store.permissions import Permissions
from store.queue import conditions, ended
from store.queue.filter import QueueFilter
from store.views.queue import QueueView, StepGroup

WINDOW = 100
"""So many rows a list reads at once."""
MOST_COUNTED = 500
"""Beyond those that are read so many more are counted, where that is done by walking."""

ORDERS = {
    "age": ("since", "user", "step"),
    "person": ("search", "user", "since", "step"),
    "course": ("course_title", "course", "since", "user", "step"),
    "step": ("step_title", "step", "since", "user"),
}
"""The columns by which each sort goes: together they tell any two items apart."""
TITLES = ("course_title", "step_title")
SOON = 10
"""So many windows are read title by title; further down all of it is put in order."""
IN_A_ROW = {"person": ORDERS["person"]}
"""The same among the items of one step, where those stand in a row; else the oldest comes first."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a view has in it, for somebody. `conditions` are on each row.

    `people` is a list of values: the ids of whom to start from, where one does; `rows` a select of the ids of
    what is in the state in the groups that the viewer sees. Where one walks all that is in the state,
    `followed` makes the conditions on a column of ids of people; where it has both, one walks for a window
    and to count. `known` tells how many there are where that is counted already.
    """

    who: Permissions
    view: QueueView
    wanted: QueueFilter
    conditions: tuple[Any, ...]
    people: Any = None
    rows: Any = None
    followed: Callable[[Any], list[Any]] | None = None
    known: Callable[[], int] | None = None

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
            # Last, since it costs most.
            return query.where(*self.conditions, *self.followed(database.unindexed(Completion.user)))
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
        # The steps of all in the state come in order; else it would be read by step, and that is everything
        # that anybody ever did on these steps.
        walks = self.people is None and self.rows is None
        step = Completion.step if walks else database.unindexed(Completion.step)
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
                return blind.person_key()
            case "step":
                return Completion.step
            case "search":
                return blind.sort_key()
            case "course":
                return Lesson.course
            case "course_title":
                return fn.LOWER(Course.title)
        return fn.LOWER(Step.title)

    @property
    def _walked(self) -> Scope:
        """The same by walking all that is in the state, where one does."""
        return self if self.followed is None else replace(self, rows=None)

    def window(self, offset: int, limit: int) -> tuple[list[int], int, bool]:
        """The completions of a window in order; how many there are, and whether there are more: where they
        are met by walking, they are counted to a little beyond the window.
        """
        end = offset + limit
        if self.known is not None:
            total, more = self.known(), False
        elif self.followed is None:
            found = _ids(self.ordered())
            return found[offset:end], len(found), False
        elif self.keys[0] == "since":
            most = end + MOST_COUNTED
            found = _ids(self.ordered().limit(most + 1))
            return found[offset:end], min(len(found), most), len(found) > most
        else:
            total, more = self._counted(end)
            if not total:
                return [], 0, False
        many = more or total > end + MOST_COUNTED
        if many and self.followed is not None and self.keys[0] in TITLES and end <= SOON * WINDOW:
            return self._by_title(end)[offset:], total, more
        return _ids(self.ordered(many=many).offset(offset).limit(limit)), total, more

    def _by_title(self, end: int) -> list[int]:
        """The first completions in the order of their courses or steps, up to an end: read title by title."""
        course, step = fn.LOWER(Course.title), fn.LOWER(Step.title)
        each, order = (Course.id, course) if self.keys[0] == "course_title" else (Step.id, step)
        counts = Completion.select(Completion.step, fn.COUNT(SQL("*")).alias("n"))
        counts = (
            counts.where(conditions.in_state(self.wanted.state)).group_by(Completion.step).alias("counts")
        )
        query = Step.select(Step.id, each, counts.c.n).join(counts, on=(counts.c.step_id == Step.id))
        query = query.join_from(Step, Lesson).join(Course).order_by(order, each)
        titles = [list(steps) for _, steps in groupby(database.rows(query), key=itemgetter(1))]
        found: list[int] = []
        while titles and len(found) < end:
            # So many are in the state; how many of them are in the view is told by reading them.
            positions, met = dict[int, int](), 0
            for number, title in enumerate(titles):
                if met >= end - len(found):
                    break
                positions.update((step_id, number) for step_id, _, _ in title)
                met += sum(n for *_, n in title)
            titles = titles[1 + max(positions.values()) :]
            found += self._of_titles(positions)
        return found[:end]

    def _of_titles(self, positions: Mapping[int, int]) -> list[int]:
        """The completions of some steps, in the order of the steps' positions, and then the oldest first."""
        since = self.since.coerce(False)
        order = (Completion.step, self.since, Completion.user)
        query = self._walked.select(Completion.step, since, Completion.user, Completion.id)
        # In the order of an index of what is in the state: else all that was ever done on them would be read.
        query = query.where(Completion.step.in_(database.numbers(positions))).order_by(*order)
        rows = database.rows(query)
        rows.sort(key=lambda row: (positions[row[0]], row[1], row[2], row[0]))
        return [row[-1] for row in rows]

    def counted(self) -> tuple[int, bool]:
        """How many there are, and whether there are more, as for the first window."""
        if self.known is not None or self.followed is None:
            return self.count(), False
        return self._counted(WINDOW)

    def _counted(self, seen: int) -> tuple[int, bool]:
        most = seen + MOST_COUNTED
        met = self._walked.select(SQL("1")).limit(most + 1).alias("met")
        found = int(Select([met], [fn.COUNT(SQL("*"))]).bind(database.db).scalar())
        return min(found, most), found > most

    def ordered(
        self,
        *,
        after: Key | None = None,
        before: Key | None = None,
        backwards: bool = False,
        many: bool | None = None,
    ) -> Any:
        """Select of completion ids in order; those `after` or `before` a key, nearest first.

        `many` is whether so many are in it that the next ones are soon met in any order, if that is known.
        """
        if (
            self.keys[0] == "search"
            and self.followed is not None
            # What is shown without a name does not stand where its person does.
            and not blind.are_any()
            and (self._are_many if many is None else many)
        ):
            query, columns = self._by_name(after, before)
        else:
            walks = self.followed is not None and self.keys[0] == "since"
            query, columns = (self._walked if walks else self)._with_order(Completion.id)
        if after is not None:
            query = query.where(Tuple(*columns) > Tuple(*_values(after)))
        if before is not None:
            query = query.where(Tuple(*columns) < Tuple(*_values(before)))
        if backwards or before is not None:
            columns = [column.desc() for column in columns]
        return query.order_by(*columns)

    @property
    def _are_many(self) -> bool:
        return self._counted(WINDOW)[1]

    def _by_name(self, after: Key | None, before: Key | None) -> tuple[Any, list[Any]]:
        """Select that goes from person to person by name, from where the key is, with the columns of it."""
        assert self.followed is not None
        query = Completion.select(Completion.id).from_(Join(User, Completion, JOIN.CROSS))
        theirs = (Completion.user == User.id, *self.conditions)
        query = query.where(*theirs, *self.followed(database.unindexed(Completion.user)))
        if after is not None:
            query = query.where(User.search >= after[0])
        if before is not None:
            query = query.where(User.search <= before[0])
        return query, [self.column(name) for name in self.keys]

    def count(self) -> int:
        """How many there are."""
        if self.known is not None:
            return self.known()
        if self.followed is None or self.rows is not None:
            return int(self.select(fn.COUNT(Completion.id)).scalar())
        # Whether somebody is followed is asked once, not for each of their items.
        each = Completion.select(Completion.user.alias("user_id"), fn.COUNT(Completion.id).alias("n"))
        each = each.where(*self.conditions).group_by(Completion.user).alias("each")
        query = Select((each,), (fn.COALESCE(fn.SUM(each.c.n), 0),))
        return int(_where(query, self.followed(each.c.user_id)).bind(database.db).scalar())

    def count_before(self, key: Key) -> int:
        """How many there are before a key."""
        if self.followed is not None and self.keys[0] in ("since", "search"):
            # Mostly one begins with the first of them.
            near = _ids(self.ordered(before=key).limit(MOST_COUNTED + 1))
            if len(near) <= MOST_COUNTED:
                return len(near)
        query, columns = self._with_order(fn.COUNT(Completion.id))
        return int(query.where(Tuple(*columns) < Tuple(*_values(key))).scalar())

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


def _ids(query: Any) -> list[int]:
    return [row[0] for row in database.rows(query)]


def _values(key: Key) -> list[Any]:
    return [Value(value if isinstance(value, int | str) else clock.to_micros(value)) for value in key]


def _where(query: Any, conditions: list[Any]) -> Any:
    return query.where(*conditions) if conditions else query
