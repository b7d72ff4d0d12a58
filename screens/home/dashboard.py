"""The admin's dashboard: the account in numbers, and the way to what they count."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message

from screens import formatting
from screens.widgets.keys import shown_key
from screens.widgets.line import Line, Part
from store.views.account import Totals


class Dashboard(Line):
    """One line of totals; Community at its end takes a click, keys are the screen's."""

    DEFAULT_CSS = """
    Dashboard { margin: 1 0 0 0; padding: 0 2; }
    """

    @dataclass
    class CommunityChosen(Message):
        """The way to people and groups was clicked."""

    def show(self, totals: Totals, *, community: bool) -> None:
        """Show these numbers; without Community neither groups nor what waits."""
        counts = [
            formatting.count(totals.people, "active person", "active people"),
            *([formatting.count(totals.groups, "group")] if community else []),
            formatting.count(totals.courses, "course"),
        ]
        parts = [Part(" · ".join(counts))]
        if community:
            waiting = Part(f"{totals.waiting:,} waiting", "alert" if totals.waiting else "")
            parts += [Part(" · "), waiting]
        key = shown_key(self.screen, "c")
        way = (Part(f"{key} ", "accent", "community"), Part("Community ›", "strong", "community"))
        self.set_parts(parts, way)

    def on_click(self, event: events.Click) -> None:
        """Tell that Community was clicked."""
        offset = event.get_content_offset(self)
        if offset and self.target_at(offset.x):
            self.post_message(self.CommunityChosen())
