"""Rubrics and marking guides, what reviews said by them, and what is typed for them. A frozen copy."""

from peewee import (
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


class Step(Table):
    class Meta:
        table_name = "steps"


class Review(Table):
    class Meta:
        table_name = "reviews"


class Rubric(Table):
    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT", unique=True)
    kind = CharField()

    class Meta:
        table_name = "rubrics"
        constraints = (Check("\"kind\" IN ('rubric', 'guide')"),)


class RubricCriterion(Table):
    rubric = ForeignKeyField(Rubric, backref="+", on_delete="RESTRICT")
    position = IntegerField()
    title = TextField()
    description = TextField(default="")
    points = FloatField()
    external_id = TextField(default="")
    active = BooleanField(default=True)

    class Meta:
        table_name = "rubric_criteria"
        constraints = (Check('"points" >= 0'),)


class RubricLevel(Table):
    criterion = ForeignKeyField(RubricCriterion, backref="+", on_delete="RESTRICT")
    position = IntegerField()
    title = TextField()
    points = FloatField()
    external_id = TextField(default="")

    class Meta:
        table_name = "rubric_levels"
        constraints = (Check('"points" >= 0'),)


class ReviewCriterion(Table):
    review = ForeignKeyField(Review, backref="+", on_delete="RESTRICT", index=False)
    criterion = ForeignKeyField(RubricCriterion, backref="+", on_delete="RESTRICT", index=False)
    level = ForeignKeyField(RubricLevel, null=True, backref="+", on_delete="RESTRICT", index=False)
    points = FloatField(null=True)
    remark = TextField(default="")

    class Meta:
        table_name = "review_criteria"
        constraints = (Check('"points" >= 0'),)
        indexes = ((("review", "criterion"), True),)


TABLES = (Rubric, RubricCriterion, RubricLevel, ReviewCriterion)


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("drafts", "criteria", TextField(default="")),
        migrator.add_column("drafts", "older_criteria", TextField(default="")),
    )
    with db.bind_ctx((Step, Review, *TABLES)):
        db.create_tables(TABLES, safe=False)
