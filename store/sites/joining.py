"""Who the people of a site are here, as an admin says."""

from __future__ import annotations

from typing import Any

from peewee import JOIN

from store import clock, database, errors, people, permissions, text
from store.audit import audit
from store.importing.ledger import Ledger, digest
from store.models import Completion, User
from store.models.sites import SitePerson
from store.sites import marks
from store.sites.site_people import USER, names_of
from store.sites.sites import source_of
from store.views import Actor
from store.views.sites import SitePersonState, SitePersonView


def list_people(actor: Actor, site_id: int, *, joined: bool = False) -> tuple[SitePersonView, ...]:
    """Who of a site is joined with nobody here, with who has their email; with `joined` all of them.

    Raises NotFoundError for all but admins.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        query = _people_of(site_id)
        if not joined:
            query = query.where(SitePerson.state == SitePersonState.FOUND)
        return tuple(
            SitePersonView(
                external_id=row[0],
                name=row[1],
                email=row[2],
                id_number=row[3],
                state=SitePersonState(row[4]),
                user_id=row[5],
                person=text.full_name(row[6], row[7]) if row[5] is not None else "",
                proposed_id=row[8],
                proposed=text.full_name(row[9], row[10]) if row[8] is not None else "",
            )
            for row in database.rows(query)
        )


def _people_of(site_id: int) -> Any:
    """Select of a site's people, each with who they are here, or else with who has their email."""
    here, proposed = User.alias("here"), User.alias("proposed")
    there = (
        SitePerson.external_id,
        SitePerson.name,
        SitePerson.email,
        SitePerson.id_number,
        SitePerson.state,
    )
    named = [(user.id, user.first_name, user.last_name) for user in (here, proposed)]
    same_email = (proposed.email == SitePerson.email) & (SitePerson.email != "") & SitePerson.user.is_null()
    return (
        SitePerson.select(*there, *named[0], *named[1])
        .join(here, JOIN.LEFT_OUTER, on=(here.id == SitePerson.user))
        .join_from(SitePerson, proposed, JOIN.LEFT_OUTER, on=same_email)
        .where(SitePerson.site == site_id)
        .order_by(SitePerson.name, SitePerson.id)
    )


def join(actor: Actor, site_id: int, external_id: str, user_id: int) -> None:
    """Say that somebody of a site is this person here: the next sync brings their courses and work.

    Raises InvalidError where either is joined with somebody else who has work, NotFoundError for all but
    admins.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        row = _row(site_id, external_id)
        other = database.row(
            SitePerson.select(SitePerson.name).where(SitePerson.site == site_id, SitePerson.user == user_id)
        )
        if row["user"] == user_id:
            raise errors.InvalidError("They are joined already.")
        if other is not None:
            raise errors.InvalidError(f"{text.clean_line(other[0])} of this site is that person already.")
        _refuse_with_work(row)
        _set(actor, site_id, row, user_id)


def make(actor: Actor, site_id: int, external_id: str) -> int:
    """Say that somebody of a site is nobody who is here: they become a new person, without the email that
    somebody else has. Returns the id. Raises as `join`.
    """
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        row = _row(site_id, external_id)
        if row["user"] is not None:
            raise errors.InvalidError("They are joined already.")
        first, last = names_of("", "", row["name"])
        taken = row["email"] and User.select().where(User.email == row["email"]).exists()
        email = None if taken or not row["email"] else row["email"]
        values = people.values_of(first, last, email, is_admin=False)
        user_id = people.insert(values)
        audit.write(actor, "user.add", "user", user_id, after={name: values[name] for name in people.KEPT})
        _set(actor, site_id, row, user_id)
        return user_id


def ignore(actor: Actor, site_id: int, external_id: str) -> None:
    """Bring nothing of somebody of a site. Raises NotFoundError for all but admins."""
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        row = _row(site_id, external_id)
        SitePerson.update(state=SitePersonState.IGNORED.value).where(SitePerson.id == row["id"]).execute()
        told = {"site": site_id, "external_id": external_id, "name": row["name"]}
        audit.write(actor, "site.ignore", "site", site_id, after=told)


def _row(site_id: int, external_id: str) -> dict[str, Any]:
    columns = ("id", "external_id", "name", "email", "user", "state")
    query = SitePerson.select(*(getattr(SitePerson, column) for column in columns))
    row = database.row(query.where(SitePerson.site == site_id, SitePerson.external_id == external_id))
    if row is None:
        raise errors.NotFoundError(f"The site has nobody with the number {text.clean_line(external_id)}.")
    return dict(zip(columns, row, strict=True))


def _refuse_with_work(row: dict[str, Any]) -> None:
    """Raises InvalidError where work was brought in already for whom this is now."""
    if row["user"] is None:
        return
    if Completion.select().where(Completion.user == row["user"]).exists():
        raise errors.InvalidError(
            f"{text.clean_line(row['name'])} is somebody here already, with work: merge the two people."
        )


def _set(actor: Actor, site_id: int, row: dict[str, Any], user_id: int) -> None:
    changed = {"user": user_id, "state": SitePersonState.JOINED.value}
    SitePerson.update(changed).where(SitePerson.id == row["id"]).execute()
    ledger = Ledger(source_of(site_id), (USER,), only=[row["external_id"]])
    ledger.remember(USER, row["external_id"], user_id, digest(row["external_id"]))
    ledger.flush()
    # What was read while they were nobody is to be read again.
    marks.drop(site_id, marks.READ, marks.ROSTER)
    audit.write(
        actor,
        "site.person",
        "user",
        user_id,
        before={"user": row["user"]},
        after={"site": site_id, "external_id": row["external_id"], "at": clock.now()},
    )
