"""What one person needs at work: drafts, open items, saved replies, views; and undoing. A frozen copy."""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class Completion(Table):
    class Meta:
        table_name = "completions"


class Draft(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT")
    work_version = IntegerField()
    points = TextField(default="")
    feedback = TextField(default="")
    updated_at = BigIntegerField()

    class Meta:
        table_name = "drafts"
        indexes = ((("user", "completion"), True),)


class Claim(Table):
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    opened_at = BigIntegerField()
    seen_at = BigIntegerField()

    class Meta:
        table_name = "claims"
        indexes = ((("completion", "user"), True),)


class Reply(Table):
    owner = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    title = TextField()
    body = TextField()
    points = FloatField(null=True)
    active = BooleanField(default=True)
    version = IntegerField(default=1)
    created_at = BigIntegerField()

    class Meta:
        table_name = "replies"


class ReplyUse(Table):
    reply = ForeignKeyField(Reply, backref="+", on_delete="RESTRICT", index=False)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    uses = IntegerField(default=0)
    last_at = BigIntegerField()

    class Meta:
        table_name = "reply_uses"
        indexes = ((("user", "reply"), True),)


class QueueView(Table):
    owner = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    name = TextField()
    line = TextField(default="")
    sort = CharField(default="age")
    by_step = BooleanField(default=False)
    created_at = BigIntegerField()

    class Meta:
        table_name = "queue_views"
        indexes = ((("owner", "name"), True),)


class Preference(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    name = CharField()
    value = TextField()

    class Meta:
        table_name = "preferences"
        indexes = ((("user", "name"), True),)


class DigestSent(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    week = CharField()
    sent_at = BigIntegerField()

    class Meta:
        table_name = "digests_sent"
        constraints = (Check("\"week\" <> ''"),)
        indexes = ((("user", "week"), True),)


TABLES = (Draft, Claim, Reply, ReplyUse, QueueView, Preference, DigestSent)


def up(migrator, db):
    with db.bind_ctx((User, Completion, *TABLES)):
        db.create_tables(TABLES, safe=False)
    migrator.migrate(
        migrator.add_column("groups", "digest", BooleanField(default=False)),
        migrator.add_column("reviews", "undone_at", BigIntegerField(null=True)),
        migrator.add_column("audit_lines", "batch", CharField(default="")),
        migrator.add_column("audit_lines", "undoes", BigIntegerField(null=True)),
        migrator.add_index("audit_lines", ("batch",)),
        migrator.add_index("audit_lines", ("undoes",)),
    )
