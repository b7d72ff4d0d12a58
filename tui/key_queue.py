"""Keys on their way to what they were pressed for."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker

from screens.base import Dialog
from screens.store_access import FLOW, StoreAccess

ROUNDS = 2
"""Times a word goes the way of a key: behind the key itself, then behind what the key set off."""
CHECK_SECONDS = 0.05
"""Seconds between two checks whether the next key may go on."""
WAYS_OUT = frozenset({"escape", "ctrl+q"})
"""Keys that need only a screen that is there, so that nobody is stuck in one that still reads."""


class Word:
    """Follows a key from widget to widget: who calls it has handled everything that came before."""

    __slots__ = ("_path", "_queue", "_rounds")
    _param_count = 0
    """What Textual would find out anew about each one."""

    def __init__(self, queue: KeyQueue, path: deque[DOMNode], rounds: int) -> None:
        self._queue, self._path, self._rounds = queue, path, rounds

    def __call__(self) -> None:
        self._queue.pass_on(self._path, self._rounds)


class KeyQueue:
    """Gives keys and pastes one after the other, in the order in which they came.

    One is under way at a time, until everything that it set off was handled. The next one waits until the
    screen or dialog on top has its focus and its first content, and nothing is about to open. If what was
    about to open fails, the keys that wait are thrown away with a bell: they were meant for it.
    """

    def __init__(self, app: App[Any], give: Callable[[events.Event], Awaitable[None]]) -> None:
        """`give` hands a key to what has the focus."""
        self._app = app
        self._give = give
        self._waiting: deque[events.Event] = deque()
        self._under_way = False
        self._holds = 0
        self._dialogs: WeakKeyDictionary[Worker[Any], Screen[Any]] = WeakKeyDictionary()
        """The dialogs for whose answers flows wait."""
        self._reads: set[Worker[Any]] = set()
        """Reads whose answers open something."""
        self._timer: Timer | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no key waits or is under way, and the next one would be given at once."""
        return not self._waiting and not self._under_way and self._is_ready()

    async def put(self, event: events.Event) -> None:
        """Give a key or paste in its turn."""
        self._waiting.append(event)
        await self._go_on()

    def wake(self) -> None:
        """Something has opened, closed, or got its content: look at once whether the next key may go on."""
        if self._waiting:
            self._app.call_later(self._go_on)

    def drop(self) -> None:
        """What the waiting keys were meant for never comes: no other screen gets them."""
        if self._waiting:
            self._waiting.clear()
            self._app.bell()

    def hold(self) -> None:
        """Keep keys waiting while screens are opened that nobody asked for by a key, until `release`."""
        self._holds += 1

    def release(self) -> None:
        """The opposite of `hold`."""
        self._holds -= 1
        self.wake()

    def asks(self, flow: Worker[Any], dialog: Screen[Any]) -> None:
        """A flow waits for the answer of a dialog: until then keys are for the dialog."""
        self._dialogs[flow] = dialog

    def opens(self, read: Worker[Any]) -> None:
        """The answer of a read will open something: keys wait for it."""
        self._reads.add(read)

    def has_ended(self, worker: Worker[Any]) -> None:
        """A worker has ended, and its answer was taken."""
        self._reads.discard(worker)
        self._dialogs.pop(worker, None)
        self.wake()

    # ------------------------------------------------------------------ one after the other

    async def _go_on(self) -> None:
        while self._waiting and not self._under_way and self._may_give(self._waiting[0]):
            event = self._waiting.popleft()
            if self._is_too_early(event):
                self._app.bell()
                continue
            self._under_way = True
            target = self._target
            await self._give(event)
            self._follow(target, ROUNDS)
        self._check_again(is_needed=bool(self._waiting))

    def _check_again(self, *, is_needed: bool) -> None:
        if not is_needed and self._timer is not None:
            self._timer.stop()
            self._timer = None
        elif is_needed and self._timer is None:
            self._timer = self._app.set_interval(CHECK_SECONDS, self._go_on)

    @property
    def _target(self) -> Widget:
        return self._app.focused or self._app.screen

    def _follow(self, target: Widget, rounds: int) -> None:
        """Send a word behind a key, from widget to widget as the key goes. Those that close are passed by."""
        path = deque(target.ancestors_with_self)
        if not path.popleft().post_message(events.Callback(Word(self, path, rounds))):
            self.pass_on(path, rounds)

    def pass_on(self, path: deque[DOMNode], rounds: int) -> None:
        """A word has come as far as the rest of its path."""
        while path:
            node = path.popleft()
            # What stands between a widget and its screen, and has nothing to do, did all that it was told.
            is_between = isinstance(node, Widget) and not isinstance(node, Screen)
            if is_between and not node.message_queue_size:
                continue
            if node.post_message(events.Callback(Word(self, path, rounds))):
                return
        if rounds > 1:
            self._follow(self._target, rounds - 1)
        else:
            self._under_way = False
            self.wake()

    # -------------------------------------------------------------------- whether it may go on

    def _may_give(self, event: events.Event) -> bool:
        screen = self._app.screen
        if not isinstance(screen, StoreAccess):
            return True
        if isinstance(event, events.Key) and event.key in WAYS_OUT:
            return screen.settled
        return self._is_ready() and screen.takes(event)

    def _is_ready(self) -> bool:
        screen = self._app.screen
        if self._holds or self._is_opening():
            return False
        return not isinstance(screen, StoreAccess) or screen.takes_keys

    def _is_opening(self) -> bool:
        """Whether a flow, or the answer of a read, is about to open something."""
        self._reads = {read for read in self._reads if read.node.is_attached}
        return bool(self._reads) or any(map(self._is_busy, self._app.workers))

    def _is_busy(self, worker: Worker[Any]) -> bool:
        if worker.group != FLOW or worker.is_finished:
            return False
        dialog = self._dialogs.get(worker)
        # One that was taken away without an answer never gives any: its flow opens nothing more.
        return dialog is None or (isinstance(dialog, Dialog) and dialog.answered)

    def _is_too_early(self, event: events.Event) -> bool:
        """Whether it came before a question about a loss was drawn: it cannot be the answer."""
        screen = self._app.screen
        return isinstance(screen, StoreAccess) and screen.needs_fresh_keys and event.time < screen.drawn_at
