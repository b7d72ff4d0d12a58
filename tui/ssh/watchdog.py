"""Watches over sessions over SSH: what runs in one ends with it, and in time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol

from store import clock
from store.change_watch import ChangeWatch
from store.errors import MusterError, NewerError, SignedOutError, StorageError
from store.ssh import sessions
from store.views import Actor
from store.views.settings import SessionLimits
from tui.shutdown import HANG_UP, Ending, later, line_is_gone

CHECK_SECONDS = 2.0
"""Seconds between two checks whether a session may go on: who may not has to be out within five."""
NOTE_SECONDS = 25.0
"""Seconds between two notes that a session still runs, see `sessions.GONE_AFTER`."""
END_SECONDS = 2.0
"""How long a session with screens that may not go on has to end by itself."""
UNCONCERNED = frozenset({"review", "reply", "report"})
"""The kinds of changes by which nobody loses a session, see `ChangeWatch.kinds`."""
WARNING = timedelta(minutes=1)
"""How long before an idle session ends its person is warned."""
LONGEST = 600.0
"""Seconds that a fixed command may take: a client that reads nothing would hold it for good."""


def watch(actor: Actor, over: threading.Event) -> None:
    """End this process once the session may not go on, whatever it waits for, until it is `over`."""
    threading.Thread(target=_watch, args=(actor, over), name="watchdog", daemon=True).start()


def _watch(actor: Actor, over: threading.Event) -> None:
    began = noted = time.monotonic()
    while time.monotonic() - began < LONGEST:
        if over.wait(CHECK_SECONDS):
            return
        try:
            sessions.check(actor)
            if time.monotonic() - noted >= NOTE_SECONDS:
                sessions.note(actor, clock.now())
                noted = time.monotonic()
        except StorageError:
            # Busy, or away for a moment.
            continue
        except SignedOutError as error:
            _end(actor, over, error.message)
    _end(actor, over, "It took too long.")


def _end(actor: Actor, over: threading.Event, reason: str) -> None:
    if over.is_set():
        return
    with suppress(MusterError):
        sessions.end(actor, reason)
    with suppress(OSError):
        # Unbuffered: the process may hang in a write of its own.
        os.write(2, f"{reason}\n".encode())
    os._exit(1)


class Watched(Protocol):
    """How a session with screens ends."""

    ending: Ending | None
    """What ends it from outside, where it runs in a terminal."""

    @property
    def actor(self) -> Actor:
        """Whose it is."""

    def remember_screens(self) -> None:
        """Remember where one is. In a thread."""

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more: end, and say why."""

    def warn_of_idleness(self) -> None:
        """Say that the session ends in a minute."""

    def leave_for_now(self, idle: timedelta) -> object:
        """End, with everything kept, since nobody was there for so long."""

    def call_later(self, callback: Callable[..., Any], *values: Any) -> bool:
        """Call this on the event loop. From any thread."""


class SessionWatch:
    """Looks again and again whether a session with screens may go on, and ends it where not."""

    def __init__(self, session: Watched, is_silent: Callable[[], bool]) -> None:
        """`is_silent` tells whether its terminal has stopped answering."""
        self._session = session
        self._is_silent = is_silent
        self._last_input = time.monotonic()
        self._noted = -NOTE_SECONDS
        self._limits = SessionLimits()
        self._is_over = self._has_warned = self._told_silent = False
        self._changes: ChangeWatch | None = None
        self._checked: int | None = None
        """The news after which it was last checked, see `ChangeWatch`."""

    def pressed(self) -> None:
        """A key was pressed: the session is not idle."""
        self._last_input, self._has_warned = time.monotonic(), False

    def idle(self) -> timedelta:
        """How long nobody has pressed a key."""
        return timedelta(seconds=time.monotonic() - self._last_input)

    def run(self, stop: threading.Event) -> None:
        """Check until `stop` is set, or the line is gone. In a thread of its own."""
        try:
            while not stop.wait(CHECK_SECONDS):
                if line_is_gone():
                    if self._session.ending is not None:
                        self._session.ending.ask(HANG_UP)
                    return
                self.check_once(self._news())
        finally:
            if self._changes is not None:
                self._changes.close()

    def _news(self) -> int | None:
        """A number that differs once somebody may have taken away the session; None if nobody knows."""
        try:
            self._changes = self._changes or ChangeWatch(UNCONCERNED)
            return self._changes.news()
        except MusterError:
            return None

    def check_once(self, news: int | None = None) -> None:
        """See whether the session may go on, and end it where not. In any thread.

        After the same `news` as last time it may, but for what nobody wrote down: that is found soon after.
        """
        if self._is_over:
            return
        actor = self._session.actor
        try:
            # First what waits for nobody: to write may take as long as an import.
            if news is None or news != self._checked:
                sessions.check(actor)
                self._limits = sessions.limits()
                self._checked = news
            if time.monotonic() - self._noted >= NOTE_SECONDS:
                sessions.note(actor, clock.now() - self.idle())
                self._noted = time.monotonic()
            self._tell_of_silence(actor)
            self._session.remember_screens()
        except NewerError:
            # There is nothing more to be read by this program; it may only be left.
            self._see_to_idleness()
            return
        except StorageError:
            # Busy, or away for a moment: checked again.
            return
        except SignedOutError as error:
            self._session.call_later(self._session.sign_out, error)
            self.see_it_end()
            return
        self._see_to_idleness()

    def _tell_of_silence(self, actor: Actor) -> None:
        """A session that is silent gives way to another one of the same person."""
        is_silent = self._is_silent()
        if is_silent is not self._told_silent:
            sessions.tell_silence(actor, is_silent=is_silent)
            self._told_silent = is_silent

    def _see_to_idleness(self) -> None:
        most, idle = timedelta(minutes=self._limits.idle_minutes), self.idle()
        if idle >= most:
            self._session.call_later(self._session.leave_for_now, most)
            self.see_it_end()
        elif idle >= most - WARNING and not self._has_warned:
            self._has_warned = True
            self._session.call_later(self._session.warn_of_idleness)

    def see_it_end(self) -> None:
        """End the program from outside if it does not end by itself: an unread terminal blocks it."""
        self._is_over = True
        if self._session.ending is not None:
            # Also once its screens are gone: a write may still wait for the database.
            later(END_SECONDS, self._session.ending.ask, HANG_UP)
