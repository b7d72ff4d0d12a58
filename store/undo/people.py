"""Undoing what was done with people's entries: adding and editing them, which deactivating is as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store import database, errors, people, permissions, text
from store.audit import audit, lines
from store.audit.lines import AuditRecord
from store.models import AuditLine, ExternalId, User

# Whatever refers to people has to be known before one of them can be taken away again.
from store.models import access as _access  # noqa: F401
from store.models import own as _own  # noqa: F401
from store.models import sites as _sites  # noqa: F401
from store.permissions import Permissions
from store.views import Actor
from store.views.account import AuditEntry

EXTERNAL_KINDS = ("user", "linked user", "mbox", "mbox_sha1sum", "account", "openid")
"""As what imports know a person: by a roster, and by statements."""
HANGS = {
    "memberships": "is in a group",
    "completions": "has work",
    "due_dates": "has due dates",
    "enrolments": "takes a course",
    "posts": "has written a post",
    "reviews": "has reviewed work",
    "site_people": "is somebody at a linked site",
    "ssh_keys": "has an SSH key",
    "audit_lines": "has signed in or done something",
    "external_ids": "is known to an import",
}
"""What keeps a person from being removed, in words, by the table that refers to them."""
EDITS = ("user.edit", "admin.begin", "admin.end", "admin.keep")
"""What is done to a person who is there: by somebody, or on a day that a roster gave."""


def check(who: Permissions, line: AuditRecord) -> None:
    """Taking a person away and editing them is for admins. Raises NotFoundError for all others."""
    permissions.require_admin(who)


def undo_adding(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Take a person away who is still as they were added, and on whom nothing hangs.

    Raises ConflictError otherwise.
    """
    now = _as_left(line)
    name = _name(now)
    if (reason := next(_what_hangs(line), None)) is not None:
        raise lines.refused(f"{name} {reason} by now. Deactivate them instead.")
    User.delete().where(User.id == line.target_id).execute()
    lines.write(actor, line, batch, before=now)


def undo_edit(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Make a person what they were before an edit.

    Raises ConflictError where they were edited since, somebody else has their email by now, the admin rights
    that they had would have ended, or no admin would be left.
    """
    now, was = _as_left(line), _in_full(line.before)
    if was["is_admin"] and was["admin_last_day"] != _in_full(line.after)["admin_last_day"]:
        lines.refuse_ended(was["admin_last_day"], _name(now), "an admin")
    try:
        people.write(line.target_id, now, was)
    except errors.InvalidError as error:
        raise lines.refused(error.message) from error
    lines.write(actor, line, batch, before=now, after=line.before)


def _as_left(line: AuditRecord) -> dict[str, Any]:
    """The person as the line left them. Raises ConflictError otherwise."""
    now = people.snapshot(line.target_id)
    last = _later_edit(line)
    if last is not None or audit.as_kept(now) != _in_full(line.after):
        raise lines.told(_name(now), last)
    return now


def _in_full(kept: dict[str, Any]) -> dict[str, Any]:
    """A person as a line tells of them; older lines do not say until when they are an admin."""
    return {"admin_last_day": None, **kept}


def _later_edit(line: AuditRecord) -> AuditEntry | None:
    """The newest change of the person after a line that was not undone."""
    edits = (AuditLine.target_kind == "user") & (AuditLine.target_id == line.target_id)
    later = edits & AuditLine.action.in_(EDITS) & (AuditLine.id > line.id) & lines.not_undone()
    columns = (AuditLine.at, AuditLine.actor_name, AuditLine.action)
    row = database.row(AuditLine.select(*columns).where(later).order_by(AuditLine.id.desc()))
    return AuditEntry(at=row[0], actor_name=row[1], action=row[2]) if row else None


def _what_hangs(line: AuditRecord) -> Iterator[str]:
    """What refers to a person, in words."""
    user_id = line.target_id
    for column, model in User._meta.backrefs.items():
        if model.select().where(column == user_id).exists():
            yield HANGS.get(model._meta.table_name, "has used the program")
    known = ExternalId.kind.in_(EXTERNAL_KINDS) & (ExternalId.local_id == user_id)
    if ExternalId.select().where(known).exists():
        yield HANGS["external_ids"]
    if _may_come_back(line):
        yield "was in a group"


def _may_come_back(line: AuditRecord) -> bool:
    """Whether undoing what others did would put the person into a group again."""
    removals = AuditLine.action.in_(("membership.remove", "group.delete")) & (AuditLine.id > line.id)
    told = AuditLine.before.contains(f'"user":{line.target_id},')
    return bool(AuditLine.select().where(removals, told, lines.not_undone()).exists())


def _name(person: dict[str, Any]) -> str:
    return text.clean_line(text.full_name(person["first_name"], person["last_name"]))
