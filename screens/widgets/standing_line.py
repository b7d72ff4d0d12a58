"""The line below the path that says what holds for as long as the program runs."""

from __future__ import annotations

from screens.widgets.line import Line, Part


class StandingLine(Line):
    """One sentence, where there is one to be said: that nothing can be changed here, for instance."""

    DEFAULT_CSS = """
    StandingLine { background: $panel; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.say(text)

    def say(self, text: str) -> None:
        """Say this from now on."""
        self.set_parts([Part(text, "alert")])
