"""Rows that are read all at once are those that Peewee gives one by one."""

from __future__ import annotations

from typing import Any

from peewee import Case, fn

from store import database
from store.models import TABLES, Completion, Group, Membership, Step, User
from tests.helpers.world import World


def same(query: Any) -> list[tuple[Any, ...]]:
    found = database.rows(query)
    one_by_one = list(query.clone().tuples())
    assert found == one_by_one
    kinds = [[type(value) for value in row] for row in found]
    assert kinds == [[type(value) for value in row] for row in one_by_one]
    return found


def test_the_columns_of_every_table_have_the_same_values(world: World) -> None:
    with database.reading():
        assert sum(len(same(table.select())) for table in TABLES) > 50


def test_what_is_reckoned_joined_or_under_another_name_has_the_same_values(world: World) -> None:
    above, work = Group.alias("above"), Completion.alias()
    latest = Completion.select(Completion.user.alias("of"), fn.MAX(Completion.submitted_at).alias("at"))
    latest = latest.group_by(Completion.user).alias("latest")
    with database.reading():
        assert same(
            Completion.select(
                *(fn.SUM(Step.points), fn.COUNT(Step.id), fn.SUM(Step.position)),
                *(fn.MAX(Completion.submitted_at), fn.MAX(Completion.submitted_at).coerce(False)),
                *(Completion.user, Case(None, [(Completion.state == "complete", Completion.submitted_at)])),
            )
            .join(Step)
            .group_by(Completion.user, Completion.state, Completion.submitted_at)
        )
        assert same(
            Membership.select(above.id, above.active, above.parent, above.created_at, Membership.user == 1)
            .join(above, on=(above.id == Membership.group))
            .union(work.select(work.id, work.id == work.id, work.step, work.submitted_at, work.user == 1))
        )
        assert same(User.select(User.id, latest.c.at).join(latest, on=(latest.c.of == User.id)))
