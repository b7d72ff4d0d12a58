"""People: finding them, and what an operator does to their entries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import JOIN, SQL, fn

from store import clock, database, errors, group_numbers, in_force, people_by_name, permissions, search, text
from store.audit import audit
from store.models import Completion, Course, Group, Membership, User
from store.permissions import Permissions
from store.queue import queue
from store.review import reviews
from store.search import matches
from store.views import Actor, Page
from store.views.people import PersonDetail, PersonHead, PersonRow

KEPT = ("first_name", "last_name", "email", "is_admin", "active", "admin_last_day")
"""What the audit log keeps of a person."""
MOST_COUNTED = 10_000
"""Of so many people in sight all are counted in whose names something typed is; of more, only those that a
list needs to go on, `AHEAD` of the rows that are shown."""
AHEAD = 200
ONLY_ADMIN = "This is the only admin. Make somebody else admin first."


def search_text(first_name: str, last_name: str, email: str | None) -> str:
    """What a person is found and sorted by."""
    return text.fold(f"{last_name} {first_name} {email or ''}")


# ------------------------------------------------------------------ finding them


def names(actor: Actor, user_ids: Collection[int]) -> dict[int, str]:
    """What these people are called, of those whom the actor may follow."""
    with database.reading():
        return search.names(permissions.of(actor), user_ids) if user_ids else {}


def list_people(actor: Actor, typed: str = "", offset: int = 0, limit: int = 100) -> Page[PersonRow]:
    """The People tab: everybody for an admin, those they follow for staff. By last name.

    Deactivated people are listed for admins only.
    """
    with database.reading():
        who = permissions.of(actor)
        if typed:
            ids, total = _matching(who, typed, offset, limit)
        else:
            total = _total(who)
            ids = _ids(people_by_name.select(who, offset + limit, User.id).offset(offset).limit(limit))
        return Page(rows=_person_rows(who, ids), offset=offset, total=total)


def _matching(who: Permissions, typed: str, offset: int, limit: int) -> tuple[list[int], int]:
    """The ids of a window of those in whose names or email this was typed, and how many they are in all.

    Of very many no more are counted than a list needs to go on: it knows more once it is there.
    """
    room = limit + AHEAD
    query = people_by_name.select(who, offset + room, User.id, rare=True).where(matches(typed))
    if people_by_name.size(who) <= MOST_COUNTED:
        found = _ids(query)
        return found[offset : offset + limit], len(found)
    found = _ids(query.offset(offset).limit(room))
    if offset and not found:
        return [], len(_ids(query.limit(offset)))
    return found[:limit], offset + len(found)


def _ids(query: Any) -> list[int]:
    return [row[0] for row in database.rows(query)]


def count(actor: Actor) -> int:
    """How many people `list_people` has in all."""
    with database.reading():
        return _total(permissions.of(actor))


def _total(who: Permissions) -> int:
    """How many people the actor sees. Call inside a transaction."""
    if who.rules_all:
        return people_by_name.size(who)
    # Who leads one group and is no mentor besides sees those that are counted there, but for themselves.
    reach = who.reach
    if who.astray or len(reach.led) != 1 or reach.mentored:
        return int(User.select(fn.COUNT(User.id)).where(_listed(who)).scalar())
    group_id = int(reach.led[0].split("/")[-2])
    return group_numbers.of(who, [group_id])[group_id][0] - 1


def position(actor: Actor, user_id: int, typed: str = "") -> int | None:
    """At which place `list_people` has somebody, from 0; None where they are not in it."""
    with database.reading():
        shown = _listed(permissions.of(actor)) & matches(typed)
        row = database.row(User.select(User.search).where(shown, User.id == user_id))
        if row is None:
            return None
        before = (User.search < row[0]) | ((User.search == row[0]) & (User.id < user_id))
        return int(User.select(fn.COUNT(User.id)).where(shown & before).scalar())


def _listed(who: Permissions) -> Any:
    """Condition: somebody is in the list of people that the actor sees."""
    if who.rules_all:
        return SQL("1 = 1")
    return User.active & User.id.in_(permissions.people_followed(who))


def _person_rows(who: Permissions, ids: list[int]) -> tuple[PersonRow, ...]:
    groups = (
        Membership.select(Membership.user.alias("user_id"), fn.COUNT(Membership.id).alias("n"))
        .join(Group)
        .where(Membership.user.in_(ids), in_force.membership(), permissions.is_seen(who))
        .group_by(Membership.user)
        .alias("places")
    )
    waiting = queue.waiting_by_person(who).where(Completion.user.in_(ids)).alias("waiting")
    query = (
        User.select(
            User.id,
            User.first_name,
            User.last_name,
            User.email,
            User.is_admin,
            User.active,
            User.last_seen_at,
            fn.COALESCE(groups.c.n, 0),
            fn.COALESCE(waiting.c.n, 0),
            User.admin_last_day,
        )
        .join(groups, JOIN.LEFT_OUTER, on=(groups.c.user_id == User.id))
        .join_from(User, waiting, JOIN.LEFT_OUTER, on=(waiting.c.user_id == User.id))
        .where(User.id.in_(ids))
    )
    # Put in order here: by their names they would be looked for among those of all people.
    rows = {row[0]: row for row in database.rows(query)}
    return tuple(
        PersonRow(
            id=row[0],
            name=text.full_name(row[1], row[2]),
            email=row[3] or "",
            is_admin=bool(row[4]) and in_force.is_still_admin(row[0], row[9]),
            active=bool(row[5]),
            last_seen_at=row[6],
            groups=row[7],
            waiting=row[8],
        )
        for row in (rows[user_id] for user_id in ids)
    )


def head(actor: Actor, user_id: int) -> PersonHead:
    """Who a person is. Raises NotFoundError unless the actor may follow them."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_follows(who, user_id)
        taken = Course.id.in_(reviews.courses_taken(user_id))
        courses = Course.select(fn.COUNT(Course.id)).where(Course.active, taken)
        columns = (User.first_name, User.last_name, User.email, User.active)
        groups = _memberships_seen(who, user_id)
        row = database.row(
            User.select(*columns, courses.alias("courses"), groups.alias("groups")).where(User.id == user_id)
        )
        waiting = queue.count_waiting(who, user_id)
    if row is None:
        raise errors.NotFoundError()
    return PersonHead(
        id=user_id,
        name=text.full_name(row[0], row[1]),
        email=row[2] or "",
        active=bool(row[3]),
        courses=row[4],
        groups=row[5] if who.account.community_on else 0,
        waiting=waiting,
        may_review=permissions.may_review(who, user_id),
    )


