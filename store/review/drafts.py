"""Drafts: what somebody typed for a review and has not saved yet.

They are their writer's alone and count for nothing: no audit line, no place in any total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from peewee import fn

from store import blind, clock, database, errors, permissions, text
from store.models import Completion, Course, Draft, Lesson, Step, User
from store.prepared import Prepared
from store.rubrics import REMARK_LIMIT
from store.views import Actor, Page
from store.views.drafts import NOTHING, DraftRow, DraftView, Kept, Typed
from store.views.rubrics import merged, packed, remarks_in, unpacked

POINTS_LIMIT = 100
EXCERPT = 300
"""Characters of the feedback that a list is given."""
_TYPED = (
    Draft.points,
    Draft.feedback,
    Draft.criteria,
    Draft.older_points,
    Draft.older_feedback,
    Draft.older_criteria,
)
_ONE = (Draft.user, Draft.completion)
_PUT = (*_ONE, Draft.work_version, Draft.updated_at, *_TYPED)


def _is_own(given: Callable[[Any], Any]) -> Any:
    return (Draft.user == given(Draft.user)) & (Draft.completion == given(Draft.completion))


_STORED = Prepared(lambda given: Draft.select(*_TYPED).where(_is_own(given)))
_ERASE = Prepared(lambda given: Draft.delete().where(_is_own(given)))
_KEEP = Prepared(
    lambda given: Draft.insert({column: given(column) for column in _PUT}).on_conflict(
        conflict_target=_ONE, preserve=_PUT[len(_ONE) :]
    )
)


def keep(actor: Actor, completion_id: int, work_version: int, typed: Typed, *, base: Typed = NOTHING) -> Kept:
    """Keep what was typed in place of `base`, what was kept before; nothing typed keeps nothing.

    Where the draft is not `base` any more, another session of the same person has written it: these words
    stand, being newer, and those are kept beside them. Raises NotFoundError or ForbiddenError where the
    actor may not review this work.
    """
    typed = Typed(
        text.clean_line(typed.points)[:POINTS_LIMIT],
        text.clean_text(typed.feedback[: text.TEXT_LIMIT]),
        _cleaned(typed.criteria) if typed.criteria else "",
    )
    with database.writing():
        permissions.require_work(permissions.of(actor), completion_id)
        if actor.user_id is None:
            raise errors.ForbiddenError("A draft belongs to a person, and the operator is not one.")
        stored, beside = _stored(actor.user_id, completion_id)
        older = _older(stored, beside, base, typed)
        if not typed:
            if older:
                put(actor.user_id, completion_id, work_version, older)
            else:
                _erase(actor, completion_id)
            return Kept(older=older)
        return Kept(put(actor.user_id, completion_id, work_version, typed, older), typed, older)


def _cleaned(criteria: str) -> str:
    """What is typed for criteria, with its texts as they may be kept."""
    return packed(
        each._replace(
            points=text.clean_line(each.points)[:POINTS_LIMIT],
            remark=text.clean_text(each.remark[:REMARK_LIMIT]),
        )
        for each in unpacked(criteria)
    )


def _older(stored: Typed, beside: Typed, base: Typed, typed: Typed) -> Typed:
    """What is to be kept beside what was typed, given what was stored and what was beside that.

    Words that were written in place of one's own earlier ones (`base`) drop those.
    """
    if stored in (base, typed):
        return NOTHING if beside == typed else beside
    if beside in (NOTHING, base, typed) or beside == stored:
        return stored
    feedback = "\n\n".join(part for part in (stored.feedback, beside.feedback) if part.strip())
    criteria = merged(stored.criteria, beside.criteria)
    return Typed(stored.points or beside.points, feedback[: text.TEXT_LIMIT], criteria)


def _stored(user_id: int | None, completion_id: int) -> tuple[Typed, Typed]:
    """What is kept of somebody's words for this work, and what is beside it."""
    row = _STORED.row(user_id, completion_id)
    return (NOTHING, NOTHING) if row is None else (Typed(*row[:3]), Typed(*row[3:]))


def put(
    user_id: int, completion_id: int, work_version: int, typed: Typed, older: Typed = NOTHING
) -> datetime:
    """Keep this in place of what is kept; returns when. Call inside `writing()`."""
    now = clock.now()
    _KEEP.change(user_id, completion_id, work_version, now, *typed, *older)
    return now


