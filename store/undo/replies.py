"""Undoing the deletion of a saved reply."""

from __future__ import annotations

from store import database, errors, permissions
from store.audit import lines
from store.audit.lines import AuditRecord
from store.models.own import Reply
from store.permissions import Permissions
from store.review import replies
from store.views import Actor


def check_deletion(who: Permissions, line: AuditRecord) -> None:
    """Putting a reply back is keeping one. Raises NotFoundError or ForbiddenError."""
    permissions.require_keeping_reply(who, shared=line.after["owner"] is None)


def undo_deletion(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Give a reply back to everybody who had it: its text stays in its row, marked deleted.

    Raises ConflictError where it was changed since or there is no room for it.
    """
    columns = (*replies.COLUMNS, "active")
    row = database.row(
        Reply.select(*(getattr(Reply, name) for name in columns)).where(Reply.id == line.target_id)
    )
    now = dict(zip(columns, row or (), strict=True))
    if now["version"] != line.after["version"]:
        raise lines.built_on("reply", line.target_id, lines.quoted(now["title"]), line)
    try:
        replies.require_room(now["owner"])
    except errors.InvalidError as error:
        raise lines.refused(error.message) from error
    version = now["version"] + 1
    Reply.update(active=True, version=version).where(Reply.id == line.target_id).execute()
    now = replies.told(now)
    lines.write(actor, line, batch, before=now, after={**now, "active": True, "version": version})
