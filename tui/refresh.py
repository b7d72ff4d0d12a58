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


class Eye:
    """Notices that somebody changed something, and tells `lost` when a server goes away and is back."""

    def __init__(self, lost: Callable[[bool], object]) -> None:
        self._lost = lost
        self._watch: ChangeWatch | None = None
        self._last: int | None = None
        self.is_lost = False
        """Whether the server could not be reached when it was asked last."""

    def news(self) -> frozenset[str]:
        """The kinds of what was changed since it was asked last; none where nothing was, or nothing can be
        read just now. At first, and when the server is back, anything may have been. Raises NewerError.
        """
        try:
            self._watch = self._watch or ChangeWatch()
            number = self._watch.news()
        except NewerError:
            raise
        except StorageError as error:
            self._tell(self.is_lost or isinstance(error, LostError))
            return frozenset()
        was_lost, is_new = self.is_lost, number != self._last
        self._last = number
        self._tell(False)
        if was_lost:
            return ANYTHING
        return self._watch.kinds if is_new else frozenset()

    def _tell(self, is_lost: bool) -> None:
        if is_lost != self.is_lost:
            self.is_lost = is_lost
            self._lost(is_lost)

    def close(self) -> None:
        """End the watching connection."""
        if self._watch is not None:
            self._watch.close()


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

    A database that is busy or away for a while is checked again a moment later; see `Eye` for `lost`. The
    first check calls `changed` too: somebody may have written since the screen was read. So does a new day,
    once what it brings was written.
    """
    at_once = at_once or stop
    eye = Eye(lost)
    shown, begun = clock.today(), None
    try:
        while not stop.is_set():
            today = clock.today()
            if begun != today and begin_the_day():
                begun = today
            if shown != today:
                # Also where it cannot be written: what has ended gives nothing any more.
                shown = today
                changed(ANYTHING)
            if kinds := eye.news():
                changed(kinds)
            at_once.wait(SECONDS if eye.is_lost else pause())
            if at_once is not stop:
                at_once.clear()
    except NewerError as error:
        outdated(error)
    finally:
        eye.close()
