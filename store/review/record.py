"""What a person's reviews came to lately: the last points in a course, and decisions about other steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import fn

from store import blind, clock, database, permissions
from store.models import Completion, Lesson, Review, Step
from store.review_conditions import stands
from store.views import Actor
from store.views.record import DAYS, NO_RECORD, GivenPoints, Record
from store.views.states import Decision

LAST = 2
"""How many points the record lists."""


def of(actor: Actor, user_id: int, step_id: int) -> Record:
    """The person's last points in the course of this step, and decisions about their other steps in `DAYS`.
    Beside blind work there are none, nor is any among them.

    Raises NotFoundError unless the actor may follow that person.
    """
    with database.reading():
        permissions.require_follows(permissions.of(actor), user_id)
        this = Completion.select(Completion.id)
        this = this.where(Completion.user == user_id, Completion.step == step_id, blind.is_blind())
        if this.exists():
            return NO_RECORD
        return Record(_last_points(user_id, step_id), _decided(user_id, step_id))


def _last_points(user_id: int, step_id: int) -> tuple[GivenPoints, ...]:
    of_step = Lesson.alias("of_step")
    this = Step.alias("this")
    course = (
        this.select(of_step.course).join(of_step, on=(this.lesson == of_step.id)).where(this.id == step_id)
    )
    query = (
        Review.select(Review.points, Step.points)
        .join(Completion)
        .join(Step)
        .join(Lesson)
        .where(
            Completion.user == user_id,
            blind.is_open(),
            Lesson.course == course,
            stands(),
            Review.points.is_null(False),
            Step.points.is_null(False),
        )
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(LAST)
    )
    return tuple(GivenPoints(*row) for row in database.rows(query))


def _decided(user_id: int, step_id: int) -> dict[Decision, int]:
    since = clock.now() - timedelta(days=DAYS)
    query: Any = (
        Review.select(Review.decision, fn.COUNT(Review.id))
        .join(Completion)
        .where(Completion.user == user_id, Completion.step != step_id, blind.is_open())
        .where(stands(), Review.created_at >= since)
        .group_by(Review.decision)
    )
    return {Decision(decision): count for decision, count in database.rows(query)}
