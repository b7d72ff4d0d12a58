"""Since when work is sent back, kept beside it, and indexes by which the queue of it is walked in order.

The column is filled after the upgrade, as what is counted is. A frozen copy.
"""

from peewee import SQL, BigIntegerField, IntegerField, Model

from store.database import IdField


class Completion(Model):
    id = IdField()
    user_id = IntegerField()
    step_id = IntegerField()
    returned_at = BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "completions"


def _index(name, state, since):
    index = Completion.index(SQL(since), Completion.user_id, Completion.step_id, name=name)
    return index.where(SQL(f"\"state\" = '{state}'"))


def up(migrator, db):
    migrator.migrate(migrator.add_column("completions", "returned_at", BigIntegerField(null=True)))
    with db.bind_ctx((Completion,)):
        for state, at in (("returned", "returned_at"), ("failed", "completed_at")):
            since = f'COALESCE("{at}", "submitted_at", 0)'
            db.execute(_index(f"completions_{state}_time", state, since))
