"""Courses, lessons and steps of a site: what it tells of them, and bringing those here in line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from store import clock, due_dates, permissions, text
from store.frozen import dataclass
from store.importing.bulk_writes import Updates, activate, insert
from store.importing.ledger import Ledger, digest
from store.models import Course, Lesson, Step
from store.models.sites import SiteStep
from store.sites import blind_works, html
from store.sites.pages import Counts
from store.sites.sites import LinkedSite
from store.views.due import StepDates
from store.views.states import Marking

KINDS = ("course", "lesson", "step", "assignment", "activity")
"""Kinds of `ExternalId`: a step is known by its activity's number, and by the assignment's own; or as an
"activity", which is no assignment.
"""
ASSIGN = "assign"
NO_TITLE = "Untitled"


@dataclass(frozen=True, slots=True)
class CourseRead:
    """A course at the site."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class ActivityRead:
    """An activity's place in its course, and where it is on the web: an assignment, or one of another kind
    that is done by itself.
    """

    id: str
    instance: str
    title: str
    url: str
    visible: bool
    kind: str = ASSIGN


@dataclass(frozen=True, slots=True)
class SectionRead:
    """A section of a course with its activities, in order."""

    id: str
    title: str
    activities: tuple[ActivityRead, ...]


@dataclass(frozen=True, slots=True)
class AssignmentRead:
    """An assignment with its settings. `points` is the most it gives, None for a scale and for no grade.

    `scale` is the site's number of its scale, 0 where points or nothing are given.
    """

    id: str
    activity: str
    course: str
    title: str
    body: str
    points: float | None
    scale: int
    due_at: datetime | None
    cut_off_at: datetime | None
    opens_at: datetime | None
    team: bool
    blind: bool
    workflow: bool

    @property
    def has_grade(self) -> bool:
        """Whether anything is given for it at all."""
        return self.points is not None or self.scale != 0


def title_of(value: Any) -> str:
    """What a thing is called, as one line of a length that is kept."""
    return text.first_visible(html.line(str(value or ""))[: text.NAME_LIMIT]) or NO_TITLE


# ---------------------------------------------------------------------- writing


class CourseWriter:
    """Brings courses, lessons and steps in line with a site. Make it inside a transaction."""

    def __init__(self, site: LinkedSite, counts: Counts) -> None:
        self._site = site
        self._counts = counts
        self._ledger = Ledger(site.source, KINDS)

    def put_courses(self, courses: Iterable[CourseRead]) -> None:
        """Add, retitle and bring back."""
        tally = self._counts.of("courses")
        for each in courses:
            mark = digest(each.title)
            local = self._ledger.local_id("course", each.id)
            if local is None:
                rows = [(each.title, clock.now())]
                local = insert(Course, [Course.title, Course.created_at], rows)[0]
                tally.added += 1
            elif self._ledger.unchanged("course", each.id, mark):
                continue
            else:
                Course.update(title=each.title, active=True).where(Course.id == local).execute()
                tally.changed += 1
            self._ledger.remember("course", each.id, local, mark)
        self._ledger.flush()

    def put_sections(self, course: str, sections: Sequence[SectionRead]) -> None:
        """Bring the lessons and steps of a course in line, in order."""
        course_id = self._ledger.local_id("course", course)
        if course_id is None:
            return
        for position, section in enumerate(sections, 1):
            lesson_id = self._lesson(course_id, section, position)
            for number, activity in enumerate(section.activities, 1):
                self._step(lesson_id, activity, number)
        self._ledger.flush()

    def _lesson(self, course_id: int, section: SectionRead, position: int) -> int:
        mark = digest(section.title, position)
        local = self._ledger.local_id("lesson", section.id)
        if local is None:
            local = insert(
                Lesson, [Lesson.course, Lesson.title, Lesson.position], [(course_id, section.title, position)]
            )[0]
        elif not self._ledger.unchanged("lesson", section.id, mark):
            changed = {Lesson.title: section.title, Lesson.position: position, Lesson.course: course_id}
            Lesson.update(changed).where(Lesson.id == local).execute()
        self._ledger.remember("lesson", section.id, local, mark)
        return local

    def _step(self, lesson_id: int, activity: ActivityRead, position: int) -> None:
        mark = digest(activity.title, position, lesson_id, activity.url)
        local = self._ledger.local_id("step", activity.id)
        tally, is_assignment = self._counts.of("steps"), activity.kind == ASSIGN
        if local is None:
            fields = [Step.lesson, Step.title, Step.position, Step.marking]
            marking = Marking.REVIEW if is_assignment else Marking.AUTOMATIC
            local = insert(Step, fields, [(lesson_id, activity.title, position, marking.value)])[0]
            tally.added += 1
        elif not self._ledger.unchanged("step", activity.id, mark):
            changed = {Step.title: activity.title, Step.position: position, Step.lesson: lesson_id}
            Step.update(changed).where(Step.id == local).execute()
            activate(Step, [local])
            tally.changed += 1
        else:
            return
        self._ledger.remember("step", activity.id, local, mark)
        if is_assignment:
            self._ledger.remember("assignment", activity.instance, local, digest(activity.id))
        else:
            self._ledger.remember("activity", activity.id, local, digest(activity.kind))
        values: dict[str, Any] = {
            "external_id": activity.instance,
            "kind": activity.kind,
            "url": activity.url,
            "takes_reviews": is_assignment,
        }
        if not SiteStep.update(values).where(SiteStep.step == local).execute():
            SiteStep.insert(values, site=self._site.id, step=local).execute()

    def put_assignments(self, assignments: Iterable[AssignmentRead]) -> None:
        """Points, texts and due dates of the steps, and how each is marked at the site."""
        steps, changed = Updates(Step), 0
        fresh: list[StepDates] = []
        dates: list[StepDates] = []
        assignments, kept = list(assignments), Ledger(self._site.source, ("settings",))
        for each in assignments:
            step_id = self._ledger.local_id("assignment", each.id)
            if step_id is None:
                continue
            is_known = kept.stands("settings", each.id)
            dated = StepDates(step_id, each.due_at, each.cut_off_at, each.opens_at)
            (dates if is_known else fresh).append(dated)
            mark = digest(each.body, each.points, each.scale, each.team, each.blind, each.workflow)
            if kept.unchanged("settings", each.id, mark):
                continue
            steps.add(step_id, body=each.body, points=each.points)
            told = {"team": each.team, "blind": each.blind, "workflow": each.workflow}
            SiteStep.update(told).where(SiteStep.step == step_id).execute()
            kept.remember("settings", each.id, step_id, mark)
            changed += is_known
        steps.run()
        kept.flush()
        due_dates.set_steps(permissions.IMPORT, fresh)
        changed += due_dates.set_steps(permissions.IMPORT, dates)
        self._counts.of("steps").changed += changed
        hidden = {each.id for each in assignments if each.blind}
        shown = {each.id for each in assignments} - hidden
        blind_works.settle(self._site.id, hidden, shown, self._counts)
