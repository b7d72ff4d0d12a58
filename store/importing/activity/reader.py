"""Reading JSON statements from a file, one at a time: a line each, an array, or one after the other.

Gzip is unpacked on the way. Whatever the file holds, it ends in values, in `Broken` pieces with the
line they are on, or in ImportRefusedError for a file that cannot be read at all.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from store.importing.common import Progress
from store.importing.csv_head import UTF16, not_utf8
from store.importing.files import TOTAL_LIMIT, refused

LINE_LIMIT = 16 * 1024**2
CHUNK = 1024**2
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"

TOO_LONG = f"the statement has more than {LINE_LIMIT // 1024**2} MB"
TOO_DEEP = "the statement is nested too deeply"

_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece that is no statement: some of it, and why. `is_whole`: the file itself cannot be made out,
    and what was read of it before may be no statement for the same reason. `is_encoding`: it is not in
    UTF-8, and so may be others.
    """

    value: str
    reason: str
    is_whole: bool = False
    is_encoding: bool = False


Piece = tuple[int, Any]


def read(path: Path, progress: Progress | None = None) -> Iterator[Piece]:
    """Each value of the file with the line it begins on (from 1), or a Broken one.

    Raises ImportRefusedError for a file that cannot be opened, unpacked, or is far too large.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            packed = raw.read(2) == GZIP
            raw.seek(0)
            source: Any = stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
            watched = _Watched(cast(BinaryIO, source), raw, path, progress)
            yield from _values(stack.enter_context(io.BufferedReader(watched, CHUNK)))
            watched.tell_all()
    except _TooLargeError as error:
        raise refused(path, f"it holds more than {TOTAL_LIMIT // 1024**3} GB when unpacked") from error
    except (EOFError, zlib.error) as error:
        raise refused(path, "it is not a sound gzip file") from error
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror or error})") from error


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


def _values(stream: io.BufferedReader) -> Iterator[Piece]:
    """Decide by the first line that is not empty how the file is written."""
    number = 1
    line = stream.readline(LINE_LIMIT + 1).removeprefix(BOM)
    while line and not line.strip():
        number += line.endswith(b"\n")
        line = stream.readline(LINE_LIMIT + 1)
    start = line.strip()
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield number, Broken("", UTF16, is_whole=True)
    elif start.startswith(b"[") or start == b"{":
        yield from _Document(stream, line, number).values()
    else:
        yield from _lines(stream, line, number)


# -------------------------------------------------------------- a value per line


def _lines(stream: io.BufferedReader, line: bytes, number: int) -> Iterator[Piece]:
    while line:
        if len(line) > LINE_LIMIT:
            while line and not line.endswith(b"\n"):
                line = stream.readline(CHUNK)
            yield number, Broken("", TOO_LONG)
        elif line.strip():
            yield number, _parsed(line)
        line = stream.readline(LINE_LIMIT + 1)
        number += 1


def _parsed(line: bytes) -> Any:
    try:
        return _Decoder().value(line.decode("utf-8").strip())
    except UnicodeDecodeError as error:
        return Broken(*not_utf8(line, error.start), is_encoding=True)


class _Decoder:
    """JSON as its standard has it: Python would also take NaN and Infinity."""

    def __init__(self) -> None:
        self._constant = ""
        self._json = json.JSONDecoder(parse_constant=self._refuse, parse_int=_integer)

    def _refuse(self, name: str) -> None:
        self._constant = name

    def value(self, text: str) -> Any:
        """The only value of a text, or Broken."""
        try:
            found, end = self.first(text, 0)
        except json.JSONDecodeError as error:
            return Broken(text[:80], f"this is not JSON: {error.msg}, at character {error.pos + 1}")
        if text[end:].strip():
            return Broken(text[end : end + 80], "something follows the statement on its line")
        return found

    def first(self, text: str, start: int) -> tuple[Any, int]:
        """The value that begins at `start` (or Broken), and where it ends. Raises JSONDecodeError."""
        self._constant = ""
        try:
            found, end = self._json.raw_decode(text, start)
        except RecursionError:
            return Broken(text[start : start + 80], TOO_DEEP), len(text)
        if self._constant:
            return Broken(text[start : start + 80], f"{self._constant} is not a number in JSON"), end
        return found, end


def _integer(digits: str) -> int | float:
    """Python refuses to read integers of thousands of digits; as floats they are merely infinite."""
    return int(digits) if len(digits) < 300 else float(digits)


# ---------------------------------------------------------- an array of values


class _UnreadableError(Exception):
    """The rest of a document cannot be made out."""


class _Document:
    """An array, or values one after the other, over as many lines as they like.

    Holds one value and the chunk around it, not the document.
    """

    def __init__(self, stream: io.BufferedReader, head: bytes, line: int) -> None:
        self._stream = stream
        self._bytes = codecs.getincrementaldecoder("utf-8")()
        self._line = line
        self._text = ""
        self._at = 0
        self._counted = 0
        self._decoder = _Decoder()
        self._head = head

    def values(self) -> Iterator[Piece]:
        """All values. What cannot be made out ends the document with a Broken piece."""
        try:
            self._take(self._head)
            if self._peek() == "[":
                yield from self._array()
            else:
                while self._peek():
                    yield self._next()
        except _UnreadableError as error:
            yield self._where(), Broken(self._text[self._at : self._at + 80], str(error), is_whole=True)

    def _array(self) -> Iterator[Piece]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
        else:
            while True:
                yield self._next()
                mark = self._peek()
                if mark not in (",", "]"):
                    raise _UnreadableError("this is not JSON: a comma or the end of the list is missing")
                self._at += 1
                if mark == "]":
                    break
        if self._peek():
            raise _UnreadableError("something follows the end of the list")

    def _next(self) -> Piece:
        self._peek()
        where = self._where()
        while True:
            try:
                found, end = self._decoder.first(self._text, self._at)
            except json.JSONDecodeError as error:
                rest = len(self._text) - self._at
                if rest > LINE_LIMIT:
                    raise _UnreadableError(TOO_LONG) from error
                if self._is_final(error) or not self._more(max(CHUNK, rest)):
                    raise _UnreadableError(f"this is not JSON: {error.msg}") from error
                continue
            if isinstance(found, Broken) and found.reason == TOO_DEEP:
                raise _UnreadableError(TOO_DEEP)
            self._at = end
            return where, found

    def _is_final(self, error: json.JSONDecodeError) -> bool:
        """Whether more text could not mend it: a value that is cut off fails at its very end."""
        unclosed = error.msg.startswith("Unterminated string")
        return not unclosed and error.pos + 16 < len(self._text)

    def _peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(CHUNK):
                return ""

    def _more(self, size: int) -> bool:
        chunk = self._stream.read(size)
        if chunk:
            self._where()
            self._text = self._text[self._at :]
            self._at = self._counted = 0
            self._take(chunk)
        return bool(chunk)

    def _take(self, chunk: bytes) -> None:
        try:
            self._text += self._bytes.decode(chunk)
        except UnicodeDecodeError as error:
            raise _UnreadableError(not_utf8(chunk, error.start)[1]) from error

    def _where(self) -> int:
        """The line of the present place."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
