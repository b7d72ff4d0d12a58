"""A few options side by side, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive

from screens.widgets.keys import key
from screens.widgets.line import Line, Part


class Option(NamedTuple):
    """A choice: its name in the code, and its label."""

    key: str
    label: str


class Choices(Line, can_focus=True):
    """The label and the choices on one line; ← → or a click takes another."""

    DEFAULT_CSS = """
    Choices { padding: 0; }
    Choices:focus { background: $foreground 15%; }
    Choices:ansi:focus { background: ansi_default; }
    Choices:ansi:focus > .line--strong, Choices:nocolor:focus > .line--strong { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("choices.left", "left,h", "turn(-1)", "Left", "The choice at the left"),
        key("choices.right", "right,l,space", "turn(1)", "Right", "The choice at the right"),
    ]

    value: reactive[str] = reactive("")

    @dataclass
    class Changed(Message):
        """Another choice was taken."""

        choices: Choices
        value: str

        @property
        def control(self) -> Choices:
            """The line, so that `@on` can take a selector."""
            return self.choices

    def __init__(
        self,
        label: str,
        options: Sequence[Option],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        """The first option is taken to begin with."""
        super().__init__(id=id)
        self._label = label
        self._options = tuple(options)
        self.set_reactive(Choices.value, self._options[0].key)

    def on_mount(self) -> None:
        """Draw the first time."""
        self._draw()

    def watch_value(self, value: str) -> None:
        """Show what is taken, and say so."""
        self._draw()
        self.post_message(self.Changed(self, value))

    def _draw(self) -> None:
        parts = [Part(f"{self._label}  ", "dim")] if self._label else []
        for number, option in enumerate(self._options):
            taken = option.key == self.value
            if number:
                parts.append(Part("  "))
            # The sign shows what is taken where there are no colours.
            sign = "(•)" if taken else "( )"
            parts.append(Part(f"{sign} {option.label}", "strong" if taken else "", option.key))
        self.set_parts(parts)

    def action_turn(self, step: int) -> None:
        """Take the next choice, around the end."""
        keys = [option.key for option in self._options]
        self.value = keys[(keys.index(self.value) + step) % len(keys)]

    def on_click(self, event: events.Click) -> None:
        """Take what was clicked."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if isinstance(target, str):
            self.value = target
