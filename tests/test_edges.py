"""Buttons and fields have an edge that can be seen, in every theme."""

from __future__ import annotations

from typing import Any

import pytest
from rich.color import Color as RichColor
from textual.app import App, ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Button

from screens.store_access import FORMS
from screens.widgets.fields import TextInput
from screens.widgets.text_box import TextBox
from tests.helpers.contrast import contrast
from tui import theme

LEAST = 3
"""The contrast that WCAG 2 asks for between a control and what is beside it (success criterion 1.4.11)."""
KINDS = (Button, TextInput, TextBox)


class Form(App[None]):
    """One of each, and the focus on none of them."""

    CSS_PATH = FORMS
    AUTO_FOCUS = None

    def __init__(self, name: str) -> None:
        super().__init__()
        theme.register(self)
        self.theme = name

    def compose(self) -> ComposeResult:
        yield Button("Save")
        yield Button("Delete", variant="primary")
        yield TextInput("Ana")
        yield TextBox("Well done.")


def color(part: RichColor | None) -> Color | None:
    """None for the terminal's own."""
    return Color(*part.triplet) if part is not None and part.triplet is not None else None


def edge(widget: Widget) -> tuple[RichColor | None, str]:
    """The colour of the leftmost cell of its first line, and what is drawn there."""
    strip = widget.render_lines(Region(0, 0, widget.outer_size.width, 1))[0]
    segment = next(iter(strip))
    assert segment.style is not None
    return segment.style.color, segment.text[0]


def is_seen(fore: RichColor | None, behind: RichColor | None) -> bool:
    one, other = color(fore), color(behind)
    if one is None or other is None:
        # The terminal's own text on its own ground; one of its sixteen colours has to be another than that.
        return fore is not None and (fore.is_default or fore != behind)
    return contrast(one, other) >= LEAST


@pytest.mark.parametrize("name", theme.names())
async def test_every_control_has_an_edge_with_the_focus_and_without(name: str) -> None:
    app = Form(name)
    faint: list[Any] = []
    async with app.run_test(size=(60, 20)) as pilot:
        ground = app.screen.background_colors[1].rich_color
        for widget in (each for kind in KINDS for each in app.query(kind)):
            for focused in (False, True):
                app.screen.set_focus(widget if focused else None)
                await pilot.pause()
                fore, sign = edge(widget)
                assert sign in "▏▌"
                if not is_seen(fore, ground):
                    faint.append((widget, focused, fore, ground))
    assert faint == []


@pytest.mark.parametrize("name", theme.names())
async def test_the_button_with_the_focus_is_one_colour_whole(name: str) -> None:
    app = Form(name)
    async with app.run_test(size=(60, 20)) as pilot:
        button = app.query(Button).first()
        app.screen.set_focus(button)
        await pilot.pause()
        strip = button.render_lines(Region(0, 0, button.outer_size.width, 1))[0]
        fills = {segment.style.bgcolor for segment in strip if segment.style}
        edges = {segment.style.color for segment in strip if segment.style and segment.text in "▏▕"}
        assert len(fills) == 1 and edges == fills
