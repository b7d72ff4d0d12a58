"""Undoing what was done with groups themselves: making, editing, moving them.

For each kind there is a check, which is that of the reverse as a new action, and the change itself.
"""

from __future__ import annotations

from typing import Any

from store import database, errors, groups, permissions
from store.audit import lines
from store.audit.lines import AuditRecord
from store.batches import chunks
from store.models import AuditLine, Group, Membership
from store.models.own import DigestSent
from store.permissions import Permissions
from store.views import Actor

WORDS = ("name", "description")
SLUG_STAYS = "Its slug stays as it is: only admins choose one."


def check_edit(who: Permissions, line: AuditRecord) -> None:
    """Putting the old words back is editing, and an old slug choosing one. Raises NotFoundError or
    ForbiddenError.
    """
    permissions.require_editing(who, line.target_id)
    if all(line.before[column] == line.after[column] for column in WORDS):
        permissions.require_slug_choice(who)


def undo_edit(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str:
    """Give a group the name and description that it had, and to an admin also the slug.

    Raises ConflictError where it was changed since or, for an admin, its slug is taken.
    """
    now = as_left(line)
    was = {column: line.before[column] for column in WORDS}
    if who.rules_all:
        refuse_taken([line.before])
        was["slug"] = line.before["slug"]
    _write_back(actor, line, batch, now, was)
    return "" if line.before["slug"] in (was.get("slug"), now["slug"]) else SLUG_STAYS


def check_move(who: Permissions, line: AuditRecord) -> None:
    """Putting a group back is nesting it there, or taking it to the top level.

    Raises NotFoundError or ForbiddenError, or ConflictError to an admin where its parent is gone.
    """
    parent = line.before["parent"]
    if parent is not None and who.rules_all and not is_there(parent):
        raise gone(parent, "The group that it was in", line)
    permissions.require_nesting(who, line.target_id, parent)


def undo_move(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Put a group back to where it was.

    Raises ConflictError where it was changed since, or would be put under itself.
    """
    parent = line.before["parent"]
    now = as_left(line)
    if parent is not None and groups.is_within(parent, line.target_id):
        raise lines.refused("The group that it was in was moved below it since.")
    _write_back(actor, line, batch, now, {"parent": parent})


def check_making(who: Permissions, line: AuditRecord) -> None:
    """Taking a new group away is deleting it. Raises NotFoundError or ForbiddenError."""
    permissions.require_deleting(who, line.target_id)


def undo_making(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Take away a group that is still as it was made, with nobody and nothing in it.

    Raises ConflictError where it was changed since or anything is in it.
    """
    group_id, name = line.target_id, lines.quoted(line.after["name"])
    now = as_left(line, version=1)
    if Membership.select().where(Membership.group == group_id).exists():
        raise lines.refused(f"Somebody was added to {name} since.")
    if Group.select().where(Group.parent == group_id).exists():
        raise lines.refused(f"There are groups below {name} since.")
    # That its empty digest was sent goes with it.
    DigestSent.delete().where(DigestSent.group == group_id).execute()
    Group.delete().where(Group.id == group_id).execute()
    lines.write(actor, line, batch, before=now)


# ------------------------------------------------------------------ what is there now


def as_left(line: AuditRecord, version: int | None = None) -> dict[str, Any]:
    """The group as the line left it (at `version` if it does not tell). Raises ConflictError otherwise."""
    columns = [getattr(Group, column) for column in groups.COLUMNS]
    row = database.row(Group.select(*columns).where(Group.id == line.target_id))
    if row is None:
        raise errors.NotFoundError()
    now = dict(zip(groups.COLUMNS, row, strict=True))
    left = line.after["version"] if version is None else version
    if not lines.leads_back("group", line.target_id, now["version"], left):
        raise lines.built_on("group", line.target_id, lines.quoted(now["name"]), line)
    return now


def is_there(group_id: int) -> bool:
    """Whether a group is in use."""
    return bool(Group.select().where(Group.id == group_id, Group.active).exists())


def taken(rows: list[dict[str, Any]]) -> dict[int, str]:
    """The slugs of these groups that other groups have, by the id of the row."""
    found: dict[int, str] = {}
    for chunk in chunks(rows):
        some = {row["slug"]: row["id"] for row in chunk}
        query = Group.select(Group.slug, Group.id).where(Group.slug.in_(list(some)))
        found.update((some[slug], slug) for slug, has_it in database.rows(query) if some[slug] != has_it)
    return found


def refuse_taken(rows: list[dict[str, Any]]) -> None:
    """Raises ConflictError where another group has one of their slugs. For admins, who see all groups."""
    for slug in taken(rows).values():
        raise lines.refused(f"Another group has the slug {slug} since.")


def gone(group_id: int, what: str, line: AuditRecord) -> errors.ConflictError:
    """The error for a group that is not there any more: says who deleted it, and when. For admins."""
    deletions = (AuditLine.target_kind == "group") & (AuditLine.action == "group.delete")
    for deleted in lines.read(deletions & (AuditLine.id > line.id)):
        if any(group["id"] == group_id for group in deleted.before["groups"]):
            at = lines.moment(deleted.at)
            return lines.refused(f"{what} was deleted by {deleted.actor_name} at {at} since.")
    return lines.refused(f"{what} is not there any more.")


def _write_back(
    actor: Actor, line: AuditRecord, batch: str, now: dict[str, Any], was: dict[str, Any]
) -> None:
    version = now["version"] + 1
    Group.update(groups.found_by(was), version=version).where(
        Group.id == now["id"], Group.version == now["version"]
    ).execute()
    lines.write(actor, line, batch, before=now, after={**now, **was, "version": version})
