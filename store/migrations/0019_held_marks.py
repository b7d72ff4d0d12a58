"""Marks that a site holds back until they are released, and whose team a work at a site is of.

What was told of held marks in words is told by the new column. A frozen copy.
"""

from peewee import SQL, CharField, IntegerField, Model, TextField

from store.database import IdField


class OutboxRow(Model):
    id = IdField()
    completion_id = IntegerField()
    release = CharField(default="")

    class Meta:
        legacy_table_names = False
        table_name = "outbox"


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("outbox", "release", CharField(default="")),
        migrator.add_column("site_work", "team", TextField(default="")),
    )
    db.execute_sql(
        'UPDATE "outbox" SET "release" = \'held\' '
        "WHERE \"state\" = 'done' AND \"reason\" = 'The learner sees it once it is released in Moodle.'"
    )
    with db.bind_ctx((OutboxRow,)):
        held = SQL("\"release\" = 'held'")
        db.execute(OutboxRow.index(OutboxRow.completion_id, name="outbox_held").where(held))
