"""The database: opening, upgrading, reading and writing it, and all that is SQLite's own.

Peewee keeps one connection per thread; nothing connects by itself. Every look-up runs
inside `reading()`, every change inside `writing()`: both open this thread's connection,
and turn what the database says into the errors of `store.errors`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from peewee import SQL, AutoField, DatabaseProxy, NodeList, PeeweeException, SqliteDatabase, fn

from store import (
    counters,
    counting,
    database_copy,
    database_errors,
    errors,
    file_access,
    files,
    table_version,
    text,
)

BUSY_SECONDS = file_access.BUSY_SECONDS
PRAGMAS = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "synchronous": "full",
    "journal_size_limit": 64 * 1024 * 1024,
}
USUAL_KB, ROOMY_KB = 2_000, 48_000
"""How much of the database a connection keeps in memory: what SQLite does, and while it writes much."""
MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = table_version.HISTORY

db = DatabaseProxy()


T = TypeVar("T")


class IdField(AutoField):
    """A primary key whose numbers are never given twice, so that the audit log stays true."""

    def ddl(self, ctx: Any) -> Any:
        column = super().ddl(ctx)
        if isinstance(db.obj, SqliteDatabase):
            return NodeList((column, SQL("AUTOINCREMENT")))
        return column


# ---------------------------------------------------------------------- opening


path_of = file_access.path_of


class _Database(SqliteDatabase):
    """Opens its file for each connection as it can be opened then: only to read, if it may not be written."""

    known: tuple[str, ...] = ()
    """Names of the migrations that this program has, as of its start: installing a newer one in its place
    changes what is on the disk, and not what runs."""

    def _connect(self) -> sqlite3.Connection:
        file = location()
        if not file_access.is_read_only(file):
            connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]
            return connection
        connection = file_access.connect(file, BUSY_SECONDS)
        # The settings are about writing.
        self._load_functions(connection)  # type: ignore[attr-defined]
        return connection


def attach(target: str, *, create: bool = False) -> Path:
    """Point the program at a database without reading its tables; returns the file's path.

    With `create`, makes it where there is nothing of that name. Raises InvalidError as `path_of` does,
    MissingError (unless `create`), CorruptError for a file with nothing in it.
    """
    path = path_of(target)
    try:
        file_access.require_database(path, create=create)
        if create and not path.exists():
            file_access.require_nothing_left(path)
            files.create_empty(path)
    except OSError as error:
        raise errors.MissingError(f"{path} cannot be opened: {error.strerror}.") from error
    close()
    # Absolute, so that the name means this file whatever it is called, and wherever one goes. A file is never
    # made by opening it: taken away under a running program, it would come back empty.
    file = path.absolute()
    settings: dict[str, Any] = {"timeout": BUSY_SECONDS, "lock_type": "IMMEDIATE", "autoconnect": False}
    here = _Database(f"{file.as_uri()}?mode=rw", uri=True, pragmas=PRAGMAS, **settings)
    here.known = table_version.known(MIGRATIONS)
    here.register_function(text.fold, "fold", 1, deterministic=True)
    db.initialize(here)
    return path


def is_there(target: str) -> bool:
    """Whether there is anything where a database is named.

    Raises what `attach` raises where one can be neither opened nor made.
    """
    path = path_of(target)
    try:
        file_access.require_database(path, create=True)
        if path.exists():
            return True
        file_access.require_nothing_left(path)
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise errors.ReadOnlyError(
                f"There is no database at {path}, and none can be made in {path.parent}."
            )
    except OSError as error:
        raise errors.MissingError(f"{path} cannot be opened: {error.strerror}.") from error
    return False


def open_database(target: str, *, create: bool = False) -> Path:
    """Attach, then bring the tables up to date; returns the file's path.

    Raises what `attach` raises, NewerError for a database made by a newer Muster, and ReadOnlyError for one
    of an older that cannot be upgraded here.
    """
    path = attach(target, create=create)
    upgrade()
    return path


def close() -> None:
    """Close this thread's connection, if there is one."""
    if db.obj is not None and not db.is_closed():
        db.close()


