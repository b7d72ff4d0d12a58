"""When steps open, are due and are cut off; and when they are due for one person. A frozen copy."""

from peewee import SQL, BigIntegerField, ForeignKeyField, Model

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class Step(Table):
    due_at = BigIntegerField(null=True)

    class Meta:
        table_name = "steps"


class DueDate(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    due_at = BigIntegerField(null=True)
    cut_off_at = BigIntegerField(null=True)

    class Meta:
        table_name = "due_dates"
        indexes = ((("user", "step"), True), (("due_at",), False))


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("steps", "due_at", BigIntegerField(null=True)),
        migrator.add_column("steps", "cut_off_at", BigIntegerField(null=True)),
        migrator.add_column("steps", "opens_at", BigIntegerField(null=True)),
    )
    with db.bind_ctx((User, Step, DueDate)):
        db.create_tables((DueDate,), safe=False)
        db.execute(Step.index(Step.due_at, name="steps_due").where(SQL('"due_at" IS NOT NULL')))
