"""Statements that are written once and run many times, each time with other values.

For a short one it takes Peewee longer to write the SQL than the database to run it: those that each change
runs while all others wait are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from peewee import SQL, Field, Value

from store import clock, database

Given = Callable[[Any], Any]
"""Gives what stands in a statement for the next value, which is one of a column."""
AMONG = SQL("(/* among */)")
"""What stands in a statement, behind `in_`, for a list of whole numbers."""


class _Given(NamedTuple):
    """What stands in a statement for a value that is given when it is run."""

    number: int
    column: Any


class _Written(NamedTuple):
    """The SQL of a statement. It may have today's date in it, and is as one kind of database wants it."""

    db: Any
    day: date
    sql: str
    values: Sequence[Any]
    selected: Sequence[Any]


class Prepared:
    """A statement that `write` makes of what stands for the values: `given(column)` for each in turn.

    What it selects is turned into what Python knows where it is a column, and left as it is otherwise. Where
    `AMONG` stands in it, a list of whole numbers is put when it is run. Run it inside a transaction.
    """

    def __init__(self, write: Callable[[Given], Any]) -> None:
        self._write = write
        self._kept: _Written | None = None

    def rows(self, *values: Any, among: Iterable[int] = ()) -> list[tuple[Any, ...]]:
        """All rows that a select finds."""
        written, cursor = self._run(values, among)
        return [
            tuple(
                value if turn is None else turn(value)
                for turn, value in zip(written.selected, row, strict=True)
            )
            for row in cursor.fetchall()
        ]

    def row(self, *values: Any) -> tuple[Any, ...] | None:
        """The first row that a select finds, or None."""
        found = self.rows(*values)
        return found[0] if found else None

    def change(self, *values: Any) -> int:
        """How many rows an update or a delete has changed."""
        return int(self._run(values)[1].rowcount)

    def insert(self, *values: Any) -> int:
        """The id of the row that an insert has made."""
        written, cursor = self._run(values)
        return int(cursor.fetchall()[0][0] if written.db.returning_clause else cursor.lastrowid)

    def _run(self, values: Sequence[Any], among: Iterable[int] = ()) -> tuple[_Written, Any]:
        written = self._kept
        if written is None or written.db is not database.db.obj or written.day != clock.today():
            written = self._kept = self._anew()
        given = [
            each.column.db_value(values[each.number]) if isinstance(each, _Given) else each
            for each in written.values
        ]
        sql = written.sql
        if AMONG.sql in sql:
            sql = sql.replace(AMONG.sql, database.numbers(among).sql)
        return written, written.db.execute_sql(sql, given)

    def _anew(self) -> _Written:
        count = 0

        def given(column: Any) -> Any:
            nonlocal count
            count += 1
            return Value(_Given(count - 1, column), converter=False, unpack=False)

        day, db = clock.today(), database.db.obj
        query = self._write(given)
        sql, values = db.get_sql_context().sql(query).query()
        columns = getattr(query, "selected_columns", ())
        selected = [column.python_value if isinstance(column, Field) else None for column in columns]
        return _Written(db, day, sql, values, selected)
