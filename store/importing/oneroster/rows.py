"""What is kept of a row of each of OneRoster's files.

`line` is where it stands in the file, `gone` whether its status is tobedeleted.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class AcademicSession(NamedTuple):
    line: int
    id: str
    gone: bool
    parent: str | None


class Org(NamedTuple):
    line: int
    id: str
    gone: bool
    name: str
    parent: str | None


class RosterCourse(NamedTuple):
    line: int
    id: str
    gone: bool
    title: str


class ClassRow(NamedTuple):
    line: int
    id: str
    gone: bool
    title: str
    course: str | None
    school: str


class UserRow(NamedTuple):
    line: int
    id: str
    gone: bool
    enabled: bool
    first: str
    last: str
    preferred_first: str | None
    preferred_last: str | None
    email: str | None
    role: str | None
    orgs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, str]:
        """The names that people use, where the file has them."""
        return self.preferred_first or self.first, self.preferred_last or self.last


class RoleRow(NamedTuple):
    line: int
    id: str
    gone: bool
    user: str
    role: str
    begins: date | None
    ends: date | None
    org: str | None


class Enrollment(NamedTuple):
    line: int
    id: str
    gone: bool
    class_id: str
    user: str
    role: str
    begins: date | None
    ends: date | None


class Category(NamedTuple):
    line: int
    id: str
    gone: bool
    title: str


class LineItem(NamedTuple):
    line: int
    id: str
    gone: bool
    title: str
    description: str | None
    opens: datetime | None
    due: datetime | None
    class_id: str
    category: str | None
    maximum: float | None

    @property
    def points(self) -> float | None:
        """What can be earned; a maximum of zero means that nothing can."""
        return self.maximum or None


class Result(NamedTuple):
    line: int
    id: str
    gone: bool
    modified: datetime | None
    item: str
    student: str
    status: str
    score: float | None
    date: datetime | None
    comment: str | None
    text_score: str | None
