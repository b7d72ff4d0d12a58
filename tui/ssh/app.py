"""Muster over SSH: the program for somebody on another machine, who is to get nothing of this one.

What Textual can do to the machine it runs on (suspend to a shell, write files, open addresses) is done by
nobody here. It ends when the session may not go on, and opens next time where one left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from getpass import getuser
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from textual import events, work
from textual.driver import Driver

from screens import formatting
from screens.base import MusterScreen
from screens.places import HomePlace
from screens.store_access import Away
from store import clock, preferences
from store.errors import MusterError, NewerError, SignedOutError, StorageError
from store.ssh import sessions
from store.views.settings import SessionLimits
from tui import folders, navigation, system_log
from tui.app import WARN_SECONDS, MusterApp
from tui.config import DEFAULTS, Config
from tui.session import Session
from tui.shutdown import HANG_UP, later, line_is_gone
from tui.ssh.driver import RemoteDriver
from tui.ssh.watchdog import CHECK_SECONDS, NOTE_SECONDS

LEFT = "left"
"""Under which name it is remembered where one left."""
DEEPEST = 20
"""Screens above each other that are opened again."""
END_SECONDS = 2.0
"""How long a session that may not go on has to end by itself."""
AWAY_AFTER = timedelta(minutes=1)
"""Without a key for so long, nobody is taken to look."""
AWAY_PAUSE = 10.0
"""Seconds between two looks for what others changed, while nobody looks."""
LINE_LOST = "The line was lost."
WARNING = timedelta(minutes=1)
"""How long before an idle session is ended one is told."""


class RemoteApp(MusterApp):
    """Somebody's session over SSH."""

    STAYS: ClassVar[str] = "That is not possible over SSH."

    _last_input = 0.0
    _noted = -NOTE_SECONDS
    _warned = False
    _taken_up = False
    _is_over = False
    _told_silent = False
    _limits = SessionLimits()
    _kept: list[dict[str, Any]] | None = None

    def __init__(self, session: Session, config: Config = DEFAULTS) -> None:
        super().__init__(session, config=config)
        self.away = Away(Path.home() / folders.REPORTS / str(session.actor.user_id), _ssh())

    def on_mount(self) -> None:
        """Go to where one left."""
        self._last_input = time.monotonic()
        if self.ending is not None:
            # Textual reads and draws once more in threads of their own at each; a line that goes brings one.
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        if isinstance(self._driver, RemoteDriver):
            self._driver.watch(self._stop, self.lose_line)
        # Keys are for where one left, not for what is shown for a moment before.
        self.key_queue.hold()
        self.take_up()
        self.guard()

    def get_driver_class(self) -> type[Driver]:
        """What asks the terminal whether it is there."""
        return RemoteDriver

    # ----------------------------------------------------------------- where one left

    @work(exit_on_error=False, group="taking-up")
    async def take_up(self) -> None:
        """Open what was open when the line dropped; what is not there any more is left out."""
        try:
            with suppress(MusterError):
                found = await asyncio.to_thread(preferences.get, self.actor, LEFT, [])
                for place in map(navigation.read, found[:DEEPEST] if isinstance(found, list) else []):
                    if place is not None and not isinstance(place, HomePlace):
                        await self.go_to(place)
        finally:
            self._taken_up = True
            self.key_queue.release()
        # A form that is open shows it as well; while an import has the database, this waits for it.
        await self.take_in()

    def _where(self) -> list[dict[str, Any]]:
        shown = [screen.here for screen in self.screen_stack if isinstance(screen, MusterScreen)]
        return [navigation.written(place) for place in shown if place is not None]

    def keep_place(self) -> None:
        """Remember where one is, if that is not known yet. In a worker.

        Not before one is back where one left: that would be forgotten.
        """
        if not self._taken_up:
            return
        here = self._where()
        if here != self._kept:
            preferences.put(self.actor, LEFT, here)
            self._kept = here

    def outdated(self, error: NewerError) -> None:
        """As on any machine, without the paths of this one."""
        super().outdated(NewerError("The database was upgraded by a newer Muster. Leave, and come in again."))

    def lose_words(self) -> bool:
        """As on any machine; who looks after this one is told as well."""
        self._tell_the_operator("what was typed last could not be kept")
        return super().lose_words()

    def warn_of_losses(self, trouble: str) -> None:
        """Say so without the paths of this machine, which are its operator's alone."""
        self._tell_the_operator(f"what is typed may be lost: {trouble}")
        self.notify(
            "If the connection drops while the database is busy, what you typed last is lost. "
            "Tell whoever runs the server.",
            title="No folder to keep drafts in",
            severity="warning",
            timeout=WARN_SECONDS,
            markup=False,
        )

    def _tell_the_operator(self, said: str) -> None:
        system_log.tell(f"session {self.actor.session_id} of user {self.actor.user_id}: {said}")

    # --------------------------------------------------------------- whether it goes on

    async def on_event(self, event: events.Event) -> None:
        """Somebody who presses a key is there."""
        if isinstance(
            event,
            events.Key | events.Paste | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp,
        ):
            self._last_input, self._warned = time.monotonic(), False
        await super().on_event(event)

    @work(thread=True, exit_on_error=False, group="guard")
    def guard(self) -> None:
        """Look again and again whether the session may go on."""
        while not self._stop.wait(CHECK_SECONDS):
            if line_is_gone():
                if self.ending is not None:
                    self.ending.ask(HANG_UP)
                return
            self.check_once()

    def lose_line(self) -> None:
        """The terminal stopped answering: end, with everything kept. From any thread."""
        self.call_later(self._end, 128 + HANG_UP, LINE_LOST)
        self._see_it_end()

    def on_terminal_is_back(self) -> None:
        """Draw everything: it was sent nothing while it did not answer."""
        self.screen.refresh()

    def check_once(self) -> None:
        """See whether the session may go on, and end it where not. In any thread."""
        if self._is_over:
            return
        try:
            # First what waits for nobody: to write may take as long as an import.
            sessions.check(self.actor)
            if time.monotonic() - self._noted >= NOTE_SECONDS:
                sessions.note(self.actor, clock.now() - self._idle())
                self._limits = sessions.limits()
                self._noted = time.monotonic()
            self._tell_of_silence()
            self.keep_place()
        except NewerError:
            # There is nothing more to be read by this program; it may only be left.
            self._see_to_idleness()
            return
        except StorageError:
            # Busy, or away for a moment: looked at again.
            return
        except SignedOutError as error:
            self.call_later(self.sign_out, error)
            self._see_it_end()
            return
        self._see_to_idleness()

    def _tell_of_silence(self) -> None:
        """A session that is silent gives way to another one of the same person."""
        is_silent = isinstance(self._driver, RemoteDriver) and self._driver.line.is_silent
        if is_silent is not self._told_silent:
            sessions.tell_silence(self.actor, is_silent=is_silent)
            self._told_silent = is_silent

    def _see_it_end(self) -> None:
        """Who reads nothing of what is drawn holds up the program as well: then it is ended from outside."""
        self._is_over = True
        if self.ending is not None:
            # Also once its screens are gone: a write may still wait for the database.
            later(END_SECONDS, self.ending.ask, HANG_UP)

    def _idle(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._last_input)

    def watch_pause(self) -> float:
        """Many are on, and most of them are elsewhere: they need not all read again at each change."""
        return AWAY_PAUSE if self._idle() > AWAY_AFTER else super().watch_pause()

    def _see_to_idleness(self) -> None:
        most = timedelta(minutes=self._limits.idle_minutes)
        if self._idle() >= most:
            self.call_later(self.leave_for_now, f"You were away for {formatting.span(most)}.")
            self._see_it_end()
        elif self._idle() >= most - WARNING and not self._warned:
            self._warned = True
            self.call_later(self._warn)

    def _warn(self) -> None:
        self.notify(
            "You seem to be away: the session ends in a minute. Press any key to stay.",
            title="Still there?",
            severity="warning",
            timeout=WARNING.total_seconds(),
            markup=False,
        )

    @work(exit_on_error=False)
    async def leave_for_now(self, said: str) -> None:
        """End, with everything kept; the next time opens here."""
        kept = " What you typed is kept." if await self.keep_all() else ""
        self.exit(f"{said} The session was ended.{kept}", return_code=1)

    async def _end(self, code: int, said: str | None = None) -> None:
        await self.keep_all()
        with suppress(MusterError):
            await asyncio.to_thread(self.keep_place)
        self.exit(said, return_code=code)

    def last_words(self) -> None:
        """What has to be written though the program cannot end by itself. In a thread."""
        super().last_words()
        with suppress(MusterError):
            self.keep_place()
        with suppress(MusterError):
            sessions.end(self.actor, LINE_LOST)

    # ------------------------------------------------------------------------ no way out

    def action_suspend_process(self) -> None:
        """There is no shell to go back to."""
        self.bell()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """There is no shell to go back to."""
        self._refuse()
        yield

    def action_command_palette(self) -> None:
        """Textual's own has more in it than there is to be here."""
        self.bell()

    def action_change_theme(self) -> None:
        """As above; Muster has a menu for it."""
        self.bell()

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """No files are written here."""
        self.bell()

    def save_screenshot(self, *args: Any, **values: Any) -> str:
        """No files are written here."""
        self._refuse()

    def deliver_screenshot(self, *args: Any, **values: Any) -> str | None:
        """No files are written here."""
        self._refuse()

    def deliver_text(self, *args: Any, **values: Any) -> str | None:
        """No files are written here."""
        self._refuse()

    def deliver_binary(self, *args: Any, **values: Any) -> str | None:
        """No files are written here."""
        self._refuse()

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """A browser here would be seen by nobody."""
        self.bell()

    def _refuse(self) -> NoReturn:
        raise PermissionError(self.STAYS)


def _ssh() -> str:
    """What leads here from the person's own machine, as far as is known here."""
    host = os.environ.get("MUSTER_HOST") or os.uname().nodename
    port = os.environ.get("SSH_CONNECTION", "").rpartition(" ")[2]
    return f"ssh -p {port} {getuser()}@{host}" if port not in ("", "22") else f"ssh {getuser()}@{host}"
