"""Whose memberships or accounts a long write changes, told by the database itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from store import database
from store.models import Membership, User

KEY = "people"
"""The key under which an audit line has their ids."""
ACCOUNT = (User.first_name, User.last_name, User.email, User.is_admin, User.active, User.admin_last_day)


@contextmanager
def noted() -> Iterator[Callable[[], list[int]]]:
    """Note whose memberships or accounts are changed inside; call what this yields for their ids.

    People who are added inside are not among them. Use inside `writing()`, once in a transaction.
    """
    engine = database.engine()
    memberships = [field.column_name for field in Membership._meta.sorted_fields if field.name != "id"]
    engine.note_people([field.column_name for field in ACCOUNT], memberships)
    yield engine.noted_people
    engine.forget_people()
