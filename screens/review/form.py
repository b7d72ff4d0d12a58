"""What a reviewer fills in: points or the criteria of a rubric, feedback, and the decision."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static, TextArea

from screens import formatting
from screens.review.rubric_box import RubricBox
from screens.widgets.fields import TextInput
from screens.widgets.line import show_text
from screens.widgets.text_box import TextBox
from store.text import clean_line, clean_text
from store.views.drafts import Typed
from store.views.rubrics import RubricView, unpacked
from store.views.states import Decision
from store.views.work import TeamView

FIELDS = ("points", "criteria", "feedback")
IN_POINTS = frozenset("0123456789.,-")
"""What one types for points. Everything else goes on in the feedback."""
SHOWN = 60
"""Characters shown of what was typed in another session."""


def are_points(text: str) -> bool:
    """Whether this can be typed for points."""
    return IN_POINTS.issuperset(text)


class PointsInput(TextInput):
    """Takes digits and signs, and leaves letters to the screen, which types them in the feedback."""

    def on_key(self, event: events.Key) -> None:
        """Letters belong to the feedback."""
        if event.is_printable and not are_points(event.character or ""):
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """So does a text that is pasted."""
        if not are_points(event.text.strip()):
            event.prevent_default()


class LastPoints(Static):
    """The last points of this person, as many of them as have room, none of them cut."""

    _given: tuple[str, ...] = ()

    def show(self, given: tuple[str, ...]) -> None:
        """Show these, the last one first."""
        if given != self._given:
            self._given = given
            self.refresh()

    def render(self) -> Content:
        """Those from the left that fit."""
        words = ""
        for number in self._given:
            longer = f"{words} · {number}" if words else f"last: {number}"
            if cell_len(longer) > self.size.width:
                break
            words = longer
        return Content(words)


class ReviewForm(Vertical):
    """Points (where the step has any) or its rubric, feedback, and a button for each decision."""

    DEFAULT_CSS = """
    ReviewForm {
        height: auto;
        padding: 0 2;
        & .review--title { text-style: bold; height: auto; margin: 0 0 1 0; }
        & .review--notice { color: $text-warning; height: auto; margin: 0 0 1 0; }
        & .review--older { height: auto; display: none; margin: 0 0 1 0; }
        & .review--older.-shown { display: block; }
        & .review--older Static { width: 1fr; height: auto; color: $text-warning; }
        & .review--team { height: auto; display: none; margin: 0 0 1 0; }
        & .review--fault { color: $error; height: auto; display: none; }
        & .review--fault.-shown { display: block; }
        & .review--points { height: 1; margin: 0; }
        & .review--points Static { width: auto; padding: 0 1 0 0; }
        & .review--points TextInput { width: 9; margin: 0 1 0 0; background: $foreground 10%; }
        & .review--points TextInput:focus { background: $foreground 20%; }
        & .review--points #possible { color: $text-muted; padding: 0 2 0 0; }
        & .review--points #last { color: $text-muted; width: 1fr; }
        & TextBox { height: 25vh; min-height: 4; max-height: 12; border: round $foreground 90%; }
        & TextBox { border-title-color: $foreground 80%; border-subtitle-color: $foreground 65%; }
        & TextBox { border-subtitle-align: right; }
        & TextBox:focus { border: round $accent; }
        & .review--buttons { height: 1; }
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

    class NextChosen(Message):
        """The button to the next item was pressed."""

    class OlderChosen(Message):
        """What was typed in another session is wanted here."""

    _told = ""
    for_team = True
    """Whether what is decided is of all of a team, where the work is of several people."""

    def __init__(self) -> None:
        super().__init__()
        self.rubric_box = RubricBox()
        self._refused: set[str] = set()

    def compose(self) -> ComposeResult:
        """From the top in the order in which one fills it in."""
        yield Static(classes="review--title")
        yield Static(classes="review--notice")
        with Horizontal(classes="review--older"):
            yield Static()
            yield Button("Use it", id="use-older")
        yield Static(classes="review--team")
        with Horizontal(classes="review--points"):
            yield Static("Points")
            yield PointsInput(id="points", max_length=20, select_on_focus=False)
            yield Static(id="possible")
            yield LastPoints(id="last")
        yield Static(id="points-fault", classes="review--fault")
        box = TextBox(id="feedback")
        box.border_title = "Feedback"
        yield box
        yield Static(id="feedback-fault", classes="review--fault")
        with Horizontal(classes="review--buttons"):
            yield Button("Approve", id="approve", variant="primary")
            yield Button("Return", id="return")
            yield Button("Next", id="next")

    def on_mount(self) -> None:
        """Nothing to say yet."""
        self.entitle("")
        self.say("")

    # -------------------------------------------------------------------- typing

    @property
    def typed(self) -> Typed:
        """What stands in it."""
        criteria = self.rubric_box.typed
        return Typed(self.query_one("#points", Input).value, self.query_one(TextBox).text, criteria)

    @property
    def takes_points(self) -> bool:
        """Whether the step has points."""
        return bool(self.query_one(".review--points").display)

    def begin(self) -> None:
        """Give the focus to the first field; what is typed for points takes the place of those there."""
        if self.rubric_box.is_scale:
            self.rubric_box.enter()
            return
        line, box = self.query_one("#points", Input), self.query_one(TextBox)
        self.screen.set_focus(line if self.takes_points else box, scroll_visible=False)
        line.select_all()

    def take(self, text: str) -> None:
        """Type this where it belongs, whatever has the focus: points there, all else in the feedback."""
        line, box = self.query_one("#points", Input), self.query_one(TextBox)
        if self.takes_points and are_points(text) and not box.has_focus:
            self.screen.set_focus(line)
            line.select_all()
            line.replace(text, *line.selection)
            return
        self.screen.set_focus(box)
        if text != " " or box.text:
            box.insert(text)

    def fill(self, typed: Typed) -> None:
        """Put this in place of what stands in it."""
        if typed == self.typed:
            return
        self.query_one("#points", Input).value = typed.points
        self.rubric_box.fill(typed.criteria)
        box = self.query_one(TextBox)
        if typed.feedback != box.text:
            box.text = typed.feedback
            box.move_cursor(box.document.end)
        self.take_strays()

    def take_strays(self) -> None:
        """Remarks on criteria that the rubric has no more go into the feedback: no word of them is lost."""
        if strays := self.rubric_box.take_strays():
            box = self.query_one(TextBox)
            box.text = f"{box.text.rstrip()}\n{strays}".lstrip()
            box.move_cursor(box.document.end)

    def turn_to_rubric(self) -> None:
        """Give the focus to the rubric, or from there back to the feedback."""
        if not self.rubric_box.enter():
            self.screen.set_focus(self.query_one(TextBox))

    def insert_reply(self, text: str, points: float | None) -> None:
        """Put a text in at the cursor of the feedback, and points where none were typed."""
        box = self.query_one(TextBox)
        before = box.get_text_range((box.cursor_location[0], 0), box.cursor_location)
        # After a sentence begins another one.
        box.insert(f" {text}" if before.endswith((".", "!", "?", ":")) else text)
        line = self.query_one("#points", Input)
        if points is not None and self.takes_points and not line.value.strip():
            line.value = formatting.number(points)
        self.screen.set_focus(box)

    # ------------------------------------------------------------------- telling

    def set_possible(self, possible: float | None, last: tuple[str, ...] = ()) -> None:
        """The most points there are, None for a step without points, and the `last` ones of this person."""
        self.query_one(".review--points").display = possible is not None
        if possible is not None:
            show_text(self.query_one("#possible", Static), f"/{formatting.number(possible)}")
            self.query_one(LastPoints).show(last)

    def set_rubric(self, rubric: RubricView | None, key: str, last: tuple[str, ...]) -> None:
        """By what the step is reviewed, in place of points; None for what has no rubric."""
        if rubric is not None and not self.rubric_box.is_attached:
            # Most steps have none, and each widget is paid for whenever a review opens.
            self.mount(self.rubric_box, after="#points-fault")
        self.rubric_box.set_rubric(rubric, key, last if rubric else ())
        if rubric is not None:
            self.query_one(".review--points").display = False

    def set_team(self, team: TeamView | None, person: str, key: str) -> None:
        """Whose work it is besides, and for whom it is decided; nothing where it is of one alone."""
        line = self.query_one(".review--team", Static)
        line.display = team is not None
        if team is not None:
            whom = f"for all {team.count}" if self.for_team else f"for {person} alone"
            other = f"{person} alone" if self.for_team else f"all {team.count}"
            words = f"Work of {team.name} ({team.count}), decided {whom} · {key} {other}"
            show_text(line, clean_line(words))

    def name_keys(self, approve: str, return_: str, next_: str, older: str, *, has_next: bool) -> None:
        """Write on each button the key that does the same; the one to the next item only if it `has_next`."""
        for ident, label, key in (
            ("approve", "Approve", approve),
            ("return", "Return", return_),
            ("next", "Next", next_),
            ("use-older", "Use it", older),
        ):
            button = self.query_one(f"#{ident}", Button)
            words = f"{label} {key}".rstrip()
            if str(button.label) != words:
                button.label = Content(words)
                button.refresh(layout=True)
        self.query_one("#next").display = has_next

    def entitle(self, title: str) -> None:
        """Say above it what it is for; nothing needs no line."""
        self._tell(".review--title", title)

    def say(self, notice: str) -> None:
        """Say above the fields what one has to know before deciding."""
        self._tell(".review--notice", notice)

    def tell_draft(self, words: str) -> None:
        """Say quietly, under what is typed, what became of it."""
        if words != self._told:
            # The box is drawn anew with it.
            self._told = words
            self.query_one(TextBox).border_subtitle = Content(words)

    def offer_older(self, older: Typed) -> None:
        """Offer what was typed for this in another session; nothing takes the offer away."""
        begins = clean_line(older.feedback)
        begins = f"{begins[:SHOWN]}…" if len(begins) > SHOWN else begins
        given = len(unpacked(older.criteria))
        parts = [
            f"{older.points} points" if older.points.strip() else "",
            formatting.count(given, "criterion", "criteria") if given else "",
            f"“{begins}”" if begins else "",
        ]
        said = ", ".join(filter(None, parts))
        row = self.query_one(".review--older")
        if older:
            show_text(row.query_one(Static), clean_line(f"In another session you typed: {said}"))
        row.set_class(bool(older), "-shown")

    def _tell(self, selector: str, text: str) -> None:
        line = self.query_one(selector, Static)
        if text or line.display:
            show_text(line, clean_text(text))
        line.display = bool(text)

    def refuse(self, field: str, reason: str, *, go_there: bool = True) -> None:
        """Say under a field what is wrong with it."""
        fault = self.query_one(f"#{field}-fault", Static)
        fault.update(Content(clean_text(reason)))
        fault.add_class("-shown")
        self._refused.add(field)
        if go_there:
            self.screen.set_focus(self.query_one(f"#{field}"))

    def accept(self, *fields: str) -> None:
        """Nothing is wrong with these fields any more; with all of them if none is named."""
        # At each letter: most of the time there is nothing.
        for field in self._refused & set(fields or FIELDS):
            self.query_one(f"#{field}-fault").remove_class("-shown")
            self._refused.discard(field)

    # ------------------------------------------------------------------ messages

    @on(RubricBox.Changed)
    @on(Input.Changed, "#points")
    @on(TextArea.Changed, "#feedback")
    def _changed(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Edited(self.typed))

    @on(Input.Submitted, "#points")
    def _to_feedback(self, message: Message) -> None:
        message.stop()
        self.screen.set_focus(self.query_one(TextBox))

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        message.stop()
        match message.button.id:
            case "approve":
                self.post_message(self.Decided(Decision.APPROVE))
            case "return":
                self.post_message(self.Decided(Decision.RETURN))
            case "next":
                self.post_message(self.NextChosen())
            case _:
                self.post_message(self.OlderChosen())
