"""Taking back what was done with groups themselves: making, editing, moving, deleting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store import clock, database, errors, groups, permissions, trees
from store.models import AuditLine, Group, Membership
from store.permissions import Standing
from store.undoing import lines
from store.undoing.lines import Line
from store.views import Actor
from store.views.groups import Role

ROWS_AT_ONCE = 500


def take_back_edit(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Give a group the name, slug and description that it had.

    Raises NotFoundError or ForbiddenError for those who do not lead it any more, ConflictError where it
    was changed since or its slug is taken.
    """
    permissions.require_leads(who, line.target_id, "edit it")
    now = _as_left(line)
    _refuse_taken([line.before])
    was = {column: line.before[column] for column in ("name", "slug", "description")}
    _write_back(actor, line, batch, now, was)


def take_back_move(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Put a group back to where it was, also to the top level: whoever may nest it may take that back.

    Raises NotFoundError or ForbiddenError for those who do not lead it, where it is and where it was,
    ConflictError where it was changed since, or would be put under itself.
    """
    parent = line.before["parent"]
    rights = permissions.rights(who, line.target_id)
    if not rights.move or (line.after["parent"] is None and not who.rules_all):
        raise errors.ForbiddenError("You may not move this group any more. Ask a leader of it, or an admin.")
    now = _as_left(line)
    if parent is not None:
        if who.rules_all and not _is_there(parent):
            raise _gone(parent, "The group that it was in", line)
        permissions.require_leads(who, parent, "put groups below it")
        if Group.select().where(Group.id == parent, Group.id.in_(trees.within([line.target_id]))).exists():
            raise lines.refused("The group that it was in was moved below it since.")
    _write_back(actor, line, batch, now, {"parent": parent})


def take_back_making(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Take away a group that is still as it was made, with nobody and nothing in it.

    Raises NotFoundError or ForbiddenError for those who may not make it any more, ConflictError where it
    was changed since or anything is in it.
    """
    group_id, name = line.target_id, lines.quoted(line.after["name"])
    permissions.require_leads(who, group_id, "delete it")
    if line.after["parent"] is None:
        permissions.require_top_level(who)
    now = _as_left(line, version=1)
    if Membership.select().where(Membership.group == group_id).exists():
        raise lines.refused(f"Somebody was put into {name} since.")
    if Group.select().where(Group.parent == group_id).exists():
        raise lines.refused(f"There are groups below {name} since.")
    Group.delete().where(Group.id == group_id).execute()
    lines.write(actor, line, batch, before=now)


def take_back_deletion(actor: Actor, who: Standing, line: Line, batch: str) -> None:
    """Put back a group, and what went or moved with it: every row as it was, under its own id.

    Raises NotFoundError for those who could not delete it any more, ConflictError where its parent is
    gone, a slug is taken, or a group that moved up was changed since.
    """
    top = _top(line)
    if not restorable(who, [line]):
        raise errors.NotFoundError("No such group. It may have been deleted, or moved out of your sight.")
    parent = top["parent"]
    if parent is not None and not _is_there(parent):
        if not who.rules_all:
            raise lines.refused("There is no place for it any more: ask an admin.")
        raise _gone(parent, f"The group that {lines.quoted(top['name'])} was in", line)
    _refuse_taken(line.before["groups"])
    moved = [_child_as_left(who, child, line) for child in line.after["moved"]]
    _insert_groups(line.before["groups"])
    places = line.before["memberships"]
    for start in range(0, len(places), ROWS_AT_ONCE):
        Membership.insert_many(places[start : start + ROWS_AT_ONCE]).execute()
    parents = {child["id"]: child["parent"] for child in line.before["moved"]}
    back = [
        {"id": child["id"], "parent": parents[child["id"]], "version": child["version"] + 1}
        for child in moved
    ]
    for child in back:
        values = {"parent": child["parent"], "version": child["version"]}
        Group.update(values).where(Group.id == child["id"]).execute()
    ids = [group["id"] for group in line.before["groups"]]
    lines.write(actor, line, batch, before={"moved": moved}, after={"groups": ids, "moved": back})


def restorable(who: Standing, deletions: Sequence[Line]) -> frozenset[int]:
    """Ids of those lines whose group the actor could have deleted as things are now: they lead what it was
    in, or their own place as a leader went with it.
    """
    if not who.account.community_on:
        return frozenset()
    tops = {line.id: _top(line) for line in deletions}
    if who.rules_all or not tops:
        return frozenset(tops)
    above = {top["parent"] for top in tops.values()} - {None}
    led = Group.select(Group.id).where(Group.id.in_(above), Group.id.in_(permissions.groups_led(who)))
    leads = {row[0] for row in database.rows(led)}
    own = (who.user_id, Role.LEADER, True)
    led_itself = {
        line.id
        for line in deletions
        for place in line.before["memberships"]
        if place["group"] == line.target_id and (place["user"], place["role"], _lasts(place)) == own
    }
    return frozenset(led_itself | {line_id for line_id, top in tops.items() if top["parent"] in leads})


def _lasts(place: dict[str, Any]) -> bool:
    """Whether a place gives its role today, had it not gone with its group."""
    last_day = place.get("last_day")
    return bool(place["active"]) and (last_day is None or str(last_day) >= clock.today().isoformat())


def _top(line: Line) -> dict[str, Any]:
    """The group that was deleted, with or without those below it."""
    top: dict[str, Any] = next(group for group in line.before["groups"] if group["id"] == line.target_id)
    return top


# ------------------------------------------------------------------ what is there now


def _as_left(line: Line, version: int | None = None) -> dict[str, Any]:
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


def _child_as_left(who: Standing, child: dict[str, Any], line: Line) -> dict[str, Any]:
    """A group that moved up, where the deletion left it. Raises ConflictError otherwise."""
    columns = (Group.name, Group.parent, Group.version, Group.id.in_(permissions.groups_seen(who)))
    row = database.row(Group.select(*columns).where(Group.id == child["id"]))
    if row is None and who.rules_all:
        raise _gone(child["id"], "A group that moved up", line)
    if row is None or not (row[3] or _is_as_left(child, row)):
        raise lines.refused("A group that moved up was changed since, and is out of your sight.")
    if not _is_as_left(child, row):
        raise lines.built_on("group", child["id"], lines.quoted(row[0]), line)
    return {"id": child["id"], "parent": row[1], "version": row[2]}


def _is_as_left(child: dict[str, Any], row: tuple[Any, ...]) -> bool:
    as_left = lines.leads_back("group", child["id"], row[2], child["version"])
    return as_left and row[1] == child["parent"]


def _is_there(group_id: int) -> bool:
    return bool(Group.select().where(Group.id == group_id, Group.active).exists())


def _refuse_taken(rows: list[dict[str, Any]]) -> None:
    """Raises ConflictError where another group has one of their slugs."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = {row["slug"]: row["id"] for row in rows[start : start + ROWS_AT_ONCE]}
        for slug, group_id in database.rows(
            Group.select(Group.slug, Group.id).where(Group.slug.in_(list(some)))
        ):
            if some[slug] != group_id:
                raise lines.refused(f"Another group has the slug {slug} since.")


def _gone(group_id: int, what: str, line: Line) -> errors.ConflictError:
    """The error for a group that is not there any more: says who deleted it, and when."""
    deletions = (AuditLine.target_kind == "group") & (AuditLine.action == "group.delete")
    for deleted in lines.read(deletions & (AuditLine.id > line.id)):
        if any(group["id"] == group_id for group in deleted.before["groups"]):
            at = lines.moment(deleted.at)
            return lines.refused(f"{what} was deleted by {deleted.actor_name} at {at} since.")
    return lines.refused(f"{what} is not there any more.")


def _write_back(actor: Actor, line: Line, batch: str, now: dict[str, Any], was: dict[str, Any]) -> None:
    version = now["version"] + 1
    Group.update(was, version=version).where(Group.id == now["id"], Group.version == now["version"]).execute()
    lines.write(actor, line, batch, before=now, after={**now, **was, "version": version})


def _insert_groups(rows: list[dict[str, Any]]) -> None:
    """Parents before what is below them."""
    waiting = {row["id"]: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if row["parent"] not in waiting]
        for start in range(0, len(ready), ROWS_AT_ONCE):
            Group.insert_many(ready[start : start + ROWS_AT_ONCE]).execute()
        for row in ready:
            del waiting[row["id"]]
