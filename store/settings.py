"""The account's settings, in sets of whole numbers that admins change: each a JSON value under a name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple, TypeVar

from store import database, errors, permissions, text
from store.audit import audit
from store.models import Setting
from store.views import Actor
from store.views.settings import SessionLimits, Thresholds

NAMES: dict[type[Any], str] = {Thresholds: "thresholds", SessionLimits: "sessions"}
"""Under which name each set is kept."""

Numbers = TypeVar("Numbers", Thresholds, SessionLimits)


class Range(NamedTuple):
    """The least and the most that a number may be."""

    least: int
    most: int


RANGES = {
    "inactive_days": Range(1, 365),
    "returned_days": Range(1, 365),
    "grade_fall": Range(1, 100),
    "grade_weeks": Range(1, 52),
    "idle_minutes": Range(2, 24 * 60),
    "at_once": Range(1, 10_000),
    "per_person": Range(1, 100),
}


def get(actor: Actor, kind: type[Numbers]) -> Numbers:
    """A set of numbers as it stands. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        return current(kind)


def current(kind: type[Numbers]) -> Numbers:
    """A set of numbers as it stands. Call inside a transaction."""
    return _read(kind)[1]


def _read(kind: type[Numbers]) -> tuple[int | None, Numbers]:
    row = database.row(Setting.select(Setting.id, Setting.value).where(Setting.name == NAMES[kind]))
    if row is None:
        return None, kind()
    kept = json.loads(row[1])
    # What an older Muster did not know yet has its default.
    known = {field.name: kept[field.name] for field in fields(kind) if field.name in kept}
    return row[0], kind(**known)


def change(actor: Actor, was: Numbers, to: Numbers) -> None:
    """Set a set of numbers, if it is still as it `was`.

    Raises ConflictError otherwise, InvalidError with the name of the field for a number out of range,
    NotFoundError for all but admins.
    """
    kind = type(was)
    with database.writing():
        permissions.require_admin(permissions.of(actor))
        for field in fields(kind):
            _check(field.name, getattr(to, field.name))
        setting_id, now = _read(kind)
        if now != was:
            raise audit.conflict("setting", setting_id or 0, "This setting", asdict(now))
        if to == was:
            return
        value = json.dumps(asdict(to))
        if setting_id is None:
            setting_id = Setting.insert(name=NAMES[kind], value=value).execute()
        else:
            Setting.update(value=value).where(Setting.id == setting_id).execute()
        audit.write(actor, "setting.change", "setting", setting_id, before=asdict(was), after=asdict(to))


def change_all(actor: Actor, changes: Sequence[tuple[Any, Any]]) -> None:
    """Set several sets, each a pair of what it was and what it is to be: all of them or none.

    Raises what `change` does.
    """
    with database.writing():
        for was, to in changes:
            change(actor, was, to)


def parse(kind: type[Numbers], typed: Mapping[str, str]) -> Numbers:
    """A set of numbers from what was typed for each. Raises InvalidError with the name of the field."""
    return kind(**{field.name: _parse(field.name, typed[field.name]) for field in fields(kind)})


def _parse(name: str, typed: str) -> int:
    least, most = RANGES[name]
    typed = typed.strip()
    if not re.fullmatch(rf"[0-9]{{1,{len(str(most)) + 1}}}", typed):
        shown = text.clean_line(typed)[:20]
        wrong = f"“{shown}” is not a whole number. " if shown else ""
        raise errors.InvalidError(f"{wrong}Type a number from {least} to {most}.", field=name)
    number = int(typed)
    _check(name, number)
    return number


def _check(name: str, number: int) -> None:
    least, most = RANGES[name]
    if not least <= number <= most:
        raise errors.InvalidError(f"Type a number from {least} to {most}.", field=name)
