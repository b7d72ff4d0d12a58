"""How screens and dialogs reach the store: one worker shape for all.

A thread, exclusive in its group, whose answer comes back as a message; an answer for something no
longer on screen is dropped. While something is being written its screen or dialog cannot be left, so
what came of it is always told, and what was typed is still there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState, get_current_worker

from screens.compositor import SeenCompositor
from screens.host import Host
from screens.places import Go, Place
from screens.widgets.keys import key_in_words, take_remaps
from store import database
from store.errors import LostError, MusterError, NewerError, SignedOutError
from store.text import clean_text
from store.views import Actor

T = TypeVar("T")

FORMS = Path(__file__).with_name("forms.tcss")
"""The style sheet of fields and buttons, for the screens that have any: a start need not read it."""
DONE_SECONDS = 10
"""Seconds for which it is said that something was done, and how to undo it."""
BLANK_SECONDS = 0.5
"""How long the screen before stays visible while one opens."""
LOAD = "load"
"""The group of the workers that read what a screen shows."""
WRITE = "write"
"""The group of the workers that change something."""
FLOW = "default"
"""The group of the workers that run flows: the one that Textual gives where none is named."""


class Answer(Message):
    """What a worker found, with what is to be done with it."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


class StoreAccess(Screen[Any]):
    """Mixed into screens and dialogs: work in the store without holding up the keys.

    A screen itself: Textual takes style rules from the first base of a class only, whichever that is.
    """

    writing = False
    changed_here = False
    """Whether the viewer changed something since it was last read."""
    settled = False
    """Whether it is drawn and has its focus: it takes keys from then on."""

    UNDO_KEY: ClassVar[str] = "u"
    """The key that undoes the last thing here."""

    _host: Host | None = None

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the focus and what had it are drawn anew, and not everything."""

    needs_fresh_keys = False
    """Whether only keys count that were pressed after it was drawn: it asks about a loss."""
    drawn_at = math.inf
    """When it was first on screen, by the monotonic clock."""
    drawn_anew_at = math.inf
    """When it was drawn since this was set to infinity."""
    _awaits_content = False
    _has_content = False
    is_undrawn = False
    """Whether the screen before is still seen in its place."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name, id, classes)
        self._compositor = SeenCompositor()

    @property
    def takes_keys(self) -> bool:
        """Whether it is drawn and has its first content. Until then keys wait."""
        return self.settled and not self._awaits_content and not self.is_undrawn

    def takes(self, event: events.Event) -> bool:
        """Whether a key or paste means something already to a screen that takes keys."""
        return True

    def on_compose(self) -> None:
        """Set the classes for its width before it has widgets: later, all of them would be styled again."""
        size, steps = self.app.size, self.HORIZONTAL_BREAKPOINTS or self.app.HORIZONTAL_BREAKPOINTS or []
        fitting = [name for least, name in sorted(steps) if least <= size.width]
        self.update_classes({name: name == fitting[-1] for _, name in steps} if fitting else {}, update=False)
        # Its own style sheet came after it was styled itself.
        self.app.stylesheet.apply(self)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Do not style it again: mounting it did that, and a change of the theme does."""
        event.refresh_styles = False

    def draw_with_content(self) -> None:
        """Draw nothing until `draw`, or until a moment has passed: the screen before stays visible."""
        self.is_undrawn = True
        self.set_timer(BLANK_SECONDS, self.draw)

    def draw_laid_out(self, rounds: int = 1) -> None:
        """Draw it once it is laid out, which takes so many rounds."""
        if rounds:
            self.call_after_refresh(self.draw_laid_out, rounds - 1)
        else:
            self.draw()

    def draw(self) -> None:
        """Draw it now, if that had to wait."""
        if self.is_undrawn:
            self.is_undrawn = False
            self._compositor_refresh()
            self.host.key_queue.wake()

    def _compositor_refresh(self) -> None:
        # What is to be drawn stays noted until it is.
        if not self.is_undrawn:
            super()._compositor_refresh()
            self.drawn_anew_at = min(self.drawn_anew_at, time.monotonic())

    def _screen_resized(self, size: Size) -> None:
        # Textual lays a new screen out twice, and the covered one below it as well, which is laid out
        # anyway when it comes to the front.
        if self.is_current and self._compositor.size != size:
            super()._screen_resized(size)

    @property
    def is_current(self) -> bool:
        """Whether it can be seen: under a dialog, too, but not under a screen, which covers everything."""
        top = self.app.screen
        return super().is_current and (top is self or top.is_modal)

    def on_mount(self) -> None:
        """After what the screen itself does here. The focus it asks for is given by the program, in turn."""
        take_remaps(self, self.app._keymap)
        self.call_after_refresh(self.app.call_later, self._settle)

    def _settle(self) -> None:
        self.settled, self.drawn_at = True, time.monotonic()
        self.host.key_queue.wake()

    @property
    def host(self) -> Host:
        """The program."""
        return self._host or cast(Host, self.app)

    @property
    def actor(self) -> Actor:
        """Who is signed in."""
        return self.host.actor

    def read(
        self,
        call: Callable[[], T],
        then: Callable[[T], None],
        *,
        group: str = LOAD,
        failed: Callable[[MusterError], None] | None = None,
        opens: bool = False,
    ) -> None:
        """Read something in a worker, then go on with it; a later call in the same group supersedes.

        If going on `opens` something, or decides what the next key is about, keys wait for that. They wait
        for the first content of a screen as well, which is what is read first in the group `LOAD`.
        """
        is_content = group == LOAD and not self._has_content
        fail = failed or self.show_error

        def refused(error: MusterError) -> None:
            if opens or is_content:
                self.host.key_queue.drop()
            fail(error)

        self._awaits_content |= is_content
        worker = self.run_worker(
            partial(self._work, call, then, refused),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group=group,
        )
        if opens:
            self.host.key_queue.opens(worker)

    def write(
        self,
        call: Callable[[], T],
        then: Callable[[T], None] | None = None,
        *,
        failed: Callable[[MusterError], None] | None = None,
    ) -> None:
        """Change something in a worker, then tell everybody on screen. One change at a time."""
        if self.writing:
            self.app.bell()
            return
        self.writing = True

        def done(result: T) -> None:
            self.writing = False
            for screen in self.app.screen_stack:
                if isinstance(screen, StoreAccess):
                    screen.changed_here = True
            self.host.store_changed()
            if then is not None:
                then(result)

        def refused(error: MusterError) -> None:
            self.writing = False
            # They were meant for what would have come after it.
            self.host.key_queue.drop()
            (failed or self.show_error)(error)

        self.read(call, done, group=WRITE, failed=refused)

    def _work(
        self, call: Callable[[], T], then: Callable[[T], None], failed: Callable[[MusterError], None]
    ) -> None:
        worker = get_current_worker()
        deliver: Callable[[], None]
        until = time.monotonic() + (database.RETURN_SECONDS if worker.group == WRITE else 0)
        while True:
            before = database.kept()
            try:
                deliver = partial(then, call())
            except LostError as error:
                may_repeat = database.kept() == before and time.monotonic() < until
                if may_repeat and not worker.is_cancelled:
                    # Nothing was changed: what was pressed is done once the server is back.
                    time.sleep(database.RETRY_SECONDS)
                    continue
                deliver = partial(failed, error)
            except MusterError as error:
                deliver = partial(failed, error)
            break
        if not worker.is_cancelled:
            self.post_message(Answer(deliver))

    @on(Answer)
    def _take_answer(self, message: Answer) -> None:
        """Take what a worker found."""
        message.stop()
        if self.is_attached:
            message.deliver()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Log a worker that failed with anything else than a MusterError: that is a fault of the program."""
        worker = event.worker
        if worker.group == LOAD and event.state in (WorkerState.SUCCESS, WorkerState.ERROR):
            self._has_content, self._awaits_content = True, False
        if worker.is_finished:
            self.host.key_queue.has_ended(worker)
        if event.state is WorkerState.ERROR and worker.error is not None:
            if worker.group == WRITE:
                self.writing = False
            self.host.key_queue.drop()
            self.host.unexpected(worker.error)

    @property
    def on_top(self) -> bool:
        """Whether this is what one works in. `is_current` is true of what shows through a dialog as well."""
        return self.app.screen is self

    def may_leave(self) -> bool:
        """Whether nothing is being written; otherwise a bell says that it takes a moment."""
        if self.writing:
            self.app.bell()
        return not self.writing

    def show_error(self, error: MusterError) -> None:
        """Say what was refused, and why."""
        if isinstance(error, SignedOutError):
            self.host.sign_out(error)
            return
        if isinstance(error, NewerError):
            self.host.outdated(error)
            return
        self.app.notify(
            clean_text(error.message), title=error.title, severity="error", timeout=8, markup=False
        )

    def say(self, text: str, *, seconds: float = 4) -> None:
        """A quiet word that something was done."""
        self.app.notify(clean_text(text), timeout=seconds, markup=False)

    def note_done(self, *, may_undo: bool = True) -> None:
        """Something was done that can be undone; or nothing of that is left in this session."""
        if self.host.may_undo is not may_undo:
            self.host.may_undo = may_undo
            self.app.screen.refresh_bindings()

    def say_done(self, text: str) -> None:
        """Say what was done, and by which key it is undone."""
        self.note_done()
        # What an earlier message offers to undo is not the last action any more.
        self.app.clear_notifications()
        # This screen may have been left meanwhile: what counts is the key that works where one is now.
        top = self.app.screen
        here = top if isinstance(top, StoreAccess) else self
        self.say(f"{text} Press {key_in_words(here, here.UNDO_KEY)} to undo.", seconds=DONE_SECONDS)

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and wait for its answer; call it in a flow, an async `@work`.

        None at once if something else is on top already: of a key pressed twice the second means nothing.
        """
        if not self.on_top:
            return None
        self.host.key_queue.asks(get_current_worker(), dialog)
        answer: T = await self.app.push_screen_wait(dialog)
        return answer

    def go(self, place: Place, *, above: bool = False) -> None:
        """Show another place; with `above` Esc leads back here, also where it is open underneath already."""
        self.app.post_message(Go(place, above))
