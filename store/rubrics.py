"""Rubrics and marking guides: reading and changing them, and what a review says by their criteria.

A criterion is never changed once it is there. One that differs is put beside it and counts from then on;
earlier reviews keep what they were given by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from peewee import JOIN

from store import database, errors, grading, permissions, text
from store.audit import audit
from store.models import Course, Lesson, Review, Step
from store.models.rubrics import ReviewCriterion, Rubric, RubricCriterion, RubricLevel
from store.rubric_states import state_of
from store.views import Actor
from store.views.rubrics import (
    Award,
    CriterionView,
    LevelView,
    ReviewedCriterion,
    RubricKind,
    RubricRow,
    RubricView,
    TypedCriterion,
    packed,
    unpacked,
)
from store.views.states import Decision, Marking

Points = TypeVar("Points")

FIELD = "criteria"
"""The name in `InvalidError.field` of what is filled in by criterion."""
REMARK_LIMIT = 2_000
TITLE_LIMIT = 500
DESCRIPTION_LIMIT = 5_000
CRITERIA_LIMIT = 40
LEVELS_LIMIT = 20
NAMED = 3
"""How many criteria are named where something lacks."""
CHANGED = "The rubric of this step was changed meanwhile. Check the criteria, then decide."


# ---------------------------------------------------------------------- reading


def read(rubric_id: int | None) -> RubricView | None:
    """The rubric as it is now; None where there is none, or none any more. Call inside a transaction."""
    if rubric_id is None:
        return None
    return _rubrics(Rubric.id == rubric_id).get(rubric_id)


def _rubrics(which: Any = None) -> dict[int, RubricView]:
    """The rubrics of which this is true, or all, by id. Those without a criterion left are none."""
    columns = (
        Rubric.id,
        Rubric.kind,
        RubricCriterion.id,
        RubricCriterion.title,
        RubricCriterion.description,
        RubricCriterion.points,
        RubricCriterion.external_id,
        RubricLevel.id,
        RubricLevel.title,
        RubricLevel.points,
        RubricLevel.external_id,
    )
    query = (
        Rubric.select(*columns)
        .join(RubricCriterion, on=(RubricCriterion.rubric == Rubric.id) & RubricCriterion.active)
        .join(RubricLevel, JOIN.LEFT_OUTER, on=(RubricLevel.criterion == RubricCriterion.id))
        .order_by(Rubric.id, RubricCriterion.position, RubricCriterion.id, RubricLevel.position)
    )
    query = query if which is None else query.where(which)
    found: dict[int, RubricView] = {}
    for (rubric_id, kind), rows in groupby(database.rows(query), key=itemgetter(0, 1)):
        criteria = []
        for about, levels in groupby(rows, key=itemgetter(2, 3, 4, 5, 6)):
            ident, title, description, points, external_id = about
            views = tuple(LevelView(*row[7:]) for row in levels if row[7] is not None)
            criteria.append(CriterionView(ident, title, description, points, views, external_id))
        found[rubric_id] = RubricView(RubricKind(kind), tuple(criteria))
    return found


def listing(actor: Actor) -> tuple[RubricRow, ...]:
    """Every rubric, by course, lesson and step as they come. Raises NotFoundError for who is no admin."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        columns = (Step.id, Course.title, Lesson.title, Step.title, Rubric.id)
        query = Rubric.select(*columns).join(Step).join(Lesson).join(Course)
        rubrics = _rubrics()
        order = (Course.title, Course.id, Lesson.position, Lesson.id, Step.position, Step.id)
        rows = database.rows(query.order_by(*order))
    return tuple(
        RubricRow(step_id, course, lesson, step, rubrics[ident])
        for step_id, course, lesson, step, ident in rows
        if ident in rubrics
    )


# ------------------------------------------------------------------- what is said


def said_of(completion_id: int | None) -> dict[int, tuple[ReviewedCriterion, ...]]:
    """What the reviews of some work said by criterion, by their ids. Call inside a transaction."""
    return _said(
        ReviewCriterion.review.in_(Review.select(Review.id).where(Review.completion == completion_id))
    )


def said_by(review_ids: Iterable[int]) -> dict[int, tuple[ReviewedCriterion, ...]]:
    """What reviews said by criterion, by their ids. Call inside a transaction."""
    return _said(ReviewCriterion.review.in_(list(review_ids)))


def _said(which: Any) -> dict[int, tuple[ReviewedCriterion, ...]]:
    columns = (
        ReviewCriterion.review,
        RubricCriterion.title,
        RubricCriterion.points,
        RubricLevel.title,
        ReviewCriterion.points,
        ReviewCriterion.remark,
        RubricCriterion.external_id,
        RubricLevel.external_id,
    )
    query = (
        ReviewCriterion.select(*columns)
        .join(RubricCriterion)
        .join_from(ReviewCriterion, RubricLevel, JOIN.LEFT_OUTER)
        .where(which)
        .order_by(ReviewCriterion.review, RubricCriterion.position, ReviewCriterion.id)
    )
    return {
        review_id: tuple(
            ReviewedCriterion(row[1], row[2], row[3] or "", row[4], row[5], row[6], row[7] or "")
            for row in rows
        )
        for review_id, rows in groupby(database.rows(query), key=itemgetter(0))
    }


