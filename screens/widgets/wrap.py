"""Longer texts as lines that fit: broken between words, measured in cells of a terminal."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, get_character_cell_size

from store.text import JOINERS, clean_text

REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
READABLE = 92
"""Cells of the longest line of a text: longer ones are hard to read, however wide the terminal is."""


def wrap(text: str, width: int) -> list[str]:
    """The cleaned text as lines of at most `width` cells.

    Its own line breaks and the spaces inside its lines stay; a word longer than a line is cut. Takes time in
    proportion to the length of the text, whatever is in it.
    """
    return wrap_lines(clean_text(text).strip("\n"), width)


def wrap_lines(text: str, width: int) -> list[str]:
    """As `wrap`, for a part of a text that is clean already: blank lines at its ends stay."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += _wrap_line(line.rstrip(), max(1, width))
    return lines


def _wrap_line(line: str, width: int) -> list[str]:
    plain = line.isascii()
    if len(line) <= width and (plain or cell_len(line) <= width):
        return [line]
    lines: list[str] = []
    start = 0
    while start < len(line):
        end = start + (width if plain else _characters(line, start, width))
        if (
            end < len(line)
            and (blank := line.rfind(" ", start, end + 1)) > start
            and not line[start:blank].isspace()
        ):
            end = blank
        lines.append(line[start:end].rstrip())
        start = end
        while start < len(line) and line[start] == " ":
            start += 1
    return lines


def _characters(line: str, start: int, width: int) -> int:
    """How many characters from `start` on fill `width` cells; at least one."""
    filled = 0
    for end in range(start, min(len(line), start + width + 1)):
        char = line[end]
        size = get_character_cell_size(char)
        if joins(char, size):
            return _clusters(line, start, width)
        filled += size
        if filled > width:
            return max(1, end - start)
    return len(line) - start


def joins(char: str, size: int) -> bool:
    """Whether a character may make one sign with those beside it, and has no width of its own."""
    return size == 0 or ord(char) in REGIONAL_INDICATORS or ord(char) in SKIN_TONES or char in JOINERS


def _clusters(line: str, start: int, width: int) -> int:
    """As `_characters`, where some characters make one sign together: many times slower."""
    # Mostly twice the width is enough. A family is five characters in two cells, and is not to be cut in two;
    # heaps of marks without an end are.
    for length in (2 * width, 16 * width):
        piece = line[start : start + length]
        lines = chop_cells(piece, width)
        if len(lines) > 1 or start + length >= len(line):
            break
    # Marks with nothing to stand on take no cells at all: they are one line together.
    return len(lines[0]) or 1 if lines else len(piece)
