"""Drafts: what somebody typed for a review and has not saved yet.

They are their writer's alone and count for nothing: no audit line, no place in any total.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import fn

from store import clock, database, errors, permissions, text
from store.models import Completion, Course, Draft, Lesson, Step, User
from store.views import Actor, Page
from store.views.drafts import DraftRow, DraftView, Typed

POINTS_LIMIT = 100
EXCERPT = 300
"""Characters of the feedback that a list is given."""


def keep(actor: Actor, completion_id: int, work_version: int, points: str, feedback: str) -> datetime | None:
    """Keep what was typed in place of what was kept before; nothing typed keeps nothing.

    Returns when it was kept, None if there was nothing to keep. Raises NotFoundError or ForbiddenError
    where the actor may not review this work.
    """
    with database.writing():
        permissions.require_work(permissions.standing(actor), completion_id)
        if actor.user_id is None:
            raise errors.ForbiddenError("A draft belongs to a person, and the operator is none.")
        if not Typed(points, feedback):
            erase(actor, completion_id)
            return None
        now = clock.now()
        draft = {
            "user": actor.user_id,
            "completion": completion_id,
            "work_version": work_version,
            "points": text.clean_line(points)[:POINTS_LIMIT],
            "feedback": text.clean_text(feedback[: text.TEXT_LIMIT]),
            "updated_at": now,
        }
        replaced = (Draft.work_version, Draft.points, Draft.feedback, Draft.updated_at)
        own_one = (Draft.user, Draft.completion)
        Draft.insert(draft).on_conflict(conflict_target=own_one, preserve=replaced).execute()
        return now


def recall(actor: Actor, completion_id: int) -> DraftView | None:
    """What the actor typed for this work and has not saved."""
    with database.reading():
        permissions.standing(actor)
        columns = (Draft.work_version, Draft.points, Draft.feedback, Draft.updated_at)
        row = database.row(Draft.select(*columns).where(*_own(actor, completion_id)))
    return None if row is None else DraftView(row[0], Typed(row[1], row[2]), row[3])


def discard(actor: Actor, completion_id: int) -> None:
    """Drop one's own draft of this work, if there is one."""
    with database.writing():
        permissions.standing(actor)
        erase(actor, completion_id)


def erase(actor: Actor, completion_id: int) -> None:
    """Drop it as part of a larger change. Call inside `writing()`."""
    Draft.delete().where(*_own(actor, completion_id)).execute()


def _own(actor: Actor, completion_id: int) -> tuple[Any, ...]:
    return Draft.user == actor.user_id, Draft.completion == completion_id


def of(actor: Actor, *, offset: int = 0, limit: int = 100) -> Page[DraftRow]:
    """The actor's drafts, the one typed last first.

    Those of work that they may not review now are kept, and not listed.
    """
    with database.reading():
        who = permissions.standing(actor)
        total = _listed(who, fn.COUNT(Draft.id)).scalar()
        columns = (
            Draft.completion,
            Completion.user,
            User.first_name,
            User.last_name,
            Course.title,
            Step.id,
            Step.title,
            Draft.points,
            fn.SUBSTR(Draft.feedback, 1, EXCERPT),
            Draft.updated_at,
        )
        query = _listed(who, *columns).order_by(Draft.updated_at.desc(), Draft.id.desc())
        rows = database.rows(query.offset(offset).limit(limit))
    return Page(tuple(map(_draft_row, rows)), offset, total)


def _listed(who: permissions.Standing, *columns: Any) -> Any:
    return (
        Draft.select(*columns)
        .join(Completion)
        .join(User)
        .join_from(Completion, Step)
        .join(Lesson)
        .join(Course)
        .where(Draft.user == who.user_id, Step.active, Course.active, permissions.reviewable(who))
    )


def _draft_row(row: tuple[Any, ...]) -> DraftRow:
    return DraftRow(
        completion_id=row[0],
        user_id=row[1],
        person=text.full_name(row[2], row[3]),
        course=row[4],
        step_id=row[5],
        step=row[6],
        points=row[7],
        excerpt=row[8],
        updated_at=row[9],
    )
