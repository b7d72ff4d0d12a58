"""A pane beside a list that tells more of the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from screens.widgets.line import Part
from screens.widgets.passages import Passage, Span
from screens.widgets.text_pane import Reading
from store.text import clean_text


class PaneText(Reading, can_focus=False):
    """The text of a pane, scrolled by the wheel: the keys stay with the list."""


class DetailPane(Vertical):
    """Two fifths of the width, from 120 columns on; hidden in a narrower terminal.

    Put it behind the list in a `Horizontal`. What it shows is plain text, whoever wrote it.
    """

    # The class that says that there is room is the screen's.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    DetailPane {
        display: none;
        width: 40%;
        min-width: 44;
        height: 1fr;
        border-left: solid $foreground 20%;
        &:ansi { border-left: solid ansi_bright_black; }
    }
    .-pane DetailPane { display: block; }
    """

    def compose(self) -> ComposeResult:
        """The text."""
        yield PaneText()

    @property
    def is_shown(self) -> bool:
        """Whether there is room for it: what it would show need not be read otherwise."""
        return self.display

    def show(self, lines: Sequence[Sequence[Part]]) -> None:
        """Show these lines from the first on; one without parts is blank, long ones wrap."""
        self.show_passages([passage(line) for line in lines])

    def show_passages(self, passages: Sequence[Passage]) -> None:
        """Show longer texts, Markdown among them, from the first on."""
        text = self.query_one(PaneText)
        text.show(passages)
        text.go_to(0)

    def clear(self) -> None:
        """Show nothing."""
        self.show_passages(())

    def text(self) -> str:
        """Everything that is shown, line by line."""
        return self.query_one(PaneText).text()


def passage(line: Sequence[Part]) -> Passage:
    """A line of parts as a passage, each part in its tone."""
    text = ""
    spans: list[Span] = []
    for part in line:
        start, text = len(text), text + clean_text(part.text)
        if part.tone and len(text) > start:
            spans.append(Span(start, len(text), part.tone))
    if len(spans) == 1 and (spans[0].start, spans[0].end) == (0, len(text)):
        return Passage(text, spans[0].tone)
    # Where signs of two parts join, the places in the text would not be those in the line.
    return Passage(text, spans=tuple(spans) if clean_text(text) == text else ())