def _memberships_seen(who: Permissions, user_id: int) -> Any:
    """Select of how many groups somebody is in, of those in sight."""
    memberships = Membership.select(fn.COUNT(Membership.id)).join(Group)
    return memberships.where(Membership.user == user_id, in_force.membership(), permissions.is_seen(who))


# ------------------------------------------------------- what an operator does


def insert_user(
    first_name: str, last_name: str, email: str | None, *, is_admin: bool, take_over: bool = False
) -> tuple[int, dict[str, Any] | None]:
    """Insert a person, call inside `writing()`; returns the id, and who was there before.

    With `take_over` somebody who has the email already is changed instead. Raises InvalidError.
    """
    values = values_of(first_name, last_name, email, is_admin=is_admin)
    if not take_over:
        refuse_taken(values["email"])
    email = values["email"]
    # Of those without an email none is another.
    known = database.row(User.select(User.id).where(User.email == email)) if email is not None else None
    if known is not None:
        before = snapshot(known[0])
        User.update(values).where(User.id == known[0]).execute()
        return known[0], before
    return insert(values), None


def values_of(first_name: str, last_name: str, email: str | None, *, is_admin: bool) -> dict[str, Any]:
    """The columns of an active person, cleaned. Raises InvalidError with `field` set.

    People may have no last name, and with None no email.
    """
    first = text.name(first_name, "The first name", field="first_name")
    last = _last_name(last_name)
    address = None if email is None else text.email(email)
    return {
        "first_name": first,
        "last_name": last,
        "email": address,
        "is_admin": is_admin,
        "admin_last_day": None,
        "active": True,
        "search": search_text(first, last, address),
    }


def insert(values: dict[str, Any]) -> int:
    """Insert a person of these values, whose email nobody has; call inside `writing()`. Returns the id."""
    return int(User.insert(values, created_at=clock.now()).execute())


