"""Undoing what was done with people's memberships: adding, roles, removing.

For each kind there is a check, which is that of the reverse as a new action, and the change itself.
"""

from __future__ import annotations

from typing import Any

from store import database, errors, in_force, members, permissions
from store.audit import lines, since
from store.audit.lines import AuditRecord
from store.models import AuditLine, Membership, User
from store.permissions import Permissions
from store.views import Actor
from store.views.account import AuditEntry

NOT_ADDABLE = "You can no longer add this person. Ask an admin."


def check_role(who: Permissions, line: AuditRecord) -> None:
    """Giving a role back is changing it. Raises NotFoundError or ForbiddenError."""
    permissions.require_role_change(who, line.before["group"])


def undo_role(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Give somebody the role that they had.

    Raises ConflictError where the role was changed or the membership taken away since, or the role that they
    had would have ended by now.
    """
    membership = _as_left(who, line.target_id, line.after, line)
    was = {"role": line.before["role"], "last_day": line.before.get("last_day")}
    lines.refuse_ended(was["last_day"], name_of(who, line.before), f"a {was['role']}")
    Membership.update(was).where(Membership.id == membership["id"]).execute()
    lines.write(actor, line, batch, before=membership, after={**membership, **was})


def check_removal(who: Permissions, line: AuditRecord) -> None:
    """Putting somebody back is adding them; where nobody else has changed their memberships or account
    since, also somebody who was in no other group of the actor's.

    Raises NotFoundError, ForbiddenError, or ConflictError for somebody who cannot be added.
    """
    person, group_id = line.before["user"], line.before["group"]
    if not permissions.require_adding_back(
        who, group_id, person, lambda: not since.changed([person], line.id, who.user_id)
    ):
        raise _not_addable(who, line)


def undo_removal(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Give somebody the membership back that they had.

    Raises ConflictError where they have one again, or it would have ended by now.
    """
    kept = {name: value for name, value in line.before.items() if name in members.COLUMNS}
    # Older lines have no last day.
    membership = {"last_day": None, **kept}
    theirs = (Membership.user == membership["user"]) & (Membership.group == membership["group"])
    now = database.row(Membership.select(Membership.id, in_force.membership()).where(theirs))
    if now is not None and now[1]:
        what = f"{name_of(who, line.before)} is in the group again: the new membership"
        raise lines.told(what, _who_added(membership["user"], line))
    lines.refuse_ended(membership["last_day"], name_of(who, line.before), f"a {membership['role']}")
    if now is None:
        Membership.insert(membership).execute()
    else:
        # An import gave them one since, which was withdrawn or has ended: that one is taken up again.
        membership["id"] = now[0]
        Membership.update(membership).where(Membership.id == now[0]).execute()
    lines.write(actor, line, batch, after=membership)


def check_adding(who: Permissions, line: AuditRecord) -> None:
    """Taking people out again is removing them: staff are made members first, which nobody else may do."""
    permissions.require_role_change(who, line.target_id)
    permissions.require_removing(who, line.target_id)


def undo_adding(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> None:
    """Take those out of a group who were put in, or nobody.

    One whose membership an import had withdrawn before, or that had ended, has it so again. Raises what
    `undo_role` does.
    """
    ended = {membership["id"]: membership for membership in line.before}
    for membership in line.after:
        _as_left(who, membership["id"], membership, line)
        if membership["id"] in ended:
            was = ended[membership["id"]]
            values = {"active": was["active"], "role": was["role"], "last_day": was.get("last_day")}
            Membership.update(values).where(Membership.id == membership["id"]).execute()
        else:
            Membership.delete().where(Membership.id == membership["id"]).execute()
    lines.write(actor, line, batch, before=line.after, after=line.before)


def name_of(who: Permissions, membership: dict[str, Any]) -> str:
    """What to call somebody whose membership a line tells of: by their name now only if they are in sight,
    else by the one that the line has.
    """
    user_id = membership["user"]
    seen = permissions.followed(who, User.id) | (User.id == who.user_id)
    if User.select().where(User.id == user_id, seen).exists():
        return members.people_names([user_id])[user_id]
    return str(membership.get("name") or "This person")


def _as_left(who: Permissions, membership_id: int, left: dict[str, Any], line: AuditRecord) -> dict[str, Any]:
    """A membership that is still as the line left it. Raises ConflictError otherwise."""
    row = database.row(
        Membership.select(*(getattr(Membership, column) for column in members.COLUMNS)).where(
            Membership.id == membership_id, in_force.membership()
        )
    )
    if row is None:
        raise lines.built_on("membership", membership_id, f"The membership of {name_of(who, left)}", line)
    membership = dict(zip(members.COLUMNS, row, strict=True))
    if membership["role"] != left["role"] or lines.later("membership", membership_id, line.id):
        raise lines.built_on("membership", membership_id, f"The role of {name_of(who, left)}", line)
    return membership


def _who_added(user_id: int, line: AuditRecord) -> AuditEntry | None:
    """Who put somebody into a group again after they were removed."""
    again = (AuditLine.target_kind == "group") & (AuditLine.target_id == line.before["group"])
    for added in lines.read(again & (AuditLine.id > line.id) & (AuditLine.action == "membership.add")):
        if any(membership["user"] == user_id for membership in added.after):
            return AuditEntry(at=added.at, actor_name=added.actor_name, action=added.action)
    return None


def _not_addable(who: Permissions, line: AuditRecord) -> errors.ConflictError:
    """The error for somebody who cannot be added. What others did to them is told to admins alone."""
    person = line.before["user"]
    if who.rules_all:
        edits = (AuditLine.target_kind == "user") & (AuditLine.target_id == person)
        for edit in lines.read(edits & (AuditLine.id > line.id) & (AuditLine.action == "user.edit")):
            if edit.undone_at is None and edit.before["active"] and not edit.after["active"]:
                at = lines.moment(edit.at)
                return lines.refused(
                    f"{name_of(who, line.before)} was deactivated by {edit.actor_name} at {at} since."
                )
        return lines.refused(f"{name_of(who, line.before)} is not active any more.")
    return lines.refused(NOT_ADDABLE)
