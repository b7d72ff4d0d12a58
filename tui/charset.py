"""The character set of a terminal. Muster draws in UTF-8, and what another one lacks in plain characters."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TextIO

UTF_8 = "utf-8"
ASCII = "ascii"
VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
"""The first of these that is set counts (POSIX, 8.2)."""
PLAIN = "muster-plain"
"""How characters that are missing are written, as Python names it in `errors=`."""
_NAME_LIMIT = 40
# Every character set for a terminal has these, and means nothing else by them.
_SHARED = "\x1b[A\\u0041" + "".join(map(chr, range(32, 127)))


class Charset(NamedTuple):
    """The codec of what is drawn and of what is typed; the setting that says so, if it is not UTF-8."""

    drawn: str = UTF_8
    typed: str = UTF_8
    said: str = ""


def of_terminal(environment: Mapping[str, str]) -> Charset:
    """What the terminal says that it has. One that says nothing has UTF-8.

    Where it does not say enough, ASCII is drawn, and UTF-8 is still read.
    """
    name = next((name for name in VARIABLES if environment.get(name)), None)
    if name is None:
        return Charset()
    value = environment[name]
    # Also "UTF-8" alone, as macOS has it.
    codec = _codec(value.partition("@")[0].rpartition(".")[2])
    if codec == UTF_8:
        return Charset()
    said = f"{name}={value.encode('ascii', 'replace').decode()[:_NAME_LIMIT]}"
    return Charset(codec or ASCII, UTF_8 if codec in (None, ASCII) else codec, said)


def _codec(name: str) -> str | None:
    """Python's name of a character set; None for what is none, or none that a terminal can have."""
    if not name.isascii() or len(name) > _NAME_LIMIT:
        return None
    # As the GNU C library lists them.
    name = re.sub(r"(?i)^(iso8859|koi8)(\w)", r"\1-\2", name)
    shared = _SHARED.encode()
    try:
        found = codecs.lookup(name)
        is_one = found.encode(_SHARED)[0] == shared and found.decode(shared)[0] == _SHARED
        # One that changes with escape sequences would take keys for them.
        is_one = is_one and codecs.getincrementaldecoder(name)().decode(b"\x1b") == "\x1b"
    except (LookupError, ValueError, TypeError):
        return None
    return found.name if is_one else None


def fit(streams: Iterable[TextIO | None], charset: Charset) -> None:
    """Let what is written be readable on a terminal of this character set, and fail nowhere."""
    if charset.drawn == UTF_8:
        return
    for stream in streams:
        if stream is None:
            continue
        # A file or a pipe has the encoding that Python has found for it.
        encoding = charset.drawn if stream.isatty() else stream.encoding
        if codecs.lookup(encoding).name != UTF_8:
            stream.reconfigure(encoding=encoding, errors=PLAIN)  # type: ignore[attr-defined]


# ------------------------------------------------------------------- plain characters

_SIGNS = {
    "\u00a0\u2009\u202f": " ",
    "·•●◦": "*",
    "○": "o",
    "‐‑‒–—―−": "-",
    "‘’‚‛": "'",
    "“”„‟«»": '"',
    "‹←◀⌫↩⏎": "<",
    "›→▶▸": ">",
    "↑▲": "^",
    "↓▼▾": "v",
    "×✗": "x",
    "✓": "+",
    "✎": "/",
    "⚑": "!",
    "≡": "=",
    "⋯…": ".",
} | dict(zip("æÆœŒđĐðÐħĦıłŁøØßþÞ", "aAoOdDdDhHilLoOstT", strict=True))
_BLOCKS = {"━": "=", "╌": ".", "▁": "_", "▔": "-", "░": ".", "▒": ":", "▓": "%"}


def _drawing(char: str) -> str:
    """A line or block of the same look; see the charts of U+2500 and U+2580."""
    if char in _BLOCKS:
        return _BLOCKS[char]
    name = unicodedata.name(char)
    if not name.startswith("BOX"):
        is_edge = "EIGHTH" in name or "QUARTER" in name
        return "|" if is_edge and name.startswith(("LEFT", "RIGHT")) else "#"
    words = set(name.split())
    across, along = words & {"HORIZONTAL", "LEFT", "RIGHT"}, words & {"VERTICAL", "UP", "DOWN"}
    if across and along:
        return "+"
    return "|" if along else "-" if across else "x"


DRAWN = str.maketrans({chr(code): _drawing(chr(code)) for code in range(0x2500, 0x25A0)})
"""Lines and blocks: some character sets have them twice as wide as they are in UTF-8."""
_PLAIN = {char: plain for chars, plain in _SIGNS.items() for char in chars} | {
    chr(code): plain for code, plain in DRAWN.items()
}


def _plain(char: str) -> str:
    """What looks most like a character, in ASCII and as wide as it is."""
    from rich.cells import cell_len  # noqa: PLC0415 - rarely needed, and not free

    # An accent goes, a number as in ½ does not become another one.
    letter = unicodedata.normalize("NFD", char)[0]
    plain = _PLAIN.get(letter, letter if letter.isascii() and letter.isprintable() else "?")
    return plain.ljust(cell_len(char), "?")[: cell_len(char)]


def _replace(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that are missing: as wide as they are together."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from rich.cells import cell_len  # noqa: PLC0415 - as above

    missing = error.object[error.start : error.end]
    width = cell_len(missing)
    return "".join(map(_plain, missing))[:width].ljust(width, "?"), error.end


codecs.register_error(PLAIN, _replace)
