"""OneRoster's orgs and classes as groups, and people's places in them.

Each row of users.csv (1.1), roles.csv (1.2) and enrollments.csv gives something; the ledger keeps what
the standing ones give. Places, enrolments and admins follow from all of them together, so that one row
that goes takes a place away only if no other gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from store import clock, database
from store.importing.common import Ledger, Report, Tally, activate, chunks, deactivate, insert
from store.importing.oneroster import courses, people, values
from store.importing.oneroster.people import withdrawn
from store.importing.oneroster.rules import Read
from store.importing.oneroster.tables import CLASSES, ENROLLMENTS, ORGS, ROLES, USERS
from store.importing.placing import PLACE, Forest, Wanted, highest, put_people
from store.models import Enrolment, User
from store.views.groups import Role

Groups = Literal["classes", "orgs", "none"]

ORG = ORGS.kind
CLASS_GROUP = "class group"
ROLE = ROLES.kind
ENROLLMENT = ENROLLMENTS.kind
ENROLMENT = "enrolment"
ADMIN = "admin"
KINDS = (ORG, CLASS_GROUP, ROLE, ENROLLMENT, ENROLMENT, ADMIN, PLACE)

_BY_ROLE = {"student": Role.MEMBER} | dict.fromkeys((*values.STAFF, *values.HEADS), Role.MENTOR)


class Places:
    """Brings groups and all that people are given in line with the files."""

    def __init__(
        self, reads: dict[str, Read], version: str, ledger: Ledger, report: Report, mode: Groups
    ) -> None:
        self._reads = reads
        self._version = version
        self._ledger = ledger
        self._report = report
        self._mode = mode

    # ------------------------------------------------------------------- groups

    def put_groups(self) -> None:
        """Orgs, and classes below their schools. Without groups, orgs are only remembered."""
        orgs = self._reads.get(ORGS.file)
        if self._mode == "none":
            if orgs is not None:
                self._remember_orgs(orgs)
            return
        forest = Forest(self._ledger, self._report)
        if orgs is not None:
            tally = self._report.tally(ORGS.file)
            wanted = [
                Wanted(
                    row.id,
                    row.name,
                    "",
                    (ORG, row.parent) if row.parent else None,
                    ORGS.file,
                    row.line,
                    "parentSourcedId",
                )
                for row in orgs.rows.values()
                if not row.gone
            ]
            forest.put(ORG, wanted, tally)
            forest.withdraw(ORG, withdrawn(orgs, self._ledger), tally)
        self._put_class_groups(forest)
        forest.settle()

    def _put_class_groups(self, forest: Forest) -> None:
        read = self._reads.get(CLASSES.file)
        if read is not None and self._mode == "classes":
            wanted = [
                Wanted(row.id, row.title, "", (ORG, row.school), CLASSES.file, row.line, "schoolSourcedId")
                for row in read.rows.values()
                if not row.gone
            ]
            forest.put(CLASS_GROUP, wanted)
        keep = self._ledger.standing(courses.CLASS) if self._mode == "classes" else {}
        forest.withdraw(CLASS_GROUP, [key for key in self._ledger.standing(CLASS_GROUP) if key not in keep])

    def _remember_orgs(self, read: Read) -> None:
        tally = self._report.tally(ORGS.file)
        for row in read.rows.values():
            if not row.gone and not self._ledger.stands(ORG, row.id):
                self._ledger.remember(ORG, row.id, self._ledger.local_id(ORG, row.id), "read")
                tally.added += 1

    # ------------------------------------------------------------ what rows give

    def put_roles(self) -> None:
        """What users.csv or roles.csv give in orgs, and enrollments.csv in classes."""
        users, roles = self._reads.get(USERS.file), self._reads.get(ROLES.file)
        if roles is not None:
            given = {
                row.id: self._given(ORG, row.org or "", row.user, row.role)
                for row in roles.rows.values()
                if not row.gone
            }
            self._keep(ROLE, given, roles, lambda key: key, self._report.tally(ROLES.file))
        elif users is not None and self._version == "1.1":
            given = {
                f"{row.id}\t{org}": self._given(ORG, org, row.id, row.role)
                for row in users.rows.values()
                if not row.gone
                for org in row.orgs or ("",)
            }
            self._keep(ROLE, given, users, lambda key: key.split("\t")[0], Tally(USERS.file))
        enrollments = self._reads.get(ENROLLMENTS.file)
        if enrollments is not None:
            given = {
                row.id: self._given(courses.CLASS, row.class_id, row.user, row.role)
                for row in enrollments.rows.values()
                if not row.gone
            }
            tally = self._report.tally(ENROLLMENTS.file)
            self._keep(ENROLLMENT, given, enrollments, lambda key: key, tally)

    def _given(self, kind: str, key: str, user: str, role: str) -> tuple[int | None, str]:
        """Where (a group's or course's id here) and what: the role and the person's id here."""
        return self._ledger.local_id(kind, key), f"{role}.{self._ledger.local_id(people.KIND, user)}"

    def _keep(
        self,
        kind: str,
        given: dict[str, tuple[int | None, str]],
        read: Read,
        owner: Callable[[str], str],
        tally: Tally,
    ) -> None:
        for key, (local, mark) in given.items():
            if not self._ledger.unchanged(kind, key, mark):
                if self._ledger.stands(kind, key):
                    tally.changed += 1
                else:
                    tally.added += 1
            self._ledger.remember(kind, key, local, mark)
        for key in self._ledger.standing(kind):
            row = owner(key)
            named = row in read.rows or (row not in read.seen and read.tells_absence)
            if key not in given and named:
                self._ledger.withdraw(kind, key)
                tally.deactivated += 1

    # -------------------------------------------------------------- what follows

    def put_people(self) -> None:
        """Memberships, enrolments and admins, from all that stands."""
        places: dict[tuple[int, int], Role] = {}
        enrolled: set[tuple[int, int]] = set()
        admins: set[int] = set()
        self._from_classes(places, enrolled)
        self._from_orgs(places, admins)
        if self._mode != "none":
            put_people(self._ledger, places)
        self._put_enrolments(enrolled)
        self._put_admins(admins)

    def _from_classes(self, places: dict[tuple[int, int], Role], enrolled: set[tuple[int, int]]) -> None:
        groups = {
            course: self._ledger.local_id(CLASS_GROUP, key)
            for key, course in self._ledger.standing(courses.CLASS).items()
        }
        where = self._ledger.standing(ENROLLMENT)
        for key, mark in self._ledger.marked(ENROLLMENT).items():
            role, user = _read_mark(mark)
            course = where[key]
            if course is None or course not in groups:
                continue
            if role == "student":
                enrolled.add((user, course))
            group = groups[course]
            if self._mode == "classes" and group is not None and role in _BY_ROLE:
                highest(places, user, group, _BY_ROLE[role])

    def _from_orgs(self, places: dict[tuple[int, int], Role], admins: set[int]) -> None:
        in_class = {user for user, _ in places}
        groups = {group for group in self._ledger.standing(ORG).values() if group is not None}
        where = self._ledger.standing(ROLE)
        for key, mark in self._ledger.marked(ROLE).items():
            role, user = _read_mark(mark)
            group = where[key]
            if role in values.ADMINS:
                admins.add(user)
            if group is None or group not in groups or role not in _BY_ROLE:
                continue
            if role in values.HEADS:
                highest(places, user, group, Role.LEADER)
            elif self._mode == "orgs":
                highest(places, user, group, _BY_ROLE[role])
            elif user not in in_class:
                highest(places, user, group, Role.MEMBER)

    def _put_enrolments(self, enrolled: set[tuple[int, int]]) -> None:
        keys = {f"{user}.{course}": (user, course) for user, course in sorted(enrolled)}
        fresh = {key: pair for key, pair in keys.items() if not self._ledger.stands(ENROLMENT, key)}
        there = _enrolments({course for _, course in fresh.values()})
        new = [(key, pair) for key, pair in fresh.items() if pair not in there]
        for key, pair in fresh.items():
            enrolment, active = there.get(pair, (0, True))
            # Who takes the course here already does not do so because of the file.
            if not active or self._ledger.local_id(ENROLMENT, key) is not None:
                self._ledger.remember(ENROLMENT, key, enrolment, "given")
        activate(Enrolment, [there[pair][0] for pair in fresh.values() if pair in there])
        now = clock.now()
        columns = [Enrolment.user, Enrolment.course, Enrolment.created_at]
        ids = insert(Enrolment, columns, [(*pair, now) for _, pair in new])
        for (key, _), enrolment in zip(new, ids, strict=True):
            self._ledger.remember(ENROLMENT, key, enrolment, "given")
        gone = {key: local for key, local in self._ledger.standing(ENROLMENT).items() if key not in keys}
        for key in gone:
            self._ledger.withdraw(ENROLMENT, key)
        deactivate(Enrolment, [local for local in gone.values() if local is not None])

    def _put_admins(self, admins: set[int]) -> None:
        """Admins by their role in the roster; those who were made admins here stay so in any case."""
        fresh = [user for user in sorted(admins) if not self._ledger.stands(ADMIN, str(user))]
        made = []
        for some in chunks(fresh, 500):
            made += database.rows(User.select(User.id).where(User.id.in_(list(some)), ~User.is_admin))
        for (user,) in made:
            self._ledger.remember(ADMIN, str(user), user, "given")
        gone = [int(key) for key in self._ledger.standing(ADMIN) if int(key) not in admins]
        for user in gone:
            self._ledger.withdraw(ADMIN, str(user))
        for users, is_admin in (([user for (user,) in made], True), (gone, False)):
            for some in chunks(users, 500):
                User.update(is_admin=is_admin).where(User.id.in_(list(some))).execute()


def _read_mark(mark: str) -> tuple[str, int]:
    role, user = mark.rsplit(".", 1)
    return role, int(user)


def _enrolments(in_courses: set[int]) -> dict[tuple[int, int], tuple[int, bool]]:
    found: dict[tuple[int, int], tuple[int, bool]] = {}
    columns = (Enrolment.user, Enrolment.course, Enrolment.id, Enrolment.active)
    for some in chunks(sorted(in_courses), 500):
        for user, course, enrolment, active in database.rows(
            Enrolment.select(*columns).where(Enrolment.course.in_(list(some)))
        ):
            found[user, course] = (enrolment, active)
    return found
