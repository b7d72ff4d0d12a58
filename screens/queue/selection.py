"""Marking items of the queue, one by one, in ranges or all, to do the same to them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from textual import work

from screens.store_access import StoreAccess
from screens.widgets.keys import shown_key
from screens.widgets.list.row_list import RowList
from store.queue import queue
from store.views.queue import QueueView


class QueueMarks(StoreAccess):
    """Mixed into the queue's screen, whose rows are known by their completions."""

    queue_view = QueueView()
    """What part of the queue is shown."""

    _anchor: int | None = None
    """The completion that was marked last, from which a range begins."""
    _marked_before: frozenset[object] = frozenset()
    _unlisted: frozenset[object] = frozenset()
    """What was marked and is not in the list as it is looked at now."""

    @property
    def rows(self) -> RowList:
        """The list of items."""
        return self.query_one("#queue", RowList)

    def show_title(self) -> None:
        """Say how many are marked."""
        raise NotImplementedError

    @property
    def marked_in_words(self) -> str:
        """How many are marked, and how many of them the list does not show: "2 marked, 1 not shown"."""
        marked = self.rows.marked
        unlisted = len(marked & self._unlisted)
        words = f"{len(marked):,} marked" if marked else ""
        return f"{words}, {unlisted:,} not shown" if unlisted else words

    def count_unlisted(self) -> None:
        """The list shows something else, or is read anew: find out which marks it does not show."""
        view = self.queue_view
        marked = [key for key in self.rows.marked if isinstance(key, int)]
        if not marked:
            self._unlisted = frozenset()
            return

        def found(listed: frozenset[int]) -> None:
            if view == self.queue_view:
                self._unlisted = frozenset(marked) - listed
                self.show_title()

        self.read(lambda: queue.among(self.actor, view, marked), found, group="unlisted")

    def on_row_list_marks_changed(self, message: RowList.MarksChanged) -> None:
        """A range begins at the row that was marked last."""
        new = [key for key in message.keys - self._marked_before if isinstance(key, int)]
        if len(new) == 1:
            self._anchor = new[0]
        self._marked_before = message.keys
        self.show_title()
        self.refresh_bindings()

    def action_mark_all(self) -> None:
        """Mark everything that is shown; where it all is marked, nothing."""
        self._with_ids(lambda ids: frozenset() if self.rows.marked >= ids.keys() else frozenset(ids))

    def action_mark_range(self) -> None:
        """Mark everything from the last mark to here."""
        here = self.rows.cursor_key

        def marked(ids: dict[int, int]) -> frozenset[object]:
            if not isinstance(here, int) or here not in ids:
                return self.rows.marked
            start, end = sorted((ids.get(self._anchor or here, ids[here]), ids[here]))
            return self.rows.marked | frozenset(list(ids)[start : end + 1])

        self._with_ids(marked)

    def _with_ids(self, marks: Callable[[dict[int, int]], frozenset[object]]) -> None:
        """Read all items of the look, each with its place, and mark some of them."""
        view = self.queue_view

        def found(ids: tuple[int, ...]) -> None:
            if view == self.queue_view:
                self.rows.set_marked(marks({key: position for position, key in enumerate(ids)}))

        self.read(lambda: queue.ids(self.actor, view), found, group="marks")

    def action_tell_marks(self) -> None:
        """Say how to mark: what is asked for is done to what is marked."""
        one, some, every = (shown_key(self, each) for each in ("space", "V", "*"))
        self.say(f"Nothing is marked: {one} marks an item, {some} a range, {every} all that is shown.")

    def action_bulk(self) -> None:
        """Approve or return what is marked, in the order of the list; what it does not show comes last."""
        view = self.queue_view

        def found(ids: tuple[int, ...]) -> None:
            marked = self.rows.marked
            others = [key for key in marked.difference(ids) if isinstance(key, int)]
            self._bulk([key for key in ids if key in marked], sorted(others))

        self.read(lambda: queue.ids(self.actor, view), found, group="marks")

    @work(exit_on_error=False)
    async def _bulk(self, listed: list[int], unlisted: list[int]) -> None:
        from screens.queue.bulk_review import BulkReview  # noqa: PLC0415 - only once something is marked

        marked = [*listed, *unlisted]
        if not marked:
            return
        self.host.desk.work_through(self.queue_view)
        await self.ask(BulkReview(marked, unlisted, reviewed=self._unmark))

    def _unmark(self, reviewed: Collection[int]) -> None:
        # What was left out is what one may want to see to next.
        self.rows.set_marked(self.rows.marked.difference(reviewed))