def location() -> Path:
    """The file of the attached database."""
    return Path(unquote(urlsplit(db.database).path))


def is_read_only() -> bool:
    """Whether the attached database can only be read here."""
    return file_access.is_read_only(location())


def require_writable() -> None:
    """Raises ReadOnlyError where the attached database can only be read."""
    if is_read_only():
        raise database_errors.only_to_read(location())


# ---------------------------------------------------------- reading and writing


def translate(error: Exception, *, may_be_empty: bool = False) -> errors.StorageError:
    """What the attached database said, as one of our errors: see `database_errors.in_words`."""
    return database_errors.in_words(error, location(), may_be_empty=may_be_empty)


@contextmanager
def translated(*, may_be_empty: bool = False) -> Iterator[None]:
    try:
        yield
    except (PeeweeException, sqlite3.Error) as error:
        first = _first(error)
        if isinstance(first, errors.StorageError):
            raise first from error
        raise translate(first, may_be_empty=may_be_empty) from error
    except UnicodeEncodeError as error:
        raise errors.InvalidError("A text contains half a character. Nothing was changed.") from error


def _first(error: BaseException) -> Any:
    """The error that began it. On a full disk SQLite ends the transaction by itself, and taking it
    back fails in turn: that second error tells nothing.
    """
    while isinstance(error.__context__, PeeweeException | sqlite3.Error | errors.StorageError):
        error = error.__context__
    return error


_here = threading.local()


def once(what: Hashable, find: Callable[[], T]) -> T:
    """What `find` gives, found out once in one view of the data; while writing each time anew."""
    facts: dict[Hashable, Any] | None = getattr(_here, "facts", None)
    if facts is None:
        return find()
    if what not in facts:
        facts[what] = find()
    found: T = facts[what]
    return found


@contextmanager
def connected() -> Iterator[None]:
    """Keep this thread's connection for several views and writes that follow each other.

    Each is a transaction of its own all the same. The last connection to leave a file empties its log.
    """
    with translated(), db.connection_context():
        yield


@contextmanager
def reading() -> Iterator[None]:
    """One consistent view of the data for all look-ups inside; takes no lock."""
    with translated(), db.connection_context():
        if db.in_transaction():
            yield
            return
        _here.facts = {}
        seen = file_access.stamp(location())
        try:
            with db.transaction("DEFERRED"):
                require_known(db.connection())
                yield
        finally:
            _here.facts = None
        file_access.require_same(location(), seen)


@contextmanager
def in_own_tables() -> Iterator[None]:
    """Many writes to temporary tables as one, which lock out nobody."""
    if db.in_transaction():
        yield
        return
    with db.transaction("DEFERRED"):
        yield


@contextmanager
def writing(patience: float | None = None) -> Iterator[None]:
    """One transaction that locks out other writers from its start: all of it happens, or nothing.

    `patience` is how many seconds it waits for others at most; BUSY_SECONDS if it is not said.
    """
    with translated(), db.connection_context(), _patient(patience), db.atomic():
        require_known(db.connection())
        yield


@contextmanager
def roomy() -> Iterator[None]:
    """Keep more of the database in memory, for a write that touches much of it. Use inside a transaction."""
    db.execute_sql(f"PRAGMA cache_size = -{ROOMY_KB}")
    try:
        yield
    finally:
        db.execute_sql(f"PRAGMA cache_size = -{USUAL_KB}")


