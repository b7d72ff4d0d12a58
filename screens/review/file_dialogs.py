"""Fetching a file that was handed in, showing its text, and telling how to download it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any, ClassVar, Protocol, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from screens import formatting
from screens.base import Dialog
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.passages import Passage
from screens.widgets.text_pane import Reading
from store.errors import CancelledError, MusterError
from store.frozen import dataclass
from store.text import clean_line, clean_text
from store.views.attachments import AttachmentView

Fetched = TypeVar("Fetched", covariant=True)
SHARES = 50
"""Into how many steps the bytes of a file are divided, to say how far it is."""


class Fetch(Protocol[Fetched]):
    """Fetches a file, and makes of it what is asked for."""

    def __call__(
        self, *, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]
    ) -> Fetched: ...


class FetchFile(Dialog[Any]):
    """Says how far a file has come; answers with what was made of it, None if it was cancelled or failed."""

    CSS = "FetchFile .dialog { width: 70; }"

    @dataclass
    class Reached(Message):
        """How many bytes have come."""

        done: int
        total: int | None

    def __init__(self, file: AttachmentView, fetch: Fetch[Any]) -> None:
        super().__init__()
        self._file = file
        self._fetch = fetch
        self._stop = Event()
        self._said = 0

    def compose(self) -> ComposeResult:
        """What is fetched, how far it is, and the way out."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Fetching {clean_line(self._file.name)}"), classes="dialog--title")
            yield Static(Content("Asking its site…"), id="reached", classes="dialog--text")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel", id="cancel", variant="primary")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin."""
        fetch = self._fetch
        self.read(
            lambda: fetch(progress=self._progress, cancelled=self._stop.is_set),
            self._came,
            group="fetch",
            failed=self._refused,
        )

    def on_unmount(self) -> None:
        """What nobody waits for is not fetched to its end."""
        self._stop.set()

    def _progress(self, done: int, total: int | None) -> None:
        """Tell it in steps. In a worker."""
        if done - self._said >= (total or 0) // SHARES:
            self._said = done
            self.post_message(self.Reached(done, total))

    @on(Reached)
    def _reached(self, message: Reached) -> None:
        done, total = message.done, message.total
        said = formatting.size(done)
        if total:
            share = min(100, done * 100 // total)
            said = f"{formatting.bar(share, 24)}  {said} of {formatting.size(total)}"
        self.query_one("#reached", Static).update(Content(said))

    def _came(self, made: Any) -> None:
        self.dismiss(made)

    def _refused(self, error: MusterError) -> None:
        self.dismiss(None)
        if not isinstance(error, CancelledError):
            self.show_error(error)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop fetching; nothing of the file is left."""
        self._stop.set()
        self.dismiss(None)


class FileText(Dialog[None]):
    """Shows the text of a file."""

    CSS = """
    FileText {
        & .dialog { width: 90%; max-width: 110; height: 85%; }
        & Reading { margin: 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("file-text.close", "escape", "cancel", "Close", "Back to the work", show=True),
    ]

    def __init__(self, file: AttachmentView, text: str) -> None:
        super().__init__()
        self._file = file
        self._text = text

    def compose(self) -> ComposeResult:
        """The file's name and its text."""
        with Vertical(classes="dialog"):
            yield Static(Content(clean_line(self._file.name)), classes="dialog--title")
            yield Reading(id="file-text")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the text from its beginning."""
        text = self._text.strip("\n")
        self.query_one(Reading).show(
            [Passage(text) if text.strip() else Passage("The file is empty.", "dim")]
        )


class FileCommand(Dialog[None]):
    """Tells somebody on another machine how to download a file to it."""

    CSS = "FileCommand .dialog { width: 84; }"

    def __init__(self, file: AttachmentView, command: str) -> None:
        super().__init__()
        self._file = file
        self._command = command

    def compose(self) -> ComposeResult:
        """The command."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Download {clean_line(self._file.name)}"), classes="dialog--title")
            yield Static(Content("Run this on your own machine:"), classes="quiet")
            yield Static(Content(clean_text(self._command)), classes="dialog--text")
            yield Static(
                Content("It is in your clipboard too, if your terminal allows that (OSC 52)."),
                classes="quiet",
            )
            with Horizontal(classes="dialog--buttons"):
                yield Button("Close", id="cancel", variant="primary")
        yield KeyBar()

    @on(Button.Pressed, "#cancel")
    def _close(self) -> None:
        self.action_cancel()
