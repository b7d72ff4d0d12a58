"""Pasting a public key that is to let somebody in over SSH."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.message import Message
from textual.widgets import Button, Input, Static, TextArea

from screens import formatting
from screens.base import Dialog
from screens.ssh_keys.rows import short
from screens.widgets.fields import Field, Labelled
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.text_box import TextBox
from store.errors import InvalidError, MusterError
from store.ssh import keys as ssh_keys
from store.ssh import public_keys
from store.text import clean_line, clean_text
from store.views.access import KeyView

HINT = (
    "Paste the contents of a file like id_ed25519.pub, or of PuTTY's public key file. "
    "Never paste a private key: it is secret."
)


class KeyBox(TextBox):
    """A box that never holds a private key, for others to see and for undo to bring back."""

    class Private(Message):
        """A private key was pasted or typed. Nothing of it was kept."""

    def edit(self, edit: Edit) -> EditResult:
        """Everything that is typed or pasted goes through here."""
        if public_keys.is_private(edit.text):
            result = super().edit(replace(edit, text="", to_location=edit.from_location))
            self.post_message(self.Private())
            return result
        result = super().edit(edit)
        if not public_keys.is_private(self.text):
            return result
        # A terminal that types what is pasted: the rest of it comes as well.
        self.diverted = lambda _: None
        self.load_text("")
        self.post_message(self.Private())
        return EditResult((0, 0), "")

    def load_text(self, text: str) -> None:
        """What is put in by the program."""
        is_private = public_keys.is_private(text)
        super().load_text("" if is_private else text)
        if is_private:
            self.post_message(self.Private())

    def on_blur(self) -> None:
        """Whoever comes back has something else to type."""
        self.diverted = None


class AddKey(Dialog[int]):
    """Answers with the id of the key that was added; None when none was."""

    DEFAULT_CSS = """
    AddKey {
        & TextBox, & TextBox:focus { height: 4; }
        & #found { color: $foreground 65%; height: auto; margin: 0 0 1 0; }
        & #field-key { margin: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("add-key.save", "ctrl+s", "save", "Add", "Let in whoever has this key", show=True),
    ]

    def __init__(self, user_id: int | None = None, name: str = "") -> None:
        """Whose key it is: one's own, or as an admin that of somebody called `name`."""
        super().__init__()
        self._user_id = user_id
        self._whose = name

    def compose(self) -> ComposeResult:
        """The key, what it is called, and the buttons."""
        title = f"Add a key of {clean_line(self._whose)}" if self._user_id is not None else "Add a key"
        with Vertical(classes="dialog"):
            yield Static(Content(title), classes="dialog--title")
            yield Labelled("key", "Public key", KeyBox(id="key"))
            yield Static(Content(HINT), id="found")
            yield Field("name", "Name", placeholder="the comment at the end of the key")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Add key", id="save", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the key."""
        self.set_focus(self.query_one(TextBox))

    @on(TextArea.Changed)
    def _typed(self) -> None:
        """Say which key it is, to be compared with what `ssh-keygen -l` says."""
        typed = self.query_one(TextBox).text
        if typed:
            self.query_one("#field-key", Labelled).accept()
        try:
            key = public_keys.parse(typed)
        except InvalidError:
            said, name = HINT, ""
        else:
            said, name = f"{short(key.kind)}, {key.fingerprint}", key.comment
        found = self.query_one("#found", Static)
        found.update(Content(clean_text(said)))
        found.display = True
        self.query_one("#name", Input).placeholder = name or "the comment at the end of the key"

    @on(KeyBox.Private)
    def _private(self) -> None:
        self._refused(public_keys.refused(public_keys.PRIVATE))

    @on(Button.Pressed, "#save")
    @on(Input.Submitted)
    def action_save(self) -> None:
        """Add the key."""
        for field in self.query(Labelled):
            field.accept()
        line, name = self.query_one(TextBox).text, self.query_one("#name", Input).value
        self.write(
            lambda: ssh_keys.add(self.actor, line, name, user_id=self._user_id),
            self._added,
            failed=self._refused,
        )

    def _added(self, key: KeyView) -> None:
        again = f" It was revoked on {formatting.date(key.revoked_before)}." if key.revoked_before else ""
        self.say(f"“{key.name}” lets {'you' if self._user_id is None else key.person} in from now on.{again}")
        self.dismiss(key.id)

    def _refused(self, error: MusterError) -> None:
        """Say what is wrong where it is. What is typed stays, but for what nobody is to see."""
        if not isinstance(error, InvalidError) or error.field not in ("key", "name"):
            self.show_error(error)
            return
        name = self.query_one("#name", Input)
        if public_keys.is_private(name.value):
            with self.prevent(Input.Changed):
                name.value = ""
        # In a small terminal there is room for one of the two.
        self.query_one("#found").display = error.field != "key"
        self.query_one(f"#field-{error.field}", Labelled).refuse(error.message)

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()
