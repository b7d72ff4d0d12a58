"""Two terminals beside each other: one that gets what is drawn, and one that gets what is sent of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, cast

import pyte
from rich.cells import split_graphemes

_UNREAD = re.compile(
    r"\x1b[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)|\x1b\[(?:[<=>][\d;:]*[ -/]*|\?[\d;]*\$|\?)[@-~]"
)
"""Sequences that the emulator would print: strings, and private forms of CSI."""
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff]{2})")
Measure = Callable[[str], list[tuple[int, int, int]]]
"""Where each character of a text begins and ends, with what is joined to it, and how many cells it takes."""


def as_laid_out(text: str) -> list[tuple[int, int, int]]:
    """Cells as the program reckons with them, a flag in one piece as terminals draw it."""
    if not _FLAG.search(text):
        return split_graphemes(text)[0]
    measured, at = [], 0
    for part in _FLAG.split(text):
        if part:
            is_flag = _FLAG.fullmatch(part)
            spans = [(0, 2, 2)] if is_flag else split_graphemes(part)[0]
            measured += [(at + start, at + end, width) for start, end, width in spans]
            at += len(part)
    return measured


_MORE = {2: "faint", 8: "hidden", 21: "doubly underlined", 51: "framed", 52: "encircled", 53: "overlined"}
_MORE_OFF = {
    22: {"faint"},
    24: {"doubly underlined"},
    28: {"hidden"},
    54: {"framed", "encircled"},
    55: {"overlined"},
}
_COLOUR = {5: 2, 2: 4}
"""How many numbers a colour takes: 5 and its own, or 2 and red, green, blue."""


class Cell(NamedTuple):
    """A cell as the emulator keeps it, with what it does not know of by itself."""

    data: str = " "
    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    italics: bool = False
    underscore: bool = False
    strikethrough: bool = False
    reverse: bool = False
    blink: bool = False
    more: frozenset[str] = frozenset()


class Terminal(pyte.Screen):
    """An emulator that measures characters in one way or another, and writes nothing past the last column."""

    def __init__(
        self, columns: int, lines: int, measure: Measure = as_laid_out, *, erases_in_colour: bool = True
    ) -> None:
        """What is erased has the ground that is set, or else that of the terminal."""
        self.measure = measure
        self.erases_in_colour = erases_in_colour
        super().__init__(columns, lines)
        self._stream = pyte.Stream(self)

    @property
    def _pen(self) -> Cell:
        return cast(Cell, self.cursor.attrs)

    @_pen.setter
    def _pen(self, pen: Cell) -> None:
        self.cursor.attrs = cast(Any, pen)

    @property
    def default_char(self) -> Any:
        """A cell on which nothing was written."""
        return Cell()

    def reset(self) -> None:
        """Begin with nothing, and plain."""
        super().reset()
        self.cursor.attrs = self.default_char

    def feed(self, text: str) -> None:
        """Show what comes, each new line in the first column as a tty makes it."""
        self._stream.feed(_UNREAD.sub("", text).replace("\n", "\r\n"))

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Cut off, or add blanks, at the right and below."""
        self.lines, self.columns = lines or self.lines, columns or self.columns
        for y in [y for y in self.buffer if y >= self.lines]:
            del self.buffer[y]
        for line in self.buffer.values():
            for x in [x for x in line if x >= self.columns]:
                del line[x]
        self.dirty.update(range(self.lines))
        self.set_margins()
        self.cursor.x, self.cursor.y = (
            min(self.cursor.x, self.columns - 1),
            min(self.cursor.y, self.lines - 1),
        )

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        """Take on colours and attributes, also those of which the emulator itself does not know."""
        codes = list(attrs or (0,))
        while codes:
            code = codes.pop(0)
            more = self._pen.more
            if code in (38, 48):
                count = _COLOUR.get(codes[0] if codes else 0, 0)
                super().select_graphic_rendition(code, *codes[:count])
                del codes[:count]
                continue
            if code in _MORE:
                more |= {_MORE[code]}
            more -= _MORE_OFF.get(code, set())
            super().select_graphic_rendition(code)
            self._pen = self._pen._replace(more=frozenset() if code == 0 else more)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """Blank the rest of the line."""
        pen = self._erase_in_ground()
        super().erase_in_line(how, private)
        self._pen = pen

    def erase_characters(self, count: int | None = None) -> None:
        """Blank some cells."""
        pen = self._erase_in_ground()
        super().erase_characters(count)
        self._pen = pen

    def _erase_in_ground(self) -> Cell:
        # A half of a wide character does not stay, see `_put`.
        line, x = self.buffer[self.cursor.y], min(self.cursor.x, self.columns - 1)
        if line[x].data == "" and x:
            line[x - 1] = line[x - 1]._replace(data=" ")
        pen = self._pen
        self._pen = Cell(bg=pen.bg if self.erases_in_colour else "default")
        return pen

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
    def text(self) -> str:
        """The screen as it stands."""
        columns = range(self.columns)
        return "\n".join("".join(self.buffer[y][x].data for x in columns) for y in range(self.lines))

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """What can be seen of each cell: of a blank its ground, and lines through it."""
        return [self.row(y) for y in range(self.lines)]

    def row(self, y: int) -> list[tuple[object, ...]]:
        """What can be seen in one line."""
        line = self.buffer[y]
        return [_seen(line[x]) for x in range(self.columns)]

    @property
    def place(self) -> tuple[int, int]:
        """Where the cursor stands; behind the last column is in it."""
        return self.cursor.y, min(self.cursor.x, self.columns - 1)