def as_typed(review_id: int) -> str:
    """What a review said by criterion, as it stood in the form. Call inside a transaction."""
    columns = ("criterion", "level", "points", "remark")
    query = ReviewCriterion.select(*(getattr(ReviewCriterion, column) for column in columns))
    return packed(
        TypedCriterion(row[0], row[1], "" if row[2] is None or row[1] else f"{row[2]:.10g}", row[3])
        for row in database.rows(query.where(ReviewCriterion.review == review_id))
    )


def chosen(rubric: RubricView, typed: str) -> tuple[Award, ...]:
    """What stands in the form for the criteria of this rubric, without what belongs to none of them.

    Raises CriterionError for points that cannot be.
    """
    kept = {each.criterion: each for each in unpacked(typed)}
    return tuple(
        _choice(criterion, kept[criterion.id]) for criterion in rubric.criteria if criterion.id in kept
    )


def _choice(criterion: CriterionView, typed: TypedCriterion) -> Award:
    level, points = criterion.level(typed.level), None
    if not criterion.levels:
        points = _checked(criterion, lambda: grading.parse_points(typed.points, criterion.points))
    return Award(criterion.id, level.id if level else None, level.points if level else points, typed.remark)


def _checked(criterion: CriterionView, check: Callable[[], Points]) -> Points:
    try:
        return check()
    except errors.InvalidError as error:
        raise errors.CriterionError(f"{_name(criterion)}: {error.message}", criterion.id, FIELD) from error


def settled(
    rubric: RubricView | None,
    decision: Decision,
    points: float | None,
    possible: float | None,
    choices: Iterable[Award],
) -> tuple[tuple[Award, ...], float | None]:
    """What a review is to say by the criteria, and the points that are the sum of it.

    A return may say nothing, or remarks alone. Raises CriterionError where it is not complete or does not
    fit, and ConflictError where it is about another rubric than the one there is.
    """
    given = {choice.criterion: choice for choice in choices}
    if rubric is None or points is not None:
        # It was decided about a step without a rubric, or with one: now it is the other way round.
        raise errors.ConflictError(CHANGED)
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    if not given.keys() <= criteria.keys():
        raise errors.ConflictError(CHANGED)
    found = tuple(_settled(criteria[ident], choice) for ident, choice in given.items())
    sums = {choice.criterion: choice.points for choice in found if choice.points is not None}
    missing = [criterion for criterion in rubric.criteria if criterion.id not in sums]
    if missing and (sums or decision is Decision.APPROVE):
        raise errors.CriterionError(_lacking(rubric, missing), missing[0].id, FIELD)
    total = math.fsum(sums.values()) if sums else None
    if total is not None and total > (possible or 0) + 1e-6:
        said = f"The criteria give {total:.10g} points, and this step has {possible or 0:g}."
        raise errors.InvalidError(said, field=FIELD)
    if not rubric.gives_points:
        total = None
    elif total is not None:
        # Thirds of a rubric add up to a trifle more than the whole.
        total = min(total, possible or 0)
    return tuple(choice for choice in found if choice.points is not None or choice.remark), total


def _settled(criterion: CriterionView, choice: Award) -> Award:
    level = criterion.level(choice.level)
    if (level is None) != (choice.level is None):
        raise errors.ConflictError(CHANGED)
    points = choice.points
    if criterion.levels:
        points = level.points if level else None
    elif points is not None:
        _checked(criterion, lambda: grading.check_points(points, criterion.points))
    remark = text.body(choice.remark, "A remark", field=FIELD, limit=REMARK_LIMIT).strip()
    return Award(criterion.id, choice.level, points, remark)


def _lacking(rubric: RubricView, missing: Sequence[CriterionView]) -> str:
    names = [_name(criterion) for criterion in missing[:NAMED]]
    if len(missing) > NAMED:
        names.append(f"{len(missing) - NAMED} more")
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    if not rubric.gives_points:
        return f"Choose a word for {listed}."
    return f"{'Choose a level' if rubric.kind is RubricKind.RUBRIC else 'Give points'} for {listed}."


def _name(criterion: CriterionView) -> str:
    title = text.clean_line(criterion.title)
    return f"“{title if len(title) <= 40 else title[:39] + '…'}”"


def as_said(rubric: RubricView | None, awards: Iterable[Award]) -> tuple[ReviewedCriterion, ...]:
    """What a review is to say by the criteria of this rubric, as it is shown of one that is saved."""
    criteria = {criterion.id: criterion for criterion in rubric.criteria} if rubric else {}
    found = []
    for award in awards:
        criterion = criteria[award.criterion]
        level = criterion.level(award.level)
        about = (criterion.title, criterion.points, level.title if level else "")
        found.append(ReviewedCriterion(*about, award.points, award.remark))
    return tuple(found)


