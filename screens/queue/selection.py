"""Marking items of the queue, one by one, in ranges or all, to do the same to them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from screens.store_access import StoreAccess
from screens.widgets.keys import shown_key
from screens.widgets.list.row_list import RowList
from store.queue import queue
from store.views.queue import QueueView


class Selection:
    """The marked items of the queue's list, whose rows are known by their completions."""

    def __init__(
        self,
        screen: StoreAccess,
        rows: RowList,
        view: Callable[[], QueueView],
        changed: Callable[[], None],
    ) -> None:
        """`view` is the part of the queue that the list shows; `changed` is called when the count changes."""
        self._screen = screen
        self._rows = rows
        self._view = view
        self._changed = changed
        self._last: int | None = None
        """The completion that was marked last, from which a range begins."""
        self._before: frozenset[object] = frozenset()
        self._unlisted: frozenset[object] = frozenset()
        """What is marked and hidden by the filter."""

    def __bool__(self) -> bool:
        return bool(self._rows.marked)

    def words(self) -> str:
        """How many are marked, and how many of them the filter hides: "2 marked, 1 hidden"."""
        marked = self._rows.marked
        unlisted = len(marked & self._unlisted)
        words = f"{len(marked):,} marked" if marked else ""
        return f"{words}, {unlisted:,} hidden" if unlisted else words

    def clear(self) -> None:
        """Take all marks away."""
        self._rows.set_marked(())

    def list_changed(self) -> None:
        """The list shows something else, or was reloaded: find out which marks it does not show."""
        view = self._view()
        marked = [key for key in self._rows.marked if isinstance(key, int)]
        if not marked:
            self._unlisted = frozenset()
            return

        def found(listed: frozenset[int]) -> None:
            if view == self._view():
                self._unlisted = frozenset(marked) - listed
                self._changed()

        actor = self._screen.actor
        self._screen.read(lambda: queue.among(actor, view, marked), found, group="unlisted")

    def marks_changed(self, marked: frozenset[object]) -> None:
        """Others are marked now. A range begins at the item that was marked last."""
        new = [key for key in marked - self._before if isinstance(key, int)]
        if len(new) == 1:
            self._last = new[0]
        self._before = marked
        self._changed()

    def mark_all(self) -> None:
        """Mark everything that is shown, or nothing if it all is marked."""
        self._with_ids(lambda ids: frozenset() if self._rows.marked >= ids.keys() else frozenset(ids))

    def mark_range(self) -> None:
        """Mark everything from the last mark to the cursor."""
        here = self._rows.cursor_key

        def marked(ids: dict[int, int]) -> frozenset[object]:
            if not isinstance(here, int) or here not in ids:
                return self._rows.marked
            start, end = sorted((ids.get(self._last or here, ids[here]), ids[here]))
            return self._rows.marked | frozenset(list(ids)[start : end + 1])

        self._with_ids(marked)

    def _with_ids(self, marks: Callable[[dict[int, int]], frozenset[object]]) -> None:
        """Read all items of the view, each with its position, and mark some of them."""

        def found(ids: tuple[int, ...]) -> None:
            self._rows.set_marked(marks({key: position for position, key in enumerate(ids)}))

        self._read_ids(found)

    def _read_ids(self, then: Callable[[tuple[int, ...]], None]) -> None:
        """Read all items of the view; of one that is shown no more the answer is dropped.

        Keys wait: what comes next is about the marks.
        """
        view, actor = self._view(), self._screen.actor

        def found(ids: tuple[int, ...]) -> None:
            if view == self._view():
                then(ids)

        self._screen.read(lambda: queue.ids(actor, view), found, group="marks", opens=True)

    def tell_how(self) -> None:
        """Say how to mark."""
        one, some, every = (shown_key(self._screen, each) for each in ("space", "V", "*"))
        self._screen.say(
            f"Nothing is marked: {one} marks an item, {some} a range, {every} everything in the list."
        )

    def review(self) -> None:
        """Approve or return what is marked, in the order of the list; what it does not show comes last."""

        def found(ids: tuple[int, ...]) -> None:
            marked = self._rows.marked
            others = [key for key in marked.difference(ids) if isinstance(key, int)]
            listed = [key for key in ids if key in marked]
            if listed or others:
                self._screen.run_worker(self._ask(listed, sorted(others)), exit_on_error=False)

        self._read_ids(found)

    async def _ask(self, listed: list[int], unlisted: list[int]) -> None:
        from screens.queue.bulk_review import BulkReview  # noqa: PLC0415 - only once something is marked

        self._screen.host.draft_writer.work_through(self._view())
        await self._screen.ask(BulkReview([*listed, *unlisted], unlisted, reviewed=self._unmark))

    def _unmark(self, reviewed: Collection[int]) -> None:
        # What was skipped stays marked: it is what one may want to see to next.
        self._rows.set_marked(self._rows.marked.difference(reviewed))
