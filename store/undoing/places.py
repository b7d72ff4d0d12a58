"""Taking back what was done with people's places in groups: adding, roles, removing."""

from __future__ import annotations

from typing import Any

from store import database, in_force, permissions, text
from store.models import AuditLine, Membership, User
from store.permissions import Standing
from store.undoing import lines
from store.undoing.lines import Line
from store.views import Actor
from store.views.account import AuditEntry

COLUMNS = ("id", "user", "group", "role", "active", "created_at", "last_day")


def take_back_role(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Give somebody the role that they had.

    Raises NotFoundError or ForbiddenError for those who do not lead the group any more, ConflictError
    where the role was changed or the place taken away since.
    """
    permissions.require_leads(who, line.before["group"], "change roles in it")
    place = _as_left(line.target_id, line.after["user"], line.after["role"], line)
    was = {"role": line.before["role"], "last_day": line.before.get("last_day")}
    Membership.update(was).where(Membership.id == place["id"]).execute()
    lines.write(actor, line, batch, before=place, after={**place, **was})


def take_back_removal(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Give somebody the place back that they had.

    Raises as `take_back_role`, and ConflictError where they are in the group again or were deactivated.
    """
    place = line.before
    permissions.require_leads(who, place["group"], "add people to it")
    name = _name(place["user"])
    _refuse_deactivated(place["user"], name, line)
    theirs = (Membership.user == place["user"]) & (Membership.group == place["group"])
    if Membership.select().where(theirs).exists():
        raise lines.told(f"{name} is in the group again: the new place", _who_added(place["user"], line))
    Membership.insert(place).execute()
    lines.write(actor, line, batch, after=place)


def take_back_adding(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Take those out of a group who were put in, or nobody.

    One whose place an import had withdrawn before, or that had ended, has it so again. Raises as
    `take_back_role`.
    """
    permissions.require_leads(who, line.target_id, "add people to it")
    ended = {place["id"]: place for place in line.before}
    for place in line.after:
        _as_left(place["id"], place["user"], place["role"], line)
        if place["id"] in ended:
            was = ended[place["id"]]
            values = {"active": was["active"], "role": was["role"], "last_day": was.get("last_day")}
            Membership.update(values).where(Membership.id == place["id"]).execute()
        else:
            Membership.delete().where(Membership.id == place["id"]).execute()
    lines.write(actor, line, batch, before=line.after, after=line.before)


def _as_left(place_id: int, user_id: int, role: str, line: Line) -> dict[str, Any]:
    """A place that is still as the line left it. Raises ConflictError otherwise."""
    row = database.row(
        Membership.select(*(getattr(Membership, column) for column in COLUMNS)).where(
            Membership.id == place_id, in_force.membership()
        )
    )
    name = _name(user_id)
    if row is None:
        raise lines.built_on("membership", place_id, f"The place of {name}", line)
    place = dict(zip(COLUMNS, row, strict=True))
    if place["role"] != role or lines.later("membership", place_id, line.id):
        raise lines.built_on("membership", place_id, f"The role of {name}", line)
    return place


def _who_added(user_id: int, line: Line) -> AuditEntry | None:
    """Who put somebody into a group again after they were removed."""
    since = (AuditLine.target_kind == "group") & (AuditLine.target_id == line.before["group"])
    for added in lines.read(since & (AuditLine.id > line.id) & (AuditLine.action == "membership.add")):
        if any(place["user"] == user_id for place in added.after):
            return AuditEntry(at=added.at, actor_name=added.actor_name, action=added.action)
    return None


def _refuse_deactivated(user_id: int, name: str, line: Line) -> None:
    """Raises ConflictError for somebody who was deactivated after the line; one who was before stays so."""
    edits = (AuditLine.target_kind == "user") & (AuditLine.target_id == user_id)
    for edit in lines.read(edits & (AuditLine.id > line.id) & (AuditLine.action == "user.edit")):
        if edit.undone_at is not None:
            continue
        if edit.after["active"]:
            return
        if edit.before["active"]:
            at = lines.moment(edit.at)
            raise lines.refused(f"{name} was deactivated by {edit.actor_name} at {at} since.")


def _name(user_id: int) -> str:
    row = database.row(User.select(User.first_name, User.last_name).where(User.id == user_id))
    return text.clean_line(text.full_name(*row)) if row else "Somebody"
