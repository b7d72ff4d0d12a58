"""Screens whose list is narrowed down by a line that one types in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.timer import Timer

from screens.store_access import StoreAccess
from screens.tabbed import RESTING_SECONDS
from screens.widgets.filter_line import FilterLine
from store.errors import InvalidError
from store.filter_line import Suggestion


class TypedFilter(StoreAccess):
    """Mixed into a screen with a `FilterLine`: what is typed is looked for once somebody pauses."""

    _resting: Timer | None = None
    _typed: FilterLine.Edited | None = None

    def so_far(self, line: str, cursor: int) -> str:
        """What a line asks for, without the piece at the cursor where that cannot be looked for yet."""
        raise NotImplementedError

    def show_line(self, line: str) -> None:
        """Show what a line asks for. It can be read."""
        raise NotImplementedError

    def ways_on(self, line: str, cursor: int) -> Callable[[], Sequence[Suggestion]]:
        """What finds the ways to go on from the cursor; called in a worker."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """Type what is to be shown."""
        self.query_one(FilterLine).open()

    def on_filter_line_edited(self, message: FilterLine.Edited) -> None:
        """Once somebody pauses, see what they typed."""
        self._typed = message
        self.rest()

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """Show what the line asks for, and go back to the list."""
        self._typed = None
        self.show_line(message.line)
        self.set_focus(self.query_one(self.AUTO_FOCUS or "RowList"))

    def rest(self) -> None:
        """From now on, once nothing has stirred for a moment, `rested` is called."""
        if self._resting is None:
            self._resting = self.set_interval(RESTING_SECONDS, self.rested, pause=True)
        self._resting.reset()
        self._resting.resume()

    @property
    def has_typed(self) -> bool:
        """Whether something was typed that is not looked for yet."""
        return self._typed is not None

    def rested(self) -> None:
        """See what was typed: narrow the list down, and look for ways to go on."""
        if self._resting is not None:
            self._resting.pause()
        typed, self._typed = self._typed, None
        if typed is None:
            return
        line = self.query_one(FilterLine)
        asked = self.so_far(typed.line, typed.cursor)
        try:
            line.parse(asked)
        except InvalidError as error:
            line.refuse(error.message)
        else:
            line.accept()
            self.show_line(asked)
        self.read(self.ways_on(typed.line, typed.cursor), line.suggest, group="complete")
