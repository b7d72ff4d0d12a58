"""Two people reviewed the same: both reviews beside each other, and what becomes of the second."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from screens import formatting
from screens.base import Dialog
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store.text import clean_line
from store.views.states import Decision
from store.views.work import ReviewItem, ReviewView


class Mine(NamedTuple):
    """A review that is not saved."""

    decision: Decision
    points: float | None
    feedback: str


class Then(StrEnum):
    """What becomes of it."""

    KEEP_DRAFT = "draft"
    SAVE_MINE = "save"
    DROP_MINE = "drop"


class BothReviews(Dialog[Then]):
    """Answers with what becomes of one's own; None leaves everything as it is, in the form."""

    DEFAULT_CSS = """
    BothReviews {
        & .dialog { height: 85%; max-height: 32; width: 84; }
        & Reading { margin: 0 0 0 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "dialog.cancel",
            "escape",
            "cancel",
            "Look again",
            "Back to the form, nothing decided",
            show=True,
        ),
    ]

    needs_fresh_keys = True

    def __init__(self, item: ReviewItem, theirs: ReviewView, mine: Mine) -> None:
        super().__init__()
        self._item = item
        self._theirs = theirs
        self._mine = mine

    def compose(self) -> ComposeResult:
        """Theirs, one's own, and the ways on; the safe one first."""
        who = clean_line(self._theirs.reviewer)
        with Vertical(classes="dialog"):
            yield Static(Content(f"{who} was first"), classes="dialog--title")
            yield Reading(id="both")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Keep mine as draft", id="draft", variant="primary")
                yield Button("Save mine too", id="save")
                yield Button("Drop mine", id="drop", variant="error")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show both; begin where nothing is lost."""
        possible = self._item.points_possible
        theirs, mine = self._theirs, self._mine
        when = formatting.date_and_time(theirs.created_at)
        self.query_one(Reading).show(
            [
                *_told(f"{theirs.reviewer}, {when}", theirs.decision, theirs.points, possible),
                _words(theirs.feedback),
                Passage(""),
                *_told("Yours, not saved yet", mine.decision, mine.points, possible),
                _words(mine.feedback),
                Passage(""),
                Passage("Saved as well, yours is the one that counts; theirs stays in the history.", "dim"),
            ]
        )
        self.set_focus(self.query_one("#draft"))

    @on(Button.Pressed)
    def _chosen(self, message: Button.Pressed) -> None:
        message.stop()
        self.dismiss(Then(message.button.id or Then.KEEP_DRAFT))


def _told(who: str, decision: Decision, points: float | None, possible: float | None) -> list[Passage]:
    words = [who, formatting.decided(decision)]
    if points is not None:
        words.append(formatting.points(points, possible))
    return [Passage(", ".join(words), "heading")]


def _words(feedback: str) -> Passage:
    return Passage(feedback, indent=2) if feedback.strip() else Passage("without a word", "dim", indent=2)
