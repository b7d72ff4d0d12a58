"""Sessions over SSH: beginning one by a key, that it runs, ending it; who is on.

A session that has not said for a while that it runs is taken to be gone: its program was killed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from store import clock, database, errors, permissions, settings, text
from store.audit import audit
from store.models import User
from store.models.access import SessionRow, SshKey
from store.views import Actor
from store.views.access import SessionView
from store.views.settings import SessionLimits

GONE_AFTER = timedelta(seconds=75)
"""How long a session may be silent; its program says every 25 seconds that it runs."""
OVER_AFTER = timedelta(hours=6)
"""After which silence a session is over, and not only not counted."""
GAVE_WAY = "The terminal stopped answering, and you signed in again."
NOT_IN = "This key no longer lets anybody in. Ask one of the account's admins."


def begin(key_id: int, address: str) -> Actor:
    """Sign somebody in by their key; returns them as they act in this session.

    Where there are as many sessions as the account allows, their own silent ones are ended for it. Raises
    ForbiddenError if there are none, SignedOutError for a key that was revoked, or of somebody not active.
    """
    now = clock.now()
    with database.writing():
        query = SshKey.select(SshKey.user, User.first_name, User.last_name).join(User)
        row = database.row(query.where(SshKey.id == key_id, SshKey.revoked_at.is_null(), User.active))
        if row is None:
            raise errors.SignedOutError(NOT_IN)
        user_id, address = row[0], text.clean_line(address)[:64]
        person = Actor(user_id, text.full_name(row[1], row[2]))
        _end_the_gone(now)
        _make_room(person)
        values = {"user": user_id, "key": key_id, "address": address}
        session_id = int(SessionRow.insert(values, started_at=now, input_at=now, seen_at=now).execute())
        SshKey.update(last_used_at=now, last_address=address).where(SshKey.id == key_id).execute()
        User.update(last_seen_at=now).where(User.id == user_id).execute()
        actor = replace(person, session_id=session_id)
        audit.write(actor, "session.start", "user", user_id, after={"session": session_id})
        return actor


def _make_room(person: Actor) -> None:
    limits = settings.current(SessionLimits)
    is_own = SessionRow.user == person.user_id
    counted = _open(), SessionRow.seen_at >= clock.now() - GONE_AFTER
    query = SessionRow.select(fn.COUNT(SessionRow.id), fn.SUM(is_own.cast("integer"))).where(*counted)
    row = database.row(query)
    at_once, own = (row[0], row[1] or 0) if row else (0, 0)
    needed = max(own - limits.per_person, at_once - limits.at_once) + 1
    if needed <= 0:
        return
    silent = SessionRow.select(SessionRow.id).where(*counted, is_own, SessionRow.silent_since.is_null(False))
    found = [
        found_id for (found_id,) in database.rows(silent.order_by(SessionRow.silent_since).limit(needed))
    ]
    if len(found) == needed:
        for found_id in found:
            _end_one(person, found_id, GAVE_WAY)
    elif own >= limits.per_person:
        raise errors.ForbiddenError(
            f"You are signed in {own} times already, as often as is allowed. "
            "Quit one of those sessions first. If the connection of one was lost, try again in 15 seconds."
        )
    else:
        raise errors.ForbiddenError(f"{at_once:,} people are signed in, the most allowed. Try again later.")


def count_open(user_id: int) -> int:
    """How many sessions of somebody are open now. Call inside a transaction."""
    counted = (SessionRow.user == user_id) & _open() & (SessionRow.seen_at >= clock.now() - GONE_AFTER)
    return int(SessionRow.select(fn.COUNT(SessionRow.id)).where(counted).scalar())


def _end_one(actor: Actor, session_id: int, reason: str) -> None:
    """End a session that is open. Call inside `writing()`."""
    ended = {"ended_at": clock.now(), "reason": reason}
    SessionRow.update(ended).where(SessionRow.id == session_id).execute()
    audit.write(actor, "session.end", "session", session_id, after={"id": session_id, **ended})


def _open() -> Any:
    return SessionRow.ended_at.is_null()


def _end_the_gone(now: datetime) -> None:
    """Housekeeping: the log is not told of what nobody did.

    Not as soon as they do not count any more: while an import has the database to itself nobody can say
    that they are there.
    """
    ended = {"ended_at": SessionRow.seen_at, "reason": "The connection was lost."}
    SessionRow.update(ended).where(_open(), SessionRow.seen_at < now - OVER_AFTER).execute()


def limits() -> SessionLimits:
    """What holds for sessions now: a session asks, which knows of itself that it may."""
    with database.reading():
        return settings.current(SessionLimits)


def note(actor: Actor, input_at: datetime) -> None:
    """Say that a session runs, and when its person last did something. Housekeeping: not in the log.

    Raises SignedOutError once it may not go on.
    """
    with database.writing():
        permissions.of(actor)
        moved = {"seen_at": clock.now(), "input_at": input_at}
        SessionRow.update(moved).where(SessionRow.id == actor.session_id, _open()).execute()


def tell_silence(actor: Actor, *, is_silent: bool) -> None:
    """Say that a session's terminal stopped answering, or is back. Housekeeping: not in the log.

    Raises SignedOutError once it may not go on.
    """
    with database.writing():
        permissions.of(actor)
        since = clock.now() if is_silent else None
        SessionRow.update(silent_since=since).where(SessionRow.id == actor.session_id, _open()).execute()


def check(actor: Actor) -> None:
    """Raises SignedOutError once a session may not go on: ended, its key revoked, its person deactivated."""
    with database.reading():
        permissions.of(actor)


def end(actor: Actor, reason: str = "") -> None:
    """Say that a session is over; one that was ended already stays as it is."""
    with database.writing():
        is_open = SessionRow.select().where(SessionRow.id == actor.session_id, _open()).exists()
        if actor.session_id is not None and is_open:
            _end_one(actor, actor.session_id, reason)


def end_other(actor: Actor, session_id: int) -> None:
    """End somebody's session: an admin anybody's, others one of their own.

    Raises NotFoundError where it is neither, or over already.
    """
    with database.writing():
        who = permissions.of(actor)
        row = database.row(SessionRow.select(SessionRow.user).where(SessionRow.id == session_id, _open()))
        if row is None or not permissions.may_decide_for(who, row[0]):
            raise errors.NotFoundError("That session has already ended.")
        _end_one(actor, session_id, f"{actor.name} ended your session.")


def listing(actor: Actor) -> tuple[SessionView, ...]:
    """Who is on, for longest first. Raises NotFoundError for all but admins."""
    with database.reading():
        who = permissions.of(actor)
        permissions.require_admin(who)
        query = (
            SessionRow.select(
                SessionRow.id,
                SessionRow.user,
                User.first_name,
                User.last_name,
                SshKey.name,
                SshKey.fingerprint,
                SessionRow.address,
                SessionRow.started_at,
                SessionRow.input_at,
                SessionRow.silent_since,
            )
            .join(SshKey)
            .join_from(SessionRow, User)
            .where(_open(), SessionRow.seen_at >= clock.now() - GONE_AFTER)
            .order_by(SessionRow.started_at, SessionRow.id)
        )
        return tuple(_view(row, actor.session_id) for row in database.rows(query))


def _view(row: tuple[Any, ...], own_id: int | None) -> SessionView:
    session_id, user_id, first_name, last_name, key_name, fingerprint, address, started_at, *moments = row
    input_at, silent_since = moments
    return SessionView(
        id=session_id,
        user_id=user_id,
        person=text.full_name(first_name, last_name),
        key_name=key_name,
        fingerprint=fingerprint,
        address=address,
        started_at=started_at,
        idle_since=input_at,
        is_own=session_id == own_id,
        is_silent=silent_since is not None,
    )
