"""Running the real program in tests: on a real database file, its workers awaited, no sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from textual.pilot import Pilot

from screens.places import Place
from screens.resting import Resting
from screens.tabbed import TabbedScreen
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.rows import as_cell
from tui.app import MusterApp
from tui.session import Session

STIRRED: WeakSet[Resting] = WeakSet()
"""What waits until the keys rest."""


def _stir(resting: Resting, stir: Callable[[Resting], None] = Resting.stir) -> None:
    STIRRED.add(resting)
    stir(resting)


Resting.stir = _stir  # type: ignore[method-assign,assignment]

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
            if worker.group not in ("watch", "guard", "default") and not worker.is_finished
        ]
        await asyncio.gather(*(worker.wait() for worker in busy), return_exceptions=True)
        quiet = 0 if busy or is_coming(pilot) else quiet + 1
        for screen in pilot.app.screen_stack if quiet < 2 else ():
            if isinstance(screen, TabbedScreen):
                # As once the cursor has rested.
                screen.offer()
        for each in [each for each in STIRRED if each._owner.is_attached] if quiet < 2 else ():
            quiet = 0
            STIRRED.discard(each)
            each.now()


def is_coming(pilot: Pilot[Any]) -> bool:
    """Whether a screen does not stand yet, or keys that were pressed wait for one."""
    return isinstance(pilot.app, MusterApp) and not pilot.app.key_queue.is_idle


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
    """Type into what has the focus."""
    names = {" ": "space"}
    await pilot.press(*(names.get(char, char) for char in text))
    await settle(pilot)


def screen_text(pilot: Pilot[Any]) -> str:
    """What is on screen, as lines of text."""
    strips = pilot.app.screen._compositor.render_strips(pilot.app.screen.size)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def notices(pilot: Pilot[Any]) -> list[str]:
    """What the toasts say."""
    return [notice.message for notice in pilot.app._notifications]


@asynccontextmanager
async def running(app: MusterApp, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[Any]]:
    """The program, settled after its start."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot
