"""Indexes by which the queue is read step by step. A frozen copy."""

from peewee import SQL, BigIntegerField, IntegerField, Model

from store.database import IdField


class Completion(Model):
    id = IdField()
    user_id = IntegerField()
    step_id = IntegerField()
    submitted_at = BigIntegerField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "completions"


def _index(state, since):
    index = Completion.index(Completion.step_id, since, Completion.user_id, name=f"completions_{state}_step")
    return index.where(SQL(f"\"state\" = '{STATES[state]}'"))


STATES = {"outstanding": "needs_review", "returned": "returned", "failed": "failed"}


def up(migrator, db):
    with db.bind_ctx((Completion,)):
        db.execute(_index("outstanding", Completion.submitted_at))
        for state, at in (("returned", "returned_at"), ("failed", "completed_at")):
            db.execute(_index(state, SQL(f'COALESCE("{at}", "submitted_at", 0)')))
