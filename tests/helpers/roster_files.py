"""A small made-up school as OneRoster files, to be bent by tests before it is written."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from store import database, errors, group_deletion
from store.importing import oneroster
from store.importing.report import Fault
from store.models import (
    AuditLine,
    Completion,
    Group,
    Membership,
    Step,
    User,
    access,
    kept_statements,
    own,
    rubrics,
)
from store.permissions import OPERATOR
from store.views.arranging import Subgroups

COLUMNS = {
    "academicSessions": "title type startDate endDate parentSourcedId schoolYear",
    "orgs": "name type identifier parentSourcedId",
    "courses": "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
    "classes": "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds"
    " subjects subjectCodes periods",
    "users": "enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier"
    " email sms phone agentSourcedIds grades password",
    "enrollments": "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    "categories": "title",
    "lineItems": "title description assignDate dueDate classSourcedId categorySourcedId"
    " gradingPeriodSourcedId resultValueMin resultValueMax",
    "results": "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment",
}
COLUMNS_12 = {
    "users": "enabledUser username userIds givenName familyName middleName identifier email sms phone"
    " agentSourcedIds grades password userMasterIdentifier preferredGivenName preferredMiddleName"
    " preferredFamilyName primaryOrgSourcedId pronouns",
    "roles": "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
    "categories": "title weight",
    "lineItems": "title description assignDate dueDate classSourcedId categorySourcedId"
    " academicSessionSourcedId resultValueMin resultValueMax schoolSourcedId",
    "results": "lineItemSourcedId studentSourcedId scoreStatus score scoreDate comment textScore"
    " classSourcedId inProgress incomplete late missing",
}
STAMP = "2026-09-01T08:00:00.000Z"


class Roster:
    """Rows by file and id; what a row does not say is an empty cell."""

    def __init__(self, version: str = "1.1", mode: str = "bulk") -> None:
        self.version = version
        self.mode = mode
        self.rows: dict[str, dict[str, dict[str, str]]] = {}
        self.modes: dict[str, str] = {}
        self.sender = {"source.systemName": "Hill School System", "source.systemCode": "HILL"}

    def add(self, file: str, key: str, **cells: str) -> Roster:
        """Add a row, or replace one."""
        self.rows.setdefault(file, {})[key] = cells
        return self

    def change(self, file: str, key: str, **cells: str) -> Roster:
        """Change some cells of a row."""
        self.rows[file][key] |= cells
        return self

    def drop(self, file: str, *keys: str) -> Roster:
        """Leave rows out; a file without rows is left out too."""
        for key in keys:
            del self.rows[file][key]
        if not self.rows[file]:
            del self.rows[file]
        return self

    def columns(self, file: str) -> list[str]:
        """The header of a file in this version."""
        known = COLUMNS | COLUMNS_12 if self.version == "1.2" else COLUMNS
        return ["sourcedId", "status", "dateLastModified", *known[file].split()]

    def texts(self) -> dict[str, str]:
        """The files' contents by name, with the manifest."""
        texts = {}
        for file, rows in self.rows.items():
            header = self.columns(file)
            unknown = {cell for row in rows.values() for cell in row} - set(header)
            assert not unknown, unknown
            stamp = (
                {"status": "active", "dateLastModified": STAMP}
                if self.modes.get(file, self.mode) == "delta"
                else {}
            )
            table = [
                [{"sourcedId": key, **stamp, **row}.get(column, "") for column in header]
                for key, row in rows.items()
            ]
            texts[f"{file}.csv"] = as_csv([header, *table])
        known = {*COLUMNS, *(COLUMNS_12 if self.version == "1.2" else ())}
        modes = {
            f"file.{file}": self.modes.get(file, self.mode if file in self.rows else "absent")
            for file in sorted(known)
        }
        properties = {"manifest.version": "1.0", "oneroster.version": self.version} | modes | self.sender
        texts["manifest.csv"] = as_csv([["propertyName", "value"], *map(list, properties.items())])
        return texts

    def write(self, folder: Path) -> Path:
        """Write the files into a folder, in place of what was in it."""
        return write_texts(folder, self.texts())


def as_csv(rows: list[list[str]]) -> str:
    """Rows as one CSV text, every cell quoted where it has to be."""

    class Lines(list[str]):
        write = list.append

    lines = Lines()
    csv.writer(lines).writerows(rows)
    return "".join(lines)


def write_texts(folder: Path, texts: dict[str, str]) -> Path:
    """Write files into a folder, in place of what was in it."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in texts.items():
        (folder / name).write_bytes(content.encode())
    return folder


def as_zip(path: Path, texts: dict[str, str], inside: str = "") -> Path:
    """Write files into a zip, maybe below a folder in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in texts.items():
            archive.writestr(inside + name, content)
    return path


def user(roster: Roster, key: str, role: str = "student", org: str = "north", **cells: str) -> None:
    """Add a person, in the way of the roster's version."""
    first = key.capitalize()
    base = {"enabledUser": "true", "username": key, "givenName": first, "familyName": "Hill"}
    base["email"] = f"{key}@hill.example"
    if roster.version == "1.1":
        roster.add("users", key, **base | {"role": role, "orgSourcedIds": org} | cells)
        return
    roster.add("users", key, **base | cells)
    roster.add("roles", f"{key}-{org}", userSourcedId=key, roleType="primary", role=role, orgSourcedId=org)


def enrol(roster: Roster, person: str, class_id: str, role: str = "student") -> None:
    """Add an enrollment."""
    roster.add(
        "enrollments",
        f"{person}-{class_id}",
        classSourcedId=class_id,
        schoolSourcedId="north",
        userSourcedId=person,
        role=role,
    )


