"""Marks that a site holds back until somebody releases them: a step of its own, for leaders and admins."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from peewee import fn

from store import blind, clock, database, errors, permissions
from store.audit import audit, lines
from store.audit.lines import AuditRecord
from store.models import Completion, Course, Lesson, Step
from store.models.sites import HELD, OutboxRow, Site
from store.permissions import Permissions
from store.review import reviews
from store.views import Actor
from store.views.outbox import HELD as WORDS
from store.views.outbox import HeldMarks
from store.views.sites import OutboxState, Release
from store.views.states import Decision

ACTION = "work.release"
NOTHING = "No mark of this step waits to be released."
RELEASED = "It is on its way, or the learner has seen it: take it back at the site."


def held(actor: Actor) -> tuple[HeldMarks, ...]:
    """The steps with marks that the actor could release, by course."""
    with database.reading():
        columns = (Step.id, Step.title, Course.title, fn.COUNT(OutboxRow.id))
        query = _held(permissions.of(actor), columns).group_by(Step.id, Step.title, Course.title)
        rows = database.rows(query.order_by(Course.title, Step.title, Step.id))
        return tuple(HeldMarks(*row) for row in rows)


def _held(who: Permissions, columns: tuple[Any, ...]) -> Any:
    """Select of the decisions whose marks the actor could release: of the work that counts, the last one."""
    newer = OutboxRow.alias("newer")
    later = newer.select(newer.id).where(newer.completion == OutboxRow.completion, newer.id > OutboxRow.id)
    query = OutboxRow.select(*columns).join(Site).join_from(OutboxRow, Completion).join(Step).join(Lesson)
    return query.join(Course).where(
        HELD,
        OutboxRow.decision == Decision.APPROVE.value,
        OutboxRow.review.is_null(False),
        OutboxRow.state == OutboxState.DONE.value,
        Site.active,
        ~fn.EXISTS(later),
        Completion.user.in_(permissions.people_led(who)),
        permissions.reviewable(who),
    )


def release(actor: Actor, step_id: int) -> int:
    """Let the marks of a step be seen by those who have them, with the next sync; as one action.

    Returns how many. Raises NotFoundError where there are none that the actor may release.
    """
    with database.writing(reviews.PATIENCE):
        who = permissions.of(actor)
        columns = (OutboxRow.id, OutboxRow.completion)
        rows = database.rows(_held(who, columns).where(Step.id == step_id).order_by(OutboxRow.id))
        if not rows:
            raise errors.NotFoundError(NOTHING)
        batch = uuid4().hex if len(rows) > 1 else ""
        asked = _values(OutboxState.WAITS, Release.ASKED)
        for row_id, completion_id in rows:
            permissions.require_releases(who, completion_id)
            OutboxRow.update(asked).where(OutboxRow.id == row_id).execute()
            told = {"outbox": row_id, **blind.told(completion_id)}
            audit.write(actor, ACTION, "completion", completion_id, after=told, batch=batch)
    return len(rows)


def _values(state: OutboxState, release: Release) -> dict[str, Any]:
    reason = WORDS if release is Release.HELD else ""
    return {"state": state.value, "release": release.value, "reason": reason, "changed_at": clock.now()}


def check(who: Permissions, line: AuditRecord) -> None:
    """Holding a mark back again is for whoever may release it. Raises NotFoundError or ForbiddenError."""
    permissions.require_releases(who, line.target_id)


def undo(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str | None:
    """Hold a mark back again that did not go out yet. Raises ConflictError where it did."""
    waits = (OutboxRow.id == line.after["outbox"]) & (OutboxRow.state == OutboxState.WAITS.value)
    held_again = _values(OutboxState.DONE, Release.HELD)
    if not OutboxRow.update(held_again).where(waits, OutboxRow.release == Release.ASKED.value).execute():
        raise lines.refused(RELEASED)
    lines.write(actor, line, batch, before=line.after)
    return None
