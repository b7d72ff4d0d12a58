"""Waiting until a program has nothing left to do, without sleeping and without asking every widget.

Textual's Pilot puts a callback into the queue of each widget on screen, then sleeps until the process uses
little of the processor: some 60 ms for a key. Here the event loop itself is looked at: what is not ready
waits for a thread, a timer or a key.
"""

from __future__ import annotations

import asyncio
from asyncio import BaseEventLoop, Future
from typing import Any

import textual.app
import textual.pilot
from textual.app import App
from textual.pilot import Pilot
from textual.worker import active_worker

MOMENT = 0.02
"""Seconds for which a thread is waited for: one that a test holds up goes on."""
ENDLESS = ("watch", "watchdog")
"""Groups of workers whose threads go on as long as the program."""

_threads: set[Future[Any]] = set()
"""What runs in threads for a short time."""
_run_in_executor = BaseEventLoop.run_in_executor


def run_in_executor(self: BaseEventLoop, executor: Any, work: Any, *values: Any) -> Future[Any]:
    """Run something in a thread, and remember that it runs."""
    future: Future[Any] = _run_in_executor(self, executor, work, *values)
    worker = active_worker.get(None)
    if worker is None or worker.group not in ENDLESS:
        _threads.add(future)
        future.add_done_callback(_threads.discard)
    return future


async def until_idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Wait until nothing is ready to go on, and threads have ended or take longer than a moment."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0)
        if loop._ready:  # type: ignore[attr-defined]
            continue
        running = [each for each in _threads if each.get_loop() is loop]
        if not running or not (await asyncio.wait(running, timeout=MOMENT))[0]:
            return


async def until_handled(pilot: Pilot[Any], timeout: float = 30) -> bool:
    """In place of what Pilot does: wait until every message was handled. False if the program failed."""
    app: App[Any] = pilot.app
    await until_idle()
    while app._resize_timer is not None:
        await asyncio.sleep(0.001)
        await until_idle()
    return not app._exception_event.is_set()


def install() -> None:
    """From now on, for every program of this process."""
    BaseEventLoop.run_in_executor = run_in_executor  # type: ignore[method-assign, assignment]
    textual.app.wait_for_idle = until_idle  # type: ignore[attr-defined]
    textual.pilot.wait_for_idle = until_idle  # type: ignore[attr-defined]
    Pilot._wait_for_screen = until_handled  # type: ignore[method-assign, assignment]
