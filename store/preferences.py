"""What the program remembers for one person. Nobody else sees it, and no line of the log tells of it."""

from __future__ import annotations

import json
from typing import Any

from store import database, permissions
from store.models import Preference
from store.views import Actor

THEME = "theme"


def get(actor: Actor, name: str, default: Any = None) -> Any:
    """What was put under a name, or `default` where that is nothing, or cannot be read.

    Raises SignedOutError for somebody who may not go on, as `put` does.
    """
    query = Preference.select(Preference.value).where(
        Preference.user == actor.user_id, Preference.name == name
    )
    with database.reading():
        permissions.of(actor)
        row = database.row(query)
    if row is None:
        return default
    try:
        return json.loads(row[0])
    except ValueError:
        return default


def put(actor: Actor, name: str, value: Any) -> None:
    """Remember a value that JSON can hold. An actor who is no person has nothing to remember."""
    if actor.user_id is None:
        return
    kept = {"user": actor.user_id, "name": name, "value": json.dumps(value)}
    with database.writing():
        permissions.of(actor)
        Preference.insert(kept).on_conflict(
            conflict_target=(Preference.user, Preference.name), update={"value": kept["value"]}
        ).execute()
