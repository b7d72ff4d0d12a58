"""Looking after a SQLite file: upgrades, checks, and copies."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from peewee import PeeweeException

from store import clock, engines, errors, table_version
from store.engines import Care, Engine, sqlite_file

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class SqliteCare(Care):
    """Looking after one."""

    def __init__(self, engine: Engine, path: Path) -> None:
        super().__init__(engine)
        self.path, self.file = path, path.absolute()

    def applied(self) -> set[str]:
        return table_version.applied(self.db.connection())

    def upgrade(self, run: Callable[[], list[str]]) -> list[str]:
        self.engine.refuse_foreign()
        with ExitStack() as stack:
            self._use_wal(stack)
            if not self.pending():
                return []
            if self.engine.is_read_only():
                raise table_version.older_and_read_only(self.applied(), self.engine.name)
            copy = self._copy_before_upgrade()
            # Tables are rebuilt by some migrations: references are checked once, at the end.
            self.db.execute_sql("PRAGMA foreign_keys = off")
            done: list[str] = []
            try:
                with self.db.atomic("EXCLUSIVE"):
                    applied = run() if self.pending() else []
                    self._check_references()
                done = applied
            finally:
                if copy is not None and not done:
                    # The database is as it was: with each start that fails there would be one more.
                    copy.unlink(missing_ok=True)
            return done

    def _use_wal(self, stack: ExitStack) -> None:
        """Connect for as long as `stack` lasts, and with that switch the file to write-ahead logging.

        SQLite does not wait for its busy timeout when the switch itself is contended, so this does.
        """
        deadline = time.monotonic() + engines.BUSY_SECONDS
        while True:
            try:
                stack.enter_context(self.db.connection_context())
                return
            except PeeweeException as error:
                if "locked" not in str(error).lower() or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _check_references(self) -> None:
        broken = self.db.execute_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            tables = ", ".join(sorted({row[0] for row in broken}))
            raise errors.CorruptError(
                f"The upgrade was undone: rows in {tables} point at rows that are not there."
            )

    def _copy_before_upgrade(self) -> Path | None:
        """Copy the file beside itself if anything is in its tables; returns where to."""
        connection = self.db.connection()
        if not any(
            connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in self.tables()
        ):
            return None
        stamp = clock.now().strftime("%Y%m%d-%H%M%S-%f")
        copy = self.file.with_name(f"{self.file.name}.before-upgrade-{stamp}")
        sqlite_file.write_copy(connection, copy)
        return copy

    def size(self) -> int:
        return self.file.stat().st_size

    def check(self) -> list[str]:
        address = sqlite_file.address(self.file)
        with closing(sqlite3.connect(address, timeout=engines.BUSY_SECONDS, uri=True)) as connection:
            try:
                said = (str(row[0]) for row in connection.execute("PRAGMA integrity_check(100)"))
                faults = [fault for fault in said if fault != "ok"]
                for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                    faults.append(f"{table} row {row_id} points at a row of {parent} that is not there")
            except sqlite3.Error as error:
                refused = self.engine.in_words(error, may_be_empty=True)
                if not isinstance(refused, errors.CorruptError):
                    raise refused from error
                return [str(error)]
        return ["nothing is left in the file"] if sqlite_file.is_empty(self.file) else faults

    def backup(self, destination: Path) -> None:
        with self.db.connection_context():
            self.pending()
            sqlite_file.write_copy(self.db.connection(), destination)

    def remarks(self) -> list[str]:
        return sqlite_file.remarks(self.path)

    def tighten(self) -> list[str]:
        return [str(path) for path in sqlite_file.tighten(self.path)]

    # ------------------------------------------------------------- copying all of it

    def tables(self) -> list[str]:
        found = sorted(name for (name,) in self.db.execute_sql(TABLES).fetchall())
        return [name for name in found if name != table_version.HISTORY and not name.startswith("sqlite_")]

    @contextmanager
    def filling(self) -> Iterator[None]:
        with self.db.connection_context():
            self.db.execute_sql("PRAGMA foreign_keys = off")
            with self.db.atomic():
                yield
                self._check_references()
            self.db.execute_sql("PRAGMA foreign_keys = on")

    def give_no_lower_id(self, table: str, number: int) -> None:
        if number > self.engine.last_id(table):
            self.db.execute_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self.db.execute_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))
