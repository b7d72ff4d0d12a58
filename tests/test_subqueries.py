"""A subquery in a condition is put into words once, however deep it lies."""

from __future__ import annotations

import pytest
from peewee import ModelSelect

from store import database
from store.models import Group, User
from tests.helpers.school import School


def test_the_sql_of_a_subquery_is_made_once_at_each_level(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    write = ModelSelect.__sql__

    def count(query: ModelSelect, context: object) -> object:
        made.append(query)
        return write(query, context)

    monkeypatch.setattr(ModelSelect, "__sql__", count)
    query = Group.select(Group.id)
    for _ in range(6):
        query = Group.select(Group.id).where(Group.id.in_(query))
    school.group("Sales")
    with database.reading():
        made.clear()
        assert len(database.rows(query)) == 1
    assert len(made) == 7


def test_nobody_is_in_an_empty_list(school: School) -> None:
    ana = school.person("Ana Brandt")
    with database.reading():
        assert database.rows(User.select(User.id).where(User.id.in_([]))) == []
        assert database.rows(User.select(User.id).where(User.id.not_in([]))) == [(ana,)]
