"""Writing many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from store import database
from store.batches import ROWS_AT_ONCE, chunks
from store.database import db
from store.models import DayField, UtcField

# SQLite takes 32,766 values in one statement; half of that keeps statements quick to prepare.
VALUES_AT_ONCE = 16_000


def insert(model: Any, fields: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Insert many rows; their new ids, in the order of the rows. Other fields get their defaults."""
    return insert_ending(model, fields, rows, 'RETURNING "id"')


def insert_ending(
    model: Any, fields: Sequence[Any], rows: Sequence[tuple[Any, ...]], ending: str
) -> list[int]:
    """Insert many rows with a statement that ends so; the ids that it returns, in order.

    The statements are put together here: Peewee takes five times as long as the database itself.
    """
    columns, convert = conversion(model, fields)
    names = ", ".join(f'"{field.column_name}"' for field in columns)
    one = f"({', '.join([db.param] * len(columns))})"
    ids: list[int] = []
    for chunk in chunks(rows, min(ROWS_AT_ONCE, VALUES_AT_ONCE // len(columns))):
        values = ", ".join([one] * len(chunk))
        sql = f'INSERT INTO "{model._meta.table_name}" ({names}) VALUES {values} {ending}'
        given = [value for row in chunk for value in convert(row)]
        # Ids are given in the order of the rows, but may be told in another.
        cursor = db.execute_sql(sql, given)
        ids.extend(sorted(row[0] for row in cursor.fetchall()) if cursor.description else ())
    return ids


def conversion(
    model: Any, fields: Sequence[Any]
) -> tuple[tuple[Any, ...], Callable[[tuple[Any, ...]], Sequence[Any]]]:
    """The columns that a row with these fields fills, those with defaults among them, and what makes a row of
    values as the database has them.
    """
    named = {field.name for field in fields}
    defaults = {field: value for field, value in model._meta.defaults.items() if field.name not in named}
    columns = (*fields, *defaults)
    fixed = tuple(field.db_value(value) for field, value in defaults.items())
    # Numbers and texts are kept as they are.
    special = [
        (at, field.db_value) for at, field in enumerate(fields) if isinstance(field, UtcField | DayField)
    ]

    def convert(row: tuple[Any, ...]) -> Sequence[Any]:
        kept = [*row, *fixed]
        for at, to_kept in special:
            kept[at] = to_kept(kept[at])
        return kept

    return columns, convert


class Updates:
    """Changes of many rows of one table, gathered; those with the same values are written together."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._ids: dict[tuple[tuple[str, Any], ...], list[int]] = {}

    def add(self, row_id: int, **values: Any) -> None:
        """Have these columns set in a row."""
        self._ids.setdefault(tuple(values.items()), []).append(row_id)

    def run(self) -> None:
        """Write all of it."""
        for values, ids in self._ids.items():
            for some in chunks(ids):
                self._model.update(dict(values)).where(self._model.id.in_(database.numbers(some))).execute()
        self._ids.clear()


def deactivate(model: Any, ids: Iterable[int]) -> int:
    """Switch rows off that are on; how many were."""
    return _switch(model, ids, on=False)


def activate(model: Any, ids: Iterable[int]) -> int:
    """Switch rows on that are off; how many were."""
    return _switch(model, ids, on=True)


def _switch(model: Any, ids: Iterable[int], *, on: bool) -> int:
    wanted = model.active if not on else ~model.active
    return sum(
        model.update(active=on).where(model.id.in_(list(chunk)), wanted).execute()
        for chunk in chunks(sorted(set(ids)))
    )
