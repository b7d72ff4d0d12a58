"""A small builder for tests: puts a school's rows straight into the tables, past every rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from store import clock, database, people, text
from store.models import (
    Account,
    Attempt,
    AuditLine,
    Completion,
    Course,
    Enrolment,
    Group,
    Lesson,
    Membership,
    Review,
    Step,
    User,
)
from store.models.access import SessionRow, SshKey
from store.permissions import OPERATOR
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.states import Decision, Marking, State
from tests.helpers import databases

DAY = timedelta(days=1)
PEEWEE_LOGGER = "peewee"


class School:
    """Each method inserts and returns the new row's id; names are made up where none are given."""

    def __init__(self) -> None:
        with _writing():
            _insert(Account, name="Northfield", created_at=clock.now())

    def account(self, *, plan: Plan = Plan.COMPLETE, beta: Beta = Beta.ON) -> None:
        with _writing():
            Account.update(plan=plan, beta=beta).execute()

    def person(self, name: str, *, email: str | None = "", admin: bool = False, active: bool = True) -> int:
        """`name` is first and last name with a space between; the email is made from it unless given."""
        first, _, last = name.partition(" ")
        address = f"{first}.{last}@x.example".lower().replace(" ", "") if email == "" else email
        values = {
            "first_name": first,
            "last_name": last,
            "email": address,
            "is_admin": admin,
            "active": active,
            "search": people.search_text(first, last, address),
            "created_at": clock.now(),
        }
        with _writing():
            return _insert(User, **values)

    def actor(self, user_id: int | None) -> Actor:
        """Somebody to act as; None is the operator."""
        if user_id is None:
            return OPERATOR
        with database.reading():
            row = database.row(User.select(User.first_name, User.last_name).where(User.id == user_id))
        assert row is not None
        return Actor(user_id=user_id, name=text.full_name(row[0], row[1]))

    def group(
        self, name: str, parent: int | None = None, *, active: bool = True, slug: str | None = None
    ) -> int:
        slug = slug or name.lower().replace(" ", "-")
        values = {"name": name, "slug": slug, "parent": parent, "active": active, "created_at": clock.now()}
        values["search"] = text.fold(name)
        with _writing():
            return _insert(Group, **values)

    def place(self, user_id: int, group_id: int, role: Role = Role.MEMBER, *, active: bool = True) -> int:
        values = {"user": user_id, "group": group_id, "role": role, "active": active}
        with _writing():
            return _insert(Membership, **values, created_at=clock.now())

    def course(
        self,
        title: str,
        steps: Sequence[float | None] = (20.0, 10.0, None),
        *,
        lessons: int = 1,
        active: bool = True,
    ) -> list[int]:
        """A course with the same steps in each lesson, given by their points; returns the step ids.

        Steps are marked by review.
        """
        ids = []
        with _writing():
            course = _insert(Course, title=title, active=active, created_at=clock.now())
            for number in range(1, lessons + 1):
                lesson = _insert(Lesson, course=course, title=f"{title} lesson {number}", position=number)
                for position, points in enumerate(steps, 1):
                    values = {"lesson": lesson, "title": f"{title} step {number}.{position}"}
                    values |= {"position": position, "points": points, "marking": Marking.REVIEW}
                    ids.append(_insert(Step, **values))
        return ids

    def course_of(self, step_id: int) -> int:
        with database.reading():
            row = database.row(Step.select(Lesson.course).join(Lesson).where(Step.id == step_id))
        assert row is not None
        return int(row[0])

    def enrol(self, user_id: int, course_id: int, *, active: bool = True) -> int:
        values = {"user": user_id, "course": course_id, "active": active, "created_at": clock.now()}
        with _writing():
            return _insert(Enrolment, **values)

    def work(
        self,
        user_id: int,
        step_id: int,
        state: State = State.NEEDS_REVIEW,
        *,
        days_ago: float = 1,
        attempts: int = 1,
        points: float | None = None,
    ) -> int:
        """A completion with its attempts, the latest `days_ago`, each one a day after the one before."""
        at = clock.now() - days_ago * DAY
        done = at if state in (State.COMPLETE, State.SKIPPED, State.FAILED) else None
        values = {"user": user_id, "step": step_id, "state": state, "points": points}
        with _writing():
            completion = _insert(Completion, **values, submitted_at=at, completed_at=done)
            for number in range(1, attempts + 1):
                handed_in = at - (attempts - number) * DAY
                texts = {"text": f"try {number}", "link": ""}
                _insert(Attempt, completion=completion, number=number, **texts, submitted_at=handed_in)
        return completion

    def attempt(self, completion_id: int, number: int, text: str = "") -> int:
        """Another attempt of work that is there."""
        with _writing():
            values = {"completion": completion_id, "number": number, "text": text, "link": ""}
            return _insert(Attempt, **values, submitted_at=clock.now())

    def review(self, completion_id: int, reviewer: int | None, decision: Decision, feedback: str = "") -> int:
        values = {"completion": completion_id, "reviewer": reviewer, "decision": decision}
        with _writing():
            return _insert(Review, **values, feedback=feedback, created_at=clock.now())

    def key(self, user_id: int, fingerprint: str = "SHA256:made-up") -> int:
        """A key that no machine has."""
        values = {"user": user_id, "name": "laptop", "kind": "ssh-ed25519", "blob": "AAAA"}
        with _writing():
            return _insert(SshKey, **values, fingerprint=fingerprint, created_at=clock.now())

    def session(self, user_id: int, key_id: int, *, days_ago: float = 1) -> int:
        """A session that was last heard of so long ago, and that nobody ended."""
        at = clock.now() - days_ago * DAY
        values = {"user": user_id, "key": key_id, "address": "192.0.2.1"}
        with _writing():
            return _insert(SessionRow, **values, started_at=at, input_at=at, seen_at=at)

    def change(self, model: Any, row_id: int, **values: Any) -> None:
        """Set columns of a row."""
        with _writing():
            model.update(**values).where(model.id == row_id).execute()

    def value(self, model: Any, row_id: int, *columns: str) -> tuple[Any, ...] | None:
        """Columns of a row, or None where there is no such row."""
        with database.reading():
            fields = [getattr(model, column) for column in columns]
            return database.row(model.select(*fields).where(model.id == row_id))

    def audit_lines(self) -> list[tuple[Any, ...]]:
        """(action, target kind, target id, actor id) of each line, oldest first."""
        columns = (AuditLine.action, AuditLine.target_kind, AuditLine.target_id, AuditLine.actor)
        with database.reading():
            return database.rows(AuditLine.select(*columns).order_by(AuditLine.id))

    def now(self) -> datetime:
        return clock.now()


