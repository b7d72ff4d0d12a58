"""A scrolling pane for long texts from people: nothing in them is read as markup or acted upon."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker, WorkerState

from screens.widgets.keys import key
from screens.widgets.markdown import marked
from screens.widgets.passages import Passage
from screens.widgets.text_layout import GAP, TextLayout
from screens.widgets.wrap import READABLE

MARGIN = 2
"""Blank cells at the left."""
PARSE = "markdown"
"""The group of the workers that parse long texts."""


class Reading(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows passages one below the other, wrapped to its width; scrolls by keys and mouse wheel."""

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
        key("reading.line-up", "up,k", "lines(-1)", "Line up", "Scroll up one line"),
        key("reading.line-down", "down,j", "lines(1)", "Line down", "Scroll down one line"),
        key("reading.page-up", "pageup", "pages(-1)", "Page up", "Scroll up one page"),
        key("reading.page-down", "pagedown,space", "pages(1)", "Page down", "Scroll down one page"),
        key("reading.to-the-top", "home,g", "begin", "Top", "Go to the start of the text"),
        key("reading.to-the-end", "end,G", "end", "End", "Go to the end of the text"),
    ]

    class NoteChosen(Message):
        """The note beside a passage was clicked."""

        def __init__(self, target: object) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._passages: tuple[Passage, ...] = ()
        self._parsed: dict[Passage, tuple[Passage, ...]] = {}
        self._parsers: dict[Worker[tuple[Passage, ...]], Passage] = {}
        self._text_layout = TextLayout((), READABLE, self._parsed)
        self._moving = False
        self._styles: dict[str, Style] = {}
        self._width = 0

    def show(self, passages: Sequence[Passage]) -> None:
        """Show these passages; the view stays where it is."""
        if tuple(passages) != self._passages:
            self._passages = tuple(passages)
            for passage in self._parsed.keys() - set(self._passages):
                del self._parsed[passage]
            self._lay_out(self.scroll_offset.y)

    def go_to(self, passage: int) -> None:
        """Bring the start of a passage to the top of the view."""
        start = self._text_layout.start_of(passage)
        if start is not None:
            self._scroll(start)

    def text(self) -> str:
        """Everything that is shown, line by line."""
        lines = self._text_layout.all_lines()
        return "\n".join("  ".join((line.text, *(note.text for note in line.notes))) for line in lines)

    def on_resize(self) -> None:
        """Wrap to the new width, with about the same part of the text in view."""
        if self.size.width != self._width:
            read = self.scroll_offset.y / max(1, self._text_layout.height)
            self._lay_out()
            self._scroll(round(read * self._text_layout.height))
        else:
            self._scroll(self.scroll_offset.y)

    def _lay_out(self, top: int = 0) -> None:
        self._width = self.size.width
        if self._width:
            self._text_layout = TextLayout(self._passages, self._room, self._parsed)
            self._scroll(top)
            self.refresh()

    def _scroll(self, top: int) -> None:
        """Scroll a line to the top of the view, and wrap the text near it."""
        if self._moving or not self._width:
            return
        self._moving = True
        try:
            top = self._text_layout.near(top, max(1, self.size.height))
            self.virtual_size = Size(self._width, self._text_layout.height)
            self.scroll_to(y=min(top, self.max_scroll_y), animate=False, force=True)
        finally:
            self._moving = False
        for passage in self._text_layout.unparsed():
            self._parse(passage)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Wrap the text that comes near the view, however one scrolls."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._scroll(round(new_value))

    def _parse(self, passage: Passage) -> None:
        """Parse a long text in a worker. Until that ends, the text is shown as it was typed."""
        if passage not in self._parsers.values():
            call = partial(marked, passage.text, passage.tone, passage.indent)
            worker = self.run_worker(call, thread=True, exit_on_error=False, group=PARSE)
            self._parsers[worker] = passage

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show a text that was parsed."""
        passage = self._parsers.get(event.worker)
        if passage is None or not event.worker.is_finished:
            return
        event.stop()
        del self._parsers[event.worker]
        if event.state is WorkerState.SUCCESS and passage in self._passages:
            self._parsed[passage] = event.worker.result or ()
            self._text_layout.forget(passage)
            self._scroll(self.scroll_offset.y)
            self.refresh()

    @property
    def _room(self) -> int:
        return max(8, min(READABLE, self._width - 2 * MARGIN))

    def render_line(self, y: int) -> Strip:
        """One line of the text."""
        number = y + self.scroll_offset.y
        base = self._style("")
        width = self.size.width
        line = self._text_layout.line(number)
        if line is None:
            return Strip.blank(width, base)
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
        """Drop the styles, whose colours changed."""
        self._styles.clear()
        super().notify_style_update()

    def action_lines(self, number: int) -> None:
        """Scroll by lines."""
        self._scroll(self.scroll_offset.y + number)

    def action_pages(self, number: int) -> None:
        """Scroll by pages, keeping one line of the page before in view."""
        self._scroll(self.scroll_offset.y + number * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        """Go to the start."""
        self._scroll(0)

    def action_end(self) -> None:
        """Go to the end."""
        self._scroll(self._text_layout.height)

    def on_click(self, event: events.Click) -> None:
        """Report the note that was clicked."""
        offset = event.get_content_offset(self)
        line = self._text_layout.line(offset.y + self.scroll_offset.y) if offset else None
        if offset is None or line is None:
            return
        end = MARGIN + self._room
        for note in reversed(line.notes):
            start = end - cell_len(note.text)
            if start <= offset.x < end:
                event.stop()
                self.post_message(self.NoteChosen(note.target))
                return
            end = start - GAP
