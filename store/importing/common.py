"""What every import shares: its one transaction, its memory of what was sent before, writing in bulk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from store import changed_people, database, permissions, setup, text
from store.audit import audit
from store.database import db
from store.importing.report import Fault as Fault
from store.importing.report import Report as Report
from store.importing.report import Summary as Summary
from store.importing.report import Tally as Tally
from store.importing.report import shorten as shorten
from store.models import ExternalId

# Called now and then with a file's name, how much of it is done, and its size (bytes or rows).
Progress = Callable[[str, int, int], None]

# SQLite takes 32,766 values in one statement; half of that keeps statements quick to prepare.
VALUES_AT_ONCE = 16_000
ROWS_AT_ONCE = 500


class _RolledBackError(Exception):
    """Ends a dry run's transaction without keeping it."""


@contextmanager
def importing(format_name: str, report: Report) -> Iterator[None]:
    """The one transaction of an import, with its one audit line "import.<format_name>" at the end.

    A dry run (`report.dry_run`) does all of it and takes it back, audit line and all.
    """
    try:
        with database.writing(), changed_people.noted() as changed:
            yield
            after = {**_told(report), changed_people.KEY: changed()}
            audit.write(permissions.IMPORT, f"import.{format_name}", "import", None, after=after)
            if report.dry_run:
                raise _RolledBackError
    except _RolledBackError:
        pass


def _told(report: Report) -> dict[str, Any]:
    summary = report.summary()
    return {
        "files": [asdict(tally) for tally in summary.tallies],
        "left_out": len(summary.faults) + summary.more,
        "notes": list(summary.notes),
    }


def ensure_account(name: str) -> None:
    """Make the account, complete and in the beta, if there is none yet. Call inside `importing()`."""
    setup.ensure(text.clean_line(name)[: text.NAME_LIMIT].strip() or "Imported")


# ------------------------------------------------------- what was sent before


