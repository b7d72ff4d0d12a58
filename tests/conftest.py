"""What the tests share: a database file of their own, and a clock that stands still."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import clock, database, demo
from store.change_watch import ChangeWatch
from store.engines import sqlite
from store.views.sites import SiteKind
from tests.helpers import databases, quick_database, quick_messages, quick_queries, quick_textual, quick_waits
from tests.helpers.databases import Kept
from tests.helpers.days import Days
from tests.helpers.fake_canvas import fake_canvas
from tests.helpers.fake_canvas import harbour_school as canvas_school
from tests.helpers.fake_moodle import fake_moodle, harbour_school
from tests.helpers.linked import Linked, Synced
from tests.helpers.linked_canvas import LinkedCanvas
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

quick_queries.install()
quick_textual.install()
quick_messages.install()
quick_waits.install()

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


GARBAGE = 20_000
"""How many new objects there are before the collector looks for those not needed: a screen makes many."""


LONG = 60
"""How many characters of a text stand in the name of a test."""


def pytest_configure(config: pytest.Config) -> None:
    """One server for all of a run: workers find it by the environment that they inherit."""
    if not hasattr(config, "workerinput"):
        databases.start_server()
    if databases.ON_POSTGRESQL:
        databases.quick_server().install()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server goes with the process that started it."""
    databases.stop_server()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """On another engine than SQLite only what is the store's differs: see `databases.is_about_the_store`."""
    if databases.ON_POSTGRESQL and collection_path.suffix == ".py":
        return not databases.is_about_the_store(collection_path) or None
    return None


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long text stands in the name of a test by its beginning: names go from process to process."""
    if not isinstance(val, str | bytes) or len(val) <= LONG:
        return None
    start = val[:LONG] if isinstance(val, str) else val[:LONG].decode("latin-1")
    return f"{start.encode('unicode_escape').decode('ascii')}...{len(val)}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another engine than SQLite leave out what has no database, and what is about SQLite's own ways."""
    if databases.ON_POSTGRESQL:
        left_out = [item for item in items if not _differs_by_engine(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _differs_by_engine(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return "connections" in fixtures and item.get_closest_marker("sqlite") is None


def pytest_collection_finish() -> None:
    """Modules stay: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 10, 5)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What was drawn is not needed any more: Textual keeps the lines of a thousand widgets that are gone."""
    quick_textual.forget_lines()
    # Those who ask for `monkeypatch` may have put something in the place of a method.
    if "monkeypatch" in getattr(item, "fixturenames", ()):
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
def unsynced() -> Iterator[None]:
    """Don't wait for the disk at each commit: no test pulls the plug."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sqlite.PRAGMAS, "synchronous", "off")
        yield


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """An empty, upgraded database, made once."""
    kept = Kept(tmp_path_factory.mktemp("empty"), "empty")
    kept.made(lambda: None)
    return kept


ABOUT_FILES = {"tests.test_database", "tests.test_database_files", "tests.test_read_only"}
"""Modules about the files beside a database, which the last connection that closes takes away."""


@pytest.fixture
def connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Connections that are used again, or that are closed as in the program."""
    if request.module.__name__ in ABOUT_FILES or databases.ON_POSTGRESQL:
        yield
        return
    with quick_database.kept_open():
        yield


@pytest.fixture
def base(empty: Kept, tmp_path: Path, unsynced: None, connections: None) -> Iterator[Path]:
    """An empty, upgraded database of the test's own; gives its file, where it is one."""
    file = tmp_path / "muster.db"
    with empty.attached(file):
        yield file


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The demo school at noon, made once."""
    kept = Kept(tmp_path_factory.mktemp("demo"), "demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOON)
        kept.made(demo.build)
    return kept


@pytest.fixture
def demo_school(
    built_demo: Kept, tmp_path: Path, noon: datetime, unsynced: None, connections: None
) -> Iterator[None]:
    """The demo school in a database of the test's own, at a standing clock."""
    with built_demo.attached(tmp_path / "demo.db"):
        yield


@pytest.fixture
def school(base: Path) -> School:
    """An account with nobody in it, in a database of its own."""
    return School()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, World]:
    """The world, made once; each test works on a copy of it."""
    kept = Kept(tmp_path_factory.mktemp("world"), "world")
    return kept, kept.made(lambda: build(School()))


@pytest.fixture(scope="session")
def looked_at(built: tuple[Kept, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of the world for all tests after which it is as it was."""
    target = built[0].copy(tmp_path_factory.mktemp("untouched") / "muster.db")
    database.open_database(target)
    databases.release()
    quick_database.last(Path(target))
    yield target
    quick_database.let_go()


@pytest.fixture
def untouched(
    built: tuple[Kept, World], looked_at: str, unsynced: None, connections: None
) -> Iterator[World]:
    """The world for tests after which it is as it was."""
    database.attach(looked_at)
    with unwritten():
        yield built[1]
    databases.release()


@contextmanager
def unwritten() -> Iterator[None]:
    """Nothing is written to the attached database meanwhile."""
    if databases.ON_POSTGRESQL:
        yield
        assert databases.is_as_it_was(database.name()), "something was written"
        return
    watch = ChangeWatch()
    before = watch.version()
    yield
    assert watch.version() == before, "something was written"
    watch.close()


@pytest.fixture
def world(built: tuple[Kept, World], tmp_path: Path, unsynced: None, connections: None) -> Iterator[World]:
    with built[0].attached(tmp_path / "muster.db"):
        yield built[1]


@pytest.fixture(scope="session")
def built_link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced[Linked]]:
    """An account synced with a Moodle, made once; each test has a copy of both."""
    with fake_moodle(harbour_school()) as server:
        kept = Kept(tmp_path_factory.mktemp("synced"), "synced")
        yield Synced(kept, server, SiteKind.MOODLE, Linked)


@pytest.fixture
def synced(built_link: Synced[Linked], tmp_path: Path, unsynced: None, connections: None) -> Iterator[Linked]:
    """An account after its first sync with a Moodle, in a database of the test's own."""
    with built_link.copied(tmp_path / "muster.db") as link:
        yield link


@pytest.fixture(scope="session")
def built_canvas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced[LinkedCanvas]]:
    """An account synced with a Canvas, made once; each test has a copy of both."""
    with fake_canvas(canvas_school()) as server:
        kept = Kept(tmp_path_factory.mktemp("canvas"), "canvas")
        yield Synced(kept, server, SiteKind.CANVAS, LinkedCanvas)


@pytest.fixture
def synced_canvas(
    built_canvas: Synced[LinkedCanvas], tmp_path: Path, unsynced: None, connections: None
) -> Iterator[LinkedCanvas]:
    """An account after its first sync with a Canvas, in a database of the test's own."""
    with built_canvas.copied(tmp_path / "muster.db") as link:
        yield link


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    """A clock to be set from day to day; afterwards tests sit in UTC again."""
    yield Days(monkeypatch)
    monkeypatch.undo()
    time.tzset()
