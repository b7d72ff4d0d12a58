"""A listener tells the sessions of its host what others change: they ask no server meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from store import database, errors, people, told_changes
from store.change_watch import LAST_LINE, ChangeWatch
from store.engines import postgresql
from store.permissions import OPERATOR
from store.review import drafts
from store.views.drafts import Typed
from tests.helpers import databases
from tests.helpers.listening import Listening
from tests.helpers.school import School
from tests.helpers.world import World
from tui.cli import cli

with_server = pytest.mark.skipif(
    not databases.ON_POSTGRESQL, reason="runs with MUSTER_TEST_ENGINE=postgresql"
)
CHANNEL = "muster_changed"


def add(number: int = 1) -> None:
    people.add(OPERATOR, "Ben", str(number), None)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one that this host's sessions are told of."""
    monkeypatch.setenv(told_changes.VARIABLE, str(tmp_path / "changes"))
    return tmp_path / "changes"


@pytest.fixture
def listening(school: School, file: Path) -> Iterator[Listening]:
    with Listening(database.name(), file) as running:
        yield running


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, school: School) -> list[str]:
    """What the server is asked, and which transactions are begun."""
    db, said = database.engine().db, list[str]()

    def noted(do: Callable[..., Any]) -> Callable[..., Any]:
        def note_and_do(sql: str | None = None, *values: Any) -> Any:
            said.append(sql or "BEGIN")
            return do(sql, *values)

        return note_and_do

    for name in ("ask", "find", "begin", "execute_sql"):
        monkeypatch.setattr(db, name, noted(getattr(db, name)))
    return said


@contextmanager
def hearing(target: str) -> Iterator[list[str]]:
    """What is told meanwhile to whoever listens, in order; "end" is the last."""
    from store.engines import postgresql_server  # noqa: PLC0415 - not needed with SQLite

    heard: list[str] = []
    with postgresql_server.connect(target) as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        yield heard
        with databases.connection(target) as mouth:
            mouth.execute(f"NOTIFY {CHANNEL}, 'end'")
        for notice in ear.notifies(timeout=60):
            heard.append(notice.payload)
            if notice.payload == "end":
                return
    raise TimeoutError


# ----------------------------------------------------------------------------- what is told


@with_server
def test_what_was_kept_is_told_once_and_what_was_taken_back_is_not(school: School) -> None:
    with hearing(database.name()) as heard, pytest.raises(ZeroDivisionError), database.writing():
        add()
        raise ZeroDivisionError
    assert heard == ["end"]
    with hearing(database.name()) as heard, database.writing():
        add(1)
        add(2)
    assert heard == ["", "end"]


@with_server
def test_of_drafts_nobody_is_told(world: World) -> None:
    with hearing(database.name()) as heard:
        drafts.keep(world.actor("mentor"), world.work["ana"], 1, Typed("", "So far"))
    assert heard == ["end"]


@with_server
def test_of_an_upgrade_sessions_are_told_since_they_can_read_nothing_more(school: School) -> None:
    here, target = database.name(), databases.new("")
    with hearing(target) as heard:
        database.open_database(target, create=True)
    assert heard == ["", "end"]
    databases.drop(target)
    database.attach(here)


# ----------------------------------------------------------------------- what a session asks


@with_server
def test_a_session_asks_nothing_until_it_is_told_of_something(listening: Listening, asked: list[str]) -> None:
    watch = ChangeWatch()
    first = watch.news()
    asked.clear()
    assert [watch.news() for _ in range(20)] == [first] * 20
    assert asked == []
    listening.until_told(add)
    asked.clear()
    assert watch.news() != first and watch.kinds == {"user"}
    # The log's last line, and the kinds.
    assert len(asked) == 2 and all("audit_lines" in sql for sql in asked)
    second = watch.news()
    assert [watch.news() for _ in range(20)] == [second] * 20
    assert len(asked) == 2
    watch.close()


