"""What a terminal sends, made safe: no bytes end the program, pastes stay pastes, answers are no keys."""

from __future__ import annotations

import re

from textual.geometry import Size

ESC = "\x1b"
MOST_COLUMNS, MOST_LINES = 600, 300

# Reports of the cursor's position (ECMA-48, CPR), also malformed ones; the ends of a bracketed paste; other
# uses of Esc.
_ESCAPES = re.compile(r"\x1b(?:\[(?:(?P<answer>\??[\d;]{1,64}R)|(?P<paste>20[01]~)))?")
# What may still become one of those, or a function key.
_BEGUN = re.compile(r"\x1b(?:O|\[(?:\??[\d;]{0,64})?)?\Z")
# Esc by itself: what begins neither a control sequence (ECMA-48, CSI) nor a function key (SS3).
_LONE_ESC = re.compile(r"(\x1b(?!\[.|O[A-DFHMP-Sa-dj-y]))", re.DOTALL)
_PASTE = "200~"


class Incoming:
    """Text from a terminal on its way to Textual's parser: without answers, with whole pastes.

    Textual waits a tenth of a second for the rest of a sequence and then takes its characters for keys, in
    the middle of a paste as well.
    """

    def __init__(self) -> None:
        self.answers = 0
        """How many answers have come so far."""
        self._begun = ""
        self._in_paste = False

    @property
    def may_be_key(self) -> bool:
        """Whether what is held back may be a key that somebody pressed, and nothing more of it will come.

        Nobody types a number after Esc and [: that waits for the rest, however long it takes.
        """
        return self._begun in (ESC, f"{ESC}[", f"{ESC}O") and not self._in_paste

    def take(self, text: str) -> str:
        """What of this is for the parser. What may be the beginning of more is held back."""
        text = self._begun + text
        begun = _BEGUN.search(text)
        self._begun = begun[0] if begun else ""
        return _ESCAPES.sub(self._sort, text[: len(text) - len(self._begun)])

    def _sort(self, escape: re.Match[str]) -> str:
        if escape["answer"]:
            self.answers += 1
            return ""
        if escape["paste"]:
            was, self._in_paste = self._in_paste, escape["paste"] == _PASTE
            return escape[0] if was is not self._in_paste else ""
        return "" if self._in_paste else escape[0]

    def release(self) -> str:
        """What was held back, as it came."""
        begun, self._begun = self._begun, ""
        return begun


def apart(text: str) -> list[str]:
    """The text in parts, of which each Esc that is a key of its own is one.

    Textual takes Esc and the key behind it in one read for that key with Alt.
    """
    return [part for part in _LONE_ESC.split(text) if part]


def bound_size(size: Size) -> Size:
    """A terminal's size, or as much of it as is drawn: what a terminal claims is not checked by anybody, and
    a screen of a million lines would take all the memory there is.
    """
    return Size(min(size.width, MOST_COLUMNS), min(size.height, MOST_LINES))
