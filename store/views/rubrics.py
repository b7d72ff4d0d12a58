"""Rubrics and marking guides, what was said by their criteria, and what is typed for them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from store.frozen import dataclass


class RubricKind(StrEnum):
    """A rubric has levels to choose from; in a marking guide points are typed for each criterion.

    A rubric of a step without points has words to choose from, which give none.
    """

    RUBRIC = "rubric"
    GUIDE = "guide"


@dataclass(frozen=True, slots=True)
class LevelView:
    """How well a criterion can be met, and the points for it. `external_id` is what a site calls it."""

    id: int
    title: str
    points: float
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class CriterionView:
    """One thing that is looked at. `points` is the most it gives; in a guide it has no levels."""

    id: int
    title: str
    description: str
    points: float
    levels: tuple[LevelView, ...] = ()
    external_id: str = ""

    def level(self, level_id: int | None) -> LevelView | None:
        """The level with this id, or None."""
        return next((level for level in self.levels if level.id == level_id), None)


@dataclass(frozen=True, slots=True)
class RubricView:
    """By what a step is reviewed."""

    kind: RubricKind
    criteria: tuple[CriterionView, ...]

    @property
    def points(self) -> float:
        """The most points it gives."""
        return math.fsum(criterion.points for criterion in self.criteria)

    @property
    def gives_points(self) -> bool:
        """Whether it gives any; else its levels are words alone, as those of a site's scale are."""
        return self.points > 0


@dataclass(frozen=True, slots=True)
class RubricRow:
    """A rubric and where it belongs, for a list of them."""

    step_id: int
    course: str
    lesson: str
    step: str
    rubric: RubricView


class ReviewedCriterion(NamedTuple):
    """What a review said by one criterion, as the criterion was then; `most` is the most it gave.

    Without points it is a remark alone. The external ids are what a site calls criterion and level.
    """

    title: str
    most: float
    level: str
    points: float | None
    remark: str
    criterion_external_id: str = ""
    level_external_id: str = ""


class Award(NamedTuple):
    """What is to be said by a criterion: a level of a rubric or points of a guide, and maybe a remark."""

    criterion: int
    level: int | None = None
    points: float | None = None
    remark: str = ""


# --------------------------------------------------------------- as it stands in a form


class TypedCriterion(NamedTuple):
    """What stands in the form for a criterion: the id of the level, or the points as typed, and a remark."""

    criterion: int
    level: int | None = None
    points: str = ""
    remark: str = ""

    def __bool__(self) -> bool:
        return self.level is not None or bool(self.points.strip() or self.remark.strip())


def packed(criteria: Iterable[TypedCriterion]) -> str:
    """What is typed for criteria as one text, the same for the same; empty where nothing is."""
    kept = sorted((each for each in criteria if each), key=lambda each: each.criterion)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""


def unpacked(text: str) -> tuple[TypedCriterion, ...]:
    """What `packed` was given. Whatever else stands there is nothing: others may write to the database."""
    if not text:
        return ()
    try:
        return tuple(_sound(*each) for each in json.loads(text))
    except (RecursionError, TypeError, ValueError):
        return ()


def _sound(criterion: object, level: object, points: object, remark: object) -> TypedCriterion:
    if not isinstance(criterion, int) or not isinstance(level, int | None):
        raise TypeError
    if not isinstance(points, str) or not isinstance(remark, str):
        raise TypeError
    return TypedCriterion(criterion, level, points, remark)


def merged(first: str, second: str) -> str:
    """Two packed texts as one: what the first says of a criterion, with the remark of the second behind."""
    kept = {each.criterion: each for each in unpacked(second)}
    for each in unpacked(first):
        other = kept.get(each.criterion, TypedCriterion(each.criterion))
        remarks = dict.fromkeys(filter(None, (each.remark.strip(), other.remark.strip())))
        chosen = each if each.level is not None or each.points.strip() else other
        kept[each.criterion] = chosen._replace(remark=" ".join(remarks))
    return packed(kept.values())


def remarks_in(text: str) -> tuple[tuple[int, str], ...]:
    """The remarks of a packed text, by criterion."""
    return tuple((each.criterion, each.remark.strip()) for each in unpacked(text) if each.remark.strip())
