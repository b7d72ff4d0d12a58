"""A condition on a subquery is put into words once.

To see whether what stands behind IN is an empty list, Peewee makes the SQL of it, and then makes it again for
the query. For a subquery in a subquery that doubles at each level, and a SELECT is never an empty list.
"""

from __future__ import annotations

from typing import Any

from peewee import Expression, SelectBase

NAME = "_is_rhs_empty"
"""What Peewee 4 calls it. It is its own affair: a version that has it no more goes on as it does."""
_is_empty = getattr(Expression, NAME, None)


def _is_empty_list(condition: Expression, behind: Any, context: Any) -> bool:
    return (
        _is_empty is not None and not isinstance(behind, SelectBase) and _is_empty(condition, behind, context)
    )


def build_once() -> None:
    """From now on, for every query of this process."""
    if _is_empty is not None:
        setattr(Expression, NAME, _is_empty_list)
