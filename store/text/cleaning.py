"""Makes text from people safe to keep and to show.

What is removed, and why: controls and escape sequences drive a terminal; bidirectional
overrides make text read as something else (Unicode TR 36, section 2.5); invisible and tag
characters hide it. What stays: joiners and variation selectors, which scripts and emoji need.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_LIMIT = 1_000_000

JOINERS = ("\u200c", "\u200d")
"""Invisible, but scripts and emoji are not themselves without them."""

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0e\ufeff"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_TAGS = "\U000e0000-\U000e0fff"
_SURROGATES = "\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROLS}{_INVISIBLE}{_TAGS}{_SURROGATES}]")
# A whole escape sequence goes at once, so that its letters are not left behind as litter. None holds
# what begins another one: many that never end would be gone through again from each beginning.
_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x90\x98\x9b-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x90\x98\x9b-\x9f\n]{0,4096}(?:\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Marks on top of each other climb out of their line: where this many characters in a row are
# neither letters nor plain, they are looked at one by one.
STACK_LIMIT = 8
# Normalising sorts the marks of a stack, which takes the square of its height: what is far too high is
# lowered before. Marks that join their letter do not count in the end, so there may be more of them.
_RAW_LIMIT = 4 * STACK_LIMIT
_MAYBE_RAW_STACK = re.compile(rf"[^\w\x00-\u02ff]{{{_RAW_LIMIT + 1},}}")
_MAYBE_STACK = re.compile(rf"[^\w\x00-\u02ff]{{{STACK_LIMIT + 1},}}")
_SPACES = re.compile(r"\s+")
_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_PLAIN = re.compile(r"[\x20-\x7e]*")


def clean_line(value: str) -> str:
    """One line that is safe in a terminal: white space runs become single spaces."""
    if _PLAIN.fullmatch(value) and "  " not in value:
        return value.strip(" ")
    return _SPACES.sub(" ", _scrub(_BREAKS.sub(" ", value))).strip()


def clean_text(value: str) -> str:
    """Lines that are safe in a terminal: line breaks stay, tabs become spaces."""
    return _scrub(_BREAKS.sub("\n", value.replace("\r\n", "\n"))).expandtabs(4)


def without_unsafe(value: str) -> str:
    """The text less what could drive or deceive a terminal, character by character: the rest is as it was."""
    return _low(_UNSAFE.sub("", value))


def typed_line(value: str) -> str:
    """What a line to type in holds of a text: no controls, breaks or escape sequences, the rest as it is."""
    bare = _UNSAFE.sub("", _SEQUENCE.sub("", value))
    bare = "".join(char for char in bare if char.isprintable() or char in JOINERS)
    return _low(bare)


def _scrub(value: str) -> str:
    value = _UNSAFE.sub("", _SEQUENCE.sub("", value))
    value = unicodedata.normalize("NFC", without_towers(value))
    # Signs that a stack stood between may join now.
    return unicodedata.normalize("NFC", _low(value))


def _low(value: str) -> str:
    return _MAYBE_STACK.sub(lambda run: _lowered(run.group(), STACK_LIMIT), value)


def without_towers(value: str) -> str:
    return _MAYBE_RAW_STACK.sub(lambda run: _lowered(run.group(), _RAW_LIMIT), value)


def _lowered(run: str, limit: int) -> str:
    """The characters without those marks that have `limit` others below them."""
    kept: list[str] = []
    height = 0
    for char in run:
        height = height + 1 if _is_mark(char) else 0
        if height <= limit:
            kept.append(char)
    return "".join(kept)


def _is_mark(char: str) -> bool:
    return unicodedata.combining(char) != 0 or unicodedata.category(char) in ("Mn", "Me")
