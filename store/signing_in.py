"""Signing in: who works from now on, and what they may do.

Apart from `people`, which a start does not need.
"""

from __future__ import annotations

from dataclasses import replace

from peewee import fn

from store import clock, database, errors, in_force, permissions, text
from store.audit import audit
from store.models import User
from store.models.sites import HELD, OutboxRow
from store.queue import queue
from store.views import Actor
from store.views.account import Viewer


def sign_in(email: str | None) -> Actor:
    """The person who works from now on: by email, or without one the only admin.

    Raises InvalidError naming the `--as` option where it is not clear who. Whoever lets them in
    calls `note_sign_in` too; apart, so that the first screen does not wait for the disk.
    """
    with database.reading():
        query = User.select(User.id, User.first_name, User.last_name).where(User.active)
        if email is not None:
            found = database.rows(query.where(User.email == text.email_key(email)))
            if not found:
                raise errors.InvalidError(
                    f"No active person has the email {text.clean_line(email)}. See: muster user list"
                )
        else:
            last = in_force.last_admin()
            is_admin = in_force.admin() if last is None else User.id == last
            found = database.rows(query.where(is_admin).limit(2))
            if len(found) != 1:
                many = "There are several admins" if found else "There is no admin"
                raise errors.InvalidError(f"{many}: say who you are with --as EMAIL.")
    return Actor(user_id=found[0][0], name=text.full_name(found[0][1], found[0][2]))


def note_sign_in(actor: Actor) -> None:
    """Remember that somebody signed in, and when."""
    with database.writing():
        User.update(last_seen_at=clock.now()).where(User.id == actor.user_id).execute()
        audit.write(actor, "session.start", "user", actor.user_id)


def has_admin() -> bool:
    """Whether anybody could sign in as an admin."""
    with database.reading():
        # Also one whose rights have ended: while nobody else is one, they stay an admin.
        return User.select().where(User.is_admin, User.active).exists()


def viewer(actor: Actor) -> Viewer:
    """What the person in front of the screen is and may do, as of now.

    Raises SignedOutError once they have been deactivated.
    """
    with database.reading():
        who = permissions.of(actor)
        # As they are called now: an admin may have edited that, also themselves.
        held = fn.EXISTS(OutboxRow.select(OutboxRow.id).where(HELD))
        columns = (User.first_name, User.last_name, held)
        row = database.row(User.select(*columns).where(User.id == who.user_id))
        name = text.full_name(*row[:2]) if row else actor.name
        found = permissions.viewer(who, name, queue.count_waiting(who))
        may_release = bool(row and row[2]) and (found.is_admin or found.leads)
        return replace(found, may_release=may_release)
