"""The line below the path for a lasting notice, such as that the database is read-only."""

from __future__ import annotations

from screens.widgets.line import Line, Part


class StandingLine(Line):
    """Shows one sentence."""

    DEFAULT_CSS = """
    StandingLine { background: $panel; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.say(text)

    def say(self, text: str) -> None:
        """Show this sentence; without one the line is not there."""
        self.display = bool(text)
        self.set_parts([Part(text, "alert")])
