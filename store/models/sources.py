"""The tables of what other systems call rows here. Columns only, as in `models`."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, TextField

from store.models.fields import DayField, Table


class ExternalId(Table):
    """What another system calls a row here, so that its files can be read again.

    `digest` is a fingerprint of what it last sent for the row: the same again changes nothing,
    so an import does not undo what people arranged since. Empty once the row was withdrawn.
    """

    source = TextField()
    kind = CharField()
    external_id = TextField()
    local_id = BigIntegerField(null=True)
    digest = CharField(default="")

    class Meta:
        table_name = "external_ids"
        indexes = ((("source", "kind", "external_id"), True), (("kind", "local_id"), False))


class ScheduledChange(Table):
    """What a source will give from a day on, which is not written yet.

    `kind`, `external_id` and `digest` are those that the row of `ExternalId` is to have from then on.
    """

    source = TextField()
    kind = CharField()
    external_id = TextField()
    day = DayField()
    digest = CharField(default="")

    class Meta:
        table_name = "scheduled_changes"
        indexes = ((("source", "kind", "external_id", "day"), True), (("day",), False))
