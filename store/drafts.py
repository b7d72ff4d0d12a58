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
from store.views.drafts import NOTHING, DraftRow, DraftView, Kept, Typed

POINTS_LIMIT = 100
EXCERPT = 300
"""Characters of the feedback that a list is given."""
BETWEEN = "\n\n"
"""Between what was typed here and what was typed elsewhere."""


def keep(actor: Actor, completion_id: int, work_version: int, typed: Typed, *, base: Typed = NOTHING) -> Kept:
    """Keep what was typed in place of `base`, what was kept before; nothing typed keeps nothing.

    Whoever has two sessions open may have typed in both: what is kept and is not `base` comes from the
    other one, and goes below. Raises NotFoundError or ForbiddenError where the actor may not review this
    work.
    """
    typed = Typed(
        text.clean_line(typed.points)[:POINTS_LIMIT], text.clean_text(typed.feedback[: text.TEXT_LIMIT])
    )
    with database.writing():
        permissions.require_work(permissions.standing(actor), completion_id)
        if actor.user_id is None:
            raise errors.ForbiddenError("A draft belongs to a person, and the operator is none.")
        typed, found = _with_the_other(typed, base, _kept(actor, completion_id))
        if not typed:
            erase(actor, completion_id)
            return Kept()
        return Kept(put(actor.user_id, completion_id, work_version, typed), typed, found)


def _kept(actor: Actor, completion_id: int) -> Typed:
    row = database.row(Draft.select(Draft.points, Draft.feedback).where(*_own(actor, completion_id)))
    return NOTHING if row is None else Typed(*row)


def _with_the_other(typed: Typed, base: Typed, kept: Typed) -> tuple[Typed, Typed]:
    """What was typed, with what is kept and was not seen here below it; and that alone."""
    if kept == base:
        return typed, NOTHING
    other = kept.feedback
    if base.feedback.strip():
        # What this one was typed upon stands in the other's text where it was put together before.
        other = other.removesuffix(BETWEEN + base.feedback).removeprefix(base.feedback + BETWEEN)
    if not other.strip() or other in (base.feedback, typed.feedback):
        other = ""
    together = BETWEEN.join(part for part in (typed.feedback, other) if part.strip())
    points = "" if typed.points.strip() else kept.points
    return Typed(points or typed.points, together), Typed(points, other)


def put(user_id: int, completion_id: int, work_version: int, typed: Typed) -> datetime:
    """Keep this in place of what is kept; returns when. Call inside `writing()`."""
    now = clock.now()
    draft = {
        "user": user_id,
        "completion": completion_id,
        "work_version": work_version,
        "points": typed.points,
        "feedback": typed.feedback,
        "updated_at": now,
    }
    replaced = (Draft.work_version, Draft.points, Draft.feedback, Draft.updated_at)
    own_one = (Draft.user, Draft.completion)
    Draft.insert(draft).on_conflict(conflict_target=own_one, preserve=replaced).execute()
    return now


def put_below(user_id: int, completion_id: int, work_version: int, typed: Typed) -> None:
    """Keep this below what is kept, if anything is. Call inside `writing()`."""
    kept = _kept(Actor(user_id, ""), completion_id)
    together, _ = _with_the_other(kept or typed, NOTHING, typed)
    put(user_id, completion_id, work_version, together)


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
