"""New databases: made under a passing name, and named once there is something in them to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from store import database, engines


@contextmanager
def open_or_draft(target: str, *, only_new: bool = False) -> Iterator[Callable[[], None]]:
    """Open a database to write to it; one that does not exist is made under a passing name beside its place.

    Call what this yields once there is something in it to keep: that gives it its name, or raises
    InvalidError where somebody made one of that name meanwhile. Without that nothing of it is left.
    With `only_new` one that exists is not opened: InvalidError. Raises what `open_database` does, and
    ReadOnlyError.
    """
    draft = engines.of(target).draft(only_new=only_new)
    if draft is None:
        database.open_database(target)
        database.require_writable()
        yield lambda: None
        return

    def keep() -> None:
        database.close()
        draft.keep()
        database.attach(target)

    try:
        database.open_database(draft.target, create=True)
        yield keep
    finally:
        database.close()
        draft.remove()
