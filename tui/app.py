"""The program itself: the stack of screens, the main menu, and following the database."""

# ruff: noqa: PLC0415 - screens and dialogs are imported when they are first opened: imports are most of the start

from __future__ import annotations

import gc
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from screens.base import MusterScreen
from screens.messages import Community, Drafts, Go, Home, Place, StoreChanged
from screens.store_work import StoreWork
from screens.too_small import TooSmallScreen, is_too_small
from screens.widgets.top_bar import TopBar
from store import signing_in
from store.errors import SignedOutError, StorageError
from store.views import Actor
from store.views.account import Viewer
from tui import refresh, theme
from tui.places import screen_for
from tui.session import Session, write_down

if TYPE_CHECKING:
    from screens.desk import Desk
    from store.errors import MusterError

SETTLING_SECONDS = 0.2
"""After the start, until work in the background begins."""


class MusterApp(App[str]):
    """Muster for one person, or without a session the form that makes the first one.

    Ends with a sentence when the person was signed out, else with nothing.
    """

    TITLE = "Muster"
    CSS_PATH = "muster.tcss"
    AUTO_FOCUS = None
    # Muster has its own way of finding things, which draws text from people as text.
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "c", "community", "Community", id="app.community", tooltip="Everybody and every group in sight"
        ),
        Binding("ctrl+p", "find", "Find", id="app.find", tooltip="Jump to any person or group"),
        Binding(
            "question_mark",
            "help",
            "Keys",
            id="app.help",
            key_display="?",
            tooltip="Every key that works here",
        ),
        Binding("f10", "main_menu", "Menu", show=False, id="app.menu", tooltip="The main menu"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave Muster"),
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            show=False,
            id="app.quit-anywhere",
            tooltip="Leave Muster, from anywhere",
        ),
    ]

    def __init__(self, session: Session | None = None, account_name: str = "") -> None:
        """Without a session the first-run form opens, with `account_name` filled in."""
        super().__init__()
        self.session = session
        self.opened_groups: frozenset[int] | None = None
        self._desk: Desk | None = None
        self._leaving = False
        self._account_name = account_name
        self._home = screen_for(Home()) if session is not None else None
        self.fault = ""
        """The number in the log of what ended the program, if something did."""
        self._stop = Event()
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        self.theme = theme.DARK.name
        self.animation_level = "none"

    # ----------------------------------------------------------- for the screens

    @property
    def _signed_in(self) -> Session:
        if self.session is None:
            raise RuntimeError("Nobody has signed in yet.")
        return self.session

    @property
    def actor(self) -> Actor:
        """Who looks."""
        return self._signed_in.actor

    @property
    def viewer(self) -> Viewer:
        """What they may do, as of the last look."""
        return self._signed_in.viewer

    @viewer.setter
    def viewer(self, viewer: Viewer) -> None:
        self._signed_in.viewer = viewer

    @property
    def desk(self) -> Desk:
        """Their drafts, what they have open, and what they did in this sitting."""
        if self._desk is None:
            from screens.desk import Desk

            self._desk = Desk(self, self.actor, self.store_changed)
        return self._desk

    def store_changed(self) -> None:
        """Everything on screen reads again what it shows."""
        for screen in self.screen_stack:
            if isinstance(screen, MusterScreen):
                screen.store_changed()

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more: end, and say why on the way out."""
        self.exit(error.message, return_code=1)

    def unexpected(self, error: BaseException) -> None:
        """Log a fault of the program itself, and say that there was one."""
        number = write_down(error)
        self.notify(
            f"Muster met a fault of its own; nothing was changed. It is in the log as {number}.",
            title="Something went wrong",
            severity="error",
            timeout=10,
            markup=False,
        )

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

        return FirstRunScreen(self.begin, self._account_name)

    def begin(self, actor: Actor, viewer: Viewer) -> None:
        """The first admin was made: show them Home, from which nothing leads back to the form."""
        self.session = Session(actor, viewer)
        self.push_screen(screen_for(Home()))

    def on_mount(self) -> None:
        """Once the first screen stands, follow what others change; threads now would only delay it."""
        self._cover(self.size)
        self.set_timer(SETTLING_SECONDS, self._settle)

    def _settle(self) -> None:
        # What was imported stays: the collector need not look at it again and again.
        gc.freeze()
        gc.enable()
        self.watch_store()
        if self.session is not None:
            self.note_sign_in()

    @work(thread=True, exclusive=True, exit_on_error=False, group="sign-in")
    def note_sign_in(self) -> None:
        """Remember that this person was here; a database that cannot be written to is told of later."""
        with suppress(StorageError):
            signing_in.note_sign_in(self.actor)

    def on_unmount(self) -> None:
        """Let the watching thread end."""
        self._stop.set()

    @work(thread=True, exclusive=True, exit_on_error=False, group="watch")
    def watch_store(self) -> None:
        """Say so whenever the database was changed."""
        refresh.watch(self._stop, self._changed_elsewhere)

    def _changed_elsewhere(self) -> None:
        self.post_message(StoreChanged())

    def on_store_changed(self) -> None:
        """Somebody wrote."""
        self.store_changed()

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small for it."""
        self._cover(event.size)

    def _cover(self, size: Size) -> None:
        covered = isinstance(self.screen, TooSmallScreen)
        if is_too_small(size) and not covered:
            self.push_screen(TooSmallScreen())
        elif covered and not is_too_small(size):
            self.pop_screen()

    def _handle_exception(self, error: Exception) -> None:
        """End, and let the command line say so.

        Textual would print the stack with the values of its variables: those hold what people wrote.
        """
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self.fault = write_down(error)
        self._close_messages_no_wait()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker of the program's own that failed met a fault of its own."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.unexpected(event.worker.error)

    # -------------------------------------------------------------------- moving

    async def on_go(self, message: Go) -> None:
        """A screen asks for a place."""
        await self.go_to(message.place)

    async def go_to(self, place: Place) -> None:
        """Show a place: the open screen for it if there is one, else a new one on top.

        Not while something is being written: what came of it has to be told where it was typed.
        """
        if any(isinstance(screen, StoreWork) and not screen.may_leave() for screen in self.screen_stack):
            return
        for index, screen in enumerate(self.screen_stack):
            if isinstance(screen, MusterScreen) and screen.place == place:
                while len(self.screen_stack) > index + 1:
                    await self.pop_screen()
                return
        await self.push_screen(screen_for(place))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is offered from everywhere, but from dialogs and before anybody has signed in."""
        if action not in ("community", "find", "help", "main_menu", "quit"):
            return True
        if self.screen.is_modal or self.session is None:
            return action == "quit" and self.session is None
        return self.viewer.has_community if action in ("community", "find") else True

    async def action_community(self) -> None:
        """Everybody and every group in sight."""
        await self.go_to(Community())

    @work
    async def action_find(self) -> None:
        """Jump to any person or group."""
        from screens.dialogs.find import find_dialog

        place = await self.push_screen_wait(find_dialog(self.actor, self.viewer))
        if place is not None:
            await self.go_to(place)

    def on_top_bar_menu_chosen(self, message: TopBar.MenuChosen) -> None:
        """The sign for the main menu was clicked."""
        self.action_main_menu()

    @work
    async def action_main_menu(self) -> None:
        """The places everybody reaches from everywhere."""
        from screens.dialogs.ask import Menu, MenuItem

        items = [MenuItem("home", "Home")]
        if self.viewer.has_community:
            items += [
                MenuItem("community", "Community", "c"),
                MenuItem("find", "Find a person or group", "^p"),
                MenuItem("drafts", "My drafts"),
            ]
        items += [
            MenuItem("theme", "Light or dark"),
            MenuItem("help", "Keys that work here", "?"),
            MenuItem("quit", "Quit Muster", "q"),
        ]
        match await self.push_screen_wait(Menu("Muster", items)):
            case "home":
                await self.go_to(Home())
            case "community":
                await self.action_community()
            case "find":
                self.action_find()
            case "drafts":
                await self.go_to(Drafts())
            case "theme":
                self.theme = theme.LIGHT.name if self.theme == theme.DARK.name else theme.DARK.name
            case "help":
                self.action_help()
            case "quit":
                await self.action_quit()

    async def action_quit(self) -> None:
        """Leave, once everything that was typed is kept."""
        if self._desk is None:
            self.exit()
        elif not self._leaving:
            self._leaving = True
            self.leave(self._desk)

    @work
    async def leave(self, desk: Desk) -> None:
        """Leave; where a draft cannot be kept, only if it may be lost."""
        refused = await desk.drain()
        self._leaving = False
        if refused is None or await self._may_be_lost(refused):
            self.exit()

    async def _may_be_lost(self, refused: MusterError) -> bool:
        from screens.dialogs.ask import Confirm

        text = f"{refused.title}: {refused.message} What you typed last could not be kept as a draft."
        question = Confirm("Quit and lose it?", text, "Quit Muster", stay="Stay", destroys=True)
        sure = await self.push_screen_wait(question)
        return sure is True

    def action_help(self) -> None:
        """Every key that works here, made from the bindings themselves."""
        from screens.dialogs.ask import Help

        keys: dict[str, tuple[list[str], str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            # Textual's own keys have no id.
            if active.enabled and binding.description and binding.id:
                entry = keys.setdefault(binding.action, ([], binding.description, active.tooltip))
                entry[0].append(self.get_key_display(binding))
        self.push_screen(
            Help("Keys that work here", [(" ".join(k), name, what) for k, name, what in keys.values()])
        )
