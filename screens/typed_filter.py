"""Filtering a list by a line that one types in: what was typed is applied once the typing rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from screens.resting import Resting
from screens.store_access import StoreAccess
from screens.widgets.filter_line import FilterLine
from store.errors import InvalidError
from store.filter_line import Suggestion


class Grammar(Protocol):
    """What the filter line of one list understands."""

    def so_far(self, line: str, cursor: int) -> str:
        """The part of a line being typed that can be used already."""

    def complete(self, line: str, cursor: int) -> Sequence[Suggestion]:
        """Suggestions for going on with the line. Runs in a worker."""


class TypedFilter:
    """Serves the `FilterLine` of a screen, which hands it the line's messages."""

    def __init__(self, screen: StoreAccess, grammar: Grammar, show_line: Callable[[str], None]) -> None:
        """`show_line` filters the list by a line that can be read."""
        self._screen = screen
        self._grammar = grammar
        self._show_line = show_line
        self._resting = Resting(screen, self._rested)
        self._typed: FilterLine.Edited | None = None

    @property
    def line(self) -> FilterLine:
        """The line itself."""
        return self._screen.query_one(FilterLine)

    def edited(self, message: FilterLine.Edited) -> None:
        """Something was typed: apply it once the typing rests."""
        self._typed = message
        self._resting.stir()

    def left(self, message: FilterLine.Left) -> None:
        """The line is done with: filter by it."""
        self._typed = None
        self._show_line(message.line)

    def _rested(self) -> None:
        typed, self._typed = self._typed, None
        if typed is None:
            return
        line, wanted = self.line, self._grammar.so_far(typed.line, typed.cursor)
        try:
            line.parse(wanted)
        except InvalidError as error:
            line.refuse(error.message)
        else:
            line.accept()
            self._show_line(wanted)
        self._screen.read(
            lambda: self._grammar.complete(typed.line, typed.cursor), line.suggest, group="complete"
        )
