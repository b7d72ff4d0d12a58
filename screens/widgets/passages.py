"""What a pane of text shows: stretches of text, each in one tone."""

from __future__ import annotations

from typing import NamedTuple


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
    leaves it: they are places in it, in order. `markdown` says that the text is to be read as Markdown.
    """

    text: str
    tone: str = ""
    indent: int = 0
    notes: tuple[Note, ...] = ()
    sign: str = ""
    spans: tuple[Span, ...] = ()
    markdown: bool = False
