"""Undoing the last import of rubrics, or the last removal of one: the steps have again what they had.

Reviews that were given by what is undone stay as they are.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from store import database, errors, permissions, text
from store.audit import audit
from store.audit.lines import UNDO
from store.models import AuditLine, Step
from store.rubric_states import RubricState, bring_back, state_of
from store.views import Actor

KEY = "rubrics"
"""Under which the line of an import, or of a removal, has the steps with their rubrics before and after."""
ACTIONS = ("import.rubrics", "rubric.remove")


class UndoneRubrics(NamedTuple):
    """What was undone: when it was done, whether it was an import, and how many steps have theirs again."""

    done_at: datetime
    is_import: bool
    steps: int


def undo_last(actor: Actor) -> UndoneRubrics:
    """Undo the last import or removal that is not undone yet.

    Raises NotFoundError for who is no admin, InvalidError where there is none that can be, and ConflictError
    where the rubric of one of its steps was changed since.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        line_id, done_at, action, after = _last()
        steps = [(step_id, *map(RubricState.of_json, states)) for step_id, *states in after.get(KEY, ())]
        if KEY not in after:
            raise errors.InvalidError(
                "That was done with an earlier version, which did not note what was there before. Import the "
                "file that you want instead."
            )
        for step_id, _, then in steps:
            if state_of(step_id) != then:
                raise errors.ConflictError(
                    f"Nothing was undone: the rubric of {_title(step_id)} was changed since. Import the file "
                    "that you want instead."
                )
        for step_id, before, _ in steps:
            bring_back(step_id, before)
        audit.write(
            actor,
            UNDO,
            "import" if action == ACTIONS[0] else "step",
            steps[0][0] if action == ACTIONS[1] and steps else None,
            after={"steps": [step_id for step_id, *_ in steps]},
            undoes=line_id,
        )
        return UndoneRubrics(done_at, action == ACTIONS[0], len(steps))


def _last() -> tuple[int, datetime, str, dict[str, Any]]:
    undone = AuditLine.select(AuditLine.undoes).where(
        AuditLine.action == UNDO, AuditLine.undoes.is_null(False)
    )
    query = AuditLine.select(AuditLine.id, AuditLine.at, AuditLine.action, AuditLine.after)
    query = query.where(AuditLine.action.in_(ACTIONS), AuditLine.id.not_in(undone))
    row = database.row(query.order_by(AuditLine.id.desc()).limit(1))
    if row is None:
        raise errors.InvalidError("There is no import and no removal of rubrics to undo.")
    return row[0], row[1], row[2], json.loads(row[3]) or {}


def _title(step_id: int) -> str:
    row = database.row(Step.select(Step.title).where(Step.id == step_id))
    return text.clean_line(row[0]) if row else f"step {step_id}"
