"""What Peewee keeps of a PostgreSQL database: connections, and how transactions begin and end in them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import peewee
from peewee import PeeweeException, PostgresqlDatabase, Psycopg3Adapter

from store import errors
from store.engines import postgresql_server as server

T = TypeVar("T")

KEPT = 2
"""Connections that a program keeps for its next transactions."""
KEPT_SECONDS = 60.0
"""How long, so that programs that rest take none of the server's."""


_in_peewees_words: Any = vars(peewee)["__exception_wrapper__"]


class Adapter(Psycopg3Adapter):
    """What Peewee asks of psycopg, which it could not import by itself."""

    txn_idle = server.STATE.IDLE
    txn_inerror = server.STATE.INERROR
    txn_unknown = server.STATE.UNKNOWN


class ServerDatabase(PostgresqlDatabase):
    """Begins transactions as the store needs them, in connections that are used again."""

    psycopg2_adapter = psycopg3_adapter = Adapter
    # Numbers have no limit that a test on SQLite would not find; texts sort as Python sorts them.
    field_types = {
        **PostgresqlDatabase.field_types,
        "AUTO": "BIGSERIAL",
        "INT": "BIGINT",
        "FLOAT": "DOUBLE PRECISION",
        "TEXT": 'TEXT COLLATE "C"',
    }
    known: Sequence[str]
    _state: Any
    _log_query: Any

    def __init__(self, url: str, known: Sequence[str]) -> None:
        self.known = known
        self._free: list[tuple[Any, float]] = []
        self._guard = threading.Lock()
        self._process = os.getpid()
        super().__init__(url, autoconnect=False)

    def _connect(self) -> Any:
        with self._guard:
            if self._process != os.getpid():
                # A copy of the program may not speak in the connections of the first.
                self._process, self._free = os.getpid(), []
            long_ago = time.monotonic() - KEPT_SECONDS
            while self._free:
                connection, since = self._free.pop()
                if since > long_ago:
                    return connection
                connection.close()
        return server.connect(self.database)

    def _close(self, conn: Any) -> None:
        if not conn.closed and conn.info.transaction_status == server.STATE.IDLE:
            with self._guard:
                if len(self._free) < KEPT:
                    self._free.append((conn, time.monotonic()))
                    return
        conn.close()

    def close_all(self) -> None:
        """End the connections that are kept."""
        with self._guard:
            free, self._free = self._free, []
        for connection, _ in free:
            connection.close()

    def begin(self, isolation_level: str | None = None) -> None:
        """Begin with these statements, see `server.begin`."""
        sql = isolation_level or "BEGIN"
        self._anew_if_lost(lambda: self._begin(sql))

    def ask(self, sql: str) -> Any:
        """What a look-up finds first, outside of transactions."""
        with self.connection_context():
            return self._anew_if_lost(lambda: self._state.conn.execute(sql).fetchone()[0])

    def find(self, sql: str) -> list[tuple[Any, ...]]:
        """What one query finds, outside of transactions. Raises NewerError."""
        with self.connection_context():
            return self._anew_if_lost(lambda: server.find(self._state.conn, sql, self.known, self.database))

    def require_own(self, who: str) -> None:
        """Raises InvalidError where the next transaction may come to another server process."""
        with self.connection_context():
            self._anew_if_lost(lambda: server.require_own(self._state.conn, who))

    def _anew_if_lost(self, do: Callable[[], T]) -> T:
        """Do what begins something, or asks alone: again where the connection was lost since its last use."""
        with _in_peewees_words:
            try:
                return do()
            except server.DRIVER_ERROR:
                if not self._state.conn.closed:
                    raise
                self.close_all()
                self._state.conn.close()
                self._state.conn = server.connect(self.database)
                return do()

    def _begin(self, sql: str) -> None:
        connection = self._state.conn
        if sql == "BEGIN":
            connection.execute(sql)
        else:
            server.begin(connection, sql, self.known, self.database)
        self._state.writes = sql not in (server.READ, server.PLAN)

    def commit(self) -> None:
        try:
            super().commit()
        except PeeweeException as error:
            if self._state.writes and self._state.conn.closed:
                raise errors.OutcomeUnknownError() from error
            raise

    def rollback(self) -> None:
        # Of a lost connection the server takes everything back by itself.
        if not self._state.conn.closed:
            super().rollback()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        self._log_query(sql, params)
        with _in_peewees_words:
            cursor = self.cursor()
            # Without values a percent sign is one.
            cursor.execute(sql, params or None)
        return cursor
