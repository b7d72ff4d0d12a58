"""JSON values out of a document that may be far larger than memory: one value at a time, with its place."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from store.frozen import dataclass
from store.importing.csv_head import not_utf8
from store.importing.limits import LINE_BYTES as LINE_BYTES

CHUNK = 1024**2

TOO_LONG = f"the statement has more than {LINE_BYTES // 1024**2} MB"
TOO_DEEP = "the statement is nested too deeply"

LISTS = ("statements", "edges", "hits", "data", "results", "items")
"""Under which of these names an object holds its statements; the first is the specification's own."""

_SPACE = re.compile(r"[ \t\r\n]*")
_ANSWER = re.compile(rf'\{{\s*"(?:{"|".join(LISTS)})"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece that is no statement: some of it, and why. `is_whole`: the file itself cannot be made out,
    and what was read of it before may be no statement for the same reason.
    """

    value: str
    reason: str
    is_whole: bool = False
    is_encoding: bool = False


@dataclass(frozen=True, slots=True)
class More:
    """An answer of a record store has ended; `link` says where the rest is, empty where it was the last."""

    link: str

    @classmethod
    def of(cls, members: dict[str, Any]) -> More:
        """From what the answer holds beside its statements."""
        link = members.get("more")
        return cls(link if isinstance(link, str) else "")


class JsonValue(NamedTuple):
    """A value of the file, with the line it begins on; in a list also which of its values it is. From 1."""

    line: int
    number: int
    value: Any


def begins_answer(start: bytes) -> bool:
    """Whether a file that begins so is an answer of a record store, its statements first."""
    return _ANSWER.match(start[:200].decode("utf-8", "replace")) is not None


class Decoder:
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


class _UnreadableError(Exception):
    """The rest of a document cannot be made out."""


_LARGE = object()


class Document:
    """An array, an answer, or values one after the other, over as many lines as they like.

    Holds one value and the chunk around it, not the document.
    """

    def __init__(self, stream: io.BufferedReader, head: bytes, line: int) -> None:
        self._stream = stream
        self._bytes = codecs.getincrementaldecoder("utf-8")()
        self._line = line
        self._text = ""
        self._at = 0
        self._counted = 0
        self._passed = 0
        self._number = 0
        self._decoder = Decoder()
        self._head = head

    def values(self) -> Iterator[JsonValue]:
        """All values. What cannot be made out ends the document with a Broken piece."""
        try:
            self._take(self._head)
            if self._peek() == "[":
                yield from self._array()
                if self._peek():
                    raise _UnreadableError("something follows the end of the list")
            while self._peek():
                yield from self._value()
        except _UnreadableError as error:
            broken = Broken(self._text[self._at : self._at + 80], str(error), is_whole=True)
            yield JsonValue(self._where(), self._number, broken)

    def _value(self) -> Iterator[JsonValue]:
        """One value; a large object is read member by member, for it may hold a list of statements."""
        where = self._where()
        if _ANSWER.match(self._text, self._at):
            yield from self._object()
            return
        found = self._next(CHUNK if self._text[self._at] == "{" else LINE_BYTES)
        if found is _LARGE:
            yield from self._object()
        else:
            yield JsonValue(where, 0, found)

    def _object(self) -> Iterator[JsonValue]:
        """The statements in the list that an object holds; without one it is a value itself."""
        where, members, holds_list = self._where(), dict[str, Any](), False
        start = self._passed + self._at
        for _ in self._parts("{", "}"):
            name = self._next(LINE_BYTES)
            if not isinstance(name, str) or self._peek() != ":":
                raise _UnreadableError("this is not JSON: a name and a colon are missing")
            self._at += 1
            if name in LISTS and self._peek() == "[" and "actor" not in members:
                holds_list = True
                yield from self._array()
                start = self._passed + self._at
            else:
                members[name] = self._next(LINE_BYTES)
            if self._passed + self._at - start > LINE_BYTES:
                raise _UnreadableError(TOO_LONG)
        yield JsonValue(where, 0, More.of(members) if holds_list else members)

    def _array(self) -> Iterator[JsonValue]:
        for number in self._parts("[", "]"):
            self._number = number
            self._peek()
            yield JsonValue(self._where(), number, self._next(LINE_BYTES))
        self._number = 0

    def _parts(self, first: str, last: str) -> Iterator[int]:
        """Stand at each part of a list or an object in turn; which of them it is, from 1."""
        self._at += len(first)
        number = 0
        if self._peek() != last:
            mark = ","
            while mark == ",":
                number += 1
                yield number
                mark = self._peek()
                if mark not in (",", last):
                    raise _UnreadableError("this is not JSON: a comma or the end of the list is missing")
                self._at += mark == ","
        self._at += len(last)

    def _next(self, limit: int) -> Any:
        """The next value; _LARGE for one that has more characters than that and can be read in parts."""
        self._peek()
        while True:
            try:
                found, end = self._decoder.first(self._text, self._at)
            except json.JSONDecodeError as error:
                rest = len(self._text) - self._at
                if self._is_final(error):
                    self._at = error.pos
                    raise _UnreadableError(f"this is not JSON: {error.msg}") from error
                if rest > limit and limit < LINE_BYTES:
                    return _LARGE
                if rest > LINE_BYTES:
                    raise _UnreadableError(TOO_LONG) from error
                if not self._more(max(CHUNK, rest)):
                    is_cut_off = error.pos + 1 >= len(self._text.rstrip())
                    self._at = self._at if is_cut_off else error.pos
                    raise _UnreadableError(f"this is not JSON: {error.msg}") from error
                continue
            if isinstance(found, Broken) and found.reason == TOO_DEEP:
                raise _UnreadableError(TOO_DEEP)
            is_cut = isinstance(found, int | float) and end + 16 > len(self._text)
            if is_cut and self._more(CHUNK):
                continue
            self._at = end
            return found

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
            self._passed += self._at
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
