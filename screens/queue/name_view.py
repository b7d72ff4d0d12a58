"""A named view of the queue: what it is to be called."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.base import Dialog
from screens.widgets.fields import Field
from screens.widgets.key_bar import KeyBar
from store.errors import InvalidError, MusterError


class NameView(Dialog[str]):
    """Answers with the name once the view is kept under it."""

    def __init__(self, title: str, do: str, name: str, keep: Callable[[str], object]) -> None:
        """`keep` stores the name; it runs in a worker. `do` is what the button says."""
        super().__init__()
        self._title = title
        self._do = do
        self._name_before = name
        self._keep = keep

    def compose(self) -> ComposeResult:
        """The name, and the buttons."""
        with Vertical(classes="dialog rows"):
            yield Static(Content(self._title), classes="dialog--title")
            yield Field("name", "Name", self._name_before)
            with Horizontal(classes="dialog--buttons"):
                yield Button(Content(self._do), id="do", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def _done(self) -> None:
        name = self.query_one(Field).value

        def kept(_: object) -> None:
            self.dismiss(name)

        self.write(lambda: self._keep(name), kept, failed=self._refused)

    def _refused(self, error: MusterError) -> None:
        if isinstance(error, InvalidError):
            self.query_one(Field).refuse(error.message)
        else:
            self.show_error(error)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_cancel()
