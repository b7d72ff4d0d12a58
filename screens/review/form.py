"""What a reviewer fills in: points, feedback, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static, TextArea

from screens import formatting
from screens.widgets.fields import TextInput
from screens.widgets.text_box import TextBox
from store.text import clean_text
from store.views.drafts import BETWEEN, Typed
from store.views.states import Decision

FIELDS = ("points", "feedback")


class ReviewForm(Vertical):
    """Points (where the step has any), feedback, and a button for each decision."""

    DEFAULT_CSS = """
    ReviewForm {
        height: auto;
        padding: 0 2;
        & .review--title { text-style: bold; height: auto; margin: 0 0 1 0; }
        & .review--notice { color: $text-warning; height: auto; margin: 0 0 1 0; }
        & .review--fault { color: $error; height: auto; display: none; }
        & .review--fault.-shown { display: block; }
        & .review--points { height: 1; margin: 0; }
        & .review--points Static { width: auto; padding: 0 1 0 0; }
        & .review--points TextInput { width: 9; margin: 0 1 0 0; background: $foreground 10%; }
        & .review--points TextInput:focus { background: $foreground 20%; }
        & .review--points #possible { color: $text-muted; }
        & TextBox { height: 25vh; min-height: 4; max-height: 12; border: round $foreground 25%; }
        & TextBox { border-title-color: $foreground 80%; border-subtitle-color: $foreground 65%; }
        & TextBox { border-subtitle-align: left; }
        & TextBox:focus { border: round $accent; }
        & .review--buttons { height: 1; }
        & .review--buttons Button { margin: 0 2 0 0; min-width: 0; padding: 0 1; }
    }
    """

    @dataclass
    class Edited(Message):
        """Something was typed."""

        typed: Typed

    @dataclass
    class Decided(Message):
        """A button was pressed."""

        decision: Decision

    def compose(self) -> ComposeResult:
        """From the top in the order in which one fills it in."""
        yield Static(classes="review--title")
        yield Static(classes="review--notice")
        with Horizontal(classes="review--points"):
            yield Static("Points")
            yield TextInput(id="points", max_length=20, select_on_focus=False)
            yield Static(id="possible")
        yield Static(id="points-fault", classes="review--fault")
        box = TextBox(id="feedback")
        box.border_title = "Feedback"
        yield box
        yield Static(id="feedback-fault", classes="review--fault")
        with Horizontal(classes="review--buttons"):
            yield Button("Approve", id="approve", variant="primary")
            yield Button("Return for another try", id="return")

    def on_mount(self) -> None:
        """Nothing to say yet."""
        self.entitle("")
        self.say("")

    @property
    def typed(self) -> Typed:
        """What stands in it."""
        return Typed(self.query_one("#points", TextInput).value, self.query_one(TextBox).text)

    def fill(self, typed: Typed) -> None:
        """Put this in place of what stands in it."""
        if typed == self.typed:
            return
        self.query_one("#points", TextInput).value = typed.points
        box = self.query_one(TextBox)
        if typed.feedback != box.text:
            box.text = typed.feedback
            box.move_cursor(box.document.end)

    def divert(self, take: Callable[[str], None] | None) -> None:
        """Give what is typed from now on to `take` instead; None lets it in again."""
        self.query_one("#points", TextInput).diverted = take
        self.query_one(TextBox).diverted = take

    def append(self, found: Typed) -> bool:
        """Put what does not stand there yet below the feedback, and the points where there are none.

        The cursor stays where it is. Returns whether there was anything to put.
        """
        box, line = self.query_one(TextBox), self.query_one("#points", TextInput)
        before, here, new = self.typed, box.selection, found.without(self.typed)
        if new.feedback:
            box.insert((BETWEEN if box.text.strip() else "") + new.feedback, box.document.end)
            box.selection = here
        if not line.value.strip():
            line.value = new.points
        return self.typed != before

    def insert_reply(self, text: str, points: float | None) -> None:
        """Put a text in at the cursor of the feedback, and points where none were typed."""
        box = self.query_one(TextBox)
        before = box.get_text_range((box.cursor_location[0], 0), box.cursor_location)
        # After a sentence begins another one.
        box.insert(f" {text}" if before.endswith((".", "!", "?", ":")) else text)
        line = self.query_one("#points", TextInput)
        if points is not None and self.takes_points and not line.value.strip():
            line.value = formatting.number(points)
        self.screen.set_focus(box)

    @property
    def takes_points(self) -> bool:
        """Whether the step has points."""
        return bool(self.query_one(".review--points").display)

    def type_points(self, digit: str) -> None:
        """Go to the points, with this digit as their beginning."""
        line = self.query_one("#points", TextInput)
        self.screen.set_focus(line)
        # Points that are typed anew take the place of those that were put back.
        line.value = ""
        line.insert_text_at_cursor(digit)

    def set_possible(self, possible: float | None, earlier: float | None = None) -> None:
        """The most points there are, None for a step without points, and those given `earlier`."""
        self.query_one(".review--points").display = possible is not None
        if possible is not None:
            self.query_one("#points", TextInput).placeholder = (
                "" if earlier is None else f"was {formatting.number(earlier)}"
            )
            self.query_one("#possible", Static).update(Content(f"/ {formatting.number(possible)}"))

    def entitle(self, title: str) -> None:
        """Say above it what it is for; nothing needs no line."""
        self._tell(".review--title", title)

    def say(self, notice: str) -> None:
        """Say above the fields what one has to know before deciding."""
        self._tell(".review--notice", notice)

    def tell_draft(self, words: str) -> None:
        """Say quietly, under what is typed, what became of it."""
        self.query_one(TextBox).border_subtitle = Content(words)

    def _tell(self, selector: str, text: str) -> None:
        line = self.query_one(selector, Static)
        if text or line.display:
            line.update(Content(clean_text(text)))
        line.display = bool(text)

    def refuse(self, field: str, reason: str, *, go_there: bool = True) -> None:
        """Say under a field what is wrong with it."""
        fault = self.query_one(f"#{field}-fault", Static)
        fault.update(Content(clean_text(reason)))
        fault.add_class("-shown")
        if go_there:
            self.screen.set_focus(self.query_one(f"#{field}"))

    def accept(self, *fields: str) -> None:
        """Nothing is wrong with these fields any more; with all of them if none is named."""
        for field in fields or FIELDS:
            self.query_one(f"#{field}-fault").remove_class("-shown")

    @on(Input.Changed, "#points")
    @on(TextArea.Changed, "#feedback")
    def _changed(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Edited(self.typed))

    @on(Input.Submitted, "#points")
    def _to_feedback(self, message: Message) -> None:
        message.stop()
        self.screen.set_focus(self.query_one(TextBox))

    @on(Button.Pressed, "#approve")
    def _approve(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Decided(Decision.APPROVE))

    @on(Button.Pressed, "#return")
    def _return(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Decided(Decision.RETURN))
