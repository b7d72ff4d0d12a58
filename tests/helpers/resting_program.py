"""Muster that tells when it has come to rest: F12, which does nothing, is answered once all is drawn.

What is said over the screen goes with any key, and not only once it could be read.
"""

from __future__ import annotations

import asyncio

from textual import events

from tests.bench.pty_driver import TerminalProgram
from tests.helpers import quick_waits
from tests.helpers.walker import Walker
from tui import app
from tui.cli import main

NO_KEY = b"\x1b[24~"
"""F12."""
AT_REST = "\x1b]777;rest\x07"
PATIENCE = 60

on_event = app.MusterApp.on_event
under_way: set[asyncio.Task[None]] = set()


async def answering(self: app.MusterApp, event: events.Event) -> None:
    """Take an event; what F12 waits for is also what the keys before it do."""
    if isinstance(event, events.Key) and event.key == "f12" and not event.is_forwarded:
        task = asyncio.create_task(answer(self))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await on_event(self, event)


async def answer(self: app.MusterApp) -> None:
    """Tell once nothing is read, written, waited for or to be drawn."""
    walker = Walker(self)
    await walker.rest()
    if (writer := self.leaving.writer) is not None:
        # What was typed is written a moment later, and that it was is drawn.
        writer.gather()
        writer.flush()
        await writer._idle.wait()
        await walker.rest()
    if self._driver is not None:
        self._driver.write(AT_REST)


def rest(program: TerminalProgram) -> None:
    """Wait until it has come to rest."""
    program.send_bytes(NO_KEY)
    while AT_REST.encode() not in program.unseen:
        assert program.receive(PATIENCE), "It does not come to rest."
    # An answer counts once.
    program.text()


if __name__ == "__main__":
    app.GLANCE = 0
    app.MusterApp.on_event = answering  # type: ignore[method-assign]
    quick_waits.install()
    main()