@contextmanager
def _patient(seconds: float | None) -> Iterator[None]:
    if seconds is None or db.in_transaction():
        yield
        return
    db.execute_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        db.execute_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows of a query as plain tuples: several times faster than model instances, and nothing lazy."""
    return list(query.tuples())


def row(query: Any) -> tuple[Any, ...] | None:
    """The first row of a query as a plain tuple, or None."""
    found: tuple[Any, ...] | None = query.tuples().first()
    return found


def last_id(table: Any) -> int:
    """The highest id that a table has ever given, also of rows that are gone; 0 if none."""
    found = db.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table._meta.table_name,))
    row = found.fetchone()
    return int(row[0]) if row else 0


# ------------------------------------------------------------------ look-ups


def folded(column: Any) -> Any:
    """A text column as `text.fold` has it, to be compared with what somebody typed."""
    return fn.fold(column)


def unindexed(column: Any) -> Any:
    """A number column as it is, by which no index will be walked: where that is the slower way."""
    # A plus sign changes nothing, in SQLite nor elsewhere; SQLite's planner takes it as a hint.
    return NodeList((SQL("+"), column), glue="")


def numbers(values: Iterable[int]) -> Any:
    """A list of whole numbers for `in_`, written out: a database takes only so many parameters."""
    # Not every database takes an empty list.
    return SQL(f"({', '.join(str(int(value)) for value in values) or 'NULL'})")


# ------------------------------------------------------------------- migrations


def pending() -> list[str]:
    """Names of the migrations that this database lacks, in order.

    Raises NewerError if it has some that this program does not know.
    """
    require_known(db.connection())
    applied = table_version.applied(db.connection())
    return [name for name in db.obj.known if name not in applied]


def require_known(connection: sqlite3.Connection) -> None:
    """Raises NewerError where a newer Muster has upgraded the file that a connection is to.

    Asked before each read and each write: programs go on running while another one is installed.
    """
    applied = table_version.applied(connection)
    table_version.require_none_newer(applied, db.obj.known, location())


def require_upgraded() -> None:
    """Raises OlderError where the tables lack migrations, and NewerError as `pending` does."""
    with translated(), db.connection_context():
        if pending():
            applied = table_version.applied(db.connection())
            raise table_version.older(applied, db.obj.known, location())


def _run_migrations() -> list[str]:
    from playhouse.migrations import Runner  # noqa: PLC0415 - only where there is something to apply

    counting.stop(db)
    done = Runner(db, str(MIGRATIONS), HISTORY).up()
    counters.rebuild(db)
    return done


def upgrade() -> list[str]:
    """Apply what is pending, under a lock, after a copy of a database that has data; returns the names.

    Two programs that start at once both succeed: the second finds nothing left to do. Raises ReadOnlyError
    where there is something to do, and the file may not be written.
    """
    with translated(may_be_empty=True):
        refuse_foreign()
        with ExitStack() as stack:
            _use_wal(stack)
            if not pending():
                return []
            if is_read_only():
                raise table_version.older_and_read_only(table_version.applied(db.connection()), location())
            copy = database_copy.before_upgrade(db.connection(), location())
            # Tables are rebuilt by some migrations: references are checked once, at the end.
            db.execute_sql("PRAGMA foreign_keys = off")
            done: list[str] = []
            try:
                with db.atomic("EXCLUSIVE"):
                    applied = _run_migrations() if pending() else []
                    _check_references()
                done = applied
            finally:
                if copy is not None and not done:
                    # The database is as it was: with each start that fails there would be one more.
                    copy.unlink(missing_ok=True)
            return done


def _use_wal(stack: ExitStack) -> None:
    """Connect for as long as `stack` lasts, and with that switch the file to write-ahead logging.

    SQLite does not wait for its busy timeout when the switch itself is contended, so this does.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            stack.enter_context(db.connection_context())
            return
        except PeeweeException as error:
            if "locked" not in str(error).lower() or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def refuse_foreign() -> None:
    """Raises CorruptError for the database of another program, before anything in it is touched."""
    if not location().exists() or not location().stat().st_size:
        return
    with closing(file_access.connect(location(), BUSY_SECONDS)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and HISTORY not in tables:
        raise errors.CorruptError(f"{location()} is the database of another program. Name another file.")


def _check_references() -> None:
    broken = db.execute_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise errors.CorruptError(
            f"The upgrade was undone: rows in {tables} point at rows that are not there."
        )
