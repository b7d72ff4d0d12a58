"""The review panel as something to type in: nothing of it is lost, and others know that one is at it."""

from __future__ import annotations

import math
import time

from textual import events
from textual.widgets import Button

from screens import formatting
from screens.draft_writer import DraftTold
from screens.places import ReviewPlace
from screens.review.form import ReviewForm
from screens.review.work_view import ReviewPanel, ReviewState
from store import grading
from store.errors import InvalidError, MusterError, NewerError, ReadOnlyError, StorageError
from store.views.drafts import NOTHING, DraftView
from store.views.work import ReviewItem

IN_POINTS = "0123456789.,"
TEXT_WITHIN = 0.3
"""Seconds within which a character belongs to the one before it, as those of a word do."""
TEXT_LASTS = 3.0
"""Seconds after a text typed where none goes in, in which a letter may still be the rest of it."""
READ_FIRST = 2.0
"""Seconds for which what was typed elsewhere has to stand in the form before it can be part of a review."""
NOT_IN_PASSING = ("undo", "quit")
"""Actions that a letter in the middle of a word does not set off: they are not taken back by going back."""


class ReviewDrafts(ReviewPanel):
    """Drafts are handed to the desk as they are typed; it tells when they are kept."""

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__(place)
        self._found = self._handed_over = NOTHING
        self._in_trouble = self._no_more = False
        self.holding = False
        """Whether the review is being saved: what is typed meanwhile is no draft, but for the next item."""
        self._told_meanwhile: DraftTold | None = None
        self._ahead_of_item: str | None = ""
        """The points typed for an item that does not stand there yet; None once it was something else."""
        self._typed_at = self._text_at = self._came_in_at = -math.inf
        self._in_text = self._unread = False

    def on_mount(self) -> None:
        """Be told what becomes of drafts."""
        self.host.desk.follow(self)

    @property
    def takes_keys(self) -> bool:
        """Once there is something to type into."""
        return super().takes_keys and (self.state is not None or self._unread)

    def on_unmount(self) -> None:
        """The desk goes on without this screen."""
        self.host.desk.unfollow(self)
        if self.about is not None:
            self.host.desk.close(self.about.completion_id or 0)

    def on_screen_resume(self) -> None:
        """In front again: of all that one has looked at meanwhile, this is what one has open."""
        if self.about is not None and self.about.may_review:
            self.host.desk.open(self.about.completion_id or 0)
            self._take_up_from_desk(self.about)

    def _take_up_from_desk(self, item: ReviewItem) -> None:
        """Show what was typed for the same work on another screen that lay above this one."""
        draft = self.host.desk.lies_here(item.completion_id or 0)
        if draft is not None and self.form.typed == self._handed_over != draft.typed:
            self._put_back(draft)

    def show(self, state: ReviewState) -> None:
        """Keys that wait for it may come."""
        super().show(state)
        self.host.key_queue.wake()

    def begin(self, state: ReviewState) -> None:
        """Another item: put back what was typed for it before, and say that one has it open."""
        super().begin(state)
        self._no_more, self._came_in_at = False, -math.inf
        item, form = state.item, self.form
        form.divert(None)
        draft = self.host.desk.recall(item.completion_id or 0, state.draft, state.written)
        self._put_back(draft)
        form.accept()
        if draft is None:
            form.say("")
        elif draft.work_version == item.version:
            form.say("Here is what you typed before.")
        else:
            form.say("The work was changed since you typed this. Look again, then decide.")
        if item.may_review:
            self.host.desk.open(item.completion_id or 0)

    def read_again(self, state: ReviewState) -> None:
        """Where nothing was typed since, show the draft as it has become elsewhere."""
        item, form, about = state.item, self.form, self.about
        if about is None or self.holding or form.typed != self._found:
            return
        draft = self.host.desk.recall(item.completion_id or 0, state.draft, state.written)
        # Words whose draft went with another review are nowhere else any more.
        if (draft.typed if draft else NOTHING) != self._found and (draft or about.version == item.version):
            self._put_back(draft)
            self._came_in_at = time.monotonic() if draft else -math.inf
            form.say("Here is what you typed elsewhere meanwhile." if draft else "")

    def _put_back(self, draft: DraftView | None) -> None:
        self._found = self._handed_over = draft.typed if draft else NOTHING
        self.form.fill(self._found)
        self.form.tell_draft(f"draft of {formatting.moment(draft.updated_at)}" if draft else "")

    # ------------------------------------------------------ typed where it does not go in

    def type_ahead(self, typed: str) -> None:
        """Something was typed for an item that does not stand there yet.

        Points wait for it. Anything else shows that no points were meant, before it and after it either.
        """
        if self._ahead_of_item is not None and all(sign in IN_POINTS for sign in typed):
            self._ahead_of_item += typed
        else:
            self._note_text(is_text=True)
            self.drop_what_waits()

    def on_key(self, event: events.Key) -> None:
        """A text that is typed where none goes in is no row of commands."""
        if event.is_printable and event.character and self._is_text(event.character, event.key):
            event.stop()
            event.prevent_default()
            self.app.bell()

    def _is_text(self, sign: str, key: str) -> bool:
        """Whether a character belongs to something that somebody types without looking where it goes."""
        now = time.monotonic()
        behind_another, self._typed_at = now - self._typed_at < TEXT_WITHIN, now
        active = self.active_bindings.get(key)
        if isinstance(self.focused, Button):
            is_text = sign.isalpha()
        elif active is not None and active.binding.action in NOT_IN_PASSING:
            is_text = behind_another or now - self._text_at < TEXT_LASTS
        else:
            means_nothing = active is None and sign not in IN_POINTS
            is_text = means_nothing or (behind_another and self._in_text)
        self._note_text(is_text=is_text)
        return is_text

    def _note_text(self, *, is_text: bool) -> None:
        self._typed_at, self._in_text = time.monotonic(), is_text
        if is_text:
            self._text_at = self._typed_at

    def drop_what_waits(self) -> None:
        """Whom it was meant for is not known: say by the bell that it is dropped."""
        self._ahead_of_item = None
        self.app.bell()

    def begin_points(self, digits: str) -> None:
        """Of an item that does not stand there yet they wait until it does."""
        if self.holding or (self.about is None and not self.finished):
            self.type_ahead(digits)
        else:
            super().begin_points(digits)

    def begin_what_waited(self) -> None:
        """Begin the points with what was typed ahead."""
        digits, self._ahead_of_item = self._ahead_of_item, ""
        if digits:
            self.begin_points(digits)

    # ------------------------------------------------------------------- keeping

    @property
    def what_is_kept(self) -> str:
        """What to say of what was typed to somebody who leaves it."""
        if self._no_more:
            return "What you typed last is not kept: this work is not yours to review any more."
        if self._in_trouble:
            return "What you typed is not in the database yet. It is tried again while Muster runs."
        return "What you typed is kept as a draft. Your drafts are in the main menu (F10)."

    def _gone(self, error: MusterError) -> None:
        """What one may not see any more is left, but not over words that would be lost with it.

        A database that cannot be read just now says nothing of what one may see.
        """
        self._unread = True
        if self.about is None or not self.form.typed or isinstance(error, StorageError):
            super()._gone(error)
            return
        self._no_more = True
        self.form.say(f"{error.message} Nothing more can be saved here. Copy what you typed, then leave.")

    @property
    def has_typed(self) -> bool:
        """Whether something stands in the form that did not when the item was opened."""
        typed = self.form.typed
        return bool(typed) and typed != self._found

    @property
    def is_unread(self) -> bool:
        """Whether something came into the form that can hardly have been read yet."""
        return time.monotonic() - self._came_in_at < READ_FIRST

    def keep_typed(self) -> None:
        """Hand over what stands in the form, if it is not what was handed over last."""
        item = self.about
        if item is None or item.completion_id is None or self.holding or not self.query(ReviewForm):
            return
        typed = self.form.typed
        if typed != self._handed_over:
            self._handed_over = typed
            self.untouched = False
            self.host.desk.put(item.completion_id, item.version, typed)

    def on_review_form_edited(self) -> None:
        """Keep what was typed, and say at once when the points cannot be.

        What counts is what stands in the form now: a message may come late, when another item is there.
        """
        self.keep_typed()
        form, item = self.form, self.about
        form.accept()
        try:
            grading.parse_points(form.typed.points, item.points_possible if item else None)
        except InvalidError as error:
            form.refuse("points", error.message, go_there=False)

    def on_descendant_blur(self) -> None:
        """A field was left: what is in it is written at once, unless it is being saved as a review."""
        if not self.holding:
            self.keep_typed()
            self.host.desk.hurry()

    def on_screen_suspend(self) -> None:
        """Something else comes in front, or the screen goes away. Behind a dialog one is still at it."""
        self.keep_typed()
        self.host.desk.hurry()
        if self.about is not None and not self.app.screen.is_modal:
            self.host.desk.close(self.about.completion_id or 0)

    def let_go(self) -> None:
        """Leave the item: what was typed for it is written, and it is not open any more."""
        self.keep_typed()
        self.host.desk.hurry()
        if self.about is not None:
            self.host.desk.close(self.about.completion_id or 0)

    def on_draft_told(self, message: DraftTold) -> None:
        """Say quietly that the draft was kept, and not quietly that it was not."""
        message.stop()
        item = self.about
        if item is None or message.completion_id != item.completion_id:
            return
        if self.holding:
            self._told_meanwhile = message
            return
        form = self.form
        if message.error is not None:
            self._in_trouble = True
            error = message.error
            again = isinstance(error, StorageError)
            self._no_more = not again
            form.tell_draft("draft not saved yet" if again else "draft not saved")
            if isinstance(error, NewerError | ReadOnlyError):
                what_now = "What you typed is still here. When you leave, it is kept for the next time."
            elif again:
                what_now = "What you typed is still here, and is tried again."
            else:
                what_now = "Copy what you typed."
            form.say(f"{error.title}. {error.message} {what_now}")
            return
        self._no_more = False
        if self._in_trouble:
            self._in_trouble = False
            form.say("")
        if message.found and form.append(message.found):
            self._came_in_at = time.monotonic()
            self.keep_typed()
            form.say("You typed for this elsewhere, too: that stands below what you typed here.")
        form.tell_draft(f"draft saved {formatting.moment(message.kept_at)}" if message.kept_at else "")

    def hold(self) -> None:
        """From now on what stands in the form is being saved."""
        self.keep_typed()
        self.holding, self._told_meanwhile = True, None

    def release(self) -> None:
        """It could not be: what is in the form is a draft as before."""
        self.holding, self._ahead_of_item = False, ""
        self.form.divert(None)
        if self._told_meanwhile is not None:
            self.on_draft_told(self._told_meanwhile)
        self.keep_typed()

    def saved(self, item: ReviewItem) -> None:
        """Nothing of what was typed for it here is a draft any more."""
        self.host.desk.forget(item.completion_id or 0)
        self._handed_over = self.form.typed
