"""What the store gives to screens and commands: frozen, complete, with nothing left to look up.

One file a noun, so that a start reads only what its first screen shows. Times are aware UTC; points are
floats; percentages whole numbers from 0 to 100 unless said otherwise.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from store.frozen import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Without a `user_id` it is the operator of the database file, whom no rule binds.

    `session_id` is the session over SSH that they act in; None at the machine itself.
    """

    user_id: int | None
    name: str
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A window of a list: `rows` from `offset`, of `total` in all."""

    rows: tuple[T, ...]
    offset: int
    total: int
