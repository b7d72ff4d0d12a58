"""What the pane beside a list shows: read once the cursor rests, for the row it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from screens.resting import Resting
from screens.store_access import StoreAccess
from screens.widgets.detail_pane import DetailPane, PaneText
from screens.widgets.list.row_list import Row
from screens.widgets.passages import Passage
from store.errors import MusterError

Tell: TypeAlias = Callable[[], Sequence[Passage]]
"""Reads and words what the pane shows of a row. Runs in a worker."""
UNREAD = object()
"""What the pane shows may have changed, also if it is shown beside no row."""


class RowPane:
    """Fills the `DetailPane` of a screen. A late answer for another row is dropped."""

    def __init__(
        self, screen: StoreAccess, row: Callable[[], Row | None], tell: Callable[[Row], Tell | None]
    ) -> None:
        """`row` is the row under the cursor; `tell` says how to read about it, None if there is nothing."""
        self._screen = screen
        self._row = row
        self._tell = tell
        self._resting = Resting(screen, self.refresh)
        self._shown: object = UNREAD

    @property
    def widget(self) -> DetailPane:
        """The pane itself."""
        return self._screen.query_one(DetailPane)

    def take_focus(self) -> None:
        """Let Tab lead to the pane: its text may be longer than the screen."""
        self.widget.query_one(PaneText).can_focus = True

    def moved(self) -> None:
        """The cursor moved, or the terminal has another size: read once it rests."""
        self._resting.stir()

    def reload(self) -> None:
        """What was read may have changed in the store."""
        self._shown = UNREAD
        self._resting.stir()

    def refresh(self) -> None:
        """Read about the row under the cursor now, if there is room and it is not shown yet."""
        row = self._row()
        about = _identity(row)
        if not self.widget.is_shown or about == self._shown:
            return
        self._shown = about
        read = None if row is None or row.heading else self._tell(row)
        if read is None:
            self._screen.workers.cancel_group(self._screen, "pane")
            self.widget.clear()
        else:
            show, failed = partial(self._show, about), partial(self._failed, about)
            self._screen.read(read, show, group="pane", failed=failed)

    def _show(self, about: object, passages: Sequence[Passage]) -> None:
        if about == _identity(self._row()):
            self.widget.show_passages(passages)

    def _failed(self, about: object, error: MusterError) -> None:
        self._show(about, [Passage(error.message, "dim")])


def _identity(row: Row | None) -> object:
    """What tells a row from those of other lists as well."""
    return None if row is None else (type(row), row.key)
