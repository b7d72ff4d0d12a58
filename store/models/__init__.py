"""The tables: columns only. Rules live with the writes, in the modules named after each noun.

Times are UTC, points are floats (halves when a person gives them), texts are kept
as they were sent (less what no terminal should ever see, see `text`).
"""

from __future__ import annotations

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from store.models.fields import DayField as DayField
from store.models.fields import Table as Table
from store.models.fields import UtcField as UtcField
from store.models.fields import one_of as one_of
from store.models.sources import ExternalId as ExternalId
from store.models.sources import ScheduledChange as ScheduledChange
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.states import Decision, Marking, State


class Account(Table):
    """The organisation; one row per database."""

    name = TextField()
    plan = CharField(default="complete")
    beta = CharField(default="on")
    created_at = UtcField()

    class Meta:
        table_name = "accounts"
        constraints = (
            Check('"id" = 1'),
            one_of("plan", Plan),
            one_of("beta", Beta),
        )


class Setting(Table):
    """The account's settings, each a JSON value under a name."""

    name = CharField(unique=True)
    value = TextField()

    class Meta:
        table_name = "settings"


class User(Table):
    """A person. `email` is case folded, and may be absent for people from a roster.

    `admin_last_day` is the last day on which they are an admin, where a roster says so: see `in_force`.
    """

    first_name = TextField()
    last_name = TextField()
    email = TextField(null=True, unique=True)
    is_admin = BooleanField(default=False)
    active = BooleanField(default=True)
    # "last first email", folded by `text.fold`: what people are found and sorted by.
    search = TextField(index=True)
    created_at = UtcField()
    last_seen_at = UtcField(null=True)
    admin_last_day = DayField(null=True)

    class Meta:
        table_name = "users"


User.add_index(User.index(User.id, name="users_inactive").where(SQL('NOT "active"')))


class Preference(Table):
    """What the program remembers for one person: a JSON value under a name."""

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    name = CharField()
    value = TextField()

    class Meta:
        table_name = "preferences"
        indexes = ((("user", "name"), True),)


class Group(Table):
    """A named set of people. `version` grows with each edit: compare it before writing."""

    name = TextField()
    slug = TextField(unique=True)
    description = TextField(default="")
    parent = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    active = BooleanField(default=True)
    version = IntegerField(default=1)
    created_at = UtcField()
    # Whether its mentors and leaders are sent the weekly digest of it.
    digest = BooleanField(default=False)
    # Ids from the top down to itself, as in "/1/22/345/"; NULL while not in use, or astray: see `counting`.
    path = TextField(null=True)
    # The name, folded by `text.fold`: what groups are found by. Others may write none.
    search = TextField(null=True)

    class Meta:
        table_name = "groups"


ASTRAY = SQL('"path" IS NULL AND "active"')
Group.add_index(Group.index(Group.path, name="groups_path"))
Group.add_index(Group.index(Group.id, name="groups_astray").where(ASTRAY))
Group.add_index(Group.index(Group.search, Group.path, name="groups_search"))
Group.add_index(Group.index(Group.parent, Group.search, name="groups_below"))
Group.add_index(Group.index(Group.path, name="groups_digest").where(SQL('"digest"')))


