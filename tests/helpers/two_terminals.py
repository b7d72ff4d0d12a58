"""Two terminals beside each other: one that gets what is drawn, and one that gets what is sent of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyte
from rich.cells import split_graphemes

_UNREAD = re.compile(
    r"\x1b[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)|\x1b\[(?:[<=>][\d;:]*[ -/]*|\?[\d;]*\$|\?)[@-~]"
)
"""Sequences that the emulator would print: strings, and private forms of CSI."""
Measure = Callable[[str], list[tuple[int, int, int]]]
"""Where each character of a text begins and ends, with what is joined to it, and how many cells it takes."""


def as_laid_out(text: str) -> list[tuple[int, int, int]]:
    """Cells as the program reckons with them."""
    return split_graphemes(text)[0]


class Terminal(pyte.Screen):
    """An emulator that measures characters in one way or another, and writes nothing past the last column."""

    def __init__(self, columns: int, lines: int, measure: Measure = as_laid_out) -> None:
        self.measure = measure
        super().__init__(columns, lines)
        self._stream = pyte.Stream(self)

    def feed(self, text: str) -> None:
        """Show what comes."""
        self._stream.feed(_UNREAD.sub("", text))

    def set_mode(self, *modes: int, **values: Any) -> None:
        """The other page is a blank one."""
        super().set_mode(*modes, **values)
        if 1049 in modes:
            self.erase_in_display(2)

    def draw(self, data: str) -> None:
        """Put characters where the cursor is."""
        for start, end, width in self.measure(data):
            self._put(data[start:end], width)

    def _put(self, char: str, width: int) -> None:
        line, x = self.buffer[self.cursor.y], self.cursor.x
        if not width:
            at = x - 1 if line[x - 1].data else x - 2
            if x:
                line[at] = line[at]._replace(data=line[at].data + char)
            return
        x = min(x, self.columns - width)
        if line[x].data == "" and x:
            line[x - 1] = line[x - 1]._replace(data=" ")
        if x + width < self.columns and line[x + width].data == "":
            line[x + width] = line[x + width]._replace(data=" ")
        for step in range(width):
            line[x + step] = self.cursor.attrs._replace(data=char if step == 0 else "")
        self.cursor.x = min(x + width, self.columns)
        self.dirty.add(self.cursor.y)

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """What can be seen of each cell: of a blank its ground, and lines through it."""
        return [[_seen(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    @property
    def place(self) -> tuple[int, int]:
        """Where the cursor stands; behind the last column is in it."""
        return self.cursor.y, min(self.cursor.x, self.columns - 1)


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough):
        return " ", cell.bg
    return tuple(cell)
