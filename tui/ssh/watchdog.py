"""Watches over what runs in a session over SSH without screens: it ends with the session, or in time."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from store import clock
from store.errors import MusterError, SignedOutError, StorageError
from store.ssh import sessions
from store.views import Actor

CHECK_SECONDS = 1.0
"""Between two looks whether a session may go on: within five one is to be out."""
NOTE_SECONDS = 25.0
"""Between two words to others that a session runs, see `sessions.GONE_AFTER`."""
LONGEST = 600.0
"""Seconds that anything that was asked for may take: whoever does not read it would hold it for good."""


def watch(actor: Actor, over: threading.Event) -> None:
    """End this process once the session may not go on, whatever it waits for, until it is `over`."""
    threading.Thread(target=_watch, args=(actor, over), name="guard", daemon=True).start()


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
