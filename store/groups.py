"""Groups: making, editing and nesting them, finding one, and all about it.

Each change is one transaction that locks out every other writer from its start, so that what was
checked still holds when it is written: two people moving groups at once cannot make a circle.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from peewee import SQL, fn

from store import clock, database, errors, group_search, group_tree, in_force, permissions, text, trees
from store.audit import audit
from store.models import Group, Membership, User
from store.permissions import Permissions
from store.views import Actor
from store.views.arranging import GroupDetail, GroupOption
from store.views.groups import GroupName, Role

DESCRIPTION_LIMIT = 2_000
NUMBER_ROOM = 8
RANDOM_LENGTH = 6
RANDOM_SIGNS = "23456789bcdfghjkmnpqrstvwxyz"
"""What a random ending is made of: no vowels that make words, nothing that is easily misread."""
COLUMNS = ("id", "name", "slug", "description", "parent", "active", "version", "created_at", "digest")


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
    may not make a group there or choose a slug: only admins make top-level groups, and choose slugs.
    """
    name = text.name(name, "The group's name")
    description = text.body(description, "The description", field="description", limit=DESCRIPTION_LIMIT)
    with database.writing():
        who = permissions.of(actor)
        permissions.require_making(who, parent)
        chosen = slug_for(who, name) if slug is None or not slug.strip() else _chosen_slug(who, slug)
        values = {"name": name, "slug": chosen, "description": description, "parent": parent}
        group_id: int = Group.insert(values, search=text.fold(name), created_at=clock.now()).execute()
        audit.write(actor, "group.create", "group", group_id, after=values)
    return group_id


def suggest_slug(actor: Actor, name: str) -> str:
    """The slug that a group of this name would get.

    Raises ForbiddenError for leaders, who choose no slugs, NotFoundError for those who make no groups.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_leads_any(who)
        permissions.require_slug_choice(who)
        return free_slug(name)


def slug_for(who: Permissions, name: str) -> str:
    """The slug of a group that the actor makes. Call inside a transaction.

    Of those who do not see all groups it ends at random, always: a number would tell of other groups.
    """
    return free_slug(name) if who.rules_all else _random_slug(name)


def _random_slug(name: str) -> str:
    stem = text.slugify(name)[: text.SLUG_LIMIT - RANDOM_LENGTH - 1].rstrip("-")
    while True:
        slug = f"{stem}-{''.join(secrets.choice(RANDOM_SIGNS) for _ in range(RANDOM_LENGTH))}"
        if not Group.select().where(Group.slug == slug).exists():
            return slug


def free_slug(name: str) -> str:
    """A slug for the name that no group has: new-people, new-people-2, … Call inside a transaction."""
    # What all of its numbered forms begin with as well.
    stem = text.slugify(name)[: text.SLUG_LIMIT - NUMBER_ROOM].rstrip("-")
    like_it = database.rows(Group.select(Group.slug).where(Group.slug.startswith(stem)))
    return text.Slugs(row[0] for row in like_it).give(name)


def _chosen_slug(who: Permissions, typed: str, group_id: int | None = None) -> str:
    permissions.require_slug_choice(who)
    slug = text.slug(typed)
    if Group.select().where(Group.slug == slug, Group.id != (group_id or 0)).exists():
        raise errors.InvalidError(f"Another group has the slug {slug} already.", field="slug")
    return slug


def edit(
    actor: Actor, group_id: int, version: int, *, name: str, description: str, slug: str | None = None
) -> bool:
    """Change a group's name and description, and the slug if one is given, unless somebody changed the group
    since `version` was read.

    Returns whether anything changed: what is so already writes nothing.

    Raises ConflictError, InvalidError for what cannot be stored, ForbiddenError where somebody who is no
    admin gives another slug.
    """
    name = text.name(name, "The group's name")
    description = text.body(description, "The description", field="description", limit=DESCRIPTION_LIMIT)
    with database.writing():
        who = permissions.of(actor)
        permissions.require_editing(who, group_id)
        before = current(group_id, version)
        after = {"name": name, "description": description}
        if slug is not None and slug != before["slug"]:
            after["slug"] = _chosen_slug(who, slug, group_id)
        differs = any(before[column] != value for column, value in after.items())
        if differs:
            _update(actor, "group.edit", before, after)
        return differs


def nest(actor: Actor, group_id: int, version: int, parent: int | None) -> GroupDetail:
    """Put a group under another, or with None at the top level, if nobody changed it since `version`.

    Returns the group as it is then.

    Raises CircleError under itself or anything below it, ConflictError, ForbiddenError: a leader
    needs to lead the new parent and the present one, and only admins move groups to the top level.
    """
    with database.writing():
        who = permissions.of(actor)
        permissions.require_nesting(who, group_id, parent)
        before = current(group_id, version)
        if parent is not None and is_within(parent, group_id):
            raise errors.CircleError("A group cannot be nested under itself or a group below it.")
        if parent != before["parent"]:
            _update(actor, "group.nest", before, {"parent": parent})
        return _detail(who, group_id)


def is_within(group_id: int, root: int) -> bool:
    """Whether a group is `root` or below it."""
    return bool(Group.select().where(Group.id == group_id, Group.id.in_(trees.within([root]))).exists())


def set_digest(actor: Actor, group_id: int, version: int, on: bool) -> GroupDetail:
    """Whether the group's mentors and leaders are sent the weekly digest. Returns the group as it is then.

    Raises ConflictError if somebody changed the group since `version`, ForbiddenError for those who do not
    lead it.
    """
    with database.writing():
        who = permissions.of(actor)
        permissions.require_leads(who, group_id, "turn its digest on or off")
        before = current(group_id, version)
        if before["digest"] != on:
            _update(actor, "group.digest", before, {"digest": on})
        return _detail(who, group_id)


def current(group_id: int, version: int) -> dict[str, Any]:
    """A group's columns. Raises NotFoundError, and ConflictError if it is not at that version."""
    row = database.row(
        Group.select(*(getattr(Group, column) for column in COLUMNS)).where(Group.id == group_id)
    )
    if row is None:
        raise errors.NotFoundError("No such group. It may have been deleted, or you can no longer see it.")
    found = dict(zip(COLUMNS, row, strict=True))
    if found["version"] != version:
        raise conflict(found, {"version": found["version"]})
    return found


