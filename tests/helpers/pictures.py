"""Pictures of a program at both sizes, taken in one run of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pytest_textual_snapshot import normalize_svg
from textual.app import App
from textual.pilot import Pilot

from tests.helpers.app import SMALL, WIDE, settle

Before = Callable[[Pilot[Any]], Awaitable[None]]


class BothSizes:
    """Draws a program in the small terminal, then in the wide one, for the test that comes next.

    Where the picture that is kept shows something else, a menu that opened at another place, the program is
    started anew.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` has the pictures that are kept, each by the name of its test."""
        self._folder = folder
        self._ahead: dict[str, str] = {}

    def take(self, test: str, app: App[Any], size: tuple[int, int], before: Before) -> str:
        """The picture for a test, whose name says the size as well."""
        ahead = self._ahead.pop(test, None)
        if ahead is not None and self._is_kept(test, ahead):
            return ahead
        return asyncio.run(self._draw(test, app, size, before))

    def _is_kept(self, test: str, picture: str) -> bool:
        kept = self._folder / f"{test}.svg"
        return kept.exists() and normalize_svg(kept.read_text(encoding="utf-8")) == normalize_svg(picture)

    async def _draw(self, test: str, app: App[Any], size: tuple[int, int], before: Before) -> str:
        async with app.run_test(size=size, notifications=True) as pilot:
            await before(pilot)
            await pilot.pause()
            await pilot.wait_for_scheduled_animations()
            picture = app.export_screenshot(title=app.title, simplify=True)
            if size == SMALL:
                await pilot.resize_terminal(*WIDE)
                await settle(pilot)
                wide = app.export_screenshot(title=app.title, simplify=True)
                self._ahead = {test.replace("80x24", "120x40"): wide}
        return picture