def put_beside(user_id: int, completion_id: int, work_version: int, typed: Typed) -> None:
    """Keep this as a draft, or beside one that was typed since. Call inside `writing()`."""
    stored, beside = _stored(user_id, completion_id)
    if stored:
        older = beside if typed == stored else _older(typed, beside, NOTHING, stored)
        put(user_id, completion_id, work_version, stored, older)
    else:
        put(user_id, completion_id, work_version, typed)


def recall(actor: Actor, completion_id: int) -> DraftView | None:
    """What the actor typed for this work and has not saved."""
    with database.reading():
        permissions.of(actor)
        columns = (Draft.work_version, Draft.updated_at, *_TYPED)
        row = database.row(Draft.select(*columns).where(*_own(actor.user_id, completion_id)))
    return None if row is None else DraftView(row[0], Typed(*row[2:5]), row[1], Typed(*row[5:]))


def discard(actor: Actor, completion_id: int, known: Iterable[Typed]) -> Typed:
    """Drop what is `known` of one's own draft of this work; returns what is left of it, and stays."""
    with database.writing():
        permissions.of(actor)
        return drop_known(actor, completion_id, known)


def discard_listed(actor: Actor, completion_id: int, updated_at: datetime) -> None:
    """Drop one's own draft of this work as it was listed. Raises ConflictError if more was typed since."""
    with database.writing():
        permissions.of(actor)
        as_listed = (*_own(actor.user_id, completion_id), Draft.updated_at == updated_at)
        if not Draft.delete().where(*as_listed).execute() and any(_stored(actor.user_id, completion_id)):
            raise errors.ConflictError(
                "You typed more for this meanwhile. Look at it, then discard it.", title="Not discarded"
            )


def drop_known(actor: Actor, completion_id: int, known: Iterable[Typed]) -> Typed:
    """Drop what is `known` of the actor's draft; returns what is left of it. Call inside `writing()`.

    What was typed in another session and never stood here stays a draft. Points without a word do not.
    """
    seen = {_words(typed) for typed in (*known, NOTHING)}
    left = [typed for typed in _stored(actor.user_id, completion_id) if _words(typed) not in seen]
    if not left:
        _erase(actor, completion_id)
        return NOTHING
    typed, older = [*left, NOTHING][:2]
    values = dict(zip(_TYPED, (*typed, *older), strict=True))
    Draft.update(values).where(*_own(actor.user_id, completion_id)).execute()
    return typed


def _words(typed: Typed) -> tuple[str, object]:
    """What is written in it: the feedback, and the remarks on criteria."""
    return typed.feedback.strip(), remarks_in(typed.criteria)


def _erase(actor: Actor, completion_id: int) -> None:
    _ERASE.change(actor.user_id, completion_id)


def _own(user_id: int | None, completion_id: int) -> tuple[Any, ...]:
    return Draft.user == user_id, Draft.completion == completion_id


def of(actor: Actor, *, offset: int = 0, limit: int = 100) -> Page[DraftRow]:
    """The actor's drafts, the one typed last first.

    Those of work that they may not review now are kept, and not listed.
    """
    with database.reading():
        who = permissions.of(actor)
        total = _listed(who, fn.COUNT(Draft.id)).scalar()
        columns = (
            Draft.completion,
            Completion.user,
            *blind.NAME,
            Course.title,
            Step.id,
            Step.title,
            Draft.points,
            fn.SUBSTR(Draft.feedback, 1, EXCERPT),
            Draft.updated_at,
            Draft.criteria,
        )
        query = _listed(who, *columns).order_by(Draft.updated_at.desc(), Draft.id.desc())
        rows = database.rows(query.offset(offset).limit(limit))
    return Page(tuple(map(_draft_row, rows)), offset, total)


def _listed(who: permissions.Permissions, *columns: Any) -> Any:
    return (
        Draft.select(*columns)
        .join(Completion)
        .join(User)
        .join_from(Completion, Step)
        .join(Lesson)
        .join(Course)
        .where(Draft.user == who.user_id, permissions.reviewable(who))
    )


def _draft_row(row: tuple[Any, ...]) -> DraftRow:
    return DraftRow(
        completion_id=row[0],
        user_id=row[1],
        person=blind.name_of(*row[2:5]),
        course=row[5],
        step_id=row[6],
        step=row[7],
        points=row[8],
        excerpt=row[9] if row[9].strip() else _first_remark(row[11]),
        updated_at=row[10],
    )


def _first_remark(criteria: str) -> str:
    return next((remark[:EXCERPT] for _, remark in remarks_in(criteria)), "")
