"""The waits of the tests themselves: they do not depend on how fast the machine is."""

from __future__ import annotations

import asyncio
import time
from threading import Event

from tests.helpers.quick_waits import MOMENT, SeenLock, until_idle


async def test_a_thread_is_waited_for_however_slow_it_is() -> None:
    done = Event()

    def work() -> None:
        ends = time.monotonic() + 5 * MOMENT
        while time.monotonic() < ends:
            pass
        done.set()

    running = asyncio.get_running_loop().run_in_executor(None, work)
    await until_idle()
    assert done.is_set()
    await running


async def test_one_that_is_held_up_is_not_waited_for_until_it_is_let_go() -> None:
    go_on, done = Event(), Event()

    def work() -> None:
        assert go_on.wait(20)
        done.set()

    running = asyncio.get_running_loop().run_in_executor(None, work)
    await until_idle()
    assert not done.is_set()
    # It was woken, whether or not it had its turn yet.
    go_on.set()
    await until_idle()
    assert done.is_set()
    await running


async def test_one_that_is_held_up_does_not_hide_one_that_works() -> None:
    go_on, done = Event(), Event()

    def work() -> None:
        time.sleep(5 * MOMENT)
        done.set()

    loop = asyncio.get_running_loop()
    held = loop.run_in_executor(None, go_on.wait, 20)
    works = loop.run_in_executor(None, work)
    await until_idle()
    assert done.is_set() and not held.done()
    go_on.set()
    await asyncio.gather(held, works)


async def test_one_that_waits_for_the_lock_of_one_that_is_held_up_is_held_up_as_well() -> None:
    go_on, done = Event(), Event()
    lock = SeenLock()

    def first() -> None:
        with lock:
            assert go_on.wait(20)

    def second() -> None:
        with lock:
            done.set()

    loop = asyncio.get_running_loop()
    both = [loop.run_in_executor(None, first), loop.run_in_executor(None, second)]
    await until_idle()
    assert not done.is_set()
    go_on.set()
    await until_idle()
    assert done.is_set()
    await asyncio.gather(*both)
