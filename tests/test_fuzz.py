"""Whatever is sent: thousands of strings through the cleaning, and anything at all into what reads it."""

from __future__ import annotations

import os
import random
import re
import unicodedata
from collections.abc import Callable
from itertools import product

import pytest

from store import csv_cells, errors, text
from tests.helpers.hostile import CONTROLS, MARKUP, SEQUENCES, SHAPES, UNSEEN, WORDS

STRINGS = 100_000 if os.environ.get("MUSTER_TESTS_LONG") else 20_000
PARTS = 4
"""Of the strings, so that they can be tried beside each other."""
LONG = 20_000
"""Characters of a text that would take minutes, if the time grew with the square of its length."""

ALPHABETS = (
    range(0x20, 0x7F),
    range(0xA0, 0x250),
    range(0x300, 0x370),
    range(0x600, 0x700),
    range(0xAC00, 0xAC80),
    range(0x1100, 0x1200),
    range(0x2000, 0x2070),
    range(0x1F300, 0x1F650),
    range(0xD800, 0xE000),
    range(0xE0000, 0xE0200),
    range(0x110000),
)
PIECES = (*SEQUENCES, *CONTROLS, *UNSEEN, *MARKUP, *(shape[:60] for shape in SHAPES), *WORDS)
JOINED = (
    "\u200c",
    "\u200d",
    "\ufe0f",
    "👩\u200d🏫",
    "❤\ufe0f",
    "क\u094d\u200dष",
    "می\u200cخواهم",
    " ",
    "\t",
    "\r\n",
    "\n",
)
BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
OPENS = re.compile("[\x1b\x80-\x9f]")
NOT_LETTERS = re.compile(r"[^\w\x00-\u02ff]{9,}")


def strings(part: int) -> list[str]:
    """A share of the strings: pieces that mean harm between characters of every kind."""
    roll = random.Random(part)
    found = []
    for _ in range(STRINGS // PARTS):
        made = []
        for _ in range(roll.randint(1, 6)):
            kind = roll.random()
            if kind < 0.45:
                made.append(roll.choice(PIECES))
            elif kind < 0.7:
                made.append(roll.choice(JOINED))
            else:
                alphabet = roll.choice(ALPHABETS)
                made.append("".join(map(chr, roll.choices(alphabet, k=roll.randint(1, 4)))))
        found.append("".join(made))
    return found


def is_low(value: str) -> bool:
    """Whether no more than eight marks stand on each other."""
    for run in NOT_LETTERS.findall(value):
        height = 0
        for char in run:
            height = height + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
            if height > text.STACK_LIMIT:
                return False
    return True


def kept(value: str) -> list[int]:
    """How many there are of what is invisible and needed."""
    return [value.count(char) for char in "\u200c\u200d\ufe0f"]


@pytest.mark.parametrize("part", range(PARTS))
def test_many_strings_come_out_clean_and_stay_so(part: int) -> None:
    for value in strings(part):
        line, lines = text.clean_line(value), text.clean_text(value)
        for clean, cleaned in ((text.clean_line, line), (text.clean_text, lines)):
            assert not UNSAFE.search(cleaned), ascii(value)
            assert clean(cleaned) == cleaned, ascii(value)
            assert unicodedata.is_normalized("NFC", cleaned), ascii(value)
            assert is_low(cleaned), ascii(value)
        assert not re.search(r"[\n\t]|  |^\s|\s$", line), ascii(value)
        assert lines.count("\n") == len(BREAKS.findall(value)), ascii(value)
        if not OPENS.search(value) and is_low(UNSAFE.sub("", value)):
            assert kept(line) == kept(lines) == kept(value), ascii(value)


@pytest.mark.parametrize("part", range(PARTS))
def test_many_strings_are_compared_named_typed_and_reported(part: int) -> None:
    for value in strings(part):
        folded = text.fold(value)
        assert text.fold(folded) == folded, ascii(value)
        typed = text.typed_line(value)
        assert not UNSAFE.search(typed), ascii(value)
        assert text.typed_line(typed) == typed, ascii(value)
        cell = csv_cells.guarded(value)
        assert not UNSAFE.search(cell), ascii(value)
        assert is_low(typed) and is_low(cell), ascii(value)
        for accept in (text.name, text.body):
            try:
                accepted = accept(value)
            except errors.InvalidError as error:
                assert not UNSAFE.search(error.message), ascii(value)
            else:
                assert not UNSAFE.search(accepted), ascii(value)
                assert accept(accepted) == accepted, ascii(value)


OPENING = ("\x1b]", "\x9d", "\x1bP", "\x90", "\x1b[", "\x9b", "\x98", "\x9f", "\x1b", "\x1b(")
FILLING = ("", "x", ";7", " ", "\n", "\u0301", "\x07", "\x1b\\")


@pytest.mark.parametrize("clean", [text.clean_line, text.clean_text, text.typed_line, csv_cells.guarded])
def test_what_is_long_takes_no_more_than_its_length(clean: Callable[[str], str]) -> None:
    pairs = ("".join(parts) for parts in product(OPENING, FILLING, ("", "x" * 5000)))
    for piece in (*pairs, *UNSEEN, *SHAPES):
        made = clean((piece * (LONG // len(piece) + 1))[:LONG])
        assert len(made) <= 2 * LONG
