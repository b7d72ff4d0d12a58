"""A terminal at the other end of a line, which may be dead without anybody having said so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Full
from threading import Event, Thread
from typing import Any

from textual.message import Message

from tui.driver import TerminalDriver
from tui.ssh.line import Connection, ConnectionState

WHERE_IS_THE_CURSOR = "\x1b[6n"
"""The one question that every terminal answers (ECMA-48, DSR): answers to others may be read as typed."""
CHECK_SECONDS = 1.0
"""Seconds between two checks of the line, see `Connection`."""
ANSWER_SECONDS = 0.5
"""How long leaving waits for an answer that is under way: it would go to the person's shell."""


class TerminalIsBack(Message):
    """A terminal that was silent answers again: it has missed what was drawn meanwhile."""


class RemoteDriver(TerminalDriver):
    """Sends nothing to a terminal that stopped answering.

    It would fill what lies between here and there, and sshd takes a line for alive while it can send.
    """

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.line = Connection()
        self._answered = Event()
        self._leaves = False

    @property
    def expects_answer(self) -> bool:
        """Whether the terminal was asked where its cursor is."""
        return self.line.expects_answer

    def heard(self, answers: int) -> None:
        """The terminal is there."""
        was_silent = self.line.is_silent
        self.line.heard(answers)
        if answers:
            self._answered.set()
        if was_silent:
            self.send_message(TerminalIsBack())

    def watch(self, stop: Event, lost: Callable[[], None]) -> None:
        """Ask a terminal that says nothing whether it is there, until the program is told to `stop`. Once it
        stopped answering, `lost` is called, in a thread.
        """
        # Not one of the few threads for work on the database: each of those may have to wait.
        Thread(target=self._watch, args=(stop, lost), name="line", daemon=True).start()

    def _watch(self, stop: Event, lost: Callable[[], None]) -> None:
        while not stop.wait(CHECK_SECONDS):
            match self.line.read():
                case ConnectionState.TO_ASK:
                    self.ask()
                case ConnectionState.LOST:
                    lost()
                    return

    def ask(self) -> None:
        """Ask the terminal whether it is there, unless it does not even take what was sent before."""
        if self._writer_thread is None or self._leaves:
            return
        self._answered.clear()
        # Whoever writes waits where much is still to be sent; this is not to be held up.
        with suppress(Full):
            self._writer_thread._queue.put_nowait(WHERE_IS_THE_CURSOR)

    def write(self, data: str) -> None:
        """Send something, unless the terminal is silent."""
        if self._leaves or not self.line.is_silent:
            super().write(data)

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was, also one that is silent: it may come back."""
        if self.line.expects_answer and self.line.answers:
            self._answered.wait(ANSWER_SECONDS)
        self._leaves = True
        super().stop_application_mode()
