"""The title over the few items that wait, with the way to all of them."""

from __future__ import annotations

from textual import events
from textual.message import Message

from screens.widgets.line import Line, Part


class WaitingTitle(Line):
    """What the list under it is; at the right, how to open the queue."""

    class QueueChosen(Message):
        """The way to the queue was clicked."""

    def on_mount(self) -> None:
        """Its words never change."""
        self.add_class("section")
        way = [Part("Q", "accent", "queue"), Part(" queue", "", "queue")]
        self.set_parts([Part("Waiting for review, oldest first")], way)

    def on_click(self, event: events.Click) -> None:
        """The way to the queue."""
        offset = event.get_content_offset(self)
        if offset and self.target_at(offset.x) == "queue":
            event.stop()
            self.post_message(self.QueueChosen())
