"""What others have changed of people's memberships and accounts since a line of the audit log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from peewee import fn

from store import changed_people
from store.audit import lines
from store.audit.lines import AuditRecord
from store.models import AuditLine
from store.views.groups import RANKS

ELSEWHERE = ("review", "reply", "report", "setting", "account", "key", "session", "enrolment")
"""Actions that begin with one of these change nobody's memberships or account."""
OF_GROUPS = ("group.create", "group.edit", "group.nest", "group.digest")
"""Actions on groups that change nobody's memberships or account either."""
NAMING = (
    *("membership.add", "membership.role", "membership.remove", "group.delete", "user.add", "user.edit"),
    *("membership.begin", "membership.change", "membership.end", "admin.begin", "admin.end", "admin.keep"),
)
"""Actions of which the lines name everybody whom they changed."""


def changed(user_ids: Collection[int], line_id: int, but: int) -> set[int]:
    """Those of `user_ids` whose memberships or account anybody else than `but` changed after the line.

    A change that was undone counts for nothing. Call inside a transaction.
    """
    among, found = set(user_ids), set[int]()
    if not among:
        return found
    for line, restored in _standing(_by_others(line_id, but, among)):
        told = _people_of(line)
        found |= among if told is None else (told - restored) & among
        if found == among:
            break
    return found


def before_taking(user_id: int, line_ids: Collection[int]) -> set[int]:
    """Those of these lines after which somebody else took a role, admin rights or access from a person.

    Call inside a transaction.
    """
    if not line_ids:
        return set()
    found = _by_others(min(line_ids), user_id, {user_id})
    return {
        line_id
        for line_id in line_ids
        # For each anew: what was given before it and undone after it was taken since.
        if any(
            _takes(line, user_id, restored)
            for line, restored in _standing([line for line in found if line.id > line_id])
        )
    }


def _by_others(line_id: int, but: int, among: set[int]) -> list[AuditRecord]:
    """The lines after this one by others than `but` that may tell of these people, newest first."""
    others = AuditLine.actor.is_null() | (AuditLine.actor != but)
    elsewhere = AuditLine.target_kind.in_(("completion", "reply")) | AuditLine.action.in_(OF_GROUPS)
    for noun in ELSEWHERE:
        elsewhere |= AuditLine.action.startswith(f"{noun}.")
    since = (AuditLine.id > line_id) & others & ~elsewhere
    if len(among) == 1:
        # Reading very many lines in full takes seconds, and this is asked while others wait to write.
        since &= AuditLine.action.not_in(NAMING) | _mentions(*among)
    return lines.read(since)


def _standing(found: list[AuditRecord]) -> Iterator[tuple[AuditRecord, set[int]]]:
    """Those of these lines that were not undone by another of them.

    Undoing a deletion may leave people out: such a deletion is in it, with those who were restored.
    """
    undoings = {line.undoes: line for line in found if line.undoes is not None}
    there = {line.id for line in found}
    for line in found:
        undoing = undoings.get(line.id)
        if undoing is not None and line.action == "group.delete":
            yield line, _restored(undoing, line)
        elif undoing is None and line.undoes not in there:
            yield line, set()


def _mentions(user_id: int) -> Any:
    """Condition on lines as `audit` writes them: they may name this person."""
    of_them = (AuditLine.target_kind == "user") & (AuditLine.target_id == user_id)
    for side in (AuditLine.before, AuditLine.after):
        # Each database has this function, and each another name for the one that finds a text.
        of_them |= fn.REPLACE(side, f'"user":{user_id}', "") != side
    return of_them


def _restored(undoing: AuditRecord, deletion: AuditRecord) -> set[int]:
    """Who was put back into groups by undoing their deletion: all of them, unless the line tells."""
    told = undoing.after if isinstance(undoing.after, dict) else {}
    return set(_named_in(told.get("memberships", deletion.before)))


def _people_of(line: AuditRecord) -> set[int] | None:
    """Whom a line may have changed; None if it might be anybody."""
    if isinstance(line.after, dict) and isinstance(line.after.get(changed_people.KEY), list):
        return set(line.after[changed_people.KEY])
    if line.action in ("import.oneroster", "import.groups"):
        # Older imports did not name those whom they changed.
        return None
    found = {line.target_id} if line.kind == "user" else set()
    found |= {*_named_in(line.before), *_named_in(line.after)}
    if not found and line.kind not in ("group", "import"):
        # A kind of action that this does not know.
        return None
    if line.undoes is not None:
        undone = lines.read(AuditLine.id == line.undoes)
        found |= {person for one in undone for person in (*_named_in(one.before), *_named_in(one.after))}
    return found


def _named_in(told: Any) -> Iterator[int]:
    """The people whose memberships are told of anywhere in what a line kept."""
    if isinstance(told, list):
        for part in told:
            yield from _named_in(part)
    elif isinstance(told, dict):
        for name, part in told.items():
            if name in ("user", "user_id") and isinstance(part, int):
                yield part
            elif isinstance(part, dict | list):
                yield from _named_in(part)


def _takes(line: AuditRecord, user_id: int, restored: set[int]) -> bool:
    """Whether a line takes something from a person. One that tells of them and not what of does."""
    told = _people_of(line)
    if told is not None and user_id not in told - restored:
        return False
    had, has = _held(line, line.before, user_id), _held(line, line.after, user_id)
    if had or has:
        return any(has.get(what, -1) < rank for what, rank in had.items())
    return True


def _held(line: AuditRecord, told: Any, user_id: int) -> dict[Any, int]:
    """What a person holds by a side of a line: memberships by id with the rank of the role, admin, active."""
    if line.kind == "user" and line.target_id == user_id and isinstance(told, dict):
        return {what: int(bool(told[what])) for what in ("is_admin", "active") if what in told}
    found: dict[Any, int] = {}
    for membership in _memberships_in(told):
        if membership.get("user") == user_id and membership.get("active", True):
            found[membership["id"]] = RANKS.get(membership["role"], 0)
    return found


def _memberships_in(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, list):
        for part in told:
            yield from _memberships_in(part)
    elif isinstance(told, dict):
        if {"id", "user", "role"} <= told.keys():
            yield told
        for part in told.values():
            if isinstance(part, dict | list):
                yield from _memberships_in(part)
