"""Lays passages out as lines. A block is wrapped only when it comes near the view.

Until then its height is an estimate, so a pane opens as fast with long texts as with short ones. When the
real height differs, `TextLayout.near` tells where the line at the top of the view is then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from screens.widgets.markdown import LONGEST, marked
from screens.widgets.passages import Note, Passage, Span
from screens.widgets.wrap import joins, wrap, wrap_lines
from store.text import clean_text

GAP = 2
"""Blank cells before a note."""
BLOCK = 4_000
"""Characters of a plain text that are wrapped at a time."""
AT_ONCE = 2_000
"""Characters of Markdown up to which it is parsed where it is shown; longer texts are parsed in a worker."""
SAMPLE = 100
"""Characters by which the width of the others is estimated."""


class TextLine(NamedTuple):
    """A line as it is drawn."""

    text: str
    tone: str
    notes: tuple[Note, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def notes_width(self) -> int:
        """Cells that the notes take, with the gaps before them."""
        return sum(cell_len(note.text) + GAP for note in self.notes)


class _Block(NamedTuple):
    """A passage, or a piece of one, with the number of that passage."""

    passage: Passage
    number: int
    piece: bool


class TextLayout:
    """Passages wrapped to so many cells. `parsed` has the Markdown that a worker has parsed so far."""

    def __init__(
        self, passages: Sequence[Passage], room: int, parsed: dict[Passage, tuple[Passage, ...]]
    ) -> None:
        self._room = room
        self._parsed = parsed
        self._blocks = [
            block for number, passage in enumerate(passages) for block in _blocks(passage, number)
        ]
        self._lines: list[list[TextLine] | None] = [None] * len(self._blocks)
        self._heights = [_estimate(block.passage, room) for block in self._blocks]
        self._starts: list[int] = []
        self._add_up()

    def _add_up(self) -> None:
        self._starts = [0, *accumulate(self._heights)]

    @property
    def height(self) -> int:
        """Lines in all, as far as is known."""
        return self._starts[-1]

    def line(self, y: int) -> TextLine | None:
        """A line, which has to be `near` by now; None past the end."""
        if not 0 <= y < self.height:
            return None
        at = self._at(y)
        lines = self._lines[at]
        return lines[y - self._starts[at]] if lines is not None else None

    def _at(self, y: int) -> int:
        """The block that has a line."""
        return bisect_right(self._starts, y, hi=len(self._blocks)) - 1

    def start_of(self, number: int) -> int | None:
        """The first line of a passage."""
        return next(
            (self._starts[at] for at, block in enumerate(self._blocks) if block.number == number), None
        )

    def near(self, top: int, count: int) -> int:
        """Wrap what stands in `count` lines from `top` on, and as much before and after them.

        Returns where the line that stood at `top` is then: what is above it may have another height now.
        """
        if not self._blocks:
            return 0
        top = min(max(top, 0), max(0, self.height - 1))
        anchor = self._at(top)
        into = (top - self._starts[anchor]) / self._heights[anchor]
        if self._lines[anchor] is None:
            self._wrap(anchor)
            into_lines = round(into * self._heights[anchor])
        else:
            into_lines = top - self._starts[anchor]
        self._wrap_around(anchor, into_lines, count)
        self._add_up()
        return self._starts[anchor] + into_lines

    def _wrap_around(self, anchor: int, into: int, count: int) -> None:
        """Wrap blocks after and before one until there are enough lines on either side."""
        room = 2 * count - (self._heights[anchor] - into)
        at = anchor + 1
        while room > 0 and at < len(self._blocks):
            room -= self._wrap(at)
            at += 1
        room, at = count - into, anchor - 1
        while room > 0 and at >= 0:
            room -= self._wrap(at)
            at -= 1

    def _wrap(self, at: int) -> int:
        """Wrap a block unless it is; its height."""
        if self._lines[at] is None:
            lines: list[TextLine] = []
            block = self._blocks[at]
            for part in self._read(block.passage):
                lines += _wrapped(part, self._room, whole=not block.piece)
            self._lines[at] = lines
            self._heights[at] = len(lines)
        return self._heights[at]

    def _read(self, passage: Passage) -> Sequence[Passage]:
        """A passage as those that are shown: Markdown as its blocks, once it is parsed."""
        if not passage.markdown:
            return (passage,)
        if len(passage.text) <= AT_ONCE:
            return marked(passage.text, passage.tone, passage.indent)
        return self._parsed.get(passage, (passage,))

    def unparsed(self) -> Iterator[Passage]:
        """Markdown that came near the view and is still to be parsed in a worker."""
        for block, lines in zip(self._blocks, self._lines, strict=True):
            passage = block.passage
            long = passage.markdown and len(passage.text) > AT_ONCE
            if lines is not None and long and passage not in self._parsed:
                yield passage

    def forget(self, passage: Passage) -> None:
        """Wrap a passage anew when it comes near the view: it was parsed meanwhile."""
        for at, block in enumerate(self._blocks):
            if block.passage == passage:
                self._lines[at] = None

    def all_lines(self) -> list[TextLine]:
        """Every line, wrapped or not yet."""
        for at in range(len(self._blocks)):
            self._wrap(at)
        self._add_up()
        return [line for lines in self._lines for line in lines or ()]


def _blocks(passage: Passage, number: int) -> Iterator[_Block]:
    """The passage, a long plain text in pieces: at line breaks, or between words of a very long line."""
    text = passage.text
    is_markdown = passage.markdown and len(text) <= LONGEST
    if is_markdown or passage.spans or len(text) <= BLOCK:
        yield _Block(passage._replace(markdown=is_markdown), number, piece=False)
        return
    text = text.strip("\n")
    start = 0
    while start < len(text):
        end = _cut(text, start)
        notes = passage.notes if start == 0 else ()
        piece = passage._replace(text=text[start:end], notes=notes, markdown=False)
        yield _Block(piece, number, piece=True)
        # Neither the break nor the blank at which it was cut is a line of its own.
        start = end + (text[end : end + 1] in ("\n", " "))


def _cut(text: str, start: int) -> int:
    """Where the piece that begins at `start` ends."""
    end = start + BLOCK
    if end >= len(text):
        return len(text)
    for sign in "\n ":
        found = text.rfind(sign, start + 1, end + 1)
        if found > start:
            return found
    for back in range(SAMPLE):
        char = text[end - back]
        if not joins(char, get_character_cell_size(char)) and not joins(text[end - back - 1], 1):
            return end - back
    return end


def _estimate(passage: Passage, room: int) -> int:
    text = passage.text
    sample = text[:SAMPLE]
    cells = len(text) * cell_len(sample) / (len(sample) or 1)
    return max(1, text.count("\n") + round(cells / max(8, room - passage.indent - len(passage.sign))))


def _wrapped(passage: Passage, room: int, *, whole: bool) -> list[TextLine]:
    """The passage, or a piece of one, as lines that fit into so many cells."""
    notes_width = TextLine("", "", passage.notes).notes_width
    lead = " " * passage.indent + passage.sign
    width = room - cell_len(lead) - notes_width
    lines = []
    start = 0
    for text in wrap(passage.text, width) if whole else wrap_lines(clean_text(passage.text), width):
        spans: tuple[Span, ...] = ()
        if passage.spans:
            # Each line is a piece of the text: what was left out between two is a break or blanks.
            start = passage.text.find(text, start)
            spans = tuple(_within(passage.spans, start, start + len(text), len(lead)))
            start += len(text)
        lines.append(TextLine(lead + text, passage.tone, spans=spans))
    lines[0] = lines[0]._replace(notes=passage.notes)
    return lines


def _within(spans: Sequence[Span], start: int, end: int, shift: int) -> Iterator[Span]:
    """The parts of the spans between two places of the text, as places in a line that begins there."""
    for at in range(bisect_right(spans, start, key=lambda span: span.end), len(spans)):
        span = spans[at]
        if span.start >= end:
            return
        first, last = max(span.start, start), min(span.end, end)
        if first < last:
            yield Span(first - start + shift, last - start + shift, span.tone)
