"""The line that narrows a list down."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens.widgets.filter_bar import FilterBar
from tests.helpers.list_app import SIZE, ListApp, people


class FilteredApp(ListApp):
    """A list with a filter bar."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", show=False)]

    def __init__(self) -> None:
        super().__init__(people(5))
        self.filters: list[str] = []

    def compose(self) -> ComposeResult:
        yield FilterBar("RowList")
        yield self.view

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        self.filters.append(event.text)


async def test_the_filter_bar_shows_clears_and_gives_the_focus_back() -> None:
    app = FilteredApp()
    async with app.run_test(size=SIZE) as pilot:
        bar = app.query_one(FilterBar)
        assert not bar.display
        await pilot.press("slash", "a", "space", "b")
        assert bar.has_focus and bar.display
        assert app.filters == ["a", "a", "a b"]
        await pilot.press("enter")
        assert app.view.has_focus and bar.display and bar.text == "a b"
        await pilot.press("slash", "escape")
        assert app.view.has_focus and not bar.display
        assert app.filters[-1] == ""
        await pilot.press("slash", "down")
        assert app.view.has_focus and not bar.display


async def test_what_is_pasted_into_the_filter_cannot_drive_the_terminal() -> None:
    app = FilteredApp()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash")
        bar = app.query_one(FilterBar)
        bar.insert_text_at_cursor("a\x1b[31m\u202eb[/]")
        assert bar.value == "ab[/]"
        await pilot.pause()
