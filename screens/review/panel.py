"""What the review screen consists of, for the functions that take the screen."""

from __future__ import annotations

from screens.base import ASIDE, MusterScreen
from screens.places import ReviewPlace
from screens.review.draft import ReviewDraft
from screens.review.form import ReviewForm
from screens.review.next_item import NextItem, ReviewState
from screens.review.work_view import WorkView
from store.errors import MusterError, StorageError
from store.views.account import Viewer
from store.views.work import ReviewItem


class ReviewPanel(MusterScreen[ReviewState]):
    """Owns a form, a draft, a next item and a work view.

    Apart from `ReviewScreen`, which imports the functions that take it: `moving`, `saving` and `showing`.
    """

    UNCONCERNED = ASIDE
    draft: ReviewDraft

    def __init__(self, place: ReviewPlace) -> None:
        super().__init__()
        self.next_item = NextItem(self.actor, place, lambda: self.host.draft_writer.written)
        self.about: ReviewItem | None = None
        """The work that the decision is about, as it was when it was looked at."""
        """When the item was first drawn: what was pressed before was not pressed for it."""
        self._cannot_be_read = False

    @property
    def form(self) -> ReviewForm:
        """What is filled in."""
        return self.query_one(ReviewForm)

    @property
    def work_view(self) -> WorkView:
        """What is read."""
        return self.query_one(WorkView)

    @property
    def place(self) -> ReviewPlace:  # type: ignore[override]
        """The item that is shown, or comes."""
        return self.next_item.place

    @property
    def finished(self) -> bool:
        """Whether the end of the list is shown."""
        return self.next_item.finished

    @property
    def holding(self) -> bool:
        """Whether a review is being saved."""
        return self.draft.held

    def fetch(self, viewer: Viewer) -> ReviewState:
        """Read the item and its place among those that wait."""
        return self.next_item.read()

    def show_anew(self, found: tuple[Viewer, ReviewState]) -> None:
        """Show the item as somebody else left it: a decision is about that from now on."""
        self.about = self.draft.item = found[1].item
        self._arrived(found)

    def show_ahead(self, state: ReviewState) -> None:
        """Show an item that was read ahead, and read it again once it is drawn: it may have changed."""
        super()._arrived((self.host.viewer, state))
        self.call_after_refresh(self.action_reload)

    def lost(self, error: MusterError) -> None:
        """Leave what may not be seen any more, but not over words that would be lost with it."""
        self._cannot_be_read = True
        # A database that cannot be read just now says nothing of what one may see.
        if isinstance(error, StorageError) or not self.draft.lose(error):
            super()._gone(error)

    def hold(self) -> None:
        """Keys wait from now on for the item that comes next."""
        self.draft.hold()

    def release(self) -> None:
        """That item does not come: this one is written in as before."""
        self.draft.release()
        self.host.key_queue.drop()