def hill(version: str = "1.1") -> Roster:
    """A district with two schools, a course with two classes, and somebody in every role."""
    roster = Roster(version)
    roster.add(
        "academicSessions",
        "year",
        title="2026/27",
        type="schoolYear",
        startDate="2026-08-01",
        endDate="2027-07-31",
        schoolYear="2027",
    )
    roster.add("orgs", "north", name="North School", type="school", parentSourcedId="hill")
    roster.add("orgs", "south", name="South School", type="school", parentSourcedId="hill")
    roster.add("orgs", "hill", name="Hill District", type="district")
    roster.add("courses", "bio", title="Biology", orgSourcedId="hill", schoolYearSourcedId="year")
    for key, title in (("bio1", "Period 1"), ("bio2", "Biology for All")):
        roster.add(
            "classes",
            key,
            title=title,
            courseSourcedId="bio",
            classType="scheduled",
            schoolSourcedId="north",
            termSourcedIds="year",
        )
    user(roster, "tess", "teacher")
    user(roster, "abe", "aide")
    user(roster, "ana")
    user(roster, "ben")
    user(roster, "loose")
    user(roster, "newt", "teacher", "south")
    user(roster, "pia", "principal" if version == "1.2" else "administrator")
    user(roster, "dora", "districtAdministrator", "hill")
    user(roster, "mum", "guardian", agentSourcedIds="ana")
    enrol(roster, "tess", "bio1", "teacher")
    enrol(roster, "tess", "bio2", "teacher")
    enrol(roster, "abe", "bio1", "aide")
    enrol(roster, "ana", "bio1")
    enrol(roster, "ana", "bio2")
    enrol(roster, "ben", "bio1")
    return roster


def grade(roster: Roster) -> Roster:
    """Add a gradebook: three items in two categories, with a result of each kind."""
    roster.add("categories", "home", title="Homework")
    roster.add("categories", "tests", title="Tests")
    period = {"academicSessionSourcedId" if roster.version == "1.2" else "gradingPeriodSourcedId": "year"}
    for key, title, due, category, most in (
        ("cells", "Cells", "2026-10-02", "home", "10"),
        ("leaf", "A leaf", "2026-09-25", "home", "0"),
        ("exam", "First exam", "2026-10-20", "tests", "50"),
    ):
        roster.add(
            "lineItems",
            key,
            title=title,
            assignDate="2026-09-20",
            dueDate=due,
            classSourcedId="bio1",
            categorySourcedId=category,
            resultValueMin="0",
            resultValueMax=most,
            **period,
        )
    for key, item, person, status, score, comment in (
        ("r1", "cells", "ana", "fully graded", "8.5", "Well drawn."),
        ("r2", "leaf", "ana", "submitted", "", ""),
        ("r3", "exam", "ana", "partially graded", "20", "so far"),
        ("r4", "cells", "ben", "exempt", "", ""),
        ("r5", "leaf", "ben", "not submitted", "", ""),
        ("r6", "exam", "ben", "fully graded", "44", ""),
    ):
        roster.add(
            "results",
            key,
            lineItemSourcedId=item,
            studentSourcedId=person,
            scoreStatus=status,
            score=score,
            scoreDate="2026-10-21",
            comment=comment,
        )
    return roster


def dump(*, audit: bool = False) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, for comparing; the audit log only when asked for."""
    with database.reading():
        return {
            table.__name__: database.rows(table.select().order_by(table.id))
            for table in own.TABLES + access.TABLES + kept_statements.TABLES + rubrics.TABLES
            if audit or table is not AuditLine
        }


def places() -> set[tuple[str, str, str]]:
    """Who is where: first name, group, role."""
    with database.reading():
        query = (
            Membership.select(User.first_name, Group.name, Membership.role)
            .join(User)
            .switch(Membership)
            .join(Group)
            .where(Membership.active, Group.active)
        )
        return set(database.rows(query))


def nesting() -> dict[str, str | None]:
    """Each active group's parent, by name."""
    with database.reading():
        parent = Group.alias()
        query = (
            Group.select(Group.name, parent.name)
            .left_outer_join(parent, on=(Group.parent == parent.id))
            .where(Group.active)
        )
        return dict(database.rows(query))


def delete_group(name: str, subgroups: Subgroups = Subgroups.MOVE_UP) -> None:
    """Delete a group as people do in the app."""
    with database.reading():
        found = database.row(Group.select(Group.id, Group.version).where(Group.name == name))
    assert found is not None
    group_deletion.delete(OPERATOR, found[0], found[1], subgroups)


def work() -> dict[tuple[str, str], tuple[str, float | None]]:
    """State and points by person and step."""
    with database.reading():
        query = (
            Completion.select(User.first_name, Step.title, Completion.state, Completion.points)
            .join(User)
            .switch(Completion)
            .join(Step)
        )
        return {(name, step): (state, points) for name, step, state, points in database.rows(query)}


def refused(path: Path) -> list[Fault]:
    """The faults of a set that has to be refused; nothing may have changed."""
    before = dump(audit=True)
    with pytest.raises(errors.ImportRefusedError) as refusal:
        oneroster.load(path)
    assert dump(audit=True) == before
    faults = [fault for fault in refusal.value.faults if isinstance(fault, Fault)]
    assert len(faults) == len(refusal.value.faults)
    return faults


def places_of(faults: list[Fault]) -> list[tuple[str, int, str, str]]:
    """File, line, column and value of each fault."""
    return [(fault.file, fault.line, fault.column, fault.value) for fault in faults]


def rewrite(texts: dict[str, str], file: str, change: Callable[[str], str]) -> dict[str, str]:
    """The files with one of them changed as text."""
    return texts | {file: change(texts[file])}


def delta() -> Roster:
    """A set that changes what it names, and nothing else."""
    return Roster(mode="delta")
