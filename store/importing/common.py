"""What every import shares: its report, its one transaction, and its memory of what was sent before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from store import audit, database, errors, permissions, setup, text
from store.database import db
from store.models import ExternalId

# Called now and then with a file's name, how much of it is done, and its size (bytes or rows).
Progress = Callable[[str, int, int], None]

SHOWN = 60
# A small file may have millions of faults once it is unpacked, and nobody reads as many.
FAULTS_LIMIT = 10_000
# SQLite takes 32,766 values in one statement; half of that keeps statements quick to prepare.
VALUES_AT_ONCE = 16_000
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Fault:
    """One place where a file breaks the rules. `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __post_init__(self) -> None:
        for field in ("file", "column", "value"):
            object.__setattr__(self, field, shorten(getattr(self, field)))

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(f"line {self.line}")
        if self.column:
            parts.append(self.column)
        if self.value:
            parts.append(f"“{self.value}”")
        return f"{', '.join(parts)}: {self.reason}"


@dataclass
class Tally:
    """What became of one file's rows."""

    file: str
    read: int = 0
    added: int = 0
    changed: int = 0
    deactivated: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Summary:
    """What an import did or, on a dry run, would do. `faults` are what a lenient one left out, the first
    FAULTS_LIMIT of them, and `more` how many there were besides.
    """

    tallies: tuple[Tally, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    dry_run: bool
    more: int = 0


class Report:
    """Collects tallies, faults and notes while an import runs.

    Faults are kept up to FAULTS_LIMIT: a lenient import counts the rest, a strict one ends there.
    """

    def __init__(self, *, dry_run: bool = False, lenient: bool = False) -> None:
        self.dry_run = dry_run
        self.lenient = lenient
        self.faults: list[Fault] = []
        self.more = 0
        self.notes: list[str] = []
        self._tallies: dict[str, Tally] = {}

    def tally(self, file: str) -> Tally:
        """The tally of a file, made when first asked for."""
        return self._tallies.setdefault(file, Tally(file))

    def fault(self, file: str, line: int, column: str, value: str, reason: str) -> None:
        """Note one broken rule. Raises ImportRefusedError where that is one too many for a strict import."""
        if not self.is_full:
            self.faults.append(Fault(file, line, column, value, reason))
            return
        self.more += 1
        if not self.lenient:
            self.refuse()

    def broken(self, fault: Fault) -> None:
        """Note that the rest of a file cannot be read. Raises as `fault` does."""
        self.fault(fault.file, fault.line, fault.column, fault.value, fault.reason)

    @property
    def is_full(self) -> bool:
        """Whether no more faults are kept."""
        return len(self.faults) >= FAULTS_LIMIT

    def drop(self, file: str) -> None:
        """Forget the faults of a file: something is wrong with the whole of it, and they may come of that."""
        self.faults = [fault for fault in self.faults if fault.file != file]

    def note(self, sentence: str) -> None:
        """Add something worth saying once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def refuse(self) -> None:
        """Raises ImportRefusedError with every fault found so far, if there is one."""
        if not self.faults:
            return
        faults = self._in_order()
        found = "1 fault" if len(faults) == 1 else f"{len(faults):,} faults"
        if self.more:
            found = f"more than {found}"
        said = f"{found} found; nothing was changed. First: {faults[0]}"
        raise errors.ImportRefusedError(said, faults, more=self.more > 0)

    def _in_order(self) -> tuple[Fault, ...]:
        """The faults by file, in the order in which files were read, and line."""
        unread = [fault.file for fault in self.faults if fault.file not in self._tallies]
        files = {file: place for place, file in enumerate(dict.fromkeys([*unread, *self._tallies]))}
        return tuple(sorted(self.faults, key=lambda fault: (files[fault.file], fault.line)))

    def summary(self) -> Summary:
        """All of it, to be shown."""
        return Summary(
            tallies=tuple(self._tallies.values()),
            faults=self._in_order(),
            notes=tuple(self.notes),
            dry_run=self.dry_run,
            more=self.more,
        )


class _TakenBackError(Exception):
    """Ends a dry run's transaction without keeping it."""


@contextmanager
def importing(format_name: str, report: Report) -> Iterator[None]:
    """The one transaction of an import, with its one audit line "import.<format_name>" at the end.

    A dry run (`report.dry_run`) does all of it and takes it back, audit line and all.
    """
    try:
        with database.writing():
            yield
            audit.write(permissions.IMPORT, f"import.{format_name}", "import", None, after=_told(report))
            if report.dry_run:
                raise _TakenBackError
    except _TakenBackError:
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
        for some in chunks(only or (), ROWS_AT_ONCE):
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

    def remember(self, kind: str, external_id: str, local_id: int | None, mark: str) -> None:
        """Note what was sent for an id."""
        if self._known[kind].get(external_id) != (local_id, mark):
            self._known[kind][external_id] = (local_id, mark)
            self._touched[kind, external_id] = None

    def withdraw(self, kind: str, external_id: str) -> None:
        """Note that the source no longer has an id; the local row stays known."""
        if self.stands(kind, external_id):
            self.remember(kind, external_id, self.local_id(kind, external_id), "")

    def flush(self) -> None:
        """Write what changed. Call once, before the transaction ends."""
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
        ]
        _insert(
            ExternalId,
            fields,
            rows,
            'ON CONFLICT ("source", "kind", "external_id") DO UPDATE '
            'SET "local_id" = excluded."local_id", "digest" = excluded."digest"',
        )
        self._touched.clear()


# ------------------------------------------------------------- writing in bulk


def chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
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
            for some in chunks(ids, ROWS_AT_ONCE):
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
        for chunk in chunks(sorted(set(ids)), ROWS_AT_ONCE)
    )


def shorten(value: str) -> str:
    """A value from a file as it is shown in a fault: one clean line of at most 60 characters."""
    clean = text.clean_line(value[: SHOWN * 20])
    return clean if len(clean) <= SHOWN and len(value) <= SHOWN * 20 else clean[: SHOWN - 1] + "…"
