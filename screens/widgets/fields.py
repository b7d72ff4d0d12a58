"""Places to type: text from people and pastes come in clean, and refusals show where they belong."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from store.text import clean_text


class TextInput(Input):
    """A line to type in. What is pasted loses what could drive the terminal."""

    DEFAULT_CSS = """
    TextInput, TextInput:focus {
        height: 1;
        border: none;
        padding: 0 1;
        background: $foreground 7%;
        background-tint: transparent;
    }
    TextInput:focus { background: $foreground 15%; }
    """

    def on_mount(self) -> None:
        """A blinking cursor would send bytes for as long as it waits."""
        self.cursor_blink = False

    def replace(self, text: str, start: int, end: int) -> None:
        """Take typed or pasted text, without what could drive the terminal."""
        super().replace("".join(char for char in text if char.isprintable()), start, end)


class Field(Vertical):
    """A label, a line to type in, and a place for what is wrong with it."""

    DEFAULT_CSS = """
    Field { height: auto; margin: 0 0 1 0; }
    Field > .field--label { color: $foreground 70%; height: 1; }
    Field > .field--fault { color: $error; height: auto; display: none; }
    Field.-faulty > .field--fault { display: block; }
    """

    def __init__(self, name: str, label: str, value: str = "", placeholder: str = "", limit: int = 0) -> None:
        """`name` is the field's name in `InvalidError.field`; `limit` the most characters, 0 for any."""
        super().__init__(id=f"field-{name}")
        self._label = label
        self.input = TextInput(
            value, placeholder=placeholder, max_length=limit, id=name, select_on_focus=False
        )

    def compose(self) -> ComposeResult:
        """Label, line, fault."""
        yield Static(Content(self._label), classes="field--label")
        yield self.input
        yield Static(classes="field--fault")

    @property
    def value(self) -> str:
        """What was typed."""
        return self.input.value

    def refuse(self, reason: str) -> None:
        """Say under the line what is wrong, and go there."""
        self.query_one(".field--fault", Static).update(Content(clean_text(reason)))
        self.add_class("-faulty")
        self.input.focus()

    def accept(self) -> None:
        """Nothing is wrong any more."""
        self.remove_class("-faulty")
