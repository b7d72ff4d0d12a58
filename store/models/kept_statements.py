"""The table of what an import of activity keeps. Columns only, as in `models`."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, TextField

from store.models import Step, Table, User, UtcField


class KeptStatement(Table):
    """What a statement from elsewhere said of a person's work on a step, kept so that it can be taken back.

    `key` is the statement's id; `said` is JSON, see `importing.activity.events`.
    """

    key = TextField(unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT", index=False)
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT", index=False)
    at = UtcField()
    kind = CharField()
    said = TextField(default="{}")

    class Meta:
        table_name = "kept_statements"
        indexes = ((("user", "step"), False),)


TABLES = (KeptStatement,)
