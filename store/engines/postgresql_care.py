"""Looking after a PostgreSQL database: upgrades, checks, and copies."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store import counting, engines, errors, files, table_version
from store.engines import Care
from store.engines import postgresql_server as server

UNSORTED = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')
AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')
"""
NOT_CHECKED = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND NOT convalidated AND connamespace = current_schema()::regnamespace
"""
REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
# A sequence leaves out the numbers of what was taken back; lines of the audit log are numbered without gaps.
NUMBERED = (
    f"CREATE TABLE IF NOT EXISTS {server.LINES_GIVEN} (last BIGINT NOT NULL)",
    f"INSERT INTO {server.LINES_GIVEN} SELECT COALESCE(MAX(id), 0) FROM audit_lines "
    f"HAVING NOT EXISTS (SELECT FROM {server.LINES_GIVEN})",
    "CREATE OR REPLACE FUNCTION next_audit_line() RETURNS BIGINT LANGUAGE SQL AS "
    f"'UPDATE {server.LINES_GIVEN} SET last = last + 1 RETURNING last'",
    "ALTER TABLE audit_lines ALTER COLUMN id SET DEFAULT next_audit_line()",
    "DROP SEQUENCE IF EXISTS audit_lines_id_seq",
)


class PostgresqlCare(Care):
    """Looking after one."""

    def applied(self) -> set[str]:
        # Asking for a table that is not there would end the transaction.
        if self.db.execute_sql(f"SELECT to_regclass('{table_version.HISTORY}')").fetchone()[0] is None:
            return set()
        return {name for (name,) in self.db.execute_sql(server.NAMES).fetchall()}

    def upgrade(self, run: Callable[[], list[str]]) -> list[str]:
        with self.db.connection_context():
            self.engine.refuse_foreign()
            if not server.tables(self.db.connection()) and not self.engine.may_be_new:
                raise errors.MissingError(
                    f"{self.engine.name} has nothing in it. Make one with: muster init --help"
                )
            if not self.pending():
                return []
            if self.engine.is_read_only():
                raise table_version.older_and_read_only(self.applied(), self.engine.name)
            self._require_utf8()
            seconds = engines.BUSY_SECONDS
            with self.db.transaction(server.WRITE.format(int(seconds * 1000)) + "SELECT WHERE FALSE"):
                applied = run() if self.pending() else []
                if applied:
                    self._settle()
                    self.engine.announce()
            return applied

    def _require_utf8(self) -> None:
        encoding = self.db.execute_sql("SHOW server_encoding").fetchone()[0]
        if encoding != "UTF8":
            raise errors.InvalidError(
                f"{self.engine.name} keeps its texts as {encoding}. Make one with: createdb --encoding=UTF8 "
                "--template=template0"
            )

    def _settle(self) -> None:
        """What the migrations, which are the same for each engine, leave to this one."""
        # A column that a trigger names cannot be changed.
        counting.stop(self.db)
        for table, column in self.db.execute_sql(UNSORTED).fetchall():
            self.db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE TEXT COLLATE "C"')
        for statement in NUMBERED:
            self.db.execute_sql(statement)
        counting.start(self.db)

    def size(self) -> int:
        return int(self.db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0])

    def check(self) -> list[str]:
        # References are kept by the server, whoever writes. What it would say of a damaged page is met by
        # whoever reads all of it.
        with self.db.connection_context():
            self.engine.refuse_foreign()
            broken = self.db.execute_sql(NOT_CHECKED).fetchall()
        return [f"what {table} refers to is not checked by the server ({name})" for table, name in broken]

    def backup(self, destination: Path) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise errors.InvalidError(
                "Backups of a PostgreSQL database are made by pg_dump, which is not installed here: it is in "
                "the package postgresql-client of most systems."
            )
        with self.db.connection_context():
            # What pg_dump sets for its session a pooler would hand on to whoever comes next.
            self.db.require_own("A backup")
            self.pending()
        part = files.passing_name(destination)
        try:
            files.create_empty(part)
            done = subprocess.run(
                [program, "--format=custom", f"--file={part}", f"--dbname={self.engine.name}"],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise errors.StorageError(f"pg_dump could not copy it: {done.stderr.strip()}")
            files.put_under_its_name(part, destination)
        except FileExistsError as error:
            raise files.taken(destination) from error
        except OSError as error:
            raise errors.StorageError(f"{destination} could not be made: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)

    def remarks(self) -> list[str]:
        return server.remarks()

    def tighten(self) -> list[str]:
        raise errors.InvalidError(
            f"Who may read {self.engine.name} is said by its server: this option is for databases in files."
        )

    # ------------------------------------------------------------- copying all of it

    def tables(self) -> list[str]:
        return sorted(server.tables(self.db.connection()) - {table_version.HISTORY, server.LINES_GIVEN})

    @contextmanager
    def filling(self) -> Iterator[None]:
        with self.db.connection_context(), self.engine.writing(None):
            references = self.db.execute_sql(REFERENCES).fetchall()
            for table, name, _ in references:
                self.db.execute_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            yield
            for table, name, definition in references:
                self.db.execute_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

    def give_no_lower_id(self, table: str, number: int) -> None:
        if table == "audit_lines":
            self.db.execute_sql(f"UPDATE {server.LINES_GIVEN} SET last = %s", (number,))
        elif number:
            sequence = f'"{table}_id_seq"'
            self.db.execute_sql(
                f"SELECT setval('{sequence}', GREATEST(last_value, %s)) FROM {sequence}", (number,)
            )
