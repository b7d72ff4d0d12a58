"""Which item is under review, and what comes next and before it in the queue view; the next is read ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from screens import breadcrumbs
from screens.places import ReviewPlace
from store import database
from store.frozen import dataclass
from store.queue import queue
from store.review import claims, drafts, record, reviews
from store.views import Actor
from store.views.drafts import ClaimView, DraftView
from store.views.groups import GroupName
from store.views.queue import Neighbours, QueueRow, QueueView
from store.views.record import NO_RECORD, Record
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
    record: Record = NO_RECORD
    written: int = 0
    """How many drafts had been written before this was read."""


class NextItem:
    """Where one is in the queue view. Without a view what waits of the same person is gone through; of blind
    work, all that waits.
    """

    def __init__(self, actor: Actor, place: ReviewPlace, written: Callable[[], int]) -> None:
        """`written` says how many drafts were written so far."""
        self._actor = actor
        self._written = written
        self.place = place
        self.view: QueueView | None = place.view
        self.finished = False
        """Whether the end of the view is shown instead of an item."""
        self.is_fresh = False
        """Whether what is shown was read ahead and is to be read again."""
        self._ahead: ReviewState | None = None
        self._came: tuple[ReviewItem, int] | None = None

    # ------------------------------------------------------------------- reading

    def read(self, place: ReviewPlace | None = None) -> ReviewState:
        """Read the item at a place, or the one that is shown. Call it in a worker. Raises NotFoundError."""
        place = place or self.place
        # Counted before the moment that is read begins: what is written meanwhile may not be in it.
        written = self._written()
        with database.reading():
            item = reviews.item(self._actor, place.user_id, place.step_id)
            work = item.completion_id if item.may_review else None
            if self.view is None and work is not None and item.state is State.NEEDS_REVIEW:
                # What else somebody has done is not to be met beside their blind work.
                self.view = QueueView() if item.is_blind else QueueView(user_id=place.user_id)
            return ReviewState(
                item,
                self._beside(place)
                if self.view is not None and (item.may_review or item.marked_in)
                else None,
                breadcrumbs.group_path(self._actor, place.group_id),
                drafts.recall(self._actor, work) if work else None,
                claims.others(self._actor, work) if work else (),
                record.of(self._actor, place.user_id, place.step_id) if work else NO_RECORD,
                written,
            )

    def _beside(self, place: ReviewPlace) -> Neighbours:
        assert self.view is not None
        if not self.finished:
            return queue.neighbours(self._actor, self.view, place.user_id, place.step_id)
        return queue.at_end(self._actor, self.view)

    def is_here(self, state: ReviewState) -> bool:
        """Whether it is of the item that is to be shown now."""
        return _ids(state.item) == _ids(self.place)

    def to_read_ahead(self, state: ReviewState) -> ReviewPlace | None:
        """The place after the one that is shown, unless it was read ahead already."""
        row = state.beside.next if state.beside and not self.finished else None
        if row is None or (self._ahead is not None and _ids(self._ahead.item) == _ids(row)):
            return None
        return replace(self.place, user_id=row.user_id, step_id=row.step_id)

    def keep_ahead(self, state: ReviewState | None) -> None:
        """Keep what was read ahead, until one goes there."""
        self._ahead = state

    # -------------------------------------------------------------------- moving

    def go(
        self,
        row: QueueRow,
        direction: int = 1,
        *,
        came_from: ReviewItem | None = None,
        saved: ReviewState | None = None,
    ) -> ReviewState | None:
        """Go to another item; returns it if it was read ahead. `saved` is what was just reviewed."""
        ahead, self._ahead = self._ahead, None
        if came_from is not None:
            self._came = came_from, direction
        self.place = replace(self.place, user_id=row.user_id, step_id=row.step_id)
        self.finished = False
        if ahead is None or not self.is_here(ahead):
            return None
        self.is_fresh = True
        return ahead if saved is None else _without(ahead, saved)

    def finish(self) -> None:
        """Go behind the last item."""
        self._ahead = self._came = None
        self.finished = True

    @property
    def came(self) -> tuple[ReviewItem, int] | None:
        """From which item one went on, and in which direction."""
        return self._came

    def beside_after(self, item: ReviewItem) -> Neighbours | None:
        """What is beside an item now, once more than it was decided. In a worker."""
        self._ahead = None
        if self.view is None:
            return None
        return queue.neighbours(self._actor, self.view, item.user_id, item.step_id)

    def beside_former(self) -> Neighbours:
        """What is beside the item from which one came, the one in between being gone. In a worker."""
        assert self._came is not None and self.view is not None
        item, _ = self._came
        return queue.neighbours(self._actor, self.view, item.user_id, item.step_id)

    def pass_by(self, beside: Neighbours) -> tuple[QueueRow | None, bool]:
        """Where to go past an item that is gone: the row, or None for the end of the view; and whether one
        can get past it: one that is listed and yet cannot be read bars the way.
        """
        assert self._came is not None
        item, direction = self._came
        row = beside.next if direction > 0 else beside.previous
        if row is None:
            self.place = replace(self.place, user_id=item.user_id, step_id=item.step_id)
            return None, True
        return row, _ids(row) != _ids(self.place)


def _ids(where: ReviewItem | QueueRow | ReviewPlace) -> tuple[int, int]:
    return where.user_id, where.step_id


def _without(ahead: ReviewState, saved: ReviewState) -> ReviewState:
    """What was read ahead, as it stands in the view without the item that was reviewed before it."""
    if ahead.beside is None or saved.beside is None or not saved.beside.position:
        return ahead
    beside = replace(
        ahead.beside,
        position=ahead.beside.position - 1,
        total=ahead.beside.total - 1,
        previous=saved.beside.previous,
    )
    return replace(ahead, beside=beside)
