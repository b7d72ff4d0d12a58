"""What covers everything while the terminal is too small for it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets.keys import key

LEAST = Size(60, 16)
"""Columns and rows below which nothing can be shown properly."""


def is_too_small(size: Size) -> bool:
    """Whether a terminal of this size is too small."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmallScreen(ModalScreen[None]):
    """One sentence, over dialogs too; keys do nothing meanwhile, since nobody sees what they would do."""

    DEFAULT_CSS = """
    TooSmallScreen { background: $background; align: center middle; }
    TooSmallScreen Static { width: auto; max-width: 100%; text-align: center; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("too-small.quit", "q", "app.quit", "Quit", "Leave Muster", show=True),
    ]

    def compose(self) -> ComposeResult:
        """The sentence."""
        yield Static(
            f"Muster needs at least {LEAST.width} columns and {LEAST.height} rows. Make the terminal larger.",
            markup=False,
        )


def cover(app: App[Any], size: Size) -> None:
    """Cover everything, or show it again, as the size of the terminal asks for."""
    covered = isinstance(app.screen, TooSmallScreen)
    if is_too_small(size) and not covered:
        app.push_screen(TooSmallScreen())
    elif covered and not is_too_small(size):
        app.pop_screen()
