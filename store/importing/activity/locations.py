"""Where a statement belongs: which course, which lesson, which step.

Record stores send the activities around an object as a list, told apart by the types of several
vocabularies. An attempt, a submission or a question is not a step of its own: the quiz, the assignment or
the form around it is. A course is known by its type; without one, by being around the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.frozen import dataclass
from store.importing.activity.statements import DISCUSSIONS, QUESTIONS, Activity, Statement

COURSE = "course"
# Parts of the work on a step; questions and what is said of one of them are parts of an attempt.
QUESTION_PARTS = (*QUESTIONS, "slot")
ATTEMPT = "attempt"
# Moodle calls both a feedback form and what a teacher says of an assignment by this type.
FEEDBACK = "feedback"
PARTS = (*QUESTION_PARTS, *DISCUSSIONS, ATTEMPT, "submission", "review", FEEDBACK, "forum")
SITES = ("lms", "site", "organization", "system", "server", "source")
# A section only holds steps; a module or a lesson may also be what somebody completes.
SECTIONS = ("section", "module", "lesson", "unit", "topic", "block", "chapter")
# What nobody judges: it is done when it is handed in.
FORMS = (FEEDBACK, "survey", "questionnaire", "poll")
STEPS = ("assessment", "quiz", "assignment", "media", "video", "page", "file", "link", "simulation", *FORMS)


@dataclass(frozen=True, slots=True)
class Location:
    """The activities that stand for course, lesson and step; `whole` when the object is the step itself,
    `is_form` when nobody judges the step.

    No step: the statement is about a course or a section as a whole.
    """

    course: Activity | None
    lesson: Activity | None
    step: Activity | None
    whole: bool
    is_form: bool


class Locations:
    """Knows of the activities that statements name what one of them tells and another one does not.

    Many senders tell an activity's type only where the statement is about it, and the quiz around an attempt
    only where the attempt is completed.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._typed: dict[str, Activity] = {}
        self._homes: dict[str, Activity] = {}
        # By what a statement is about, as objects: equal ones of a file are one.
        self._found: dict[tuple[int, int, int], Location] = {}
        said = list(statements)
        for statement in said:
            for activity in _all(statement):
                if activity.type:
                    self._typed.setdefault(activity.id, activity)
        for statement in said:
            around = self._known(statement.parents)
            home = next(_holders(around), None)
            if home is not None:
                for part in (statement.object, *around):
                    if part is not None and part.type == ATTEMPT:
                        self._homes.setdefault(part.id, home)

    def of(self, statement: Statement) -> Location:
        """Where a statement about an activity belongs."""
        key = (id(statement.object), id(statement.parents), id(statement.grouping))
        if key not in self._found:
            self._found[key] = self._find(statement)
        return self._found[key]

    def _find(self, statement: Statement) -> Location:
        thing = next(iter(self._known((statement.object,) if statement.object else ())), None)
        around = self._known(statement.parents)
        grouping = self._known(statement.grouping)
        step = self._step(thing, around, grouping) if thing is not None else None
        course = _course(thing, step, around, grouping)
        lessons = (activity for activity in around if activity.type in SECTIONS)
        return Location(
            course=course,
            lesson=_other_than((step, course), lessons),
            step=step,
            whole=thing is not None and step is not None and thing.id == step.id,
            is_form=step is not None and step.type in FORMS,
        )

    def _known(self, activities: Iterable[Activity]) -> tuple[Activity, ...]:
        """The activities, with their types where another statement tells them."""
        return tuple(
            activity if activity.type else self._typed.get(activity.id, activity) for activity in activities
        )

    def _step(
        self, thing: Activity, around: tuple[Activity, ...], grouping: tuple[Activity, ...]
    ) -> Activity | None:
        if thing.type in (COURSE, "section", *SITES):
            return None
        if thing.type not in PARTS:
            return thing
        # Older senders have the quiz beside the course, and not around the question.
        beside = (activity for activity in grouping if activity.type in STEPS)
        holders = [*_holders(around), *beside]
        plain = (activity for activity in holders if activity.type not in (*SECTIONS, FEEDBACK))
        if (found := next(plain, None)) is not None:
            return found
        attempts = [activity for activity in (thing, *around, *grouping) if activity.type == ATTEMPT]
        homes = (self._homes[attempt.id] for attempt in attempts if attempt.id in self._homes)
        if (found := next(homes, None)) is not None:
            return found
        forms = (activity for activity in (thing, *holders) if activity.type == FEEDBACK)
        return next(forms, None) or next(iter([*holders, *attempts]), thing)


def _all(statement: Statement) -> Iterator[Activity]:
    if statement.object is not None:
        yield statement.object
    yield from statement.parents
    yield from statement.grouping


def _holders(around: Iterable[Activity]) -> Iterator[Activity]:
    """What may be the step that a part belongs to, the nearest first."""
    others = (COURSE, "section", *SITES, *(part for part in PARTS if part != FEEDBACK))
    return (activity for activity in around if activity.type not in others)


def _course(
    thing: Activity | None,
    step: Activity | None,
    around: tuple[Activity, ...],
    grouping: tuple[Activity, ...],
) -> Activity | None:
    named = next((activity for activity in (*around, *grouping) if activity.type == COURSE), None)
    if named is not None or (thing is not None and thing.type == COURSE):
        return named or thing
    inside = (*PARTS, *SITES, *SECTIONS, *FORMS)
    grouped = (activity for activity in grouping if activity.type not in inside)
    furthest = (activity for activity in reversed(around) if activity.type not in (*inside, *STEPS))
    return _other_than((step, thing), grouped) or _other_than((step, thing), furthest)


def _other_than(
    these: tuple[Activity | None, ...], among: Iterable[Activity] | Iterator[Activity]
) -> Activity | None:
    taken = {activity.id for activity in these if activity is not None}
    return next((activity for activity in among if activity.id not in taken), None)
