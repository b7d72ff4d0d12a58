"""Arranging groups: making, editing, nesting and deleting them.

Each is one transaction that locks out every other writer from its start, so that what was checked
still holds when it is written: two people moving groups at once cannot make a circle.
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from store import audit, clock, database, errors, permissions, text, trees
from store.models import Group, Membership, User
from store.views import Actor, DeletionImpact, Subgroups

DESCRIPTION_LIMIT = 2_000
NUMBER_ROOM = 8
_COLUMNS = ("id", "name", "slug", "description", "parent", "active", "version", "created_at")


def create(
    actor: Actor,
    name: str,
    *,
    description: str = "",
    parent: int | None = None,
    slug: str | None = None,
) -> int:
    """Make a group; returns its id. Without a slug, one is made from the name.

    Raises InvalidError for what cannot be stored, ForbiddenError or NotFoundError where the actor
    may not make a group there: only admins make top-level ones.
    """
    name = text.name(name, "The group's name")
    description = text.body(description, "The description", field="description", limit=DESCRIPTION_LIMIT)
    with database.writing():
        who = permissions.standing(actor)
        if parent is None:
            permissions.require_top_level(who)
        else:
            permissions.require_leads(who, parent, "make groups below it")
        chosen = free_slug(name) if slug is None or not slug.strip() else _own_slug(slug)
        values = {"name": name, "slug": chosen, "description": description, "parent": parent}
        group_id: int = Group.insert(values, created_at=clock.now()).execute()
        audit.write(actor, "group.create", "group", group_id, after=values)
    return group_id


def suggest_slug(actor: Actor, name: str) -> str:
    """The slug that a group of this name would get. Raises NotFoundError for those who make none."""
    with database.reading():
        permissions.require_leads_any(permissions.standing(actor))
        return free_slug(name)


def free_slug(name: str) -> str:
    """A slug for the name that no group has: new-people, new-people-2, … Call inside a transaction."""
    base = text.slugify(name)
    # The number must fit as well, so that the slug can be kept when the group is edited.
    stem = base[: text.SLUG_LIMIT - NUMBER_ROOM].rstrip("-")
    taken = {row[0] for row in database.rows(Group.select(Group.slug).where(Group.slug.startswith(stem)))}
    if base not in taken:
        return base
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _own_slug(typed: str, group_id: int | None = None) -> str:
    slug = text.slug(typed)
    if Group.select().where(Group.slug == slug, Group.id != (group_id or 0)).exists():
        raise errors.InvalidError(f"Another group has the slug {slug} already.", field="slug")
    return slug


def edit(actor: Actor, group_id: int, version: int, *, name: str, slug: str, description: str) -> None:
    """Change a group's name, slug and description, if nobody has since `version` was read.

    Raises ConflictError otherwise, InvalidError for what cannot be stored.
    """
    name = text.name(name, "The group's name")
    description = text.body(description, "The description", field="description", limit=DESCRIPTION_LIMIT)
    with database.writing():
        who = permissions.standing(actor)
        permissions.require_leads(who, group_id, "edit it")
        before = _current(group_id, version)
        after = {"name": name, "slug": _own_slug(slug, group_id), "description": description}
        if any(before[column] != value for column, value in after.items()):
            _update(actor, "group.edit", before, after)


def nest(actor: Actor, group_id: int, version: int, parent: int | None) -> None:
    """Put a group under another, or with None at the top level, if nobody changed it since `version`.

    Raises CircleError under itself or anything below it, ConflictError, ForbiddenError: a leader
    needs to lead the new parent and the present one, and only admins move groups to the top level.
    """
    with database.writing():
        who = permissions.standing(actor)
        rights = permissions.rights(who, group_id)
        if parent is None and not who.rules_all:
            raise errors.ForbiddenError("Only admins take a group to the top level.")
        if not rights.move:
            raise errors.ForbiddenError(
                "Nobody takes a group away from those above it. "
                "Ask a leader of the group it is in, or an admin."
            )
        before = _current(group_id, version)
        if parent is not None:
            permissions.require_leads(who, parent, "put groups below it")
            if Group.select().where(Group.id == parent, Group.id.in_(trees.within([group_id]))).exists():
                raise errors.CircleError("A group cannot be nested under itself or a group below it.")
        if parent != before["parent"]:
            _update(actor, "group.nest", before, {"parent": parent})


def _current(group_id: int, version: int) -> dict[str, Any]:
    row = database.row(
        Group.select(*(getattr(Group, column) for column in _COLUMNS)).where(Group.id == group_id)
    )
    if row is None:
        raise errors.NotFoundError("No such group. It may have been deleted, or moved out of your sight.")
    found = dict(zip(_COLUMNS, row, strict=True))
    if found["version"] != version:
        now = {"version": found["version"]}
        raise audit.conflict("group", group_id, f"“{text.clean_line(found['name'])}”", now)
    return found


def _update(actor: Actor, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    version = before["version"] + 1
    Group.update(after, version=version).where(Group.id == before["id"]).execute()
    audit.write(
        actor, action, "group", before["id"], before=before, after={**before, **after, "version": version}
    )


# --------------------------------------------------------------------- deleting


def deletion_impact(actor: Actor, group_id: int) -> DeletionImpact:
    """What deleting a group would touch. Raises ForbiddenError, NotFoundError as `delete` does."""
    with database.reading():
        who = permissions.standing(actor)
        permissions.require_leads(who, group_id, "delete it")
        tree = trees.within([group_id])
        people = fn.COUNT(Membership.user.distinct())
        counted = Membership.select(people).join(User).where(Membership.active, User.active)
        row = database.row(Group.select(Group.name, Group.parent).where(Group.id == group_id))
        if row is None:
            raise errors.NotFoundError()
        parent = Group.select(Group.name).where(
            Group.id == row[1], Group.id.in_(permissions.groups_seen(who))
        )
        below = Group.select(Group.id).where(Group.id.in_(tree), Group.id != group_id)
        return DeletionImpact(
            name=row[0],
            people=counted.where(Membership.group == group_id).scalar(),
            people_below=counted.where(Membership.group.in_(tree)).scalar(),
            below=below.count(),
            parent_name=parent.scalar(),
            gives_up_access=permissions.loses_sight(who, group_id, below),
        )


def delete(actor: Actor, group_id: int, version: int, subgroups: Subgroups) -> None:
    """Delete a group; its subgroups move up to its parent, or go with it. People and work stay.

    The audit line keeps every row that went, to be put back as it was. The names that other systems
    have for them stay, so that their next import does not bring back what was deleted here. Raises
    ConflictError if somebody changed the group since `version`, ForbiddenError or NotFoundError.
    """
    with database.writing():
        who = permissions.standing(actor)
        permissions.require_leads(who, group_id, "delete it")
        top = _current(group_id, version)
        going = [group_id]
        if subgroups is Subgroups.DELETE:
            below = Group.select(Group.id).where(Group.id.in_(trees.within([group_id])), Group.id != group_id)
            going += [row[0] for row in database.rows(below)]
        before = _snapshot(going)
        staying = Group.parent.in_(going) & Group.id.not_in(going)
        before["moved"] = _moved(staying)
        ids = [row["id"] for row in before["moved"]]
        Group.update(parent=top["parent"], version=Group.version + 1).where(staying).execute()
        after = {"subgroups": subgroups, "moved": _moved(Group.id.in_(ids))}
        Membership.delete().where(Membership.group.in_(going)).execute()
        Group.update(parent=None).where(Group.id.in_(going)).execute()
        Group.delete().where(Group.id.in_(going)).execute()
        audit.write(actor, "group.delete", "group", group_id, before=before, after=after)


def _moved(condition: Any) -> list[dict[str, Any]]:
    """What a deletion changes of the groups that it leaves."""
    query = Group.select(Group.id, Group.parent, Group.version).where(condition).order_by(Group.id)
    return [{"id": row[0], "parent": row[1], "version": row[2]} for row in database.rows(query)]


def _snapshot(group_ids: list[int]) -> dict[str, Any]:
    groups = Group.select().where(Group.id.in_(group_ids)).order_by(Group.id)
    places = Membership.select().where(Membership.group.in_(group_ids)).order_by(Membership.id)
    return {"groups": list(groups.dicts()), "memberships": list(places.dicts())}
