"""A dialog that does something to many: how far it is, stopping it, and what it left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from screens import formatting
from screens.base import Dialog, Result
from screens.widgets.keys import key
from screens.widgets.skipped_items import SkippedList
from store.text import clean_text
from store.views.actions import Skipped

OVER_LINES = 12
"""Lines of what was left that are in sight at once."""


class OneByOne(Dialog[Result]):
    """Has to have `#progress`, a `SkippedList`, and the buttons `#cancel` and `#close`.

    What has the class `one--before` is there only until it runs.
    """

    DEFAULT_CSS = """
    OneByOne {
        & #progress { height: auto; }
        & #progress, & #close { display: none; }
        &.-running #progress, &.-over #progress { display: block; }
        &.-running .one--before, &.-over .one--before { display: none; }
        &.-over #close { display: block; }
        &.-over #cancel { display: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *Dialog.BINDINGS,
        key("one.close", "escape", "close", "Close", "Leave: all that could be done is done", show=True),
    ]

    @dataclass
    class Reached(Message):
        """How many of how many are dealt with."""

        done: int
        total: int

    def __init__(self) -> None:
        super().__init__()
        self._stop = Event()

    def on_unmount(self) -> None:
        """What nobody waits for is not gone on with."""
        self._stop.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Once it is over there is nothing to cancel."""
        if action in ("cancel", "close"):
            return (action == "close") == self.has_class("-over")
        return super().check_action(action, parameters)

    def begin(self, total: int) -> None:
        """From here on it runs; the work calls `tell_reached` after each and `is_stopped` before."""
        self._stop.clear()
        self.add_class("-running")
        self.query_one(SkippedList).display = False
        self.set_focus(self.query_one("#cancel"))
        self.say_progress(f"0 of {total:,}")
        self.refresh_bindings()

    def end(self) -> None:
        """It does not run any more."""
        self.remove_class("-running")
        self.refresh_bindings()

    def tell_over(self, summary: str, left: Sequence[Skipped]) -> None:
        """Say what came of it, and what was left as it is, until the dialog is closed."""
        self.add_class("-over")
        self.end()
        self.say_progress(f"{summary}:" if left else f"{summary}.")
        self.query_one(SkippedList).show(left, lines=OVER_LINES, below=True)
        self.set_focus(self.query_one("#close"))

    def stop(self) -> None:
        """Stop before the next one."""
        self._stop.set()
        self.say_progress("Stopping…")

    def is_stopped(self) -> bool:
        """Whether to stop. In a worker."""
        return self._stop.is_set()

    def tell_reached(self, done: int, total: int) -> None:
        """So many are dealt with. In a worker."""
        self.post_message(self.Reached(done, total))

    @on(Reached)
    def _reached(self, message: Reached) -> None:
        """Show how far it is."""
        if self.writing and not self._stop.is_set():
            share = message.done * 100 // max(1, message.total)
            self.say_progress(f"{formatting.bar(share, 24)}  {message.done:,} of {message.total:,}")

    def say_progress(self, text: str) -> None:
        """Say how far it is, or what came of it."""
        self.query_one("#progress", Static).update(Content(clean_text(text)))
