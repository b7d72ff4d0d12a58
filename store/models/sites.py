"""The tables of linked sites: what was brought from them, and what goes back. Columns only, as in `models`.

What a site calls a row here is in `ExternalId`, with the source `site:` and the id of the site.
"""

from __future__ import annotations

from peewee import SQL, BooleanField, CharField, FloatField, ForeignKeyField, IntegerField, TextField

from store.models import Attempt, Completion, Group, Post, Review, Step, Table, User, UtcField, one_of
from store.views.sites import (
    OutboxDecision,
    OutboxState,
    SiteGroupKind,
    SiteGroupState,
    SiteKind,
    SitePersonState,
)


class Site(Table):
    """A learning platform that the account is linked with. Its token is kept elsewhere: see `sites.tokens`.

    `stopped` says why it is not asked any more, empty while it is; `last_words` what the last run came to.
    """

    name = TextField(unique=True)
    kind = CharField()
    url = TextField()
    created_at = UtcField()
    active = BooleanField(default=True)
    stopped = TextField(default="")
    last_pull_at = UtcField(null=True)
    last_push_at = UtcField(null=True)
    last_full_at = UtcField(null=True)
    last_words = TextField(default="")

    class Meta:
        table_name = "sites"
        constraints = (one_of("kind", SiteKind),)


class SiteMark(Table):
    """What is remembered of a site from one run to the next: up to when it was read, and the like."""

    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    what = TextField()
    mark = TextField(default="")

    class Meta:
        table_name = "site_marks"
        indexes = ((("site", "what"), True),)


class SitePerson(Table):
    """Somebody at a site, and who they are here."""

    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    external_id = TextField()
    name = TextField(default="")
    email = TextField(default="")
    id_number = TextField(default="")
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    state = CharField(default="found")

    class Meta:
        table_name = "site_people"
        constraints = (one_of("state", SitePersonState),)
        indexes = ((("site", "external_id"), True),)


class SiteGroup(Table):
    """A set of people at a site, and the group here that it became.

    `course_external_id` is empty for a cohort; `parent_external_id` is that of the grouping a group is in.
    """

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
        constraints = (one_of("kind", SiteGroupKind), one_of("state", SiteGroupState))
        indexes = ((("site", "kind", "external_id"), True),)


class SiteStep(Table):
    """What a site's activity is, of which a step was made: an assignment, a quiz, another module.

    `scale` is the site's number of the scale by which it is graded, empty where points are given. With
    `blind` nobody here sees who a work is of; `team` work is one text of several people; with `workflow` a
    grade is released by a step of its own. Only where it `takes_reviews` a decision goes back; `url` is
    where to go else.
    """

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
    """Work that came from a site, as it was there when it was last read.

    `attempt` is the number of the latest attempt as the site counts it, from 0; `work_at` and `grade_at` are
    the site's times of the work and of its grade. `shown_as` is "Participant 12" where the work is blind, and
    is shown instead of the name wherever the work is: see `blind`.
    """

    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", unique=True)
    assignment_external_id = TextField()
    person_external_id = TextField()
    attempt = IntegerField()
    work_at = UtcField(null=True)
    grade_at = UtcField(null=True)
    shown_as = TextField(default="")
    team = TextField(default="")

    class Meta:
        table_name = "site_work"
        indexes = ((("site", "assignment_external_id", "person_external_id"), True),)


# Most works of most sites are shown with the name.
HIDDEN = SQL("\"shown_as\" <> ''")
SiteWork.add_index(SiteWork.index(SiteWork.completion, name="site_work_blind").where(HIDDEN))


class OutboxRow(Table):
    """A decision that is to be pushed to a site, written with its review; to skip a step has none.

    `attempt` is the number as the site counts it, from 0. `seen_work_at` and `seen_grade_at` are the site's
    times of the work and of its grade as the reviewer saw them; `criteria` is JSON, `reason` says why it was
    not done. `request_key` is the same whenever it is sent again. `release` says whether the site holds the
    marks back, and whether they are to be released.
    """

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
    seen_work_at = UtcField(null=True)
    seen_grade_at = UtcField(null=True)
    state = CharField(default="waits")
    reason = TextField(default="")
    created_at = UtcField()
    changed_at = UtcField()
    request_key = TextField(default="")
    release = CharField(default="")

    class Meta:
        table_name = "outbox"
        constraints = (one_of("decision", OutboxDecision), one_of("state", OutboxState))
        indexes = ((("site", "state"), False),)


HELD = SQL("\"release\" = 'held'")
OutboxRow.add_index(OutboxRow.index(OutboxRow.completion, name="outbox_held").where(HELD))


class Attachment(Table):
    """A file that was handed in with an attempt: what it is called, and where it can be fetched."""

    attempt = ForeignKeyField(Attempt, backref="+", on_delete="RESTRICT", index=False)
    position = IntegerField()
    name = TextField()
    size = IntegerField(null=True)
    media_type = TextField(default="")
    url = TextField(default="")

    class Meta:
        table_name = "attachments"
        indexes = ((("attempt", "position"), True),)


class SitePost(Table):
    """Where a post is at a site: one that came from there, or an answer from here that goes there.

    Only an answer from here has a `state`, and no `external_id` until the site has given it one; `reason` and
    `request_key` are as in the outbox. `thread` is the site's id of the discussion. A `private` post is for
    its author and whom it answers.
    """

    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    post = ForeignKeyField(Post, backref="+", on_delete="RESTRICT", unique=True)
    external_id = TextField(null=True)
    thread = TextField()
    private = BooleanField(default=False)
    url = TextField(default="")
    state = CharField(null=True)
    reason = TextField(default="")
    changed_at = UtcField(null=True)
    request_key = TextField(default="")

    class Meta:
        table_name = "site_posts"
        constraints = (one_of("state", OutboxState),)
        indexes = ((("site", "external_id"), True), (("site", "thread"), False))


SitePost.add_index(SitePost.index(SitePost.site, name="site_posts_out").where(SQL('"state" IS NOT NULL')))


class SiteComment(Table):
    """What was said beside some work at its site. Without an `author` the learner said it."""

    site = ForeignKeyField(Site, backref="+", on_delete="RESTRICT", index=False)
    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    external_id = TextField()
    author = TextField(default="")
    body = TextField()
    created_at = UtcField()

    class Meta:
        table_name = "site_comments"
        indexes = ((("completion", "external_id"), True),)


_LINKS = (Site, SiteMark, SitePerson, SiteGroup, SiteStep, SiteWork, OutboxRow, Attachment)
TABLES = (*_LINKS, SitePost, SiteComment)
