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

    def __init__(
        self,
        file: Path,
        require_known: Callable[[sqlite3.Connection], None],
        release: Callable[[], None],
    ) -> None:
        """`release` closes what else this process keeps open to the file."""
        self._path, self._require_known, self._release = file, require_known, release
        self._open()

    def _open(self) -> sqlite3.Connection:
        file = self._path
        self._opened, self._log = self._opened + 1, None
        self._file = sqlite_file.inode(file)
        # Read-only, so that a file which went away is not made anew, empty.
        self._connection = sqlite_file.connect(file, timeout=1)
        self._stamp = sqlite_file.stamp(file)
        return self._connection

    def version(self) -> tuple[int, Hashable]:
        connection, file = self._connection, self._path
        log = sqlite_file.beside(file, "-wal")
        if (
            (self._log and self._log != sqlite_file.inode(log))
            or self._file != sqlite_file.inode(file)
            or (self._stamp and self._stamp != sqlite_file.stamp(file))
        ):
            # First these go: connections to a file share what they know of its log.
            self._release()
            self.close()
            connection = None
        number = int((connection or self._open()).execute("PRAGMA data_version").fetchone()[0])
        # It is there once somebody has read, and stays for as long as anybody is connected.
        self._log = self._log or sqlite_file.inode(log)
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
