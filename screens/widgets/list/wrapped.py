"""A list of texts that stand in full, each wrapped to the width of the list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.worker import Worker, WorkerState

from screens.widgets.list.row_list import Row, RowList

AT_ONCE = 20_000
"""Characters that are wrapped at once; more of them are wrapped in a worker."""


class WrappedList(RowList):
    """Give it what makes its rows for a width; it is asked again whenever that is another one."""

    _make: Callable[[int], list[Row]] | None = None
    _length = 0
    _wrapped_for = 0
    _wrapping: Worker[list[Row]] | None = None

    def lay_out(self, make: Callable[[int], list[Row]], length: int) -> None:
        """Show what `make` gives for the width of the list; so many characters are wrapped in it."""
        self._make, self._length = make, length
        self._wrap()

    def on_resize(self) -> None:
        """Wrap the texts anew."""
        if self._length and self.extent.width != self._wrapped_for:
            self._wrap()

    def _wrap(self) -> None:
        assert self._make is not None
        self._wrapped_for = self.extent.width
        self._wrapping = None
        wrapped = partial(self._make, self._wrapped_for)
        if self._length <= AT_ONCE:
            self.show_wrapped(wrapped())
        else:
            self._wrapping = self.run_worker(wrapped, thread=True, exclusive=True, group="wrap")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Long texts were wrapped; what was wrapped for another width or list meanwhile is dropped."""
        if event.worker is self._wrapping and event.state is WorkerState.SUCCESS:
            event.stop()
            self._wrapping = None
            self.show_wrapped(event.worker.result or [])

    def show_wrapped(self, rows: list[Row]) -> None:
        """Show the rows that were made."""
        self.set_rows(rows)
