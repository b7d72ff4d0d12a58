"""How the fake Canvas finds who answers a request, and what it says when it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.helpers.fake_canvas.school import TA, TEACHER, Assignment, Course, Enrolment, School, User


@dataclass
class Account:
    """Whose token it is, and which permissions they lack in every course, by Canvas' own names."""

    user: User
    lacks: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Call:
    """One request: what was asked of whom. Values by names as they came, as in `submission[posted_grade]`."""

    school: School
    account: Account
    url: str
    params: dict[str, list[str]]

    def one(self, name: str) -> str | None:
        """A value, None where it was not sent."""
        found = self.params.get(name)
        return found[-1] if found else None

    def many(self, name: str) -> list[str]:
        return self.params.get(f"{name}[]", [])

    def includes(self, name: str) -> bool:
        return name in self.many("include")


class Rows:
    """A list, of which an answer has a page: only for that `make` is called."""

    def __init__(self, rows: Sequence[Any], make: Callable[[Any], Any] = lambda row: row) -> None:
        self.rows = rows
        self.make = make


class CanvasError(Exception):
    """An answer that is none: a status, and what it says."""

    def __init__(self, status: int, said: Any) -> None:
        super().__init__(status)
        self.status = status
        self.said = said


def not_found() -> CanvasError:
    return CanvasError(404, {"errors": [{"message": "The specified resource does not exist."}]})


def unauthorised() -> CanvasError:
    """A right is missing: Canvas says 401 here, as for a token that is not good, but asks for none."""
    said = "user not authorized to perform that action"
    return CanvasError(401, {"status": "unauthorized", "errors": [{"message": said}]})


Endpoint = Callable[..., Any]
_ENDPOINTS: list[tuple[str, re.Pattern[str], Endpoint]] = []


def endpoint(method: str, path: str) -> Callable[[Endpoint], Endpoint]:
    """Let a function answer requests to a path; each `:name` in it is a number, given in order."""
    pattern = re.compile(re.sub(r":\w+", r"(\\d+)", path) + r"\Z")

    def add(function: Endpoint) -> Endpoint:
        _ENDPOINTS.append((method, pattern, function))
        return function

    return add


def answer(call: Call, method: str, path: str) -> Any:
    """What the API says to a request. Raises CanvasError."""
    for known, pattern, function in _ENDPOINTS:
        found = pattern.match(path)
        if known == method and found:
            with call.school.lock:
                return function(call, *map(int, found.groups()))
    raise not_found()


def in_iso(at: datetime | None) -> str | None:
    """A moment as Canvas writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else None


# ---------------------------------------------------------------------- who may what


def may(call: Call, course: int, permission: str) -> bool:
    """Whether the token's person has a permission in a course."""
    own = enrolments(call, course, call.account.user.id)
    return any(each.type in (TA, TEACHER) for each in own) and permission not in call.account.lacks


def require(call: Call, course: int, permission: str) -> None:
    course_of(call, course)
    if not may(call, course, permission):
        raise unauthorised()


def course_of(call: Call, course: int) -> Course:
    found = call.school.courses.get(course)
    if found is None or found.state == "deleted" or not enrolments(call, course, call.account.user.id):
        raise not_found()
    return found


def assignment_of(call: Call, course: int, number: int) -> Assignment:
    course_of(call, course)
    found = call.school.assignments.get(number)
    if found is None or found.course != course:
        raise not_found()
    return found


def enrolments(call: Call, course: int, user: int) -> list[Enrolment]:
    rows = call.school.enrolments.values()
    return [each for each in rows if each.course == course and each.user == user]
