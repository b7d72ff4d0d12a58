"""OneRoster's courses and classes, as Muster's courses.

In the standard a course is a programme of study and a class the instance of it that people are
enrolled in and that has a gradebook: each class becomes a course here, named after both.
"""

from __future__ import annotations

from store import clock, text
from store.importing.bulk_writes import activate, deactivate, insert
from store.importing.ledger import Ledger, marks
from store.importing.oneroster.rows import ClassRow
from store.importing.oneroster.rules import RosterRead, withdrawn
from store.importing.oneroster.tables import CLASSES, COURSES, SESSIONS
from store.importing.report import Report
from store.models import Course

CLASS = CLASSES.kind
# Kinds whose fingerprint is the text itself: a later delta may name one file's part of it only.
COURSE_TITLE = COURSES.kind
CLASS_TITLE = "class title"
CLASS_COURSE = "class course"
# No id can be this: ids are printable.
NO_COURSE = "\t"
KINDS = (SESSIONS.kind, COURSE_TITLE, CLASS, CLASS_TITLE, CLASS_COURSE)


def put_sessions(read: RosterRead, ledger: Ledger, report: Report) -> None:
    """Academic sessions are only read, and remembered so that later deltas may refer to them."""
    tally = report.tally(read.table.file)
    for row in read.rows.values():
        if not row.gone and not ledger.stands(SESSIONS.kind, row.id):
            ledger.remember(SESSIONS.kind, row.id, None, "read")
            tally.added += 1
    forget(read, ledger, report)


def forget(read: RosterRead, ledger: Ledger, report: Report) -> list[str]:
    """Withdraw what the file no longer has, and count it; the ids."""
    gone = [key for key in withdrawn(read, ledger) if ledger.stands(read.table.kind, key)]
    for key in gone:
        ledger.withdraw(read.table.kind, key)
    report.tally(read.table.file).deactivated += len(gone)
    return gone


def full_title(class_title: str, course_title: str) -> str:
    """What a class is called as a course: its own title, after the course's where that says more."""
    if not course_title or text.fold(course_title) in text.fold(class_title):
        return class_title
    whole = f"{course_title} · {class_title}"
    return whole if len(whole) <= text.NAME_LIMIT else whole[: text.NAME_LIMIT - 1] + "…"


class Courses:
    """Brings courses in line with courses.csv and classes.csv."""

    def __init__(self, reads: dict[str, RosterRead], ledger: Ledger, report: Report) -> None:
        self._courses = reads.get(COURSES.file)
        self._classes = reads.get(CLASSES.file)
        self._ledger = ledger
        self._report = report

    def put(self) -> None:
        """Add, retitle and deactivate."""
        titles = {key: self._title(key) for key in self._ledger.marked(CLASS_TITLE)}
        if self._courses is not None:
            self._put_titles(self._courses)
        if self._classes is not None:
            self._put_classes(self._classes)
        for key, before in titles.items():
            course = self._ledger.local_id(CLASS, key)
            after = self._title(key)
            if after != before and course is not None and self._has_course_title(key):
                Course.update(title=after).where(Course.id == course).execute()

    def _has_course_title(self, class_id: str) -> bool:
        """A course that was deleted leaves its classes their titles."""
        course = self._ledger.mark(CLASS_COURSE, class_id)
        return course == NO_COURSE or self._ledger.stands(COURSE_TITLE, course)

    def _title(self, class_id: str) -> str:
        course = self._ledger.mark(CLASS_COURSE, class_id)
        return full_title(self._ledger.mark(CLASS_TITLE, class_id), self._ledger.mark(COURSE_TITLE, course))

    def _put_titles(self, read: RosterRead) -> None:
        tally = self._report.tally(COURSES.file)
        for row in read.rows.values():
            if row.gone or self._ledger.unchanged(COURSE_TITLE, row.id, row.title):
                continue
            if self._ledger.stands(COURSE_TITLE, row.id):
                tally.changed += 1
            else:
                tally.added += 1
            self._ledger.remember(COURSE_TITLE, row.id, None, row.title)
        forget(read, self._ledger, self._report)

    def _put_classes(self, read: RosterRead) -> None:
        tally = self._report.tally(CLASSES.file)
        new: list[ClassRow] = []
        returned: list[int] = []
        for row in read.rows.values():
            mark = marks(row.title, row.course, row.school)
            if row.gone or self._ledger.unchanged(CLASS, row.id, mark):
                continue
            course = self._ledger.local_id(CLASS, row.id)
            if course is None:
                new.append(row)
            else:
                returned += [] if self._ledger.stands(CLASS, row.id) else [course]
                tally.changed += 1
                self._remember(row, course)
        self._insert(new)
        tally.added += len(new)
        activate(Course, returned)
        gone = forget(read, self._ledger, self._report)
        deactivate(
            Course, [local for key in gone if (local := self._ledger.local_id(CLASS, key)) is not None]
        )

    def _remember(self, row: ClassRow, course: int | None) -> None:
        self._ledger.remember(CLASS_TITLE, row.id, None, row.title)
        self._ledger.remember(CLASS_COURSE, row.id, None, row.course or NO_COURSE)
        if course is not None:
            self._ledger.remember(CLASS, row.id, course, marks(row.title, row.course, row.school))

    def _insert(self, new: list[ClassRow]) -> None:
        now = clock.now()
        for row in new:
            self._remember(row, None)
        rows = [(self._title(row.id), now) for row in new]
        for row, course in zip(new, insert(Course, [Course.title, Course.created_at], rows), strict=True):
            self._remember(row, course)
