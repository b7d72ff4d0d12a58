"""A database on a PostgreSQL server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from peewee import PeeweeException

from store import errors, files, table_version, text
from store.engines import BUSY_SECONDS, Engine, made_meanwhile
from store.engines import postgresql_server as server
from store.engines.postgresql_connection import ServerDatabase

ROOMY = "48MB"
"""How much memory each step of a write that touches much may take."""


class Postgresql(Engine):
    """One database on a server, or on one of several that stand in for each other."""

    raised = (PeeweeException, server.DRIVER_ERROR)
    db: ServerDatabase

    def __init__(self, target: str) -> None:
        super().__init__()
        self.name = self.given = server.checked(target)
        self._may_be_new = False

    # ------------------------------------------------------------------ opening

    def is_there(self) -> bool:
        try:
            with server.connect(self.name) as connection:
                tables = _tables(connection)
        except server.DRIVER_ERROR as error:
            raise self.in_words(error) from error
        self._require_own(tables)
        return table_version.HISTORY in tables

    def attach(self, *, create: bool) -> None:
        self._may_be_new = create
        self.db = ServerDatabase(self.name, self.known)

    def _require_own(self, tables: set[str]) -> None:
        if tables and table_version.HISTORY not in tables:
            raise errors.CorruptError(f"{self.name} is the database of another program. Name another one.")

    def refuse_foreign(self) -> None:
        with self.db.connection_context():
            self._require_own(_tables(self.db.connection()))

    def draft(self, *, only_new: bool) -> GivenEmpty | None:
        if not self.is_there():
            return GivenEmpty(self.name)
        if only_new:
            raise made_meanwhile(self.name)
        return None

    def is_read_only(self) -> bool:
        with self.db.connection_context():
            found = self.db.execute_sql(
                "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' "
                "OR EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() "
                "AND tablename = 'audit_lines' "
                "AND NOT has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT'))"
            )
            return bool(found.fetchone()[0])

    def only_to_read(self) -> errors.ReadOnlyError:
        return server.only_to_read(self.name)

    # ------------------------------------------------------------- transactions

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self.db.transaction(server.READ):
            yield

    @contextmanager
    def writing(self, patience: float | None) -> Iterator[None]:
        if self.db.in_transaction():
            with self._part():
                yield
            return
        seconds = BUSY_SECONDS if patience is None else patience
        # Nought would be no limit at all.
        milliseconds = max(1, int(seconds * 1000))
        with self.db.transaction(server.WRITE.format(milliseconds) + server.NAMES):
            yield

    def own_tables(self) -> AbstractContextManager[Any]:
        return self.db.transaction()

    @contextmanager
    def roomy(self) -> Iterator[None]:
        self.db.execute_sql(f"SET LOCAL work_mem = '{ROOMY}'")
        yield

    def in_words(self, error: Exception, *, may_be_empty: bool = False) -> errors.StorageError:
        return server.in_words(error, self.name)

    # ------------------------------------------------------------------ queries

    def id_column(self, column: Any) -> Any:
        return column

    def last_id(self, table: str) -> int:
        if table == "audit_lines":
            row = self.db.execute_sql(f"SELECT last FROM {LINES_GIVEN}").fetchone()
        else:
            row = self.db.execute_sql(
                f'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "{table}_id_seq"'
            ).fetchone()
        return int(row[0]) if row else 0

    def unindexed(self, column: Any) -> Any:
        # The planner knows how many rows there are of a kind, and takes the better way by itself.
        return column

    def contains_folded(self, key: Any, column: Any, folded: str) -> Any:
        # No function of PostgreSQL folds as `text.fold` does; the titles of courses and steps are few.
        rows = key.model.select(key, column).tuples()
        ids = [row_id for row_id, said in rows if folded in text.fold(said)]
        return key.in_(ids)

    def note_people(self, account: Sequence[str], membership: Sequence[str]) -> None:
        # Triggers, so that no part of an import can forget to tell. Taking them away again would have all who
        # read wait, so they stay, and do nothing but while a transaction says from which person on.
        self.db.execute_sql("CREATE TEMP TABLE changed_people (id BIGINT PRIMARY KEY) ON COMMIT DROP")
        for statement in NOTING:
            self.db.execute_sql(statement)
        for trigger, event, table, person, differ in (
            ("changed_user", "UPDATE", "users", "new.id", _differ(account)),
            ("changed_membership", "UPDATE", "memberships", "new.user_id", _differ(membership)),
            ("added_membership", "INSERT", "memberships", "new.user_id", "TRUE"),
            ("removed_membership", "DELETE", "memberships", "old.user_id", "TRUE"),
        ):
            self.db.execute_sql(
                f"CREATE OR REPLACE TRIGGER {trigger} AFTER {event} ON {table} FOR EACH ROW WHEN ("
                f"{person} <= NULLIF(current_setting('muster.known_people', TRUE), '')::BIGINT AND {differ}) "
                f"EXECUTE FUNCTION note_changed_person()"
            )
        self.db.execute_sql(f"SET LOCAL muster.known_people = '{self.last_id('users')}'")

    def noted_people(self) -> list[int]:
        found = self.db.execute_sql("SELECT id FROM pg_temp.changed_people ORDER BY id")
        return [row[0] for row in found.fetchall()]

    def forget_people(self) -> None:
        self.db.execute_sql("SET LOCAL muster.known_people = ''")
        self.db.execute_sql("DROP TABLE pg_temp.changed_people")

    # ----------------------------------------------------------- looking after it

    def applied(self) -> set[str]:
        # Asking for a table that is not there would end the transaction.
        if self.db.execute_sql(f"SELECT to_regclass('{table_version.HISTORY}')").fetchone()[0] is None:
            return set()
        return {name for (name,) in self.db.execute_sql(server.NAMES).fetchall()}

    def upgrade(self, run: Callable[[], list[str]]) -> list[str]:
        with self.db.connection_context():
            tables = _tables(self.db.connection())
            self._require_own(tables)
            if not tables and not self._may_be_new:
                raise errors.MissingError(f"{self.name} has nothing in it. Make one with: muster init --help")
            if not self.pending():
                return []
            if self.is_read_only():
                raise table_version.older_and_read_only(self.applied(), self.name)
            self._require_utf8()
            with self.db.transaction(server.WRITE.format(BUSY_SECONDS * 1000) + "SELECT WHERE FALSE"):
                applied = run() if self.pending() else []
                if applied:
                    self._settle()
            return applied

    def _require_utf8(self) -> None:
        encoding = self.db.execute_sql("SHOW server_encoding").fetchone()[0]
        if encoding != "UTF8":
            raise errors.InvalidError(
                f"{self.name} keeps its texts as {encoding}. Make one with: createdb --encoding=UTF8 "
                "--template=template0"
            )

    def _settle(self) -> None:
        """What the migrations, which are the same for each engine, leave to this one."""
        for table, column in self.db.execute_sql(UNSORTED).fetchall():
            self.db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE TEXT COLLATE "C"')
        for statement in NUMBERED:
            self.db.execute_sql(statement)
        for table in _tables(self.db.connection()):
            self.db.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), MAX(id)) FROM \"{table}\" "
                "HAVING MAX(id) > 0"
            ) if self._has_sequence(table) else None

    def _has_sequence(self, table: str) -> bool:
        found = self.db.execute_sql(f"SELECT to_regclass('\"{table}_id_seq\"')").fetchone()
        return found[0] is not None

    def size(self) -> int:
        return int(self.db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0])

    def check(self) -> list[str]:
        # References are kept by the server, whoever writes. What it would say of a damaged page is met by
        # whoever reads all of it.
        with self.db.connection_context():
            self._require_own(_tables(self.db.connection()))
            broken = self.db.execute_sql(NOT_CHECKED).fetchall()
        return [f"what {table} refers to is not checked by the server ({name})" for table, name in broken]

    def backup(self, destination: Path) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise errors.InvalidError(
                "Backups of a PostgreSQL database are made by pg_dump, which is not installed here: it is in "
                "the package postgresql-client of most systems."
            )
        with self.reading_for_backup():
            pass
        part = files.passing_name(destination)
        try:
            files.create_empty(part)
            done = subprocess.run(
                [program, "--format=custom", f"--file={part}", f"--dbname={self.name}"],
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

    @contextmanager
    def reading_for_backup(self) -> Iterator[None]:
        """Raises NewerError for the database of a newer Muster."""
        with self.db.connection_context(), self.reading():
            yield

    def remarks(self) -> list[str]:
        return server.remarks()

    def tighten(self) -> list[str]:
        raise errors.InvalidError(
            f"Who may read {self.name} is said by its server: this option is for databases in files."
        )

    def watch(self) -> PostgresqlWatch:
        return PostgresqlWatch(self)

    # ------------------------------------------------------------- copying all of it

    def tables(self) -> list[str]:
        return sorted(_tables(self.db.connection()) - {table_version.HISTORY, LINES_GIVEN})

    @contextmanager
    def filling(self) -> Iterator[None]:
        with self.db.connection_context(), self.writing(None):
            references = self.db.execute_sql(REFERENCES).fetchall()
            for table, name, _ in references:
                self.db.execute_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            yield
            for table, name, definition in references:
                self.db.execute_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

    def fill(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        with self.db.connection().cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def give_no_lower_id(self, table: str, number: int) -> None:
        if table == "audit_lines":
            self.db.execute_sql(f"UPDATE {LINES_GIVEN} SET last = %s", (number,))
        elif number:
            self.db.execute_sql(f"SELECT setval('\"{table}_id_seq\"', %s)", (number,))


NOTING = (
    "CREATE OR REPLACE FUNCTION note_changed_person() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_TABLE_NAME = 'users' THEN "
    "INSERT INTO pg_temp.changed_people VALUES (new.id) ON CONFLICT DO NOTHING; "
    "ELSIF TG_OP = 'DELETE' THEN "
    "INSERT INTO pg_temp.changed_people VALUES (old.user_id) ON CONFLICT DO NOTHING; "
    "ELSE INSERT INTO pg_temp.changed_people VALUES (new.user_id) ON CONFLICT DO NOTHING; END IF; "
    "RETURN NULL; END $$",
)
# A sequence leaves out the numbers of what was taken back; lines of the audit log are numbered without gaps.
NUMBERED = (
    "CREATE TABLE IF NOT EXISTS audit_lines_given (last BIGINT NOT NULL)",
    "INSERT INTO audit_lines_given SELECT COALESCE(MAX(id), 0) FROM audit_lines "
    "HAVING NOT EXISTS (SELECT FROM audit_lines_given)",
    "CREATE OR REPLACE FUNCTION next_audit_line() RETURNS BIGINT LANGUAGE SQL AS "
    "'UPDATE audit_lines_given SET last = last + 1 RETURNING last'",
    "ALTER TABLE audit_lines ALTER COLUMN id SET DEFAULT next_audit_line()",
    "DROP SEQUENCE IF EXISTS audit_lines_id_seq",
)
LINES_GIVEN = "audit_lines_given"
UNSORTED = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')
AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')
"""
REFERENCES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
NOT_CHECKED = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND NOT convalidated AND connamespace = current_schema()::regnamespace
"""


def _differ(columns: Sequence[str]) -> str:
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("old", "new"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


def _tables(connection: Any) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {name for (name,) in found.fetchall()}


class GivenEmpty:
    """A database that was made empty by its server's admin: what is in it is there from the first moment."""

    def __init__(self, target: str) -> None:
        self.target = target

    def keep(self) -> None:
        return

    def remove(self) -> None:
        return


class PostgresqlWatch:
    """Looks out for writes by asking the server which transactions it has had."""

    _opened = 1

    def __init__(self, engine: Postgresql) -> None:
        self._engine = engine

    def version(self) -> tuple[int, Hashable]:
        # Which have ended, and which have not: also another one's end changes it.
        return self._opened, self.rows("SELECT pg_current_snapshot()::TEXT")[0][0]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        db = self._engine.db
        with db.connection_context(), db.transaction(server.READ):
            return list(db.execute_sql(sql).fetchall())

    def close(self) -> None:
        # It has no connection of its own.
        return
