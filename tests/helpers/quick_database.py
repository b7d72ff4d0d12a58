"""Connections to a test's own database file are used again, where the program opens one for each transaction.

Opening one means to read all table definitions and to make the files beside the database anew: most of what
a short transaction takes. A connection that is used again is like a new one: no transaction is open in it,
and it has no tables of its own.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store import database
from store.engines import sqlite, sqlite_file

_free: dict[tuple[float, ...], list[sqlite3.Connection]] = {}
"""Connections that nobody uses, by the file that they are to and the seconds that they wait for others."""
_files: dict[sqlite3.Connection, tuple[float, ...]] = {}
"""All connections that are kept open, and which file each is to."""
_plain: dict[tuple[float, ...], list[sqlite3.Connection]] | None = None
"""Connections past the program that nobody uses, by the file that they are to; None where none is kept."""
_lasting: set[tuple[float, ...]] = set()
"""Files to which connections stay open for the tests that follow: no test changes what is in them."""
_connect = sqlite.FileDatabase._connect
_close = sqlite.FileDatabase._close


def _file_of(db: sqlite.FileDatabase) -> tuple[float, ...] | None:
    file = sqlite_file.inode(database.location())
    return None if file is None else (*file, db._timeout)  # type: ignore[attr-defined]


def _connect_again(db: sqlite.FileDatabase) -> sqlite3.Connection:
    if sqlite_file.is_read_only(database.location()):
        return _connect(db)
    file = _file_of(db)
    free = _free.get(file, []) if file is not None else []
    if free:
        return free.pop()
    # Whichever thread is next may have it.
    db.connect_params["check_same_thread"] = False
    connection = _connect(db)
    if file is not None:
        _files[connection] = file
    return connection


def _put_back(db: sqlite.FileDatabase, connection: sqlite3.Connection) -> None:
    file = _files.get(connection)
    if file is not None and _is_as_new(connection):
        _free.setdefault(file, []).append(connection)
    else:
        _files.pop(connection, None)
        connection.close()


def _is_as_new(connection: sqlite3.Connection) -> bool:
    """Whether it can be used again. As when the last one closes, a copy of the file then has all of it."""
    if connection.in_transaction or _has_own_tables(connection):
        return False
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.OperationalError:
        # A query that nobody read to its end.
        return False
    return True


def _has_own_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM temp.sqlite_master LIMIT 1").fetchone() is not None


def run(file: Path, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Have a file do something past the program, with none of its settings; what it gives."""
    number = None if _plain is None or sqlite_file.is_read_only(file) else sqlite_file.inode(file)
    free = _plain.setdefault(number, []) if _plain is not None and number is not None else []
    connection = free.pop() if free else _connect_past(file)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        if number is None or connection.in_transaction:
            connection.close()
        else:
            if not sql.startswith("SELECT"):
                # As when the last one closes, a copy of the file then has all of it.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            free.append(connection)


def _connect_past(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, isolation_level=None, check_same_thread=False)


@contextmanager
def kept_open() -> Iterator[None]:
    """Keep connections for the next transaction; in the end all are closed."""
    global _plain
    _plain = {}
    sqlite.FileDatabase._connect = _connect_again  # type: ignore[method-assign, assignment]
    sqlite.FileDatabase._close = _put_back  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        sqlite.FileDatabase._connect = _connect  # type: ignore[method-assign]
        sqlite.FileDatabase._close = _close  # type: ignore[method-assign]
        database.close()
        for connection in itertools.chain.from_iterable(_plain.values()):
            connection.close()
        _plain = None
        _close_all()


def last(file: Path) -> None:
    """Keep connections to this file open from test to test, until the end of the run."""
    if (number := sqlite_file.inode(file)) is not None:
        _lasting.add(number)


def let_go() -> None:
    """Keep no connection any longer."""
    _lasting.clear()
    _close_all()


def _close_all() -> None:
    """Close all connections but those that stay."""
    for connection in [each for each, file in _files.items() if file[:2] not in _lasting]:
        connection.close()
        del _files[connection]
    for file in [file for file in _free if file[:2] not in _lasting]:
        del _free[file]
