"""Rows for tests of what people did: each function inserts one thing and gives its id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from playhouse.test_utils import count_queries

from store import database
from store.models import (
    Account,
    Attempt,
    Completion,
    Course,
    Enrolment,
    Group,
    Lesson,
    Membership,
    Post,
    Review,
    Step,
    User,
)
from store.text import fold
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.states import Decision, Marking, State
from tests.conftest import NOON

_numbers = count(1)


def insert(model: Any, **values: Any) -> int:
    """Insert one row; returns its id."""
    with database.writing():
        return int(model.insert(values).execute())


def account(plan: Plan = Plan.COMPLETE, beta: Beta = Beta.ON) -> None:
    """The account, or the one there is with another plan and beta."""
    with database.writing():
        if not Account.update(plan=plan, beta=beta).execute():
            Account.insert(name="Hillside", plan=plan, beta=beta, created_at=NOON).execute()


def person(first: str = "Ana", last: str = "Ito", *, admin: bool = False, active: bool = True) -> int:
    """Somebody with an email of their own."""
    return insert(
        User,
        first_name=first,
        last_name=last,
        email=f"p{next(_numbers)}@school.example",
        is_admin=admin,
        active=active,
        search=f"{last} {first}".casefold(),
        created_at=NOON,
    )


def acting(user_id: int | None) -> Actor:
    """That person as the one who acts."""
    return Actor(user_id=user_id, name=f"person {user_id}")


def group(name: str = "Group", parent: int | None = None, *, active: bool = True, text: str = "") -> int:
    """A group with a slug of its own."""
    slug = f"group-{next(_numbers)}"
    return insert(
        Group,
        name=name,
        slug=slug,
        description=text,
        parent=parent,
        active=active,
        created_at=NOON,
        search=fold(name),
    )


def place(user_id: int, group_id: int, role: Role = Role.MEMBER, *, active: bool = True) -> int:
    """A membership."""
    return insert(Membership, user=user_id, group=group_id, role=role, active=active, created_at=NOON)


def course(title: str = "Pottery", *, active: bool = True) -> int:
    """A course without lessons."""
    return insert(Course, title=title, active=active, created_at=NOON)


def lesson(course_id: int, title: str = "Clay", position: int = 1) -> int:
    """A lesson without steps."""
    return insert(Lesson, course=course_id, title=title, position=position)


def step(
    lesson_id: int,
    title: str = "Knead",
    position: int = 1,
    *,
    points: float | None = None,
    marking: Marking = Marking.AUTOMATIC,
    active: bool = True,
) -> int:
    """A step of a lesson."""
    return insert(
        Step,
        lesson=lesson_id,
        title=title,
        position=position,
        points=points,
        marking=marking,
        active=active,
    )


def steps(course_id: int, number: int, points: float | None = None) -> list[int]:
    """That many steps in one new lesson."""
    where = lesson(course_id)
    return [step(where, f"Step {index}", index, points=points) for index in range(1, number + 1)]


def enrol(user_id: int, course_id: int, *, active: bool = True) -> int:
    """An enrolment."""
    return insert(Enrolment, user=user_id, course=course_id, active=active, created_at=NOON)


def ago(**parts: float) -> datetime:
    """A moment that long before noon: `ago(days=2)`."""
    return NOON - timedelta(**parts)


def work(
    user_id: int,
    step_id: int,
    state: State = State.COMPLETE,
    *,
    points: float | None = None,
    submitted: datetime | None = None,
    completed: datetime | None = None,
) -> int:
    """A completion, without attempts; what waits was submitted at noon unless said otherwise."""
    if state is State.NEEDS_REVIEW:
        submitted = submitted or NOON
    return insert(
        Completion,
        user=user_id,
        step=step_id,
        state=state,
        points=points,
        submitted_at=submitted,
        completed_at=completed,
    )


def attempt(completion_id: int, at: datetime, number: int = 1) -> int:
    """A submission."""
    return insert(Attempt, completion=completion_id, number=number, text="My work", submitted_at=at)


def review(
    completion_id: int,
    at: datetime,
    decision: Decision = Decision.APPROVE,
    *,
    by: int | None = None,
    points: float | None = None,
    feedback: str = "Fine",
) -> int:
    """A review."""
    return insert(
        Review,
        completion=completion_id,
        reviewer=by,
        decision=decision,
        points=points,
        feedback=feedback,
        created_at=at,
    )


def post(
    user_id: int,
    course_id: int,
    at: datetime,
    body: str = "Hello",
    *,
    step_id: int | None = None,
    active: bool = True,
) -> int:
    """A discussion post."""
    return insert(
        Post,
        user=user_id,
        course=course_id,
        step=step_id,
        title="A title",
        body=body,
        active=active,
        created_at=at,
    )


@contextmanager
def queries(expected: int) -> Iterator[None]:
    """Fails unless exactly that many look-ups ran inside; beginning and ending do not count."""
    with count_queries() as counter:
        yield
    asked = [record.msg[0] for record in counter.get_queries()]
    found = [sql for sql in asked if sql.lstrip("(").startswith(("SELECT", "WITH"))]
    assert len(found) == expected, "\n".join(found)
