"""A database of 0.3.0 with work in it: it is upgraded, and goes on working."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from store import clock, database, engines, errors
from store.permissions import OPERATOR
from store.review import reviews
from store.views.states import Decision, State
from tests.test_database import schema

LATER = "0007"
"""The first migration that 0.3.0 had not."""
MIDNIGHT = clock.to_micros(datetime(2026, 9, 10, tzinfo=UTC))
DAY = clock.to_micros(clock.day(date(2026, 9, 10)))
MORNING = MIDNIGHT + 8 * 3_600_000_000
ROWS = f"""
INSERT INTO accounts VALUES (1, 'Hillside', 'complete', 'on', 0);
INSERT INTO users VALUES (1, 'Ana', 'Brandt', 'ana@x.example', 0, 1, 'brandt ana', 0, NULL);
INSERT INTO users VALUES (2, 'Tom', 'Reyes', 'tom@x.example', 1, 1, 'reyes tom', 0, NULL);
INSERT INTO courses VALUES (1, 'Botany', 1, 0);
INSERT INTO lessons VALUES (1, 1, 'Leaves', 1);
INSERT INTO steps VALUES (1, 1, 'Leaf', '', 1, 10, 'review', 1), (2, 1, 'Root', '', 2, 10, 'review', 1);
INSERT INTO completions VALUES (7, 1, 1, 'complete', 8.5, {MIDNIGHT}, {MIDNIGHT}, 3);
INSERT INTO completions VALUES (9, 1, 2, 'needs_review', NULL, {MORNING}, NULL, 1);
INSERT INTO completions VALUES (30, 2, 2, 'skipped', NULL, NULL, 0, 1);
INSERT INTO attempts VALUES (1, 7, 1, 'Dear', '', {MIDNIGHT}), (2, 9, 1, 'Oh', '', {MORNING});
INSERT INTO reviews (id, completion_id, attempt_id, reviewer_id, decision, points, feedback, created_at)
VALUES (4, 7, 1, NULL, 'approve', 8.5, 'Good', {MIDNIGHT}), (5, 7, 1, 2, 'approve', 8.5, 'Fine', {MIDNIGHT});
INSERT INTO drafts VALUES (1, 2, 9, 1, '7', 'Well', 0);
INSERT INTO external_ids VALUES (1, 'HILL', 'result', 'r1', 7, 'x');
INSERT INTO external_ids VALUES (2, 'xapi', 'statement', 's1', NULL, 'y');
DELETE FROM completions WHERE id = 30;
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database as 0.3.0 made it, with some work."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    real = engines.MIGRATIONS
    for file in sorted(real.glob("0*.py")):
        if file.stem < LATER:
            (folder / file.name).write_text(file.read_text())
    monkeypatch.setattr(engines, "MIGRATIONS", folder)
    path = tmp_path / "old.db"
    database.open_database(str(path), create=True)
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(ROWS)
    monkeypatch.setattr(engines, "MIGRATIONS", real)
    yield path
    database.close()


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_work_and_reviews_are_as_before_and_take_the_new_words(old: Path) -> None:
    before = rows(old, "SELECT id, user_id, step_id, state, points, version FROM completions")
    database.open_database(str(old))
    assert rows(old, "SELECT id, user_id, step_id, state, points, version FROM completions") == before
    assert database.check() == []
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE completions SET state = 'failed' WHERE id = 7")
        connection.execute("UPDATE reviews SET decision = 'fail' WHERE id = 4")
        for wrong in ("UPDATE completions SET state = 'lost'", "UPDATE reviews SET decision = 'lost'"):
            with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
                connection.execute(wrong)


def test_ids_that_were_given_are_not_given_again(old: Path) -> None:
    database.open_database(str(old))
    with closing(sqlite3.connect(old)) as connection, connection:
        new = connection.execute(
            "INSERT INTO completions (user_id, step_id, state, version) VALUES (2, 1, 'skipped', 1)"
        ).lastrowid
    assert new == 31


def test_the_upgraded_tables_are_those_of_a_new_database(old: Path, tmp_path: Path) -> None:
    database.open_database(str(old))
    database.close()
    database.open_database(str(tmp_path / "new.db"), create=True)
    assert schema(old) == schema(tmp_path / "new.db")


def test_dates_that_a_roster_brought_become_days_and_moments_stay(old: Path) -> None:
    database.open_database(str(old))
    assert rows(old, "SELECT submitted_at, completed_at FROM completions ORDER BY id") == [
        (DAY, DAY),
        (MORNING, None),
    ]
    assert rows(old, "SELECT submitted_at FROM attempts ORDER BY id") == [(DAY,), (MORNING,)]
    # What somebody here wrote at midnight, they wrote then.
    assert rows(old, "SELECT created_at FROM reviews ORDER BY id") == [(DAY,), (MIDNIGHT,)]


def test_waiting_work_is_reviewed_after_the_upgrade(old: Path) -> None:
    database.open_database(str(old))
    reviews.save(OPERATOR, 9, 1, Decision.APPROVE, points=7, feedback="Good")
    assert reviews.item(OPERATOR, 1, 2).state is State.COMPLETE


def test_a_table_that_another_program_changed_is_left_as_it_is(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("DROP TABLE reviews")
        connection.execute("CREATE TABLE reviews (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    before = schema(old)
    with pytest.raises(errors.CorruptError, match="reviews is not as Muster made it"):
        database.open_database(str(old))
    assert schema(old) == before
