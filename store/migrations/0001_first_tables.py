"""The first tables. A frozen copy: later changes come as later files, never here."""

from peewee import (
    SQL,
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


class Account(Table):
    name = TextField()
    plan = CharField(default="complete")
    beta = CharField(default="on")
    created_at = BigIntegerField()

    class Meta:
        table_name = "accounts"
        constraints = (
            Check('"id" = 1'),
            Check("\"plan\" IN ('starter', 'complete', 'enterprise')"),
            Check("\"beta\" IN ('off', 'applied for', 'on')"),
        )


class Setting(Table):
    name = CharField(unique=True)
    value = TextField()

    class Meta:
        table_name = "settings"


class User(Table):
    first_name = TextField()
    last_name = TextField()
    email = TextField(null=True, unique=True)
    is_admin = BooleanField(default=False)
    active = BooleanField(default=True)
    search = TextField(index=True)
    created_at = BigIntegerField()
    last_seen_at = BigIntegerField(null=True)

    class Meta:
        table_name = "users"


class Group(Table):
    name = TextField()
    slug = TextField(unique=True)
    description = TextField(default="")
    parent = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    active = BooleanField(default=True)
    version = IntegerField(default=1)
    created_at = BigIntegerField()

    class Meta:
        table_name = "groups"


class Membership(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    group = ForeignKeyField(Group, backref="+", on_delete="RESTRICT", index=False)
    role = CharField(default="member")
    active = BooleanField(default=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "memberships"
        constraints = (Check("\"role\" IN ('member', 'mentor', 'leader')"),)
        indexes = ((("user", "group"), True), (("group", "role"), False))


class Course(Table):
    title = TextField()
    active = BooleanField(default=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "courses"


class Lesson(Table):
    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    title = TextField()
    position = IntegerField()

    class Meta:
        table_name = "lessons"


class Step(Table):
    lesson = ForeignKeyField(Lesson, backref="+", on_delete="RESTRICT")
    title = TextField()
    body = TextField(default="")
    position = IntegerField()
    points = FloatField(null=True)
    marking = CharField(default="automatic")
    active = BooleanField(default=True)

    class Meta:
        table_name = "steps"
        constraints = (
            Check("\"marking\" IN ('automatic', 'review')"),
            Check('"points" >= 0'),
        )


class Enrolment(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    active = BooleanField(default=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "enrolments"
        indexes = ((("user", "course"), True),)


class Completion(Table):
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    state = CharField()
    points = FloatField(null=True)
    submitted_at = BigIntegerField(null=True)
    completed_at = BigIntegerField(null=True)
    version = IntegerField(default=1)

    class Meta:
        table_name = "completions"
        constraints = (
            Check("\"state\" IN ('complete', 'needs_review', 'returned', 'skipped')"),
            Check('"points" >= 0'),
            Check('"state" <> \'needs_review\' OR "submitted_at" IS NOT NULL'),
        )
        indexes = ((("user", "step"), True),)


OUTSTANDING = SQL("\"state\" = 'needs_review'")
Completion.add_index(
    Completion.index(Completion.user, name="completions_outstanding_user").where(OUTSTANDING)
)
Completion.add_index(
    Completion.index(
        Completion.submitted_at, Completion.user, Completion.step, name="completions_outstanding_time"
    ).where(OUTSTANDING)
)


class Attempt(Table):
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    number = IntegerField()
    text = TextField(default="")
    link = TextField(default="")
    submitted_at = BigIntegerField()

    class Meta:
        table_name = "attempts"
        constraints = (Check('"number" >= 1'),)
        indexes = ((("completion", "number"), True),)


class Review(Table):
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT")
    attempt = ForeignKeyField(Attempt, null=True, backref="+", on_delete="RESTRICT")
    reviewer = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    decision = CharField()
    points = FloatField(null=True)
    feedback = TextField(default="")
    created_at = BigIntegerField()

    class Meta:
        table_name = "reviews"
        constraints = (
            Check("\"decision\" IN ('approve', 'return')"),
            Check('"points" >= 0'),
        )


class Post(Table):
    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    step = ForeignKeyField(Step, null=True, backref="+", on_delete="RESTRICT")
    parent = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    title = TextField(default="")
    body = TextField()
    active = BooleanField(default=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "posts"
        indexes = ((("user", "created_at"), False),)


class AuditLine(Table):
    at = BigIntegerField()
    actor = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    actor_name = TextField()
    action = CharField()
    target_kind = CharField()
    target_id = BigIntegerField(null=True)
    before = TextField(default="null")
    after = TextField(default="null")

    class Meta:
        table_name = "audit_lines"
        indexes = ((("target_kind", "target_id"), False),)


class ExternalId(Table):
    source = TextField()
    kind = CharField()
    external_id = TextField()
    local_id = BigIntegerField(null=True)
    digest = CharField(default="")

    class Meta:
        table_name = "external_ids"
        indexes = ((("source", "kind", "external_id"), True), (("kind", "local_id"), False))


TABLES = (
    Account,
    Setting,
    User,
    Group,
    Membership,
    Course,
    Lesson,
    Step,
    Enrolment,
    Completion,
    Attempt,
    Review,
    Post,
    AuditLine,
    ExternalId,
)


def up(migrator, db):
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
