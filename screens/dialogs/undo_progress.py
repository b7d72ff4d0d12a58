"""Undoing what was done to many: how far it is, and what stays."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static
from textual.worker import Worker

from screens import formatting
from screens.dialogs.bulk_run import OneByOne
from screens.widgets.key_bar import KeyBar
from screens.widgets.skipped_items import SkippedList
from store.errors import MusterError
from store.text import clean_text
from store.undo import undo
from store.views.actions import PastAction, Undone

LATER = "You can undo the rest later, in My actions in the main menu."


class UndoProgress(OneByOne[Undone | MusterError]):
    """Begins by itself; answers with what was undone, or with what refused all of it."""

    DEFAULT_CSS = """
    UndoProgress #later { height: auto; display: none; margin: 1 0 0 0; }
    """

    def __init__(self, action: PastAction) -> None:
        super().__init__()
        self._action = action
        self._taken: Undone | None = None

    def compose(self) -> ComposeResult:
        """What is undone, and how far it is."""
        with Vertical(classes="dialog -wide"):
            yield Static("Undoing", classes="dialog--title", markup=False)
            yield Static(Content(clean_text(self._action.words)), classes="dialog--text")
            yield Static(id="progress")
            yield SkippedList(id="left")
            yield Static(LATER, id="later", markup=False)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Stop", id="cancel")
                yield Button("Close", id="close", variant="primary")
        yield KeyBar()

    def on_mount(self) -> None:
        """It was asked for already, or needs no asking."""
        self.begin(self._action.count)
        undo_many = partial(undo.undo, progress=self.tell_reached, cancelled=self.is_stopped)
        self.write(lambda: undo_many(self.actor, self._action.line_id), self._done, failed=self._failed)

    def _done(self, taken: Undone) -> None:
        """Leave where all was, else stay to tell what was not."""
        self._taken = taken
        if not taken.left and not taken.not_reached:
            self.dismiss(taken)
            return
        parts = [f"{taken.count:,} undone"]
        parts += [formatting.count(len(taken.left), "stays", "stay")] if taken.left else []
        parts += [f"{taken.not_reached:,} not reached"] if taken.not_reached else []
        self.query_one("#later").display = taken.not_reached > 0
        self.tell_over(", ".join(parts), taken.left)

    def _failed(self, error: MusterError) -> None:
        self.dismiss(error)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the program itself is told elsewhere: there is nothing to wait for any more."""
        super().on_worker_state_changed(event)
        if not self.writing and self._taken is None and event.worker.error is not None:
            self.dismiss()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Stop while it runs."""
        if self.writing:
            self.stop()

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Leave once it is over."""
        self.dismiss(self._taken)
