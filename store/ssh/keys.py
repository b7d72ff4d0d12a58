"""The public keys by which people come in over SSH: adding, listing and revoking them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import fn

from store import clock, database, errors, permissions, text
from store.audit import audit
from store.models import User
from store.models.access import SshKey
from store.permissions import Permissions
from store.ssh import public_keys
from store.views import Actor
from store.views.access import KeyView

PER_PERSON = 50

# ------------------------------------------------------------------------ looking


def mine(actor: Actor) -> tuple[KeyView, ...]:
    """The actor's own keys, those in use first, the newest first."""
    with database.reading():
        who = permissions.of(actor)
        return _views(SshKey.user == who.user_id)


def of_everybody(actor: Actor, user_id: int | None = None) -> tuple[KeyView, ...]:
    """All keys, or those of a person. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        return _views(True if user_id is None else SshKey.user == user_id)


def _views(wanted: Any) -> tuple[KeyView, ...]:
    columns = (
        SshKey.name,
        SshKey.kind,
        SshKey.fingerprint,
        SshKey.created_at,
        SshKey.last_used_at,
        SshKey.last_address,
        SshKey.revoked_at,
    )
    query = SshKey.select(SshKey.id, SshKey.user, User.first_name, User.last_name, *columns).join(User)
    query = query.order_by(SshKey.revoked_at.is_null(False), SshKey.id.desc())
    return tuple(
        KeyView(row[0], row[1], text.full_name(row[2], row[3]), *row[4:])
        for row in database.rows(query.where(wanted))
    )


def by_id_or_fingerprint(which: str) -> int:
    """The id of the key with this number or fingerprint: of the one in use, if one is.

    Raises NotFoundError.
    """
    with database.reading():
        digest = f"SHA256:{which.removeprefix('SHA256:').rstrip('=')}"
        is_number = which.isdecimal() and len(which) < 19
        condition = SshKey.id == int(which) if is_number else SshKey.fingerprint == digest
        query = SshKey.select(SshKey.id).where(condition)
        row = database.row(query.order_by(SshKey.revoked_at.is_null(False), SshKey.id.desc()))
    if row is None:
        raise errors.NotFoundError(
            f"No key has the number or fingerprint {text.clean_line(which)[:80]}. See: muster ssh key list"
        )
    return int(row[0])


# ----------------------------------------------------------------------- changing


def add(actor: Actor, line: str, name: str = "", *, user_id: int | None = None) -> KeyView:
    """Let a person in by a key: oneself, or as an admin somebody else.

    Without a name it is called by its comment. Raises InvalidError for what is no key, or one that lets
    somebody in already, NotFoundError where it is not theirs to give.
    """
    if public_keys.is_private(name):
        raise errors.InvalidError(public_keys.PRIVATE, field="name")
    key = public_keys.parse(line)
    called = text.name(name.strip() or key.comment or key.kind, "The name", field="name")
    with database.writing():
        who = permissions.of(actor)
        whose = _whose(who, user_id)
        if SshKey.select().where(SshKey.user == whose, SshKey.revoked_at.is_null()).count() >= PER_PERSON:
            raise errors.InvalidError(f"{PER_PERSON} keys at most. Revoke one that is no longer used.")
        values = {"user": whose, "name": called, "kind": key.kind, "blob": key.blob}
        values |= {"fingerprint": key.fingerprint, "created_at": clock.now()}
        # Whoever writes has locked out all others: nobody gives the same key in between.
        if SshKey.select().where(SshKey.fingerprint == key.fingerprint, SshKey.revoked_at.is_null()).exists():
            raise public_keys.refused("This key is already in use. A key belongs to one person.")
        key_id = int(SshKey.insert(values).execute())
        audit.write(actor, "key.add", "key", key_id, after={"id": key_id, **values})
        revoked = _last_revoked(who, key.fingerprint, whose)
        return replace(_views(SshKey.id == key_id)[0], revoked_before=revoked)


def _last_revoked(who: Permissions, fingerprint: str, whose: int) -> datetime | None:
    """When this key was last revoked, as far as the actor may know: of others only admins."""
    in_sight = permissions.own_or_all(who, SshKey.user, whose)
    query = SshKey.select(fn.MAX(SshKey.revoked_at)).where(SshKey.fingerprint == fingerprint, in_sight)
    row = database.row(query)
    return row[0] if row else None


def _whose(who: Permissions, user_id: int | None) -> int:
    if user_id is None or user_id == who.user_id:
        if who.is_operator:
            raise errors.InvalidError("Say whose key it is: --as EMAIL.")
        return who.user_id
    permissions.require_admin(who)
    if not User.select().where(User.id == user_id, User.active).exists():
        raise errors.NotFoundError("No such active person.")
    return user_id


def revoke(actor: Actor, key_id: int) -> KeyView:
    """Let nobody in by this key any more: one's own, or as an admin anybody's. Its sessions end.

    Raises NotFoundError where it is neither, ConflictError where it was revoked already.
    """
    with database.writing():
        who = permissions.of(actor)
        columns = (SshKey.user, SshKey.revoked_at, SshKey.name)
        row = database.row(SshKey.select(*columns).where(SshKey.id == key_id))
        if row is None or not permissions.may_decide_for(who, row[0]):
            raise errors.NotFoundError("No such key.")
        if row[1] is not None:
            raise errors.ConflictError("This key is already revoked.")
        now = clock.now()
        SshKey.update(revoked_at=now).where(SshKey.id == key_id).execute()
        before = {"id": key_id, "user": row[0], "name": row[2]}
        audit.write(actor, "key.revoke", "key", key_id, before=before, after={"revoked_at": now})
        return _views(SshKey.id == key_id)[0]
