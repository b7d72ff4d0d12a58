"""Notices when another session changed the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from store import clock
from store.change_watch import ANYTHING, ChangeWatch
from store.errors import LostError, NewerError, StorageError
from tui.opening import begin_the_day

SECONDS = 1.0
"""Seconds between two checks unless the configuration says otherwise; what others change is on screen within
twice that."""
AWAY_AFTER = 60.0
"""Seconds without a key after which somebody is taken to be away."""
AWAY_SECONDS = 60.0
"""Seconds between two checks while nobody is there: many lie open, and need not all read at each change."""


class Presence:
    """Knows since when nobody has pressed a key or come to the window, and when somebody is back."""

    def __init__(self) -> None:
        self._last_input = time.monotonic()
        self.returned = Event()
        """Set when somebody who was away presses a key, or `watch` need not wait for another reason."""

    @property
    def is_away(self) -> bool:
        """Whether nobody seems to be there."""
        return time.monotonic() - self._last_input > AWAY_AFTER

    def pause(self, seconds: float) -> float:
        """How long to wait until the next check, if that is so many seconds for somebody who is there."""
        return max(seconds, AWAY_SECONDS) if self.is_away else seconds

    def pressed(self) -> None:
        """Somebody is there."""
        was_away, self._last_input = self.is_away, time.monotonic()
        if was_away:
            self.returned.set()


def watch(
    stop: Event,
    changed: Callable[[frozenset[str]], object],
    pause: Callable[[], float] = lambda: SECONDS,
    outdated: Callable[[NewerError], object] = lambda error: None,
    at_once: Event | None = None,
    lost: Callable[[bool], object] = lambda is_lost: None,
) -> None:
    """Call `changed` whenever somebody changed what others see, until `stop` is set.

    It is told the kinds of what was changed, see `ChangeWatch.kinds`. Runs in a thread of its own. `pause`
    says how many seconds to wait until the next check, which comes sooner if `at_once` is set. Calls
    `outdated`, and ends, once a newer Muster has upgraded the database: nothing of it can be read any more.

    A database that is busy or away for a while is checked again a moment later; `lost` is told when a server
    cannot be reached, and when it can again. The first check calls
    `changed` too: somebody may have written since the screen was read. So does a new day, once what it brings
    was written.
    """
    at_once = at_once or stop
    eye: ChangeWatch | None = None
    last: int | None = None
    shown, begun, is_lost = clock.today(), None, False
    try:
        while not stop.is_set():
            today = clock.today()
            if begun != today and begin_the_day():
                begun = today
            if shown != today:
                # Also where it cannot be written: what has ended gives nothing any more.
                shown = today
                changed(ANYTHING)
            try:
                eye = eye or ChangeWatch()
                news = eye.news()
            except NewerError as error:
                outdated(error)
                return
            except StorageError as error:
                if isinstance(error, LostError) and not is_lost:
                    is_lost = True
                    lost(True)
            else:
                if is_lost:
                    is_lost = False
                    lost(False)
                    changed(ANYTHING)
                if news != last:
                    last = news
                    changed(eye.kinds)
            at_once.wait(SECONDS if is_lost else pause())
            if at_once is not stop:
                at_once.clear()
    finally:
        if eye is not None:
            eye.close()
