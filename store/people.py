"""People: finding them, and what an operator does to their entries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from peewee import JOIN, SQL, fn

from store import audit, clock, database, errors, finding, in_force, permissions, queue, reviews, text
from store.finding import matches
from store.models import Completion, Course, Membership, User
from store.permissions import Standing
from store.views import Actor, Page
from store.views.people import PersonHead, PersonName, PersonRow


def search_text(first_name: str, last_name: str, email: str | None) -> str:
    """What a person is found and sorted by."""
    return text.fold(f"{last_name} {first_name} {email or ''}")


# ------------------------------------------------------------------ finding them


def find(actor: Actor, typed: str, limit: int = 20) -> tuple[PersonName, ...]:
    """People the actor may follow, to jump to: the best fit first, else by last name."""
    with database.reading():
        return finding.people(permissions.standing(actor), typed, limit)


def names(actor: Actor, user_ids: Collection[int]) -> dict[int, str]:
    """What these people are called, of those whom the actor may follow."""
    with database.reading():
        return finding.names(permissions.standing(actor), user_ids) if user_ids else {}


def list_people(actor: Actor, typed: str = "", offset: int = 0, limit: int = 100) -> Page[PersonRow]:
    """The People tab: everybody for an admin, those they follow for staff. By last name.

    Deactivated people are listed for admins only.
    """
    with database.reading():
        who = permissions.standing(actor)
        shown = _listed(who) & matches(typed)
        total = User.select(fn.COUNT(User.id)).where(shown).scalar()
        ids = [row[0] for row in database.rows(_by_name(User.select(User.id).where(shown), offset, limit))]
        return Page(rows=_person_rows(who, ids), offset=offset, total=total)


def count(actor: Actor) -> int:
    """How many people `list_people` has in all."""
    with database.reading():
        listed = _listed(permissions.standing(actor))
        return int(User.select(fn.COUNT(User.id)).where(listed).scalar())


def _listed(who: Standing) -> Any:
    """Condition: somebody is in the list of people that the actor sees."""
    if who.rules_all:
        return SQL("1 = 1")
    return User.active & User.id.in_(permissions.people_followed(who))


def _by_name(query: Any, offset: int, limit: int) -> Any:
    return query.order_by(User.search, User.id).offset(offset).limit(limit)


def _person_rows(who: Standing, ids: list[int]) -> tuple[PersonRow, ...]:
    seen = permissions.groups_seen(who)
    groups = (
        Membership.select(Membership.user.alias("user_id"), fn.COUNT(Membership.id).alias("n"))
        .where(Membership.user.in_(ids), in_force.membership(), Membership.group.in_(seen))
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
        .order_by(User.search, User.id)
    )
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
        for row in database.rows(query)
    )


def head(actor: Actor, user_id: int) -> PersonHead:
    """Who a person is. Raises NotFoundError unless the actor may follow them."""
    with database.reading():
        who = permissions.standing(actor)
        permissions.require_follows(who, user_id)
        taken = Course.id.in_(reviews.courses_taken(user_id))
        courses = Course.select(fn.COUNT(Course.id)).where(Course.active, taken)
        row = database.row(
            User.select(
                User.first_name, User.last_name, User.email, User.active, courses.alias("courses")
            ).where(User.id == user_id)
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
        waiting=waiting,
        may_review=permissions.may_review(who, user_id),
    )


# ------------------------------------------------------- what an operator does


def insert_user(
    first_name: str, last_name: str, email: str, *, is_admin: bool, take_over: bool = False
) -> tuple[int, dict[str, Any] | None]:
    """Insert a person, call inside `writing()`; returns the id, and who was there before.

    With `take_over` somebody who has the email already is changed instead. Raises InvalidError.
    """
    first = text.name(first_name, "The first name", field="first_name")
    last = text.name(last_name, "The last name", field="last_name")
    address = text.email(email)
    known = database.row(User.select(User.id).where(User.email == address))
    if known is not None and not take_over:
        raise errors.InvalidError(f"Somebody has the email {address} already.", field="email")
    values = {
        "first_name": first,
        "last_name": last,
        "email": address,
        "is_admin": is_admin,
        "admin_last_day": None,
        "active": True,
        "search": search_text(first, last, address),
    }
    if known is not None:
        before = snapshot(known[0])
        User.update(values).where(User.id == known[0]).execute()
        return known[0], before
    return User.insert(values, created_at=clock.now()).execute(), None


def add(actor: Actor, first_name: str, last_name: str, email: str, *, admin: bool = False) -> int:
    """Add a person; returns their id. Raises InvalidError, NotFoundError for all but admins."""
    with database.writing():
        permissions.require_admin(permissions.standing(actor))
        user_id, _ = insert_user(first_name, last_name, email, is_admin=admin)
        audit.write(actor, "user.add", "user", user_id, after=snapshot(user_id))
    return user_id


def snapshot(user_id: int) -> dict[str, Any]:
    """What the audit log keeps of a person. Raises NotFoundError."""
    names = ("first_name", "last_name", "email", "is_admin", "active", "admin_last_day")
    row = database.row(User.select(*(getattr(User, name) for name in names)).where(User.id == user_id))
    if row is None:
        raise errors.NotFoundError("No such person. Look with: muster user list")
    return dict(zip(names, row, strict=True))


def by_email_or_id(key: str) -> int:
    """The id of the person with this email or number. Raises NotFoundError."""
    with database.reading():
        is_number = key.isdecimal() and len(key) < 19
        condition = User.id == int(key) if is_number else User.email == text.email_key(key)
        row = database.row(User.select(User.id).where(condition))
    if row is None:
        raise errors.NotFoundError(
            f"Nobody has the email or number {text.clean_line(key)}. Look with: muster user list"
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
) -> None:
    """Change what is given of a person; what is so already changes nothing.

    Raises InvalidError, also where no admin would be left.
    """
    with database.writing():
        permissions.require_admin(permissions.standing(actor))
        before = snapshot(user_id)
        after = dict(before)
        if first_name is not None:
            after["first_name"] = text.name(first_name, "The first name", field="first_name")
        if last_name is not None:
            after["last_name"] = text.name(last_name, "The last name", field="last_name")
        if email is not None:
            after["email"] = text.email(email)
        if admin is not None:
            # From now on it is not the roster that says how long.
            after |= {"is_admin": admin, "admin_last_day": None}
        if active is not None:
            after["active"] = active
        if after == before:
            return
        _check_edit(user_id, before, after)
        search = search_text(after["first_name"], after["last_name"], after["email"])
        User.update(after, search=search).where(User.id == user_id).execute()
        audit.write(actor, "user.edit", "user", user_id, before=before, after=after)


def _check_edit(user_id: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    taken = User.select().where(User.email == after["email"], User.id != user_id)
    if after["email"] != before["email"] and taken.exists():
        raise errors.InvalidError(f"Somebody has the email {after['email']} already.", field="email")
    was_admin = before["is_admin"] and before["active"]
    if was_admin and not (after["is_admin"] and after["active"]):
        others = User.select().where(in_force.admin(), User.id != user_id)
        if not others.exists():
            raise errors.InvalidError("This is the only admin. Make somebody else admin first.")


def deactivate(actor: Actor, user_id: int) -> None:
    """End a person's access; their work and its reviews stay. Raises as `edit` does."""
    edit(actor, user_id, active=False)
