"""Places to type: what is typed is what stands there."""

from __future__ import annotations

import unicodedata

import pytest
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from screens.widgets.fields import TextInput
from screens.widgets.text_box import TextBox

FAMILY = "👩\u200d👩\u200d👧"
PERSIAN = "می\u200cخواهم"


async def type_as_a_terminal_does(pilot: Pilot[None], text: str) -> None:
    """The keys that the parser of the terminal makes of a text."""
    for event in XTermParser().feed(text):
        pilot.app.post_message(event)
    await pilot.pause()


class Fields(App[None]):
    def __init__(self, field: Widget) -> None:
        super().__init__()
        self.field = field

    def compose(self) -> ComposeResult:
        yield self.field


@pytest.mark.parametrize("text", [FAMILY, PERSIAN, "🏳\ufe0f\u200d🌈", "e\u0301"])
@pytest.mark.parametrize("kind", [TextInput, TextBox])
async def test_joined_signs_stay_joined_when_they_are_typed(kind: type[Widget], text: str) -> None:
    async with Fields(kind()).run_test() as pilot:
        pilot.app.field.focus()  # type: ignore[attr-defined]
        await type_as_a_terminal_does(pilot, text)
        field = pilot.app.field  # type: ignore[attr-defined]
        typed = field.value if kind is TextInput else field.text
        assert unicodedata.normalize("NFC", typed) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("kind", [TextInput, TextBox])
async def test_what_cannot_be_seen_and_joins_nothing_is_not_typed(kind: type[Widget]) -> None:
    async with Fields(kind()).run_test() as pilot:
        pilot.app.field.focus()  # type: ignore[attr-defined]
        await type_as_a_terminal_does(pilot, "a\u200b\u202eb")
        field = pilot.app.field  # type: ignore[attr-defined]
        assert (field.value if kind is TextInput else field.text) == "ab"
