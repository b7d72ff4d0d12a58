"""What a terminal shows, cell by cell."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

from tui.output.styles import PLAIN, Styles

_PART = re.compile(r"\x1b\[([\d;:]*)m|([^\x1b]+)")
_ALIKE = (
    ("\u1100", "\u115f"),
    ("\u2e80", "\ua4cf"),
    ("\uac00", "\ud7a3"),
    ("\uf900", "\ufaff"),
    ("\ufe30", "\ufe6f"),
    ("\uff01", "\uff60"),
    ("\uffe0", "\uffe6"),
    ("\U00020000", "\U0003fffd"),
)
"""First and last of the wide characters of which terminals agree that they are."""
_SIGNS = re.compile("[\u2600-\u27bf]")
"""Signs that some terminals draw as emoji, two cells wide."""
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]")
"""Two of them are a flag."""
_OWN_SIGNS = "☐☑⚑✎✓✗"
"""Those that the screens are full of, and that no terminal draws so."""
MOST_KNOWN = 2048
"""Texts that are remembered: what is on a few screens."""


class LineCells(NamedTuple):
    """A part of a line: a character (with what is joined to it) and a style for each cell.

    The second cell of a wide character has an empty text. `lead` is what is joined to the cell before.
    """

    chars: list[str]
    styles: list[int]
    lead: str
    end: int
    """The style that follows."""


class CellReader:
    """Reads text with SGR sequences into cells, each text once."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._known: dict[str, LineCells] = {}

    def read(self, text: str, style: int = PLAIN) -> LineCells:
        """The cells of a text that begins in this style."""
        if style != PLAIN:
            return self._read(text, style)
        piece = self._known.get(text)
        if piece is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            piece = self._known[text] = self._read(text, style)
        return piece

    def _read(self, text: str, style: int) -> LineCells:
        chars: list[str] = []
        numbers: list[int] = []
        lead, last_style = "", style
        for codes, words in _PART.findall(text):
            if not words:
                style = self._styles.after(style, codes)
                continue
            blank = self._styles.of_blank(style)
            if words.isascii():
                chars.extend(words)
                numbers.extend(blank if char == " " else style for char in words)
                last_style = style
                continue
            for start, end, width in _graphemes(words):
                char = words[start:end]
                if not width:
                    # Joined to what stands before it, wherever that was written.
                    if not chars:
                        lead += char
                        continue
                    if chars[-1] == " ":
                        # It is drawn as the blank would be, were it a letter.
                        numbers[-1] = last_style
                    chars[-1 if chars[-1] else -2] += char
                    continue
                last_style = style
                chars += (char, *[""] * (width - 1))
                numbers += [blank if char == " " else style] * width
        return LineCells(chars, numbers, lead, style)


def _graphemes(text: str) -> list[tuple[int, int, int]]:
    """Where each character begins and ends, and how many cells it takes; a flag is one."""
    found: list[tuple[int, int, int]] = split_graphemes(text)[0]
    if not _FLAG_LETTER.search(text):
        return found
    spans: list[tuple[int, int, int]] = []
    for start, end, width in found:
        if spans and _is_flag_letter(text[start:end]) and _is_flag_letter(text[spans[-1][0] : start]):
            first = spans.pop()
            spans.append((first[0], end, first[2] + width))
        else:
            spans.append((start, end, width))
    return spans


def _is_flag_letter(char: str) -> bool:
    return _FLAG_LETTER.fullmatch(char) is not None


class Grid:
    """Rows of cells; a text of None is a cell of which nothing is known."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.chars: list[list[str | None]] = [[" "] * columns for _ in range(rows)]
        self.styles = [[PLAIN] * columns for _ in range(rows)]

    def resize(self, columns: int, rows: int) -> None:
        """Cut off, or add blanks, at the right and below."""
        more = columns - self.columns
        del self.chars[rows:], self.styles[rows:]
        for chars, styles in zip(self.chars, self.styles, strict=True):
            del chars[columns:], styles[columns:]
            chars += [" "] * more
            styles += [PLAIN] * more
        for _ in range(rows - len(self.chars)):
            self.chars.append([" "] * columns)
            self.styles.append([PLAIN] * columns)
        self.columns = columns

    def forget(self) -> None:
        """Nothing is known of what is shown."""
        self.chars = [[None] * self.columns for _ in self.chars]

    def clear(self) -> None:
        """Blank everything."""
        self.chars = [[" "] * self.columns for _ in self.chars]
        self.styles = [[PLAIN] * self.columns for _ in self.styles]

    def put(self, row: int, column: int, piece: LineCells) -> None:
        """Write a piece of a line. What does not fit is left out."""
        chars, styles = self.chars[row], self.styles[row]
        if piece.lead and column:
            at = column - 1 if chars[column - 1] else max(0, column - 2)
            chars[at] = (chars[at] or "") + piece.lead
        if not piece.chars or column == self.columns:
            return
        end = column + len(piece.chars)
        # Of a wide character of which one half is written over nothing stays.
        if chars[column] == "" and column:
            chars[column - 1] = " "
        if end < self.columns and chars[end] == "":
            chars[end] = " "
        chars[column:end] = piece.chars
        styles[column:end] = piece.styles
        if end > self.columns:
            cut = chars[self.columns] == ""
            del chars[self.columns :], styles[self.columns :]
            if cut:
                chars[-1] = " "


@lru_cache(maxsize=4096)
def surplus(char: str) -> int:
    """How many cells more than are reckoned with a terminal may give to a character, or may have drawn over.

    0 where all terminals agree how wide it is. They do not of emoji, of marks and of what is joined.
    """
    if len(char) == 1:
        is_wide = cell_len(char) > 1
        is_sign = _SIGNS.match(char) and char not in _OWN_SIGNS
        is_alike = any(first <= char <= last for first, last in _ALIKE)
        is_agreed = is_alike if is_wide else not (is_sign or unicodedata.combining(char))
        if char < "\u0300" or (is_agreed and unicodedata.category(char)[0] != "M" and char < "\U0001f000"):
            return 0
        if is_agreed and char >= "\U00020000":
            return 0
    return max(1, sum(max(1, cell_len(each)) for each in char) - cell_len(char)) + 1
