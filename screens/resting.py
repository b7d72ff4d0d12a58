"""Waiting until the keys rest, before something costly is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

RESTING_SECONDS = 0.15
"""How long no key may come before it counts as rest."""


class Resting:
    """Calls `then` once `stir` has not been called for a moment."""

    def __init__(self, owner: Screen[Any], then: Callable[[], None]) -> None:
        """`owner` runs the timer; it may be opened later."""
        self._owner = owner
        self._then = then
        self._timer: Timer | None = None

    def stir(self) -> None:
        """Wait a moment from now on."""
        if self._timer is None:
            self._timer = self._owner.set_interval(RESTING_SECONDS, self.now, pause=True)
        self._timer.reset()
        self._timer.resume()

    def now(self) -> None:
        """Call it at once, and not again until the next `stir`."""
        if self._timer is not None:
            self._timer.pause()
        if self._owner in self._owner.app.screen_stack:
            # One that closes has lost what is on it before its timers end.
            self._then()
