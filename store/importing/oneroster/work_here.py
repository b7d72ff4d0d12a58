"""What stands here of the work that results are of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from peewee import fn

from store import database
from store.batches import chunks
from store.models import Attempt, Step


class WorkHere(NamedTuple):
    """A completion that is here, and when its latest attempt came in or it was done."""

    id: int
    at: datetime | None


def possible_at(steps: set[Any]) -> dict[int, float | None]:
    """What can be earned at each step."""
    found: dict[int, float | None] = {}
    for some in chunks(sorted(steps)):
        found.update(database.rows(Step.select(Step.id, Step.points).where(Step.id.in_(list(some)))))
    return found


def attempts_of(completions: list[int]) -> dict[int, int]:
    """The number of the latest attempt of each completion that has one."""
    found: dict[int, int] = {}
    for some in chunks(completions):
        query = (
            Attempt.select(Attempt.completion, fn.MAX(Attempt.number))
            .where(Attempt.completion.in_(list(some)))
            .group_by(Attempt.completion)
        )
        found.update(database.rows(query))
    return found
