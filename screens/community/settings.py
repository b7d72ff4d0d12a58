"""Account settings: when members are flagged, and the limits of SSH sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens import formatting
from screens.base import Dialog
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from store import settings
from store.errors import ConflictError, InvalidError, MusterError
from store.text import clean_text
from store.views.settings import SessionLimits, Thresholds

LABELS: dict[type[Any], dict[str, str]] = {
    Thresholds: {
        "inactive_days": "Days without activity",
        "returned_days": "Days without resubmitting",
        "grade_fall": "Grade drop (points)",
        "grade_weeks": "Weeks for the grade drop",
    },
    SessionLimits: {
        "idle_minutes": "Idle minutes before a session ends",
        "at_once": "Max sessions, total",
        "per_person": "Max sessions, per person",
    },
}
"""The settings by kind, each with its label."""
TITLES: dict[type[Any], str] = {
    Thresholds: "Flag a member ⚑ after:",
    SessionLimits: "SSH sessions:",
}
FIELDS = [name for labels in LABELS.values() for name in labels]
KEEP_OR_LEAVE = "Save replaces it with yours. Esc keeps it."


class AccountSettings(Dialog[bool]):
    """Answers with True when something was saved; None when nothing was."""

    DEFAULT_CSS = """
    AccountSettings {
        & VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
        & .settings--head { height: auto; }
        & .-later { margin: 1 0 0 0; }
        & Labelled {
            layout: grid; grid-size: 2; grid-columns: 1fr 8; grid-rows: auto; height: auto; margin: 0;
        }
        & .field--fault { column-span: 2; }
        & #conflict { color: $warning; display: none; margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("settings.save", "ctrl+s", "save", "Save", "Save, for everybody in the account", show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        # What a change is based on, by its kind; empty until it was read.
        self._was: dict[type[Any], Any] = {}

    def compose(self) -> ComposeResult:
        """A number for each setting, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static("Account settings", classes="dialog--title")
            yield Static(id="conflict", classes="dialog--text")
            with VerticalScroll(can_focus=False):
                for number, (kind, labels) in enumerate(LABELS.items()):
                    head = "settings--head -later" if number else "settings--head"
                    yield Static(Content(TITLES[kind]), classes=head)
                    for name, label in labels.items():
                        yield Field(name, label)
            with Horizontal(classes="dialog--buttons"):
                yield Button("Save", id="save", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the present settings."""
        self._read(self._fill)

    def _read(self, then: Callable[[dict[type[Any], Any]], None]) -> None:
        self.read(lambda: {kind: settings.get(self.actor, kind) for kind in LABELS}, then)

    def _fill(self, now: dict[type[Any], Any]) -> None:
        self._was = now
        for kind, labels in LABELS.items():
            for name in labels:
                self.query_one(f"#{name}", Input).value = str(getattr(now[kind], name))
        self.set_focus(self.query_one(f"#{FIELDS[0]}", Input))

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        """Save what was typed, unless somebody else saved meanwhile."""
        was = self._was
        if not was:
            return
        for field in self.query(Labelled):
            field.accept()
        typed = {name: self.query_one(f"#{name}", Input).value for name in FIELDS}
        try:
            to = {kind: settings.parse(kind, typed) for kind in LABELS}
        except InvalidError as error:
            self._refused(error)
            return
        # Only kinds that were changed here are saved: others may have changed the rest.
        changes = [(was[kind], to[kind]) for kind in LABELS if to[kind] != was[kind]]
        if not changes:
            self.say(formatting.NOTHING_CHANGED)
            self.dismiss(None)
            return
        self.write(
            lambda: settings.change_all(self.actor, changes), lambda _: self._saved(), failed=self._refused
        )

    def _saved(self) -> None:
        self.say("The account settings were saved.")
        self.dismiss(True)

    def _refused(self, error: MusterError) -> None:
        """Say what is wrong where it is; everything typed stays."""
        if isinstance(error, InvalidError) and error.field in FIELDS:
            self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)
        elif isinstance(error, ConflictError):
            self._read(lambda now: self._tell_conflict(error, now))
        else:
            self.show_error(error)

    def _tell_conflict(self, error: ConflictError, now: dict[type[Any], Any]) -> None:
        """Show what somebody else saved beside what was typed, and go on from there."""
        theirs = "; ".join(
            f"{label.lower()}: {getattr(now[kind], name)}"
            for kind, labels in LABELS.items()
            for name, label in labels.items()
            if now[kind] != self._was[kind]
        )
        self._was = now
        conflict = self.query_one("#conflict", Static)
        conflict.update(Content(clean_text(f"{error.message}\nNow: {theirs}. {KEEP_OR_LEAVE}")))
        conflict.display = True

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()
