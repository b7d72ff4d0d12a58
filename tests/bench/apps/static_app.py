"""One line of text that changes with every key: what a key press costs at the least."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class StaticApp(App[None]):
    """A counter."""

    ENABLE_COMMAND_PALETTE = False
    count = 0

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("Person Number 0", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Count."""
        self.count += 1
        self.query_one(Static).update(f"Person Number {self.count}", layout=False)


if __name__ == "__main__":
    StaticApp().run()
