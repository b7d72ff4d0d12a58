"""Writes that are worked out before others are locked out, and done all at once then.

What is to be written stands in temporary tables meanwhile, under the ids that it will have. Nothing else is
remembered of the database but its last audit line: as every change writes one, the lines since tell whether
what was read still holds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from itertools import count
from typing import Any

from store import database, staging
from store.importing.bulk_writes import conversion
from store.importing.transaction import WRITING, Progress
from store.models import (
    Attempt,
    AuditLine,
    Completion,
    Course,
    Enrolment,
    ExternalId,
    Lesson,
    Post,
    Review,
    Step,
    User,
)
from store.models.kept_statements import KeptStatement

_ORDER = (User, Course, Lesson, Step, Enrolment, Completion, Attempt, Review, Post, KeptStatement, ExternalId)
"""Those that are referred to come first."""
_ELSEWHERE = ("group.", "membership.", "reply.", "report.", "setting.", "key.", "session.", "site.")
"""Actions that change nothing of people's work, nor who they are."""
_AT_ONCE = 5_000


class _Rows:
    """New rows of one table. They are filled in turn, with the fields of the first."""

    def __init__(self, model: Any, fields: Sequence[Any]) -> None:
        self.model = model
        self.columns, self._convert = conversion(model, fields)
        self.names = ["id", *(field.column_name for field in self.columns)]
        self.last = database.last_id(model)
        self._ids = count(self.last + 1)
        self._waiting: list[Sequence[Any]] = []
        self.table = f"planned_{model._meta.table_name}"
        staging.run(f"DROP TABLE IF EXISTS {self.table}")
        alike = f"SELECT {', '.join(self.names)} FROM {model._meta.table_name} WHERE 1 = 0"
        staging.run(f"CREATE TEMPORARY TABLE {self.table} AS {alike}")

    def add(self, rows: Sequence[tuple[Any, ...]]) -> list[int]:
        ids = []
        for row in rows:
            row_id = next(self._ids)
            ids.append(row_id)
            self._waiting.append((row_id, *self._convert(row)))
        if len(self._waiting) >= _AT_ONCE:
            self.flush()
        return ids

    def flush(self) -> None:
        staging.fill(self.table, self.names, self._waiting)
        self._waiting.clear()

    def write(self, shift: int, ending: str = "") -> None:
        """Put all of them into the table itself, with ids that are so much higher."""
        named = self.names if not ending else self.names[1:]
        chosen = ", ".join([f"id + {shift}" if name == "id" else name for name in named])
        staging.run(
            f"INSERT INTO {self.model._meta.table_name} ({', '.join(named)}) SELECT {chosen} "
            f"FROM {self.table} WHERE id > 0 ORDER BY id {ending}"
        )
        if not ending:
            database.ids_given(self.model, next(self._ids) - 1 + shift)


class WritePlan:
    """What a long write comes to. Make it, and fill it, in one view of the data."""

    def __init__(self) -> None:
        self._rows: dict[Any, _Rows] = {}
        self._before: list[Any] = []
        self._behind: list[Any] = []
        self._many: dict[str, list[Sequence[Any]]] = {}
        self._many_behind: dict[str, list[Sequence[Any]]] = {}
        self._audited = database.last_id(AuditLine)

    def insert(self, model: Any, fields: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> list[int]:
        """Have new rows; the ids that they will have. All rows of a table name the same fields."""
        if not rows:
            return []
        if model not in self._rows:
            self._rows[model] = _Rows(model, fields)
        return self._rows[model].add(rows)

    def before(self, query: Any) -> None:
        """Have rows changed or deleted that are here, before the new ones come."""
        self._before.append(query)

    def behind(self, query: Any) -> None:
        """Have rows changed once the new ones are there."""
        self._behind.append(query)

    def change(self, sql: str, row: Sequence[Any], *, behind: bool = False) -> None:
        """Have one statement run with these values, as with those of others."""
        many = self._many_behind if behind else self._many
        many.setdefault(sql, []).append(row)

    def flush(self) -> None:
        """All is told: put what waits into its table."""
        for rows in self._rows.values():
            rows.flush()

    def holds(self, touched: Collection[int]) -> bool:
        """Whether what was read still holds; `touched` are the completions that this is about.

        Call inside the transaction that is to write.
        """
        lines = AuditLine.select(AuditLine.action, AuditLine.target_kind, AuditLine.target_id)
        for action, kind, target in database.rows(lines.where(AuditLine.id > self._audited)):
            is_other_work = action.startswith("review.") and kind == "completion" and target not in touched
            if not is_other_work and not action.startswith(_ELSEWHERE):
                return False
        moved = [rows.model for rows in self._rows.values() if database.last_id(rows.model) != rows.last]
        return all(model in (Review, ExternalId) for model in moved)

    def run(self, progress: Progress | None) -> None:
        """Do all of it. Call inside the transaction that is to write."""
        for query in self._before:
            query.execute()
        for sql, rows in self._many.items():
            staging.many(sql, rows)
        shift = self._shift_of_reviews()
        if shift and KeptStatement in self._rows:
            _move_reviews(self._rows[KeptStatement].table, shift)
        for done, model in enumerate(_ORDER):
            if progress is not None:
                progress(WRITING, done + 1, len(_ORDER))
            if model in self._rows:
                ending = _KNOWN_BEFORE if model is ExternalId else ""
                self._rows[model].write(shift if model is Review else 0, ending)
        for sql, rows in self._many_behind.items():
            staging.many(sql, rows)
        for query in self._behind:
            query.execute()

    def _shift_of_reviews(self) -> int:
        """By how much reviews have other ids now: people go on reviewing meanwhile."""
        rows = self._rows.get(Review)
        return 0 if rows is None else database.last_id(Review) - rows.last

    def drop(self) -> None:
        """Drop the temporary tables."""
        for rows in self._rows.values():
            staging.run(f"DROP TABLE IF EXISTS {rows.table}")


_KNOWN_BEFORE = (
    "ON CONFLICT (source, kind, external_id) "
    "DO UPDATE SET local_id = excluded.local_id, digest = excluded.digest"
)


def _move_reviews(table: str, shift: int) -> None:
    """Let kept statements name the reviews that they brought by the ids that these have now."""
    changes = []
    for row_id, said in staging.rows(f"SELECT id, said FROM {table}"):
        if '"review":' in said:
            told = json.loads(said)
            if "review" in told:
                told["review"] += shift
                changes.append((json.dumps(told, ensure_ascii=False, separators=(",", ":")), row_id))
    staging.many(f"UPDATE {table} SET said = ? WHERE id = ?", changes)
