"""Which criteria a step has: noted before a change, and brought back when it is undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from store import database
from store.models.rubrics import Rubric, RubricCriterion
from store.views.rubrics import RubricKind


class RubricState(NamedTuple):
    """Which criteria a step has, in order; the kind is None where it never had a rubric."""

    kind: RubricKind | None
    criteria: tuple[int, ...]

    @classmethod
    def of_json(cls, kept: Sequence[Any]) -> RubricState:
        """One as it was written to JSON."""
        return cls(RubricKind(kept[0]) if kept[0] else None, tuple(kept[1]))


def state_of(step_id: int) -> RubricState:
    """The rubric of a step, to be compared or brought back. Call inside a transaction."""
    row = database.row(Rubric.select(Rubric.id, Rubric.kind).where(Rubric.step == step_id))
    if row is None:
        return RubricState(None, ())
    query = RubricCriterion.select(RubricCriterion.id).where(
        RubricCriterion.rubric == row[0], RubricCriterion.active
    )
    order = (RubricCriterion.position, RubricCriterion.id)
    return RubricState(RubricKind(row[1]), tuple(each for (each,) in database.rows(query.order_by(*order))))


def bring_back(step_id: int, state: RubricState) -> None:
    """Let a step have the criteria again that it had. Call inside `writing()`."""
    row = database.row(Rubric.select(Rubric.id).where(Rubric.step == step_id))
    if row is None:
        return
    if state.kind is not None:
        Rubric.update(kind=state.kind).where(Rubric.id == row[0]).execute()
    theirs = RubricCriterion.rubric == row[0]
    RubricCriterion.update(active=False).where(theirs).execute()
    for position, criterion in enumerate(state.criteria, 1):
        again = RubricCriterion.update(active=True, position=position)
        again.where(theirs, RubricCriterion.id == criterion).execute()
