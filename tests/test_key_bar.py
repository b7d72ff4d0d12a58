"""The line at the bottom: its ends stay, and what does not fit is left out of the middle."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType

from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key


class BarApp(App[None]):
    """A bar with more keys than fit."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            key(f"own.{name}", name, f"do('{name}')", f"Letter {name}", "A letter", show=True)
            for name in "abcdef"
        ),
        key("app.help", "question_mark", "help", "Keys", "Every key", show=True, display="?"),
        key("app.menu", "f10", "main_menu", "Menu", "The menu"),
        key("app.undo", "u", "undo", "Undo", "Undo the last thing"),
        key("screen.back", "escape", "back", "Back", "Back", show=True),
        key("list.open", "enter", "open", "Open", "Open it", show=True),
    ]
    may_undo = True
    has_done = True

    def compose(self) -> ComposeResult:
        yield KeyBar(lambda: self.has_done)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.may_undo or action != "undo"

    def line(self) -> str:
        return self.query_one(KeyBar).render_line(0).text


@pytest.mark.parametrize("width", [60, 80, 200])
async def test_its_ends_stay_and_the_middle_gives_way(width: int) -> None:
    app = BarApp()
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        line = app.line()
        assert re.match(r" ?\S+ Open {3}", line), line
        assert re.search(r"u Undo {3,}\S+ Back {2}f10 Menu {2}\? Keys ?$", line), line
        assert ("Letter f" in line) is (width == 200)


async def test_undo_is_there_only_while_something_can_be_undone() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "u Undo" in app.line()
        app.may_undo = False
        app.refresh_bindings()
        await pilot.pause()
        assert "Undo" not in app.line()
        app.may_undo, app.has_done = True, False
        app.refresh_bindings()
        await pilot.pause()
        assert "Undo" not in app.line()
