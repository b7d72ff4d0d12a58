"""The tables of rubrics: by what steps are reviewed, and what reviews said by it. Columns only.

A criterion and its levels are never changed once they are there: a changed rubric gets other ones, and the
reviews that were given by the earlier ones stay as they are.
"""

from __future__ import annotations

from peewee import BooleanField, CharField, Check, FloatField, ForeignKeyField, IntegerField, TextField

from store.models import Review, Step, Table, one_of
from store.views.rubrics import RubricKind


class Rubric(Table):
    """By what a step is reviewed: levels of criteria (a rubric), or points for criteria (a marking guide)."""

    step = ForeignKeyField(Step, backref="+", on_delete="RESTRICT", unique=True)
    kind = CharField()

    class Meta:
        table_name = "rubrics"
        constraints = (one_of("kind", RubricKind),)


class RubricCriterion(Table):
    """One thing that is looked at; `points` is the most it gives, `position` counts from 1.

    One that is not `active` was in the rubric before it was changed. `external_id` is what a site calls it.
    """

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
    """How well a criterion can be met, and the points for it; `position` counts from 1. A guide has none."""

    criterion = ForeignKeyField(RubricCriterion, backref="+", on_delete="RESTRICT")
    position = IntegerField()
    title = TextField()
    points = FloatField()
    external_id = TextField(default="")

    class Meta:
        table_name = "rubric_levels"
        constraints = (Check('"points" >= 0'),)


class ReviewCriterion(Table):
    """What a review said by a criterion. Without points it is a remark alone."""

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
