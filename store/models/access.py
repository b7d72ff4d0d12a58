"""The tables of who comes in over SSH: keys and sessions. Columns only, as in `models`."""

from __future__ import annotations

from peewee import SQL, CharField, ForeignKeyField, TextField

from store.models import Table, User, UtcField


class SshKey(Table):
    """A public key that lets a person in, until it is revoked.

    `blob` is the key itself in base64, `fingerprint` its SHA-256 as OpenSSH writes it.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    name = TextField()
    kind = CharField()
    blob = TextField()
    fingerprint = CharField()
    created_at = UtcField()
    last_used_at = UtcField(null=True)
    last_address = TextField(default="")
    revoked_at = UtcField(null=True)

    class Meta:
        table_name = "ssh_keys"


# A key in use lets in one person; one that was revoked may be given again.
SshKey.add_index(
    SshKey.index(SshKey.fingerprint, name="ssh_keys_in_use", unique=True).where(SQL('"revoked_at" IS NULL'))
)


class SessionRow(Table):
    """Somebody is, or was, on over SSH. `input_at` is when they last did something, `seen_at` when their
    program last said that it runs, `silent_since` when it found that its terminal answers no more;
    `reason` is why it ended, in words.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    key = ForeignKeyField(SshKey, backref="+", on_delete="RESTRICT", index=False)
    address = TextField(default="")
    started_at = UtcField()
    input_at = UtcField()
    seen_at = UtcField()
    ended_at = UtcField(null=True)
    reason = TextField(default="")
    silent_since = UtcField(null=True)

    class Meta:
        table_name = "sessions"


SessionRow.add_index(
    SessionRow.index(SessionRow.user, SessionRow.seen_at, name="sessions_open").where(
        SQL('"ended_at" IS NULL')
    )
)

TABLES = (SshKey, SessionRow)
