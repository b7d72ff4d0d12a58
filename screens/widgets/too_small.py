"""What is shown when the terminal is too small for anything else."""

from __future__ import annotations

from textual.widgets import Static

LEAST_WIDTH = 60
LEAST_HEIGHT = 16


class TooSmall(Static):
    """Covers the screen with one sentence below the least size; the program's style sheet says when."""

    DEFAULT_CSS = """
    TooSmall {
        display: none; layer: dialog; width: 100%; height: 100%;
        background: $background; content-align: center middle; text-align: center;
    }
    """

    def __init__(self) -> None:
        super().__init__(
            f"Muster needs at least {LEAST_WIDTH} columns and {LEAST_HEIGHT} rows. Make the terminal larger.",
            markup=False,
        )
