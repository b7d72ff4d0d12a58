"""Undoing a review: the work stands as before it, and what was typed is a draft again."""

from __future__ import annotations

from typing import Any

from store import blind, clock, database, errors, outbox, permissions, text
from store.audit import lines
from store.audit.lines import AuditRecord
from store.models import Attempt, Completion, Review, User
from store.permissions import Permissions
from store.review import back_to_draft, reviews
from store.views import Actor

STANDS = ("state", "points", "submitted_at", "completed_at")
"""The columns of a completion that a review changes, or could have."""


def check(who: Permissions, line: AuditRecord) -> None:
    """Putting work back is reviewing it once more. Raises NotFoundError or ForbiddenError."""
    permissions.require_work(who, line.target_id)


def undo(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str | None:
    """Put the work back to what it was before the review, which stays and counts for nothing.

    Returns what its site keeps of it, if anything. Raises ConflictError where it was handed in or reviewed
    again since, or where its site cannot put it back.
    """
    completion_id = line.target_id
    now = reviews.current(who, completion_id)
    review = _review(line.after["review"])
    _refuse_later(completion_id, now, review, line)
    version = now["version"] + 1
    was = {column: line.before[column] for column in STANDS}
    as_read = (Completion.id == completion_id) & (Completion.version == now["version"])
    taken = Review.update(undone_at=clock.now()).where(Review.id == review["id"], reviews.stands())
    if not Completion.update(was, version=version).where(as_read).execute() or not taken.execute():
        raise lines.built_on("completion", completion_id, "This work", line)
    if not line.batch or line.after.get(reviews.TYPED):
        # What was said of many at once was typed for none of them, of a team for one.
        back_to_draft.put_back(who.user_id, completion_id, version, review)
    stays = outbox.undo_review(completion_id, review["id"]) if now["site_work"] is not None else None
    stood = {name: value for name, value in now.items() if name not in reviews.REVIEWED_BY}
    before, after = (
        reviews.as_told(work, now["shown_as"]) for work in (stood, {**line.before, "version": version})
    )
    lines.write(actor, line, batch, before=before, after=after)
    return stays


def _review(review_id: int) -> dict[str, Any]:
    columns = ("id", "attempt", "points", "feedback")
    row = database.row(
        Review.select(*(getattr(Review, column) for column in columns)).where(Review.id == review_id)
    )
    if row is None:
        raise errors.NotFoundError("No such review.")
    return dict(zip(columns, row, strict=True))


def _refuse_later(completion_id: int, now: dict[str, Any], review: dict[str, Any], line: AuditRecord) -> None:
    """Raises ConflictError where the work is not as the review left it."""
    newest = database.row(
        Attempt.select(Attempt.id, Attempt.number, Attempt.submitted_at)
        .where(Attempt.completion == completion_id)
        .order_by(Attempt.number.desc())
    )
    if newest is not None and newest[0] != review["attempt"]:
        person = database.row(User.select(User.first_name, User.last_name).where(User.id == now["user_id"]))
        name = (
            text.clean_line(blind.name_of(person[0], person[1], now["shown_as"])) if person else "The learner"
        )
        at = f"{'on' if clock.is_day(newest[2]) else 'at'} {lines.moment(newest[2])}"
        raise lines.refused(f"{name} handed in attempt {newest[1]} {at}, after your review.")
    left = line.after
    as_left = now["state"] == left["state"] and now["points"] == left["points"]
    if not as_left or not lines.leads_back("completion", completion_id, now["version"], left["version"]):
        raise lines.built_on("completion", completion_id, "This work", line)
