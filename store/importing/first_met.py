"""People whom statements brought in: what they are called was only guessed, until a roster tells."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from peewee import SQL

from store import database
from store.batches import chunks
from store.models import AuditLine, ExternalId

SOURCE = "xapi"
AGENT_KINDS = ("mbox", "mbox_sha1sum", "account", "openid")
_NAMES = ("first_name", "last_name")


def in_statements(people: Iterable[int]) -> set[int]:
    """Those of these people who were made from statements and whom nobody has named by hand since.

    Call inside a transaction.
    """
    found: set[int] = set()
    for some in chunks(sorted(people)):
        query = ExternalId.select(ExternalId.local_id).where(
            ExternalId.kind.in_(list(AGENT_KINDS)),
            ExternalId.local_id.in_(list(some)),
            ExternalId.source == SOURCE,
        )
        found.update(row[0] for row in database.rows(query))
    return found - _named_by_hand(found)


def _named_by_hand(people: set[int]) -> set[int]:
    """Those whose name somebody typed: when adding or editing them, or on becoming the first admin."""
    found: set[int] = set()
    columns = (AuditLine.target_id, AuditLine.before, AuditLine.after)
    for some in chunks(sorted(people)):
        lines = AuditLine.select(*columns).where(
            AuditLine.target_kind == "user",
            AuditLine.target_id.in_(list(some)),
            AuditLine.action.startswith("user.") | (AuditLine.action == "undo"),
        )
        found.update(row[0] for row in database.rows(lines) if _renames(*map(json.loads, row[1:])))
    if people:
        first = AuditLine.select(AuditLine.after).where(AuditLine.action == "account.create")
        found.update(after.get("admin") for after in (json.loads(row[0]) for row in database.rows(first)))
    return found & people


def _renames(before: Any, after: Any) -> bool:
    """Whether a line of the audit log gave the person a name."""
    if not isinstance(after, dict) or not set(_NAMES) <= after.keys():
        return False
    return not isinstance(before, dict) or any(before.get(name) != after[name] for name in _NAMES)


def by_fingerprint() -> dict[str, int]:
    """Whom statements know by the SHA-1 of an address only (xAPI 1.0.3, section 2.4.2.2): fingerprint → id.

    Call inside a transaction.
    """
    query = ExternalId.select(ExternalId.external_id, ExternalId.local_id).where(
        ExternalId.source == SOURCE, ExternalId.kind == "mbox_sha1sum", SQL('"local_id" IS NOT NULL')
    )
    return dict(database.rows(query))