@contextmanager
def _writing() -> Iterator[None]:
    """A transaction, or the one that is open: one within it would begin and end for each row."""
    if database.db.in_transaction():
        yield
        return
    with database.writing():
        yield


def _insert(model: Any, **values: Any) -> int:
    """Put a row into a table, as the model's own `insert` does, which takes four times as long; its id."""
    fields, sql = _insertion(model, *values)
    row = [
        field.db_value(values[field.name] if field.name in values else _default(field)) for field in fields
    ]
    done = database.db.execute_sql(sql, row)
    return int(done.fetchone()[0] if databases.ON_POSTGRESQL else done.lastrowid)


def _default(field: Any) -> Any:
    return field.default() if callable(field.default) else field.default


@cache
def _insertion(model: Any, *names: str) -> tuple[list[Any], str]:
    """The fields that get a value where these are given, and the statement that gives them one."""
    table = model._meta
    assert set(names) <= set(table.fields), names
    fields = [field for field in table.sorted_fields if field.name in names or field.default is not None]
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join([database.db.param] * len(fields))
    sql = f'INSERT INTO "{table.table_name}" ({columns}) VALUES ({marks})'
    return fields, f'{sql} RETURNING "id"' if databases.ON_POSTGRESQL else sql


def dump(*tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables (all but the audit log and the runner's, unless given), by id."""
    wanted = tables or [name for name in databases.tables() if name not in ("audit_lines", database.HISTORY)]
    # Not every table has an id, nor every row of it one of its own.
    return {name: sorted(databases.run(f'SELECT * FROM "{name}"'), key=_by_value) for name in sorted(wanted)}


def _by_value(row: tuple[Any, ...]) -> list[tuple[bool, str, Any]]:
    """By the first column and those behind it, whatever they hold."""
    return [(value is not None, type(value).__name__, value) for value in row]


class Counted:
    """How many look-ups were made."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    @property
    def count(self) -> int:
        return len(self.queries)


@contextmanager
def counting(monkeypatch: Any) -> Iterator[Counted]:
    """Count the statements that the store sends, but for those that begin and end transactions."""
    counted = Counted()
    original = database.db.obj.execute_sql

    def execute(sql: str, *args: Any, **kwargs: Any) -> Any:
        if not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            counted.queries.append(sql)
        return original(sql, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(database.db.obj, "execute_sql", execute)
        yield counted
