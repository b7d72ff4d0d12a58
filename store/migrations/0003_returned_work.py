"""An index of the work that was sent back, which the queue lists too. A frozen copy."""

from peewee import SQL, CharField, ForeignKeyField, Model

from store.database import IdField


class Table(Model):
    id = IdField()

    class Meta:
        legacy_table_names = False


class User(Table):
    class Meta:
        table_name = "users"


class Step(Table):
    class Meta:
        table_name = "steps"


class Completion(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    state = CharField()

    class Meta:
        table_name = "completions"


RETURNED = SQL("\"state\" = 'returned'")


def up(migrator, db):
    index = Completion.index(Completion.user, Completion.step, name="completions_returned").where(RETURNED)
    with db.bind_ctx((Completion,)):
        db.execute(index)
