"""Watches over what runs in a session over SSH without screens: it ends with the session, or in time."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from store import clock, sessions
from store.errors import MusterError, SignedOutError, StorageError
from store.views import Actor

LOOK_SECONDS = 1.0
"""Between two looks whether a session may go on: within five one is to be out."""
NOTE_SECONDS = 25.0
"""Between two words to others that a session runs, see `sessions.GONE_AFTER`."""
LONGEST = 600.0
"""Seconds that anything that was asked for may take: whoever does not read it would hold it for good."""


def watch(actor: Actor) -> None:
    """From now on end this process once the session may not go on, whatever it waits for."""
    threading.Thread(target=_watch, args=(actor,), name="guard", daemon=True).start()


def _watch(actor: Actor) -> None:
    began = noted = time.monotonic()
    while time.monotonic() - began < LONGEST:
        time.sleep(LOOK_SECONDS)
        try:
            if time.monotonic() - noted >= NOTE_SECONDS:
                sessions.note(actor, clock.now())
                noted = time.monotonic()
            else:
                sessions.check(actor)
        except StorageError:
            # Busy, or away for a moment.
            continue
        except SignedOutError as error:
            _end(actor, error.message)
    _end(actor, "It took too long.")


def _end(actor: Actor, reason: str) -> None:
    with suppress(MusterError):
        sessions.end(actor, reason)
    os._exit(1)
