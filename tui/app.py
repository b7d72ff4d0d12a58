"""The program itself: the stack of screens, and following the database."""

# ruff: noqa: PLC0415 - screens and dialogs are imported when they are first opened: imports are most of the start

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import constants, events, on, work
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from screens.base import MusterScreen
from screens.host import Away
from screens.places import (
    AuditLogPlace,
    CommunityPlace,
    DraftsPlace,
    Go,
    HomePlace,
    KeysPlace,
    MyActionsPlace,
    Place,
    QueuePlace,
    SessionsPlace,
    SitesPlace,
    StoreChanged,
)
from screens.recent_places import Recent
from screens.store_access import FORMS
from screens.too_small import cover
from screens.widgets.keys import NO_KEY, take_remaps
from screens.widgets.top_bar import TopBar
from store import clock, signing_in
from store.change_watch import ANYTHING
from store.errors import NewerError, SignedOutError, StorageError
from store.views import Actor
from store.views.account import Viewer
from store.views.queue import QueueView
from tui import global_actions, navigation, notices, refresh, theme
from tui.config import DEFAULTS, Config
from tui.fault_log import write_down
from tui.key_queue import KeyQueue
from tui.leaving import Leaving
from tui.navigation import screen_for
from tui.session import Session
from tui.terminal import bound_size

if TYPE_CHECKING:
    from screens.draft_writer import DraftWriter
    from screens.first_run import Create

FUNCTION_KEY = re.compile(r"f\d+")
INPUT = events.Key | events.Paste | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp
"""What shows that somebody is there."""
GLANCE = 1.0
"""Seconds for which a notification stays, whatever key is pressed."""
SETTLING_SECONDS = 0.2
"""After the start, until work in the background begins."""


