"""Pulling the work of courses from a Canvas: all of it at first, later what was handed in or graded since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from store import clock, database
from store.batches import chunks
from store.importing.ledger import Ledger
from store.models import Step
from store.models.sites import SiteStep
from store.sites import blind_works, marks
from store.sites.asking import REFUSALS, Asker
from store.sites.canvas import work as canvas_work
from store.sites.canvas.own_work import tell_apart
from store.sites.canvas.pages import pages
from store.sites.canvas.work import work_of
from store.sites.courses import ASSIGN, AssignmentRead, CourseRead
from store.sites.errors import SiteError
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.sites import LinkedSite
from store.sites.work_read import WorkRead
from store.sites.work_writer import COMPLETION, WorkWriter

OVERLAP = timedelta(seconds=120)
"""What is read again: what was written while the last run asked."""
WORKS_AT_ONCE = 100
"""Works in one transaction, so that nobody who reviews waits long."""
WORK = "work"
Structure = Callable[[CourseRead], Iterator[PulledPage]]
Row = Mapping[str, Any]


class WorkSettings(NamedTuple):
    """What must be known of an assignment to read work on it."""

    points: float | None
    blind: bool


def settings_here(site_id: int) -> dict[str, WorkSettings]:
    """Those of the assignments that became steps here, by the site's ids. Call inside a transaction."""
    query = (
        SiteStep.select(SiteStep.external_id, Step.points, SiteStep.blind)
        .join(Step)
        .where(SiteStep.site == site_id, SiteStep.kind == ASSIGN, Step.active)
    )
    return {row[0]: WorkSettings(*row[1:]) for row in database.rows(query)}


def problem(what: str, error: SiteError) -> str:
    """What is told of a thing that could not be read."""
    return f"{what or 'A course'} could not be read: {error.message}"


class CanvasWorkPull:
    """The work of one run. `structure` reads the lessons and steps of a course, and puts its assignments to
    `assignments`; sentences about what could not be read are put to `problems`.
    """

    def __init__(
        self,
        site: LinkedSite,
        asker: Asker,
        plan: PullPlan,
        structure: Structure,
        assignments: Mapping[str, Sequence[AssignmentRead]],
        problems: list[str],
    ) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan
        self._structure = structure
        self._assignments = assignments
        self._problems = problems
        self._link_user = ""
        self._settings: dict[str, WorkSettings] = {}

    def pages(self, courses: Sequence[CourseRead]) -> Iterator[PulledPage]:
        """The work of each course."""
        with database.reading():
            read = {key: int(mark) for key, mark in marks.beginning(self._site.id, marks.READ).items()}
            self._link_user = marks.get(self._site.id, marks.LINK_USER)
            self._settings = settings_here(self._site.id)
            done = marks.beginning(self._site.id, f"{marks.DONE}{WORK}:").keys()
        for each in self._assignments:
            self._learn(each)
        for count, course in enumerate(courses):
            part = RunPart(course.title, count, len(courses))
            since = None if self._plan.full else read.get(course.id)
            try:
                if since is None:
                    yield from self._all(course, done, part)
                else:
                    yield from self._since(course, clock.from_micros(since * 1_000_000) - OVERLAP, part)
            except REFUSALS as error:
                self._problems.append(problem(course.title, error))
            else:
                yield PulledPage(part, partial(self._put_read, course))

    def _learn(self, course: str) -> None:
        """Take in the settings of the assignments that this run has read of a course."""
        for each in self._assignments.get(course, ()):
            self._settings[each.id] = WorkSettings(each.points, each.blind)

    def _read_structure(self, course: CourseRead) -> Iterator[PulledPage]:
        yield from self._structure(course)
        self._learn(course.id)

    def _all(self, course: CourseRead, done: Collection[str], part: RunPart) -> Iterator[PulledPage]:
        """All work of a course, one assignment after the other: so a run that is killed goes on there."""
        if course.id not in self._assignments:
            yield from self._read_structure(course)
        for each in self._assignments[course.id]:
            if each.id not in done:
                for some in self._asked(course, assignment_ids=[each.id]):
                    yield self._page(some, part)
                yield PulledPage(part, partial(self._put_done, each.id))

    def _since(self, course: CourseRead, since: datetime, part: RunPart) -> Iterator[PulledPage]:
        """What was handed in or graded since: a submission that is not in either is as it was."""
        moment = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        found = {
            str(row["id"]): row
            for name in ("submitted_since", "graded_since")
            for some in self._asked(course, **{name: moment})
            for row in some
        }
        if any(str(row["assignment_id"]) not in self._settings for row in found.values()):
            # An assignment that is new: its place in the course comes first.
            yield from self._read_structure(course)
        for some in chunks(list(found.values()), WORKS_AT_ONCE):
            yield self._page(list(some), part)

    def _asked(self, course: CourseRead, **which: Any) -> Iterator[list[Row]]:
        """Submissions of everybody in a course, some at a time."""
        path = f"courses/{course.id}/students/submissions"
        asked = {"student_ids": ["all"], "include": canvas_work.INCLUDED, **which}
        for some in pages(self._asker.call, path, **asked):
            # What is told without its person is of nobody here.
            yield [row for row in some if row.get("user_id") and row.get("assignment_id")]

    def _page(self, rows: Sequence[Row], part: RunPart) -> PulledPage:
        """What changed of these."""
        keys = [f"{row['assignment_id']}:{row['user_id']}" for row in rows]
        with database.reading():
            known = Ledger(self._site.source, (COMPLETION,), only=keys)
        works: dict[str, list[WorkRead]] = {}
        for row, key in zip(rows, keys, strict=True):
            settings = self._settings.get(str(row["assignment_id"]))
            before = known.mark(COMPLETION, key)
            if settings is None or canvas_work.fingerprint(row) == before:
                continue
            work = work_of(row, self._link_user, has_points=settings.points is not None)
            # Who has not begun has an empty submission.
            if before or work.state is not None or work.comments:
                works.setdefault(work.assignment, []).append(work)
        return PulledPage(part, partial(self._put, works), {"works": len(rows)})

    def _put(self, works: Mapping[str, Sequence[WorkRead]], counts: Counts) -> None:
        steps = Ledger(self._site.source, ("assignment",), only=list(works))
        for assignment, some in works.items():
            step_id = steps.local_id("assignment", assignment)
            if step_id is not None:
                if self._settings[assignment].blind:
                    # A Canvas has no numbers that its pages would show.
                    some = blind_works.without_names(self._site.id, assignment, some)
                WorkWriter(self._site, step_id, counts).put(tell_apart(self._site, some))

    def _put_done(self, assignment: str, counts: Counts) -> None:
        marks.put(self._site.id, f"{marks.DONE}{WORK}:{assignment}", "")

    def _put_read(self, course: CourseRead, counts: Counts) -> None:
        marks.put(self._site.id, marks.READ + course.id, str(self._plan.started))
