"""Form fields: typed and pasted text is cleaned, and an error shows at its field."""

from __future__ import annotations

from collections.abc import Callable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from store.text import JOINERS, clean_text, typed_line

SIGNS = ("at", "backslash", "minus", "plus", "slash", "underscore")
"""Names of keys that are not known to Textual for the characters that they stand for."""


class TextInput(Input):
    """A line to type in. What is pasted loses what could drive the terminal."""

    DEFAULT_CSS = """
    TextInput, TextInput:focus {
        height: 1;
        border: none;
        border-left: vkey $foreground 90%;
        border-right: vkey $foreground 90%;
        padding: 0;
        background: $foreground 7%;
        background-tint: transparent;
    }
    TextInput:focus {
        border-left: outer $foreground 90%;
        border-right: outer $foreground 90%;
        background: $foreground 15%;
    }
    TextInput:ansi, TextInput:ansi:focus { background: ansi_default; color: ansi_default; }
    TextInput:ansi { border-left: vkey ansi_default; border-right: vkey ansi_default; }
    TextInput:ansi:focus { border-left: outer ansi_default; border-right: outer ansi_default; }
    TextInput > .input--placeholder, TextInput > .input--suggestion { color: $foreground 75%; }
    """

    diverted: Callable[[str], None] | None = None
    """Takes what is typed in place of the line."""

    def on_mount(self) -> None:
        """A blinking cursor would send bytes for as long as it waits."""
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Signs are typed, whatever they do elsewhere."""
        return super().check_consume_key(key, character) or key in SIGNS

    def on_key(self, event: events.Key) -> None:
        """Textual leaves out what cannot be seen: without joiners a family is three people."""
        if event.character in JOINERS:
            event.stop()
            self.insert_text_at_cursor(event.character)

    def replace(self, text: str, start: int, end: int) -> None:
        """Take typed or pasted text, without what could drive the terminal."""
        if self.diverted is not None:
            self.diverted(text)
            return
        before = self.value[:start]
        # An accent that is typed by itself stands on what is there already.
        super().replace(typed_line(before + text)[len(before) :], start, end)

    def validate_value(self, value: str) -> str:
        """What is put in by the program comes from people as well."""
        return typed_line(value)


class Labelled(Vertical):
    """A label, something to fill in, and a place for what is wrong with it."""

    DEFAULT_CSS = """
    Labelled { height: auto; margin: 0 0 1 0; }
    Labelled > .field--label { color: $foreground 70%; height: 1; }
    Labelled > .field--fault { color: $error; height: auto; display: none; }
    Labelled.-faulty > .field--fault { display: block; }
    """

    def __init__(self, name: str, label: str, control: Widget) -> None:
        """`name` is the field's name in `InvalidError.field`."""
        super().__init__(id=f"field-{name}")
        self._label = label
        self._control = control

    def compose(self) -> ComposeResult:
        """Label, what is filled in, fault."""
        yield Static(Content(self._label), classes="field--label")
        yield self._control
        yield Static(classes="field--fault")

    def refuse(self, reason: str) -> None:
        """Show what is wrong below the field, and focus it."""
        self.query_one(".field--fault", Static).update(Content(clean_text(reason)))
        self.add_class("-faulty")
        self.screen.set_focus(self._control)
        # In a small terminal what is wrong may be further down than what was filled in.
        self.call_after_refresh(self.scroll_visible, animate=False)

    def accept(self) -> None:
        """Remove the error."""
        self.remove_class("-faulty")


class Field(Labelled):
    """A line to type in, with its label."""

    INPUT: type[TextInput] = TextInput

    def __init__(self, name: str, label: str, value: str = "", placeholder: str = "") -> None:
        """`name` is the field's name in `InvalidError.field`, and the id of the line."""
        self.input = self.INPUT(value, placeholder=placeholder, id=name, select_on_focus=False)
        super().__init__(name, label, self.input)

    @property
    def value(self) -> str:
        """What was typed."""
        return self.input.value

    @on(Input.Changed)
    def _changed(self) -> None:
        # What was wrong with it was said of other words.
        self.accept()
