"""What an import remembers of what a source sent before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii
from math import isfinite
from types import NoneType
from typing import Any

from store.batches import chunks
from store.importing.bulk_writes import insert_ending
from store.models import ExternalId


def digest(*parts: object) -> str:
    """A fingerprint of what was sent for a row; never empty. `parts` are plain JSON values."""
    sent = f"[{','.join([_WORDS.get(type(part), _in_json)(part) for part in parts])}]"
    return hashlib.blake2b(sent.encode(), digest_size=12).hexdigest()


def marks(*values: object) -> str:
    """A fingerprint with a part for each value, so that `differing` can tell which of them changed."""
    return ".".join([mark(value) for value in values])


def mark(value: object) -> str:
    """The part of `marks` for one value."""
    sent = f"[{_WORDS.get(type(value), _in_json)(value)}]"
    return hashlib.blake2b(sent.encode(), digest_size=12).hexdigest()[:10]


def _in_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)


# The JSON of what most rows hold, put together here: the library takes ten times as long for a small value.
_WORDS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    NoneType: lambda value: "null",
    bool: lambda value: "true" if value else "false",
    list: lambda value: f"[{','.join([_WORDS.get(type(part), _in_json)(part) for part in value])}]",
    float: lambda value: repr(value) if isfinite(value) else _in_json(value),
    datetime: lambda value: f'"{value}"',
}


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

    def load(self, kind: str, external_ids: Iterable[str]) -> None:
        """Read some ids of a kind that were not loaded on making."""
        query = ExternalId.select(
            ExternalId.kind, ExternalId.external_id, ExternalId.local_id, ExternalId.digest
        ).where(ExternalId.source == self.source, ExternalId.kind == kind)
        for some in chunks(sorted(external_ids)):
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
        """Write what changed, before the transaction ends."""
        self._erase([key for key in self._touched if key[1] not in self._known[key[0]]])
        fields, rows = self.changed()
        insert_ending(
            ExternalId,
            fields,
            rows,
            'ON CONFLICT ("source", "kind", "external_id") DO UPDATE '
            'SET "local_id" = excluded."local_id", "digest" = excluded."digest"',
        )
        self._touched.clear()

    def changed(self) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """What was remembered or withdrawn since, as fields and rows of `ExternalId`."""
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
        return fields, rows

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
