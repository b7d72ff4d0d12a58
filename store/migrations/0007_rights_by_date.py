"""Memberships, enrolments and admin rights that a roster gives until a day, or from one on. A frozen copy."""

from peewee import CharField, Model, TextField

from store.database import IdField


class ScheduledChange(Model):
    id = IdField()
    source = TextField()
    kind = CharField()
    external_id = TextField()
    day = TextField()
    digest = CharField(default="")

    class Meta:
        table_name = "scheduled_changes"
        legacy_table_names = False
        indexes = ((("source", "kind", "external_id", "day"), True), (("day",), False))


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("memberships", "last_day", TextField(null=True)),
        migrator.add_column("enrolments", "last_day", TextField(null=True)),
        migrator.add_column("users", "admin_last_day", TextField(null=True)),
    )
    with db.bind_ctx((ScheduledChange,)):
        db.create_tables((ScheduledChange,), safe=False)
