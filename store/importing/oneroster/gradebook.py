"""OneRoster's gradebook: categories as lessons, line items as steps, results as completions."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from peewee import fn

from store import database
from store.batches import chunks
from store.importing.bulk_writes import activate, deactivate, insert
from store.importing.ledger import Ledger, differing, marks
from store.importing.oneroster import courses
from store.importing.oneroster.courses import forget
from store.importing.oneroster.rows import LineItem
from store.importing.oneroster.rules import RosterRead
from store.importing.oneroster.tables import CATEGORIES, LINE_ITEMS
from store.importing.report import Report
from store.models import Lesson, Step
from store.views.states import Marking

# The fingerprint of a category, and of a lesson, is its title.
CATEGORY = CATEGORIES.kind
LESSON = "lesson"
ITEM = LINE_ITEMS.kind
KINDS = (CATEGORY, LESSON, ITEM)

UNSORTED = "Assignments"


class Gradebook:
    """Brings lessons and steps in line with categories.csv and lineItems.csv."""

    def __init__(self, reads: dict[str, RosterRead], ledger: Ledger, report: Report) -> None:
        self._reads = reads
        self._ledger = ledger
        self._report = report

    def put(self) -> None:
        """Add, retitle, move and deactivate."""
        categories, items = self._reads.get(CATEGORIES.file), self._reads.get(LINE_ITEMS.file)
        if categories is not None:
            self._put_categories(categories)
        if items is not None:
            self._put_items(items)

    # ------------------------------------------------------------------ lessons

    def _put_categories(self, read: RosterRead) -> None:
        tally = self._report.tally(CATEGORIES.file)
        retitled: dict[str, str] = {}
        for row in read.rows.values():
            if row.gone or self._ledger.unchanged(CATEGORY, row.id, row.title):
                continue
            if self._ledger.stands(CATEGORY, row.id):
                retitled[row.id] = row.title
                tally.changed += 1
            else:
                tally.added += 1
            self._ledger.remember(CATEGORY, row.id, None, row.title)
        for key, lesson in self._ledger.standing(LESSON).items():
            title = retitled.get(key.split("\t", 1)[1])
            if title is not None:
                Lesson.update(title=title).where(Lesson.id == lesson).execute()
                self._ledger.remember(LESSON, key, lesson, title)
        forget(read, self._ledger, self._report)

    def _lessons(self, rows: list[LineItem]) -> dict[tuple[int, str], int]:
        """The lesson of each course and category that the rows name; made at the course's end if new."""
        found: dict[tuple[int, str], int] = {}
        new: dict[tuple[int, str], str] = {}
        for row in rows:
            course, category = self._course(row), row.category or ""
            lesson = self._ledger.local_id(LESSON, f"{course}\t{category}")
            if lesson is not None:
                found[course, category] = lesson
            else:
                new[course, category] = self._ledger.mark(CATEGORY, category) or UNSORTED
        ends = _ends(Lesson.course, {course for course, _ in new}, Lesson.position)
        made = []
        for (course, _), title in new.items():
            ends[course] += 1
            made.append((course, title, ends[course]))
        ids = insert(Lesson, [Lesson.course, Lesson.title, Lesson.position], made)
        for ((course, category), title), lesson in zip(new.items(), ids, strict=True):
            self._ledger.remember(LESSON, f"{course}\t{category}", lesson, title)
            found[course, category] = lesson
        return found

    def _course(self, row: LineItem) -> int:
        return self._ledger.local_id(courses.CLASS, row.class_id) or 0

    # -------------------------------------------------------------------- steps

    def _put_items(self, read: RosterRead) -> None:
        rows = sorted(
            (row for row in read.rows.values() if not row.gone),
            key=lambda row: (row.due is None, row.due or datetime.max, row.title, row.id),
        )
        fresh = [row for row in rows if not self._ledger.unchanged(ITEM, row.id, _item_marks(row))]
        lessons = self._lessons(fresh)
        where = {row.id: lessons[self._course(row), row.category or ""] for row in fresh}
        new = [row for row in fresh if self._ledger.local_id(ITEM, row.id) is None]
        old = [row for row in fresh if self._ledger.local_id(ITEM, row.id) is not None]
        ends = _ends(Step.lesson, set(where.values()), Step.position)
        self._insert(new, where, ends)
        self._change(old, where, ends)
        gone = [self._ledger.local_id(ITEM, key) for key in forget(read, self._ledger, self._report)]
        deactivate(Step, [step for step in gone if step is not None])
        if read.tells_absence and fresh:
            self._arrange(rows)

    def _insert(self, new: list[LineItem], where: dict[str, int], ends: dict[int, int]) -> None:
        made = []
        for row in new:
            lesson = where[row.id]
            ends[lesson] += 1
            said = (row.title, row.description or "", ends[lesson], row.points, Marking.REVIEW)
            made.append((lesson, *said, row.due, row.opens))
        columns = [Step.lesson, Step.title, Step.body, Step.position, Step.points, Step.marking]
        columns += [Step.due_at, Step.opens_at]
        for row, step in zip(new, insert(Step, columns, made), strict=True):
            self._ledger.remember(ITEM, row.id, step, _item_marks(row))
        self._report.tally(LINE_ITEMS.file).added += len(new)

    def _change(self, old: list[LineItem], where: dict[str, int], ends: dict[int, int]) -> None:
        returned = []
        for row in old:
            step = self._ledger.local_id(ITEM, row.id)
            parts = differing(_with_all_parts(self._ledger.mark(ITEM, row.id)), _item_marks(row))
            sent = (("title", row.title), ("body", row.description or ""), ("points", row.points))
            changes: dict[str, Any] = {name: value for at, (name, value) in enumerate(sent) if at in parts}
            if {4, 5}.intersection(parts):
                changes |= {"due_at": row.due, "opens_at": row.opens}
            if 3 in parts:
                ends[where[row.id]] += 1
                changes |= {"lesson": where[row.id], "position": ends[where[row.id]]}
            if changes:
                Step.update(changes).where(Step.id == step).execute()
            if not self._ledger.stands(ITEM, row.id) and step is not None:
                returned.append(step)
            self._ledger.remember(ITEM, row.id, step, _item_marks(row))
        activate(Step, returned)
        self._report.tally(LINE_ITEMS.file).changed += len(old)

    def _arrange(self, rows: list[LineItem]) -> None:
        """Order the steps that came from the file by due date and title; the file has all of them."""
        steps = [step for row in rows if (step := self._ledger.local_id(ITEM, row.id)) is not None]
        now: dict[int, tuple[int, int]] = {}
        for some in chunks(steps):
            for step, lesson, position in database.rows(
                Step.select(Step.id, Step.lesson, Step.position).where(Step.id.in_(list(some)))
            ):
                now[step] = (lesson, position)
        ends: dict[int, int] = defaultdict(int)
        for step in steps:
            lesson, position = now[step]
            ends[lesson] += 1
            if position != ends[lesson]:
                Step.update(position=ends[lesson]).where(Step.id == step).execute()


def _item_marks(row: LineItem) -> str:
    return marks(row.title, row.description, row.points, [row.class_id, row.category], row.due, row.opens)


def _with_all_parts(mark: str) -> str:
    """The marks of an item; up to 0.8.0 there was none of when it opens."""
    return f"{mark}." if mark.count(".") == 4 else mark


def _ends(owner: Any, ids: set[int], position: Any) -> dict[int, int]:
    """The last position in each of the lessons or courses; 0 where there is none."""
    ends: dict[int, int] = defaultdict(int)
    for some in chunks(sorted(ids)):
        query = owner.model.select(owner, fn.MAX(position)).where(owner.in_(list(some))).group_by(owner)
        ends.update(database.rows(query))
    return ends
