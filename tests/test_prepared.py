"""Statements that are written once give what they would give if they were written each time."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from store import clock, database
from store.models import User
from store.prepared import AMONG, Prepared
from tests.helpers.databases import new
from tests.helpers.school import School

COLUMNS = (User.id, User.first_name, User.created_at, User.is_admin, User.admin_last_day)
BY_ID = Prepared(lambda given: User.select(*COLUMNS).where(User.id == given(User.id)))
LASTING = Prepared(lambda given: User.select(User.id).where(User.admin_last_day >= clock.today()))
ADD = Prepared(
    lambda given: User.insert(
        {column: given(column) for column in (User.first_name, User.last_name, User.search, User.created_at)}
    )
)
RENAME = Prepared(
    lambda given: User.update({User.first_name: given(User.first_name)}).where(User.id == given(User.id))
)


def added(school: School) -> int:
    """Somebody in the database of `school`."""
    with database.writing():
        return ADD.insert("Ana", "Lind", "lind ana", clock.now())


def test_values_are_kept_and_come_back_as_peewee_keeps_and_gives_them(school: School) -> None:
    now = clock.now()
    with database.writing():
        new_one = ADD.insert("Ana", "Lind", "lind ana", now)
        assert RENAME.change("Anna", new_one) == 1
        assert RENAME.change("Anna", new_one + 1) == 0
        row = database.row(User.select(User.first_name, User.created_at).where(User.id == new_one))
    assert row == ("Anna", now)


def test_a_select_gives_rows_for_each_value_and_none_where_there_are_none(school: School) -> None:
    added(school)
    with database.reading():
        every = database.rows(User.select(*COLUMNS))
        assert [BY_ID.row(row[0]) for row in every] == every
        assert BY_ID.rows(-1) == []
        assert BY_ID.row(-1) is None


def test_the_next_day_a_statement_goes_by_that_day(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    today = date(2026, 9, 10)
    monkeypatch.setattr(clock, "today", lambda: today)
    added(school)
    with database.writing():
        User.update(admin_last_day=today).execute()
    with database.reading():
        assert LASTING.row() is not None
    monkeypatch.setattr(clock, "today", lambda: today + timedelta(days=1))
    with database.reading():
        assert LASTING.row() is None


def test_a_statement_goes_to_the_database_that_is_attached(school: School, tmp_path: Path) -> None:
    someone = added(school)
    with database.reading():
        assert BY_ID.row(someone) is not None
    database.open_database(new(str(tmp_path / "another.db")), create=True)
    with database.reading():
        assert BY_ID.row(someone) is None


def test_a_list_of_numbers_is_another_one_each_time(school: School) -> None:
    among = Prepared(
        lambda given: User.select(User.id).where(
            User.id.in_(AMONG), User.first_name == given(User.first_name)
        )
    )
    first, second = added(school), added(school)
    with database.reading():
        assert among.rows("Ana", among=[second, 7_000]) == [(second,)]
        assert sorted(among.rows("Ana", among=(first, second))) == [(first,), (second,)]
        assert among.rows("Ana", among=[]) == among.rows("Ben", among=[first]) == []
