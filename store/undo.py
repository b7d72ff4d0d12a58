"""Taking back what one did oneself: exactly, or not at all where somebody has built on it since.

Whoever may do a thing may take it back, as of now. Each undoing writes one line in the audit log for each
line that it takes back; it moves versions on, and cannot be undone itself.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from peewee import fn

from store import database, errors, history, permissions
from store.models import AuditLine
from store.permissions import Standing
from store.undoing import arrangement, lines, places, work
from store.undoing.lines import Line
from store.views import Actor
from store.views.deeds import Deed, LeftOut, TakenBack
from store.views.states import Decision

_TAKE_BACK: dict[str, Callable[[Actor, Standing, Line, str], None]] = {
    "review.approve": work.take_back,
    "review.return": work.take_back,
    "membership.add": places.take_back_adding,
    "membership.role": places.take_back_role,
    "membership.remove": places.take_back_removal,
    "group.create": arrangement.take_back_making,
    "group.edit": arrangement.take_back_edit,
    "group.nest": arrangement.take_back_move,
    "group.delete": arrangement.take_back_deletion,
}


def last(actor: Actor) -> Deed | None:
    """The newest action of the actor that could be taken back and was not, not even partly."""
    with database.reading():
        who = permissions.standing(actor)
        by, sibling = AuditLine.alias("by"), AuditLine.alias("sibling")
        undone_of_batch = (
            by.select(by.id)
            .join(sibling, on=(by.undoes == sibling.id))
            .where(sibling.batch == AuditLine.batch)
        )
        untouched = (AuditLine.batch == "") | ~fn.EXISTS(undone_of_batch)
        mine = (AuditLine.actor == actor.user_id) & AuditLine.action.in_(sorted(lines.UNDOABLE))
        newest = AuditLine.select(AuditLine.id).where(mine, lines.not_undone(), untouched)
        row = database.row(newest.order_by(AuditLine.id.desc()).limit(1))
        return history.deeds(who, [row[0]])[0] if row is not None else None


def take_back(actor: Actor, line_id: int) -> TakenBack:
    """Take an action of the actor's own back, in one transaction; of a bulk action all that can be.

    What is left of a bulk action is told, each with the reason. Raises NotFoundError for what is not
    theirs or out of sight, ForbiddenError for what they may not do any more, ConflictError where somebody
    has built on it or it was taken back already.
    """
    with database.writing():
        who = permissions.standing(actor)
        found = _own(actor, line_id)
        standing = [line for line in found if line.undone_at is None]
        if not standing:
            at = max(line.undone_at for line in found if line.undone_at is not None)
            raise lines.refused(f"You took this back already, at {lines.moment(at)}.")
        deed = history.deeds(who, [line_id])[0]
        if not found[0].batch:
            line = standing[0]
            _TAKE_BACK[line.action](actor, who, line, "")
            unmade = line.target_id if line.action == "group.create" else None
            is_review = line.action.startswith("review.")
            decided = (Decision(line.action.removeprefix("review.")),) if is_review else ()
            return TakenBack(deed.words, unmade=unmade, decisions=decided)
        left = _take_back_each(actor, who, standing)
        return TakenBack(deed.words, len(standing) - len(left), tuple(left))


def _own(actor: Actor, line_id: int) -> list[Line]:
    """The line, or all lines of the bulk action that it is of. Raises NotFoundError, ForbiddenError."""
    mine = (AuditLine.actor == actor.user_id) & (AuditLine.action != lines.UNDO)
    found = lines.read(mine & (AuditLine.id == line_id)) if actor.user_id is not None else []
    if not found:
        raise errors.NotFoundError("No such action of yours.")
    if found[0].action not in _TAKE_BACK:
        raise errors.ForbiddenError("Actions of this kind stay: they cannot be taken back.")
    return lines.read(mine & (AuditLine.batch == found[0].batch)) if found[0].batch else found


def _take_back_each(actor: Actor, who: Standing, found: list[Line]) -> list[LeftOut]:
    """Take back what can be of a bulk action; returns what was left. Raises the reason if nothing can be."""
    left: list[LeftOut] = []
    batch = uuid4().hex
    names = history.names_of(who, found)
    reason: errors.MusterError | None = None
    for line in found:
        try:
            with database.writing():
                _TAKE_BACK[line.action](actor, who, line, batch)
        except (errors.NotFoundError, errors.ForbiddenError, errors.ConflictError) as error:
            reason = reason or error
            left.append(LeftOut(names.get(line.id, ""), error.message))
    if reason is not None and len(left) == len(found):
        raise reason
    return left
