"""A pane of text to read: long, from anybody, shown as it was written and never acted upon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.keys import key
from screens.widgets.wrap import wrap

READABLE = 92
"""Lines longer than this are hard to read, however wide the terminal is."""
MARGIN = 2
"""Blank cells at the left."""
GAP = 2
"""Blank cells before a note."""


class Note(NamedTuple):
    """A few words at the right edge; a click on them means `target`."""

    text: str
    target: object


class Span(NamedTuple):
    """A part of a passage's text, in a tone of its own."""

    start: int
    end: int
    tone: str


class Passage(NamedTuple):
    """A stretch of text in one tone; the notes stand at the right of its first line.

    `sign` stands before each of its lines. With `spans` the text has to be clean already, as `clean_text`
    leaves it: they are places in it.
    """

    text: str
    tone: str = ""
    indent: int = 0
    notes: tuple[Note, ...] = ()
    sign: str = ""
    spans: tuple[Span, ...] = ()


class _Line(NamedTuple):
    text: str
    tone: str
    notes: tuple[Note, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def notes_width(self) -> int:
        return sum(cell_len(note.text) + GAP for note in self.notes)


class Reading(ScrollView, can_focus=True, inherit_bindings=False):
    """Passages one under the other, wrapped to the width there is, scrolled by keys and wheel."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        "reading--dim",
        "reading--alert",
        "reading--accent",
        "reading--heading",
        "reading--strong",
        "reading--slanted",
        "reading--strong-slanted",
        "reading--added",
        "reading--added-part",
        "reading--removed",
        "reading--removed-part",
    }
    DEFAULT_CSS = """
    Reading {
        height: 1fr;
        background: transparent;
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $foreground 20%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $accent;
        & > .reading--dim { color: $text-muted; }
        & > .reading--alert { color: $error; text-style: bold; }
        & > .reading--accent { color: $text-accent; }
        & > .reading--heading { text-style: bold; }
        & > .reading--strong { text-style: bold; }
        & > .reading--slanted { text-style: italic; }
        & > .reading--strong-slanted { text-style: bold italic; }
        & > .reading--added { color: $text-success; }
        & > .reading--added-part { color: $text-success; text-style: bold underline; }
        & > .reading--removed { color: $text-warning; }
        & > .reading--removed-part { color: $text-warning; text-style: strike; }
        &:focus { scrollbar-color: $accent 60%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("reading", "up,k", "lines(-1)", "Line up", "Read on one line up"),
        key("reading", "down,j", "lines(1)", "Line down", "Read on one line down"),
        key("reading", "pageup", "pages(-1)", "Page up", "Read on one page up"),
        key("reading", "pagedown,space", "pages(1)", "Page down", "Read on one page down"),
        key("reading", "home,g", "begin", "To the top", "To the beginning of the text"),
        key("reading", "end,G", "end", "To the end", "To the end of the text"),
    ]

    class NoteChosen(Message):
        """The note beside a passage was clicked."""

        def __init__(self, target: object) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._passages: tuple[Passage, ...] = ()
        self._lines: list[_Line] = []
        self._starts: list[int] = []
        self._styles: dict[str, Style] = {}
        self._width = 0

    def show(self, passages: Sequence[Passage]) -> None:
        """Show these passages; the view stays where it is."""
        if tuple(passages) != self._passages:
            self._passages = tuple(passages)
            self._lay_out()

    def go_to(self, passage: int) -> None:
        """Bring the start of a passage to the top of the view."""
        if passage < len(self._starts):
            self._scroll(self._starts[passage])

    def text(self) -> str:
        """Everything that is shown, line by line."""
        return "\n".join("  ".join((line.text, *(note.text for note in line.notes))) for line in self._lines)

    def on_resize(self) -> None:
        """Wrap to the new width; about the same part of the text stays in view."""
        if self.size.width != self._width:
            read = self.scroll_offset.y / max(1, len(self._lines))
            self._lay_out()
            self._scroll(round(read * len(self._lines)))

    def _lay_out(self) -> None:
        self._width = self.size.width
        if not self._width:
            return
        room = self._room
        lines: list[_Line] = []
        self._starts = []
        for passage in self._passages:
            self._starts.append(len(lines))
            lines += _lines(passage, room)
        self._lines = lines
        self.virtual_size = Size(self._width, len(lines))
        self.refresh()

    @property
    def _room(self) -> int:
        return max(8, min(READABLE, self._width - 2 * MARGIN))

    def render_line(self, y: int) -> Strip:
        """One line of the text."""
        number = y + self.scroll_offset.y
        base = self._style("")
        width = self.size.width
        if number >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[number]
        style = self._style(line.tone)
        # Wrapped lines are clean already, and their spaces are meant.
        segments = [Segment(" " * MARGIN, base)]
        end = 0
        for span in line.spans:
            segments.append(Segment(line.text[end : span.start], style))
            segments.append(Segment(line.text[span.start : span.end], self._style(span.tone)))
            end = span.end
        segments.append(Segment(line.text[end:], style))
        if line.notes:
            gap = self._room - cell_len(line.text) - line.notes_width
            segments.append(Segment(" " * max(0, gap), base))
            for note in line.notes:
                segments += [Segment(" " * GAP, base), Segment(note.text, self._style("accent"))]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, tone: str) -> Style:
        if tone not in self._styles:
            name = f"reading--{tone}"
            self._styles[tone] = self.get_component_rich_style(name) if tone else self.rich_style
        return self._styles[tone]

    def notify_style_update(self) -> None:
        """Colours changed: resolve them anew."""
        self._styles.clear()
        super().notify_style_update()

    def _scroll(self, line: int) -> None:
        self.scroll_to(y=min(max(line, 0), self.max_scroll_y), animate=False, force=True)

    def action_lines(self, number: int) -> None:
        """Some lines on."""
        self._scroll(self.scroll_offset.y + number)

    def action_pages(self, number: int) -> None:
        """Some pages on; one line of the page before stays in view."""
        self._scroll(self.scroll_offset.y + number * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        """To the beginning."""
        self._scroll(0)

    def action_end(self) -> None:
        """To the end."""
        self._scroll(len(self._lines))

    def on_click(self, event: events.Click) -> None:
        """Tell which note was clicked."""
        offset = event.get_content_offset(self)
        number = offset.y + self.scroll_offset.y if offset else len(self._lines)
        if offset is None or number >= len(self._lines):
            return
        end = MARGIN + self._room
        for note in reversed(self._lines[number].notes):
            start = end - cell_len(note.text)
            if start <= offset.x < end:
                event.stop()
                self.post_message(self.NoteChosen(note.target))
                return
            end = start - GAP


def _lines(passage: Passage, room: int) -> list[_Line]:
    """The passage as lines that fit into so many cells."""
    notes_width = _Line("", "", passage.notes).notes_width
    lead = " " * passage.indent + passage.sign
    wrapped = wrap(passage.text, room - cell_len(lead) - notes_width)
    lines = []
    place = 0
    for text in wrapped:
        # Each line is a piece of the text: what was left out between two is a break or blanks.
        place = passage.text.find(text, place) if passage.spans else 0
        spans = tuple(_within(passage.spans, place, place + len(text), len(lead)))
        lines.append(_Line(lead + text, passage.tone, spans=spans))
        place += len(text)
    lines[0] = lines[0]._replace(notes=passage.notes)
    return lines


def _within(spans: Sequence[Span], start: int, end: int, shift: int) -> Iterator[Span]:
    """The parts of the spans between two places of the text, as places in a line that begins there."""
    for span in spans:
        first, last = max(span.start, start), min(span.end, end)
        if first < last:
            yield Span(first - start + shift, last - start + shift, span.tone)