def append(review_id: int, choices: Iterable[Award]) -> None:
    """Write down what a review says by criterion. Call inside `writing()`, with what `settled` gave."""
    names = ("criterion", "level", "points", "remark")
    rows = [{"review": review_id, **dict(zip(names, choice, strict=True))} for choice in choices]
    if rows:
        ReviewCriterion.insert_many(rows).execute()


# --------------------------------------------------------------------- changing


class WantedLevel(NamedTuple):
    """A level as it is to be."""

    title: str
    points: float
    external_id: str = ""


class WantedCriterion(NamedTuple):
    """A criterion as it is to be; `points` is the most it gives. In a guide it has no levels."""

    title: str
    points: float
    description: str = ""
    levels: tuple[WantedLevel, ...] = ()
    external_id: str = ""


class Changes(NamedTuple):
    """How many criteria were added, and how many do not count any more."""

    added: int = 0
    ended: int = 0


def put(step_id: int, kind: RubricKind, criteria: Sequence[WantedCriterion]) -> Changes:
    """Let a step have just these criteria, in this order; none takes its rubric away.

    Texts are as they are to be kept. Criteria that are there already stay. Call inside `writing()`. Raises
    InvalidError for a step that is not reviewed, and for a sum that is not what the step can earn.
    """
    marking, possible = _step(step_id)
    if criteria and marking is not Marking.REVIEW:
        raise errors.InvalidError("this step is marked automatically")
    most = math.fsum(criterion.points for criterion in criteria)
    if criteria and abs(most - (possible or 0)) > 1e-6:
        has = "no points" if possible is None else f"{possible:g}"
        raise errors.InvalidError(f"the criteria give {most:.10g} points at most, and the step has {has}")
    rubric_id, was = current(step_id)
    here = was.criteria if was else ()
    there = {wanted_of(criterion): criterion.id for criterion in here}
    if rubric_id is None:
        if not criteria:
            return Changes()
        rubric_id = int(Rubric.insert(step=step_id, kind=kind).execute())
    elif criteria:
        Rubric.update(kind=kind).where(Rubric.id == rubric_id).execute()
    kept = {there[each]: at for at, each in enumerate(criteria, 1) if each in there}
    ended = [criterion.id for criterion in here if criterion.id not in kept]
    for ident in ended:
        RubricCriterion.update(active=False).where(RubricCriterion.id == ident).execute()
    for ident, at in kept.items():
        RubricCriterion.update(position=at).where(RubricCriterion.id == ident).execute()
    new = [(at, each) for at, each in enumerate(criteria, 1) if each not in there]
    for at, each in new:
        _add(rubric_id, at, each)
    return Changes(len(new), len(ended))


def _step(step_id: int) -> tuple[Marking, float | None]:
    row = database.row(Step.select(Step.marking, Step.points).where(Step.id == step_id))
    if row is None:
        raise errors.NotFoundError("No such step. It may have been withdrawn.")
    return Marking(row[0]), row[1]


def current(step_id: int) -> tuple[int | None, RubricView | None]:
    """The rubric of a step with its id, which stays where it has none any more. Call inside a transaction."""
    row = database.row(Rubric.select(Rubric.id).where(Rubric.step == step_id))
    return (row[0], read(row[0])) if row else (None, None)


def wanted_of(criterion: CriterionView) -> WantedCriterion:
    """A criterion that is there, as it would be wanted."""
    levels = tuple(WantedLevel(level.title, level.points, level.external_id) for level in criterion.levels)
    about = (criterion.title, criterion.points, criterion.description)
    return WantedCriterion(*about, levels, criterion.external_id)


def _add(rubric_id: int, position: int, wanted: WantedCriterion) -> None:
    values = {"title": wanted.title, "description": wanted.description, "points": wanted.points}
    values |= {"rubric": rubric_id, "position": position, "external_id": wanted.external_id}
    criterion = int(RubricCriterion.insert(values).execute())
    for at, level in enumerate(wanted.levels, 1):
        RubricLevel.insert(criterion=criterion, position=at, **level._asdict()).execute()


def remove(actor: Actor, step_id: int) -> None:
    """Take the rubric of a step away; reviews keep what they said by it.

    Raises NotFoundError for who is no admin, and for a step without one.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        rubric_id, was = current(step_id)
        if rubric_id is None or was is None:
            raise errors.NotFoundError("No such step, or it has no rubric. See: muster rubric list")
        before = state_of(step_id)
        put(step_id, was.kind, ())
        told = {"kind": was.kind, "criteria": [criterion.title for criterion in was.criteria]}
        after = {"rubrics": [[step_id, before, state_of(step_id)]]}
        audit.write(actor, "rubric.remove", "step", step_id, before=told, after=after)
