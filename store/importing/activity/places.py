"""Where a statement belongs: which course, which lesson, which step.

Record stores send the activities around an object as a list, told apart by the types of several
vocabularies. An attempt, a submission or a question is not a step of its own: the quiz or the
assignment around it is. A course is known by its type; without one, by being around the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from store.importing.activity.statements import DISCUSSIONS, QUESTIONS, Activity, Statement

COURSE = "course"
# Parts of the work on a step; questions and what is said of one of them are parts of an attempt.
QUESTION_PARTS = (*QUESTIONS, "slot")
ATTEMPT = "attempt"
PARTS = (*QUESTION_PARTS, *DISCUSSIONS, ATTEMPT, "submission", "review", "feedback", "forum")
SITES = ("lms", "site", "organization", "system", "server", "source")
# A section only holds steps; a module or a lesson may also be what somebody completes.
SECTIONS = ("section", "module", "lesson", "unit", "topic", "block", "chapter")
STEPS = ("assessment", "quiz", "assignment", "media", "video", "page", "file", "link", "survey", "simulation")


@dataclass(frozen=True, slots=True)
class Place:
    """The activities that stand for course, lesson and step; `whole` when the object is the step itself.

    No step: the statement is about a course or a section as a whole.
    """

    course: Activity | None
    lesson: Activity | None
    step: Activity | None
    whole: bool


def place_of(statement: Statement) -> Place:
    """Where a statement about an activity belongs."""
    thing = statement.object
    around = statement.parents
    step = _step(thing, around) if thing is not None else None
    course = _course(thing, step, statement)
    lessons = (activity for activity in around if activity.type in SECTIONS)
    return Place(
        course=course,
        lesson=_other_than((step, course), lessons),
        step=step,
        whole=thing is not None and step is not None and thing.id == step.id,
    )


def _step(thing: Activity, around: tuple[Activity, ...]) -> Activity | None:
    if thing.type in (COURSE, "section", *SITES):
        return None
    if thing.type not in PARTS:
        return thing
    holders = [activity for activity in around if activity.type not in (COURSE, "section", *PARTS, *SITES)]
    plain = (activity for activity in holders if activity.type not in SECTIONS)
    return next(plain, None) or next(iter(holders), thing)


def _course(thing: Activity | None, step: Activity | None, statement: Statement) -> Activity | None:
    everything = [*statement.parents, *statement.grouping]
    named = next((activity for activity in everything if activity.type == COURSE), None)
    if named is not None or (thing is not None and thing.type == COURSE):
        return named or thing
    inside = (*PARTS, *SITES, *SECTIONS)
    grouped = (activity for activity in statement.grouping if activity.type not in inside)
    furthest = (
        activity for activity in reversed(statement.parents) if activity.type not in (*inside, *STEPS)
    )
    return _other_than((step, thing), grouped) or _other_than((step, thing), furthest)


def _other_than(
    these: tuple[Activity | None, ...], among: Iterable[Activity] | Iterator[Activity]
) -> Activity | None:
    taken = {activity.id for activity in these if activity is not None}
    return next((activity for activity in among if activity.id not in taken), None)
