"""Notices when another session changed the database."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from store import clock
from store.change_watch import ChangeWatch
from store.errors import NewerError, StorageError
from tui.opening import begin_the_day

SECONDS = 1.0
"""Seconds between two checks unless the configuration says otherwise; what others change is on screen within
twice that."""


def watch(
    stop: Event,
    changed: Callable[[], object],
    pause: Callable[[], float] = lambda: SECONDS,
    outdated: Callable[[NewerError], object] = lambda error: None,
) -> None:
    """Call `changed` whenever somebody changed what others see, until `stop` is set.

    Runs in a thread of its own. `pause` says how many seconds to wait until the next check. Calls `outdated`,
    and ends, once a newer Muster has upgraded the database: nothing of it can be read any more.

    A database that is busy or away for a while is checked again a moment later. The first check calls
    `changed` too: somebody may have written since the screen was read. So does a new day, once what it brings
    was written.
    """
    eye: ChangeWatch | None = None
    last: int | None = None
    shown, begun = clock.today(), None
    try:
        while not stop.is_set():
            today = clock.today()
            if begun != today and begin_the_day():
                begun = today
            if shown != today:
                # Also where it cannot be written: what has ended gives nothing any more.
                shown = today
                changed()
            try:
                eye = eye or ChangeWatch()
                news = eye.news()
            except NewerError as error:
                outdated(error)
                return
            except StorageError:
                pass
            else:
                if news != last:
                    last = news
                    changed()
            stop.wait(pause())
    finally:
        if eye is not None:
            eye.close()
