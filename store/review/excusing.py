"""Excusing somebody from a step: it counts as done, without points."""

from __future__ import annotations

from typing import Any

from peewee import IntegrityError

from store import blind, clock, database, errors, outbox, permissions
from store.audit import audit, lines
from store.audit.lines import AuditRecord
from store.models import Completion, ExternalId
from store.models.own import Claim
from store.permissions import Permissions
from store.review import reviews
from store.views import Actor
from store.views.states import State

ACTION = "work.excuse"
ALREADY = "This step is excused already."
WITHOUT_NAMES = "Work on this step is marked without names. Excuse somebody at its site."
_STANDS = ("state", "points", "submitted_at", "completed_at", "version")


def excuse(actor: Actor, user_id: int, step_id: int) -> None:
    """Excuse a person from a step, handed in or not; what was handed in and said stays.

    Raises NotFoundError or ForbiddenError where the actor may not review this person's work or the step is in
    none of their courses, and ConflictError where it is excused already. Of blind work nobody is excused by
    name, whether they handed it in or not: ForbiddenError.
    """
    with database.writing(reviews.PATIENCE):
        permissions.require_reviews(permissions.of(actor), user_id)
        if not reviews.has_step(user_id, step_id):
            raise errors.NotFoundError("No such step. It may have been withdrawn.")
        if blind.is_step(step_id):
            raise errors.ForbiddenError(WITHOUT_NAMES)
        completion_id, before = _standing(user_id, step_id)
        if before is not None and before["state"] == State.SKIPPED:
            raise errors.ConflictError(ALREADY)
        version = before["version"] + 1 if before is not None else 1
        after = {"state": State.SKIPPED, "points": None, "completed_at": clock.now(), "version": version}
        if completion_id is None:
            completion_id = int(Completion.insert(after, user=user_id, step=step_id).execute())
        else:
            Completion.update(after).where(Completion.id == completion_id).execute()
        outbox.add_excuse(completion_id, user_id, step_id)
        told = {**(before or {}), **after}
        audit.write(actor, ACTION, "completion", completion_id, before=before, after=told)


def _standing(user_id: int, step_id: int) -> tuple[int | None, dict[str, Any] | None]:
    columns = (Completion.id, *(getattr(Completion, name) for name in _STANDS))
    theirs = Completion.select(*columns).where(Completion.user == user_id, Completion.step == step_id)
    row = database.row(theirs)
    return (row[0], dict(zip(_STANDS, row[1:], strict=True))) if row else (None, None)


def undo(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str | None:
    """Let the work stand as it did before; what was not there before is gone again.

    Raises ConflictError where somebody did something with it since, or where its site knows of it and there
    is no work that the site could be told of.
    """
    completion_id = line.target_id
    now = reviews.current(who, completion_id)
    as_left = now["state"] == State.SKIPPED
    if not as_left or not lines.leads_back(
        "completion", completion_id, now["version"], line.after["version"]
    ):
        raise lines.built_on("completion", completion_id, "This work", line)
    stays = outbox.undo_excuse(completion_id, had_work=line.before is not None)
    stood = {name: now[name] for name in _STANDS}
    if line.before is None:
        _remove(completion_id, line)
        lines.write(actor, line, batch, before=stood, after=None)
        return stays
    was = {name: line.before[name] for name in _STANDS if name != "version"}
    version = now["version"] + 1
    Completion.update(was, version=version).where(Completion.id == completion_id).execute()
    lines.write(actor, line, batch, before=stood, after={**line.before, "version": version})
    return stays


def _remove(completion_id: int, line: AuditRecord) -> None:
    """Take away what was made for the excuse alone. Raises ConflictError where it is more by now."""
    outbox.forget_work(completion_id)
    Claim.delete().where(Claim.completion == completion_id).execute()
    known = (ExternalId.kind == "completion") & (ExternalId.local_id == completion_id)
    ExternalId.update(local_id=None).where(known).execute()
    try:
        Completion.delete().where(Completion.id == completion_id).execute()
    except IntegrityError as error:
        raise lines.built_on("completion", completion_id, "This work", line) from error
