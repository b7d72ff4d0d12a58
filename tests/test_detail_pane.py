"""The pane beside a list: there from 120 columns on, plain text, as many lines as it takes."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.events import MouseScrollDown

from screens.widgets.detail_pane import DetailPane, PaneText
from screens.widgets.line import Part
from screens.widgets.list.row_list import RowList
from tests.helpers.list_app import COLUMNS, people
from tui.app import MusterApp

LINES: tuple[list[Part], ...] = (
    [Part("Ana Brandt", "strong"), Part("  Onboarding", "dim")],
    [],
    [Part("waiting 4")],
)


class PaneApp(App[None]):
    """A list with a pane beside it."""

    HORIZONTAL_BREAKPOINTS = MusterApp.HORIZONTAL_BREAKPOINTS

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield RowList(COLUMNS)
            yield DetailPane()

    def on_mount(self) -> None:
        self.query_one(RowList).set_rows(people(3))

    @property
    def pane(self) -> DetailPane:
        return self.query_one(DetailPane)


@pytest.mark.parametrize(("width", "least", "most"), [(120, 44, 50), (200, 75, 85)])
async def test_it_takes_two_fifths_of_a_wide_terminal(width: int, least: int, most: int) -> None:
    async with PaneApp().run_test(size=(width, 30)) as pilot:
        pane = pilot.app.query_one(DetailPane)
        assert pane.is_shown
        assert least <= pane.outer_size.width <= most
        assert pane.outer_size.width + pilot.app.query_one(RowList).outer_size.width == width


async def test_it_is_hidden_below_120_columns_and_back_when_there_is_room() -> None:
    async with PaneApp().run_test(size=(119, 30)) as pilot:
        pane = pilot.app.query_one(DetailPane)
        assert not pane.is_shown
        assert pilot.app.query_one(RowList).outer_size.width == 119
        await pilot.resize_terminal(140, 30)
        assert pane.is_shown


async def test_it_shows_lines_of_parts_and_blank_lines_between() -> None:
    async with PaneApp().run_test(size=(120, 30)) as pilot:
        pane = pilot.app.query_one(DetailPane)
        pane.show(LINES)
        assert pane.text().split("\n") == ["Ana Brandt  Onboarding", "", "waiting 4"]
        strip = pane.query_one(PaneText).render_line(0)
        bold = [segment.text for segment in strip if segment.style and segment.style.bold]
        assert bold == ["Ana Brandt"]
        pane.clear()
        assert pane.text() == ""


async def test_long_lines_wrap_and_what_people_wrote_is_text() -> None:
    said = "[bold]no markup[/] \x1b[31mno colour " + "word " * 40
    async with PaneApp().run_test(size=(120, 30)) as pilot:
        pane = pilot.app.query_one(DetailPane)
        pane.show([[Part("note: ", "dim"), Part(said)]])
        lines = pane.text().split("\n")
        assert len(lines) > 4
        assert all(cell_len(line) <= pane.size.width for line in lines)
        assert "\x1b" not in pane.text()
        assert "[bold]no markup[/]" in lines[0]


async def test_the_keys_stay_with_the_list_and_the_wheel_scrolls() -> None:
    async with PaneApp().run_test(size=(120, 30)) as pilot:
        pane = pilot.app.query_one(DetailPane)
        pane.show([[Part(f"line {number}")] for number in range(90)])
        text = pane.query_one(PaneText)
        await pilot.click(PaneText)
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.query_one(RowList)
        await pilot._post_mouse_events([MouseScrollDown], PaneText)
        await pilot.pause()
        assert text.scroll_offset.y > 0
        pane.show(LINES)
        assert text.scroll_offset.y == 0
