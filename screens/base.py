"""What all screens and dialogs share: how they reach the store, follow it, and say what went wrong.

Reads go store → view → screen → widgets, writes go key → action → worker → store → "store changed" →
reload. There is one worker shape: a thread, exclusive in its group, whose answer comes back as a
message; an answer for something no longer on screen is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.worker import Worker, WorkerState, get_current_worker

from screens.messages import Crumb, Go, Home, Place, StoreChanged
from screens.unsaved import Unsaved
from screens.widgets.key_bar import KeyBar
from screens.widgets.row_list import Row, RowList
from screens.widgets.row_source import WINDOW
from screens.widgets.too_small import TooSmall
from screens.widgets.top_bar import TopBar
from store import people
from store.errors import MusterError, NotFoundError, SignedOutError
from store.text import clean_text
from store.views import Actor, Page, Viewer

T = TypeVar("T")
State = TypeVar("State")
Result = TypeVar("Result")


class Host(Protocol):
    """What the program offers to its screens."""

    viewer: Viewer
    unsaved: Unsaved
    """What was typed into reviews and not saved."""
    opened_groups: frozenset[int] | None
    """What is opened up in the tree of groups while the program runs; None before the first look."""

    @property
    def actor(self) -> Actor:
        """Who looks."""

    def store_changed(self) -> None:
        """Everything on screen reads again what it shows."""

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more, and say why."""

    def unexpected(self, error: BaseException) -> None:
        """Log a fault of the program itself, and say that there was one."""


class Answer(Message):
    """What a worker found, with what is to be done with it."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


class StoreWork(Screen[Any]):
    """Mixed into screens and dialogs: work in the store without holding up the keys.

    A screen itself: Textual takes style rules from the first base of a class only, whichever that is.
    """

    writing = False

    _host: Host | None = None

    @property
    def host(self) -> Host:
        """The program."""
        return self._host or cast(Host, self.app)

    @property
    def actor(self) -> Actor:
        """Who looks."""
        return self.host.actor

    def look(
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

    def act(
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

        self.look(call, done, group="write", failed=refused)

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
            self.writing = False
            self.host.unexpected(event.worker.error)

    def show_error(self, error: MusterError) -> None:
        """Say what was refused, and why."""
        if isinstance(error, SignedOutError):
            self.host.sign_out(error)
            return
        self.app.notify(
            clean_text(error.message), title=error.title, severity="error", timeout=8, markup=False
        )

    def say(self, text: str) -> None:
        """A quiet word that something was done."""
        self.app.notify(clean_text(text), timeout=4, markup=False)

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and wait for its answer; call it in a flow, an async `@work`.

        None at once if something else is on top already: of a key pressed twice the second means nothing.
        """
        if not self.is_current:
            return None
        answer: T = await self.app.push_screen_wait(dialog)
        return answer

    def go(self, place: Place) -> None:
        """Show another place."""
        self.app.post_message(Go(place))


