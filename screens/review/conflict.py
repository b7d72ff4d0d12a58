"""Two people reviewed the same work: both reviews side by side, and what to do with the second."""

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
from screens.review.text import by_criterion
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store import rubrics
from store.text import clean_line
from store.views.rubrics import Award, RubricView
from store.views.states import Decision
from store.views.work import ReviewItem, ReviewView


class Mine(NamedTuple):
    """A review that is not saved. `criteria` is what it says by those of the `rubric`; `team` says that it is
    of all of a team.
    """

    decision: Decision
    points: float | None
    feedback: str
    criteria: tuple[Award, ...] = ()
    rubric: RubricView | None = None
    team: bool = False


class Then(StrEnum):
    """What becomes of it."""

    KEEP_DRAFT = "draft"
    SAVE_MINE = "save"
    DISCARD_MINE = "discard"


class BothReviews(Dialog[Then]):
    """Answers with what becomes of one's own review; None leaves everything as it is, in the form."""

    # Stronger than what all dialogs have in common, which is read later than a default.
    CSS = """
    BothReviews {
        & .dialog { height: 85%; max-height: 32; width: 110; }
        & #both { height: 1fr; }
        & #both > Vertical { width: 1fr; }
        & #yours { border-left: solid $foreground 20%; }
        & .review--heading { padding: 0 2; text-style: bold; height: auto; }
        & .review--decision { padding: 0 2; margin: 0 0 1 0; height: auto; color: $text-muted; }
        & #note { color: $text-muted; height: auto; margin: 1 0 0 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.cancel", "escape", "cancel", "Back", "Back to the form, nothing decided", show=True),
    ]

    needs_fresh_keys = True

    def __init__(self, item: ReviewItem, theirs: ReviewView, mine: Mine) -> None:
        super().__init__()
        self._item = item
        self._theirs = theirs
        self._mine = mine

    def compose(self) -> ComposeResult:
        """Theirs, one's own, and three buttons, the safe one first."""
        theirs, mine = self._theirs, self._mine
        who = clean_line(theirs.reviewer)
        when = formatting.date_and_time(theirs.created_at)
        with Vertical(classes="dialog"):
            yield Static(Content(f"{who} already reviewed this"), classes="dialog--title")
            with Horizontal(id="both"):
                yield from self._side("theirs", f"{who}, {when}", theirs.decision, theirs.points)
                yield from self._side("yours", "You, not saved yet", mine.decision, mine.points)
            note = "If you save yours too, it is the one that counts. The other stays in the history."
            yield Static(Content(note), id="note")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Keep mine as a draft", id="draft", variant="primary")
                yield Button("Save mine too", id="save")
                yield Button("Discard mine", id="discard", variant="error")
        yield KeyBar()

    def _side(self, ident: str, who: str, decision: Decision, points: float | None) -> ComposeResult:
        said = formatting.decided(decision).capitalize()
        if points is not None:
            said += f", {formatting.points(points, self._item.points_possible)}"
        with Vertical(id=ident):
            yield Static(Content(who), classes="review--heading")
            yield Static(Content(said), classes="review--decision")
            yield Reading(id=f"{ident}-words")

    def on_mount(self) -> None:
        """Show both; begin where nothing is lost."""
        theirs, mine = self._theirs, self._mine
        for ident, feedback, criteria in (
            ("theirs", theirs.feedback, theirs.criteria),
            ("yours", mine.feedback, rubrics.as_said(mine.rubric, mine.criteria)),
        ):
            words = Passage(feedback) if feedback.strip() else Passage("No feedback.", "dim")
            self.query_one(f"#{ident}-words", Reading).show([*by_criterion(criteria), words])
        self.set_focus(self.query_one("#draft"))

    @on(Button.Pressed)
    def _chosen(self, message: Button.Pressed) -> None:
        message.stop()
        self.dismiss(Then(message.button.id or Then.KEEP_DRAFT))