def digest(*parts: object) -> str:
    """A fingerprint of what was sent for a row; never empty. `parts` are plain JSON values."""
    sent = json.dumps(parts, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(sent.encode(), digest_size=12).hexdigest()


def marks(*values: object) -> str:
    """A fingerprint with a part for each value, so that `differing` can tell which of them changed."""
    return ".".join(digest(value)[:10] for value in values)


def differing(old: str, new: str) -> list[int]:
    """Which values differ between two results of `marks`, counted from 0; all of them if `old` is none."""
    before, after = old.split("."), new.split(".")
    if len(before) != len(after):
        return list(range(len(after)))
    return [index for index, mark in enumerate(after) if mark != before[index]]


class Ledger:
    """What one source sent before: (kind, external id) → local id and fingerprint, held in memory.

    Loads on making (inside `importing()`); `flush()` writes what was remembered and withdrawn since.
    A row that comes with its old fingerprint has nothing to say: what people changed here since
    then stays theirs. Withdrawn ids are kept without a fingerprint, so that they can come back.
    """

    def __init__(self, source: str, kinds: Iterable[str], only: Sequence[str] | None = None) -> None:
        """All that the source sent of these kinds; of some external ids with `only`."""
        self.source = source
        self._known: dict[str, dict[str, tuple[int | None, str]]] = {kind: {} for kind in kinds}
        self._touched: dict[tuple[str, str], None] = {}
        query = ExternalId.select(
            ExternalId.kind, ExternalId.external_id, ExternalId.local_id, ExternalId.digest
        ).where(ExternalId.source == source, ExternalId.kind.in_(list(self._known)))
        if only is None:
            self._load(query)
        for some in chunks(only or ()):
            self._load(query.where(ExternalId.external_id.in_(list(some))))

    def _load(self, query: Any) -> None:
        for kind, external_id, local_id, mark in query.tuples().iterator():
            self._known[kind][external_id] = (local_id, mark)

    def local_id(self, kind: str, external_id: str) -> int | None:
        """The row here that an external id stands for, also when withdrawn; None if there is none."""
        return self._known[kind].get(external_id, (None, ""))[0]

    def stands(self, kind: str, external_id: str) -> bool:
        """Whether the source sent this id and has not withdrawn it."""
        return self._known[kind].get(external_id, (None, ""))[1] != ""

    def mark(self, kind: str, external_id: str) -> str:
        """The fingerprint of what was sent last for an id; empty if there is none or it was withdrawn."""
        return self._known[kind].get(external_id, (None, ""))[1]

    def marked(self, kind: str) -> dict[str, str]:
        """All ids of a kind that stand, with their fingerprints."""
        return {key: mark for key, (_, mark) in self._known[kind].items() if mark}

    def unchanged(self, kind: str, external_id: str, mark: str) -> bool:
        """Whether the source sent exactly this the last time."""
        return self._known[kind].get(external_id, (None, ""))[1] == mark

    def standing(self, kind: str) -> dict[str, int | None]:
        """All ids of a kind that stand, with their local ids."""
        return {key: local for key, (local, mark) in self._known[kind].items() if mark}

    def keys_by_local(self, kind: str) -> dict[int, list[str]]:
        """All ids of a kind by the row here that they stand for, also those that were withdrawn."""
        found: dict[int, list[str]] = {}
        for key, (local, _) in self._known[kind].items():
            if local is not None:
                found.setdefault(local, []).append(key)
        return found

    def remember(self, kind: str, external_id: str, local_id: int | None, mark: str) -> None:
        """Note what was sent for an id."""
        if self._known[kind].get(external_id) != (local_id, mark):
            self._known[kind][external_id] = (local_id, mark)
            self._touched[kind, external_id] = None

    def withdraw(self, kind: str, external_id: str) -> None:
        """Note that the source no longer has an id; the local row stays known."""
        if self.stands(kind, external_id):
            self.remember(kind, external_id, self.local_id(kind, external_id), "")

    def forget(self, kind: str, external_id: str) -> None:
        """Drop what was noted under an id: unlike a withdrawn one, it is not to come back."""
        if self._known[kind].pop(external_id, None) is not None:
            self._touched[kind, external_id] = None

    def flush(self) -> None:
        """Write what changed. Call once, before the transaction ends."""
        self._erase([key for key in self._touched if key[1] not in self._known[key[0]]])
        fields = (
            ExternalId.source,
            ExternalId.kind,
            ExternalId.external_id,
            ExternalId.local_id,
            ExternalId.digest,
        )
        rows = [
            (self.source, kind, external_id, *self._known[kind][external_id])
            for kind, external_id in self._touched
            if external_id in self._known[kind]
        ]
        _insert(
            ExternalId,
            fields,
            rows,
            'ON CONFLICT ("source", "kind", "external_id") DO UPDATE '
            'SET "local_id" = excluded."local_id", "digest" = excluded."digest"',
        )
        self._touched.clear()

    def _erase(self, keys: list[tuple[str, str]]) -> None:
        by_kind: dict[str, list[str]] = {}
        for kind, external_id in keys:
            by_kind.setdefault(kind, []).append(external_id)
        for kind, ids in by_kind.items():
            for some in chunks(ids):
                ExternalId.delete().where(
                    ExternalId.source == self.source,
                    ExternalId.kind == kind,
                    ExternalId.external_id.in_(list(some)),
                ).execute()


# ------------------------------------------------------------- writing in bulk


def chunks(rows: Sequence[Any], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[Any]]:
    """The rows, `size` at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def insert(model: Any, fields: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Insert many rows; their new ids, in the order of the rows. Other fields get their defaults."""
    return _insert(model, fields, rows, 'RETURNING "id"')


def _insert(model: Any, fields: Sequence[Any], rows: Sequence[tuple[Any, ...]], ending: str) -> list[int]:
    """The statements are put together here: Peewee takes five times as long as the database itself."""
    named = {field.name for field in fields}
    defaults = {field: value for field, value in model._meta.defaults.items() if field.name not in named}
    columns = (*fields, *defaults)
    names = ", ".join(f'"{field.column_name}"' for field in columns)
    one = f"({', '.join([db.param] * len(columns))})"
    converters = [field.db_value for field in columns]
    fixed = tuple(defaults.values())
    ids: list[int] = []
    for chunk in chunks(rows, min(ROWS_AT_ONCE, VALUES_AT_ONCE // len(columns))):
        values = ", ".join([one] * len(chunk))
        sql = f'INSERT INTO "{model._meta.table_name}" ({names}) VALUES {values} {ending}'
        given = [
            convert(value) for row in chunk for convert, value in zip(converters, (*row, *fixed), strict=True)
        ]
        # Ids are given in the order of the rows, but may be told in another.
        ids.extend(sorted(row[0] for row in db.execute_sql(sql, given).fetchall()))
    return ids


class Updates:
    """Changes of many rows of one table, gathered; those with the same values are written together."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._ids: dict[tuple[tuple[str, Any], ...], list[int]] = {}

    def add(self, row_id: int, **values: Any) -> None:
        """Have these columns set in a row."""
        self._ids.setdefault(tuple(values.items()), []).append(row_id)

    def run(self) -> None:
        """Write all of it."""
        for values, ids in self._ids.items():
            for some in chunks(ids):
                self._model.update(dict(values)).where(self._model.id.in_(database.numbers(some))).execute()
        self._ids.clear()


def deactivate(model: Any, ids: Iterable[int]) -> int:
    """Switch rows off that are on; how many were."""
    return _switch(model, ids, on=False)


def activate(model: Any, ids: Iterable[int]) -> int:
    """Switch rows on that are off; how many were."""
    return _switch(model, ids, on=True)


def _switch(model: Any, ids: Iterable[int], *, on: bool) -> int:
    wanted = model.active if not on else ~model.active
    return sum(
        model.update(active=on).where(model.id.in_(list(chunk)), wanted).execute()
        for chunk in chunks(sorted(set(ids)))
    )
