"""Notices that somebody changed the database: for whoever has to read again what they show."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store import database, file_access

LAST_LINE = "SELECT COALESCE(MAX(id), 0) FROM audit_lines"
KINDS = """
SELECT DISTINCT
    CASE action WHEN 'undo' THEN target_kind ELSE substr(action, 1, instr(action || '.', '.') - 1) END
FROM audit_lines WHERE id > ? AND id <= ?
"""
"""What changed, by the noun of the action: "review" of "review.approve". An undo is of its target's kind."""
ANYTHING: frozenset[str] = frozenset({"anything"})
"""The kinds of a change of which nothing is known."""
NO_NEWS: frozenset[str] = frozenset({"session"})
"""The kinds of which those who look on are not told: that somebody came in or left."""


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

    def __init__(self, ignored: frozenset[str] = NO_NEWS) -> None:
        """Changes of the kinds that are `ignored` are no news."""
        self._ignored = ignored
        self.kinds = ANYTHING
        """Of which kinds the last news were."""
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
        count = self._version_now()
        seen = self._opened, count
        if seen != self._seen:
            self._seen, self._version = seen, self._version + 1
        return self._version

    def news(self) -> int:
        """A number that differs from the last one when somebody has changed what others see since.

        Each such change has its line in the audit log. What one person keeps for themselves while they
        work, drafts typed letter by letter, has none: it would have everybody read again all the time. Nor
        does everybody read again because of what is `ignored`. Raises NewerError once a newer Muster has
        upgraded the file.
        """
        version = self.version()
        if version != self._version_told:
            connection = self._connection or self._open()
            try:
                told = self._opened, int(connection.execute(LAST_LINE).fetchone()[0])
                database.require_known(connection)
                kinds = self._kinds_since(told, connection)
            except sqlite3.Error as error:
                raise database.translate(error) from error
            self._version_told, self._told = version, told
            if kinds - self._ignored:
                self.kinds, self._news = kinds, self._news + 1
        return self._news

    def _kinds_since(self, now: tuple[int, int], connection: sqlite3.Connection) -> frozenset[str]:
        """What has changed since it was told last, if that is known."""
        before = self._told
        if before == now:
            return frozenset()
        if before is None or before[0] != now[0] or before[1] > now[1]:
            return ANYTHING
        return frozenset(row[0] for row in connection.execute(KINDS, (before[1], now[1])))

    def _version_now(self) -> int:
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
            number = int((connection or self._open()).execute("PRAGMA data_version").fetchone()[0])
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
