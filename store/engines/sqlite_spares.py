"""Connections to a SQLite file that nobody uses just now, kept for the next transaction.

Opening one means to read the definitions of all tables and triggers: most of what a short read takes.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet

from store.engines import sqlite_file

MOST = 2
"""How many are kept: a screen reads and writes in one thread, and a draft is written in another."""
_PROBE = "spare"


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it was opened to, and which of its cursors somebody still has."""

    file: object = None
    log: object = None

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *given: Any) -> Any:
        cursor = super().cursor(*given)
        self.cursors.add(cursor)
        return cursor


class Spares:
    """Connections that are used again, as long as the files are those that they were opened to."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._free: list[FileConnection] = []

    def take(self) -> FileConnection | None:
        """A connection that is as a new one; None if there is none."""
        with self._lock:
            if not all(self._is_to_the_file(each) for each in self._free):
                # As when a backup was put back: what they know of the log is of another file.
                self._close_all()
            return self._free.pop() if self._free else None

    def put(self, connection: FileConnection) -> bool:
        """Keep a connection for later. False if it has to be closed."""
        if connection.log is None:
            # It is there once somebody has read, and stays for as long as anybody is connected.
            connection.log = sqlite_file.inode(sqlite_file.beside(self._file, "-wal"))
        if not _is_as_new(connection) or not self._is_to_the_file(connection):
            return False
        with self._lock:
            if len(self._free) == MOST:
                return False
            self._free.append(connection)
        return True

    def _is_to_the_file(self, connection: FileConnection) -> bool:
        now = sqlite_file.inode(self._file), sqlite_file.inode(sqlite_file.beside(self._file, "-wal"))
        return now == (connection.file, connection.log)

    def close(self) -> None:
        """Keep none any more."""
        with self._lock:
            self._close_all()

    def _close_all(self) -> None:
        while self._free:
            self._free.pop().close()


def _is_as_new(connection: FileConnection) -> bool:
    """Whether nothing is open in it, and it has no tables of its own. Forgets the pages that it has read."""
    if connection.in_transaction:
        return False
    try:
        if connection.cursors:
            # A function cannot be defined anew while anybody is still to read the rest of a query's rows. As
            # it has all statements compiled again, it is done only where somebody may be.
            connection.create_function(_PROBE, 0, None)
            connection.create_function(_PROBE, 0, _nothing)
        if connection.execute("SELECT 1 FROM temp.sqlite_master LIMIT 1").fetchone() is not None:
            return False
        connection.execute("PRAGMA shrink_memory")
    except sqlite3.Error:
        return False
    return True


def _nothing() -> None:
    """What the function gives that is only there to be defined anew."""
