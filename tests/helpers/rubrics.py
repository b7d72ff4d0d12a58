"""A rubric and a marking guide for the tests: each on a step that a test names."""

from __future__ import annotations

from store import database, rubrics
from store.rubrics import WantedCriterion, WantedLevel
from store.views.rubrics import Award, CriterionView, RubricKind, RubricView

LEVELS = (WantedLevel("Missing", 0, "l0"), WantedLevel("Partly", 2, "l2"), WantedLevel("Clear", 4, "l4"))
TONE = WantedCriterion("Tone", 4, "Polite, and warm", LEVELS, "c1")
ORDER = WantedCriterion("Order", 4, "", LEVELS, "c2")
FACTS = WantedCriterion("Facts", 2, "", (WantedLevel("Wrong", 0), WantedLevel("Right", 2)), "c3")
RUBRIC = (TONE, ORDER, FACTS)
"""Of 10 points."""
GUIDE = (WantedCriterion("Code", 12.5), WantedCriterion("Tests", 7.5))
"""Of 20 points."""


def put(step_id: int, *criteria: WantedCriterion) -> RubricView:
    """Let a step have these criteria, and read them back."""
    has_levels = any(criterion.levels for criterion in criteria)
    with database.writing():
        rubrics.put(step_id, RubricKind.RUBRIC if has_levels else RubricKind.GUIDE, criteria)
    found = of(step_id)
    assert found is not None
    return found


def of(step_id: int) -> RubricView | None:
    """The rubric of a step."""
    with database.reading():
        return rubrics.current(step_id)[1]


def choose(rubric: RubricView, *levels: int | None, remarks: tuple[str, ...] = ()) -> tuple[Award, ...]:
    """The levels with these numbers, counted from 1, a criterion each."""
    said = dict(enumerate(remarks))
    return tuple(
        Award(criterion.id, _level(criterion, number), remark=said.get(at, ""))
        for at, (criterion, number) in enumerate(zip(rubric.criteria, levels, strict=False))
    )


def _level(criterion: CriterionView, number: int | None) -> int | None:
    return criterion.levels[number - 1].id if number else None
