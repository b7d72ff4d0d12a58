"""The public keys by which people come in over SSH: reading them, adding, listing and revoking them.

The formats are those of RFC 4253 (section 6.6), RFC 5656, RFC 8709 and, for keys that live in a security
token, OpenSSH's PROTOCOL.u2f.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from typing import Any, NamedTuple

from store import audit, clock, database, errors, permissions, text
from store.models import User
from store.models_access import SshKey
from store.permissions import Standing
from store.views import Actor
from store.views.access import KeyView

KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
RSA_BITS = 3072
"""The least that an RSA key may have (NIST SP 800-57 takes it to be good beyond 2030)."""
LINE_LIMIT = 16_384
"""Characters of a line with a key: an RSA key of 16,384 bits has under 3,000."""
PER_PERSON = 50


class PublicKey(NamedTuple):
    """A public key as it is read from a line: its type, itself in base64, its fingerprint, its comment."""

    kind: str
    blob: str
    fingerprint: str
    comment: str


# -------------------------------------------------------------------------- reading


def parse(line: str) -> PublicKey:
    """Read a line as in a `.pub` file. Raises InvalidError with the reason, field "key"."""
    if len(line) > LINE_LIMIT:
        raise _refused("This is too long for a public key.")
    lines = [found for found in line.strip().splitlines() if found.strip() and not found.startswith("#")]
    if not lines:
        raise _refused("There is no key in it. Paste the one line of a file like id_ed25519.pub.")
    if "PRIVATE KEY" in line:
        raise _refused("This is the private key: never give it to anybody. Paste the file that ends in .pub.")
    if len(lines) > 1:
        raise _refused("This is more than one line. Paste one key at a time.")
    kind, blob, comment = _split(lines[0])
    raw = _decode(blob)
    named, rest = _string(raw)
    if named != kind.encode():
        raise _refused(f"The line says {kind}, but the key in it is of another type.")
    _check_content(kind, rest)
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return PublicKey(kind, blob, f"SHA256:{digest}", text.clean_line(comment))


def _split(line: str) -> tuple[str, str, str]:
    kind, _, rest = line.strip().partition(" ")
    blob, _, comment = rest.strip().partition(" ")
    if kind in KINDS and blob:
        return kind, blob, comment
    shown = text.clean_line(kind)[:40]
    if kind in ("ssh-dss", "ssh-dsa"):
        raise _refused("DSA keys are too weak. Make one with: ssh-keygen -t ed25519")
    if "-cert-" in kind:
        raise _refused("This is a certificate. Paste the plain public key.")
    if re.match(r"[a-z0-9@.-]+$", kind) and blob:
        raise _refused(f"Keys of type {shown} are not taken. Make one with: ssh-keygen -t ed25519")
    raise _refused("This is no public key. Paste the one line of a file like id_ed25519.pub.")


def _decode(blob: str) -> bytes:
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        raise _refused("The key is damaged: part of the line is missing or was changed.") from None
    # The same key can be written in several ways where bits at the end count for nothing.
    if base64.b64encode(raw).decode() != blob:
        raise _refused("The key is damaged: part of the line is missing or was changed.")
    return raw


def _string(raw: bytes) -> tuple[bytes, bytes]:
    """The first string of the wire format (RFC 4251, section 5), and what comes after it."""
    if len(raw) < 4:
        raise _refused("The key is damaged: it ends too early.")
    (length,) = struct.unpack(">I", raw[:4])
    if len(raw) < 4 + length:
        raise _refused("The key is damaged: it ends too early.")
    return raw[4 : 4 + length], raw[4 + length :]


def _check_content(kind: str, rest: bytes) -> None:
    parts = []
    while rest:
        part, rest = _string(rest)
        parts.append(part)
    if kind == "ssh-rsa":
        _check_rsa(parts)
    elif len(parts) != _PARTS[kind] or not _fits(kind.split("@", 1)[0], parts[0]):
        raise _refused("The key is damaged: it is not what its type should be.")


def _fits(kind: str, first: bytes) -> bool:
    """Whether the first part is what such a key begins with: 32 bytes, or the name of the curve."""
    return len(first) == 32 if kind.endswith("ed25519") else kind.encode().endswith(b"-" + first)


_PARTS = {
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}


def _check_rsa(parts: list[bytes]) -> None:
    if len(parts) != 2:
        raise _refused("The key is damaged: it is not what its type should be.")
    bits = int.from_bytes(parts[1], "big").bit_length()
    if bits < RSA_BITS:
        raise _refused(
            f"This RSA key has {bits:,} bits; {RSA_BITS:,} at least. Make another with: ssh-keygen -t ed25519"
        )


def _refused(why: str) -> errors.InvalidError:
    return errors.InvalidError(why, field="key")


# ------------------------------------------------------------------------ looking


def mine(actor: Actor) -> tuple[KeyView, ...]:
    """The actor's own keys, those in use first, the newest first."""
    with database.reading():
        who = permissions.standing(actor)
        return _views(SshKey.user == who.user_id)


