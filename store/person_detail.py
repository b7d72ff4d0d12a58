"""One person: what an admin edits of them, and where they belong as far as the viewer sees."""

from __future__ import annotations

from collections.abc import Iterable

from peewee import fn

from store import database, in_force, people, permissions, search, text
from store.batches import chunks
from store.models import Group, Membership, User
from store.models.access import SshKey
from store.ssh import sessions
from store.views import Actor
from store.views.groups import GroupName, Role
from store.views.people import PersonDetail, PersonGroup

NAMESAKES_AT_ONCE = 100
"""Names looked up in one query."""


def detail(actor: Actor, user_id: int) -> PersonDetail:
    """A person as an admin edits them. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        keys = SshKey.select(fn.COUNT(SshKey.id)).where(SshKey.user == user_id, SshKey.revoked_at.is_null())
        kept = people.snapshot(user_id)
        seen = User.select(User.last_seen_at, keys.alias("keys")).where(User.id == user_id)
        [(last_seen_at, key_count)] = database.rows(seen)
        is_admin = kept["is_admin"] and in_force.is_still_admin(user_id, kept["admin_last_day"])
        return PersonDetail(
            id=user_id,
            first_name=kept["first_name"],
            last_name=kept["last_name"],
            email=kept["email"] or "",
            is_admin=is_admin,
            admin_last_day=kept["admin_last_day"] if is_admin else None,
            active=kept["active"],
            last_seen_at=last_seen_at,
            is_only_admin=is_admin and kept["active"] and people.is_only_admin(user_id),
            keys=key_count,
            sessions=sessions.count_open(user_id),
            kept=kept,
        )


def namesakes(actor: Actor, first_name: str, last_name: str) -> tuple[str, ...]:
    """The emails, or that they have none, of people who are called so already.

    Raises NotFoundError for all but admins.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        return called(((first_name, last_name),)).get((first_name, last_name), ())


def called(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """For each of these first and last names, what tells apart the people who have it, if there are any.

    Call inside a transaction.
    """
    starts = {(first, last): people.search_text(first, last, None) for first, last in names}
    found: dict[str, list[str]] = {}
    wanted = sorted({start for start in starts.values() if start})
    for some in chunks(wanted, NAMESAKES_AT_ONCE):
        columns = (User.id, User.first_name, User.last_name, User.email, User.active)
        # Put in order here: a database that is asked to walks through everybody by their number.
        for _, first, last, email, active in sorted(
            database.rows(User.select(*columns).where(search.called(some)))
        ):
            state = "" if active else ", deactivated"
            words = f"{email or 'without an email'}{state}"
            found.setdefault(people.search_text(first, last, None), []).append(words)
    return {name: tuple(found[start]) for name, start in starts.items() if start in found}


# ------------------------------------------------------------------ where they belong


def groups_of(actor: Actor, user_id: int) -> tuple[PersonGroup, ...]:
    """The groups that somebody is in and the actor sees, by path, with those who follow them there.

    Nothing of groups out of sight is in it. Raises NotFoundError unless the actor may follow the person.
    """
    with database.reading():
        who = permissions.of(actor)
        permissions.require_follows(who, user_id)
        if not who.account.community_on:
            return ()
        own = Membership.select(Membership.group, Membership.role, Group.path).join(Group)
        own = own.where(Membership.user == user_id, in_force.membership(), permissions.is_seen(who))
        rows = database.rows(own)
        roles = {row[0]: Role(row[1]) for row in rows}
        paths = permissions.paths_seen(who, {row[0]: row[2] for row in rows})
        staff = _staff({step.id for path in paths.values() for step in path}, user_id)
    found = [_person_group(paths[group_id], role, staff) for group_id, role in roles.items()]
    return tuple(
        sorted(found, key=lambda group: ([text.fold(step.name) for step in group.path], group.group_id))
    )


_Staff = dict[tuple[int, Role], list[str]]


def _staff(group_ids: Iterable[int], but: int) -> _Staff:
    """The names of the mentors and leaders of each group, without one person."""
    query = (
        Membership.select(Membership.group, Membership.role, User.first_name, User.last_name)
        .join(User)
        .where(
            Membership.group.in_(database.numbers(group_ids)),
            Membership.role != Role.MEMBER,
            in_force.membership(),
            Membership.user != but,
            User.active,
        )
        .order_by(User.search, User.id)
    )
    found: _Staff = {}
    for group_id, role, first, last in database.rows(query):
        found.setdefault((group_id, Role(role)), []).append(text.full_name(first, last))
    return found


def _person_group(path: tuple[GroupName, ...], role: Role, staff: _Staff) -> PersonGroup:
    here = path[-1].id
    above = [
        (name, step.name) for step in reversed(path[:-1]) for name in staff.get((step.id, Role.LEADER), ())
    ]
    return PersonGroup(
        group_id=here,
        path=path,
        role=role,
        # Mentors follow the members of a group, and not each other.
        mentors=tuple(staff.get((here, Role.MENTOR), ())) if role is Role.MEMBER else (),
        leaders=tuple(staff.get((here, Role.LEADER), ())),
        leaders_above=tuple(above),
    )
