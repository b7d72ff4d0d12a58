"""Linked sites, what was brought from them, and the decisions that go back; and the files handed in.

A frozen copy.
"""

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


class Step(Table):
    class Meta:
        table_name = "steps"


class Group(Table):
    class Meta:
        table_name = "groups"


class Completion(Table):
    class Meta:
        table_name = "completions"


class Attempt(Table):
    class Meta:
        table_name = "attempts"


class Review(Table):
    class Meta:
        table_name = "reviews"


class Site(Table):
    name = TextField(unique=True)
    kind = CharField()
    url = TextField()
    created_at = BigIntegerField()
    active = BooleanField(default=True)
    stopped = TextField(default="")
    last_pull_at = BigIntegerField(null=True)
    last_push_at = BigIntegerField(null=True)
    last_full_at = BigIntegerField(null=True)
    last_words = TextField(default="")

    class Meta:
        table_name = "sites"
        constraints = (Check("\"kind\" IN ('moodle', 'canvas', 'oneroster')"),)


class SiteMark(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    what = TextField()
    mark = TextField(default="")

    class Meta:
        table_name = "site_marks"
        indexes = ((("site", "what"), True),)


class SitePerson(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    external_id = TextField()
    name = TextField(default="")
    email = TextField(default="")
    id_number = TextField(default="")
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    state = CharField(default="found")

    class Meta:
        table_name = "site_people"
        constraints = (Check("\"state\" IN ('found', 'joined', 'left', 'ignored')"),)
        indexes = ((("site", "external_id"), True),)


class SiteGroup(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    kind = CharField()
    external_id = TextField()
    course_external_id = TextField(default="")
    parent_external_id = TextField(default="")
    name = TextField(default="")
    group = ForeignKeyField(Group, null=True, backref="+", on_delete="RESTRICT")
    state = CharField(default="offered")

    class Meta:
        table_name = "site_groups"
        constraints = (
            Check("\"kind\" IN ('cohort', 'group', 'grouping', 'section')"),
            Check("\"state\" IN ('offered', 'joined', 'ignored')"),
        )
        indexes = ((("site", "kind", "external_id"), True),)


class SiteStep(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT", unique=True)
    external_id = TextField()
    kind = CharField()
    url = TextField(default="")
    scale = TextField(default="")
    team = BooleanField(default=False)
    blind = BooleanField(default=False)
    workflow = BooleanField(default=False)
    takes_reviews = BooleanField(default=True)

    class Meta:
        table_name = "site_steps"
        indexes = ((("site", "kind", "external_id"), True),)


class SiteWork(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", unique=True)
    assignment_external_id = TextField()
    person_external_id = TextField()
    attempt = IntegerField()
    work_at = BigIntegerField(null=True)
    grade_at = BigIntegerField(null=True)
    shown_as = TextField(default="")

    class Meta:
        table_name = "site_work"
        indexes = ((("site", "assignment_external_id", "person_external_id"), True),)


class OutboxRow(Table):
    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    review = ForeignKeyField(Review, null=True, backref="+", on_delete="RESTRICT", unique=True)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT")
    assignment_external_id = TextField()
    person_external_id = TextField()
    attempt = IntegerField()
    decision = CharField()
    points = FloatField(null=True)
    feedback = TextField(default="")
    again = BooleanField(default=False)
    criteria = TextField(default="[]")
    seen_work_at = BigIntegerField(null=True)
    seen_grade_at = BigIntegerField(null=True)
    state = CharField(default="waits")
    reason = TextField(default="")
    created_at = BigIntegerField()
    changed_at = BigIntegerField()
    request_key = TextField(default="")

    class Meta:
        table_name = "outbox"
        constraints = (
            Check("\"decision\" IN ('approve', 'return', 'fail', 'skip')"),
            Check("\"state\" IN ('waits', 'sent', 'done', 'conflict', 'refused')"),
        )
        indexes = ((("site", "state"), False),)


class Attachment(Table):
    attempt = ForeignKeyField(Attempt, backref="+", on_delete="RESTRICT", index=False)
    position = IntegerField()
    name = TextField()
    size = IntegerField(null=True)
    media_type = TextField(default="")
    url = TextField(default="")

    class Meta:
        table_name = "attachments"
        indexes = ((("attempt", "position"), True),)


NEW = (Site, SiteMark, SitePerson, SiteGroup, SiteStep, SiteWork, OutboxRow, Attachment)


def up(migrator, db):
    with db.bind_ctx((User, Group, Step, Completion, Attempt, Review, *NEW)):
        db.create_tables(NEW, safe=False)