def _seen(cell: Any) -> tuple[object, ...]:
    lines = cell.more - {"faint", "hidden"}
    if cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough or lines):
        return " ", cell.bg
    if cell.data[:1] == " " and len(cell.data) > 1:
        # A mark on a blank that was there before: how letters would be drawn there nobody keeps.
        return cell.data, cell.bg
    return tuple(cell)


class Difference(NamedTuple):
    """Where two terminals differ after a picture."""

    picture: int
    where: str
    drawn: object
    sent: object


UNSETTLED = 4
"""Pictures after another size of which the first may be for the one before."""


class Replay:
    """Both streams, in two terminals: `drawn` shows all that was drawn, `shown` what was sent of it."""

    def __init__(self, columns: int, lines: int, **shown: Any) -> None:
        """`shown` is how the second terminal is made."""
        self.drawn = Terminal(columns, lines)
        self.shown = Terminal(columns, lines, **shown)
        self.pictures = self._settled = 0
        self._in_picture = False

    def take(self, size: Iterable[int], drawn: str, sent: str) -> Iterator[Difference]:
        """Show a write in both; once a picture is whole, give what differs."""
        columns, lines = size
        self.resize(columns, lines)
        self.drawn.feed(drawn)
        self.shown.feed(sent)
        begins, ends = drawn.rfind("\x1b[?2026h"), drawn.rfind("\x1b[?2026l")
        if begins != ends:
            self._in_picture = begins > ends
        if not self._in_picture:
            self.pictures += 1
            found = list(self.differences())
            if self.pictures > self._settled:
                yield from found
            else:
                self.drawn.dirty.update(range(lines))

    def resize(self, columns: int, lines: int) -> None:
        """Both windows become another size, if they are not."""
        if (self.drawn.columns, self.drawn.lines) != (columns, lines):
            self.drawn.resize(lines, columns)
            self.shown.resize(lines, columns)
            # The program may still draw for the size that was; it draws all anew then.
            self._settled = self.pictures + UNSETTLED

    def differences(self) -> Iterator[Difference]:
        """What differs now."""
        if self.drawn.place != self.shown.place:
            yield Difference(self.pictures, "cursor", self.drawn.place, self.shown.place)
        touched = self.drawn.dirty | self.shown.dirty
        self.drawn.dirty.clear()
        self.shown.dirty.clear()
        for y in sorted(touched & set(range(self.drawn.lines))):
            for x, cells in enumerate(zip(self.drawn.row(y), self.shown.row(y), strict=True)):
                if cells[0] != cells[1]:
                    yield Difference(self.pictures, f"line {y}, column {x}", *cells)
