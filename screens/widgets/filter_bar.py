"""The line to filter a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from screens.widgets.fields import TextInput
from screens.widgets.keys import key
from store.text import clean_line


class FilterBar(TextInput):
    """Hidden until `open`. Esc clears and hides it, Enter and ↓ keep the filter; all go back to the list."""

    DEFAULT_CSS = """
    FilterBar, FilterBar:focus { padding: 0 2; background: transparent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("filter.clear", "escape", "close", "Clear filter", "Clear the filter", show=True),
        key("filter.leave", "enter,down", "leave", "Apply", "Keep the filter, go to the list", show=True),
    ]

    @dataclass
    class Changed(Input.Changed):
        """The filter was changed."""

        @property
        def text(self) -> str:
            """The filter as one clean line."""
            return clean_line(self.value)

        @property
        def control(self) -> Input:
            """The filter bar."""
            return self.input

    def __init__(
        self,
        target: str,
        placeholder: str = "filter",
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        """`target` is a selector on the same screen: what gets the focus back."""
        super().__init__(placeholder=placeholder, max_length=200, id=id)
        self._target = target
        self.display = False

    @property
    def text(self) -> str:
        """The filter as one clean line; empty when there is none."""
        return clean_line(self.value)

    def open(self) -> None:
        """Show the line and focus it at once: letters may follow right behind."""
        self.display = True
        self.screen.set_focus(self)

    def action_close(self) -> None:
        """Clear the filter and hide the line."""
        self.value = ""
        self.display = False
        self._give_back()

    def action_leave(self) -> None:
        """Keep the filter and go to the list; an empty filter needs no line."""
        if not self.text:
            self.display = False
        self._give_back()

    def _give_back(self) -> None:
        self.screen.set_focus(self.screen.query_one(self._target))
