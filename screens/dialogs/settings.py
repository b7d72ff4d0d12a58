"""Account settings: from where on members are flagged as somebody who may need a mentor."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.base import Dialog
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from store import settings
from store.errors import ConflictError, InvalidError, MusterError
from store.text import clean_text
from store.views.settings import Thresholds

LABELS = {
    "inactive_days": "Days without activity",
    "returned_days": "Days that returned work lies untouched",
    "grade_fall": "Fall of the grade, in percentage points",
    "grade_weeks": "Weeks over which it falls",
}
KEEP_OR_LEAVE = "Save puts yours in its place; Esc leaves it."


class AccountSettings(Dialog[Thresholds]):
    """Answers with what was saved; None when nothing was."""

    DEFAULT_CSS = """
    AccountSettings {
        & VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
        & Labelled {
            layout: grid; grid-size: 2; grid-columns: 1fr 8; grid-rows: auto; height: auto; margin: 0;
        }
        & .field--fault { column-span: 2; }
        & #conflict { color: $warning; display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="settings.save", tooltip="Save, for everybody in the account"),
    ]

    def __init__(self) -> None:
        super().__init__()
        # What a change is based on; None until it was read.
        self._was: Thresholds | None = None

    def compose(self) -> ComposeResult:
        """A number for each threshold, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static("Account settings", classes="dialog--title")
            yield Static("A member is flagged ⚑ in their groups from here on:", classes="dialog--text")
            yield Static(id="conflict", classes="dialog--text")
            with VerticalScroll(can_focus=False):
                for name, label in LABELS.items():
                    yield Field(name, label)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read how they stand."""
        self._read(self._fill)

    def _read(self, then: Callable[[Thresholds], None]) -> None:
        self.look(lambda: settings.get(self.actor, Thresholds), then, group="settings")

    def _fill(self, now: Thresholds) -> None:
        self._was = now
        for name in LABELS:
            self.query_one(f"#{name}", Input).value = str(getattr(now, name))
        self.query_one("#inactive_days", Input).focus()

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        """Save what was typed, if nobody has meanwhile."""
        was = self._was
        if was is None:
            return
        for field in self.query(Labelled):
            field.accept()
        try:
            to = settings.parse(
                Thresholds, {name: self.query_one(f"#{name}", Input).value for name in LABELS}
            )
        except InvalidError as error:
            self._refused(error)
            return
        self.act(
            lambda: settings.change(self.actor, was, to),
            lambda _: self._saved(to),
            failed=self._refused,
        )

    def _saved(self, to: Thresholds) -> None:
        self.say("The account's settings were saved.")
        self.dismiss(to)

    def _refused(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in LABELS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        elif isinstance(error, ConflictError):
            self._read(lambda now: self._tell_conflict(error, now))
        else:
            self.show_error(error)

    def _tell_conflict(self, error: ConflictError, now: Thresholds) -> None:
        """Show what somebody else saved beside what was typed, and go on from there."""
        self._was = now
        theirs = "; ".join(f"{label.lower()}: {getattr(now, name)}" for name, label in LABELS.items())
        conflict = self.query_one("#conflict", Static)
        conflict.update(Content(clean_text(f"{error.message}\nNow: {theirs}. {KEEP_OR_LEAVE}")))
        conflict.display = True

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()
