"""How a part of the queue is selected: what is in it, by which way it is read, and in which order.

There are two ways to the same rows. Where the viewer follows few people beside what waits in all, one
goes from those people to their work; else one walks what waits, in time order, and asks of each row
whether the viewer follows that person. On 50,000 waiting items the wrong way costs 50 to 150 times
the right one, so it is chosen by counting, and the query is written so that no other is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Join, Select, Tuple, Value, fn

from store import clock, database, permissions, queue_filter, text
from store.models import Attempt, Completion, Course, Group, Lesson, Membership, Review, Step, User
from store.models_own import Draft
from store.permissions import Standing
from store.queue_filter import ANY, Attempts, QueueFilter, Wanted
from store.views.groups import Role
from store.views.queue import QueueLook, StepGroup
from store.views.work import Decision, State

ORDERS = {
    "age": ("since", "user", "step"),
    "person": ("search", "user", "since", "step"),
    "course": ("course_title", "course", "since", "user", "step"),
    "step": ("step_title", "step", "since", "user"),
}
"""The columns by which each sort goes: together they tell any two items apart."""
IN_A_ROW = {"person": ORDERS["person"]}
"""The same among the items of one step, where those stand in a row; else the oldest comes first."""


def in_state(state: State) -> Any:
    """Condition: the completion is in a state.

    Written as a literal, never a bound parameter: only so do the partial indexes serve it.
    """
    return Completion.state == SQL(f"'{State(state)}'")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a look has in it, for somebody. `conditions` are on each row.

    `people` are the ids of whom to start from, where one does; where one walks what waits, `followed` makes
    the conditions on a column of ids of people.
    """

    who: Standing
    look: QueueLook
    wanted: QueueFilter
    conditions: tuple[Any, ...]
    people: Any = None
    followed: Callable[[Any], list[Any]] | None = None

    def select(self, *columns: Any) -> Any:
        """Select of the completions in it, in no order."""
        query = Completion.select(*columns)
        if self.people is not None:
            followed = self.people.distinct().alias("followed")
            # A cross join is made in the order in which it is written: first the people.
            query = query.from_(Join(followed, Completion, JOIN.CROSS))
            query = query.where(Completion.user == followed.c.user_id)
        elif self.followed is not None:
            query = _where(query, self.followed(database.unindexed(Completion.user)))
        return query.where(*self.conditions)

    @property
    def since(self) -> Any:
        """Column: since when the work is in its state."""
        if self.wanted.state is State.NEEDS_REVIEW:
            return Completion.submitted_at
        returned = Review.select(fn.MAX(Review.created_at)).where(
            Review.completion == Completion.id,
            Review.decision == Decision.RETURN,
            Review.undone_at.is_null(),
        )
        return fn.COALESCE(returned, Completion.submitted_at, 0).converter(clock.from_micros)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns by which it is sorted."""
        orders = IN_A_ROW if self.look.by_step else ORDERS
        return orders.get(self.look.sort, ORDERS["age"])

    def of_steps(self, step_ids: Iterable[int]) -> Scope:
        """The part of it that is about these steps."""
        return replace(self, conditions=(*self.conditions, Completion.step.in_(list(step_ids))))

    def groups(self) -> list[StepGroup]:
        """Its steps with how many items each has, in the order in which `by_step` puts them."""
        # Else it would be read by step, and that is everything that anybody ever did on these steps.
        step = database.unindexed(Completion.step)
        columns = (Completion.step, fn.MIN(self.since).alias("oldest"), fn.COUNT(Completion.id).alias("n"))
        steps = self.select(*columns).group_by(step).alias("of_step")
        orders = {"course": (fn.LOWER(Course.title), Course.id, steps.c.oldest), "step": (fn.LOWER(Step.title),)}
        query = (
            Step.select(Step.id, Step.title, Course.id, Course.title, steps.c.n, steps.c.oldest)
            .join(steps, on=steps.c.step_id == Step.id)
            .join_from(Step, Lesson)
            .join(Course)
            .order_by(*orders.get(self.look.sort, (steps.c.oldest,)), Step.id)
        )
        return [StepGroup(*row, since=clock.from_micros(oldest)) for *row, oldest in database.rows(query)]

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

    def ordered(
        self, *, after: Key | None = None, before: Key | None = None, backwards: bool = False
    ) -> Any:
        """Select of completion ids in order; those `after` or `before` a key, nearest first."""
        query, columns = self._with_order(Completion.id)
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
        if self.followed is None:
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

    def key_of(self, user_id: int, step_id: int) -> tuple[Key, Any] | None:
        """Where a person's work on a step stands in the order, also where it is not in the look, and since
        when it does. None for work that there is not, or that the viewer could not review.
        """
        query = (
            Completion.select(*(self.column(name) for name in self.keys), self.since)
            .join(User)
            .join_from(Completion, Step)
            .join(Lesson)
            .join(Course)
            .where(Completion.user == user_id, Completion.step == step_id, permissions.reviewable(self.who))
        )
        row = database.row(query)
        return None if row is None else (row[:-1], row[-1])


Key = tuple[Any, ...]
"""The values of an item under the columns of an order."""


def _row(key: Key) -> Any:
    values = (value if isinstance(value, int | str) else clock.to_micros(value) for value in key)
    return Tuple(*(Value(value) for value in values))


def _where(query: Any, conditions: list[Any]) -> Any:
    return query.where(*conditions) if conditions else query


# --------------------------------------------------------------- what is in a look


def scope(who: Standing, look: QueueLook) -> Scope:
    """What a look has in it. Call inside a transaction.

    Raises InvalidError for a line that cannot be read, NotFoundError where the look is of a person
    whom the actor may not follow.
    """
    wanted = queue_filter.parse(look.line)
    numbers = _numbers(wanted.state)
    bare = Scope(who, look, wanted, ())
    conditions = (in_state(wanted.state), *_in_use(who, numbers), *_of_work(bare))
    if look.user_id is not None:
        permissions.require_follows(who, look.user_id)
        active = User.select(User.id).where(User.id == look.user_id, User.active)
        theirs = (Completion.user == look.user_id, Completion.user.in_(active))
        named = _of_people(who, wanted, Completion.user)
        return Scope(who, look, wanted, (*conditions, *theirs, *named))
    people = _people(who, wanted)
    if _are_few(who, wanted, numbers, people):
        return Scope(who, look, wanted, conditions, people)

    def followed(user: Any) -> list[Any]:
        return [*_followed(who, numbers, user), *_of_people(who, wanted, user)]

    return Scope(who, look, wanted, conditions, followed=followed)


class Numbers(NamedTuple):
    """What the way is chosen by: all that is in the state, everybody, and whether anything is out of use."""

    waiting: int
    people: int
    steps_withdrawn: bool
    people_gone: bool


def _numbers(state: State) -> Numbers:
    waiting = Completion.select(fn.COUNT(Completion.id)).where(in_state(state))
    people = User.select(fn.COUNT(User.id))
    gone = User.select(User.id).where(~User.active)
    row = database.row(Select((), (waiting, people, fn.EXISTS(_withdrawn()), fn.EXISTS(gone))).bind(database.db))
    assert row is not None
    return Numbers(row[0], row[1], bool(row[2]), bool(row[3]))


def _withdrawn() -> Any:
    """Select of the steps that are not in use any more, by themselves or with their course."""
    return Step.select(Step.id).join(Lesson).join(Course).where(~Step.active | ~Course.active)


def _in_use(who: Standing, numbers: Numbers) -> list[Any]:
    """Conditions: nothing of steps or courses that are not in use any more, and nobody's own work."""
    # Mostly there are none, and then nothing needs to be asked of each row.
    asked = [Completion.step.not_in(_withdrawn())] if numbers.steps_withdrawn else []
    return asked if who.is_operator else [*asked, database.unindexed(Completion.user) != who.user_id]


