"""Sends a terminal only what differs from what it shows.

Textual draws what may have changed; what it draws is read here cell by cell and compared with what was sent
before. What else a terminal is told (its modes, its title, questions) passes as it is, in its turn.
"""

from __future__ import annotations

import re

from tui.output.cells import CellReader, Grid
from tui.output.painter import Painter
from tui.output.styles import PLAIN, Styles

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_LINE = re.compile(r"(?:\x1b\[[\d;:]*m|[^\x00-\x1f\x7f-\x9f])*")
"""What is read at one go: text and its styles."""
_TOKEN = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<codes>[\d;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|(?P<string>\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<escape>\x1b[ -/]*[0-OQ-WYZ\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
"""A control sequence, a string, another escape sequence (ECMA-48, section 5), a control, text."""
_CUT_SHORT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_LONGEST = 65_536
"""The longest sequence whose end is waited for."""
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_WORTH_MARKS = 600
"""From how many characters on it is worth saying where a picture begins and ends."""
_QUIET = re.compile(r"\x07|\x1b(?:[\]P].*|\[(?:[<=>?][\d;:]*\$?[hlnpuc]|\d*[nct]| ?\d* q))", re.DOTALL)
"""What draws nothing: bell, title, modes, questions, what a keyboard is to send, the shape of the cursor."""
_DRAWN_ELSEWHERE = "1049"


class OutputFilter:
    """Takes what Textual writes, and gives what is to be sent."""

    def __init__(self, columns: int, rows: int, *, term: str = "") -> None:
        """`term` is what the terminal calls itself, as in the variable TERM."""
        self._styles = Styles()
        self._reader = CellReader(self._styles)
        self._wanted = Grid(columns, rows)
        self._painter = Painter(Grid(columns, rows), self._styles, term)
        self._dirty: set[int] = set()
        self._row = self._column = 0
        self._is_placed = False
        """Whether it was said where the cursor is, since this page is shown."""
        self._style = PLAIN
        self._draws = self._in_picture = self._marks = False
        self._begun = ""
        self._raw: list[str] = []
        """What Textual drew since something was sent last, and the style in which that began."""
        self._raw_style = PLAIN
        self._is_lost = False
        """Whether something was sent that may have drawn anything, and nothing was painted since."""

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has this size. If that is another than before, nobody knows what it shows now."""
        if (columns, rows) == (self._wanted.columns, len(self._wanted.chars)):
            return
        self._wanted.resize(columns, rows)
        self._painter.shown.resize(columns, rows)
        self._go_to(self._row, self._column)
        self.forget()

    def forget(self) -> None:
        """Send everything anew, next time."""
        self._painter.forget()
        self._dirty |= set(range(len(self._wanted.chars)))

    def take(self, data: str) -> str:
        """What is to be sent after Textual has written this."""
        data, self._begun = self._begun + data, ""
        cut = _CUT_SHORT.search(data, max(0, len(data) - _LONGEST)) if "\x1b" in data[-_LONGEST:] else None
        if cut:
            data, self._begun = data[: cut.start()], cut[0]
        if not self._draws and _DRAWN_ELSEWHERE not in data:
            return data
        sent: list[str] = []
        before, *moves = _MOVE.split(data)
        self._take_line(before, sent)
        for at in range(0, len(moves), 3):
            row, column, line = moves[at : at + 3]
            self._go_to(int(row) - 1, int(column) - 1)
            self._is_placed = True
            if self._draws:
                self._raw.append(f"\x1b[{row};{column}H")
            else:
                sent.append(f"\x1b[{row};{column}H")
            self._take_line(line, sent)
        if not self._in_picture:
            self._send(sent)
        return "".join(sent)

    # -------------------------------------------------------------------- reading

    def _go_to(self, row: int, column: int) -> None:
        self._row = min(max(row, 0), len(self._wanted.chars) - 1)
        self._column = min(max(column, 0), self._wanted.columns - 1)

    def _take_line(self, line: str, sent: list[str]) -> None:
        """What stands between two moves of the cursor: most often text and nothing else."""
        if not line:
            return
        text = line.rstrip("\n")
        if self._draws and _LINE.fullmatch(text):
            self._put(text)
            self._take_breaks(len(line) - len(text))
            return
        at = 0
        while at < len(line):
            token = _TOKEN.match(line, at)
            if token is None:
                # A sequence that is none.
                self._pass_on(line[at], sent, is_drawing=True)
                at += 1
                continue
            at = token.end()
            self._take_token(token, sent)

    def _take_token(self, token: re.Match[str], sent: list[str]) -> None:
        whole, final, private = token[0], token["final"], token["private"]
        if final == "h" and private == "?" and token["codes"] == _DRAWN_ELSEWHERE:
            self._begin(sent)
        elif not self._draws:
            sent.append(whole)
        elif whole in (SYNC_START, SYNC_END):
            self._marks = True
            self._in_picture = whole == SYNC_START
        elif final == "l" and private == "?" and token["codes"] == _DRAWN_ELSEWHERE:
            self._send(sent)
            sent.append(whole)
            self._draws = self._in_picture = False
        elif token["text"] or (final == "m" and not private and not token["between"]):
            self._put(whole)
        elif whole == "\n":
            self._take_breaks(1)
        elif whole == "\r":
            self._raw.append(whole)
            self._column = 0
        else:
            self._pass_on(whole, sent, is_drawing=not _QUIET.fullmatch(whole))

    def _begin(self, sent: list[str]) -> None:
        """The terminal shows another page, a blank one."""
        sent.append(f"\x1b[m\x1b[?{_DRAWN_ELSEWHERE}h")
        self._draws = True
        self._wanted.clear()
        self._painter.blank()
        self._dirty.clear()
        self._raw.clear()
        self._is_lost = False
        self._style = self._raw_style = PLAIN
        self._go_to(0, 0)
        self._is_placed = False

    def _put(self, text: str) -> None:
        self._raw.append(text)
        piece = self._reader.read(text, self._style)
        self._wanted.put(self._row, self._column, piece)
        self._dirty.add(self._row)
        self._style = piece.end
        # At most behind the last one.
        self._column = min(self._column + len(piece.chars), self._wanted.columns)

    def _take_breaks(self, count: int) -> None:
        if count:
            self._raw.append("\n" * count)
            self._go_to(self._row + count, 0)

    def _pass_on(self, whole: str, sent: list[str], *, is_drawing: bool) -> None:
        """Send what is not read here. What may have drawn something leaves nothing that is known."""
        if is_drawing and self._is_lost:
            # As it came, until the picture ends: else each of these would have all drawn anew.
            sent += self._raw
            self._raw.clear()
        elif is_drawing:
            self._send(sent)
            sent.append(self._painter.draw_in(self._style))
            self.forget()
            self._is_lost = True
        sent.append(whole)

    # -------------------------------------------------------------------- sending

    def _send(self, sent: list[str]) -> None:
        """Send what differs, and where the cursor belongs."""
        cursor = (self._row, self._column) if self._is_placed else None
        painted = self._painter.paint(self._wanted, self._dirty, cursor)
        drawn = self._painter.as_drawn("".join(self._raw), self._raw_style)
        # It says itself where it goes, or the cursor may be elsewhere.
        may_be_sent = self._painter.may_be_as_drawn and _MOVE.match(self._raw[0] if self._raw else "")
        if may_be_sent and len(drawn) < len(painted):
            painted = drawn
            self._painter.was_drawn(self._style, (self._row, self._column))
        self._raw.clear()
        self._raw_style = self._style
        self._is_lost = False
        self._dirty.clear()
        if len(painted) > _WORTH_MARKS and self._marks:
            painted = f"{SYNC_START}{painted}{SYNC_END}"
        if painted:
            sent.append(painted)
