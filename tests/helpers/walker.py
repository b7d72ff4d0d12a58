"""Going through the program without a Pilot: pressing keys, waiting for what they do, looking around."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from typing import Any, cast

from textual import events
from textual.screen import Screen

from screens.home.cards import CardGrid
from screens.places import Place
from screens.tabbed import TabbedScreen
from screens.widgets.list.row_list import RowList
from screens.widgets.text_pane import Reading
from store import database
from store.queue import queue
from store.views.queue import QueueRow, QueueView
from tests.helpers.app import settle
from tests.helpers.quick_waits import until_idle
from tui.app import MusterApp

KEYS_WAIT = 5.0
"""Seconds within which a key has to be dealt with."""
PAGES = 1
"""Of a list or a text, at most; then its end."""


class Walker:
    """Presses keys, and waits until what they did is on the terminal."""

    def __init__(self, app: MusterApp) -> None:
        self.app = app
        self.mounted: set[str] = set()
        """The classes of all that was ever there."""
        self._met: set[type] = set()
        self.menus: set[tuple[type[Screen[Any]], str | None]] = set()
        """The lists of which the menu of a row was seen."""

    async def pause(self) -> None:
        """Until what was asked for is done, and what has changed is drawn."""
        await until_idle()
        self.app.screen._on_timer_update()
        await until_idle()

    async def rest(self) -> None:
        """Until nothing is read or written any more; note what is there."""
        await settle(cast(Any, self))
        if not self.dealt_with:
            deadline = time.monotonic() + KEYS_WAIT
            while not self.dealt_with and time.monotonic() < deadline:
                await self.pause()
            await settle(cast(Any, self))
        self.note()

    def note(self) -> None:
        """What is there now."""
        for screen in self.app.screen_stack:
            for met in {type(node) for node in screen.walk_children(with_self=True)} - self._met:
                self._met.add(met)
                self.mounted |= {f"{kind.__module__}.{kind.__qualname__}" for kind in met.__mro__}

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.app.simulate_key(key)
            await self.rest()

    async def type(self, text: str) -> None:
        """Put a text where the cursor is, as a paste does."""
        self.app.post_message(events.Paste(text))
        await self.rest()

    async def go(self, place: Place) -> None:
        """To a place."""
        await self.app.go_to(place)
        await self.rest()

    async def home(self) -> None:
        """Close whatever is open."""
        while len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        await self.rest()

    @property
    def dealt_with(self) -> bool:
        """Whether every key did what it does, and what it opened stands."""
        return self.app.key_queue.is_idle

    @property
    def screen(self) -> Screen[Any]:
        """What is on top."""
        return self.app.screen

    def focus(self, selector: str) -> bool:
        """Go to a widget, if it is there to be gone to."""
        for found in self.screen.query(selector):
            if found.focusable and found.display:
                found.focus()
                return True
        return False


# ------------------------------------------------------------------------- looking


async def look(walker: Walker, pages: int = PAGES) -> None:
    """Page through every list and text that is on screen, and see the menu of a row; the focus stays."""
    focused = walker.screen.focused
    for kind in (CardGrid, RowList, Reading):
        for found in list(walker.screen.query(kind)):
            if not found.display or not found.is_on_screen or not found.region:
                continue
            if found.focusable:
                found.focus()
            if isinstance(found, RowList):
                await _rows(walker, found, pages)
            elif isinstance(found, Reading):
                for _ in range(pages):
                    before = found.scroll_offset
                    found.action_pages(1)
                    await walker.rest()
                    if found.scroll_offset == before:
                        break
            else:
                await walker.press("right", "down", "left")
    if focused is not None and focused.is_attached:
        focused.focus()
        await walker.rest()


async def _rows(walker: Walker, rows: RowList, pages: int) -> None:
    for _ in range(pages):
        before = rows.top, rows.cursor_key
        rows.action_page(1)
        await walker.rest()
        if (rows.top, rows.cursor_key) == before:
            break
    rows.action_last()
    await walker.rest()
    of = type(walker.screen), rows.id
    if of not in walker.menus and rows.has_focus and rows.check_action("menu", ()):
        walker.menus.add(of)
        await peek(walker, "full_stop")


async def peek(walker: Walker, *keys: str, pages: int = 3) -> None:
    """Press keys; look at what opened, and leave it again."""
    depth = len(walker.app.screen_stack)
    await walker.press(*keys)
    if len(walker.app.screen_stack) > depth:
        await look(walker, pages)
    await back(walker, depth)


async def back(walker: Walker, depth: int) -> None:
    """Close what was opened."""
    for _ in range(4):
        if len(walker.app.screen_stack) <= depth:
            return
        await walker.press("escape")
    while len(walker.app.screen_stack) > depth:
        await walker.app.pop_screen()
        await walker.rest()


async def tabs(walker: Walker, pages: int = PAGES) -> None:
    """Every tab of a screen."""
    screen = walker.screen
    if isinstance(screen, TabbedScreen):
        for tab in screen.TABS:
            screen.action_tab(tab)
            await walker.rest()
            await look(walker, pages)
    else:
        await look(walker, pages)


async def elsewhere(walker: Walker, sql: str, *values: Any) -> None:
    """Somebody else changes the database."""

    def change() -> None:
        with closing(sqlite3.connect(database.location())) as connection:
            connection.execute(sql, values)
            connection.commit()

    await asyncio.to_thread(change)


async def waiting(walker: Walker) -> tuple[QueueRow, ...]:
    """The work that waits for whoever looks."""
    return (await asyncio.to_thread(queue.listing, walker.app.actor, QueueView(), 0, 20)).rows
