"""Which group a digest was of stands in a column of its own, not behind the week. A frozen copy."""

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, Model

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class Group(Table):
    class Meta:
        table_name = "groups"


class DigestSent(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    group = ForeignKeyField(Group, backref="+", on_delete="RESTRICT", index=False)
    week = CharField()
    sent_at = BigIntegerField()

    class Meta:
        table_name = "digests_sent"
        constraints = (Check("\"week\" <> ''"),)
        indexes = ((("user", "week", "group"), True),)


class Noted(Table):
    """As it was: `week` is the week and the group's id, as in "2026-W47 12"."""

    user_id = BigIntegerField()
    week = CharField()
    sent_at = BigIntegerField()

    class Meta:
        table_name = "digests_noted"


def up(migrator, db):
    migrator.migrate(migrator.rename_table("digests_sent", "digests_noted"))
    with db.bind_ctx((User, Group, DigestSent, Noted)):
        db.create_tables([DigestSent], safe=False)
        for note in Noted.select().order_by(Noted.id):
            week, _, group = note.week.rpartition(" ")
            if week and Group.select().where(Group.id == int(group)).exists():
                DigestSent.insert(
                    id=note.id, user=note.user_id, group=int(group), week=week, sent_at=note.sent_at
                ).execute()
        db.drop_tables([Noted], safe=False)
