"""The queue: what waits for review, counted and listed."""

from __future__ import annotations

from typing import Any

from peewee import SQL, fn

from store import database, permissions, text
from store.models import Attempt, Completion, Course, Lesson, Step, User
from store.permissions import Standing
from store.views import Actor, Page
from store.views.queue import Neighbours, QueueLook, QueueRow
from store.views.work import State


def outstanding(completion: Any = Completion) -> Any:
    """Condition: the completion waits for a person.

    Written as a literal, never a bound parameter: only so do the partial indexes serve it.
    """
    return completion.state == SQL(f"'{State.NEEDS_REVIEW}'")


def _waiting(who: Standing, *columns: Any, in_sight: bool = True) -> Any:
    """Select of what the actor could review: not their own, and nothing of people, courses or steps
    that are not in use any more.
    """
    withdrawn = Step.select(Step.id).join(Lesson).join(Course).where(~Step.active | ~Course.active)
    mine = permissions.reviewable(who) if in_sight else Completion.user != who.user_id
    query = Completion.select(*columns).join(User)
    return query.where(outstanding(), User.active, Completion.step.not_in(withdrawn), mine)


def count_waiting(who: Standing, user_id: int | None = None) -> int:
    """How many completions the actor could review; of one person with `user_id`."""
    query = _waiting(who, fn.COUNT(Completion.id))
    return (query if user_id is None else query.where(Completion.user == user_id)).scalar()


def waiting_by_person(who: Standing, *, in_sight: bool = False) -> Any:
    """Select (user_id, n): outstanding completions per person, but for the actor's own.

    Without `in_sight` whoever joins this has narrowed it to the people whom the actor follows.
    """
    columns = (Completion.user.alias("user_id"), fn.COUNT(Completion.id).alias("n"))
    return _waiting(who, *columns, in_sight=in_sight).group_by(Completion.user)


def waiting(actor: Actor, *, user_id: int | None = None, offset: int = 0, limit: int = 100) -> Page[QueueRow]:
    """What the actor could review, oldest first; of one person with `user_id`.

    Raises NotFoundError unless they may follow that person.
    """
    with database.reading():
        who = permissions.standing(actor)
        scope: Any = SQL("1 = 1")
        if user_id is not None:
            permissions.require_follows(who, user_id)
            scope = Completion.user == user_id
        total = count_waiting(who, user_id)
        number = Attempt.select(fn.MAX(Attempt.number)).where(Attempt.completion == Completion.id)
        query = (
            _waiting(
                who,
                Completion.id,
                Completion.user,
                User.first_name,
                User.last_name,
                Course.title,
                Step.id,
                Step.title,
                Step.points,
                Completion.submitted_at,
                fn.COALESCE(number, 1),
            )
            .join_from(Completion, Step)
            .join(Lesson)
            .join(Course)
            .where(scope)
            .order_by(Completion.submitted_at, Completion.id)
            .offset(offset)
            .limit(limit)
        )
        return Page(rows=tuple(_queue_row(row) for row in database.rows(query)), offset=offset, total=total)


def _queue_row(row: tuple[Any, ...]) -> QueueRow:
    return QueueRow(
        completion_id=row[0],
        user_id=row[1],
        person=text.full_name(row[2], row[3]),
        course=row[4],
        step_id=row[5],
        step=row[6],
        points=row[7],
        submitted_at=row[8],
        attempt=row[9],
    )


def neighbours(actor: Actor, look: QueueLook, user_id: int, step_id: int) -> Neighbours:
    """Where a person's work on a step stands in a look, and what stands beside it.

    Raises NotFoundError where the look is of a person whom the actor may not follow.
    """
    with database.reading():
        rows = waiting(actor, user_id=look.user_id, limit=10_000).rows
        at = next((i for i, row in enumerate(rows) if (row.user_id, row.step_id) == (user_id, step_id)), None)
        if at is None:
            return Neighbours(0, len(rows), None, rows[0] if rows else None)
        before = rows[at - 1] if at else None
        after = rows[at + 1] if at + 1 < len(rows) else None
        return Neighbours(at + 1, len(rows), before, after)


def waiting_since(who: Standing, people: Any) -> Any:
    """Select since when each completion of these people (ids, or a select of them) waits.

    Whoever asks has narrowed them to people whom the actor follows; their own does not count.
    """
    return _waiting(who, Completion.submitted_at, in_sight=False).where(Completion.user.in_(people))
