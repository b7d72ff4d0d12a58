"""The account's settings, each a JSON value under a name, changed by admins."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import NamedTuple

from store import audit, database, errors, permissions, text
from store.models import Setting
from store.views import Actor
from store.views.settings import Thresholds

THRESHOLDS = "thresholds"


class Range(NamedTuple):
    """What a number is called, and the least and the most that it may be."""

    what: str
    least: int
    most: int


RANGES = {
    "inactive_days": Range("Days without activity", 1, 365),
    "returned_days": Range("Days that returned work lies untouched", 1, 365),
    "grade_fall": Range("Percentage points of the grade", 1, 100),
    "grade_weeks": Range("Weeks over which the grade falls", 1, 52),
}


def thresholds(actor: Actor) -> Thresholds:
    """From where on members are flagged. Raises NotFoundError for all but admins."""
    with database.reading():
        permissions.require_admin(permissions.standing(actor))
        return current_thresholds()


def current_thresholds() -> Thresholds:
    """From where on members are flagged, as it stands. Call inside a transaction."""
    return _read()[1]


def _read() -> tuple[int | None, Thresholds]:
    row = database.row(Setting.select(Setting.id, Setting.value).where(Setting.name == THRESHOLDS))
    if row is None:
        return None, Thresholds()
    kept = json.loads(row[1])
    # What an older Muster did not know yet has its default.
    known = {field.name: kept[field.name] for field in fields(Thresholds) if field.name in kept}
    return row[0], Thresholds(**known)


def change_thresholds(actor: Actor, was: Thresholds, to: Thresholds) -> None:
    """Set from where on members are flagged, if it is still as it `was`.

    Raises ConflictError otherwise, InvalidError with the name of the field for a number out of range,
    NotFoundError for all but admins.
    """
    with database.writing():
        permissions.require_admin(permissions.standing(actor))
        for name in RANGES:
            _check(name, getattr(to, name))
        setting_id, now = _read()
        if now != was:
            raise audit.conflict("setting", setting_id or 0, "This setting", asdict(now))
        if to == was:
            return
        value = json.dumps(asdict(to))
        if setting_id is None:
            setting_id = Setting.insert(name=THRESHOLDS, value=value).execute()
        else:
            Setting.update(value=value).where(Setting.id == setting_id).execute()
        audit.write(actor, "setting.change", "setting", setting_id, before=asdict(was), after=asdict(to))


def parse_thresholds(typed: Mapping[str, str]) -> Thresholds:
    """Thresholds from what was typed for each. Raises InvalidError with the name of the field."""
    return Thresholds(**{name: _parse(name, typed[name]) for name in RANGES})


def _parse(name: str, typed: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", typed.strip()):
        shown = text.clean_line(typed)[:20]
        wrong = f"“{shown}” is not a whole number. " if shown else ""
        least, most = RANGES[name][1:]
        raise errors.InvalidError(f"{wrong}Type a number from {least} to {most}.", field=name)
    number = int(typed)
    _check(name, number)
    return number


def _check(name: str, number: int) -> None:
    what, least, most = RANGES[name]
    if not least <= number <= most:
        raise errors.InvalidError(f"{what} go from {least} to {most}.", field=name)
