"""How cells are drawn: a number for each style, and what a terminal is told to go from one to another.

The codes are those of SGR (ECMA-48, section 8.3.117).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 6: 25, 7: 27, 8: 28, 9: 29, 21: 24, 51: 54, 52: 54, 53: 55}
"""What turns something on, and what turns it off again."""
_SEEN_UNDER_BLANKS = frozenset((4, 7, 9, 21, 51, 52, 53))
"""Lines, frames and swapped colours: without them a blank shows nothing but its ground."""
PLAIN = 0
"""The style that a terminal begins with."""


class _Attributes(NamedTuple):
    """Colours as SGR writes them, empty for the terminal's own, and what is turned on."""

    fore: str = ""
    back: str = ""
    on: frozenset[int] = frozenset()


class Styles:
    """The styles that were met so far."""

    def __init__(self) -> None:
        self._attributes = [_Attributes()]
        self._numbers = {_Attributes(): PLAIN}
        self._after: dict[tuple[int, str], int] = {}
        self._changes: dict[tuple[int, int], str] = {}
        self._blanks: dict[int, int] = {}

    def _number(self, attributes: _Attributes) -> int:
        if attributes not in self._numbers:
            self._numbers[attributes] = len(self._attributes)
            self._attributes.append(attributes)
        return self._numbers[attributes]

    def after(self, style: int, codes: str) -> int:
        """The style once a terminal that draws in another one has got these codes, as in "1;38;2;0;0;255"."""
        key = style, codes
        if key not in self._after:
            self._after[key] = self._number(_applied(self._attributes[style], codes))
        return self._after[key]

    def of_blank(self, style: int) -> int:
        """The style of a blank in this one: without what cannot be seen of it."""
        if style not in self._blanks:
            found = self._attributes[style]
            seen = found if found.on & _SEEN_UNDER_BLANKS else _Attributes(back=found.back)
            self._blanks[style] = self._number(seen)
        return self._blanks[style]

    def is_ground(self, style: int) -> bool:
        """Whether a blank in this style shows its ground only, as what was erased does."""
        return not self._attributes[style].on

    def has_ground(self, style: int) -> bool:
        """Whether it has a ground of its own, and not the terminal's."""
        return self._attributes[style].back != ""

    def change(self, old: int, new: int) -> str:
        """The shortest sequence by which a terminal that draws in one style draws in another."""
        key = old, new
        if key not in self._changes:
            both = self._attributes[old], self._attributes[new]
            self._changes[key] = "" if old == new else _change(*both)
        return self._changes[key]


def _applied(attributes: _Attributes, codes: str) -> _Attributes:
    fore, back, on = attributes
    left = iter(codes.split(";"))
    for code in left:
        number = int(code.partition(":")[0] or 0)
        if number == 0:
            fore, back, on = _Attributes()
        elif number in (38, 48, 58):
            colour = code if ":" in code else _colour(code, left)
            fore, back = (colour if number == 38 else fore), (colour if number == 48 else back)
        elif number in _OFF:
            on |= {number}
        elif number in _OFF.values():
            on = frozenset(each for each in on if _OFF[each] != number)
        elif number in (39, 49):
            fore, back = ("", back) if number == 39 else (fore, "")
        elif 30 <= number <= 37 or 90 <= number <= 97:
            fore = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            back = code
    return _Attributes(fore, back, on)


def _colour(kind: str, left: Iterator[str]) -> str:
    """A colour of several codes: 5 and its number, or 2 and red, green and blue."""
    form = next(left, "")
    return ";".join((kind, form, *islice(left, {"5": 1, "2": 3}.get(form, 0))))


def _change(old: _Attributes, new: _Attributes) -> str:
    anew = [*map(str, sorted(new.on)), *filter(None, (new.fore, new.back))]
    off = {_OFF[each] for each in old.on - new.on}
    # What is turned off with something else has to be turned on again.
    on = new.on - old.on | {each for each in new.on if _OFF[each] in off}
    step = [str(each) for each in (*sorted(off), *sorted(on))]
    if new.fore != old.fore:
        step.append(new.fore or "39")
    if new.back != old.back:
        step.append(new.back or "49")
    return f"\x1b[{min(';'.join(['', *anew]) if anew else '', ';'.join(step), key=len)}m"
