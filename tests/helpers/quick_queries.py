"""Peewee writes the same statements with half of the calls.

The program makes each query anew, as Peewee is meant to be used, and writing it takes longer than
SQLite needs to answer it from the small database of a test.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import peewee

named: Any = peewee
WRITTEN_BY = ("__call__", "__enter__", "__exit__"), ("__sql__",), ("__sql__",), ("create",)
CLASSES = (named.Context, named.Column, named.Field, named.FieldAlias)
ORIGINAL = [
    (kind, name, vars(kind)[name]) for kind, names in zip(CLASSES, WRITTEN_BY, strict=True) for name in names
]
"""What Peewee has in place of what is here."""
_column_original = vars(named.Column)["__sql__"]


def install() -> None:
    """From here on."""
    # Found at once, and not by a look into the dictionary that they are.
    vars(named.OP).update(named.OP)
    named.Context.__call__ = _enter_state
    named.Context.__enter__ = _open
    named.Context.__exit__ = _close
    named.Column.__sql__ = _column_sql
    named.Field.__sql__ = _field_sql
    named.FieldAlias.create = classmethod(_aliased)


def _enter_state(ctx: Any, **overrides: Any) -> Any:
    before = ctx.state
    ctx.stack.append(before)
    scope = overrides.pop("scope", None)
    parentheses = overrides.pop("parentheses", None)
    settings = {**before.settings, **overrides} if overrides else before.settings
    ctx.state = named.State(before.scope if scope is None else scope, parentheses, settings)
    return ctx


def _open(ctx: Any) -> Any:
    if ctx.state.parentheses:
        ctx._sql.append("(")
    return ctx


def _close(ctx: Any, *_: object) -> None:
    if ctx.state.parentheses:
        ctx._sql.append(")")
    ctx.state = ctx.stack.pop()


def _column_sql(column: Any, ctx: Any) -> Any:
    return _named(ctx, column.source, column.name) or _column_original(column, ctx)


def _field_sql(field: Any, ctx: Any) -> Any:
    return _named(ctx, field.model._meta.table, field.column_name) or ctx.sql(field.column)


def _named(ctx: Any, source: Any, column: str) -> Any:
    """Write a column by its name, and by its table's where that is needed; None for other sources."""
    state = ctx.state
    chars = state.settings.get("quote") or '""'
    if state.scope == named.SCOPE_VALUES:
        ctx._sql.append(_quoted(column, chars))
        return ctx
    kind = type(source)
    if kind is not named.Table and kind is not named.ModelAlias:
        return None
    names = ctx.alias_manager
    if alias := source._alias if kind is named.Table else source.alias:
        names[source] = alias
    ctx._sql.append(f"{_quoted(names[source], chars)}.{_quoted(column, chars)}")
    return ctx


@cache
def _quoted(name: str, chars: str) -> str:
    return name.replace(chars[0], chars).join(chars)


_kinds: dict[Any, Any] = {}
"""The class of aliases of a kind of field. Peewee makes one each time that a field is asked of an alias."""


def _aliased(cls: Any, source: Any, field: Any) -> Any:
    kind = type(field)
    if kind not in _kinds:
        _kinds[kind] = type("_FieldAlias", (cls, kind), {})
    return _kinds[kind](source, field)