def of_everybody(actor: Actor, user_id: int | None = None) -> tuple[KeyView, ...]:
    """All keys, or those of a person. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.standing(actor))
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
            f"No key has the number or fingerprint {text.clean_line(which)[:80]}. "
            "Look with: muster ssh key list"
        )
    return int(row[0])


# ----------------------------------------------------------------------- changing


def add(actor: Actor, line: str, name: str = "", *, user_id: int | None = None) -> KeyView:
    """Let a person in by a key: oneself, or as an admin somebody else.

    Without a name it is called by its comment. Raises InvalidError for what is no key, or one that lets
    somebody in already, NotFoundError where it is not theirs to give.
    """
    key = parse(line)
    called = text.name(name.strip() or key.comment or key.kind, "The name", field="name")
    with database.writing():
        who = permissions.standing(actor)
        whose = _whose(who, user_id)
        if SshKey.select().where(SshKey.user == whose, SshKey.revoked_at.is_null()).count() >= PER_PERSON:
            raise errors.InvalidError(f"{PER_PERSON} keys at most. Revoke one that is not used any more.")
        values = {"user": whose, "name": called, "kind": key.kind, "blob": key.blob}
        values |= {"fingerprint": key.fingerprint, "created_at": clock.now()}
        # Whoever writes has locked out all others: nobody gives the same key in between.
        if SshKey.select().where(SshKey.fingerprint == key.fingerprint, SshKey.revoked_at.is_null()).exists():
            raise _refused("This key lets somebody in already: one key, one person.")
        key_id = int(SshKey.insert(values).execute())
        audit.write(actor, "key.add", "key", key_id, after={"id": key_id, **values})
        return _views(SshKey.id == key_id)[0]


def _whose(who: Standing, user_id: int | None) -> int:
    if user_id is None or user_id == who.user_id:
        if who.is_operator:
            raise errors.InvalidError("Say whose key it is: --as EMAIL.")
        return who.user_id
    permissions.require_admin(who)
    if not User.select().where(User.id == user_id, User.active).exists():
        raise errors.NotFoundError("No such person, or not active any more.")
    return user_id


def revoke(actor: Actor, key_id: int) -> KeyView:
    """Let nobody in by this key any more: one's own, or as an admin anybody's. Its sessions end.

    Raises NotFoundError where it is neither, ConflictError where it was revoked already.
    """
    with database.writing():
        who = permissions.standing(actor)
        columns = (SshKey.user, SshKey.revoked_at, SshKey.name)
        row = database.row(SshKey.select(*columns).where(SshKey.id == key_id))
        if row is None or not (who.rules_all or row[0] == who.user_id):
            raise errors.NotFoundError("No such key.")
        if row[1] is not None:
            raise errors.ConflictError("This key was revoked already.")
        now = clock.now()
        SshKey.update(revoked_at=now).where(SshKey.id == key_id).execute()
        before = {"id": key_id, "user": row[0], "name": row[2]}
        audit.write(actor, "key.revoke", "key", key_id, before=before, after={"revoked_at": now})
        return _views(SshKey.id == key_id)[0]
