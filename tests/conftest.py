"""What the tests share: a database file of their own, and a clock that stands still."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import clock, database, database_file, demo
from store.change_watch import ChangeWatch
from tests.helpers import quick_database, quick_messages, quick_textual, quick_waits
from tests.helpers.days import Days
from tests.helpers.school import School
from tests.helpers.world import World, build

# Tests, and the program that they start hundreds of times, are compiled once and not by each process again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What stood on screen for a few milliseconds nobody looks at: it is drawn less often.
os.environ.setdefault("TEXTUAL_FPS", "25")

# Times are shown where the person sits; tests sit in UTC.
os.environ["TZ"] = "UTC"
time.tzset()

quick_textual.install()
quick_messages.install()
quick_waits.install()

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


GARBAGE = 20_000
"""How many new objects there are before the collector looks for those not needed: a screen makes many."""


def pytest_collection_finish() -> None:
    """Modules stay: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 10, 5)


def pytest_runtest_teardown() -> None:
    """What was drawn is not needed any more: Textual keeps the lines of a thousand widgets that are gone."""
    quick_textual.forget_lines()
    quick_messages.forget_methods()


@pytest.fixture(scope="session", autouse=True)
def own_garbage() -> Iterator[None]:
    """A program that settles freezes what there is; here that were those of the tests before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "freeze", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Faults that tests provoke do not go into the log of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Freeze the clock at noon of a Friday."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return NOON


@pytest.fixture
def unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for the disk at each commit: no test pulls the plug."""
    monkeypatch.setitem(database.PRAGMAS, "synchronous", "off")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, upgraded database file, made once."""
    folder = tmp_path_factory.mktemp("empty")
    database.open_database(str(folder / "made.db"), create=True)
    database_file.backup(folder / "copy.db")
    database.close()
    return folder / "copy.db"


ABOUT_FILES = {"tests.test_database", "tests.test_database_files", "tests.test_read_only"}
"""Modules about the files beside a database, which the last connection that closes takes away."""


@pytest.fixture
def connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Connections that are used again, or that are closed as in the program."""
    if request.module.__name__ in ABOUT_FILES:
        yield
        return
    with quick_database.kept_open():
        yield


@pytest.fixture
def base(empty: Path, tmp_path: Path, unsynced: None, connections: None) -> Iterator[Path]:
    """An empty, upgraded database file of the test's own."""
    yield database.attach(str(shutil.copy(empty, tmp_path / "muster.db")))
    database.close()


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo school at noon on a file, made once."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOON)
        database.open_database(str(folder / "made.db"), create=True)
        demo.build()
        database_file.backup(folder / "copy.db")
    database.close()
    return folder / "copy.db"


@pytest.fixture
def demo_school(
    built_demo: Path, tmp_path: Path, noon: datetime, unsynced: None, connections: None
) -> Iterator[None]:
    """The demo school on a file of the test's own, at a standing clock."""
    database.attach(str(shutil.copy(built_demo, tmp_path / "demo.db")))
    yield
    database.close()


@pytest.fixture
def school(base: Path) -> School:
    """An account with nobody in it, on a file of its own."""
    return School()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The world on a file, made once; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("world")
    database.open_database(str(folder / "built.db"), create=True)
    world = build(School())
    copy = folder / "copy.db"
    database_file.backup(copy)
    database.open_database(str(copy))
    database.close()
    return copy, world


@pytest.fixture
def untouched(built: tuple[Path, World], unsynced: None, connections: None) -> Iterator[World]:
    """The world for tests after which it is as it was."""
    database.attach(str(built[0]))
    watch = ChangeWatch()
    before = watch.version()
    yield built[1]
    assert watch.version() == before, "something was written"
    watch.close()
    database.close()


@pytest.fixture
def world(built: tuple[Path, World], tmp_path: Path, unsynced: None, connections: None) -> Iterator[World]:
    file = shutil.copy(built[0], tmp_path / "muster.db")
    database.attach(str(file))
    yield built[1]
    database.close()


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    """A clock to be set from day to day; afterwards tests sit in UTC again."""
    yield Days(monkeypatch)
    monkeypatch.undo()
    time.tzset()
