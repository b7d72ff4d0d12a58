"""Reading JSON statements from a file, one at a time, however they are held in it.

A line each, an array, an answer of a record store (`{"statements": [...], "more": ""}`), or values one after
the other, on one line or over many; gzip is unpacked on the way. Whatever the file holds, it ends in values,
in `Broken` pieces with the place they are at, or in ImportRefusedError for a file that cannot be read at all.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, cast

from store.importing.activity import document
from store.importing.activity.document import Broken, Decoder, Document, JsonValue, More
from store.importing.csv_head import UTF8_BOM, UTF16, UTF16_BOMS, not_utf8
from store.importing.files import TOTAL_LIMIT, refused
from store.importing.transaction import Progress

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


def read(path: Path, progress: Progress | None = None) -> Iterator[JsonValue]:
    """Each statement of the file, or a Broken one, or More.

    Raises ImportRefusedError for a file that cannot be opened, unpacked, or is far too large.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            start = raw.read(len(ZIP))
            if start == ZIP:
                raise refused(path, "it is a zip file; unpack it, and import what is in it")
            raw.seek(0)
            packed = start.startswith(GZIP)
            source: Any = stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
            watched = _Watched(cast(BinaryIO, source), raw, path, progress)
            for piece in _values(stack.enter_context(io.BufferedReader(watched, document.CHUNK))):
                yield from _taken_out(piece)
            watched.tell_all()
    except _TooLargeError as error:
        raise refused(path, f"it holds more than {TOTAL_LIMIT // 1024**3} GB when unpacked") from error
    except (EOFError, zlib.error) as error:
        raise refused(path, "it is not a sound gzip file") from error
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror or error})") from error


def _taken_out(piece: JsonValue) -> Iterator[JsonValue]:
    """The statements of an answer that was read whole; else the piece itself."""
    value = piece.value
    if not isinstance(value, dict) or "actor" in value or "verb" in value:
        yield piece
        return
    # Elasticsearch has its hits in an object of that name.
    inside = value["hits"] if isinstance(value.get("hits"), dict) else value
    name = next((name for name in document.LISTS if isinstance(inside.get(name), list)), None)
    if name is None:
        yield piece
        return
    for number, statement in enumerate(inside[name], 1):
        yield JsonValue(piece.line, number, statement)
    yield JsonValue(piece.line, 0, More.of(inside))


class _TooLargeError(Exception):
    """More was unpacked than any sound file holds."""


class _Watched(io.RawIOBase):
    """Counts what is read, so that a small file cannot unpack without end, and tells how far it is."""

    def __init__(self, source: BinaryIO, raw: BinaryIO, path: Path, progress: Progress | None) -> None:
        self._source = source
        self._raw = raw
        self._name = path.name
        self._size = path.stat().st_size
        self._progress = progress
        self._total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._source.read(len(buffer))
        buffer[: len(found)] = found
        self._total += len(found)
        if self._total > TOTAL_LIMIT:
            raise _TooLargeError
        if self._progress is not None:
            self._progress(self._name, min(self._raw.tell(), self._size), self._size)
        return len(found)

    def tell_all(self) -> None:
        """Say that all of it is read."""
        if self._progress is not None:
            self._progress(self._name, self._size, self._size)


def _values(stream: io.BufferedReader) -> Iterator[JsonValue]:
    """Decide by the first line that is not empty how the file is written, or by the first two."""
    line, number = _next_line(stream, 1, is_first=True)
    start = line.strip()
    if start.startswith(UTF16_BOMS):
        yield JsonValue(number, 0, Broken("", UTF16, is_whole=True))
    elif start.startswith(b"[") or document.begins_answer(start) or len(line) > document.CHUNK:
        yield from Document(stream, line, number).values()
    elif start.startswith(b"{") and isinstance(_parsed(line), Broken):
        second, at = _next_line(stream, number + 1)
        if _goes_on(line, second):
            gap = b"\n" * (at - number - 1)
            yield from Document(stream, line + gap + second, number).values()
        else:
            yield JsonValue(number, 0, _parsed(line))
            yield from _lines(stream, second, at)
    else:
        yield from _lines(stream, line, number)


def _next_line(stream: io.BufferedReader, number: int, *, is_first: bool = False) -> tuple[bytes, int]:
    """The next line that is not empty, and its number; no bytes at the end."""
    line = stream.readline(document.LINE_BYTES + 1)
    if is_first:
        line = line.removeprefix(UTF8_BOM)
    while line and not line.strip():
        number += line.endswith(b"\n")
        line = stream.readline(document.LINE_BYTES + 1)
    return line, number


def _goes_on(line: bytes, second: bytes) -> bool:
    """Whether a value that begins on one line goes on on the next: else it was cut off, or is no JSON."""
    try:
        first, both = line.decode("utf-8"), (line + second).decode("utf-8")
    except UnicodeDecodeError:
        return False
    begins = len(both) - len(both[len(first) :].lstrip())
    try:
        Decoder().first(both, len(both) - len(both.lstrip()))
    except json.JSONDecodeError as error:
        return error.pos > begins
    return True


# -------------------------------------------------------------- a value per line


def _lines(stream: io.BufferedReader, line: bytes, number: int) -> Iterator[JsonValue]:
    decoder = Decoder()
    while line:
        if len(line) > document.LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(document.CHUNK)
            yield JsonValue(number, 0, Broken("", document.TOO_LONG))
        elif line.strip():
            yield JsonValue(number, 0, _parsed(line, decoder))
        line = stream.readline(document.LINE_BYTES + 1)
        number += 1


def _parsed(line: bytes, decoder: Decoder | None = None) -> Any:
    try:
        return (decoder or Decoder()).value(line.decode("utf-8").strip())
    except UnicodeDecodeError as error:
        return Broken(*not_utf8(line, error.start), is_encoding=True)