def _last_name(typed: str) -> str:
    """A last name, or nothing for those who have none. Raises InvalidError."""
    return text.name(typed, "The last name", field="last_name") if text.clean_line(typed) else ""


def refuse_taken(email: str | None, but: int = 0) -> None:
    """Raises InvalidError where somebody else has this email, and says who. Call inside a transaction."""
    if not email:
        return
    columns = (User.first_name, User.last_name, User.email, User.active)
    query = User.select(*columns).where(User.email == text.email_key(email), User.id != but)
    row = database.row(query)
    if row is not None:
        name = text.clean_line(text.full_name(row[0], row[1]))
        state = "" if row[3] else " They are deactivated: reactivate them instead."
        raise errors.InvalidError(f"{name} has the email {row[2]} already.{state}", field="email")


def add(actor: Actor, first_name: str, last_name: str, email: str | None, *, admin: bool = False) -> int:
    """Add a person; returns their id. Raises InvalidError, NotFoundError for all but admins."""
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        user_id, _ = insert_user(first_name, last_name, email, is_admin=admin)
        audit.write(actor, "user.add", "user", user_id, after=snapshot(user_id))
    return user_id


def snapshot(user_id: int) -> dict[str, Any]:
    """What the audit log keeps of a person. Raises NotFoundError."""
    row = database.row(User.select(*(getattr(User, name) for name in KEPT)).where(User.id == user_id))
    if row is None:
        raise errors.NotFoundError("No such person. They may have been removed.")
    return dict(zip(KEPT, row, strict=True))


def by_email_or_id(key: str) -> int:
    """The id of the person with this email or number. Raises NotFoundError."""
    with database.reading():
        is_number = key.isdecimal() and len(key) < 19
        condition = User.id == int(key) if is_number else User.email == text.email_key(key)
        row = database.row(User.select(User.id).where(condition))
    if row is None:
        raise errors.NotFoundError(
            f"Nobody has the email or number {text.clean_line(key)}. See: muster user list"
        )
    return row[0]


def edit(
    actor: Actor,
    user_id: int,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    admin: bool | None = None,
    active: bool | None = None,
    was: PersonDetail | None = None,
) -> bool:
    """Change what is given of a person; an empty email takes theirs away. Returns whether anything differs.

    Raises ConflictError if they are not as they `was` read any more, where that is given; InvalidError for
    what cannot be stored, and where no admin would be left.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        before = snapshot(user_id)
        if was is not None and before != was.kept:
            name = text.clean_line(text.full_name(before["first_name"], before["last_name"]))
            raise audit.conflict("user", user_id, name, before)
        after = dict(before)
        if first_name is not None:
            after["first_name"] = text.name(first_name, "The first name", field="first_name")
        if last_name is not None:
            after["last_name"] = _last_name(last_name)
        if email is not None:
            after["email"] = text.email(email) if text.clean_line(email) else None
        if admin is not None:
            # From now on it is not the roster that says how long.
            after |= {"is_admin": admin, "admin_last_day": None}
        if active is not None:
            after["active"] = active
        if after == before:
            return False
        write(user_id, before, after)
        audit.write(actor, "user.edit", "user", user_id, before=before, after=after)
        return True


def write(user_id: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Make a person what `after` says; call inside `writing()`.

    Raises InvalidError where somebody else has the email, and where no admin would be left.
    """
    if after["email"] != before["email"]:
        refuse_taken(after["email"], but=user_id)
    loses_rights = before["is_admin"] and before["active"] and not (after["is_admin"] and after["active"])
    if loses_rights and is_only_admin(user_id):
        raise errors.InvalidError(ONLY_ADMIN, field="is_admin")
    search = search_text(after["first_name"], after["last_name"], after["email"])
    User.update(after, search=search).where(User.id == user_id).execute()


def is_only_admin(user_id: int) -> bool:
    """Whether nobody else is an admin today; call inside a transaction."""
    return not User.select().where(in_force.admin(), User.id != user_id).exists()


def deactivate(actor: Actor, user_id: int) -> bool:
    """End a person's access; their work and its reviews stay. Returns and raises as `edit` does."""
    return edit(actor, user_id, active=False)
