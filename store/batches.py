"""Long lists in pieces: a database takes only so many values in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

ROWS_AT_ONCE = 500


def chunks(rows: Sequence[T], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[T]]:
    """The rows, `size` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
