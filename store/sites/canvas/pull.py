"""Pulling from a Canvas: courses, people by pages, their sections and groups, modules and assignments, work.

Each page is one transaction. Up to when a course was read is written with the last page of its work; so a run
that was killed goes on where it was, and what it reads twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from store import database
from store.importing.ledger import Ledger
from store.sites import marks, site_groups, step_rubrics, withdrawing
from store.sites.asking import REFUSALS, Asker
from store.sites.canvas import courses as canvas_courses
from store.sites.canvas import dates as canvas_dates
from store.sites.canvas import people as canvas_people
from store.sites.canvas.pages import pages, rows
from store.sites.canvas.talk import TalkPull
from store.sites.canvas.work_pull import CanvasWorkPull, problem
from store.sites.courses import AssignmentRead, CourseRead, CourseWriter
from store.sites.errors import RefusedError, SiteError
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.site_people import ENROLMENT, SEAT, PeopleWriter
from store.sites.sites import LinkedSite

STRUCTURE = "courses and people"
Rows = list[Mapping[str, Any]]


class CanvasPull:
    """One run. `problems` are sentences about what could not be read."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan, info: Mapping[str, Any]) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan
        self._info = info
        self.problems: list[str] = []
        self._courses: list[CourseRead] = []
        self._assignments: dict[str, list[AssignmentRead]] = {}
        """Those that this run has read, by course."""

    @staticmethod
    def greet(asker: Asker) -> Mapping[str, Any]:
        """Who the token is: the first question of a run."""
        found: Mapping[str, Any] = asker.call("users/self").thing
        return found

    def pages(self) -> Iterator[PulledPage]:
        """All that is to be written, in order. Asking goes on as this is walked."""
        if self._plan.roster:
            yield from self._roster()
        else:
            with database.reading():
                titles = site_groups.course_titles(self._site.id)
            self._courses = [CourseRead(number, title) for number, title in titles.items()]
        work = CanvasWorkPull(
            self._site, self._asker, self._plan, self._steps, self._assignments, self.problems
        )
        yield from work.pages(self._courses)
        yield from TalkPull(self._site, self._asker, self._plan).pages(self._courses)

    def _roster(self) -> Iterator[PulledPage]:
        self._courses = canvas_courses.courses_in(canvas_courses.taught(self._asker.call))
        total = len(self._courses)
        yield PulledPage(RunPart(STRUCTURE, 0, total), self._put_courses, {"courses": total})
        with database.reading():
            done = marks.beginning(self._site.id, marks.DONE).keys()
        for number, course in enumerate(self._courses):
            part = RunPart(course.title, number, total)
            try:
                if course.id not in done:
                    yield from self._people(course, part)
                yield from self._steps(course)
            except REFUSALS as error:
                self._problem(course.title, error)
        yield PulledPage(RunPart(STRUCTURE, total, total), self._put_roster_read)

    def _put_courses(self, counts: Counts) -> None:
        CourseWriter(self._site, counts).put_courses(self._courses)
        marks.put(self._site.id, marks.LINK_USER, str(self._info.get("id", "")))
        self._note_gone("course", "course", {each.id for each in self._courses})

    def _put_roster_read(self, counts: Counts) -> None:
        if not self.problems:
            seen = {each.id for some in self._assignments.values() for each in some}
            self._note_gone("assignment", "assignment", seen)
        site_groups.fill(self._site.id, counts)
        marks.put(self._site.id, marks.ROSTER, str(self._plan.started))

    # ------------------------------------------------------------------ people, groups

    def _people(self, course: CourseRead, part: RunPart) -> Iterator[PulledPage]:
        """The people of a course by pages, and then its sections and groups."""
        roles: dict[str, tuple[str, ...]] = {}
        seats: list[tuple[str, str, str]] = []
        for some in pages(self._asker.call, f"courses/{course.id}/users", **canvas_people.ASKED):
            if not canvas_people.tells_roles(some):
                raise RefusedError("the site does not say what people are in it, ask those who run it why.")
            roles |= {each.id: each.roles for each in canvas_people.people_in(some)}
            seats += canvas_people.seats_in_sections(some)

            def put(counts: Counts, some: Rows = some) -> None:
                self._put_people(course, some, counts)

            yield PulledPage(part, put, {"people": len(some)})
        sections = self._optional(f"courses/{course.id}/sections")
        group_sets = self._optional(f"courses/{course.id}/group_categories")
        groups = self._optional(f"courses/{course.id}/groups")
        offered = [
            *canvas_people.sections_in(course.id, sections),
            *canvas_people.group_sets_in(course.id, group_sets),
            *canvas_people.groups_in(course.id, groups),
        ]
        for each in groups:
            number = str(each["id"])
            inside = self._optional(f"groups/{number}/memberships") if each.get("members_count") != 0 else []
            seats += canvas_people.seats_in_group(number, inside, roles)

        def put_groups(counts: Counts) -> None:
            site_groups.put(self._site, offered, counts)
            self._note_seats_gone(course.id, {f"{group}:{person}" for group, person, _ in seats})
            PeopleWriter(self._site, counts).seat(seats)
            self._note_gone(f"{ENROLMENT}:{course.id}", ENROLMENT, roles.keys(), f"{course.id}:")
            marks.put(self._site.id, marks.DONE + course.id, str(self._plan.started))

        yield PulledPage(part, put_groups)

    def _put_people(self, course: CourseRead, told: Rows, counts: Counts) -> None:
        writer, found = PeopleWriter(self._site, counts), canvas_people.people_in(told)
        writer.put(found)
        course_id = Ledger(self._site.source, ("course",), only=[course.id]).local_id("course", course.id)
        if course_id is not None:
            writer.enrol(course.id, course_id, found, canvas_people.ended_in(told))

    def _optional(self, path: str) -> Rows:
        """The rows of a list that one can do without; none where the token's person may not see it."""
        try:
            return rows(self._asker.call, path)
        except REFUSALS:
            return []

    # --------------------------------------------------------------------------- steps

    def _steps(self, course: CourseRead) -> Iterator[PulledPage]:
        """The lessons and steps of a course, with dates and rubrics. Raises one of the `REFUSALS`."""
        told = canvas_courses.published(
            rows(self._asker.call, f"courses/{course.id}/assignments", include=["overrides"])
        )
        modules = self._optional_modules(course)
        sections = canvas_courses.sections_in(course.id, modules, told)
        assignments = [canvas_courses.assignment_of(each, course.id) for each in told]
        self._assignments[course.id] = assignments
        overrides = {str(each["id"]): canvas_courses.things(each.get("overrides")) for each in told}
        rubrics = step_rubrics.fitted(map(canvas_courses.rubric_of, told), assignments)

        def put(counts: Counts) -> None:
            writer = CourseWriter(self._site, counts)
            writer.put_sections(course.id, sections)
            writer.put_assignments(assignments)
            step_rubrics.put_rubrics(self._site, rubrics, counts)
            canvas_dates.put(self._site, overrides, assignments, counts)

        yield PulledPage(RunPart(course.title, 0, len(self._courses)), put, {"steps": len(told)})

    def _optional_modules(self, course: CourseRead) -> Rows:
        """The modules of a course with their items, which Canvas leaves out where there are many."""
        path = f"courses/{course.id}/modules"
        try:
            found = rows(self._asker.call, path, include=["items"])
            return [{**each, "items": self._items(f"{path}/{each['id']}/items", each)} for each in found]
        except REFUSALS:
            return []

    def _items(self, path: str, module: Mapping[str, Any]) -> Rows:
        told = canvas_courses.things(module.get("items"))
        return told or (rows(self._asker.call, path) if module.get("items_count") else [])

    # ----------------------------------------------------------------------- what is gone

    def _note_gone(self, part: str, kind: str, seen: Collection[str], prefix: str = "") -> None:
        if self._plan.full:
            withdrawing.note_gone(self._site, part, kind, seen, prefix)

    def _note_seats_gone(self, course: str, seats: Collection[str]) -> None:
        """On a full run keep who is not in the sections and groups of a course any more."""
        if self._plan.full:
            there = site_groups.seats_in_course(self._site.id, course)
            gone = json.dumps([seat for seat in there if seat not in seats])
            marks.put(self._site.id, f"{marks.GONE}{SEAT}:{course}", gone)

    def _problem(self, what: str, error: SiteError) -> None:
        self.problems.append(problem(what, error))
