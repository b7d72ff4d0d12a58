"""Keys by which people come in over SSH, their sessions, and an audit log whose lines are chained.

A frozen copy.
"""

import hashlib
import json

from peewee import SQL, BigIntegerField, CharField, ForeignKeyField, Model, TextField

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class SshKey(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    name = TextField()
    kind = CharField()
    blob = TextField()
    fingerprint = CharField()
    created_at = BigIntegerField()
    last_used_at = BigIntegerField(null=True)
    last_address = TextField(default="")
    revoked_at = BigIntegerField(null=True)

    class Meta:
        table_name = "ssh_keys"


SshKey.add_index(
    SshKey.index(SshKey.fingerprint, name="ssh_keys_in_use", unique=True).where(SQL('"revoked_at" IS NULL'))
)


class Session(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    key = ForeignKeyField(SshKey, backref="+", on_delete="RESTRICT", index=False)
    address = TextField(default="")
    started_at = BigIntegerField()
    input_at = BigIntegerField()
    seen_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    reason = TextField(default="")

    class Meta:
        table_name = "sessions"


Session.add_index(
    Session.index(Session.user, Session.seen_at, name="sessions_open").where(SQL('"ended_at" IS NULL'))
)


class AuditLine(Table):
    at = BigIntegerField()
    actor_id = BigIntegerField(null=True)
    actor_name = TextField()
    action = CharField()
    target_kind = CharField()
    target_id = BigIntegerField(null=True)
    before = TextField()
    after = TextField()
    batch = CharField()
    undoes = BigIntegerField(null=True)
    ssh_key = TextField(default="")
    address = TextField(default="")
    chain = CharField(default="")

    class Meta:
        table_name = "audit_lines"


CHAINED = (
    "at",
    "actor_id",
    "actor_name",
    "action",
    "target_kind",
    "target_id",
    "before",
    "after",
    "batch",
    "undoes",
    "ssh_key",
    "address",
)


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("audit_lines", "ssh_key", TextField(default="")),
        migrator.add_column("audit_lines", "address", TextField(default="")),
        migrator.add_column("audit_lines", "chain", CharField(default="")),
    )
    with db.bind_ctx((User, SshKey, Session, AuditLine)):
        db.create_tables((SshKey, Session), safe=False)
        columns = [getattr(AuditLine, name) for name in CHAINED]
        chain, last = "", 0
        while lines := list(
            AuditLine.select(AuditLine.id, *columns)
            .where(AuditLine.id > last)
            .order_by(AuditLine.id)
            .limit(1000)
            .tuples()
        ):
            for line_id, *values in lines:
                content = json.dumps([chain, *values], ensure_ascii=False, separators=(",", ":"))
                chain = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
                AuditLine.update(chain=chain).where(AuditLine.id == line_id).execute()
                last = line_id
