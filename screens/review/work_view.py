"""The review panel as something to read: a person's work on a step, its attempts, what was said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from screens import breadcrumbs
from screens.base import MusterScreen
from screens.places import Crumb, MemberPlace, Place, ProgressCardPlace, ReviewPlace
from screens.review.form import ReviewForm
from screens.review.text import (
    at_it_too,
    earlier_points,
    passages,
    standing,
    what_changed,
    why_not,
    with_the_one_before,
)
from screens.review.text_diff import compare
from screens.store_access import FORMS
from screens.widgets.line import Line
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store.queue import queue
from store.review import claims, drafts, reviews
from store.views.account import Viewer
from store.views.drafts import ClaimView, DraftView
from store.views.groups import GroupName
from store.views.queue import Neighbours, QueueView
from store.views.states import State
from store.views.work import ReviewItem


@dataclass(frozen=True, slots=True)
class ReviewState:
    """A step of a person. `beside` is where it stands among what waits; None where it is alone."""

    item: ReviewItem
    beside: Neighbours | None
    path: tuple[GroupName, ...]
    draft: DraftView | None
    others: tuple[ClaimView, ...]
    written: int = 0
    """How many drafts the desk had written before this was read."""


class ReviewPanel(MusterScreen[ReviewState]):
    """To read at the left or above, to fill in at the right or below."""

    AUTO_FOCUS = "Reading"
    CSS_PATH = FORMS
    DEFAULT_CSS = """
    ReviewPanel {
        & #standing, & #others { padding: 0 2; }
        & #others { color: $text-warning; height: 1; }
        & #panel { layout: vertical; height: 1fr; margin: 1 0 0 0; }
        & #form { height: auto; max-height: 70%; overflow-y: auto; border-top: solid $foreground 20%; }
        & #why { padding: 0 2; height: auto; color: $text-muted; }
        & #finished { padding: 2 4; height: 1fr; display: none; }
        &.-finished {
            & #finished { display: block; }
            & #panel { display: none; }
        }
        &.-wide, &.-pane {
            & #panel { layout: horizontal; }
            & #form { width: 38%; min-width: 45; max-width: 70; height: 1fr; max-height: 100%; }
            & #form { border-top: none; border-left: solid $foreground 20%; }
            & ReviewForm { height: 1fr; }
            & ReviewForm TextBox { height: 1fr; max-height: 16; min-height: 4; margin: 1 0 0 0; }
            & .review--buttons { margin: 1 0 0 0; }
        }
    }
    """

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__()
        self.place: ReviewPlace = place
        self.about: ReviewItem | None = None
        """The work that the decision is about, as it was when it was looked at."""
        self.untouched = False
        """Whether what is shown was read ahead, and nothing was typed since."""
        self.finished = False
        self._row: QueueView | None = place.view
        self._attempt: int | None = None
        self._changes: tuple[Passage, ...] | None = None

    def compose_body(self) -> ComposeResult:
        """Where it stands, the text, the form."""
        yield Line(id="standing")
        yield Static(id="others")
        with Container(id="panel"):
            yield Reading(id="text")
            with Vertical(id="form"):
                yield Static(id="why")
                yield ReviewForm()
        yield Static(id="finished")

    @property
    def form(self) -> ReviewForm:
        """What is filled in."""
        return self.query_one(ReviewForm)

    # ------------------------------------------------------------------ reading

    def fetch(self, viewer: Viewer) -> ReviewState:
        """Read the item and its place among those that wait."""
        return self.read_item(self.place)

    def _fetch_all(self) -> tuple[Viewer, ReviewState]:
        # Counted before the moment that is read begins: what is written meanwhile may not be in it.
        written = self.host.desk.written
        viewer, state = super()._fetch_all()
        return viewer, replace(state, written=written)

    def read_item(self, place: ReviewPlace) -> ReviewState:
        """Read any item of the row. Runs in a worker. Raises NotFoundError."""
        item = reviews.item(self.actor, place.user_id, place.step_id)
        work = item.completion_id if item.may_review else None
        if self._row is None and work is not None and item.state is State.NEEDS_REVIEW:
            self._row = QueueView(user_id=place.user_id)
        in_row = self._row is not None and item.may_review
        return ReviewState(
            item,
            queue.neighbours(self.actor, self._row, place.user_id, place.step_id)
            if in_row and self._row
            else None,
            breadcrumbs.group_path(self.actor, place.group_id),
            drafts.recall(self.actor, work) if work else None,
            claims.others(self.actor, work) if work else (),
        )

    def is_here(self, state: ReviewState) -> bool:
        """Whether it is of the item that is to be shown now."""
        return (state.item.user_id, state.item.step_id) == (self.place.user_id, self.place.step_id)

    def _arrived(self, found: tuple[Viewer, ReviewState]) -> None:
        if self.is_here(found[1]):
            super()._arrived(found)

    def crumbs(self, state: ReviewState) -> tuple[Crumb, ...]:
        """By way of the group and the person to the course and the step."""
        item, group_id = state.item, self.place.group_id
        person = breadcrumbs.back_to(self.app.screen_stack, MemberPlace(item.user_id, "review", group_id))
        course = ProgressCardPlace(item.user_id, item.course_id, group_id)
        way = breadcrumbs.queue_below(self.app.screen_stack) if self.place.view else ()
        return breadcrumbs.crumbs(
            state.path, *way, Crumb(item.person, person), Crumb(item.course, course), Crumb(item.step)
        )

    def show(self, state: ReviewState) -> None:
        """Show the item; what stands in the form stays."""
        item = state.item
        if self._row is not None:
            self.host.desk.work_through(self._row)
        self.query_one("#standing", Line).set_parts(
            *standing(item, state.beside, self.host.desk.done.total())
        )
        others = at_it_too(state.others)
        self.query_one("#others", Static).display = bool(others)
        self.query_one("#others", Static).update(Content(others))
        form = self.form
        why = self.query_one("#why", Static)
        form.display, why.display = item.may_review, not item.may_review
        if not item.may_review:
            why.update(Content(why_not(item)))
            self.set_focus(self.query_one("#text"))
        else:
            form.set_possible(item.points_possible, earlier_points(item))
            form.entitle("" if item.state is State.NEEDS_REVIEW else "Review anew")
            self._take_up(state)
        self.show_text()

    def _take_up(self, state: ReviewState) -> None:
        """Begin with an item, or go on with it; a change that was not looked at yet is told."""
        item, about = state.item, self.about
        if about is None or (self.untouched and about.version != item.version):
            self.about = item
            self.begin(state)
            return
        if about.version != item.version:
            self._tell_change(about, item)
        self.read_again(state)

    def _tell_change(self, before: ReviewItem, item: ReviewItem) -> None:
        """Say what somebody else did; nothing where it was undone since, and the work is as before."""
        if replace(before, version=item.version) == item:
            self.about = item
            self.form.say("")
        else:
            told = what_changed(item, before)
            self.form.say(f"{told} while you looked. What you typed is still here.")

    def begin(self, state: ReviewState) -> None:
        """Another item than before stands there."""
        self._attempt = self._changes = None

    def read_again(self, state: ReviewState) -> None:
        """The same item was read again."""

    # --------------------------------------------------------------- the attempts

    def show_text(self) -> None:
        """Show the attempt that was chosen, or what changed in it."""
        if self.state is not None:
            shown = passages(self.state.item, self._attempt, self._changes)
            self.query_one("#text", Reading).show(shown)

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

    def _show_attempt(self, number: int | None) -> None:
        self._attempt, self._changes = number, None
        self._show_from_its_start()

    def _show_from_its_start(self) -> None:
        if self.state is None:
            return
        self.show_text()
        shown = passages(self.state.item, self._attempt, self._changes)
        self.query_one("#text", Reading).go_to(next(at for at, passage in enumerate(shown) if passage.notes))

    def action_changes(self) -> None:
        """What changed since the attempt before, or the attempt itself again."""
        pair = with_the_one_before(self.state.item, self._attempt) if self.state else None
        if self._changes is not None:
            self._show_attempt(self._attempt)
        elif pair is not None:
            asked = self.about, self._attempt

            def found(changes: list[Passage]) -> None:
                if (self.about, self._attempt) == asked:
                    self._changes = tuple(changes)
                    self._show_from_its_start()

            self.read(partial(compare, pair[0].text, pair[1].text), found, group="changes")
        else:
            self.say("This is the first attempt: there is none before it to compare with.")

    def on_reading_note_chosen(self, message: Reading.NoteChosen) -> None:
        """Another attempt was clicked."""
        if isinstance(message.target, int):
            self._show_attempt(message.target)

    # -------------------------------------------------------------------- moving

    def shows(self, place: Place) -> bool:
        """The same work, unless it is to be gone through in a row of another kind."""
        if not isinstance(place, ReviewPlace) or self.finished:
            return False
        same = (place.user_id, place.step_id) == (self.place.user_id, self.place.step_id)
        return same and place.view in (None, self.place.view)

    def action_person(self) -> None:
        """The person whose work this is; back from there everything is as it was left."""
        if self.about is not None:
            self.go(MemberPlace(self.about.user_id, group_id=self.place.group_id), above=True)

    def action_read(self, direction: int) -> None:
        """Half a page on, wherever one types."""
        text = self.query_one("#text", Reading)
        text.action_lines(direction * max(1, text.size.height // 2))

    def action_next(self) -> None:
        """From the text to the form, and on in it."""
        self.focus_next()

    def on_key(self, event: events.Key) -> None:
        """A digit typed while reading is the beginning of the points."""
        self.host.desk.stir()
        reading = self.focused is None or self.focused is self.query_one("#text")
        if reading and event.character is not None and event.character in "0123456789":
            event.stop()
            self.begin_points(event.character)

    def begin_points(self, digits: str) -> None:
        """Go to the points, where there are any, and begin them."""
        if self.about is not None and self.about.may_review and self.about.points_possible is not None:
            self.form.type_points(digits)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the form where there is something to fill in, attempts where there are several."""
        if action == "next":
            return not self.finished and self.state is not None and self.state.item.may_review
        if action in ("attempt", "changes"):
            return not self.finished and len(self._numbers()) > 1
        if action == "person":
            return not self.finished and (self.about is not None or None)
        return super().check_action(action, parameters)
