"""Notices that somebody changed the database: for whoever has to read again what they show."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store import database, file_access

LAST_CHANGE = """
SELECT COALESCE((
    SELECT id FROM audit_lines WHERE action NOT IN ('session.start', 'session.end') ORDER BY id DESC LIMIT 1
), 0)
"""


class ChangeWatch:
    """Tells whether somebody changed the database. Use it from one thread, and close it there.

    Another file in its place, or another log beside it, is a change as well, as when a backup was put back:
    the one that was open till then is nobody's any more.
    """

    _connection: sqlite3.Connection | None = None
    _stamp: tuple[int, ...] | None = None
    _log: tuple[int, int] | None = None
    _seen: tuple[int, int] | None = None
    _told: tuple[int, int] | None = None
    _opened = _version = _version_told = _news = 0

    def __init__(self) -> None:
        self._open()

    def _open(self) -> sqlite3.Connection:
        self._opened, self._log = self._opened + 1, None
        self._file = _identity(database.location())
        try:
            # Read-only, so that a file which went away is not made anew, empty.
            self._connection = file_access.connect(database.location(), timeout=1)
            self._stamp = file_access.stamp(database.location())
        except sqlite3.Error as error:
            raise database.translate(error) from error
        return self._connection

    def version(self) -> int:
        """A number that differs from the last one when another connection has written since."""
        count = self._number("PRAGMA data_version")
        seen = self._opened, count
        if seen != self._seen:
            self._seen, self._version = seen, self._version + 1
        return self._version

    def news(self) -> int:
        """A number that differs from the last one when somebody has changed what others see since.

        Each such change has its line in the audit log. What one person keeps for themselves while they
        work, drafts typed letter by letter, has none: it would have everybody read again all the time. Nor
        does everybody read again because somebody came in or left. Raises NewerError once a newer Muster has
        upgraded the file.
        """
        version = self.version()
        if version != self._version_told:
            line = self._number(LAST_CHANGE)
            if self._connection is not None:
                database.require_known(self._connection)
            told = self._opened, line
            self._version_told = version
            if told != self._told:
                self._told, self._news = told, self._news + 1
        return self._news

    def _number(self, query: str) -> int:
        connection = self._connection
        file = database.location()
        log = file_access.beside(file, "-wal")
        if (
            (self._log and self._log != _identity(log))
            or self._file != _identity(file)
            or (self._stamp and self._stamp != file_access.stamp(file))
        ):
            # First this one goes: connections to a file share what they know of its log.
            self.close()
            connection = None
        try:
            number = int((connection or self._open()).execute(query).fetchone()[0])
        except sqlite3.Error as error:
            raise database.translate(error) from error
        # It is there once somebody has read, and stays for as long as anybody is connected.
        self._log = self._log or _identity(log)
        return number

    def close(self) -> None:
        """End the watching connection."""
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
