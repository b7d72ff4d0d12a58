"""OneRoster's orgs and classes as groups, and what the files give people in them."""

from __future__ import annotations

from collections.abc import Callable

from store import clock
from store.importing import rights, schedule
from store.importing.group_writer import FOREST_KINDS, Forest, WantedGroup
from store.importing.ledger import Ledger
from store.importing.oneroster import courses, people
from store.importing.oneroster.given import CLASS_GROUP, ENROLLMENT, ORG, ROLE, Given, Groups, row_mark
from store.importing.oneroster.rules import RosterRead, withdrawn
from store.importing.oneroster.tables import CLASSES, ENROLLMENTS, ORGS, ROLES, USERS
from store.importing.report import Report, Tally
from store.importing.rights import ADMIN, ENROLMENT, MEMBERSHIP
from store.importing.timeline import FOR_GOOD, Period

KINDS = (ORG, CLASS_GROUP, ROLE, ENROLLMENT, ENROLMENT, ADMIN, MEMBERSHIP, *FOREST_KINDS)


class RosterGroups:
    """Brings groups and all that people are given in line with the files."""

    def __init__(
        self, reads: dict[str, RosterRead], version: str, ledger: Ledger, report: Report, mode: Groups
    ) -> None:
        self._reads = reads
        self._version = version
        self._ledger = ledger
        self._report = report
        self._mode = mode
        self._today = clock.today()

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
                WantedGroup(
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

    def orgs_going(self) -> tuple[int, int]:
        """How many groups of orgs the files take away, and how many the source has brought."""
        groups = {key: group for key, group in self._ledger.standing(ORG).items() if group is not None}
        read = self._reads.get(ORGS.file)
        if self._mode == "none" or read is None:
            return 0, len(groups)
        return len(groups.keys() & set(withdrawn(read, self._ledger))), len(groups)

    def _put_class_groups(self, forest: Forest) -> None:
        read = self._reads.get(CLASSES.file)
        if read is not None and self._mode == "classes":
            wanted = [
                WantedGroup(
                    row.id, row.title, "", (ORG, row.school), CLASSES.file, row.line, "schoolSourcedId"
                )
                for row in read.rows.values()
                if not row.gone
            ]
            forest.put(CLASS_GROUP, wanted)
        keep = self._ledger.standing(courses.CLASS) if self._mode == "classes" else {}
        forest.withdraw(CLASS_GROUP, [key for key in self._ledger.standing(CLASS_GROUP) if key not in keep])

    def _remember_orgs(self, read: RosterRead) -> None:
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
                row.id: self._given(ORG, row.org or "", row.user, row.role, Period(row.begins, row.ends))
                for row in roles.rows.values()
                if not row.gone
            }
            self._note_days(roles)
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
                row.id: self._given(
                    courses.CLASS, row.class_id, row.user, row.role, Period(row.begins, row.ends)
                )
                for row in enrollments.rows.values()
                if not row.gone
            }
            self._note_days(enrollments)
            tally = self._report.tally(ENROLLMENTS.file)
            self._keep(ENROLLMENT, given, enrollments, lambda key: key, tally)

    def _given(
        self, kind: str, key: str, user: str, role: str, period: Period = FOR_GOOD
    ) -> tuple[int | None, str]:
        """Where (a group's or course's id here) and what: the role, the person's id here, and the days."""
        person = self._ledger.local_id(people.KIND, user)
        return self._ledger.local_id(kind, key), row_mark(role, person, period)

    def _note_days(self, read: RosterRead) -> None:
        """Say how many rows give nothing today because of their days."""
        periods = [(row.line, Period(row.begins, row.ends)) for row in read.rows.values() if not row.gone]
        empty = [line for line, period in periods if period.is_empty]
        ended = sum(period.is_over(self._today) for _, period in periods)
        later = sum(period.is_to_come(self._today) for _, period in periods)
        file = read.table.file
        if ended:
            self._report.note(f"Rows of {file} that have ended, and give nothing: {ended:,}")
        if later:
            self._report.note(f"Rows of {file} that begin later, and take effect on their day: {later:,}")
        if empty:
            self._report.note(
                f"Rows of {file} whose endDate is before their beginDate, which give nothing: "
                f"{len(empty):,}; the first is in line {empty[0]:,}"
            )

    def _keep(
        self,
        kind: str,
        given: dict[str, tuple[int | None, str]],
        read: RosterRead,
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
        """Memberships, enrolments and admins: those of today from all that is in force, others on their
        day.
        """
        given = Given(self._ledger, self._mode, self._today)
        kinds = [ENROLMENT, ADMIN]
        if self._mode != "none":
            kinds.append(MEMBERSHIP)
            rights.put_memberships(self._ledger, self._marks(MEMBERSHIP, given))
        rights.put_enrolments(self._ledger, self._marks(ENROLMENT, given))
        rights.put_admins(self._ledger, self._marks(ADMIN, given))
        schedule.keep(self._ledger.source, kinds, given.later)

    def _marks(self, kind: str, given: Given) -> dict[str, str]:
        return rights.with_what_ended(self._ledger, kind, given.now[kind])
