"""The rows a list holds: all of them, or the few windows around what is on screen.

A windowed list asks for one stretch of rows at a time, so that a worker that is exclusive in its
group never loses an answer; while one is under way, scrolling on costs nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from screens.widgets.list.rows import Row

WINDOW = 128
"""Rows in one window. Windows start at multiples of it."""
HELD = 8
"""Windows kept; the ones furthest from the view are forgotten first."""


class Stretch(NamedTuple):
    """Rows to ask for."""

    offset: int
    limit: int


class RowSource:
    """The rows known by their place in the list."""

    def __init__(self) -> None:
        self.total = 0
        self.generation = 0
        self.windowed = False
        self._rows: tuple[Row, ...] = ()
        self._windows: dict[int, tuple[Row, ...]] = {}
        # Windows of the present generation; the others are shown until they are answered anew.
        self._fresh: set[int] = set()
        self._asked: Stretch | None = None
        self._replace = False

    @property
    def waiting(self) -> bool:
        """Whether rows were asked for and have not come."""
        return self._asked is not None

    @property
    def replacing(self) -> bool:
        """Whether the rows held belong to the list before this one."""
        return self._replace

    def hold_all(self, rows: Sequence[Row]) -> None:
        """Everything is known: no windows."""
        self.windowed = False
        self._rows = tuple(rows)
        self.total = len(self._rows)
        self._windows.clear()
        self._asked = None
        self._replace = False

    def begin(self, generation: int, *, replace: bool) -> None:
        """Ask for every window anew. With `replace`, the first answer drops the rows held."""
        if not self.windowed:
            self._windows = {
                start // WINDOW: self._rows[start : start + WINDOW]
                for start in range(0, len(self._rows), WINDOW)
            }
            self._rows = ()
        self.windowed = True
        self.generation = generation
        self._fresh.clear()
        self._asked = None
        self._replace = self._replace or replace

    def set_total(self, total: int) -> None:
        """How many rows there are; windows beyond the end are forgotten."""
        if self._replace:
            self._windows.clear()
            self._replace = False
        if total == self.total:
            return
        self.total = max(0, total)
        for number, window in list(self._windows.items()):
            room = self.total - number * WINDOW
            if room <= 0:
                del self._windows[number]
            if len(window) < min(room, WINDOW):
                self._fresh.discard(number)

    def put(self, offset: int, rows: Sequence[Row], total: int) -> None:
        """Take an answer. `offset` is the start of a window."""
        if offset % WINDOW:
            raise ValueError(f"Rows come from a multiple of {WINDOW}, not from {offset}.")
        self.set_total(total)
        # What was asked for counts as answered even when fewer rows came: asking again would not end.
        asked = self._asked if self._asked is not None and self._asked.offset == offset else None
        size = max(len(rows), asked.limit if asked else 0, 1)
        for start in range(0, size, WINDOW):
            number = (offset + start) // WINDOW
            self._fresh.add(number)
            if held := tuple(rows[start : start + WINDOW]):
                self._windows[number] = held
            else:
                self._windows.pop(number, None)
        if asked:
            self._asked = None

    def next_stretch(self, first: int, last: int, ahead: int) -> Stretch | None:
        """What to ask for next, to show `first` to `last` and `ahead` more on either side."""
        if not self.windowed or self._asked is not None:
            return None
        for margin in (0, ahead):
            low = max(0, first - margin) // WINDOW
            high = max(0, min(last + margin, self.total - 1)) // WINDOW
            missing = [number for number in range(low, high + 1) if number not in self._fresh]
            if missing:
                self._forget_far(low, high)
                limit = (missing[-1] - missing[0] + 1) * WINDOW
                self._asked = Stretch(missing[0] * WINDOW, limit)
                return self._asked
        return None

    def _forget_far(self, low: int, high: int) -> None:
        middle = (low + high) / 2
        room = max(HELD, high - low + 3)
        for number in sorted(self._windows, key=lambda number: abs(number - middle))[room:]:
            del self._windows[number]
        self._fresh &= self._windows.keys()

    def row(self, index: int) -> Row | None:
        """The row at a place; None where there is none or it is not known yet."""
        if not 0 <= index < self.total:
            return None
        if not self.windowed:
            return self._rows[index]
        window = self._windows.get(index // WINDOW, ())
        span = index % WINDOW
        return window[span] if span < len(window) else None

    def held(self) -> Iterator[tuple[int, Row]]:
        """Every known row with its place."""
        if not self.windowed:
            yield from enumerate(self._rows)
            return
        for number, window in sorted(self._windows.items()):
            yield from enumerate(window[: max(0, self.total - number * WINDOW)], number * WINDOW)

    def find(self, key: Hashable, *, fresh: bool = False) -> int | None:
        """The place of a key among the known rows; with `fresh`, among those of this generation."""
        return next(
            (
                index
                for index, row in self.held()
                if row.key == key and (not fresh or not self.windowed or index // WINDOW in self._fresh)
            ),
            None,
        )