class Membership(Table):
    """One person's belonging to one group.

    `last_day` is the last day on which the role is theirs, where a roster says so: see `in_force`.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    group = ForeignKeyField(Group, backref="+", on_delete="RESTRICT", index=False)
    role = CharField(default="member")
    active = BooleanField(default=True)
    created_at = UtcField()
    last_day = DayField(null=True)

    class Meta:
        table_name = "memberships"
        constraints = (one_of("role", Role),)
        indexes = ((("user", "group"), True),)


LAST_DAY = SQL('"last_day" IS NOT NULL')
_INSIDE = (Membership.group, Membership.role, Membership.user, Membership.active, Membership.last_day)
Membership.add_index(Membership.index(*_INSIDE, name="memberships_in_group"))
Membership.add_index(Membership.index(Membership.last_day, name="memberships_last_day").where(LAST_DAY))


class Course(Table):
    """An ordered list of lessons."""

    title = TextField()
    active = BooleanField(default=True)
    created_at = UtcField()

    class Meta:
        table_name = "courses"


class Lesson(Table):
    """An ordered list of steps in a course; `position` counts from 1."""

    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    title = TextField()
    position = IntegerField()

    class Meta:
        table_name = "lessons"


class Step(Table):
    """One thing to do. `points` is what can be earned, or nothing; `marking` is automatic or review.

    Work is taken from `opens_at` on, is late after `due_at`, and is not taken after `cut_off_at`.
    """

    lesson = ForeignKeyField(Lesson, backref="+", on_delete="RESTRICT")
    title = TextField()
    body = TextField(default="")
    position = IntegerField()
    points = FloatField(null=True)
    marking = CharField(default="automatic")
    active = BooleanField(default=True)
    due_at = UtcField(null=True)
    cut_off_at = UtcField(null=True)
    opens_at = UtcField(null=True)

    class Meta:
        table_name = "steps"
        constraints = (
            one_of("marking", Marking),
            Check('"points" >= 0'),
        )


# Most steps of most accounts are never due.
DUE = SQL('"due_at" IS NOT NULL')
Step.add_index(Step.index(Step.due_at, name="steps_due").where(DUE))


class DueDate(Table):
    """When a step is due for one person, where that is not when it is due for all: an extension, an override.

    Nothing here, in either column, means that of the step.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    due_at = UtcField(null=True)
    cut_off_at = UtcField(null=True)

    class Meta:
        table_name = "due_dates"
        indexes = ((("user", "step"), True), (("due_at",), False))


class Enrolment(Table):
    """A person takes a course; until its `last_day`, where a roster says so: see `in_force`."""

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    active = BooleanField(default=True)
    created_at = UtcField()
    last_day = DayField(null=True)

    class Meta:
        table_name = "enrolments"
        indexes = ((("user", "course"), True),)