class MusterScreen(StoreWork, Generic[State]):
    """A screen with the path at the top, the keys at the bottom, and a state read from the store."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="screen.back", tooltip="Back to where you came from"),
        Binding(
            "f5",
            "reload",
            "Read again",
            show=False,
            id="screen.reload",
            tooltip="Read everything on screen again",
        ),
    ]

    AUTO_FOCUS = "RowList"

    place: Place | None = None
    state: State | None = None
    _stale = False
    _generation = 0
    _prepared: tuple[State, dict[str, Page[Row]]] | None = None

    def compose(self) -> ComposeResult:
        """The frame; what is in it is the screen's own."""
        yield TopBar()
        yield from self.compose_body()
        yield KeyBar()
        yield TooSmall()

    def compose_body(self) -> ComposeResult:
        """The widgets between the path and the keys."""
        yield from ()

    def fetch(self) -> State:
        """Read what the screen shows. Runs in a worker: touch no widget here."""
        raise NotImplementedError

    def show(self, state: State) -> None:
        """Show what was read."""
        raise NotImplementedError

    def crumbs(self, state: State) -> tuple[Crumb, ...]:
        """The path at the top."""
        raise NotImplementedError

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """For each list that is read in windows, by its id: how to read one (offset, limit) in a worker."""
        return {}

    # ------------------------------------------------------------------ reading

    def prepare(self, host: Host) -> None:
        """Read everything before the program runs, so that the first thing it draws is whole.

        Only for the first screen, and only while there is no event loop to hold up. Raises what
        reading raises.
        """
        self._host = host
        state = self._fetch_all()
        self._prepared = state, {name: read(0, WINDOW) for name, read in self.windows().items()}

    def on_mount(self) -> None:
        """Read the first time, unless that was done ahead."""
        if self._prepared is None:
            self.action_reload()
            return
        state, pages = self._prepared
        self._prepared = None
        self._arrived(state)
        for list_id, page in pages.items():
            rows = self.query_one(f"#{list_id}", RowList)
            rows.supply(page.offset, page.rows, total=page.total, generation=self._generation)

    def on_screen_resume(self) -> None:
        """Back in front: read again if something was changed meanwhile."""
        if self._stale:
            self.action_reload()

    def store_changed(self) -> None:
        """Something was changed: read again now, or when back in front."""
        self._stale = True
        if self.is_current:
            self.action_reload()

    def action_reload(self) -> None:
        """Read everything on screen again; the cursor stays on the same thing."""
        self._stale = False
        self.look(self._fetch_all, self._arrived, failed=self._gone)

    def _fetch_all(self) -> State:
        self.host.viewer = people.viewer(self.actor)
        return self.fetch()

    def _arrived(self, state: State) -> None:
        first = self.state is None
        self.state = state
        # One repaint for all that changes, however many widgets it is spread over.
        with self.app.batch_update():
            self.query_one(TopBar).show(self.crumbs(state), self.host.viewer)
            self._generation += 1
            for list_id in self.windows():
                rows = self.query_one(f"#{list_id}", RowList)
                if first:
                    rows.reset_source(self._generation)
                else:
                    rows.refresh_source(self._generation)
            self.show(state)
        self.refresh_bindings()

    def _gone(self, error: MusterError) -> None:
        """What the screen shows went away: leave it, but never the last one."""
        self.show_error(error)
        if isinstance(error, NotFoundError) and self.is_current and self.has_below:
            self.app.pop_screen()

    def reset_list(self, list_id: str) -> None:
        """Read a windowed list anew from its start: another filter, say."""
        self._generation += 1
        self.query_one(f"#{list_id}", RowList).reset_source(self._generation)

    def on_row_list_wanted(self, message: RowList.Wanted) -> None:
        """Rows came into view that are not known yet: read their window."""
        message.stop()
        rows = message.list
        read = self.windows().get(rows.id or "")
        if read is None:
            return

        def supply(page: Page[Row]) -> None:
            rows.supply(page.offset, page.rows, total=page.total, generation=message.generation)

        self.look(partial(read, message.offset, message.limit), supply, group=f"rows-{rows.id}")

    # ------------------------------------------------------------------- moving

    @property
    def has_below(self) -> bool:
        """Whether there is a screen to go back to."""
        stack = self.app.screen_stack
        return len(stack) > 1 and isinstance(stack[-2], MusterScreen)

    def action_back(self) -> None:
        """Back to the screen below; on the first one there is nothing below."""
        if self.has_below:
            self.app.pop_screen()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the way back where there is none."""
        if action == "back":
            return self.has_below
        return True

    def on_top_bar_crumb_chosen(self, message: TopBar.CrumbChosen) -> None:
        """A step of the path was clicked."""
        message.stop()
        self.go(message.place)


class Dialog(ModalScreen[Result | None], StoreWork, Generic[Result]):
    """A dialog: answers with a result, or with None when it is left by Esc."""

    AUTO_FOCUS = "*"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Leave without doing anything"),
    ]

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


HOME = Crumb("Home", Home())

__all__ = ["HOME", "Answer", "Crumb", "Dialog", "Host", "MusterScreen", "StoreChanged", "StoreWork"]
