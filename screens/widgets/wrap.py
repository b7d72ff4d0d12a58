"""Longer texts as lines that fit: broken between words, measured in cells of a terminal."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from store.text import clean_text


def wrap(text: str, width: int) -> list[str]:
    """The cleaned text as lines of at most `width` cells.

    Its own line breaks and the spaces inside its lines stay; a word longer than a line is cut.
    """
    width = max(1, width)
    lines: list[str] = []
    for line in clean_text(text).strip("\n").split("\n"):
        lines += _wrap_line(line.rstrip(), width)
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
            and line[start:blank].strip()
        ):
            end = blank
        lines.append(line[start:end].rstrip())
        start = end
        while start < len(line) and line[start] == " ":
            start += 1
    return lines


def _characters(line: str, start: int, width: int) -> int:
    """How many characters from `start` on fill `width` cells; at least one."""
    # Twice the width is enough for all but heaps of combining marks, whose line is then a short one.
    piece = line[start : start + 2 * width]
    lines = chop_cells(piece, width)
    # Marks with nothing to stand on take no cells at all: they are one line together.
    return len(lines[0]) or 1 if lines else len(piece)