class MusterApp(App[str]):
    """Muster for one person, or without a session the form that makes the first one.

    Ends with a sentence when the person was signed out, else with nothing.
    """

    TITLE = "Muster"
    CSS_PATH = str(Path(__file__).with_name("muster.tcss"))
    AUTO_FOCUS = None
    # Muster has its own way of finding things, which draws text from people as text.
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (120, "-pane")]
    BINDINGS = global_actions.KEYS

    action_home = global_actions.going_to(HomePlace)
    action_community = global_actions.going_to(CommunityPlace)
    action_queue = global_actions.going_to(QueuePlace)
    action_drafts = global_actions.going_to(DraftsPlace)
    action_history = global_actions.going_to(MyActionsPlace)
    action_my_keys = global_actions.going_to(KeysPlace)
    action_sessions = global_actions.going_to(SessionsPlace)
    action_sites = global_actions.going_to(SitesPlace)
    action_audit_log = global_actions.going_to(AuditLogPlace)
    action_replies = global_actions.manage_replies
    action_release_marks = global_actions.release_marks
    action_add_person = global_actions.add_person
    action_undo = global_actions.undo
    action_find = global_actions.find
    action_actions = global_actions.search_actions
    action_every_action = global_actions.every_action
    action_main_menu = global_actions.show_menu
    action_help = global_actions.show_keys
    action_theme = global_actions.pick_theme
    action_redraw = global_actions.redraw

    def __init__(
        self,
        session: Session | None = None,
        account_name: str = "",
        config: Config = DEFAULTS,
        *,
        create: Create | None = None,
    ) -> None:
        """Without a session the first-run form opens, with `account_name` filled in.

        `create` makes the account and its first admin; without it they go into the open database.
        """
        if not os.environ.get("NO_COLOR"):
            # Empty, it asks for nothing (no-color.org); Textual looks whether it is there.
            os.environ.pop("NO_COLOR", None)
        # The screen that a start begins with brings no style sheet of its own.
        super().__init__(css_path=None if session else [self.CSS_PATH, FORMS])
        self.session = session
        self.config = config
        self.opened_groups: frozenset[int] | None = None
        self.queue_view = QueueView()
        self.members_by_need = False
        self.began, self.may_undo = clock.now(), False
        self.recent = Recent()
        self.away: Away | None = None
        self.standing = ""
        self._account_name = account_name
        self._create = create
        self._home = screen_for(HomePlace()) if session is not None else None
        self.fault = ""
        """Where the log has what ended the program, if a fault of its own did."""
        self.leaving = Leaving(self)
        self._stop = Event()
        self.presence = refresh.Presence()
        self.key_queue = KeyQueue(self, self._give)
        self._is_outdated = False
        self._said_at = 0.0
        theme.register(self)
        self.theme = theme.chosen(session.theme if session else None, config.theme)
        self.set_keymap(dict(config.keys))
        take_remaps(self, config.keys)
        self.animation_level = "none"

    def get_key_display(self, binding: Binding) -> str:
        """How a key is shown; nothing for a binding whose key was given to another one."""
        if binding.key == NO_KEY:
            return ""
        if binding.id == "app.help" and self.focused and self.focused.check_consume_key(binding.key, "?"):
            # There it is typed.
            return self.config.keys.get("app.help-anywhere", "f1").upper()
        shown = super().get_key_display(binding)
        return shown.upper() if FUNCTION_KEY.fullmatch(shown) else shown

    def get_driver_class(self) -> type[Driver]:
        """What reads the terminal, and draws on it."""
        found = super().get_driver_class()
        if sys.platform == "win32" or constants.DRIVER is not None:
            return found
        from tui.driver import TerminalDriver

        return TerminalDriver

    # ----------------------------------------------------------- for the screens

    @property
    def _signed_in(self) -> Session:
        if self.session is None:
            raise RuntimeError("Nobody has signed in yet.")
        return self.session

    @property
    def actor(self) -> Actor:
        """Who is signed in."""
        return self._signed_in.actor

    @property
    def viewer(self) -> Viewer:
        """What they may do, as it was last read."""
        return self._signed_in.viewer

    @viewer.setter
    def viewer(self, viewer: Viewer) -> None:
        self._signed_in.viewer = viewer

    @property
    def draft_writer(self) -> DraftWriter:
        """Writes their drafts, and knows what they have open and what they did in this session."""
        if self.leaving.writer is None:
            from screens.draft_writer import DraftWriter

            self.leaving.writer = DraftWriter(self, self.actor, self.store_changed)
        return self.leaving.writer

    def store_changed(self, kinds: frozenset[str] = ANYTHING) -> None:
        """Every screen that shows something of these kinds reads it again, see `ChangeWatch.kinds`."""
        for screen in self.screen_stack:
            if isinstance(screen, MusterScreen) and kinds - screen.UNCONCERNED:
                screen.store_changed()

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more, and say why on the way out."""
        self.leaving.sign_out(error)

    def outdated(self, error: NewerError) -> None:
        """Write what was typed into files, which the new program finds, and ask to start it.

        What stands in other forms stays on screen: nothing here can read or write the database any more.
        """
        if not self._is_outdated:
            self._is_outdated = True
            is_kept = self.leaving.put_all_aside()
            kept = "Your drafts are kept:" if is_kept else "Copy what you typed last, then"
            notices.say_lasting(self, f"Muster was upgraded. {kept} quit and start it again.")
        # One is enough, however many screens could not read.
        self.clear_notifications()
        notices.warn(self, error.message, "Start Muster again", seconds=10)

    def unexpected(self, error: BaseException) -> None:
        """Log a fault of the program itself, and say that there was one."""
        notices.tell_of_fault(self, write_down(error))

    # ------------------------------------------------------------------- running

    def prepare(self) -> None:
        """Read Home before there is an event loop: the first thing drawn is whole."""
        if self._home is not None:
            self._home.prepare(self)

    def get_default_screen(self) -> Screen[Any]:
        """Home is the lowest screen, rather than a blank one under it."""
        if self._home is not None:
            return self._home
        from screens.first_run import FirstRunScreen
        from store import setup

        return FirstRunScreen(self._create or setup.create, self.begin, self._account_name)

    def begin(self, actor: Actor, viewer: Viewer) -> None:
        """The first admin was made: show them Home, from which nothing leads back to the form."""
        self.session = Session(actor, viewer)
        self.watch_store()
        self.push_screen(screen_for(HomePlace()))

    def on_mount(self) -> None:
        """Follow what others change, but only once the first screen is drawn: threads would delay it."""
        cover(self, self.size)
        self.set_timer(SETTLING_SECONDS, self._settle)

    def _settle(self) -> None:
        # What was imported stays: the collector need not look at it again and again.
        gc.freeze()
        gc.enable()
        notices.tell_of_charset(self)
        notices.tell_of_keys(self, self.config.notes)
        if self.session is None:
            # There may be no database yet.
            return
        self.watch_store()
        if self.actor.session_id is None:
            self.note_sign_in()

    @work(exclusive=True, exit_on_error=False, group="sign-in")
    async def note_sign_in(self) -> None:
        """Note the sign-in, if the database can be written to, and take in drafts that were kept in files."""
        with suppress(StorageError):
            await asyncio.to_thread(signing_in.note_sign_in, self.actor)
        await self.leaving.take_in()

    def on_hung_up(self) -> None:
        """There is no terminal any more, which not every system tells by a signal."""
        if self.leaving.ending is not None:
            self.leaving.ending.ask(int(signal.SIGHUP))

    def on_unmount(self) -> None:
        """Let the watching thread end."""
        self._stop.set()
        self.presence.returned.set()

    @work(thread=True, exclusive=True, exit_on_error=False, group="watch")
    def watch_store(self) -> None:
        """Say so whenever the database was changed."""
        refresh.watch(
            self._stop,
            lambda kinds: self.post_message(StoreChanged(kinds)),
            lambda: self.presence.pause(self.config.refresh_seconds),
            lambda error: self.call_later(self.outdated, error),
            self.presence.returned,
            lambda is_lost: self.call_later(notices.tell_of_outage, self, is_lost),
        )

    @on(StoreChanged)
    def _store_changed(self, message: StoreChanged) -> None:
        """Somebody wrote."""
        self.store_changed(message.kinds)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small for it."""
        cover(self, event.size)

    @property
    def size(self) -> Size:
        """The size of what is drawn."""
        return bound_size(super().size)

    # ------------------------------------------------------------------------- keys

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes go one after the other, each to what it was pressed for."""
        if isinstance(event, INPUT | events.AppFocus):
            self.presence.pressed()
        if isinstance(event, events.Resize) and (size := bound_size(event.size)) != event.size:
            event = events.Resize(size, size)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.key_queue.put(event)
        else:
            await super().on_event(event)

    async def _give(self, event: events.Event) -> None:
        if self._notifications and monotonic() - self._said_at > GLANCE:
            self.clear_notifications()
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a few words over the screen. They go with the next key once they could be read."""
        self._said_at = monotonic()
        # What is said is text, from whomever.
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        """End, and let the command line say so.

        Textual would print the stack with the values of its variables: those hold what people wrote.
        """
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self.fault = write_down(error)
            with suppress(Exception):
                self.leaving.put_aside_at_last()
        self._close_messages_no_wait()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Log a worker of the app that failed: that is a fault of the program."""
        if event.worker.is_finished:
            self.key_queue.has_ended(event.worker)
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.unexpected(event.worker.error)

    # ----------------------------------------------------------- moving, and leaving

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action means anything where one is."""
        return global_actions.is_offered(self, action, signed_in=self.session is not None)

    @on(Go)
    async def _go(self, message: Go) -> None:
        """A screen asks for a place."""
        if message.above:
            await navigation.show_above(self, message.place)
        else:
            await self.go_to(message.place)

    async def go_to(self, place: Place) -> None:
        """Show a place."""
        await navigation.go_to(self, place)

    @on(TopBar.MenuChosen)
    def _menu_chosen(self, message: TopBar.MenuChosen) -> None:
        """The sign for the main menu was clicked."""
        self.action_main_menu()

    async def action_quit(self) -> None:
        """Leave, once everything that was typed is kept."""
        self.leaving.quit()
