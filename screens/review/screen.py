"""The review: reading a learner's work, saying what one thinks of it, and on to the next."""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from screens.draft_writer import ClaimsTold, DraftTold
from screens.places import Crumb, MemberPlace, Place, ReviewPlace
from screens.review import attached_files, moving, offers, saved_replies, saving, showing
from screens.review.draft import ReviewDraft
from screens.review.form import ReviewForm
from screens.review.keys import KEYS, UNDO
from screens.review.next_item import ReviewState
from screens.review.panel import ReviewPanel
from screens.review.work_view import WorkView
from screens.store_access import FORMS
from screens.widgets.work_rows import NO_NAME
from store.errors import InvalidError, MusterError
from store.views.account import Viewer
from store.views.states import Decision


class ReviewScreen(ReviewPanel):
    """The work at the left or above, the form at the right or below, which has the focus."""

    AUTO_FOCUS = ""
    SHOWS_CHANGES_ONLY = True
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    UNDO_KEY = UNDO
    LAYOUT_ROUNDS = 3
    CSS_PATH = FORMS
    DEFAULT_CSS = """
    ReviewScreen {
        & #others { color: $text-warning; height: 1; padding: 0 2; }
        & #panel { layout: vertical; height: 1fr; margin: 1 0 0 0; }
        & #form { height: auto; max-height: 70%; overflow-y: auto; border-top: solid $foreground 20%; }
        &.-in-rubric #form { max-height: 80%; }
        &.-in-rubric ReviewForm TextBox { height: 3; min-height: 3; }
        & #why { padding: 0 2; height: auto; color: $text-muted; }
        & #elsewhere { padding: 0 2; height: auto; color: $text-muted; }
        & #finished { padding: 2 4; height: 1fr; display: none; }
        &.-finished {
            & #finished { display: block; }
            & #panel { display: none; }
        }
        &.-wide, &.-pane {
            & #panel { layout: horizontal; }
            & #form { width: 38%; min-width: 45; max-width: 70; height: 1fr; max-height: 100%; }
            & #form { border-top: none; border-left: solid $foreground 20%; }
            & ReviewForm TextBox { height: 16; max-height: 50vh; margin: 1 0 0 0; }
            & .review--buttons { margin: 1 0 0 0; }
            & #elsewhere { margin: 1 0 0 0; }
        }
    }
    """

    def compose_body(self) -> ComposeResult:
        """The work and the form, or the end of the list."""
        form = ReviewForm()
        self.draft = ReviewDraft(self.host.draft_writer, form)
        yield Static(id="others")
        with Container(id="panel"):
            yield WorkView(self.read)
            with Vertical(id="form"):
                yield Static(id="why")
                yield form
                yield Static(id="elsewhere")
        yield Static(id="finished")

    def on_mount(self) -> None:
        """Be told what becomes of drafts."""
        self.host.draft_writer.follow(self)

    def on_unmount(self) -> None:
        """The draft writer goes on without this screen."""
        writer = self.host.draft_writer
        writer.unfollow(self)
        if self.about is not None:
            writer.close(self.about.completion_id or 0)

    # ----------------------------------------------------------------- its parts

    @property
    def is_written_in(self) -> bool:
        """Whether there is a form to write in."""
        return self.about is not None and self.about.may_review and not self.finished

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to be done with the item that is shown."""
        if action in offers.ACTIONS:
            return offers.offered(self, action)
        return super().check_action(action, parameters)

    # ------------------------------------------------------------------- reading

    @property
    def takes_keys(self) -> bool:
        """Not while the item comes that they are meant for."""
        is_there = self.about is not None or self.finished or self._cannot_be_read
        return super().takes_keys and is_there and not self.holding

    def store_changed(self) -> None:
        """Read again, but not what one is about to leave."""
        if not self.holding:
            super().store_changed()

    def _arrived(self, found: tuple[Viewer, ReviewState]) -> None:
        if not self.next_item.is_here(found[1]):
            return
        super()._arrived(found)
        self._read_ahead(found[1])
        self.next_item.is_fresh = False

    def _read_ahead(self, state: ReviewState) -> None:
        """Read the next item while this one is looked at; it is read again when it is shown."""
        place = self.next_item.to_read_ahead(state)
        if place is not None:
            # An item that cannot be read says so when one goes there.
            read = partial(self.next_item.read, place)
            self.read(read, self.next_item.keep_ahead, group="ahead", failed=lambda _: None)

    def _gone(self, error: MusterError) -> None:
        """The item went away meanwhile."""
        moving.item_gone(self, error)

    # ------------------------------------------------------------------- showing

    def crumbs(self, state: ReviewState) -> tuple[Crumb, ...]:
        """The way to the person, the course and the step."""
        return showing.crumbs(self, state)

    def show(self, state: ReviewState) -> None:
        """Show the item, or the end of the list; what stands in the form stays."""
        showing.show(self, state)
        if not self.finished:
            self._take_up(state)

    def on_resize(self) -> None:
        """The top line is cut to the width."""
        showing.show_top(self)

    def _take_up(self, state: ReviewState) -> None:
        """Begin with an item, or go on with it; a change that was not looked at yet is told."""
        item, about = state.item, self.about
        if about is None or (self.next_item.is_fresh and about.version != item.version):
            self._begin(state)
            return
        self.work_view.show(item)
        if not item.may_review:
            return
        self.form.take_strays()
        if about.version != item.version:
            showing.tell_change(self, about, item)
        if self.draft.reread(item.version, state.draft, state.written):
            self._not_drawn_yet()

    def _begin(self, state: ReviewState) -> None:
        item = self.about = state.item
        self._cannot_be_read = False
        self.form.for_team = True
        showing.show_team(self, item)
        self.draft.begin(item, state.draft, state.written)
        self.form.accept()
        self.work_view.begin(item)
        if item.may_review:
            self.form.begin()
        else:
            self.set_focus(self.work_view.text, scroll_visible=False)
        self._not_drawn_yet()
        self.host.key_queue.wake()

    def _not_drawn_yet(self) -> None:
        """What is pressed from here on is pressed for what stands on the screen only once it is drawn."""
        self.drawn_anew_at = math.inf

    # -------------------------------------------------------------------- typing

    def on_key(self, event: events.Key) -> None:
        """Letters are text wherever the focus is, as long as there is a form to write in."""
        self.host.draft_writer.stir()
        if not self.is_written_in:
            return
        if event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            self.form.take(event.character)
        elif event.time < self.drawn_anew_at and not self.draft.has_typed and _decides(self, event.key):
            # It was pressed for the item that stood there before.
            event.stop()
            event.prevent_default()
            self.app.bell()

    def on_paste(self, event: events.Paste) -> None:
        """So is what is pasted."""
        if self.is_written_in:
            event.stop()
            self.form.take(event.text)

    def keep_typed(self) -> None:
        """Hand what stands in the form to the draft writer."""
        if self.draft.keep():
            self.next_item.is_fresh = False

    @on(ReviewForm.Edited)
    def _form_edited(self, message: ReviewForm.Edited) -> None:
        """Keep what was typed, and say at once when the points cannot be."""
        # What counts is what stands in the form now: a message may come late, when another item is there.
        message.stop()
        self.keep_typed()
        form, item = self.form, self.about
        form.accept()
        try:
            saving.awarded(form, item.points_possible if item else None)
        except InvalidError as error:
            form.refuse(str(error.field), error.message, go_there=False)

    def on_descendant_blur(self) -> None:
        """A field was left: what is in it is written at once."""
        self.draft.write()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """In front again: of all that one has looked at meanwhile, this is what one has open."""
        self.draft.resume()

    def on_screen_suspend(self) -> None:
        """Something else comes in front, or the screen goes away. Behind a dialog one is still at it."""
        if self.app.screen.is_modal:
            self.draft.write()
        else:
            self.draft.leave()

    @on(DraftTold)
    def _draft_told(self, message: DraftTold) -> None:
        """Something became of a draft."""
        message.stop()
        if self.draft.told(message):
            self.refresh_bindings()

    @on(ClaimsTold)
    def _claims_told(self, message: ClaimsTold) -> None:
        """Somebody else may have opened the item since, or left it."""
        message.stop()
        if self.about is not None and self.about.completion_id == message.completion_id and not self.finished:
            showing.show_others(self, message.others)

    @on(ReviewForm.OlderChosen)
    def _older_chosen(self) -> None:
        """The button beside what was typed in another session."""
        self.action_use_older()

    def action_use_older(self) -> None:
        """Use what was typed in another session."""
        self.draft.use_older()

    def action_rubric(self) -> None:
        """To the rubric, or back to the feedback."""
        self.form.turn_to_rubric()

    def action_team(self) -> None:
        """Decide for one of a team alone, or for all of it again."""
        showing.turn_team(self)

    def action_next(self) -> None:
        """To the next field or button."""
        self.focus_next()

    @work(exit_on_error=False)
    async def action_replies(self) -> None:
        """Put a saved reply into the feedback."""
        if self.about is not None:
            await saved_replies.insert_reply(self, self.about, self.form)

    @work(exit_on_error=False)
    async def action_keep_reply(self) -> None:
        """Save what is typed as a reply to use again."""
        if self.about is not None:
            await saved_replies.save_as_reply(self, self.about, self.form)

    # -------------------------------------------------------------------- saving

    @on(ReviewForm.Decided)
    def _decided(self, message: ReviewForm.Decided) -> None:
        """A button was pressed."""
        saving.decide(self, message.decision)

    def action_decide(self, word: str) -> None:
        """Save the review, and go to the next item if there is one: the names of the key differ by that."""
        saving.decide(self, Decision(word))

    action_decide_alone = action_decide_any = action_decide

    # -------------------------------------------------------------------- moving

    @on(ReviewForm.NextChosen)
    def _next_chosen(self) -> None:
        """The button to the next item was pressed."""
        moving.to_beside(self, 1)

    def action_beside(self, direction: int) -> None:
        """To the next item, or the one before."""
        moving.to_beside(self, direction)

    def shows(self, place: Place) -> bool:
        """The same work, unless it is to be gone through in a list of another kind."""
        if not isinstance(place, ReviewPlace) or self.finished:
            return False
        same = (place.user_id, place.step_id) == (self.place.user_id, self.place.step_id)
        return same and place.view in (None, self.place.view)

    @property
    def visited(self) -> Place | None:
        """The end is no place to come back to."""
        return None if self.finished else self.place

    def action_person(self) -> None:
        """The learner's profile; back from there everything is as it was left."""
        if self.about is not None and self.about.is_blind:
            self.say(NO_NAME)
        elif self.about is not None:
            self.go(MemberPlace(self.about.user_id, group_id=self.place.group_id), above=True)

    def action_read(self, direction: int) -> None:
        """Scroll the work, wherever one types."""
        self.work_view.scroll(direction)

    def action_attempt(self, step: int) -> None:
        """Show an attempt before or after the one shown."""
        self.work_view.turn(step)

    @work(exit_on_error=False)
    async def action_files(self) -> None:
        """What can be done with the files and the link of the attempt that is shown."""
        if (attempt := self.work_view.attempt) is not None:
            await attached_files.choose(self, attempt)

    def action_changes(self) -> None:
        """What changed since the attempt before, or the attempt itself again."""
        if not self.work_view.toggle_changes():
            self.say("This is the first attempt: there is none before it to compare with.")

    def action_back(self) -> None:
        """Back; what was typed is kept."""
        if self.writing:
            self.app.bell()
            return
        self.draft.leave()
        if self.is_written_in and self.draft.has_typed:
            self.say(self.draft.what_is_kept)
        if self.has_below:
            moving.leave(self)


def _decides(screen: ReviewScreen, key: str) -> bool:
    """Whether a key saves a review here."""
    active = screen.active_bindings.get(key)
    return active is not None and active.binding.action.startswith("decide")
