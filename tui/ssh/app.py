"""Muster over SSH: the program for somebody on another machine, who is to get nothing of this one.

What Textual can do to the machine it runs on (suspend to a shell, write files, open addresses) is done by
nobody here. It ends when the session may not go on, and opens next time where one left.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any, NoReturn

from textual import events, work
from textual.driver import Driver

from screens.host import Away
from store.errors import NewerError
from tui import folders
from tui.app import INPUT, MusterApp
from tui.config import DEFAULTS, Config
from tui.session import Session
from tui.ssh.driver import RemoteDriver
from tui.ssh.leaving import SessionLeaving
from tui.ssh.watchdog import SessionWatch


def _ring(app: MusterApp, *_: Any, **__: Any) -> None:
    """Instead of what writes files here, or opens something that nobody sees."""
    app.bell()


def _refuse(*_: Any, **__: Any) -> NoReturn:
    """Instead of what would give somebody something of this machine."""
    raise PermissionError("That is not possible over SSH.")


class RemoteApp(MusterApp):
    """Somebody's session over SSH."""

    action_suspend_process = _ring
    action_command_palette = _ring
    action_change_theme = _ring
    action_screenshot = _ring
    open_url = _ring
    save_screenshot = _refuse
    deliver_screenshot = _refuse
    deliver_text = _refuse
    deliver_binary = _refuse

    def __init__(self, session: Session, config: Config = DEFAULTS) -> None:
        super().__init__(session, config=config)
        self.away = Away(Path.home() / folders.REPORTS / str(session.actor.user_id), _ssh())
        self.leaving: SessionLeaving = SessionLeaving(self)
        self.watchdog = SessionWatch(self.leaving, self._is_silent)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """There is no shell to go back to."""
        _refuse()
        yield

    def get_driver_class(self) -> type[Driver]:
        """What asks the terminal whether it is there."""
        return RemoteDriver

    def on_mount(self) -> None:
        """Go to where one left."""
        self.watchdog.pressed()
        if self.leaving.ending is not None:
            # Textual reads and draws once more in threads of their own at each; a line that goes brings one.
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        if isinstance(self._driver, RemoteDriver):
            self._driver.watch(self._stop, self.lose_line)
        # Keys are for where one left, not for what is shown for a moment before.
        self.key_queue.hold()
        self.take_up()
        self.watch_session()

    @work(exit_on_error=False, group="taking-up")
    async def take_up(self) -> None:
        """Open what was open when the line dropped."""
        try:
            await self.leaving.left_open.open(self, self.actor)
        finally:
            self.key_queue.release()
        # A form that is open shows it as well; while an import has the database, this waits for it.
        await self.leaving.take_in()

    @work(thread=True, exit_on_error=False, group="watchdog")
    def watch_session(self) -> None:
        """Check again and again whether the session may go on."""
        self.watchdog.run(self._stop)

    async def on_event(self, event: events.Event) -> None:
        """Somebody who presses a key is there."""
        if isinstance(event, INPUT):
            self.watchdog.pressed()
        await super().on_event(event)

    def _is_silent(self) -> bool:
        return isinstance(self._driver, RemoteDriver) and self._driver.line.is_silent

    def on_terminal_is_back(self) -> None:
        """Draw everything: it was sent nothing while it did not answer."""
        self.screen.refresh()

    def lose_line(self) -> None:
        """The terminal stopped answering: end. From any thread."""
        self.leaving.lose_line()
        self.watchdog.see_it_end()

    def outdated(self, error: NewerError) -> None:
        """As on any machine, without the paths of this one."""
        super().outdated(NewerError("The database was upgraded by a newer Muster. Quit, and connect again."))


def _ssh() -> str:
    """What leads here from the person's own machine, as far as is known here."""
    host = os.environ.get("MUSTER_HOST") or os.uname().nodename
    port = os.environ.get("SSH_CONNECTION", "").rpartition(" ")[2]
    return f"ssh -p {port} {getuser()}@{host}" if port not in ("", "22") else f"ssh {getuser()}@{host}"
