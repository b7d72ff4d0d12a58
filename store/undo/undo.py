"""Undoing one's own actions: exactly, or not at all where somebody has built on it since.

Whoever could do the reverse now, as a new action, may undo a thing: each kind names the check of its
reverse, which is asked first. Each undoing writes one line in the audit log for each line that it undoes;
it moves versions on, and cannot be undone itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from uuid import uuid4

from peewee import fn

from store import database, errors, permissions, threads
from store.audit import audit, lines
from store.audit.lines import AuditRecord
from store.bulk_run import Cancelled, Progress, each, never, unwatched
from store.frozen import dataclass
from store.models import AuditLine
from store.permissions import Permissions
from store.review import excusing, releases
from store.undo import deletion, groups, memberships, my_actions, people, replies, reviews
from store.views import Actor
from store.views.actions import PastAction, Skipped, Undone, UndoState
from store.views.states import Decision


@dataclass(frozen=True, slots=True)
class UndoKind:
    """How actions of one kind are undone.

    `check` asks for what the reverse as a new action asks for: the same checks of `permissions`, of every
    group and person concerned. `change` then puts things back, and says in a sentence what it had to leave,
    if anything. Both raise MusterError.
    """

    check: Callable[[Permissions, AuditRecord], None]
    change: Callable[[Actor, Permissions, AuditRecord, str], str | None]


KINDS = {
    "review.approve": UndoKind(reviews.check, reviews.undo),
    "review.return": UndoKind(reviews.check, reviews.undo),
    "work.excuse": UndoKind(reviews.check, excusing.undo),
    "work.release": UndoKind(releases.check, releases.undo),
    "membership.add": UndoKind(memberships.check_adding, memberships.undo_adding),
    "membership.role": UndoKind(memberships.check_role, memberships.undo_role),
    "membership.remove": UndoKind(memberships.check_removal, memberships.undo_removal),
    "group.create": UndoKind(groups.check_making, groups.undo_making),
    "group.edit": UndoKind(groups.check_edit, groups.undo_edit),
    "group.nest": UndoKind(groups.check_move, groups.undo_move),
    "group.delete": UndoKind(deletion.check, deletion.undo),
    "reply.delete": UndoKind(replies.check_deletion, replies.undo_deletion),
    "post.answer": UndoKind(threads.check_undoing, threads.undo_answer),
    "user.add": UndoKind(people.check, people.undo_adding),
    "user.edit": UndoKind(people.check, people.undo_edit),
}
"""By action. What is in `lines.UNDOABLE` is here."""


def last(actor: Actor, *, but: Collection[int] = ()) -> PastAction | None:
    """The newest action of the actor that could be undone and was not, not even partly.

    `but` are line ids of those that are known to stay. What is older than them is in sight besides, and not
    more than `RECENT_LINES` actions ago.
    """
    with database.reading():
        who = permissions.of(actor)
        by, sibling = AuditLine.alias("by"), AuditLine.alias("sibling")
        undone_of_batch = (
            by.select(by.id)
            .join(sibling, on=(by.undoes == sibling.id))
            .where(sibling.batch == AuditLine.batch)
        )
        untouched = (AuditLine.batch == "") | ~fn.EXISTS(undone_of_batch)
        own = AuditLine.select(AuditLine.id).where(
            AuditLine.actor == actor.user_id,
            AuditLine.action.in_(sorted(lines.UNDOABLE)),
            AuditLine.id.not_in(list(but)),
            # First: what follows is then asked once of a bulk action, not of each of thousands of lines.
            my_actions.one_of_batch(),
            lines.not_undone(),
            untouched,
        )
        newest = own.order_by(AuditLine.id.desc()).limit(audit.RECENT_LINES if but else 1)
        found = my_actions.past_actions(who, [row[0] for row in database.rows(newest)])
        known = max(but, default=0)
        return next(
            (action for action in found if action.stand is UndoState.OPEN or action.line_id > known), None
        )


def undo(
    actor: Actor, line_id: int, *, progress: Progress = unwatched, cancelled: Cancelled = never
) -> Undone:
    """Undo one of the actor's own actions; of a bulk action all that can be, each in a transaction.

    What is left of a bulk action is told, each with the reason; where it was stopped the rest can be undone
    another time. Raises NotFoundError for what is not theirs or out of sight, ForbiddenError for what
    they may not do any more, ConflictError where somebody has built on it or it was undone already.
    """
    with database.reading():
        who = permissions.of(actor)
        found = _own(actor, line_id)
        standing = _not_yet(found)
        names = my_actions.names_of(who, standing) if found[0].batch else {}
    if found[0].batch:
        return _undo_each(actor, standing, names, progress, cancelled)
    line = standing[0]
    note = _undo_one(actor, line, "")
    unmade = line.target_id if line.action == "group.create" else None
    return Undone(unmade=unmade, decisions=_decisions([line]), note=note)


def _own(actor: Actor, line_id: int) -> list[AuditRecord]:
    """The line, or all lines of the bulk action that it is of. Raises NotFoundError, ForbiddenError."""
    mine = (AuditLine.actor == actor.user_id) & (AuditLine.action != lines.UNDO)
    found = lines.read(mine & (AuditLine.id == line_id)) if actor.user_id is not None else []
    if not found:
        raise errors.NotFoundError("No such action of yours.")
    if found[0].action not in KINDS:
        raise errors.ForbiddenError("Actions of this kind cannot be undone.")
    return lines.read(mine & (AuditLine.batch == found[0].batch)) if found[0].batch else found


def _not_yet(found: list[AuditRecord]) -> list[AuditRecord]:
    """Those that were not undone. Raises ConflictError where all were."""
    standing = [line for line in found if line.undone_at is None]
    if not standing:
        at = max(line.undone_at for line in found if line.undone_at is not None)
        raise lines.refused(f"You undid this already, at {lines.moment(at)}.")
    return standing


def _undo_one(actor: Actor, line: AuditRecord, batch: str) -> str:
    """Undo one line, in one transaction; says what was left. Raises what `undo` does."""
    with database.writing():
        who = permissions.of(actor)
        # Another program of the same person may have, since it was read.
        _not_yet(lines.read(AuditLine.id == line.id))
        kind = KINDS[line.action]
        kind.check(who, line)
        return kind.change(actor, who, line, batch) or ""


def _undo_each(
    actor: Actor,
    standing: list[AuditRecord],
    names: dict[int, str],
    progress: Progress,
    cancelled: Cancelled,
) -> Undone:
    """Undo what can be of a bulk action. Raises the first reason if nothing can be."""
    batch = uuid4().hex
    done: list[AuditRecord] = []
    reasons: list[errors.MusterError] = []

    def do(line: AuditRecord) -> None:
        try:
            _undo_one(actor, line, batch)
            done.append(line)
        except errors.MusterError as error:
            reasons.append(error)
            raise

    result = each(standing, do, lambda line: names.get(line.id, ""), progress, cancelled)
    if reasons and not result.done and not result.not_reached:
        raise reasons[0]
    # Of others something was.
    left = tuple(Skipped(one.what, one.why.removesuffix(lines.NOTHING)) for one in result.failed)
    return Undone(result.done, left, result.not_reached, decisions=_decisions(done))


def _decisions(taken: Iterable[AuditRecord]) -> tuple[Decision, ...]:
    """What the reviews among these lines decided."""
    return tuple(
        Decision(line.action.removeprefix("review.")) for line in taken if line.action in lines.REVIEWS
    )
