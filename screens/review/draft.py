"""The draft of the item under review: put back, handed to the draft writer as one types, and told of."""

from __future__ import annotations

from typing import Protocol

from screens import formatting
from screens.draft_writer import DraftTold, DraftWriter
from store.errors import MusterError, NewerError, ReadOnlyError, StorageError
from store.views.drafts import NOTHING, DraftView, Typed
from store.views.work import ReviewItem

PUT_BACK = "Here is what you typed before."
CHANGED = "The work has changed since you typed this. Read it again before you decide."
FROM_ELSEWHERE = "This is what you typed in another session."
COPY = "Nothing more can be saved here. Copy what you typed, then leave."


class Fields(Protocol):
    """The form, as far as a draft needs it."""

    @property
    def typed(self) -> Typed:
        """What stands in it."""

    def fill(self, typed: Typed) -> None:
        """Put this in place of what stands in it."""

    def say(self, notice: str) -> None:
        """Say above the fields what one has to know before deciding."""

    def tell_draft(self, words: str) -> None:
        """Say quietly what became of the draft."""

    def offer_older(self, older: Typed) -> None:
        """Offer what was typed in another session."""


class ReviewDraft:
    """The draft of one item at a time. Nothing that is typed is lost, wherever one goes."""

    def __init__(self, writer: DraftWriter, fields: Fields) -> None:
        self._writer = writer
        self._fields = fields
        self.item: ReviewItem | None = None
        """What is typed for; None where nothing may be typed."""
        self.held = False
        """Whether what stands in the form is being saved as a review: it is no draft meanwhile."""
        self._shown = self._handed_over = NOTHING
        self._in_trouble = self._no_more = self._wants_older = False
        self._told_meanwhile: DraftTold | None = None
        self.older = NOTHING
        """What was typed in another session, kept beside this draft."""

    @property
    def _work(self) -> int:
        return (self.item.completion_id if self.item else None) or 0

    @property
    def has_typed(self) -> bool:
        """Whether something stands in the form that did not when it was filled."""
        typed = self._fields.typed
        return bool(typed) and typed != self._shown

    # ------------------------------------------------------------ beginning and ending

    def begin(self, item: ReviewItem, read: DraftView | None, written: int) -> None:
        """Put back what was typed for another item, and claim it.

        `read` is its draft in the database after so many drafts were `written`.
        """
        self.item = item if item.may_review else None
        self.held = self._no_more = self._wants_older = False
        draft = self._writer.recall(item.completion_id or 0, read, written)
        self._put_back(draft)
        if draft is None or not draft.typed:
            self._fields.say("")
        else:
            self._fields.say(PUT_BACK if draft.work_version == item.version else CHANGED)
        if self.item is not None:
            self._writer.open(self._work)

    def reread(self, version: int, read: DraftView | None, written: int) -> bool:
        """Where nothing was typed since, show the draft as it has become in another session.

        `version` is the work's as it was read. Returns whether the form shows something else now.
        """
        if self.item is None or self.held or self._fields.typed != self._shown:
            return False
        draft = self._writer.recall(self._work, read, written)
        # Words whose draft went with another review are nowhere else any more.
        is_same = (draft.typed if draft else NOTHING) == self._shown
        if is_same or not (draft or self.item.version == version):
            return False
        self._put_back(draft)
        self._fields.say(FROM_ELSEWHERE if draft else "")
        return True

    def resume(self) -> None:
        """Back in front: claim the item again, and show what was typed for it on a screen above."""
        if self.item is None:
            return
        self._writer.open(self._work)
        draft = self._writer.lies_here(self._work)
        if draft is not None and self._fields.typed == self._handed_over != draft.typed:
            self._put_back(draft)

    def leave(self) -> None:
        """Write what was typed, and end the claim."""
        self.write()
        if self.item is not None:
            self._writer.close(self._work)

    def _put_back(self, draft: DraftView | None) -> None:
        self._shown = self._handed_over = draft.typed if draft else NOTHING
        self._fields.fill(self._shown)
        self._fields.tell_draft(f"draft from {formatting.moment(draft.updated_at)}" if draft else "")
        self._offer(draft.older if draft else NOTHING)

    def _offer(self, older: Typed) -> None:
        self.older = older
        self._fields.offer_older(older)

    # ------------------------------------------------------------------- keeping

    def keep(self) -> bool:
        """Hand over what stands in the form; whether it is something else than what was handed over last."""
        if self.item is None or self.item.completion_id is None or self.held:
            return False
        typed = self._fields.typed
        if typed == self._handed_over:
            return False
        self._handed_over = typed
        self._writer.put(self._work, self.item.version, typed)
        return True

    def write(self) -> None:
        """Hand over what stands in the form, and write it at once."""
        if not self.held:
            self.keep()
            self._writer.hurry()

    def told(self, message: DraftTold) -> bool:
        """Say quietly that the draft was kept, and not quietly that it was not.

        Returns whether there is something typed in another session now where there was not, or the reverse.
        """
        had_older = bool(self.older)
        if self.item is None or message.completion_id != self._work:
            return False
        if self.held:
            self._told_meanwhile = message
        elif message.error is not None:
            self._wants_older = False
            self._tell_trouble(message.error)
        else:
            self._no_more = False
            if self._in_trouble:
                self._in_trouble = False
                self._fields.say("")
            kept_at = message.kept_at
            self._fields.tell_draft(f"draft saved {formatting.time(kept_at)}" if kept_at else "")
            self._offer(message.older)
            if self._wants_older:
                self.use_older()
        return bool(self.older) != had_older

    def _tell_trouble(self, error: MusterError) -> None:
        again = isinstance(error, StorageError)
        self._in_trouble, self._no_more = True, not again
        self._fields.tell_draft("draft not saved yet" if again else "draft not saved")
        if isinstance(error, NewerError | ReadOnlyError):
            what_now = "What you typed is still here. When you leave, it is kept for the next time."
        elif again:
            what_now = "What you typed is still here. Muster tries again."
        else:
            what_now = "Copy what you typed."
        self._fields.say(f"{error.title}. {error.message} {what_now}")

    def lose(self, error: MusterError) -> bool:
        """The work may not be seen any more: say so if words would be lost. Returns whether they would."""
        if self.item is None or not self._fields.typed:
            return False
        self._no_more = True
        self._fields.say(f"{error.message} {COPY}")
        return True

    @property
    def what_is_kept(self) -> str:
        """What to say of what was typed to somebody who leaves."""
        if self._no_more:
            return "What you typed last was not saved: you may not review this work any more."
        if self._in_trouble:
            return "What you typed is not in the database yet. Muster tries again while it runs."
        return "Saved as a draft. Your drafts are in the main menu (F10)."

    def use_older(self) -> None:
        """Change what stands in the form for what was typed in another session; that is offered then."""
        if self.item is None or self.held:
            return
        self.keep()
        if not self._writer.is_written(self._work):
            # What is not in the database yet could not be kept beside the other.
            self._wants_older = True
            self._writer.hurry()
            return
        self._wants_older = False
        here, older = self._fields.typed, self._writer.take_older(self._work)
        if older:
            self._fields.fill(older)
            self._offer(here)
            self.write()

    # -------------------------------------------------------------------- saving

    def hold(self) -> None:
        """From now on what stands in the form is being saved as a review."""
        self.keep()
        self.held, self._told_meanwhile = True, None

    def release(self) -> None:
        """The review was refused: what is in the form is a draft as before."""
        self.held = False
        if self._told_meanwhile is not None:
            self.told(self._told_meanwhile)
        self.keep()

    def saved(self) -> None:
        """The review was saved: nothing of what was typed is a draft any more."""
        self._writer.forget(self._work)
        self._handed_over = self._fields.typed
