"""One line of text drawn in runs of a tone: what bars at the top and bottom, and tabs, are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from screens.widgets.list.rows import fit
from store.text import clean_line


class Part(NamedTuple):
    """A piece of a line: its text, its tone, and what a click on it means."""

    text: str
    tone: str = ""
    target: object = None


def show_text(where: Static, text: str) -> None:
    """Show a text. If it is shown already, nothing is laid out again."""
    content = Content(text)
    if where.content != content:
        where.update(content)


class Line(Widget):
    """A line of parts, cut where it meets the edge. Widgets built on it say what a click does."""

    TONES: ClassVar[tuple[str, ...]] = ("dim", "alert", "accent", "strong")
    COMPONENT_CLASSES = {f"line--{tone}" for tone in ("dim", "alert", "accent", "strong")}
    DEFAULT_CSS = """
    Line {
        height: 1;
        padding: 0 1;
        & > .line--dim { color: $foreground 65%; }
        & > .line--alert { color: $error; text-style: bold; }
        & > .line--accent { color: $accent; }
        & > .line--strong { text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()

    def set_parts(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """What stands at the left, and what at the right edge; the left gives way."""
        clean_left = tuple(part._replace(text=_tidy(part.text)) for part in left)
        clean_right = tuple(part._replace(text=_tidy(part.text)) for part in right)
        if (clean_left, clean_right) != (self._left, self._right):
            self._left, self._right = clean_left, clean_right
            self.refresh()

    def placed(self) -> list[tuple[int, Part]]:
        """The parts that fit, each with its first cell."""
        width = self.size.width
        right_width = sum(cell_len(part.text) for part in self._right)
        placed: list[tuple[int, Part]] = []
        x = 0
        room = max(0, width - right_width - (2 if self._right else 0))
        for part in self._left:
            if x >= room:
                break
            length = cell_len(part.text)
            if length > room - x:
                # The spaces at its start set it apart from the part before.
                part = part._replace(text=fit(part.text, room - x, laid_out=True))
                length = room - x
            placed.append((x, part))
            x += length
        x = max(0, width - right_width)
        for part in self._right:
            placed.append((x, part))
            x += cell_len(part.text)
        return placed

    def target_at(self, x: int) -> object:
        """What the part at cell `x` stands for."""
        return next(
            (part.target for start, part in self.placed() if start <= x < start + cell_len(part.text)), None
        )

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        base = self.rich_style
        segments: list[Segment] = []
        end = 0
        for start, part in self.placed():
            if start > end:
                segments.append(Segment(" " * (start - end), base))
            style = self.get_component_rich_style(f"line--{part.tone}") if part.tone else base
            segments.append(Segment(part.text, style))
            end = start + cell_len(part.text)
        return Strip(segments).adjust_cell_length(self.size.width, base).simplify()


def _tidy(text: str) -> str:
    """Clean, but with the spaces at its ends: they set parts apart."""
    inner = clean_line(text)
    if not inner:
        return " " * len(text) if text.isspace() else ""
    lead = len(text) - len(text.lstrip(" "))
    trail = len(text) - len(text.rstrip(" "))
    return " " * lead + inner + " " * trail
