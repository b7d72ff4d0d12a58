"""Leaving a session over SSH: as anywhere, and the next one opens where this one ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from textual.app import App

from screens import formatting
from store.errors import MusterError
from store.ssh import sessions
from store.views import Actor
from tui import notices, system_log
from tui.leaving import Leaving
from tui.shutdown import HANG_UP
from tui.ssh.left_open import LeftOpen
from tui.ssh.watchdog import WARNING

LINE_LOST = "The connection was lost."


class SessionLeaving(Leaving):
    """Keeps, besides what was typed, where one is; paths of this machine are for its operator alone."""

    def __init__(self, app: App[Any]) -> None:
        super().__init__(app)
        self.left_open = LeftOpen()

    @property
    def actor(self) -> Actor:
        """Whose session it is."""
        return self.host.actor

    def call_later(self, callback: Callable[..., Any], *values: Any) -> bool:
        """Call this on the event loop. From any thread."""
        return self.app.call_later(callback, *values)

    def remember_screens(self) -> None:
        """Remember where one is. In a thread."""
        self.left_open.keep(self.actor, self.app.screen_stack)

    async def end(self, code: int, said: str | None = None) -> None:
        """Keep what was typed and where one is, then end."""
        await self.keep_all()
        with suppress(MusterError):
            await asyncio.to_thread(self.remember_screens)
        self.app.exit(said, return_code=code)

    def lose_line(self) -> None:
        """The terminal stopped answering: end, with everything kept. From any thread."""
        self.call_later(self.end, 128 + HANG_UP, LINE_LOST)

    def last_words(self) -> None:
        """Write what has to be though the program cannot end by itself. In a thread."""
        super().last_words()
        with suppress(MusterError):
            self.remember_screens()
        with suppress(MusterError):
            sessions.end(self.actor, LINE_LOST)

    def warn_of_idleness(self) -> None:
        """Say that the session ends in a minute."""
        said = "You seem to be away: the session ends in a minute. Press any key to stay."
        notices.warn(self.app, said, "Still there?", seconds=WARNING.total_seconds())

    async def leave_for_now(self, idle: timedelta) -> None:
        """End, since nobody was there for so long; the next time opens here."""
        kept = " What you typed is kept." if await self.keep_all() else ""
        said = f"You were away for {formatting.span(idle)}. The session was ended.{kept}"
        self.app.exit(said, return_code=1)

    def lose_words(self) -> None:
        """Tell the operator of the machine as well."""
        self._tell_the_operator("what was typed last could not be kept")
        super().lose_words()

    def warn_of_losses(self, trouble: str) -> None:
        """Say so without the paths of the machine."""
        self._tell_the_operator(f"what is typed may be lost: {trouble}")
        said = "If the connection drops while the database is busy, what you typed last is lost."
        notices.tell_of_losses(self.app, f"{said} Tell whoever runs the server.")

    def _tell_the_operator(self, said: str) -> None:
        system_log.tell(f"session {self.actor.session_id} of user {self.actor.user_id}: {said}")
