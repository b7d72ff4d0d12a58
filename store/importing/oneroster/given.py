"""What the rows that stand give people, and when.

Each row of users.csv (1.1), roles.csv (1.2) and enrollments.csv gives something, for good or from a day to
another; the ledger keeps what the standing ones give. Memberships, enrolments and admin rights follow from
all that are in force on a day together: one row that goes, or ends, takes something away only if no other
gives it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from store.importing.ledger import Ledger
from store.importing.oneroster import courses, values
from store.importing.oneroster.tables import ENROLLMENTS, ORGS, ROLES
from store.importing.rights import ADMIN, ENROLMENT, GIVEN, MEMBERSHIP
from store.importing.schedule import Later
from store.importing.timeline import Period, days_of_change, marks_in_time
from store.views.groups import RANKS, Role

Groups = Literal["classes", "orgs", "none"]

ORG = ORGS.kind
CLASS_GROUP = "class group"
ROLE = ROLES.kind
ENROLLMENT = ENROLLMENTS.kind
GIVING = (ENROLLMENT, ROLE)
"""The kinds of rows that give people something."""

_BY_ROLE = {"student": Role.MEMBER} | dict.fromkeys((*values.STAFF, *values.HEADS), Role.MENTOR)
_RANKS = {str(role): rank for role, rank in RANKS.items()} | {GIVEN: 0}
_MARK = re.compile(r"(.*)[.](\d+)(?:\[([\d-]*),([\d-]*)\])?", re.ASCII | re.DOTALL)

_Key = tuple[str, int]
"""What is given: a kind of the ledger, and the group or course; 0 for admin rights."""


def row_mark(role: str, user: int | None, period: Period) -> str:
    """What the ledger keeps of a row: the role, the person's id here, and the days."""
    days = [day.isoformat() if day else "" for day in period]
    return f"{role}.{user}" + (f"[{','.join(days)}]" if any(days) else "")


def read_row_mark(mark: str) -> tuple[str, int, Period]:
    """The role, the person's id here, and the days of a mark."""
    found = _MARK.fullmatch(mark)
    assert found is not None, mark
    role, user, *days = found.groups()
    return role, int(user), Period(*(date.fromisoformat(day) if day else None for day in days))


class _Row(NamedTuple):
    """A row that stands. `where` is the id here of its group, or of its course."""

    kind: str
    role: str
    where: int | None
    period: Period


class Given:
    """What all rows of a source give from today on.

    `now` has the marks of what is in force today, by kind and key of the ledger, and `later` what takes
    their place.
    """

    def __init__(self, ledger: Ledger, mode: Groups, today: date) -> None:
        self._mode = mode
        self._class_groups = {
            course: ledger.local_id(CLASS_GROUP, key)
            for key, course in ledger.standing(courses.CLASS).items()
        }
        self._org_groups = {group for group in ledger.standing(ORG).values() if group is not None}
        self.now: dict[str, dict[str, str]] = {kind: {} for kind in (MEMBERSHIP, ENROLMENT, ADMIN)}
        self.later: list[Later] = []
        rows: dict[int, list[_Row]] = defaultdict(list)
        for kind in GIVING:
            where = ledger.standing(kind)
            for key, mark in ledger.marked(kind).items():
                role, user, period = read_row_mark(mark)
                rows[user].append(_Row(kind, role, where[key], period))
        for user, theirs in rows.items():
            self._of_person(user, theirs, today)

    def _of_person(self, user: int, rows: list[_Row], today: date) -> None:
        days = [today, *days_of_change((row.period for row in rows), today)]
        given = [(day, self._on(day, rows)) for day in days]
        for kind, where in dict.fromkeys(key for _, on_day in given for key in on_day):
            key = f"{user}.{where}" if where else f"{user}"
            in_time = [(day, on_day.get((kind, where), "")) for day, on_day in given]
            now, later = marks_in_time(in_time, _RANKS)
            if now:
                self.now[kind][key] = now
            self.later += [Later(kind, key, day, mark) for day, mark in later]

    def _on(self, day: date, rows: list[_Row]) -> dict[_Key, str]:
        """What somebody's rows give together on a day."""
        in_force = [row for row in rows if row.period.holds(day)]
        given = dict[_Key, str]()
        _add(given, self._from_classes(row for row in in_force if row.kind == ENROLLMENT))
        in_class = any(kind == MEMBERSHIP for kind, _ in given)
        _add(given, self._from_orgs((row for row in in_force if row.kind == ROLE), in_class=in_class))
        return given

    def _from_classes(self, rows: Iterable[_Row]) -> Iterator[tuple[_Key, str]]:
        for row in rows:
            if row.where is None or row.where not in self._class_groups:
                continue
            if row.role == "student":
                yield (ENROLMENT, row.where), GIVEN
            group = self._class_groups[row.where]
            if self._mode == "classes" and group is not None and row.role in _BY_ROLE:
                yield (MEMBERSHIP, group), _BY_ROLE[row.role]

    def _from_orgs(self, rows: Iterable[_Row], *, in_class: bool) -> Iterator[tuple[_Key, str]]:
        for row in rows:
            if row.role in values.ADMINS:
                yield (ADMIN, 0), GIVEN
            if row.where not in self._org_groups or row.where is None or row.role not in _BY_ROLE:
                continue
            if row.role in values.HEADS:
                yield (MEMBERSHIP, row.where), Role.LEADER
            elif self._mode == "orgs":
                yield (MEMBERSHIP, row.where), _BY_ROLE[row.role]
            elif not in_class:
                yield (MEMBERSHIP, row.where), Role.MEMBER


def _add(given: dict[_Key, str], more: Iterable[tuple[_Key, str]]) -> None:
    """Where several rows give the same, the highest role counts."""
    for key, value in more:
        if key not in given or _RANKS[given[key]] < _RANKS[value]:
            given[key] = value
