"""Who comes first writes first to a database in a file."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from store import database, engines, errors
from store.engines import sqlite_file, sqlite_turns
from tests.helpers.databases import ON_POSTGRESQL
from tests.helpers.school import School

pytestmark = pytest.mark.skipif(
    ON_POSTGRESQL or not sqlite_turns.HAS_LOCKS, reason="is about locks of Linux beside a file"
)
HOLD = """
import sys
from pathlib import Path
from store.engines import sqlite_turns
with sqlite_turns.turn(Path(sys.argv[1]), 1):
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(school: School) -> Iterator[Path]:
    """A database that a session has open."""
    with database.keeping_connections():
        yield database.location()


def numbers(file: Path) -> Path:
    return sqlite_file.beside(file, sqlite_turns.SUFFIX)


def test_those_who_wait_get_their_turns_as_they_came(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[str] = []
    waiting: SimpleQueue[int] = SimpleQueue()
    known = set[int]()
    ahead = sqlite_turns._ahead

    def asked(opened: int, number: int) -> int:
        waiting.put(number)
        return ahead(opened, number)

    def write(name: str) -> None:
        with database.writing():
            came.append(name)

    threads = [threading.Thread(target=write, args=(str(number),)) for number in range(12)]
    with sqlite_turns.turn(file, 1):
        monkeypatch.setattr(sqlite_turns, "_ahead", asked)
        for thread in threads:
            thread.start()
            # Those before ask again and again.
            while (number := waiting.get(timeout=10)) in known:
                pass
            known.add(number)
        assert came == []
    for thread in threads:
        thread.join()
    assert came == [str(number) for number in range(12)]


def test_the_turn_of_somebody_who_was_killed_is_over(file: Path) -> None:
    with database.writing():
        assert numbers(file).exists()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "has it\n"
        assert is_somebody_ahead(file)
        holder.kill()
        holder.wait()
    assert not is_somebody_ahead(file)


def is_somebody_ahead(file: Path) -> bool:
    with numbers(file).open("r+b") as opened:
        return bool(sqlite_turns._ahead(opened.fileno(), 1_000))


def test_somebody_who_waited_too_long_for_their_turn_is_told_as_ever(file: Path) -> None:
    said = "Another program is writing to the database. Nothing was changed: try again."

    def write() -> None:
        with database.connected(), pytest.raises(errors.BusyError, match=said), database.writing(0.01):
            pass

    with database.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    # Somebody ahead who does not write keeps nobody from it for longer than they wait.
    with sqlite_turns.turn(file, 1), database.writing(0.01):
        assert database.db.in_transaction()
    with database.reading():
        assert database.db.execute_sql("PRAGMA busy_timeout").fetchone()[0] == 1000 * engines.BUSY_SECONDS


def test_where_there_can_be_no_numbers_writes_go_on_without(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers(file).unlink(missing_ok=True)
    numbers(file).mkdir()
    with database.writing():
        assert database.db.in_transaction()
    monkeypatch.setattr(sqlite_turns, "HAS_LOCKS", False)
    with database.writing():
        assert database.db.in_transaction()


def test_whoever_may_write_to_the_database_may_wait_in_turn(file: Path) -> None:
    numbers(file).unlink(missing_ok=True)
    file.chmod(0o660)
    with database.writing():
        pass
    assert stat.S_IMODE(numbers(file).stat().st_mode) == 0o660
    file.chmod(0o600)
    database.engine().care.tighten()
    assert stat.S_IMODE(numbers(file).stat().st_mode) == 0o600


def test_a_program_that_writes_once_leaves_no_file_with_numbers(school: School) -> None:
    with database.writing():
        pass
    assert not numbers(database.location()).exists()
