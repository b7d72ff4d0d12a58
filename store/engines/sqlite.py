"""A database in a SQLite file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from peewee import SQL, NodeList, PeeweeException, SqliteDatabase, fn

from store import engines, errors, files, no_room, table_version, text
from store.engines import Engine, made_meanwhile, sqlite_file, sqlite_turns
from store.engines.sqlite_care import TABLES, SqliteCare
from store.engines.sqlite_spares import FileConnection, Spares
from store.engines.sqlite_watch import SqliteWatch

PRAGMAS = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "synchronous": "full",
    "journal_size_limit": 64 * 1024 * 1024,
}
USUAL_KB, ROOMY_KB = 2_000, 48_000
"""How much of the database a connection keeps in memory: what SQLite does, and while it writes much."""
SHORT = 0.1
"""Seconds of waiting after which it makes no difference that somebody has waited already."""
_TRIGGERS = ("changed_user", "changed_membership", "added_membership", "removed_membership")


class FileDatabase(SqliteDatabase):
    """Opens its file for each connection as it can be opened then: only to read, if it may not be written."""

    file: Path
    spares: Spares

    def _connect(self) -> sqlite3.Connection:
        if sqlite_file.is_read_only(self.file):
            connection = sqlite_file.connect(self.file)
            # The settings are about writing.
            self._load_functions(connection)  # type: ignore[attr-defined]
            return connection
        spare = self.spares.take()
        if spare is not None:
            return spare
        # Before it is opened: another file that comes in its place meanwhile is then not taken for it.
        file = sqlite_file.inode(self.file)
        opened: FileConnection = super()._connect()  # type: ignore[misc]
        opened.file = file
        return opened

    def _close(self, connection: sqlite3.Connection) -> None:
        keeps = engines.keeping and not sqlite_file.is_read_only(self.file)
        if not (keeps and isinstance(connection, FileConnection) and self.spares.put(connection)):
            super()._close(connection)  # type: ignore[misc]


class Sqlite(Engine):
    """One file, and those that SQLite keeps beside it while it is in use."""

    raised = (PeeweeException, sqlite3.Error)
    file: Path

    def __init__(self, target: str) -> None:
        super().__init__()
        self.path = sqlite_file.path_of(target)
        self.given = str(self.path)
        # Absolute, so that the name means this file whatever it is called, and wherever one goes.
        self.file = self.path.absolute()
        self.name = str(self.file)
        self.care = SqliteCare(self, self.path)

    # ------------------------------------------------------------------ opening

    def is_there(self) -> bool:
        path = self.path
        try:
            sqlite_file.require_database(path, create=True)
            if path.exists():
                return True
            sqlite_file.require_nothing_left(path)
            if not os.access(path.parent, os.W_OK | os.X_OK):
                raise errors.ReadOnlyError(
                    f"There is no database at {path}, and none can be made in {path.parent}."
                )
        except OSError as error:
            raise errors.MissingError(f"{path} cannot be opened: {error.strerror}.") from error
        return False

    def attach(self, *, create: bool) -> None:
        path = self.path
        try:
            sqlite_file.require_database(path, create=create)
            sqlite_file.require_local(path)
            if create and not path.exists():
                sqlite_file.require_nothing_left(path)
                files.create_empty(path)
        except OSError as error:
            raise errors.MissingError(f"{path} cannot be opened: {error.strerror}.") from error
        # A file is never made by opening it: taken away under a running program, it would come back empty.
        seconds = engines.BUSY_SECONDS
        settings: dict[str, Any] = {"timeout": seconds, "lock_type": "IMMEDIATE", "autoconnect": False}
        # One that is kept is used by whichever thread is next.
        settings["check_same_thread"] = False
        settings["factory"] = FileConnection
        self.db = FileDatabase(f"{self.file.as_uri()}?mode=rw", uri=True, pragmas=PRAGMAS, **settings)
        self.db.file, self.db.spares = self.file, Spares(self.file)
        self.db.register_function(text.fold, "fold", 1, deterministic=True)

    def release(self) -> None:
        # The last that closes takes the log into the file.
        self.db.spares.close()

    def refuse_foreign(self) -> None:
        if not files.size(self.file):
            return
        with closing(sqlite_file.connect(self.file)) as connection:
            tables = {row[0] for row in connection.execute(TABLES)}
        if tables and table_version.HISTORY not in tables:
            raise errors.CorruptError(f"{self.file} is the database of another program. Name another file.")

    def draft(self, *, only_new: bool) -> NewFile | None:
        path = self.path
        try:
            path = path.resolve()
            is_there = path.exists()
        except (OSError, RuntimeError) as error:
            # A link that leads back to itself is a RuntimeError to some versions of Python.
            said = error.strerror if isinstance(error, OSError) else error
            raise errors.MissingError(f"{path} cannot be opened: {said}.") from error
        if is_there and only_new:
            raise made_meanwhile(path)
        return None if is_there else NewFile(path)

    def is_read_only(self) -> bool:
        return sqlite_file.is_read_only(self.file)

    def only_to_read(self) -> errors.ReadOnlyError:
        return sqlite_file.only_to_read(self.file)

    # ------------------------------------------------------------- transactions

    @contextmanager
    def reading(self) -> Iterator[None]:
        seen = sqlite_file.stamp(self.file)
        with self.db.transaction("DEFERRED"):
            self._require_known(self.db.connection())
            yield
        sqlite_file.require_same(self.file, seen)

    @contextmanager
    def writing(self, patience: float | None) -> Iterator[None]:
        if self.db.in_transaction():
            with self._part():
                yield
            return
        with self._in_turn(patience), self.db.atomic():
            self._require_known(self.db.connection())
            yield

    def _require_known(self, connection: sqlite3.Connection) -> None:
        table_version.require_none_newer(table_version.applied(connection), self.known, self.name)

    @contextmanager
    def _in_turn(self, patience: float | None) -> Iterator[None]:
        """The turn to write: then only those are waited for who took none, for what is left of the time."""
        seconds = engines.BUSY_SECONDS if patience is None else patience
        began = time.monotonic()
        with sqlite_turns.turn(self.file, seconds), self._patient(seconds - (time.monotonic() - began)):
            yield

    @contextmanager
    def _patient(self, seconds: float) -> Iterator[None]:
        """Wait so long for a lock."""
        if 0 <= engines.BUSY_SECONDS - seconds < SHORT:
            yield
            return
        self.db.execute_sql(f"PRAGMA busy_timeout = {max(0, int(seconds * 1000))}")
        try:
            yield
        finally:
            self.db.execute_sql(f"PRAGMA busy_timeout = {int(engines.BUSY_SECONDS * 1000)}")

    def planning(self) -> AbstractContextManager[None]:
        return self.reading()

    def own_tables(self) -> AbstractContextManager[Any]:
        return self.db.transaction("DEFERRED")

    @contextmanager
    def roomy(self) -> Iterator[None]:
        self.db.execute_sql(f"PRAGMA cache_size = -{ROOMY_KB}")
        try:
            yield
        finally:
            self.db.execute_sql(f"PRAGMA cache_size = -{USUAL_KB}")

    def in_words(self, error: Exception, *, may_be_empty: bool = False) -> errors.StorageError:
        # Unless it `may_be_empty`, as while it is being made, a file with nothing in it was emptied.
        return sqlite_file.in_words(error, self.file, may_be_empty=may_be_empty)

    # ------------------------------------------------------------------ queries

    def id_column(self, column: Any) -> Any:
        return NodeList((column, SQL("AUTOINCREMENT")))

    def last_id(self, table: str) -> int:
        row = self.db.execute_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return int(row[0]) if row else 0

    def ids_given(self, table: str, last: int) -> None:
        """SQLite sees that by itself."""

    def unindexed(self, column: Any) -> Any:
        # A plus sign changes nothing, and SQLite's planner takes it as a hint.
        return NodeList((SQL("+"), column), glue="")

    def contains_folded(self, key: Any, column: Any, folded: str) -> Any:
        return fn.fold(column).contains(folded)

    def lowered(self, column: Any) -> Any:
        # SQLite looks for texts without regard to those.
        return column

    def is_plain(self, column: Any) -> Any:
        return fn.LENGTH(column.cast("BLOB")) == fn.LENGTH(column)

    def put_rows(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        names, values = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        self.db.connection().executemany(f'INSERT INTO "{table}" ({names}) VALUES ({values})', rows)

    def note_people(self, account: Sequence[str], membership: Sequence[str]) -> None:
        # Triggers, so that no part of an import can forget to tell; temporary ones, so that nobody else pays.
        self.db.execute_sql("CREATE TEMP TABLE changed_people (id INTEGER PRIMARY KEY)")
        known = self.last_id("users")
        events = (
            ("UPDATE", "users", f"new.id <= {known} AND ({_differ(account)})", "new.id"),
            ("UPDATE", "memberships", f"new.user_id <= {known} AND ({_differ(membership)})", "new.user_id"),
            ("INSERT", "memberships", f"new.user_id <= {known}", "new.user_id"),
            ("DELETE", "memberships", f"old.user_id <= {known}", "old.user_id"),
        )
        for trigger, (event, table, condition, person) in zip(_TRIGGERS, events, strict=True):
            self.db.execute_sql(
                f'CREATE TEMP TRIGGER {trigger} AFTER {event} ON main."{table}" WHEN {condition} '
                f"BEGIN INSERT OR IGNORE INTO changed_people VALUES ({person}); END"
            )

    def noted_people(self) -> list[int]:
        found = self.db.execute_sql("SELECT id FROM temp.changed_people ORDER BY id")
        return [row[0] for row in found.fetchall()]

    def forget_people(self) -> None:
        for trigger in _TRIGGERS:
            self.db.execute_sql(f"DROP TRIGGER temp.{trigger}")
        self.db.execute_sql("DROP TABLE temp.changed_people")

    def watch(self) -> SqliteWatch:
        return SqliteWatch(self.file, self._require_known, self.release)

    def announce(self) -> None:
        # Whoever looks out for it sees it in the file.
        return

    def listener(self) -> None:
        return None

    def require_own_connection(self) -> None:
        return

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        import fcntl  # noqa: PLC0415 - not on every system

        # The lock is the system's, on an open file: it goes with whoever has it. The file itself may stay.
        with open(sqlite_file.beside(self.file, f"-sync{number}"), "a", opener=files.private) as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


class NewFile:
    """A new file under a passing name, until there is something in it to keep."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = files.passing_name(path)
        self.target = str(self._part)

    def keep(self) -> None:
        path, part = self._path, self._part
        # The last connection took what was still in the log into the file.
        if files.size(sqlite_file.beside(part, "-wal")):
            raise errors.StorageError(
                f"{path} could not be made: what is in it could not be written as a whole."
            )
        try:
            sqlite_file.require_nothing_left(path)
            files.put_under_its_name(part, path)
        except FileExistsError as error:
            raise made_meanwhile(path) from error
        except OSError as error:
            full = no_room.told(error.errno, path)
            raise full or errors.StorageError(f"{path} could not be made: {error.strerror}.") from error

    def remove(self) -> None:
        for suffix in ("", "-wal", "-shm", sqlite_turns.SUFFIX):
            self._part.with_name(self._part.name + suffix).unlink(missing_ok=True)


def _differ(columns: Sequence[str]) -> str:
    return " OR ".join(f'old."{column}" IS NOT new."{column}"' for column in columns)
