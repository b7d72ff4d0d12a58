"""Pulling from a Moodle: courses, people by pages of 250, assignments, then the work of each assignment.

Each page is one transaction. Up to when an assignment was read is written with the last page of its work; so
a run that was killed goes on where it was, and what it reads twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from store import database
from store.batches import chunks
from store.importing.ledger import Ledger
from store.sites import marks, site_groups, step_rubrics, withdrawing
from store.sites.asking import REFUSALS, Asker
from store.sites.courses import AssignmentRead, CourseRead, CourseWriter
from store.sites.errors import NoAccessError, SiteError
from store.sites.moodle import courses as moodle_courses
from store.sites.moodle import dates as moodle_dates
from store.sites.moodle import extras as moodle_extras
from store.sites.moodle import people as moodle_people
from store.sites.moodle import quizzes as moodle_quizzes
from store.sites.moodle import scales as moodle_scales
from store.sites.moodle import updates as moodle_updates
from store.sites.moodle.accounts import AccountPull
from store.sites.moodle.activities import ActivityPull
from store.sites.moodle.answers import warnings_in
from store.sites.moodle.check import WITHOUT_FILES, functions_in
from store.sites.moodle.forums import ForumPull
from store.sites.moodle.needs import (
    COHORT_MEMBERS,
    COHORTS,
    DEFINITIONS,
    FLAGS,
    GRADEBOOK,
    GROUPINGS,
    GROUPS,
    GROUPS_OF_GROUPINGS,
    PULL,
    missing,
)
from store.sites.moodle.quizzes import QuizPull, QuizRead
from store.sites.moodle.updates import Moved
from store.sites.moodle.work_pull import WorkPull, problem
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.site_groups import SiteGroupRead
from store.sites.site_people import ENROLMENT, SEAT, PeopleWriter, SitePersonRead
from store.sites.sites import LinkedSite

PEOPLE = "core_enrol_get_enrolled_users"
AT_ONCE = 50
"""Assignments that are asked about in one question."""
PEOPLE_AT_ONCE = 100
"""People in one transaction, so that nobody who reviews waits long."""
STRUCTURE = "courses and people"


class MoodlePull:
    """One run. `problems` are sentences about what could not be read."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan, info: Mapping[str, Any]) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan
        self._info = info
        self.problems: list[str] = []
        self._courses: list[CourseRead] = []
        self._teams: dict[str, set[str]] = {}
        self._seats: set[str] = set()
        self._activities = ActivityPull(site, asker, plan)
        self._quizzes = QuizPull(site, asker, plan)
        self._marked: set[str] = set()
        """Quizzes with essays, by the numbers of their activities."""
        self._accounts = AccountPull(site, asker, plan)
        self._somebody: dict[str, str] = {}
        """A learner of each course, as far as this run has read people."""

    @staticmethod
    def greet(asker: Asker) -> Mapping[str, Any]:
        """Who the token is, and what it may ask: the first question of a run."""
        info: Mapping[str, Any] = asker.call("core_webservice_get_site_info")
        asker.functions = functions_in(info)
        return info

    def pages(self) -> Iterator[PulledPage]:
        """All that is to be written, in order. Asking goes on as this is walked."""
        self._require_functions()
        with database.reading():
            self._marked = moodle_quizzes.by_hand(self._site.id)
        if self._plan.roster:
            yield from self._roster()
        else:
            with database.reading():
                titles = site_groups.course_titles(self._site.id)
            self._courses = [CourseRead(number, title) for number, title in titles.items()]
        assignments = self._assignments()
        with database.reading():
            known = set(Ledger(self._site.source, ("assignment",)).standing("assignment"))
        if not self._plan.roster and any(each.id not in known for each in assignments):
            # An assignment that is new: its place in the course comes first.
            yield from self._sections()
        yield PulledPage(RunPart(STRUCTURE, 1, 1), lambda counts: self._put_assignments(assignments, counts))
        if self._plan.roster:
            yield from self._extras(assignments)
            yield from self._activities.pages()
        work = WorkPull(self._site, self._asker, self._plan, self._teams, self.problems)
        yield from work.pages(assignments, {each.id: each.title for each in self._courses})
        if self._plan.full:
            yield from self._overrides(assignments)
        yield from self._moved()

    def _moved(self) -> Iterator[PulledPage]:
        """Essays and forum posts: of the quizzes and forums that moved, where the site tells which did."""
        courses = [each.id for each in self._courses]
        talk = ForumPull(self._site, self._asker, self._plan)
        forums, quizzes = talk.forums(courses), self._quizzes.quizzes(courses)
        since = talk.since(sorted({each.course for each in forums} | {each.course for each in quizzes}))
        moved = moodle_updates.of_courses(self._asker, since)
        if quizzes:
            yield from self._essays(quizzes, since, moved)
        if since:
            yield from talk.pages(forums, since, moved)

    def _essays(
        self, quizzes: list[QuizRead], since: Mapping[str, int], moved: Mapping[str, Moved]
    ) -> Iterator[PulledPage]:
        """What waits in quizzes; one that showed its first essay gets its place in the course before."""
        known = self._quizzes.with_essays(quizzes, moved)
        by_hand = {each.activity for each in known if each.essays}
        if by_hand - self._marked:
            self._marked |= by_hand
            yield from self._sections()
        if self._plan.roster or known != quizzes:
            yield self._quizzes.keep(known)
        yield from self._quizzes.pages(known, since, moved)

    # ------------------------------------------------------------ courses, people, groups

    def _roster(self) -> Iterator[PulledPage]:
        self._courses = moodle_courses.courses_in(self._asker.call("core_course_get_courses_by_field"))
        yield PulledPage(
            RunPart(STRUCTURE, 0, len(self._courses)),
            lambda counts: self._put_courses(counts),
            {"courses": len(self._courses)},
        )
        yield from self._sections()
        done = self._done()
        for number, course in enumerate(self._courses, 1):
            yield from self._people(course, RunPart(course.title, number - 1, len(self._courses)), done)
        yield from self._groups()

    def _require_functions(self) -> None:
        """Raises NoAccessError that names what the service lacks, where nothing can be read without it."""
        lacking = missing(set(self._asker.functions), PULL)
        if lacking:
            names = ", ".join(each.function for each in lacking)
            raise NoAccessError(
                f"The service of the token lacks {names}: add that there, see muster site check."
            )

    def _done(self) -> Collection[str]:
        with database.reading():
            return marks.beginning(self._site.id, marks.DONE).keys()

    def _put_courses(self, counts: Counts) -> None:
        CourseWriter(self._site, counts).put_courses(self._courses)
        marks.put(self._site.id, marks.LINK_USER, str(self._info.get("userid", "")))
        self._note_gone("course", "course", {each.id for each in self._courses})

    def _sections(self) -> Iterator[PulledPage]:
        found: set[str] = set()
        for number, course in enumerate(self._courses, 1):
            try:
                answer = self._asker.call(
                    "core_course_get_contents", courseid=int(course.id), options=list(WITHOUT_FILES)
                )
            except REFUSALS as error:
                self._problem(course.title, error)
                continue
            sections = moodle_courses.sections_in(answer, self._marked)
            self._activities.note_sections(course, sections, answer, self._marked)
            found.update(each.id for section in sections for each in section.activities)
            is_last = number == len(self._courses)

            def put(
                counts: Counts,
                course: CourseRead = course,
                sections: Any = sections,
                is_last: bool = is_last,
            ) -> None:
                CourseWriter(self._site, counts).put_sections(course.id, sections)
                if is_last and not self.problems:
                    self._note_gone("activity", "activity", found)

            yield PulledPage(RunPart(course.title or STRUCTURE, number, len(self._courses)), put)

    def _people(self, course: CourseRead, part: RunPart, done: Collection[str]) -> Iterator[PulledPage]:
        """The people of a course by pages, unless a run that was killed has them already."""
        if course.id in done:
            return
        try:
            ended = self._ended(course)
            seen: set[str] = set()
            start = 0
            while True:
                answer = self._asker.call(
                    PEOPLE,
                    courseid=int(course.id),
                    options=moodle_people.options_of_page(start),
                )
                found = moodle_people.people_in(answer)
                suspended = self._accounts.suspended([each.id for each in found])
                found = [replace(each, suspended=each.id in suspended) for each in found]
                groups = moodle_people.groups_of_people(course.id, answer)
                seen.update(each.id for each in found)
                self._activities.note_people(course.id, answer, ended | suspended)
                learner = next((each.id for each in found if "student" in each.roles), "")
                if learner:
                    self._somebody.setdefault(course.id, learner)
                for group, person, _ in moodle_people.seats_of(found):
                    self._seats.add(f"{group}:{person}")
                    self._teams.setdefault(group.partition(":")[2], set()).add(person)
                is_last = len(answer) < moodle_people.PAGE
                parts = [list(some) for some in chunks(found, PEOPLE_AT_ONCE)] or [[]]
                for number, some in enumerate(parts, 1):

                    def put(
                        counts: Counts,
                        some: Sequence[SitePersonRead] = some,
                        groups: Sequence[SiteGroupRead] = groups,
                        ended: Collection[str] = ended,
                        is_end: bool = is_last and number == len(parts),
                        seen: Collection[str] = frozenset(seen),
                    ) -> None:
                        self._put_people(course, some, groups, ended, counts)
                        if is_end:
                            self._note_seats_gone(course.id)
                            self._note_gone(f"{ENROLMENT}:{course.id}", ENROLMENT, seen, f"{course.id}:")
                            marks.put(self._site.id, marks.DONE + course.id, str(self._plan.started))

                    yield PulledPage(part, put, {"people": len(some)})
                if is_last:
                    return
                start += len(answer)
        except REFUSALS as error:
            self._problem(course.title, error)

    def _ended(self, course: CourseRead) -> set[str]:
        """Whose enrolment has ended, is suspended or is still to begin."""
        options = [{"name": "onlysuspended", "value": 1}, {"name": "userfields", "value": "id"}]
        try:
            answer = self._asker.call(PEOPLE, courseid=int(course.id), options=options)
        except REFUSALS:
            # Without the right to see that, they count as others do.
            return set()
        return {str(each["id"]) for each in answer}

    def _put_people(
        self,
        course: CourseRead,
        found: Sequence[SitePersonRead],
        groups: Sequence[SiteGroupRead],
        ended: Collection[str],
        counts: Counts,
    ) -> None:
        writer = PeopleWriter(self._site, counts)
        writer.put(found)
        self._accounts.put([each.id for each in found])
        course_id = Ledger(self._site.source, ("course",), only=[course.id]).local_id("course", course.id)
        if course_id is not None:
            writer.enrol(course.id, course_id, found, ended)
        site_groups.put(self._site, groups, counts)
        writer.seat(moodle_people.seats_of(found))

    def _groups(self) -> Iterator[PulledPage]:
        """What the site lists of groups itself, if it does; then who came into those that are joined."""
        found: list[SiteGroupRead] = []
        for course in self._courses:
            groupings = self._asker.optional(GROUPINGS, courseid=int(course.id))
            inside = []
            if groupings:
                ids = [int(each["id"]) for each in groupings]
                inside = self._asker.optional(GROUPS_OF_GROUPINGS, groupingids=ids, returngroups=1)
            found += moodle_people.groupings_in(course.id, groupings)
            groups = self._asker.optional(GROUPS, courseid=int(course.id))
            parents = moodle_people.parents_in(inside)
            listed = moodle_people.groups_in(course.id, groups, parents)
            known = {each.id for each in listed}
            told = (group for each in inside for group in each.get("groups", ()))
            missed = [each for each in told if str(each["id"]) not in known]
            found += [*listed, *moodle_people.groups_in(course.id, missed, parents)]
        cohorts = self._asker.optional(COHORTS)
        found += moodle_people.cohorts_in(cohorts)
        seats: list[tuple[str, str, str]] = []
        if cohorts:
            ids = [int(each["id"]) for each in cohorts]
            seats = moodle_people.seats_in_cohorts(self._asker.optional(COHORT_MEMBERS, cohortids=ids))

        self._seats.update(f"{group}:{person}" for group, person, _ in seats)

        def put(counts: Counts) -> None:
            site_groups.put(self._site, found, counts)
            if cohorts:
                self._note_seats_gone("")
            PeopleWriter(self._site, counts).seat(seats)
            site_groups.fill(self._site.id, counts)
            marks.put(self._site.id, marks.ROSTER, str(self._plan.started))

        yield PulledPage(RunPart(STRUCTURE, len(self._courses), len(self._courses)), put)

    def _note_seats_gone(self, course: str) -> None:
        """On a full run keep who is not in the groups of a course any more; of cohorts without a course."""
        if self._plan.full:
            there = site_groups.seats_in_course(self._site.id, course)
            gone = [seat for seat in there if seat not in self._seats]
            marks.put(self._site.id, f"{marks.GONE}{SEAT}:{course}", json.dumps(gone))

    def _note_gone(self, part: str, kind: str, seen: Collection[str], prefix: str = "") -> None:
        if self._plan.full:
            withdrawing.note_gone(self._site, part, kind, seen, prefix)

    # ------------------------------------------------------------------------ steps

    def _assignments(self) -> list[AssignmentRead]:
        if not self._courses:
            return []
        ids = [int(each.id) for each in self._courses]
        answer = self._asker.call("mod_assign_get_assignments", courseids=ids, includenotenrolledcourses=1)
        for warning in warnings_in(answer):
            self.problems.append(f"A course could not be read: {warning.get('message', '')}")
        return moodle_courses.assignments_in(answer)

    def _extras(self, assignments: Sequence[AssignmentRead]) -> Iterator[PulledPage]:
        """Rubrics and guides; and on a full run dates of one person: nothing tells when they change."""
        for some in chunks(assignments, AT_ONCE):
            numbers = [int(each.activity) for each in some]
            rubrics = self._asker.about(DEFINITIONS, cmids=numbers, areaname="submissions", activeonly=0)
            found = step_rubrics.fitted(moodle_extras.rubrics_in(rubrics), some)
            dated = [each for each in some if each.due_at is not None and self._plan.full]
            flags: Mapping[str, Any] = {}
            if dated:
                flags = self._asker.about(FLAGS, assignmentids=[int(each.id) for each in dated])
            own = moodle_extras.extensions_in(flags, dated)

            def put(counts: Counts, found: Any = found, own: Any = own) -> None:
                step_rubrics.put_rubrics(self._site, found, counts)
                moodle_extras.put_extensions(self._site, own, counts)

            yield PulledPage(RunPart(STRUCTURE, 1, 1), put)
        yield from self._scales(assignments)

    def _overrides(self, assignments: Sequence[AssignmentRead]) -> Iterator[PulledPage]:
        """Dates of those who would be overdue, once it is known who handed in."""
        with database.reading():
            people = moodle_dates.behind(self._site, assignments)
        found = list(moodle_dates.asked(self._asker, people))
        if not found:
            return
        yield PulledPage(RunPart(STRUCTURE, 1, 1), lambda counts: moodle_dates.put(self._site, found, counts))

    def _scales(self, assignments: Sequence[AssignmentRead]) -> Iterator[PulledPage]:
        """The words of scales, as far as the gradebook of somebody in the course tells them."""
        with database.reading():
            known = moodle_scales.known(self._site.id)
        open_ = {
            each.course
            for each in assignments
            if each.scale
            and (self._plan.full or not known.get(str(each.scale), moodle_scales.Scale()).is_known)
        }
        for course in sorted(open_ & self._somebody.keys(), key=int):
            asked = {"courseid": int(course), "userid": int(self._somebody[course])}
            learned = moodle_scales.in_gradebook(self._asker.about(GRADEBOOK, **asked), assignments)

            def put(counts: Counts, learned: Any = learned) -> None:
                moodle_scales.learn(self._site, learned)

            yield PulledPage(RunPart(STRUCTURE, 1, 1), put)

    def _put_assignments(self, assignments: Sequence[AssignmentRead], counts: Counts) -> None:
        CourseWriter(self._site, counts).put_assignments(assignments)
        moodle_scales.put(self._site, assignments)
        if not self.problems:
            self._note_gone("assignment", "assignment", {each.id for each in assignments})

    def _problem(self, what: str, error: SiteError) -> None:
        self.problems.append(problem(what, error))