@with_server
def test_once_a_minute_it_asks_all_the_same(
    listening: Listening, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = ChangeWatch()
    first = watch.news()
    monkeypatch.setattr(postgresql, "ASK_SECONDS", 0.0)
    asked.clear()
    databases.run("UPDATE audit_lines_given SET last = last")
    assert watch.news() == first
    assert asked == ["SELECT pg_current_snapshot()::TEXT", LAST_LINE]
    watch.close()


@with_server
@pytest.mark.parametrize("said", [None, "", "1 2", "1 2 x", "1 2 0.5", "1 2 1e18"])
def test_without_a_fresh_file_each_session_asks(
    school: School, file: Path, asked: list[str], said: str | None
) -> None:
    if said is not None:
        file.write_text(said)
    watch = ChangeWatch()
    first = watch.news()
    add()
    assert watch.news() != first and watch.kinds == {"user"}
    asked.clear()
    watch.version()
    assert asked == ["SELECT pg_current_snapshot()::TEXT"]
    watch.close()


# ------------------------------------------------------------------------------- what breaks


@with_server
def test_of_a_listener_that_was_killed_the_file_grows_old_and_another_one_counts_anew(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = ChangeWatch()
    first = watch.news()
    listening.process.kill()
    listening.process.wait()
    killed = listening.file.read_text()
    monkeypatch.setattr(told_changes, "FRESH_SECONDS", 0.0)
    add(1)
    second = watch.news()
    assert second != first
    add(2)
    monkeypatch.undo()
    monkeypatch.setenv(told_changes.VARIABLE, str(listening.file))
    listening.start()
    assert listening.file.read_text().split()[0] != killed.split()[0]
    assert watch.news() != second
    watch.close()


@with_server
def test_a_server_that_went_away_is_found_again_and_something_may_have_been_missed(
    listening: Listening, asked: list[str]
) -> None:
    name = database.name().removeprefix("postgresql:///").partition("?")[0]
    watch = ChangeWatch()
    first = watch.news()
    with databases.connection(databases.url("postgres")) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        # Each session finds out for itself, and tells whoever sits there.
        listening.until(lambda: not listening.file.exists())
        with pytest.raises(errors.StorageError):
            watch.news()
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    add(1)
    listening.until(listening.file.exists)
    assert watch.news() != first
    assert "Trying again in 0.5 s." in listening.said()
    run, count, _ = listening.file.read_text().split()
    assert int(count) >= 2 and listening.process.poll() is None
    listening.until_told(lambda: add(2))
    assert listening.file.read_text().split()[0] == run
    watch.close()


@with_server
def test_one_that_is_ended_takes_its_file_away(listening: Listening) -> None:
    assert listening.end() == 0
    assert [*listening.file.parent.glob("*changes*")] == [listening.file.with_suffix(".log")]
    assert "Traceback" not in listening.said()


@with_server
def test_the_listeners_of_two_hosts_tell_the_same(
    listening: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    here_watch = ChangeWatch()
    with Listening(database.name(), there / "changes") as other:
        monkeypatch.setenv(told_changes.VARIABLE, str(other.file))
        there_watch = ChangeWatch()
        before = here_watch.news(), there_watch.news()
        other.until_told(lambda: listening.until_told(add))
        after = here_watch.news(), there_watch.news()
        assert before[0] != after[0] and before[1] != after[1]
        assert here_watch.kinds == there_watch.kinds == {"user"}
        # The other host goes on without this one.
        listening.process.kill()
        other.until_told(lambda: add(2))
        assert there_watch.news() != after[1]
        there_watch.close()
    here_watch.close()


@pytest.mark.sqlite("a server needs a listener")
def test_a_file_needs_no_listener_and_that_is_said(school: School, tmp_path: Path) -> None:
    words = ["ssh", "listen", "--database", database.name(), "--changes", str(tmp_path / "changes")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0 and "needs no listener" in done.output
    assert not (tmp_path / "changes").exists()
