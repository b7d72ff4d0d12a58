"""What tables are made of: columns of moments and days, what every table shares, and how they are asked."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from peewee import BigIntegerField, Check, Expression, Model, ModelAlias, SelectBase, TextField

from store import clock
from store.database import IdField, db


class UtcField(BigIntegerField):
    """An aware UTC datetime, kept as whole microseconds since 1970.

    A number sorts, compares and divides into weeks the same way in every database.
    """

    def db_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return clock.to_micros(value)
        return value

    def python_value(self, value: Any) -> Any:
        return None if value is None else clock.from_micros(value)


class DayField(TextField):
    """A calendar day, kept as ISO 8601 writes it: texts of it sort as the days do."""

    def db_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            # Others may write to the database too.
            return None


def one_of(column: str, words: type[StrEnum]) -> Any:
    """Constraint: the column holds one of these words."""
    known = ", ".join(f"'{word}'" for word in words)
    return Check(f'"{column}" IN ({known})')


class Table(Model):
    """What every table shares: the database, and ids that are never given twice."""

    id = IdField()

    class Meta:
        database = db
        legacy_table_names = False

    @classmethod
    def alias(cls, alias: str | None = None) -> Any:
        """The table under another name; the same object each time, since Peewee makes a class a column."""
        return ModelAlias(cls) if alias is None else _alias(cls, alias)


@cache
def _alias(table: type[Table], name: str) -> Any:
    return ModelAlias(table, name)


_NAME = "_is_rhs_empty"
"""What Peewee 4 calls it. It is its own affair: a version that has it no more goes on as it does."""
_is_empty = getattr(Expression, _NAME, None)


def _is_empty_list(condition: Expression, behind: Any, context: Any) -> bool:
    """Whether what stands behind IN is an empty list, which a SELECT never is.

    To see that, Peewee makes the SQL of it, and then makes it again for the query: for a subquery in a
    subquery that doubles at each level.
    """
    return (
        _is_empty is not None and not isinstance(behind, SelectBase) and _is_empty(condition, behind, context)
    )


if _is_empty is not None:
    setattr(Expression, _NAME, _is_empty_list)