def conflict(group: dict[str, Any], now: dict[str, Any]) -> errors.ConflictError:
    """The error for a change that came second; `now` as in `audit.conflict`."""
    return audit.conflict("group", group["id"], f"“{text.clean_line(group['name'])}”", now)


def _update(actor: Actor, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    version = before["version"] + 1
    as_read = (Group.id == before["id"]) & (Group.version == before["version"])
    if not Group.update(found_by(after), version=version).where(as_read).execute():
        raise conflict(before, {})
    audit.write(
        actor, action, "group", before["id"], before=before, after={**before, **after, "version": version}
    )


def found_by(values: dict[str, Any]) -> dict[str, Any]:
    """Columns that a group is given, with what it is found by where its name is among them."""
    return {**values, "search": text.fold(values["name"])} if "name" in values else values


# ---------------------------------------------------------------- finding and showing


def options(actor: Actor, typed: str = "", *, moving: int | None = None) -> tuple[GroupOption, ...]:
    """Groups under which the actor may put one, by path; for `moving`, none at or below that group.

    Of very many the first, or those that fit best.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_community(who)
        if moving is not None and not permissions.rights(who, moving).move:
            return ()
        leads = replace(who, reach=replace(who.reach, mentored=()))
        if not group_search.reads_all(leads):
            but = permissions.nesting(moving).path if moving is not None else None
            return group_search.by_path(group_search.among_many(group_search.Sight(leads, but or ""), typed))
        query = Group.select(Group.id, Group.name, Group.parent).where(
            Group.id.in_(permissions.groups_led(who))
        )
        if moving is not None:
            query = query.where(Group.id.not_in(trees.within([moving], name="moving")))
        return group_search.paths_matching(database.rows(query), typed)


def detail(actor: Actor, group_id: int) -> GroupDetail:
    """Everything about a group but its people. Raises NotFoundError for one absent or out of sight."""
    with database.reading():
        return _detail(permissions.of(actor), group_id)


def path(actor: Actor, group_id: int) -> tuple[GroupName, ...]:
    """The path of a group from the topmost one in sight down to itself; empty for one out of sight."""
    with database.reading():
        who = permissions.of(actor)
        if not who.account.community_on:
            return ()
        return permissions.paths_seen(who, [group_id]).get(group_id, ())


def _detail(who: Permissions, group_id: int) -> GroupDetail:
    rights = permissions.rights(who, group_id)
    parent = Group.alias("parent")
    parent_seen = fn.EXISTS(
        parent.select(SQL("1")).where(parent.id == Group.parent, permissions.is_seen(who, parent))
    )
    people, staff, subgroups = _counts(who, group_id)
    columns = (
        Group.name,
        Group.slug,
        Group.description,
        Group.parent,
        parent_seen.alias("parent_seen"),
        Group.version,
        Group.digest,
        # Without names of their own Peewee takes such counts for one of the columns.
        people.alias("people"),
        staff.alias("staff"),
        subgroups.alias("subgroups"),
    )
    row = database.row(Group.select(*columns).where(Group.id == group_id))
    if row is None:
        raise errors.NotFoundError()
    name, slug, description, parent_id, sees_parent, version, sends_digest, in_it, staff_in_it, below = row
    return GroupDetail(
        id=group_id,
        name=name,
        slug=slug,
        description=description,
        path=permissions.paths_seen(who, [group_id])[group_id],
        parent_id=parent_id if sees_parent else None,
        version=version,
        digest=bool(sends_digest),
        people=in_it,
        staff=staff_in_it,
        subgroups=below,
        waiting=group_tree.rollup(who, [group_id]).get(group_id, (0, 0, 0))[1],
        rights=rights,
    )


def _counts(who: Permissions, group_id: int) -> tuple[Any, Any, Any]:
    """Selects of the number of people in a group, of its staff, and of the subgroups in sight."""
    people = Membership.select(fn.COUNT(Membership.id)).join(User)
    people = people.where(Membership.group == group_id, in_force.membership(), User.active)
    child = Group.alias("child")
    subgroups = child.select(fn.COUNT(child.id)).where(
        child.parent == group_id, permissions.is_seen(who, child)
    )
    return people, people.where(Membership.role != Role.MEMBER), subgroups
