"""When what is drawn goes to the terminal: a screen that opens is sent once its content is there."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from textual.app import App

MOST_SECONDS = 0.15
"""How long a screen without its content is held back: after that, one sees that something opens."""


@runtime_checkable
class _Drawing(Protocol):
    """A driver that can hold back what is drawn."""

    def hold(self) -> None:
        """Send no pictures from now on."""

    def show(self) -> None:
        """Send what was held back, and pictures as they come."""

    def draw_anew(self) -> None:
        """Send the next picture whole."""


class Picture:
    """What the program draws, on its way to the terminal."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    @property
    def _drawing(self) -> _Drawing | None:
        driver = self._app._driver
        return driver if isinstance(driver, _Drawing) else None

    def hold(self) -> None:
        """A screen opens: wait for its content, but no longer than a moment."""
        if self._drawing is not None:
            self._drawing.hold()
            self._app.set_timer(MOST_SECONDS, self.show)

    def show(self) -> None:
        """Its content is drawn, or does not come."""
        if self._drawing is not None:
            self._drawing.show()

    def draw_anew(self) -> None:
        """The terminal may show anything: send the next picture whole."""
        if self._drawing is not None:
            self._drawing.draw_anew()
