"""Undoing the deletion of a group: it comes back with what went and moved with it."""

from __future__ import annotations

from typing import Any

from store import database, errors, group_deletion, groups, permissions, text
from store.audit import deletions, lines, since
from store.audit.lines import AuditRecord
from store.batches import chunks
from store.models import Group, Membership
from store.models.own import DigestSent
from store.permissions import Permissions
from store.undo import groups as group_undo
from store.views import Actor

NO_SUCH_GROUP = "No such group. It may have been deleted, or you can no longer see it."
CHANGED = "It can no longer be put back as it was. Ask an admin."
"""Where it is out of sight what stands in the way."""


def check(who: Permissions, line: AuditRecord) -> None:
    """Putting a group back is making one where it was; besides, who led it themselves puts it back if nobody
    has taken a role from them since.

    Raises NotFoundError for all others, or ConflictError to an admin where its parent is gone.
    """
    permissions.require_community(who)
    top = deletions.top_of(line)
    parent = top["parent"]
    if parent is not None and who.rules_all and not group_undo.is_there(parent):
        raise group_undo.gone(parent, f"The group that {lines.quoted(top['name'])} was in", line)
    try:
        permissions.require_making(who, parent)
    except errors.MusterError:
        if not deletions.led_and_kept(who, [line]):
            raise errors.NotFoundError(NO_SUCH_GROUP) from None


def undo(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str:
    """Put back a group, and what went or moved with it: every row as it was, under its own id.

    People whom the actor could not add now are left out, unless nobody else has changed their memberships or
    account since, and groups that moved up to where the actor does not lead, if they were changed since; says
    how many. Raises ConflictError where its parent is gone, a slug is taken (for admins), or a group that
    moved up and that the actor leads was changed since.
    """
    parent = deletions.top_of(line)["parent"]
    if parent is not None and not group_undo.is_there(parent):
        raise lines.refused(CHANGED)
    rows = _with_slugs(who, line.before["groups"])
    moved, stay = _moved_up(who, line)
    back, left_out = _memberships(who, line)
    _insert_groups(rows)
    _insert(Membership, back)
    _insert(DigestSent, line.before.get("digests_sent", []))
    parents = {child["id"]: child["parent"] for child in line.before["moved"]}
    nested = [
        {"id": child["id"], "parent": parents[child["id"]], "version": child["version"] + 1}
        for child in moved
    ]
    for child in nested:
        values = {"parent": child["parent"], "version": child["version"]}
        Group.update(values).where(Group.id == child["id"]).execute()
    ids = [group["id"] for group in rows]
    after = {"groups": ids, "moved": nested, "memberships": back}
    lines.write(actor, line, batch, before={"moved": moved}, after=after)
    return " ".join(filter(None, (_people_told(who, left_out), _groups_told(stay))))


def _with_slugs(who: Permissions, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups with slugs that are free. Raises ConflictError for an admin, who is told which is not."""
    if who.rules_all:
        group_undo.refuse_taken(rows)
        return rows
    clash = group_undo.taken(rows)
    # That it is taken would tell of a group out of sight.
    return [{**row, "slug": groups.slug_for(who, row["name"])} if row["id"] in clash else row for row in rows]


def _insert_groups(rows: list[dict[str, Any]]) -> None:
    """Parents before what is below them."""
    waiting = {row["id"]: row for row in rows}
    while waiting:
        ready = [row for row in waiting.values() if row["parent"] not in waiting]
        _insert(Group, [groups.found_by(row) for row in ready])
        for row in ready:
            del waiting[row["id"]]


def _insert(table: Any, rows: list[dict[str, Any]]) -> None:
    for chunk in chunks(rows):
        table.insert_many(chunk).execute()


# ------------------------------------------------------------------------ people


def _memberships(who: Permissions, line: AuditRecord) -> tuple[list[dict[str, Any]], set[int]]:
    """The memberships that come back, and the people who are left out of them."""
    memberships = line.before["memberships"]
    theirs = {membership["user"] for membership in memberships} - {who.user_id}
    doubtful = theirs - permissions.people_addable(who, theirs)
    left_out = since.changed(doubtful, line.id, who.user_id)
    back = [membership for membership in memberships if membership["user"] not in left_out]
    return back, {
        membership["user"] for membership in memberships if deletions.gives_role(membership)
    } & left_out


def _people_told(who: Permissions, left_out: set[int]) -> str:
    """How many people were left out, in a sentence; nothing where nobody was."""
    if not left_out:
        return ""
    people = text.counted(len(left_out), "person was", "people were")
    why = "deactivated since" if who.rules_all else "you can no longer add them"
    return f"{people} left out: {why}."


# ------------------------------------------------------- groups that had moved up


def _moved_up(who: Permissions, line: AuditRecord) -> tuple[list[dict[str, Any]], int]:
    """The groups that had moved up and go down again, as they are now; and how many are left out.

    One that the actor leads has to be as the deletion left it: raises ConflictError otherwise. One that they
    do not lead, or that is gone, is left out if it is not, or has groups or people in it that it had not:
    nobody gets to see those by undoing.
    """
    children: list[dict[str, Any]] = line.after["moved"]
    rows = _groups_now(who, [child["id"] for child in children])
    going, unled = [], set[int]()
    for child in children:
        now = rows.get(child["id"])
        if now is None:
            if who.rules_all:
                raise group_undo.gone(child["id"], "A group that moved up", line)
            continue
        name, parent, version, is_led = now
        as_left = lines.leads_back("group", child["id"], version, child["version"])
        if as_left and parent == child["parent"]:
            going.append({"id": child["id"], "parent": parent, "version": version})
            unled |= set() if is_led else {child["id"]}
        elif is_led:
            raise lines.built_on("group", child["id"], lines.quoted(name), line)
    strange = _with_newcomers(unled, line)
    going = [child for child in going if child["id"] not in strange]
    return going, len(children) - len(going)


def _groups_now(who: Permissions, group_ids: list[int]) -> dict[int, tuple[str, int | None, int, bool]]:
    """Name, parent and version of those that are there, and whether the actor leads them."""
    query = Group.select(Group.id, Group.name, Group.parent, Group.version)
    of_them = Group.id.in_(database.numbers(group_ids))
    led = Group.select(Group.id).where(of_them, Group.id.in_(permissions.groups_led(who)))
    leads = {row[0] for row in database.rows(led)}
    return {
        row[0]: (row[1], row[2], row[3], who.rules_all or row[0] in leads)
        for row in database.rows(query.where(of_them))
    }


def _with_newcomers(group_ids: set[int], line: AuditRecord) -> set[int]:
    """Those of these groups that have groups or people at or below them which none of them had then."""
    then = line.after.get("inside")
    if then is None:
        # Older lines do not say what was in the groups.
        return group_ids
    found = set()
    for group_id in group_ids:
        now = group_deletion.inside([group_id])
        if any(set(now[what]) - set(then[what]) for what in now):
            found.add(group_id)
    return found


def _groups_told(left_out: int) -> str:
    """How many groups were left out, in a sentence; nothing where none was."""
    if not left_out:
        return ""
    return (
        "1 subgroup was left out: you can no longer move it."
        if left_out == 1
        else f"{left_out:,} subgroups were left out: you can no longer move them."
    )
