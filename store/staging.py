"""Temporary tables: what a long write prepares before it locks others out.

They belong to the connection, and go with it; writing to them waits for nobody and keeps nobody waiting.
Values stand as `?` in the statements, whatever the database calls them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from store import database
from store.database import db


@contextmanager
def own_connection() -> Iterator[None]:
    """Keep the connection, and with it the tables from one transaction to the next.

    Raises InvalidError where the way to the database takes another connection for each.
    """
    with database.connected():
        with database.translated():
            database.engine().require_own_connection()
        yield


@contextmanager
def scratch(*tables: str) -> Iterator[None]:
    """Keep the connection, and drop these tables in the end."""
    with own_connection():
        try:
            yield
        finally:
            for table in tables:
                run(f"DROP TABLE IF EXISTS {table}")


def make(table: str, columns: str) -> None:
    """Make a temporary table anew."""
    run(f"DROP TABLE IF EXISTS {table}")
    run(f"CREATE TEMPORARY TABLE {table} ({columns})")


def fill(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Put rows into a table."""
    if rows:
        with database.in_own_tables():
            database.engine().put_rows(table, columns, rows)


def many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement with each of these rows of values."""
    if not rows:
        return
    with database.in_own_tables():
        db.cursor().executemany(_said(sql), rows)


def run(sql: str, *values: Any) -> int:
    """Run a statement; how many rows it wrote."""
    count: int = db.execute_sql(_said(sql), values).rowcount
    return count


def rows(sql: str, *values: Any) -> Any:
    """The rows that a statement gives, as they come."""
    return db.execute_sql(_said(sql), values)


def has(which: str, *values: Any) -> bool:
    """Whether there is a row: `which` stands behind FROM."""
    return rows(f"SELECT 1 FROM {which} LIMIT 1", *values).fetchone() is not None


def _said(sql: str) -> str:
    return sql if db.param == "?" else sql.replace("?", db.param)
