"""Changes what a terminal shows into what it should, with as few characters as can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui.output.cells import Grid, surplus
from tui.output.styles import PLAIN, Styles

Chars = list[str | None]
Parts = list[tuple[int, int]]

_KNOWN = re.compile(
    r"xterm|tmux|alacritty|foot|kitty|ghostty|wezterm|konsole|vte|contour|linux|mlterm|rxvt|st-|screen.*bce"
)
"""Terminals that erase some cells in the colour that is set, and go to a column (terminfo: ech, bce, hpa)."""
_GAP = 20
"""Cells that are sent again rather than jumped over: what goes on is compressed better."""
_ASCII = frozenset(map(chr, range(0x20, 0x7F)))
_WORTH_ERASING = 9
"""Blanks from which on it is shorter to erase them and jump."""
_AWAY = (-1, -1)
_SOMEWHERE, _BEHIND = -1, -2
"""Columns that are not known: behind a doubtful character, and behind the last column."""


class Painter:
    """Knows what a terminal shows, where its cursor stands, and what it draws in."""

    def __init__(self, shown: Grid, styles: Styles, term: str = "") -> None:
        """`term` is what the terminal calls itself."""
        self.shown = shown
        self._styles = styles
        self._is_known = bool(_KNOWN.match(term))
        self._out: list[str] = []
        self._at = _AWAY
        self._pen: int | None = None
        self._pen_before = PLAIN
        self.may_be_as_drawn = True
        """Whether what was painted last may be sent in another way: all was known, and no width in doubt."""

    def forget(self) -> None:
        """Nothing is known any more."""
        self.shown.forget()
        self._at, self._pen = _AWAY, None

    def blank(self) -> None:
        """All is blank and plain; the cursor stays where it was, wherever that is."""
        self.shown.clear()
        self._at, self._pen = _AWAY, PLAIN

    def draw_in(self, style: int) -> str:
        """What is to be sent so that a terminal draws in this style."""
        change = self._styles.change(self._pen or PLAIN, style)
        self._pen = style
        return change

    def as_drawn(self, text: str, style: int) -> str:
        """A text that was made for a terminal which draws in `style`, for this one before it was painted."""
        return self._styles.change(self._pen_before, style) + text if text else text

    def was_drawn(self, style: int, at: tuple[int, int]) -> None:
        """What was painted was drawn in another way, which ended in this style and here."""
        self._pen, self._at = style, self._position(*at)

    def paint(self, wanted: Grid, rows: Iterable[int], cursor: tuple[int, int] | None) -> str:
        """What is to be sent so that these rows are as wanted, and the cursor, unless it may be anywhere."""
        self._out = []
        self.may_be_as_drawn = self._pen is not None
        if self._pen is None:
            self._out.append("\x1b[m")
            self._pen = PLAIN
        self._pen_before = self._pen
        shown = self.shown
        for row in sorted(rows):
            chars, styles = wanted.chars[row], wanted.styles[row]
            if chars != shown.chars[row] or styles != shown.styles[row]:
                self._paint_row(row, chars, styles)
                shown.chars[row][:] = chars
                shown.styles[row][:] = styles
        if cursor and self._at != self._position(*cursor):
            self._move(cursor[0], min(cursor[1], shown.columns - 1))
        return "".join(self._out)

    # ------------------------------------------------------------- what has to be sent

    def _runs(self, row: int, chars: Chars, styles: list[int]) -> Iterator[tuple[int, int]]:
        """The cells to be sent, from and up to: those that differ, those close to each other together."""
        old_chars, old_styles = self.shown.chars[row], self.shown.styles[row]
        differ = [
            at for at in range(len(chars)) if chars[at] != old_chars[at] or styles[at] != old_styles[at]
        ]
        if not (_is_plain(chars) and _is_plain(old_chars)):
            differ = _whole(differ, (*_zones(chars), *_zones(old_chars)))
        start, end = differ[0], differ[0] + 1
        for at in differ[1:]:
            if at > end and (at - end > _GAP or not self._are_alike(styles[end - 1 : at + 1])):
                yield start, end
                start = at
            end = at + 1
        yield start, end

    def _are_alike(self, styles: list[int]) -> bool:
        """Whether cells can be sent without a change of colours, blanks aside."""
        grounds = {self._styles.of_blank(style) for style in styles}
        return len(grounds) == 1 and len(set(styles) - grounds) <= 1

    # ---------------------------------------------------------------------- sending it

    def _paint_row(self, row: int, chars: Chars, styles: list[int]) -> None:
        """Send the cells of a row, from left to right, or all of a style together where that is shorter."""
        parts = [part for run in self._runs(row, chars, styles) for part in _parts(*run, chars, styles)]
        by_style = self._by_style(parts, chars, styles)
        before = self._out, self._at, self._pen
        self._out = []
        self._paint_parts(row, parts, chars, styles)
        if by_style != parts and _is_plain(chars) and _is_plain(self.shown.chars[row]):
            as_written = self._out, self._at, self._pen
            self._out, self._at, self._pen = [], *before[1:]
            self._paint_parts(row, by_style, chars, styles)
            if sum(map(len, as_written[0])) <= sum(map(len, self._out)):
                self._out, self._at, self._pen = as_written
        self._out = before[0] + self._out

    def _by_style(self, parts: Parts, chars: Chars, styles: list[int]) -> Parts:
        """The same parts, those of a style together; a blank goes with what is before it on that ground."""
        together: dict[int, Parts] = {}
        last = self._pen or PLAIN
        for part in parts:
            style = styles[part[0]]
            if chars[part[0]] != " " or self._styles.of_blank(last) != style:
                last = style
            together.setdefault(last, []).append(part)
        return [part for each in together.values() for part in each]

    def _paint_parts(self, row: int, parts: Parts, chars: Chars, styles: list[int]) -> None:
        for number, (at, after) in enumerate(parts):
            style = styles[at]
            if chars[at] != " ":
                self._draw_in(style)
                self._write(row, at, after, chars)
            elif not self._erase(row, at, after, chars, styles):
                next_at = parts[number + 1][0] if number + 1 < len(parts) else at
                self._draw_blanks_in(style, styles[next_at])
                self._write_agreed(row, at, after, chars)

    def _erase(self, row: int, start: int, end: int, chars: Chars, styles: list[int]) -> bool:
        """Blank some cells without sending blanks, if that can be had and is shorter."""
        style = styles[start]
        if not self._styles.is_ground(style) or (self._styles.has_ground(style) and not self._is_known):
            return False
        rest = len(chars) - start
        if end - start > len("\x1b[K") and chars[start:] == [" "] * rest and styles[start:] == [style] * rest:
            erase = "\x1b[K"
        elif end - start >= _WORTH_ERASING and self._is_known:
            erase = f"\x1b[{end - start}X"
        else:
            return False
        self._move(row, start)
        self._draw_blanks_in(style, style)
        self._out.append(erase)
        return True

    def _write(self, row: int, start: int, end: int, chars: Chars) -> None:
        agreed = start
        for at in range(start, end):
            char = chars[at] or ""
            if (char > "\x7f" or len(char) > 1) and surplus(char):
                self._write_agreed(row, agreed, at, chars)
                agreed = at + _width(chars, at)
                self._write_doubtful(row, at, char, agreed - at)
        self._write_agreed(row, agreed, end, chars)

    def _write_agreed(self, row: int, start: int, end: int, chars: Chars) -> None:
        """Cells of which all terminals agree how wide they are."""
        if end > start:
            self._move(row, start)
            self._out.extend(char or "" for char in chars[start:end])
            self._at = self._position(row, end)

    def _write_doubtful(self, row: int, at: int, char: str, width: int) -> None:
        """A character that may be wider or narrower there: nothing of what it leaves stays, or is missing."""
        self.may_be_as_drawn = False
        self._move(row, at)
        self._out.append(" " * width)
        self._at = self._position(row, at + width)
        self._move(row, at)
        self._out.append(char)
        self._at = row, _SOMEWHERE

    def _draw_in(self, style: int) -> None:
        if style != self._pen:
            self._out.append(self._styles.change(self._pen or PLAIN, style))
            self._pen = style

    def _draw_blanks_in(self, style: int, next_style: int) -> None:
        """As for others, but a style of letters on the same ground will do: that of what follows, say."""
        of_blank = self._styles.of_blank
        if of_blank(self._pen or PLAIN) != style:
            self._draw_in(next_style if of_blank(next_style) == style else style)

    def _position(self, row: int, column: int) -> tuple[int, int]:
        return row, column if column < self.shown.columns else _BEHIND

    def _move(self, row: int, column: int) -> None:
        """Take the cursor there, by the shortest way."""
        old_row, old_column = self._at
        if (old_row, old_column) == (row, column):
            return
        self._at = row, column
        moves = [f"\x1b[{row + 1};{column + 1}H" if column else f"\x1b[{row + 1}H" if row else "\x1b[H"]
        if row == old_row:
            if column == 0:
                moves.append("\r")
            if self._is_known:
                moves.append(f"\x1b[{column + 1}G")
            if old_column >= 0:
                step = column - old_column
                moves.append(f"\x1b[{'' if abs(step) == 1 else abs(step)}{'D' if step < 0 else 'C'}")
        elif row == old_row + 1 and old_row >= 0:
            if column == 0:
                moves.append("\r\n")
            elif column == old_column:
                moves.append("\x1b[B")
        self._out.append(min(moves, key=len))


def _parts(start: int, end: int, chars: Chars, styles: list[int]) -> Iterator[tuple[int, int]]:
    """Cells that are drawn in one go, from and up to: of one style, and all blank or none."""
    at = start
    while at < end:
        is_blank, style = chars[at] == " ", styles[at]
        after = at + 1
        while after < end and styles[after] == style and (chars[after] == " ") == is_blank:
            after += 1
        yield at, after
        at = after


def _is_plain(chars: Chars) -> bool:
    """Whether each cell has one narrow character of which all terminals agree, as far as it is known."""
    return all(char is None or (char and (char in _ASCII or not surplus(char))) for char in set(chars))


def _width(chars: Chars, at: int) -> int:
    return 2 if chars[at + 1 : at + 2] == [""] else 1


def _zones(chars: Chars) -> Iterator[tuple[int, int]]:
    """Cells that hang together, from and up to: wide characters, and what doubtful ones may draw over."""
    for at, char in enumerate(chars):
        if char and (char > "\x7f" or len(char) > 1):
            end = at + _width(chars, at) + surplus(char)
            if end - at > 1:
                yield at, min(end, len(chars))


def _whole(differ: list[int], zones: Iterable[tuple[int, int]]) -> list[int]:
    """The cells to be sent, with all those that hang together with one of them."""
    cells, left = set(differ), list(zones)
    while touched := [zone for zone in left if not cells.isdisjoint(range(*zone))]:
        for zone in touched:
            cells |= set(range(*zone))
            left.remove(zone)
    return sorted(cells)
