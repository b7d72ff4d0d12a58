"""Ending in order when the line drops or the machine says so: what was typed is kept, and no process stays.

Textual handles neither SIGHUP nor SIGTERM, and writes to the terminal in a thread of its own: once nobody
reads that any more the event loop stands still with it, and nothing that runs on it can be relied upon.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.app import MusterApp

HANG_UP = int(signal.SIGHUP)
GRACE = 2.0
"""Seconds that the program has to end by itself."""
LAST_WORDS = 1.0
"""Seconds after that for what has to be written all the same, from another thread."""


class Ending:
    """Ends a program on SIGHUP and SIGTERM: in order if it can, by force if it cannot."""

    def __init__(self, app: MusterApp) -> None:
        self._app = app
        self._over = threading.Event()
        self._read, self._write = os.pipe()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the program runs. In the main thread."""
        self._app.ending = self
        threading.Thread(target=self._wait, name="ending", daemon=True).start()
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, self._told)
        try:
            yield
        finally:
            self._over.set()
            for number in (signal.SIGHUP, signal.SIGTERM):
                # What the program still does after its screens may end by these as any does.
                signal.signal(number, signal.SIG_DFL)

    def ask(self, number: int) -> None:
        """End as if this signal had come. From any thread."""
        self._told(number)

    def _told(self, number: int, *_: Any) -> None:
        # No more than this where it stands: a lock that the program holds may be wanted for anything else.
        os.write(self._write, bytes([number]))

    def _wait(self) -> None:
        number = os.read(self._read, 1)[0]
        with suppress(RuntimeError):
            self._app.end_from_outside(128 + number)
        if self._over.wait(GRACE):
            return
        last = threading.Thread(target=self._app.last_words, daemon=True)
        last.start()
        last.join(LAST_WORDS)
        os._exit(128 + number)


def later(seconds: float, call: Callable[..., object], *values: object) -> None:
    """Call this after some time, unless the process is over by then. From any thread."""
    timer = threading.Timer(seconds, call, values)
    timer.daemon = True
    timer.start()


def line_is_gone() -> bool:
    """Whether there is no terminal any more, which some systems do not tell by a signal."""
    try:
        termios.tcgetattr(sys.__stdin__ or 0)
    except (termios.error, OSError, ValueError):
        return True
    return False
