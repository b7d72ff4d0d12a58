"""Whose memberships or accounts a long write changes, told by the database itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from store import database
from store.models import Membership, User

KEY = "people"
"""The key under which an audit line has their ids."""
ACCOUNT = (User.first_name, User.last_name, User.email, User.is_admin, User.active, User.admin_last_day)
_NAMES = ("changed_user", "changed_membership", "added_membership", "removed_membership")


@contextmanager
def noted() -> Iterator[Callable[[], list[int]]]:
    """Note whose memberships or accounts are changed inside; call what this yields for their ids.

    People who are added inside are not among them. Use inside `writing()`, once in a transaction.
    """
    # Triggers, so that no part of an import can forget to tell; temporary ones, so that nobody else pays.
    database.db.execute_sql("CREATE TEMP TABLE changed_people (id INTEGER PRIMARY KEY)")
    known = database.last_id(User)
    memberships = [field for field in Membership._meta.sorted_fields if field.name != "id"]
    events = (
        ("AFTER UPDATE", User, f"new.id <= {known} AND ({_differ(ACCOUNT)})", "new.id"),
        ("AFTER UPDATE", Membership, f"new.user_id <= {known} AND ({_differ(memberships)})", "new.user_id"),
        ("AFTER INSERT", Membership, f"new.user_id <= {known}", "new.user_id"),
        ("AFTER DELETE", Membership, f"old.user_id <= {known}", "old.user_id"),
    )
    for name, (event, model, condition, person) in zip(_NAMES, events, strict=True):
        database.db.execute_sql(
            f'CREATE TEMP TRIGGER {name} {event} ON main."{model._meta.table_name}" WHEN {condition} '
            f"BEGIN INSERT OR IGNORE INTO changed_people VALUES ({person}); END"
        )
    yield _changed
    for name in _NAMES:
        database.db.execute_sql(f"DROP TRIGGER temp.{name}")
    database.db.execute_sql("DROP TABLE temp.changed_people")


def _differ(fields: Any) -> str:
    return " OR ".join(f'old."{field.column_name}" IS NOT new."{field.column_name}"' for field in fields)


def _changed() -> list[int]:
    found = database.db.execute_sql("SELECT id FROM temp.changed_people ORDER BY id")
    return [row[0] for row in found.fetchall()]
