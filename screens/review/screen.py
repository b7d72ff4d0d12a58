"""The review panel: reading a person's work, filling in the form, and saying what comes of it."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.timer import Timer

from screens import formatting
from screens.places import ReviewPlace
from screens.review.conflict import BothReviews, Mine, Then
from screens.review.form import FIELDS, ReviewForm
from screens.review.keys import KEYS
from screens.review.saved_replies import ReviewReplies, values_of
from screens.review.text import what_changed
from screens.review.work_view import ReviewState
from store import grading
from store.errors import ConflictError, InvalidError, MusterError, NotFoundError, SignedOutError
from store.review import drafts, replies, reviews
from store.views.account import Viewer
from store.views.drafts import Typed
from store.views.queue import QueueRow
from store.views.states import Decision
from store.views.work import ReviewItem, ReviewView

SLOW_AFTER = 0.3
"""Seconds after which it is said that a review is being saved."""
AGAIN_AFTER = 0.4
"""Seconds between two decisions that are both meant. A key held down, or pressed twice by a slip, decides
about one item and not about the next, which nobody has read."""

LEFT_SECONDS = 8
"""How long it stands that a draft is left of what was decided about."""


class ReviewScreen(ReviewReplies):
    """Approve or return, then the next one."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__(place)
        self._deciding: Mine | None = None
        """What is being saved, or was refused because somebody else was first."""
        self._pressed_at = -math.inf

    _slow: Timer

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer decisions where there is something to decide, named for what comes after."""
        if action in ("decide", "decide_alone", "decide_any"):
            if self.finished or self.state is None or not self.state.item.may_review:
                return False
            return action == "decide_any" or (action == "decide") == self.in_row
        return super().check_action(action, parameters)

    def read_again(self, state: ReviewState) -> None:
        """Not while it is not settled what comes of what stood in the form: no more is known of than that."""
        if self._deciding is None:
            super().read_again(state)

    def on_review_form_decided(self, message: ReviewForm.Decided) -> None:
        """A button was pressed."""
        self.action_decide(message.decision.value)

    def action_decide_alone(self, word: str) -> None:
        """Save the review of work that is not one of several."""
        self.action_decide(word)

    def action_decide_any(self, word: str) -> None:
        """Save the review, whether there are more or not."""
        self.action_decide(word)

    def action_decide(self, word: str) -> None:
        """Save the review, unless something in the form cannot be."""
        item, form, is_slip = self.about, self.form, self._is_slip()
        if item is None or self.writing or is_slip or self.is_unread:
            self.app.bell()
            return
        form.accept()
        typed, decision = form.typed, Decision(word)
        try:
            points = grading.parse_points(typed.points, item.points_possible)
            reviews.check_words(decision, typed.feedback)
        except InvalidError as error:
            form.refuse(str(error.field), error.message)
            return
        self._save(item, Mine(decision, points, replies.fill(typed.feedback, values_of(item))))

    def _is_slip(self) -> bool:
        """Whether the key came on the heels of the one before, and nothing was typed in between."""
        now = time.monotonic()
        before, self._pressed_at = self._pressed_at, now
        return now - before < AGAIN_AFTER and not self.has_typed

    # -------------------------------------------------------------------- saving

    def _save(self, item: ReviewItem, mine: Mine) -> None:
        """Save the review; what was typed stays until it is saved."""
        if item.completion_id is None:
            return
        self.hold()
        self._deciding = mine
        # Digits typed before the next item stands there are the beginning of its points. The focus stays:
        # to move it would take as long as all the rest.
        self.form.divert(self.type_ahead)
        self._slow = self.set_timer(SLOW_AFTER, lambda: self.form.say("Saving …"))
        save = partial(self._save_in_turn, item.completion_id, item.version, mine)
        self.write(save, partial(self._saved, item, mine.decision), failed=self._refused)

    def _save_in_turn(self, completion_id: int, version: int, mine: Mine) -> Typed:
        """Not while a draft of it is written: that one would come after its own review. In a worker."""
        with self.host.desk.turn:
            left = reviews.save(
                self.actor,
                completion_id,
                version,
                mine.decision,
                points=mine.points,
                feedback=mine.feedback,
                known=self.host.desk.known(completion_id),
            )
            self.host.desk.forget(completion_id)
        return left

    def store_changed(self) -> None:
        """Read again, but not what one is about to leave."""
        if not self.holding:
            super().store_changed()

    def _saved(self, item: ReviewItem, decision: Decision, left: Typed) -> None:
        self._slow.stop()
        self._deciding = None
        self.saved(item)
        self.host.desk.done[decision] += 1
        words = f"{formatting.decided(decision).capitalize()}: {item.step}, {item.person}."
        self._on(self.state)
        # Once the next one stands there: nobody waits for these words.
        self.call_after_refresh(self.say_done, words)
        self.call_after_refresh(self._say_left, left)

    def _say_left(self, left: Typed) -> None:
        if left:
            self.say("You typed for this elsewhere, too: that is kept as a draft.", seconds=LEFT_SECONDS)

    def _on(self, done: ReviewState | None) -> None:
        """To the next item of the row, to its end, or back where there is no row."""
        self.holding = False
        row: QueueRow | None = done.beside.next if done and done.beside else None
        if done is None or done.beside is None:
            self.let_go()
            if self.on_top and self.has_below:
                self.leave()
        elif row is not None:
            self.go_on(row, after=done)
        else:
            self.finish()

    def _refused(self, error: MusterError) -> None:
        self._slow.stop()
        form = self.form
        form.say("")
        self.release()
        if isinstance(error, (SignedOutError, NotFoundError)):
            self._gone(error)
        elif isinstance(error, InvalidError) and error.field in FIELDS:
            form.refuse(error.field, error.message)
        elif isinstance(error, ConflictError):
            form.say(f"{error.message} What you typed is still here.")
            # In a group of its own: reading again because of what the other one saved must not supersede it.
            self.read(self._fetch_all, partial(self._met, error), group="met", failed=self._not_met)
            return
        else:
            form.say(f"{error.title}: {error.message} Nothing was saved; what you typed is still here.")
        self._deciding = None

    # ------------------------------------------------------------ two at one item

    def _met(self, error: ConflictError, found: tuple[Viewer, ReviewState]) -> None:
        """Somebody was first: whoever decides next decides about the work as it is now."""
        before, shown, mine = self.about, self.state, self._deciding
        if before is None or not self.is_here(found[1]):
            self._deciding = None
            return
        now = found[1].item
        self.about = now
        self._arrived(found)
        self.form.say(f"{error.message} What you typed is still here.")
        theirs = [review for review in now.reviews if review not in before.reviews]
        if theirs and mine is not None:
            self._ask_about_both(shown, theirs[0], mine)
            return
        self._deciding = None
        if now.attempts[:1] != before.attempts[:1]:
            self.form.say(f"{what_changed(now, before)} while you looked. What you typed is still here.")

    def _not_met(self, error: MusterError) -> None:
        self._deciding = None
        self._gone(error)

    @work(exit_on_error=False)
    async def _ask_about_both(self, shown: ReviewState | None, theirs: ReviewView, mine: Mine) -> None:
        item = self.about
        if item is None or item.completion_id is None:
            return
        then = await self.ask(BothReviews(item, theirs, mine))
        self._deciding = None
        match then:
            case Then.SAVE_MINE:
                self._save(item, mine)
            case Then.KEEP_DRAFT:
                self._on(shown)
            case Then.DROP_MINE:
                self.hold()
                discard = partial(self._discard_in_turn, item.completion_id)
                self.write(discard, partial(self._dropped, item, shown), failed=self._refused)

    def _discard_in_turn(self, completion_id: int) -> Typed:
        with self.host.desk.turn:
            left = drafts.discard(self.actor, completion_id, self.host.desk.known(completion_id))
            self.host.desk.forget(completion_id)
        return left

    def _dropped(self, item: ReviewItem, shown: ReviewState | None, left: Typed) -> None:
        self.saved(item)
        self._on(shown)
        self._say_left(left)
