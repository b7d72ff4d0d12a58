"""By what two steps of the demo school are reviewed: one by a rubric, one by a marking guide."""

from __future__ import annotations

from store import rubrics
from store.demo.courses import CoursePlan
from store.rubrics import WantedCriterion, WantedLevel
from store.views.rubrics import RubricKind


def _levels(*levels: tuple[str, float]) -> tuple[WantedLevel, ...]:
    return tuple(WantedLevel(*level) for level in levels)


RUBRICS: dict[str, tuple[RubricKind, tuple[WantedCriterion, ...]]] = {
    "The lost phone": (
        RubricKind.RUBRIC,
        (
            WantedCriterion(
                "Facts",
                8,
                "What was on it, since when it is gone, who knows",
                _levels(("Guesses", 0), ("Some facts, some guesses", 4), ("Facts, and what is not known", 8)),
            ),
            WantedCriterion(
                "What is asked for",
                8,
                levels=_levels(("Nothing", 0), ("One clear step", 5), ("Who does what by when", 8)),
            ),
            WantedCriterion("Tone", 4, levels=_levels(("Excuses", 0), ("Calm", 2), ("Calm and plain", 4))),
        ),
    ),
    "Project: count the words": (
        RubricKind.GUIDE,
        (
            WantedCriterion("It runs", 15, "Also on an empty file"),
            WantedCriterion("It can be read", 10, "Names, short functions, no dead code"),
            WantedCriterion("It was tried", 5, "Says on what, and what came out"),
        ),
    ),
}
"""By the title of the step."""


def put(courses: list[CoursePlan]) -> None:
    """Give the steps their rubrics. Call inside `writing()`, once the steps are there."""
    steps = [step for course in courses for lesson in course.lessons for step in lesson.steps]
    for step_id, step in enumerate(steps, 1):
        if step.title in RUBRICS:
            kind, criteria = RUBRICS[step.title]
            rubrics.put(step_id, kind, criteria)
