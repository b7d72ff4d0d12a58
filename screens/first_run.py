"""The first-run form: makes the account and its first admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.store_access import StoreAccess
from screens.widgets.fields import Field
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from store import signing_in
from store.errors import InvalidError, MusterError
from store.text import clean_line
from store.views import Actor
from store.views.account import Viewer

Create = Callable[[str, str, str, str], Actor]
"""Makes the account by its name, and its first admin by first name, last name and email."""


class FirstRunScreen(StoreAccess):
    """Four fields and a button; `create` makes the account, and `begin` is called with what it gives."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("first-run.create", "ctrl+s", "create", "Create", "Create the account and start", show=True),
        key("first-run.quit", "ctrl+q", "app.quit", "Quit", "Quit without creating anything", show=True),
    ]

    def __init__(
        self, create: Create, begin: Callable[[Actor, Viewer], None], account_name: str = ""
    ) -> None:
        super().__init__()
        self._create = create
        self._begin = begin
        self._account_name = account_name

    def compose(self) -> ComposeResult:
        """The form."""
        with VerticalScroll(classes="form"):
            yield Static(Content("Welcome to Muster"), classes="dialog--title")
            yield Static(Content(self._introduction()), classes="dialog--text quiet")
            with Vertical():
                yield Field("account", "Name of the organisation", clean_line(self._account_name))
                yield Field("first_name", "Your first name")
                yield Field("last_name", "Your last name")
                yield Field("email", "Your email", placeholder="you@school.example")
            yield Button("Create", id="create", variant="primary")
        yield KeyBar()

    def _introduction(self) -> str:
        if self._account_name:
            return "There is no admin yet. Enter your name: you will be the first one."
        return "Enter the name of your organisation and your own: you will be its first admin."

    def on_mount(self) -> None:
        """Begin where something is missing."""
        self.set_focus(self.query_one("#first_name" if self._account_name else "#account", Input))

    @on(Input.Submitted)
    def _next(self, message: Input.Submitted) -> None:
        if message.input.id == "email":
            self.action_create()
        else:
            self.focus_next(Input)

    @on(Button.Pressed, "#create")
    def action_create(self) -> None:
        """Make the account and begin."""
        for field in self.query(Field):
            field.accept()
        typed = {str(field.input.id): field.value for field in self.query(Field)}

        def create() -> tuple[Actor, Viewer]:
            actor = self._create(typed["account"], typed["first_name"], typed["last_name"], typed["email"])
            return actor, signing_in.viewer(actor)

        self.write(create, lambda made: self._begin(*made), failed=self._refused)

    def _refused(self, error: MusterError) -> None:
        """Say it where it belongs; everything typed stays."""
        if isinstance(error, InvalidError) and error.field:
            self.query_one(f"#field-{error.field}", Field).refuse(error.message)
        else:
            self.show_error(error)
