"""The tables of what belongs to one person at work: drafts, open items, replies, views.

Columns only, as in `models`; apart from it, because a start reads none of them (only preferences, which
are there).
"""

from __future__ import annotations

from peewee import BooleanField, CharField, Check, FloatField, ForeignKeyField, IntegerField, TextField

from store.models import TABLES as FIRST_TABLES
from store.models import Completion, Draft, Group, Preference, Table, User, UtcField


class Claim(Table):
    """Somebody has an item open. `seen_at` is moved on while they do; an old one means nothing."""

    completion = ForeignKeyField(Completion, backref="+", on_delete="RESTRICT", index=False)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    opened_at = UtcField()
    seen_at = UtcField()

    class Meta:
        table_name = "claims"
        indexes = ((("completion", "user"), True),)


class Reply(Table):
    """Feedback kept to be used again: one's own, or without an owner everybody's."""

    owner = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    title = TextField()
    body = TextField()
    points = FloatField(null=True)
    active = BooleanField(default=True)
    version = IntegerField(default=1)
    created_at = UtcField()

    class Meta:
        table_name = "replies"


class ReplyUse(Table):
    """How often somebody used a reply: theirs come first where they use them most."""

    reply = ForeignKeyField(Reply, backref="+", on_delete="RESTRICT", index=False)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    uses = IntegerField(default=0)
    last_at = UtcField()

    class Meta:
        table_name = "reply_uses"
        indexes = ((("user", "reply"), True),)


class QueueViewRow(Table):
    """A way to look at the queue that somebody named. `line` is the filter as it is typed."""

    owner = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    name = TextField()
    line = TextField(default="")
    sort = CharField(default="age")
    by_step = BooleanField(default=False)
    created_at = UtcField()

    class Meta:
        table_name = "queue_views"
        indexes = ((("owner", "name"), True),)


class DigestSent(Table):
    """Somebody was sent a group's digest of a week (as in "2026-W47"): it is not sent again."""

    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    group = ForeignKeyField(Group, backref="+", on_delete="RESTRICT", index=False)
    week = CharField()
    sent_at = UtcField()

    class Meta:
        table_name = "digests_sent"
        constraints = (Check("\"week\" <> ''"),)
        indexes = ((("user", "week", "group"), True),)


TABLES = (*FIRST_TABLES, Draft, Claim, Reply, ReplyUse, QueueViewRow, Preference, DigestSent)
