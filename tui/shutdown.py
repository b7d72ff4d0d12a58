"""Ending in order when the line drops or the machine says so: what was typed is kept, and no process stays.

Textual handles none of the signals that end a program, and writes to the terminal in a thread of its own:
once nobody reads that any more the event loop stands still with it, and nothing that runs on it can be relied
upon.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

HANG_UP = int(signal.SIGHUP)
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGXCPU)
"""What ends a program from outside: left to themselves these leave the terminal as the screens have it."""
AS_BEFORE = b"".join(
    b"\x1b[" + each
    for each in (
        b"?2026l",  # drawing held back
        b"?1000l",  # the mouse, its movements, and three ways of telling them
        b"?1003l",
        b"?1015l",
        b"?1006l",
        b"?1016l",
        b"?1004l",  # the focus
        b"?2004l",  # pastes
        b"?2048l",  # sizes
        b"<u",  # keys told in another way
        b"0m",
        b"?7h",  # long lines cut off
        b"?1049l",  # the other screen
        b"?25h",  # no cursor
    )
)
"""Turns off what Textual turns on in a terminal."""
GRACE = 2.0
"""Seconds that the program has to end by itself."""
LAST_WORDS = 1.0
"""Seconds after that for what has to be written all the same, from another thread."""
LAST_WRITE = 0.2
"""Seconds after that for the terminal to take what leaves it as it was."""
STDIN, STDERR = 0, 2
"""Textual reads the one and draws on the other."""


class Endable(Protocol):
    """What a program has to have for `Ending`."""

    ending: Ending | None

    def end_from_outside(self, code: int) -> None:
        """Keep what was typed, then end with this exit code. From any thread."""

    def last_words(self) -> None:
        """What has to be written though the program cannot end by itself. In a thread."""


class Ending:
    """Ends a program on a signal: in order if it can, by force if it cannot."""

    def __init__(self, leaving: Endable) -> None:
        self._leaving = leaving
        self._over = threading.Event()
        self._read, self._write = os.pipe()
        self._modes = _modes()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the program runs. In the main thread."""
        self._leaving.ending = self
        threading.Thread(target=self._wait, name="ending", daemon=True).start()
        before = {number: signal.signal(number, self._told) for number in SIGNALS}
        try:
            yield
        finally:
            self._over.set()
            for number, handler in before.items():
                # What the program still does after its screens may end by these as any does.
                signal.signal(number, handler or signal.SIG_DFL)

    def ask(self, number: int) -> None:
        """End as if this signal had come. From any thread."""
        self._told(number)

    def _told(self, number: int, *_: Any) -> None:
        # No more than this where it stands: a lock that the program holds may be wanted for anything else.
        os.write(self._write, bytes([number]))

    def _wait(self) -> None:
        number = os.read(self._read, 1)[0]
        with suppress(RuntimeError):
            self._leaving.end_from_outside(128 + number)
        if self._over.wait(GRACE):
            return
        last = threading.Thread(target=self._leaving.last_words, daemon=True)
        last.start()
        last.join(LAST_WORDS)
        self._leave_terminal()
        os._exit(128 + number)

    def _leave_terminal(self) -> None:
        """Leave the terminal as it was, where it still is one that takes anything."""
        if self._modes is None or not _in_front():
            return
        with suppress(termios.error, OSError):
            termios.tcsetattr(STDIN, termios.TCSANOW, self._modes)
        # Who reads nothing of what is drawn does not read this either, and is not waited for.
        writer = threading.Thread(target=_write, args=(AS_BEFORE,), daemon=True)
        writer.start()
        writer.join(LAST_WRITE)


def _modes() -> list[Any] | None:
    """How the terminal takes and shows what is typed; None where there is none."""
    try:
        return termios.tcgetattr(STDIN)
    except (termios.error, OSError):
        return None


def _in_front() -> bool:
    """Whether this program has the terminal: a shell that took it back has it as it likes."""
    try:
        return os.tcgetpgrp(STDIN) == os.getpgrp()
    except OSError:
        return False


def _write(sequences: bytes) -> None:
    with suppress(OSError):
        os.write(STDERR, sequences)


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
