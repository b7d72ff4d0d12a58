"""Waiting until a program has nothing left to do, without sleeping and without asking every widget.

Textual's Pilot puts a callback into the queue of each widget on screen, then sleeps until the process uses
little of the processor: some 60 ms for a key. Here the event loop itself is looked at: what is not ready
waits for a thread, a timer or a key.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from asyncio import BaseEventLoop, Future
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Any

import textual.app
import textual.pilot
from textual.app import App
from textual.pilot import Pilot
from textual.timer import Timer

from screens import draft_writer

MOMENT = 0.02
"""Seconds between two looks at the threads that have not ended."""
A_ROUND = 0.000_1
"""Seconds in which an event loop goes round at least once."""
LONGEST = 60
"""Seconds for which a thread is waited for that nothing holds up: what takes longer is a fault."""


class Running:
    """Something that runs in a thread: for a short time, or as a watch that waits for its next round."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work
        self._thread: int | None = None

    def __call__(self, *values: Any) -> Any:
        self._thread = threading.get_ident()
        return self._work(*values)

    @property
    def is_held_up(self) -> bool:
        """Whether it waits for something that is yet to be told to it. A slow one is not held up."""
        return self._thread is not None and _waits(_frames().get(self._thread))


def _frames() -> dict[int, FrameType]:
    """What each thread is at."""
    # Python 3.11 holds a lock meanwhile which threads need that begin or end: were what is not needed any
    # more collected just then, and another thread let on, both would wait for ever.
    was_on = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if was_on:
            gc.enable()


_running: dict[Future[Any], Running] = {}
_run_in_executor = BaseEventLoop.run_in_executor
_moments: list[Future[None]] = []
"""What goes on once an event loop has nothing else to do."""
_run_once = BaseEventLoop._run_once  # type: ignore[attr-defined]
_run_timer = Timer._run


def run_in_executor(self: BaseEventLoop, executor: Any, work: Any, *values: Any) -> Future[Any]:
    """Run something in a thread, and remember that it runs."""
    running = Running(work)
    future: Future[Any] = _run_in_executor(self, executor, running, *values)
    _running[future] = running
    future.add_done_callback(_running.pop)
    return future


class SeenLock:
    """A lock by which one sees who waits for it: who waits for one that is held up is held up as well."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False

    def __enter__(self) -> None:
        with self._changed:
            while self._taken:
                self._changed.wait()
            self._taken = True

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify()


def _waits(frame: FrameType | None) -> bool:
    """Whether a thread waits for an event or the like, and was not woken yet."""
    if frame is None or frame.f_code is not threading.Condition.wait.__code__:
        return False
    known = frame.f_locals
    return known.get("waiter") in known["self"]._waiters


async def until_idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Wait until nothing is ready to go on, and threads have ended or are held up."""
    loop = asyncio.get_running_loop()
    latest = monotonic() + LONGEST
    while True:
        await asyncio.sleep(0)
        if loop._ready:  # type: ignore[attr-defined]
            continue
        running = {future: each for future, each in _running.items() if future.get_loop() is loop}
        if all(each.is_held_up for each in running.values()):
            if not any(moment.get_loop() is loop for moment in _moments):
                return
            # They go on in the next round.
            await asyncio.sleep(A_ROUND)
            continue
        assert monotonic() < latest, f"a thread has not ended: {running}"
        await asyncio.wait(running, timeout=MOMENT, return_when=asyncio.FIRST_COMPLETED)


async def draw_when_idle(timer: Timer) -> None:
    """Run a timer. The one that draws a screen waits for no clock: it goes on once all else is done."""
    if timer.name != "screen_update":
        await _run_timer(timer)
        return
    while True:
        await timer._active.wait()
        await _next_moment(timer._interval)
        if timer._active.is_set():
            timer._reset = False
            await timer._tick(next_timer=0, count=0)
        if timer._active.is_set():
            # A program that ends draws no more.
            await asyncio.sleep(timer._interval)


async def _next_moment(seconds: float) -> None:
    """Wait until there is nothing else to do, or for so long where a thread is at work."""
    loop = asyncio.get_running_loop()
    moment = loop.create_future()
    _moments.append(moment)
    late = loop.call_later(seconds, _end, moment)
    try:
        await moment
    finally:
        late.cancel()
        _moments.remove(moment)


def _end(moment: Future[None]) -> None:
    if not moment.done():
        moment.set_result(None)


def run_once(self: BaseEventLoop) -> None:
    """One round of an event loop; where it would only wait, what waits for such a moment goes on."""
    if _moments and not self._ready and _is_idle(self):  # type: ignore[attr-defined]
        for moment in _moments:
            if moment.get_loop() is self:
                _end(moment)
    _run_once(self)


def _is_idle(loop: BaseEventLoop) -> bool:
    return all(each.is_held_up for future, each in _running.items() if future.get_loop() is loop)


async def until_handled(pilot: Pilot[Any], timeout: float = 30) -> bool:
    """In place of what Pilot does: wait until every message was handled. False if the program failed."""
    app: App[Any] = pilot.app
    await until_idle()
    while app._resize_timer is not None:
        # Textual waits a moment for more of them.
        app._check_resize()
        await until_idle()
    return not app._exception_event.is_set()


def install() -> None:
    """From now on, for every program of this process."""
    BaseEventLoop.run_in_executor = run_in_executor  # type: ignore[method-assign, assignment]
    textual.app.wait_for_idle = until_idle  # type: ignore[attr-defined]
    textual.pilot.wait_for_idle = until_idle  # type: ignore[attr-defined]
    BaseEventLoop._run_once = run_once  # type: ignore[attr-defined]
    Timer._run = draw_when_idle  # type: ignore[method-assign, assignment]
    Pilot._wait_for_screen = until_handled  # type: ignore[method-assign, assignment]
    draft_writer.Lock = SeenLock  # type: ignore[attr-defined, assignment]
