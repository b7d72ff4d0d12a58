"""Looks out for what others write to a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from store.engines import sqlite_file


class SqliteWatch:
    """Looks out for writes to a file, by a connection that stays open.

    Another file in its place, or another log beside it, is a change as well, as when a backup was put back:
    the one that was open till then is nobody's any more.
    """

    _connection: sqlite3.Connection | None = None
    _stamp: tuple[int, ...] | None = None
    _log: tuple[int, int] | None = None
    _opened = 0

    def __init__(self, file: Path, require_known: Callable[[sqlite3.Connection], None]) -> None:
        self._path, self._require_known = file, require_known
        self._open()

    def _open(self) -> sqlite3.Connection:
        file = self._path
        self._opened, self._log = self._opened + 1, None
        self._file = _identity(file)
        # Read-only, so that a file which went away is not made anew, empty.
        self._connection = sqlite_file.connect(file, timeout=1)
        self._stamp = sqlite_file.stamp(file)
        return self._connection

    def version(self) -> tuple[int, Hashable]:
        connection, file = self._connection, self._path
        log = sqlite_file.beside(file, "-wal")
        if (
            (self._log and self._log != _identity(log))
            or self._file != _identity(file)
            or (self._stamp and self._stamp != sqlite_file.stamp(file))
        ):
            # First this one goes: connections to a file share what they know of its log.
            self.close()
            connection = None
        number = int((connection or self._open()).execute("PRAGMA data_version").fetchone()[0])
        # It is there once somebody has read, and stays for as long as anybody is connected.
        self._log = self._log or _identity(log)
        return self._opened, number

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = self._connection or self._open()
        found = connection.execute(sql).fetchall()
        self._require_known(connection)
        return found

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _identity(file: Path) -> tuple[int, int] | None:
    """Which file this is, whatever it is called; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
