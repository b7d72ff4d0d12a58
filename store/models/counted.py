"""The tables of what is counted: columns only, as in `models`. Triggers keep them, see `counters`."""

from __future__ import annotations

from peewee import CharField, CompositeKey, IntegerField

from store.models import DayField, Table, UtcField


class GroupCount(Table):
    """How many people are in a group and below, each once, and what waits of them; and in itself."""

    id = None
    group_id = IntegerField(primary_key=True)
    people = IntegerField()
    waiting = IntegerField()
    people_here = IntegerField()
    waiting_here = IntegerField()

    class Meta:
        table_name = "group_counts"


class WaitingRow(Table):
    """Work that waits, once for each membership of its person, with the role and last day of that one."""

    id = None
    group_id = IntegerField()
    submitted_at = UtcField()
    completion_id = IntegerField()
    user_id = IntegerField()
    step_id = IntegerField()
    role = CharField()
    last_day = DayField(null=True)

    class Meta:
        table_name = "waiting"
        without_rowid = True
        indexes = ((("completion_id",), False), (("user_id", "group_id"), False))
        primary_key = CompositeKey("group_id", "submitted_at", "completion_id")


TABLES = (GroupCount, WaitingRow)
