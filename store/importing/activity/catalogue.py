"""The courses, lessons and steps that statements speak of: known from before, or made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import fn

from store import clock, database, text
from store.importing.activity.locations import Location
from store.importing.activity.scores import PERCENT, Score
from store.importing.activity.statements import Activity
from store.importing.activity.values import UNNAMED
from store.importing.ledger import Ledger, digest
from store.importing.planned import WritePlan
from store.importing.report import Report
from store.models import Completion, Course, Lesson, Step
from store.views.states import Marking

KINDS = ("course", "lesson", "step")
NO_COURSE = Activity(id="", type="course", name="Work outside courses", description="", interaction="")
NO_LESSON = "Activities"


@dataclass(slots=True)
class StepHere:
    """A step as it stands here; what is set on it is written by `Catalogue.save`."""

    id: int
    course_id: int
    points: float | None
    marking: str
    changed: bool = False
    has_shares: bool = False

    def mark(self, marking: Marking) -> None:
        """Say who marks this step's work."""
        if self.marking != marking:
            self.marking = marking
            self.changed = True

    def measure(self, score: Score) -> None:
        """Learn from a score what the step can earn, where that is not known."""
        self.has_shares = self.has_shares or score.is_share
        if self.points is None and score.out_of is not None:
            self.points = score.out_of
            self.changed = True


class Catalogue:
    """Finds what an activity is here, and makes what is missing."""

    def __init__(self, ledger: Ledger, report: Report, plan: WritePlan) -> None:
        self._ledger = ledger
        self._report = report
        self._plan = plan
        # The last position in a course or a lesson, where anything was put behind it.
        self._ends: dict[tuple[Any, int], int] = {}
        self._steps: dict[str, StepHere] = {}
        self._by_id: dict[int, StepHere] = {}
        self._anywhere: dict[str, str] = {}
        self._load()

    def _load(self) -> None:
        rows = database.rows(Step.select(Step.id, Lesson.course, Step.points, Step.marking).join(Lesson))
        steps = {row[0]: StepHere(*row) for row in rows}
        for key, step_id in self._ledger.standing("step").items():
            if step_id is not None and step_id in steps:
                self._steps[key] = self._by_id[step_id] = steps[step_id]
                self._anywhere[key.partition(" ")[2]] = key

    def step(self, activity: Activity, location: Location) -> StepHere:
        """The step that an activity stands for, in the course and lesson of its place.

        Where no course is told it is the step of that id wherever it is known.
        """
        known = self._anywhere.get(activity.id)
        if location.course is None and known is not None:
            return self._steps[known]
        course_id = self.course(location.course or NO_COURSE)
        key = f"{course_id} {activity.id}"
        if key not in self._steps:
            self._steps[key] = self._make_step(activity, course_id, self._lesson(location.lesson, course_id))
            self._ledger.remember("step", key, self._steps[key].id, digest(key))
            self._anywhere[activity.id] = key
        return self._steps[key]

    def worth(self, step_id: int) -> float | None:
        """What a step can earn; 100 where of its scores only shares are known."""
        step = self._by_id[step_id]
        if step.points is None and step.has_shares:
            step.points = PERCENT
            step.changed = True
        return step.points

    def of_id(self, step_id: int) -> StepHere | None:
        """A step that an import made."""
        return self._by_id.get(step_id)

    def stray(self, activity: Activity, location: Location) -> StepHere | None:
        """The step of its own that an older version made of a part of another step."""
        if location.step is None or location.step.id == activity.id:
            return None
        known = self._ledger.local_id("course", (location.course or NO_COURSE).id)
        return self._steps.get(f"{known} {activity.id}")

    def withdraw(self, step_id: int) -> None:
        """Take a step out of use on which there is no work."""
        work = Completion.select(Completion.id).where(Completion.step == step_id)
        self._plan.behind(Step.update(active=False).where(Step.id == step_id, ~fn.EXISTS(work)))

    def known_step(self, course_id: int, activities: tuple[Activity, ...]) -> int | None:
        """The id of the first of some activities that is a step of the course already."""
        found = (self._steps.get(f"{course_id} {activity.id}") for activity in activities)
        return next((step.id for step in found if step is not None), None)

    def course(self, activity: Activity) -> int:
        """The id of the course that an activity stands for."""
        known = self._ledger.local_id("course", activity.id)
        if known is not None:
            return known
        fields = (Course.title, Course.created_at)
        (course_id,) = self._plan.insert(Course, fields, [(_title(activity), clock.now())])
        self._ledger.remember("course", activity.id, course_id, digest(activity.id))
        self._report.tally("courses").added += 1
        return course_id

    def _lesson(self, activity: Activity | None, course_id: int) -> int:
        key = f"{course_id} {activity.id if activity else ''}"
        known = self._ledger.local_id("lesson", key)
        if known is not None:
            return known
        position = self._next(Lesson.course, course_id)
        title = _title(activity) if activity else NO_LESSON
        fields = (Lesson.course, Lesson.title, Lesson.position)
        (lesson_id,) = self._plan.insert(Lesson, fields, [(course_id, title, position)])
        self._ledger.remember("lesson", key, lesson_id, digest(key))
        return lesson_id

    def _make_step(self, activity: Activity, course_id: int, lesson_id: int) -> StepHere:
        fields = (Step.lesson, Step.title, Step.body, Step.position)
        row = (lesson_id, _title(activity), activity.description, self._next(Step.lesson, lesson_id))
        (step_id,) = self._plan.insert(Step, fields, [row])
        self._report.tally("steps").added += 1
        made = StepHere(id=step_id, course_id=course_id, points=None, marking=Marking.AUTOMATIC)
        self._by_id[step_id] = made
        return made

    def save(self) -> None:
        """Write what was learned of steps: their points, and who marks them."""
        for step in self._steps.values():
            if step.changed:
                learned = (step.points, str(step.marking), step.id)
                self._plan.change(
                    "UPDATE steps SET points = ?, marking = ? WHERE id = ?", learned, behind=True
                )
                step.changed = False

    def _next(self, owner: Any, owner_id: int) -> int:
        """The position behind the last one in a course or a lesson."""
        key = (owner, owner_id)
        if key not in self._ends:
            last = owner.model.select(fn.MAX(owner.model.position)).where(owner == owner_id)
            self._ends[key] = last.scalar() or 0
        self._ends[key] += 1
        return self._ends[key]


def _title(activity: Activity) -> str:
    """An activity's name, or the last part of its id: the first of them that can be seen."""
    called = (activity.name, activity.id.rstrip("/").rsplit("/", 1)[-1], activity.id, UNNAMED)
    return text.first_visible(*(title[: text.NAME_LIMIT] for title in called))
