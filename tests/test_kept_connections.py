"""A program with many short transactions keeps its connections to a file from one to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store import database
from store.engines import sqlite_file
from tests.helpers.databases import ON_POSTGRESQL
from tests.helpers.school import School

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="is about connections to a file")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database that nobody has open."""
    file = tmp_path / "muster.db"
    database.open_database(str(file), create=True)
    School()
    return file


@pytest.fixture
def kept(file: Path) -> Iterator[Path]:
    """The same, with connections kept."""
    with database.keeping_connections():
        yield file


def the_connection() -> sqlite3.Connection:
    with database.reading():
        connection: sqlite3.Connection = database.db.connection()
    return connection


def put_name(file: Path, name: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE accounts SET name = ?", (name,))
        connection.commit()


def name_read() -> object:
    with database.reading():
        return database.db.execute_sql("SELECT name FROM accounts").fetchone()[0]


def test_the_next_transaction_has_the_connection_of_the_one_before(kept: Path) -> None:
    first = the_connection()
    assert the_connection() is first
    with database.writing():
        assert database.db.connection() is first


def test_without_keeping_each_has_one_of_its_own_and_the_last_empties_the_log(file: Path) -> None:
    first = the_connection()
    with pytest.raises(sqlite3.ProgrammingError):
        first.execute("SELECT 1")
    assert not sqlite_file.beside(file, "-wal").exists()


def test_when_keeping_ends_they_are_closed_and_the_log_is_in_the_file(file: Path) -> None:
    with database.keeping_connections():
        first = the_connection()
        assert sqlite_file.beside(file, "-wal").exists()
    with pytest.raises(sqlite3.ProgrammingError):
        first.execute("SELECT 1")
    assert not sqlite_file.beside(file, "-wal").exists()


def test_what_others_wrote_since_is_read(kept: Path) -> None:
    assert name_read() == "Northfield"
    put_name(kept, "After")
    assert name_read() == "After"


def test_after_a_backup_was_put_in_its_place_that_is_read(kept: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    database.backup(backup)
    put_name(backup, "Then")
    first = the_connection()
    backup.replace(kept)
    sqlite_file.beside(kept, "-wal").unlink()
    assert name_read() == "Then"
    assert the_connection() is not first


def test_one_in_use_while_a_backup_was_put_in_the_place_of_its_file_is_not_kept(
    kept: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    database.backup(backup)
    put_name(backup, "Then")
    with database.reading():
        backup.replace(kept)
    assert name_read() == "Then"


def test_the_one_that_looks_out_closes_them_too_when_the_file_is_another(kept: Path, tmp_path: Path) -> None:
    watch = database.engine().watch()
    before = watch.version()
    first = the_connection()
    backup = tmp_path / "backup.db"
    database.backup(backup)
    backup.replace(kept)
    assert watch.version() != before
    with pytest.raises(sqlite3.ProgrammingError):
        first.execute("SELECT 1")
    watch.close()


def test_one_in_which_something_is_left_over_is_not_kept(kept: Path) -> None:
    first = the_connection()
    with database.reading():
        unread = database.db.execute_sql("SELECT id FROM schema_migration")
        unread.fetchone()
    assert the_connection() is not first
    second = the_connection()
    with database.connected():
        database.db.execute_sql("CREATE TEMP TABLE mine (id INTEGER)")
    assert the_connection() is not second


def test_a_file_that_may_be_read_only_from_now_on_is_opened_so(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = the_connection()
    monkeypatch.setattr(sqlite_file, "is_read_only", lambda _: True)
    assert the_connection() is not first
    with database.reading(), pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.db.connection().execute("CREATE TABLE more (id INTEGER)")