def _followed(who: Standing, numbers: Numbers, user: Any) -> list[Any]:
    """Conditions: the viewer follows a person, by a column of ids."""
    if who.rules_all:
        gone = User.select(User.id).where(~User.active)
        return [user.not_in(gone)] if numbers.people_gone else []
    place = Membership.select(Membership.id).join(User)
    return [fn.EXISTS(place.where(Membership.user == user, User.active, permissions.follows(who)))]


def _people(who: Standing, wanted: QueueFilter) -> Any:
    """Select (user_id): people whom the viewer follows, narrowed by what the line says of them."""
    if who.rules_all:
        query = User.select(User.id.alias("user_id")).where(User.active)
    else:
        query = permissions.people_followed(who)
    for condition in _of_people(who, wanted, User.id):
        query = query.where(condition)
    return query


def _are_few(who: Standing, wanted: QueueFilter, numbers: Numbers, people: Any) -> bool:
    """Whether to start from the people: they and their share of what waits are little beside all of it."""
    if who.rules_all and not any(piece.wanted for piece in wanted.of("person", "group")):
        return False
    # More than half of what waits are too many, however many they are.
    some = people.limit(numbers.waiting // 2 + 1).alias("some")
    row = database.row(Select((some,), (fn.COUNT(SQL("1")),)).bind(database.db))
    followed = row[0] if row else 0
    return 2 * followed * (numbers.people + numbers.waiting) < numbers.waiting * numbers.people


def _of_people(who: Standing, wanted: QueueFilter, user: Any) -> list[Any]:
    def named(piece: Wanted) -> Any:
        return user.in_(User.select(User.id).where(_named(piece.value)))

    def placed(piece: Wanted) -> Any:
        return user.in_(_in_group(who, piece.value))

    return [*_either(wanted.of("person"), named), *_either(wanted.of("group"), placed)]


def _named(typed: str) -> Any:
    """Condition: every word is somewhere in a person's names or email."""
    condition: Any = SQL("1 = 1")
    for word in typed.split():
        condition &= User.search.contains(word)
    return condition


def _in_group(who: Standing, typed: str) -> Any:
    """Select of the people whom the viewer follows by way of a group of this name, or one below it.

    Only groups in sight have names here, and only through groups in sight does a way lead down.
    """
    columns = (Group.id, Group.name, Group.slug, Group.parent)
    seen = database.rows(Group.select(*columns).where(Group.id.in_(permissions.groups_seen(who))))
    below: dict[int | None, list[int]] = defaultdict(list)
    for group_id, _, _, parent in seen:
        below[parent].append(group_id)
    found: set[int] = set()
    ahead = [row[0] for row in seen if typed in text.fold(row[1]) or typed in row[2]]
    while ahead:
        group_id = ahead.pop()
        if group_id not in found:
            found.add(group_id)
            ahead += below[group_id]
    place = Membership.select(Membership.user).where(permissions.follows(who))
    return place.where(Membership.group.in_(database.numbers(found)))


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


def _of_work(bare: Scope) -> list[Any]:
    """Conditions on each row: what the line says of the work itself."""
    wanted = bare.wanted
    step = database.unindexed(Completion.step)

    def titled(piece: Wanted) -> Any:
        return step.in_(_steps(database.folded(Step.title).contains(piece.value)))

    def taught(piece: Wanted) -> Any:
        return step.in_(_steps(database.folded(Course.title).contains(piece.value)))

    found = [*_either(wanted.of("step"), titled), *_either(wanted.of("course"), taught)]
    user = database.unindexed(Completion.user)
    for piece in wanted.of(ANY):
        people = user.in_(User.select(User.id).where(_named(piece.value)))
        anywhere = people | titled(piece) | taught(piece)
        found.append(anywhere if piece.wanted else ~anywhere)
    now = clock.now()
    if wanted.older is not None:
        found.append(bare.since < clock.to_micros(now - wanted.older))
    if wanted.younger is not None:
        found.append(bare.since > clock.to_micros(now - wanted.younger))
    if wanted.attempts is not None:
        found.append(_compare(latest_attempt(), wanted.attempts))
    if wanted.draft is not None:
        mine = has_draft(bare.who)
        found.append(mine if wanted.draft else ~mine)
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


def has_draft(who: Standing) -> Any:
    """Condition: the viewer typed something for this work and has not saved it."""
    mine = Draft.select(Draft.completion).where(Draft.user == who.user_id)
    return Completion.id.in_(mine)


def groups_of(who: Standing, user_ids: Iterable[int]) -> dict[int, str]:
    """For each of these people, the first by name of the groups by way of which the viewer follows them."""
    query = (
        Membership.select(Membership.user, fn.MIN(Group.name))
        .join(Group)
        .where(Membership.user.in_(database.numbers(user_ids)), Group.active, permissions.follows(who))
        .group_by(Membership.user)
    )
    if who.rules_all:
        # Those who arrange the groups see everybody: where somebody learns says more than where they teach.
        query = query.where(Membership.role == Role.MEMBER)
    return dict(database.rows(query))
