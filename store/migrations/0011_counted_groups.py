"""The path of each group, what is counted of it, and what waits by group.

They are filled after the upgrade, when the triggers that keep them are made. A frozen copy.
"""

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    CompositeKey,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

from store.database import IdField


class Table(Model):
    class Meta:
        legacy_table_names = False


class GroupCount(Table):
    group_id = IntegerField(primary_key=True)
    people = IntegerField()
    waiting = IntegerField()
    people_here = IntegerField()
    waiting_here = IntegerField()

    class Meta:
        table_name = "group_counts"


class WaitingRow(Table):
    group_id = IntegerField()
    submitted_at = BigIntegerField()
    completion_id = IntegerField()
    user_id = IntegerField()
    step_id = IntegerField()
    role = CharField()
    last_day = TextField(null=True)

    class Meta:
        table_name = "waiting"
        primary_key = CompositeKey("group_id", "submitted_at", "completion_id")
        indexes = ((("completion_id",), False), (("user_id", "group_id"), False))


class Group(Table):
    id = IdField()
    active = BooleanField()
    path = TextField(null=True)

    class Meta:
        table_name = "groups"


class User(Table):
    id = IdField()
    active = BooleanField()

    class Meta:
        table_name = "users"


class Membership(Table):
    id = IdField()
    group_id = IntegerField()
    role = CharField()
    user_id = IntegerField()
    active = BooleanField()
    last_day = TextField(null=True)

    class Meta:
        table_name = "memberships"


def _indexes():
    yield Group.index(Group.path, name="groups_path")
    yield Group.index(Group.id, name="groups_astray").where(SQL('"path" IS NULL AND "active"'))
    yield User.index(User.id, name="users_inactive").where(SQL('NOT "active"'))
    inside = (Membership.group_id, Membership.role, Membership.user_id, Membership.active)
    yield Membership.index(*inside, Membership.last_day, name="memberships_in_group")
    ended = Membership.index(Membership.last_day, name="memberships_last_day")
    yield ended.where(SQL('"last_day" IS NOT NULL'))


def up(migrator, db):
    is_sqlite = isinstance(getattr(db, "obj", db), SqliteDatabase)
    WaitingRow._meta.without_rowid = is_sqlite
    # Paths are compared sign by sign, whatever the language of the database.
    kind = "TEXT" if is_sqlite else 'TEXT COLLATE "C"'
    db.execute_sql(f'ALTER TABLE "groups" ADD COLUMN "path" {kind}')
    db.execute_sql('DROP INDEX "memberships_group_id_role"')
    with db.bind_ctx((GroupCount, WaitingRow, Group, User, Membership)):
        db.create_tables((GroupCount, WaitingRow), safe=False)
        for index in _indexes():
            db.execute(index)
