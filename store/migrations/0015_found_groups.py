"""The name of each group as it is looked for, and indexes to find groups by it and those with a digest.

The names are filled in after the upgrade, as what is counted is. A frozen copy.
"""

from peewee import SQL, BooleanField, IntegerField, Model, SqliteDatabase, TextField

from store.database import IdField


class Group(Model):
    id = IdField()
    parent_id = IntegerField(null=True)
    digest = BooleanField(default=False)
    path = TextField(null=True)
    search = TextField(null=True)

    class Meta:
        legacy_table_names = False
        table_name = "groups"


def up(migrator, db):
    # Compared sign by sign, whatever the language of the database.
    kind = "TEXT" if isinstance(getattr(db, "obj", db), SqliteDatabase) else 'TEXT COLLATE "C"'
    db.execute_sql(f'ALTER TABLE "groups" ADD COLUMN "search" {kind}')
    with db.bind_ctx((Group,)):
        db.execute(Group.index(Group.search, Group.path, name="groups_search"))
        db.execute(Group.index(Group.parent_id, Group.search, name="groups_below"))
        db.execute(Group.index(Group.path, name="groups_digest").where(SQL('"digest"')))