class Completion(Table):
    """A person's work on a step, as it stands after the latest attempt and review.

    `submitted_at` is when the latest attempt came in (how long it waits is counted from
    there), `completed_at` when it was done, excused or failed, `returned_at` when it was last sent back by a
    review that stands: see `counting`. `version` grows with each change.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT")
    state = CharField()
    points = FloatField(null=True)
    submitted_at = UtcField(null=True)
    completed_at = UtcField(null=True)
    version = IntegerField(default=1)
    returned_at = UtcField(null=True)

    class Meta:
        table_name = "completions"
        constraints = (
            one_of("state", State),
            Check('"points" >= 0'),
            Check('"state" <> \'needs_review\' OR "submitted_at" IS NOT NULL'),
        )
        indexes = ((("user", "step"), True),)


# Partial: on three million completions these were over 20 times faster than full ones.
# A query meets them only if it spells the condition the same way: see `queue.conditions.in_state`.
WAITING = SQL("\"state\" = 'needs_review'")
Completion.add_index(Completion.index(Completion.user, name="completions_outstanding_user").where(WAITING))
Completion.add_index(
    Completion.index(
        Completion.submitted_at, Completion.user, Completion.step, name="completions_outstanding_time"
    ).where(WAITING)
)
_BY_STEP = (Completion.step, Completion.submitted_at, Completion.user)
Completion.add_index(Completion.index(*_BY_STEP, name="completions_outstanding_step").where(WAITING))
# By person, by since when it is so, and by step: the same expression as in `queue.conditions.since`.
RETURNED = SQL("\"state\" = 'returned'")
FAILED = SQL("\"state\" = 'failed'")
for _name, _state, _at in (("returned", RETURNED, "returned_at"), ("failed", FAILED, "completed_at")):
    _theirs = (Completion.user, Completion.step)
    _since = SQL(f'COALESCE("{_at}", "submitted_at", 0)')
    Completion.add_index(Completion.index(*_theirs, name=f"completions_{_name}").where(_state))
    Completion.add_index(Completion.index(_since, *_theirs, name=f"completions_{_name}_time").where(_state))
    _by_step = (Completion.step, _since, Completion.user)
    Completion.add_index(Completion.index(*_by_step, name=f"completions_{_name}_step").where(_state))


class Attempt(Table):
    """One submission for a completion; `number` counts from 1, the highest is the latest."""

    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    number = IntegerField()
    text = TextField(default="")
    link = TextField(default="")
    submitted_at = UtcField()

    class Meta:
        table_name = "attempts"
        constraints = (Check('"number" >= 1'),)
        indexes = ((("completion", "number"), True),)


class Review(Table):
    """What a person said of a completion. Appended, never changed; no reviewer means an import brought it.

    `undone_at` is set when its reviewer undid it: it stays, and counts for nothing.
    """

    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT")
    attempt = ForeignKeyField(Attempt, null=True, backref="+", on_delete="RESTRICT")
    reviewer = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    decision = CharField()
    points = FloatField(null=True)
    feedback = TextField(default="")
    created_at = UtcField()
    undone_at = UtcField(null=True)

    class Meta:
        table_name = "reviews"
        constraints = (
            one_of("decision", Decision),
            Check('"points" >= 0'),
        )


class Draft(Table):
    """What somebody typed for a review and has not saved. Only they see it; it never counts as a review.

    `work_version` is the completion's when it was typed; `points` is the text as typed, `criteria` as
    `views.rubrics.packed` gives it. The `older_` columns hold what the same person typed for it in another
    session, if that is something else.
    """

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT")
    work_version = IntegerField()
    points = TextField(default="")
    feedback = TextField(default="")
    updated_at = UtcField()
    older_points = TextField(default="")
    older_feedback = TextField(default="")
    criteria = TextField(default="")
    older_criteria = TextField(default="")

    class Meta:
        table_name = "drafts"
        indexes = ((("user", "completion"), True),)


class Post(Table):
    """A discussion post on a course, maybe on one of its steps, maybe in reply to another."""

    course = ForeignKeyField(Course, backref="+", on_delete="RESTRICT")
    step = ForeignKeyField(Step, null=True, backref="+", on_delete="RESTRICT")
    parent = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    title = TextField(default="")
    body = TextField()
    active = BooleanField(default=True)
    created_at = UtcField()

    class Meta:
        table_name = "posts"
        indexes = ((("user", "created_at"), False),)


class AuditLine(Table):
    """Who did what to what, with all that is needed to undo it (JSON).

    `batch` is shared by the lines of one bulk action; `undoes` is the line that this one undoes.
    `ssh_key` (its fingerprint) and `address` say by which way somebody came in over SSH. `chain` is made of
    the line and of the chain of the line before it: see `store.audit.audit`.
    """

    at = UtcField()
    actor = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    actor_name = TextField()
    action = CharField()
    target_kind = CharField()
    target_id = BigIntegerField(null=True)
    before = TextField(default="null")
    after = TextField(default="null")
    batch = CharField(default="", index=True)
    undoes = BigIntegerField(null=True, index=True)
    ssh_key = TextField(default="")
    address = TextField(default="")
    chain = CharField(default="")

    class Meta:
        table_name = "audit_lines"
        indexes = ((("target_kind", "target_id"), False),)


# As the log is read, see `audit_select`. Most lines of most accounts have no key.
WITH_KEY = SQL("\"ssh_key\" <> ''")
AuditLine.add_index(AuditLine.index(AuditLine.at, name="audit_lines_at"))
AuditLine.add_index(AuditLine.index(AuditLine.action, name="audit_lines_action"))
AuditLine.add_index(AuditLine.index(AuditLine.ssh_key, name="audit_lines_ssh_key").where(WITH_KEY))


_ARRANGED = (Account, Setting, User, Group, Membership, Course, Lesson, Step, DueDate, Enrolment)
TABLES = (*_ARRANGED, Completion, Attempt, Review, Post, AuditLine, ExternalId, ScheduledChange)
