"""What all screens share: the frame, and following the store.

Reads go store → view → screen → widgets, writes go key → action → worker → store → "store changed" →
reload.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar
from weakref import WeakSet

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Button
from textual.worker import Worker, WorkerState

from screens.host import Host
from screens.places import Crumb, HomePlace, Place
from screens.store_access import FORMS, LOAD, StoreAccess
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row, RowList
from screens.widgets.list.source import WINDOW
from screens.widgets.standing_line import StandingLine
from screens.widgets.top_bar import TopBar
from store import database, signing_in
from store.errors import MusterError, NotFoundError
from store.views import Page
from store.views.account import Viewer

State = TypeVar("State")
SHOWN_SECONDS = 60
"""How long what was read need not be shown again if it is read as it was: texts such as "3 min ago" age."""
ASIDE = frozenset({"key", "reply", "report"})
"""The kinds of changes beside the work: keys, saved replies, and that somebody took a report."""
Result = TypeVar("Result")


class MusterScreen(StoreAccess, Generic[State]):
    """A screen with the path at the top, the keys at the bottom, and a state read from the store."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("screen.back", "escape", "back", "Back", "Back to where you came from", show=True),
        key("screen.reload", "f5", "reload", "Refresh", "Reload everything on screen"),
    ]

    AUTO_FOCUS = "RowList"

    SHOWS_CHANGES_ONLY: ClassVar[bool] = False
    """Whether what was read as it was before need not be shown again, nor anything be read with it."""

    LAYOUT_ROUNDS: ClassVar[int] = 1
    """How often it is laid out before it is drawn: more than once where sizes change one another."""

    UNCONCERNED: ClassVar[frozenset[str]] = frozenset()
    """The kinds of changes that alter nothing here, see `ChangeWatch.kinds`: at others it is read again."""

    BLANK = True
    """Widgets draw all that is seen; Textual need not work out the ground under them at every key."""

    place: Place | None = None
    state: State | None = None
    _stale = False
    _awaited: RowList | None = None
    """A list for which other rows are being read with the state."""
    _moment = 0
    _generation = 0
    _shown: tuple[Viewer, State] | None = None
    _shown_until = 0.0
    _prepared: tuple[State, dict[str, Page[Row]]] | None = None

    def __init__(self) -> None:
        super().__init__()
        self._unread_lists: WeakSet[RowList] = WeakSet()
        """Lists whose rows could not be read."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The ground. Textual takes no colour from one that is `BLANK`, whatever NO_COLOR says."""
        lines = super().render_lines(crop)
        if self.app.no_color:
            ground = self.background_colors[1]
            for taken in self.get_line_filters():
                lines = [line.apply_filter(taken, ground) for line in lines]
        return lines

    def compose(self) -> ComposeResult:
        """The frame; what is in it is the screen's own."""
        yield TopBar()
        if self.host.standing:
            yield StandingLine(self.host.standing)
        yield from self.compose_body()
        yield KeyBar(lambda: self.host.may_undo)

    def compose_body(self) -> ComposeResult:
        """The widgets between the path and the keys."""
        yield from ()

    def show_standing(self) -> None:
        """Say what holds from now on in the line for that."""
        if self.query(StandingLine):
            self.query_one(StandingLine).say(self.host.standing)
        elif self.query(TopBar):
            self.mount(StandingLine(self.host.standing), after=self.query_one(TopBar))

    def fetch(self, viewer: Viewer) -> State:
        """Read what the screen shows for somebody. Runs in a worker: touch no widget here."""
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

    @property
    def here(self) -> Place | None:
        """The place as it stands now, to come back to."""
        return self.place

    # ------------------------------------------------------------------ reading

    def prepare(self, host: Host) -> None:
        """Read everything before the program runs, so that the first thing it draws is whole.

        Only for the first screen, and only while there is no event loop to hold up. Raises what
        reading raises.
        """
        self._host = host
        with database.reading():
            state = self.fetch(host.viewer)
            pages = {name: read(0, WINDOW) for name, read in self.windows().items()}
        self._prepared = state, pages

    def on_compose(self) -> None:
        """What it shows is read first, but for the screen that a start begins with: that has it."""
        if self._prepared is None:
            self.draw_with_content()

    def on_mount(self) -> None:
        """Read the first time, unless that was done ahead."""
        self._moment = self.host.recent.moment()
        if self._prepared is None:
            self.action_reload()
            return
        state, pages = self._prepared
        self._prepared = None
        self._arrived((self.host.viewer, state))
        for list_id, page in pages.items():
            rows = self.query_one(f"#{list_id}", RowList)
            rows.supply(page.offset, page.rows, total=page.total, generation=self._generation)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Back in front: read again if something was changed meanwhile."""
        # Screens that are left at one go are each in front for no longer than it takes.
        if self._stale and self.is_current:
            self.draw_with_content()
            self.action_reload()

    def store_changed(self) -> None:
        """Something was changed: read again now, or when back in front."""
        self._stale = True
        # What shows through a dialog as well.
        if self.is_current:
            self.action_reload()

    def action_reload(self) -> None:
        """Reload everything on screen; the cursor stays on the same thing."""
        self._stale = False
        self.read(self.fetch_all, self._arrived, failed=self._gone)

    def reload_list(self, rows: RowList) -> None:
        """Reload everything, since this list is to show other rows: its keys wait for them."""
        self._awaited = rows
        self.action_reload()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was read last is there, or could not be read."""
        if event.worker.group == LOAD and event.state in (WorkerState.SUCCESS, WorkerState.ERROR):
            self._awaited = None
        if event.state is WorkerState.ERROR:
            self._unread_lists |= self.query(RowList)

    def fetch_all(self) -> tuple[Viewer, State]:
        """Read what the screen shows, and for whom. In a worker."""
        # One moment for all look-ups, however many there are: nothing is counted twice or missed.
        with database.reading():
            viewer = signing_in.viewer(self.actor)
            return viewer, self.fetch(viewer)

    def _arrived(self, found: tuple[Viewer, State]) -> None:
        first = self.state is None
        is_shown = found == self._shown and time.monotonic() < self._shown_until
        self.changed_here = False
        self.host.viewer, self.state = self._shown = found
        state = found[1]
        if not self.windows():
            self.draw_laid_out(self.LAYOUT_ROUNDS)
        if is_shown and self.SHOWS_CHANGES_ONLY:
            return
        self._shown_until = time.monotonic() + SHOWN_SECONDS
        # One repaint for all that changes, however many widgets it is spread over.
        with self.app.batch_update():
            crumbs = self.crumbs(state)
            if self.on_top:
                self.host.recent.note(self.visited, crumbs)
            elif first:
                # They went on before it was there. What is read again underneath is not gone to.
                self.host.recent.note(self.visited, crumbs, self._moment)
            self.query_one(TopBar).show(crumbs, self.host.viewer)
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
        """What the screen shows went away: leave it, but never the last one. Who did that knows it."""
        if self._awaited is not None:
            self.host.key_queue.drop()
        self.draw()
        if not (self.changed_here and isinstance(error, NotFoundError)):
            self.show_error(error)
        # Under a dialog it is left once the dialog is gone.
        self._stale = self._stale or not self.on_top
        if isinstance(error, NotFoundError) and self.on_top and self.has_below:
            self.app.pop_screen()

    def reset_list(self, list_id: str) -> None:
        """Read a windowed list again from its start, for another filter, say."""
        self._generation += 1
        self.query_one(f"#{list_id}", RowList).reset_source(self._generation)

    @on(RowList.Wanted)
    def _rows_wanted(self, message: RowList.Wanted) -> None:
        """Rows came into view that are not known yet: read their window."""
        message.stop()
        rows = message.list
        read = self.windows().get(rows.id or "")
        if read is None:
            return

        def window() -> Page[Row]:
            with database.reading():
                return read(message.offset, message.limit)

        def supply(page: Page[Row]) -> None:
            rows.supply(page.offset, page.rows, total=page.total, generation=message.generation)
            if message.generation == self._generation:
                self.rows_came(rows, page)
            self.draw_laid_out()

        def failed(error: MusterError) -> None:
            self._unread_lists.add(rows)
            self.host.key_queue.drop()
            self.show_error(error)

        self._unread_lists.discard(rows)
        self.read(window, supply, group=f"rows-{rows.id}", failed=failed)

    @property
    def takes_keys(self) -> bool:
        """Also not before the list in which one is has its rows, unless they could not be read."""
        rows = self.focused
        if not super().takes_keys or not isinstance(rows, RowList):
            return super().takes_keys
        return rows is not self._awaited and (not rows.awaits_rows or rows in self._unread_lists)

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """A window of a list was read, and is shown."""

    # ------------------------------------------------------------------- moving

    def shows(self, place: Place) -> bool:
        """Whether this is the screen to come back to for a place."""
        return self.place == place

    @property
    def visited(self) -> Place | None:
        """What is remembered as a place where one was."""
        return self.place

    @property
    def has_below(self) -> bool:
        """Whether there is a screen to go back to."""
        stack = self.app.screen_stack
        return len(stack) > 1 and isinstance(stack[-2], MusterScreen)

    def action_back(self) -> None:
        """Back to the screen below; on the first one there is nothing below."""
        if self.has_below and self.may_leave():
            self.app.pop_screen()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the way back where there is none."""
        if action == "back":
            return self.has_below
        return True

    @on(TopBar.CrumbChosen)
    def _crumb_chosen(self, message: TopBar.CrumbChosen) -> None:
        """A step of the path was clicked."""
        message.stop()
        self.go(message.place)


class Dialog(ModalScreen[Result | None], StoreAccess, Generic[Result]):
    """A dialog: answers with a result, or with None when it is left by Esc."""

    AUTO_FOCUS = "*"
    CSS_PATH = FORMS

    BINDINGS: ClassVar[list[BindingType]] = [
        key("dialog.cancel", "escape", "cancel", "Cancel", "Close this without doing anything", show=True),
        key("dialog.help", "f1", "app.help", "Keys", "Keyboard shortcuts, also while you type"),
        key(
            "dialog.button-before",
            "left,h",
            "button(-1)",
            "Button before",
            "From a button to the one at its left",
        ),
        key(
            "dialog.next-button",
            "right,l",
            "button(1)",
            "Next button",
            "From a button to the one at its right",
        ),
    ]

    answered = False

    @property
    def takes_keys(self) -> bool:
        """Also not while something is being written: keys are for what comes after it."""
        return super().takes_keys and not self.writing

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Answer, once: of keys that arrive together the first counts, and nothing underneath is left."""
        if self.answered:
            return AwaitComplete()
        self.answered = True
        return super().dismiss(result)

    def action_button(self, step: int) -> None:
        """From a button to the one beside it; elsewhere nothing."""
        focused = self.focused
        if not isinstance(focused, Button) or focused.parent is None:
            return
        buttons = [
            each for each in focused.parent.query_children(Button) if each.display and not each.disabled
        ]
        at = buttons.index(focused) + step
        if 0 <= at < len(buttons):
            self.set_focus(buttons[at])

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        if self.may_leave():
            self.dismiss(None)


HOME = Crumb("Home", HomePlace())
