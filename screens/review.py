"""The review panel: a person's work on a step, what was said of it, and saying what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from screens import trail, wording
from screens.base import MusterScreen
from screens.dialogs.ask import Confirm
from screens.messages import Crumb, Member, ProgressCard
from screens.messages import Review as ReviewPlace
from screens.review_text import earlier_points, passages, standing, what_changed, why_not
from screens.widgets.line import Line
from screens.widgets.reading import Reading
from screens.widgets.review_form import FIELDS, ReviewForm
from screens.widgets.text_box import TextBox
from store import grading, queue, reviews
from store.errors import ConflictError, InvalidError, MusterError, NotFoundError, SignedOutError
from store.views.account import Viewer
from store.views.groups import GroupName
from store.views.queue import QueueLook
from store.views.work import Decision, ReviewItem, State


@dataclass(frozen=True, slots=True)
class ReviewState:
    """A step of a person; `position` is which of how many waiting ones it is, None if it does not wait."""

    item: ReviewItem
    position: tuple[int, int] | None
    path: tuple[GroupName, ...]


class ReviewScreen(MusterScreen[ReviewState]):
    """To read at the left or above, to fill in at the right or below."""

    AUTO_FOCUS = "Reading"
    DEFAULT_CSS = """
    ReviewScreen {
        & #standing { padding: 0 2; margin: 0 0 1 0; }
        & #panel { layout: vertical; height: 1fr; }
        & #form { height: auto; max-height: 70%; overflow-y: auto; border-top: solid $foreground 20%; }
        & #why { padding: 0 2; height: auto; color: $text-muted; }
        &.-wide {
            & #panel { layout: horizontal; }
            & #form { width: 38%; min-width: 45; max-width: 70; height: 1fr; max-height: 100%; }
            & #form { border-top: none; border-left: solid $foreground 20%; }
            & ReviewForm { height: 1fr; }
            & ReviewForm TextBox { height: 1fr; max-height: 16; min-height: 4; margin: 1 0 0 0; }
            & .review--buttons { margin: 1 0 0 0; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s",
            "decide('approve')",
            "Approve",
            id="review.approve",
            tooltip="Approve this work with the points and feedback typed, and go back to the list",
        ),
        Binding(
            "ctrl+r",
            "decide('return')",
            "Return",
            id="review.return",
            tooltip="Return this work for another try, and go back to the list",
        ),
        Binding(
            "tab", "next", "Next field", id="review.next", tooltip="From the text to the form and on in it"
        ),
        Binding(
            "left_square_bracket",
            "attempt(-1)",
            "Attempts",
            key_display="[ ]",
            id="review.earlier",
            tooltip="The attempt before this one",
        ),
        Binding(
            "right_square_bracket",
            "attempt(1)",
            "Later attempt",
            show=False,
            key_display="]",
            id="review.later",
            tooltip="The attempt after this one",
        ),
        Binding(
            "ctrl+down,alt+down",
            "read(1)",
            "Read on",
            show=False,
            id="review.read-on",
            tooltip="Half a page on in the text, also while typing",
        ),
        Binding(
            "ctrl+up,alt+up",
            "read(-1)",
            "Read back",
            show=False,
            id="review.read-back",
            tooltip="Half a page back in the text, also while typing",
        ),
    ]

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__()
        self.place: ReviewPlace = place
        self._attempt: int | None = None
        """The number of the attempt that was chosen; None shows the latest."""
        self._version: int | None = None
        """The version of the work that the decision is about."""
        self._look_again = False
        self._left = False

    def compose_body(self) -> ComposeResult:
        """Where it stands, the text, the form."""
        yield Line(id="standing")
        with Container(id="panel"):
            yield Reading(id="text")
            with Vertical(id="form"):
                yield Static(id="why")
                yield ReviewForm()

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> ReviewState:
        """Read the item and its place among those that wait."""
        place = self.place
        item = reviews.item(self.actor, place.user_id, place.step_id)
        look = place.look or QueueLook(user_id=place.user_id)
        position = None
        if item.state is State.NEEDS_REVIEW:
            found = queue.neighbours(self.actor, look, place.user_id, place.step_id)
            position = (found.position, found.total) if found.position else None
        return ReviewState(item, position, trail.group_path(self.actor, place.group_id))

    def crumbs(self, state: ReviewState) -> tuple[Crumb, ...]:
        """By way of the group and the person to the course and the step."""
        item, group_id = state.item, self.place.group_id
        person = trail.back_to(self.app.screen_stack, Member(item.user_id, "review", group_id))
        course = ProgressCard(item.user_id, item.course_id, group_id)
        return trail.crumbs(
            state.path, Crumb(item.person, person), Crumb(item.course, course), Crumb(item.step)
        )

    def show(self, state: ReviewState) -> None:
        """Show the item; what stands in the form stays."""
        item = state.item
        self.query_one("#standing", Line).set_parts(*standing(item, state.position))
        self.query_one("#text", Reading).show(passages(item, self._attempt))
        form = self.query_one(ReviewForm)
        form.display = item.may_review
        why = self.query_one("#why", Static)
        why.display = not item.may_review
        why.update(Content(why_not(item)))
        if not item.may_review:
            self.query_one("#text").focus()
            return
        form.set_possible(item.points_possible, earlier_points(item))
        form.entitle("" if item.state is State.NEEDS_REVIEW else "Review anew")
        if self._version is None:
            self._version = item.version
            self._restore(item)
        elif self._look_again:
            self._version = item.version
        elif self._version != item.version:
            form.say(f"{what_changed(item)} while you looked. What you typed is still here.")
        self._look_again = False

    def _restore(self, item: ReviewItem) -> None:
        """Put back what was typed for this work before and not saved."""
        kept = self.host.unsaved.recall(item.completion_id or 0)
        if kept is None:
            return
        version, typed = kept
        form = self.query_one(ReviewForm)
        form.fill(typed)
        form.say(
            "Here is what you typed before."
            if version == item.version
            else "The work was changed since you typed this. Look again, then decide."
        )

    # --------------------------------------------------------------- the attempts

    def action_attempt(self, step: int) -> None:
        """Show an attempt before or after the one shown."""
        numbers = self._numbers()
        if not numbers:
            return
        shown = self._attempt or numbers[-1]
        place = numbers.index(shown) + step if shown in numbers else -1
        if 0 <= place < len(numbers):
            self._show_attempt(numbers[place])

    def _numbers(self) -> list[int]:
        """The numbers of the attempts, the earliest first."""
        return [attempt.number for attempt in reversed(self.state.item.attempts)] if self.state else []

    def _show_attempt(self, number: int) -> None:
        if self.state is None:
            return
        self._attempt = number
        text = self.query_one("#text", Reading)
        shown = passages(self.state.item, number)
        text.show(shown)
        text.go_to(next(at for at, passage in enumerate(shown) if passage.notes))

    def on_reading_note_chosen(self, message: Reading.NoteChosen) -> None:
        """Another attempt was clicked."""
        if isinstance(message.target, int):
            self._show_attempt(message.target)

    def action_read(self, direction: int) -> None:
        """Half a page on, wherever one types."""
        text = self.query_one("#text", Reading)
        text.action_lines(direction * max(1, text.size.height // 2))

    # ------------------------------------------------------------------ deciding

    def on_key(self, event: events.Key) -> None:
        """A digit typed while reading is the beginning of the points."""
        reading = self.focused is None or self.focused is self.query_one("#text")
        if reading and event.character is not None and event.character in "0123456789":
            item = self.state.item if self.state else None
            if item is not None and item.may_review and item.points_possible is not None:
                event.stop()
                self.query_one(ReviewForm).type_points(event.character)

    def action_next(self) -> None:
        """From the text to the form, and on in it."""
        self.focus_next()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer decisions where there is something to decide, attempts where there are several."""
        if action in ("decide", "next"):
            return self.state is not None and self.state.item.may_review
        if action == "attempt":
            return len(self._numbers()) > 1
        return super().check_action(action, parameters)

    def on_review_form_edited(self, message: ReviewForm.Edited) -> None:
        """Keep what was typed, and say at once when the points cannot be."""
        if self.state is None or self._version is None:
            return
        item = self.state.item
        if item.completion_id is not None and not self._left:
            self.host.unsaved.keep(item.completion_id, self._version, message.typed)
        form = self.query_one(ReviewForm)
        form.accept()
        try:
            grading.parse_points(message.typed.points, item.points_possible)
        except InvalidError as error:
            form.refuse("points", error.message, go_there=False)

    def on_review_form_decided(self, message: ReviewForm.Decided) -> None:
        """A button was pressed."""
        self.action_decide(message.decision.value)

    def action_decide(self, word: str) -> None:
        """Save the review, after asking where it would send work back without a word."""
        state = self.state
        if state is None:
            return
        form = self.query_one(ReviewForm)
        form.accept()
        typed, decision = form.typed, Decision(word)
        try:
            points = grading.parse_points(typed.points, state.item.points_possible)
        except InvalidError as error:
            form.refuse("points", error.message)
            return
        if decision is Decision.RETURN and not typed.feedback.strip():
            self._return_without_a_word(points)
        else:
            self._save(decision, points)

    @work(exit_on_error=False)
    async def _return_without_a_word(self, points: float | None) -> None:
        text = "The feedback is empty: nothing says what to do better."
        question = Confirm("Return without a word?", text, "Return", stay="Go on writing", destroys=True)
        if await self.ask(question):
            self._save(Decision.RETURN, points)
        else:
            self.query_one(TextBox).focus()

    def _save(self, decision: Decision, points: float | None) -> None:
        """Save the review; what was typed stays until it is saved."""
        state, version = self.state, self._version
        if state is None or version is None or state.item.completion_id is None:
            return
        form = self.query_one(ReviewForm)
        save = partial(
            reviews.save,
            self.actor,
            state.item.completion_id,
            version,
            decision,
            points=points,
            feedback=form.typed.feedback,
        )
        form.say("Saving …")
        self.act(save, lambda _: self._saved(state.item, decision), failed=self._refused)

    def _saved(self, item: ReviewItem, decision: Decision) -> None:
        self._left = True
        self.host.unsaved.forget(item.completion_id or 0)
        self.say_done(f"{wording.decided(decision).capitalize()}: {item.step}, {item.person}.")
        if self.is_current and self.has_below:
            self.app.pop_screen()

    def _refused(self, error: MusterError) -> None:
        form = self.query_one(ReviewForm)
        form.say("")
        if isinstance(error, (SignedOutError, NotFoundError)):
            self._gone(error)
        elif isinstance(error, InvalidError) and error.field in FIELDS:
            form.refuse(error.field, error.message)
        elif isinstance(error, ConflictError):
            # Whoever decides next decides about the work as it is now, with the other review in sight.
            self._look_again = True
            form.say(f"{error.message} What you typed is still here.")
            self.action_reload()
        else:
            form.say(f"{error.title}: {error.message} Nothing was saved; what you typed is still here.")

    def action_back(self) -> None:
        """Back; what was typed is kept. Whether it could be saved has to be known before."""
        if self.writing:
            self.app.bell()
            return
        if self.state and self.query_one(ReviewForm).typed and self.state.item.may_review:
            self.say("What you typed is kept until you quit Muster.")
        super().action_back()
