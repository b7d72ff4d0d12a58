"""How screens and dialogs reach the store: one worker shape for all.

A thread, exclusive in its group, whose answer comes back as a message; an answer for something no
longer on screen is dropped. While something is being written its screen or dialog cannot be left, so
what came of it is always told, and what was typed is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar, cast

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from screens.places import Go, Place
from screens.recent_places import Recent
from screens.widgets.keys import shown_key
from store.errors import MusterError, NewerError, SignedOutError
from store.text import clean_text
from store.views import Actor
from store.views.account import Viewer
from store.views.queue import QueueView

if TYPE_CHECKING:
    # The first screen starts without it.
    from screens.draft_writer import DraftWriter

T = TypeVar("T")

FORMS = Path(__file__).with_name("forms.tcss")
"""The style sheet of fields and buttons, for the screens that have any: a start need not read it."""
DONE_SECONDS = 10
"""How long it stands that something was done which can be taken back."""
WRITE = "write"
"""The group of the workers that change something."""


class Away(NamedTuple):
    """Somebody works from another machine: where on this one reports go, and what fetches them from there,
    as in "ssh muster@school.example".
    """

    folder: Path
    ssh: str


class Host(Protocol):
    """What the program offers to its screens."""

    away: Away | None
    """None where the machine is their own."""

    viewer: Viewer
    recent: Recent
    """Where one was while the program runs."""
    opened_groups: frozenset[int] | None
    """What is opened up in the tree of groups while the program runs; None before the first look."""
    queue_view: QueueView
    """How the queue is looked at while the program runs, where nothing else is asked for."""
    members_by_need: bool
    """Whether the members of groups are listed by need rather than by name, while the program runs."""
    standing: str
    """What holds for as long as the program runs, for a line on every screen; empty as a rule."""

    @property
    def actor(self) -> Actor:
        """Who looks."""

    @property
    def draft_writer(self) -> DraftWriter:
        """Writes their drafts, and knows what they have open and what they did in this session."""

    def store_changed(self) -> None:
        """Everything on screen reads again what it shows."""

    def drop_keys(self) -> None:
        """Throw away the keys that wait, with a bell: what they were pressed for does not come."""

    def screen_stands(self) -> None:
        """A screen or dialog is there now: keys that were pressed for it may come."""

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more, and say why."""

    def outdated(self, error: NewerError) -> None:
        """A newer Muster has upgraded the database: keep what was typed, and ask to start it again."""

    def unexpected(self, error: BaseException) -> None:
        """Log a fault of the program itself, and say that there was one."""


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
    settled = False
    """Whether it stands and has its focus: keys mean something to it from then on."""

    UNDO_KEY: ClassVar[str] = "u"
    """The key that undoes the last thing here."""

    _host: Host | None = None

    @property
    def takes_keys(self) -> bool:
        """Whether keys mean to it what they are pressed for; until then they wait a moment."""
        return self.settled

    def on_mount(self) -> None:
        """After what the screen itself does here. The focus it asks for is given by the program, in turn."""
        self.call_after_refresh(self.app.call_later, self._settle)

    def _settle(self) -> None:
        self.settled = True
        self.host.screen_stands()

    @property
    def host(self) -> Host:
        """The program."""
        return self._host or cast(Host, self.app)

    @property
    def actor(self) -> Actor:
        """Who looks."""
        return self.host.actor

    def read(
        self,
        call: Callable[[], T],
        then: Callable[[T], None],
        *,
        group: str = "load",
        failed: Callable[[MusterError], None] | None = None,
    ) -> None:
        """Read something in a worker, then go on with it; a later call in the same group supersedes."""
        self.run_worker(
            partial(self._work, call, then, failed or self.show_error),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group=group,
        )

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
            self.host.store_changed()
            if then is not None:
                then(result)

        def refused(error: MusterError) -> None:
            self.writing = False
            (failed or self.show_error)(error)

        self.read(call, done, group=WRITE, failed=refused)

    def _work(
        self, call: Callable[[], T], then: Callable[[T], None], failed: Callable[[MusterError], None]
    ) -> None:
        worker = get_current_worker()
        deliver: Callable[[], None]
        try:
            deliver = partial(then, call())
        except MusterError as error:
            deliver = partial(failed, error)
        if not worker.is_cancelled:
            self.post_message(Answer(deliver))

    def on_answer(self, message: Answer) -> None:
        """Take what a worker found."""
        message.stop()
        if self.is_attached:
            message.deliver()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that failed otherwise met a fault of the program itself."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            if event.worker.group == WRITE:
                self.writing = False
            self.host.unexpected(event.worker.error)

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

    def say_done(self, text: str, *, what: str = "it") -> None:
        """Say what was done, and how to take `what` back while it is fresh."""
        # What an earlier word offers to take back is not the last thing any more.
        self.app.clear_notifications()
        self.say(f"{text} {shown_key(self, self.UNDO_KEY)} takes {what} back.", seconds=DONE_SECONDS)

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and wait for its answer; call it in a flow, an async `@work`.

        None at once if something else is on top already: of a key pressed twice the second means nothing.
        """
        if not self.on_top:
            return None
        answer: T = await self.app.push_screen_wait(dialog)
        return answer

    def go(self, place: Place, *, above: bool = False) -> None:
        """Show another place; with `above` Esc leads back here, also where it is open underneath already."""
        self.app.post_message(Go(place, above))
