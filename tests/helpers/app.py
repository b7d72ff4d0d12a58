"""Running the real program in tests: on a real database file, its workers awaited, no sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from textual import events
from textual._context import visible_screen_stack
from textual.app import ComposeResult
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen

from screens.base import MusterScreen
from screens.places import HomePlace, Place
from screens.resting import Resting
from screens.tabbed import TabbedScreen
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.rows import as_cell
from tests.helpers.quick_textual import looked_at
from tui.app import MusterApp
from tui.navigation import screen_for
from tui.session import Session

STIRRED: WeakSet[Resting] = WeakSet()
"""What waits until the keys rest."""


def _stir(resting: Resting, stir: Callable[[Resting], None] = Resting.stir) -> None:
    STIRRED.add(resting)
    stir(resting)


Resting.stir = _stir  # type: ignore[method-assign,assignment]

A_LITTLE = 0.002
"""Seconds between two looks at what is under way."""

SMALL = (80, 24)
WIDE = (120, 40)


def muster(email: str | None = None) -> MusterApp:
    """The program for somebody, on the database that is open."""
    return MusterApp(Session.open(email))


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until no worker reads or writes and everything that came of it is on screen.

    Flows that wait for a dialog, and the thread that watches the database, go on.
    """
    quiet = 0
    while quiet < 2:
        await pilot.pause()
        busy = [
            worker
            for worker in pilot.app.workers
            if worker.group not in ("watch", "watchdog", "default") and not worker.is_finished
        ]
        await asyncio.gather(*(worker.wait() for worker in busy), return_exceptions=True)
        for screen in pilot.app.screen_stack:
            if isinstance(screen, TabbedScreen):
                # As once the cursor has rested.
                screen.offer()
        stirred = [each for each in STIRRED if each._owner.is_attached]
        for each in stirred:
            STIRRED.discard(each)
            each.now()
        quiet = quiet + 1 if not (busy or stirred or is_coming(pilot)) else 0
        if not quiet:
            await asyncio.sleep(A_LITTLE)


def is_coming(pilot: Pilot[Any]) -> bool:
    """Whether a screen does not stand yet, keys that were pressed wait for one, or something is not drawn."""
    app = pilot.app
    if app._exit:
        return False
    if app._resize_timer is not None or is_to_be_drawn(app.screen):
        return True
    return isinstance(app, MusterApp) and not app.key_queue.is_idle


def is_to_be_drawn(screen: Screen[Any]) -> bool:
    """Whether Textual waits for its next turn to lay out or draw a screen."""
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


async def open_place(pilot: Pilot[Any], place: Place) -> None:
    """Go to a place, wherever one is."""
    app = pilot.app
    assert isinstance(app, MusterApp)
    await app.go_to(place)
    await settle(pilot)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after the other, each settled before the next."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def choose(pilot: Pilot[Any], label: str) -> None:
    """Take the line of the open menu that begins with this."""
    rows = pilot.app.screen.query_one(RowList)
    keys = [row.key for row in map(rows.row_number, range(rows.total)) if row and _label(row) == label]
    assert keys and rows.move_to(keys[0]), f"no line {label!r}"
    await press(pilot, "enter")


def _label(row: Row) -> str:
    return as_cell(row.cells[0]).text


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type into what has the focus, each key dealt with before the next."""
    names = {" ": "space"}
    await pilot.press(*(names.get(char, char) for char in text))
    await settle(pilot)


async def type_fast(pilot: Pilot[Any], text: str) -> None:
    """Type into what has the focus, faster than anything is drawn."""
    driver = pilot.app._driver
    assert driver is not None
    for char in text:
        key = events.Key(char if char.isalnum() else _character_to_key(char), char)
        key.set_sender(pilot.app)
        driver.send_message(key)
    await settle(pilot)


def screen_text(pilot: Pilot[Any]) -> str:
    """What is on screen, as lines of text."""
    # What a dialog lets through.
    visible_screen_stack.set(pilot.app._background_screens)
    strips = pilot.app.screen._compositor.render_strips(pilot.app.screen.size)
    looked_at.add(pilot.app.screen)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def notices(pilot: Pilot[Any]) -> list[str]:
    """What the toasts say."""
    return [notice.message for notice in pilot.app._notifications]


class HomeToCome(MusterScreen[None]):
    """Lies under the place that a test begins at, and becomes Home when somebody goes there."""

    place = HomePlace()
    is_left = False

    def compose(self) -> ComposeResult:
        """Nothing: nobody is here."""
        yield from ()

    def action_reload(self) -> None:
        """There is nothing to read."""

    def on_screen_suspend(self) -> None:
        """The test begins above."""
        self.is_left = True

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Once it was left, somebody came back."""
        if self.is_left:
            # Textual expects one of every screen that is replaced.
            self._push_result_callback(self.app, None)
            self.app.switch_screen(screen_for(HomePlace()))


def skip_home(app: MusterApp) -> None:
    """Let a program that does not run yet start on a Home that is not drawn: go to a place at once."""
    app._home = HomeToCome()


@asynccontextmanager
async def running(
    app: MusterApp, size: tuple[int, int] = WIDE, *, at: Place | None = None, home: bool = True
) -> AsyncIterator[Pilot[Any]]:
    """The program, settled after its start: at Home, or at a place one step from a Home that is not drawn.

    `home` says whether Home is drawn where no place is given: a test of a dialog need not wait for it.
    """
    if at is not None or not home:
        skip_home(app)
    async with app.run_test(size=size) as pilot:
        if at is not None:
            await app.push_screen(screen_for(at))
        await settle(pilot)
        yield pilot
        # What cannot be drawn fails, also where no test looks at it.
        if app.screen not in looked_at or is_to_be_drawn(app.screen):
            screen_text(pilot)
