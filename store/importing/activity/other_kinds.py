"""Saying what a path is that holds no file of xAPI statements."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from zipfile import is_zipfile

from store.importing import csv_head, foreign
from store.importing.files import SAMPLED, opened, refused

_GZIP = b"\x1f\x8b"
# So many objects, and none of them says who did what.
_ENOUGH = 50
_NO_JSON = foreign.Foreign("text of another kind")
_NO_STATEMENTS = foreign.Foreign("JSON of another kind")


def refuse_other_kinds(path: Path) -> None:
    """Raises ImportRefusedError for a folder, a zip, and a file that is known to be something else."""
    if path.is_dir() or is_zipfile(path):
        raise refused(path, _of_set(path))
    head = _head(path)
    found = foreign.of_head(head)
    if found == foreign.JSON:
        found = _NO_STATEMENTS if _says_nothing_of_anybody(head) else None
    elif found is None and head.strip() and not csv_head.is_utf16(head) and not _has_json(head):
        found = _NO_JSON
    if found is not None and found.loads != foreign.ACTIVITY:
        raise refused(path, foreign.sentence(found, foreign.ACTIVITY))


def _of_set(path: Path) -> str:
    """Why a folder or a zip is not taken."""
    with opened(path, foreign.ACTIVITY) as bundle:
        reason = None
        if not bundle.alike(foreign.ACTIVITY):
            heads = ((name, bundle.head(name)) for name in bundle.names[:SAMPLED])
            reason = foreign.of_set(heads, foreign.ACTIVITY)
    holder = "it is a folder:" if path.is_dir() else "it is a zip file: unpack it, and"
    return reason or f"{holder} name the file of statements in it"


def _head(path: Path) -> bytes:
    """How a file begins, unpacked; empty where that cannot be told: reading it says why."""
    try:
        with path.open("rb") as raw:
            head = raw.read(foreign.HEAD)
        if head.startswith(_GZIP):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, foreign.HEAD)
    except (OSError, zlib.error):
        return b""
    return head


def _has_json(head: bytes) -> bool:
    """Whether any line begins as an object or a list does."""
    starts = (line.lstrip() for line in head.removeprefix(csv_head.UTF8_BOM).splitlines())
    return any(start.startswith((b"{", b"[")) for start in starts)


def _says_nothing_of_anybody(head: bytes) -> bool:
    """Whether what begins with sound JSON, or a long start of it, has nothing of a statement."""
    # Without quotes: some record stores keep a statement as a text in their own record.
    if any(word in head for word in (b"actor", b"verb", b"statements")):
        return False
    if len(head) == foreign.HEAD:
        return head.count(b"{") > _ENOUGH
    try:
        found, _ = json.JSONDecoder().raw_decode(head.removeprefix(csv_head.UTF8_BOM).decode().lstrip())
    except (ValueError, RecursionError):
        return False
    return any(found.values() if isinstance(found, dict) else found)
