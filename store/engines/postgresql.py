"""A database on a PostgreSQL server."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from peewee import SQL, NodeList, PeeweeException, fn

from store import engines, errors, table_version, text, told_changes
from store.engines import Engine, made_meanwhile
from store.engines import postgresql_server as server
from store.engines.postgresql_care import PostgresqlCare
from store.engines.postgresql_connection import ServerDatabase
from store.engines.postgresql_listener import PostgresqlListener

READ_ONLY = """
SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' OR EXISTS (
    SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'audit_lines'
    AND NOT has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')
)
"""
ROOMY = "48MB"
"""How much memory each step of a write that touches much may take."""
SYNC_LOCK = 0x4D7573
"""The first half of the number of the lock that one sync of a site has."""
ASK_SECONDS = 60.0
"""How long what a listener tells is taken for all that there is."""


class Postgresql(Engine):
    """One database on a server, or on one of several that stand in for each other."""

    raised = (PeeweeException, server.DRIVER_ERROR)
    db: ServerDatabase

    def __init__(self, target: str) -> None:
        super().__init__()
        self.name = self.given = server.checked(target)
        self.care = PostgresqlCare(self)
        self._alone: dict[int, Any] = {}

    # ------------------------------------------------------------------ opening

    def is_there(self) -> bool:
        try:
            with server.connect(self.name) as connection:
                tables = server.tables(connection)
        except server.DRIVER_ERROR as error:
            raise self.in_words(error) from error
        self._require_own(tables)
        return table_version.HISTORY in tables

    def attach(self, *, create: bool) -> None:
        self.may_be_new = create
        self.db = ServerDatabase(self.name, self.known)

    def release(self) -> None:
        self.db.close_all()

    def _require_own(self, tables: set[str]) -> None:
        if tables and table_version.HISTORY not in tables:
            raise errors.CorruptError(f"{self.name} is the database of another program. Name another one.")

    def refuse_foreign(self) -> None:
        with self.db.connection_context():
            self._require_own(server.tables(self.db.connection()))

    def draft(self, *, only_new: bool) -> GivenEmpty | None:
        if not self.is_there():
            return GivenEmpty(self.name)
        if only_new:
            raise made_meanwhile(self.name)
        return None

    def is_read_only(self) -> bool:
        return bool(self.db.ask(READ_ONLY))

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
        seconds = engines.BUSY_SECONDS if patience is None else patience
        # Nought would be no limit at all.
        milliseconds = max(1, int(seconds * 1000))
        with self.db.transaction(server.WRITE.format(milliseconds) + server.NAMES):
            yield

    @contextmanager
    def planning(self) -> Iterator[None]:
        with self.db.transaction(server.PLAN):
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
            row = self.db.execute_sql(f"SELECT last FROM {server.LINES_GIVEN}").fetchone()
        else:
            row = self.db.execute_sql(
                f'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "{table}_id_seq"'
            ).fetchone()
        return int(row[0]) if row else 0

    def ids_given(self, table: str, last: int) -> None:
        self.db.execute_sql("SELECT setval(%s, %s)", (f"{table}_id_seq", last))

    def unindexed(self, column: Any) -> Any:
        # The planner knows how many rows there are of a kind, and takes the better way by itself.
        return column

    def contains_folded(self, key: Any, column: Any, folded: str) -> Any:
        # No function of PostgreSQL folds as `text.fold` does; the titles of courses and steps are few.
        rows = key.model.select(key, column).tuples()
        ids = [row_id for row_id, said in rows if folded in text.fold(said)]
        return key.in_(ids)

    def lowered(self, column: Any) -> Any:
        # Whatever the language of the database.
        return fn.LOWER(NodeList((column, SQL('COLLATE "C"'))))

    def is_plain(self, column: Any) -> Any:
        return fn.OCTET_LENGTH(column) == fn.LENGTH(column)

    def put_rows(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        with self.db.connection().cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

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

    def watch(self) -> PostgresqlWatch:
        return PostgresqlWatch(self)

    def announce(self) -> None:
        self.db.execute_sql(f"NOTIFY {server.CHANNEL}")

    def listener(self) -> PostgresqlListener:
        return PostgresqlListener(self.name)

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        self.db.require_own("A sync")
        # The lock is the connection's: it goes with whoever has it, on whichever host.
        with closing(server.connect(self.name)) as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (SYNC_LOCK, number)).fetchone()
            if not (row and row[0]):
                yield False
                return
            self._alone[number] = connection
            try:
                yield True
            finally:
                del self._alone[number]

    def require_alone(self, number: int) -> None:
        connection = self._alone.get(number)
        if connection is None:
            return
        try:
            connection.execute("SELECT 1")
        except server.DRIVER_ERROR as error:
            raise errors.StorageError(
                "The connection that keeps other syncs of this site out was lost, so that another one may be "
                "under way. This one sent nothing more; the next goes on."
            ) from error

    def require_own_connection(self) -> None:
        self.db.require_own("An import")


NOTING = (
    "CREATE OR REPLACE FUNCTION note_changed_person() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_TABLE_NAME = 'users' THEN "
    "INSERT INTO pg_temp.changed_people VALUES (new.id) ON CONFLICT DO NOTHING; "
    "ELSIF TG_OP = 'DELETE' THEN "
    "INSERT INTO pg_temp.changed_people VALUES (old.user_id) ON CONFLICT DO NOTHING; "
    "ELSE INSERT INTO pg_temp.changed_people VALUES (new.user_id) ON CONFLICT DO NOTHING; END IF; "
    "RETURN NULL; END $$",
)


def _differ(columns: Sequence[str]) -> str:
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("old", "new"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


class GivenEmpty:
    """A database that was made empty by its server's admin: what is in it is there from the first moment."""

    def __init__(self, target: str) -> None:
        self.target = target

    def keep(self) -> None:
        return

    def remove(self) -> None:
        return


class PostgresqlWatch:
    """Looks out for writes: in the file of this host's listener, and where there is none by asking the server
    which transactions it has had.
    """

    _opened = 1
    _asked = -ASK_SECONDS
    _snapshot = ""

    def __init__(self, engine: Postgresql) -> None:
        self._engine = engine
        self._file = told_changes.named()

    def version(self) -> tuple[int, Hashable]:
        told = told_changes.seen(self._file)
        # Also where one tells, now and then: it may hear of another database, and a pooler may be gone.
        if told is None or time.monotonic() - self._asked >= ASK_SECONDS:
            # Which have ended, and which have not: also another one's end changes it.
            self._snapshot = self._engine.db.ask("SELECT pg_current_snapshot()::TEXT")
            self._asked = time.monotonic()
        return self._opened, (told, self._snapshot)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._engine.db.find(sql)

    def close(self) -> None:
        # It has no connection of its own.
        return
