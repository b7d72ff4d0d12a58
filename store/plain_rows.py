"""Rows of a query as plain tuples, all at once.

Peewee reads row by row, and asks each column for its value in Python, also where that is what the database
gave: of much that takes longer than to find it.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    AutoField,
    BigIntegerField,
    CharField,
    Field,
    FieldAlias,
    FloatField,
    ForeignKeyField,
    IntegerField,
    ModelTupleCursorWrapper,
    TextField,
)

_AS_THEY_ARE = (IntegerField, BigIntegerField, CharField, TextField, FloatField)


def read(query: Any) -> list[tuple[Any, ...]]:
    """All rows that a query finds, with the values that its columns have in Python."""
    found = query.tuples().execute()
    rows: list[tuple[Any, ...]] = found.cursor.fetchall()
    if not rows or not isinstance(found, ModelTupleCursorWrapper):
        return rows
    found.initialize()
    turned = [
        (at, turn)
        for at, (turn, field) in enumerate(zip(found.converters, found.fields, strict=True))
        if turn is not None and not _is_as_it_is(field)
    ]
    if not turned:
        return rows
    for number, row in enumerate(rows):
        values = list(row)
        for at, turn in turned:
            values[at] = turn(values[at])
        rows[number] = tuple(values)
    return rows


def _is_as_it_is(field: Field | None) -> bool:
    """Whether the database gives the values of a column as Python has them. None is what was reckoned."""
    while isinstance(field, FieldAlias):
        field = field.field
    if isinstance(field, ForeignKeyField):
        field = field.rel_field
    return type(field) in _AS_THEY_ARE or isinstance(field, AutoField)
