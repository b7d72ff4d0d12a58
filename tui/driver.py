"""How the program reads a terminal."""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder
from threading import Event, RLock
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from tui import charset
from tui.output.filter import OutputFilter
from tui.terminal import ESC, Incoming, apart, bound_size

TICK = 0.1
"""Seconds between two checks whether something that has begun is a key by itself."""
HELD = 1.0
"""Seconds after which Esc is a key, and not the beginning of an answer, while one is expected."""
AT_ONCE = 4096


class HungUp(Message):
    """There is no terminal any more."""


class ExitEvent(Event):
    """Says that no more is to be read, also to a thread that waits for the terminal: it can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self._receiver, self._sender = os.pipe()

    def fileno(self) -> int:
        """What can be read from while it is set."""
        return self._receiver

    def set(self) -> None:
        """Say so."""
        super().set()
        os.write(self._sender, b"\0")

    def clear(self) -> None:
        """Take it back."""
        if self.is_set():
            os.read(self._receiver, AT_ONCE)
        super().clear()

    def __del__(self) -> None:
        os.close(self._receiver)
        os.close(self._sender)


class TerminalDriver(LinuxDriver):
    """Textual's driver with its own reading of the terminal, and for terminals without UTF-8.

    Textual decodes strictly, in a thread that ends with the first byte that is not UTF-8: an old terminal's
    é, a mouse far to the right, or a line that drops characters would take the whole program with it.
    """

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.exit_event: ExitEvent = ExitEvent()
        self.charset = charset.of_terminal(os.environ)
        # Reading and drawing threads both write.
        self._turn = RLock()
        self._filter = self._make_filter()
        self._is_filtering = self._is_interrupted = False

    def _make_filter(self) -> OutputFilter | None:
        config = getattr(self._app, "config", None)
        if config is not None and not config.output_filter:
            return None
        return OutputFilter(*self._get_terminal_size(), term=os.environ.get("TERM", ""))

    def _get_terminal_size(self) -> Size:
        return bound_size(Size(*super()._get_terminal_size()))

    def write(self, data: str) -> None:
        """Send something, or what of it differs from what is shown."""
        with self._turn:
            data = self._filtered(data) if self._filter is not None else data
            if data:
                self._send(data)

    def _filtered(self, data: str) -> str:
        assert self._filter is not None
        if self._is_filtering:
            # The handler of a signal, in the middle of this thread's write: it leaves the screen, or is back.
            self._is_interrupted = True
            return data
        self._is_filtering, self._is_interrupted = True, False
        try:
            self._filter.resize(*self._get_terminal_size())
            sent = self._filter.take(data)
        finally:
            self._is_filtering = False
        if not self._is_interrupted:
            return sent
        # What was to be sent was for a screen that is gone.
        self._filter.forget()
        return ""

    def _send(self, data: str) -> None:
        # Other characters that are missing are replaced where it is encoded, see `charset.fit`.
        super().write(data.translate(charset.DRAWN) if self.charset.said else data)

    def draw_anew(self) -> None:
        """Send the next picture whole: something else may have written on the terminal."""
        if self._filter is not None:
            with self._turn:
                self._filter.forget()

    @property
    def expects_answer(self) -> bool:
        """Whether the terminal was asked something that it may be answering."""
        return False

    def heard(self, answers: int) -> None:
        """Called in the reading thread when something came, with this number of answers in it."""

    def run_input_thread(self) -> None:
        """Read keys, mouse and pastes until the program ends, or there is no terminal any more."""
        # Not every system can poll a terminal.
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            try:
                self._read_from(selector)
            except EOFError:
                self.send_message(HungUp())

    def _read_from(self, selector: selectors.BaseSelector) -> None:
        decode = getincrementaldecoder(self.charset.typed)(errors="replace").decode
        incoming, parser = Incoming(), XTermParser()
        last = time.monotonic()
        while True:
            # Nobody is woken while nothing comes.
            has_begun = incoming.may_be_key or parser._timeout_time is not None
            came = selector.select(min(TICK, ESCAPE_DELAY) if has_begun else None)
            if self.exit_event.is_set():
                return
            if came:
                last, known = time.monotonic(), incoming.answers
                text = incoming.take(decode(self._read()))
                self.heard(incoming.answers - known)
                self._pass_on(parser, text)
            elif incoming.may_be_key and time.monotonic() - last >= self._held_for:
                self._pass_on(parser, incoming.release())
            else:
                self._pass_on(parser, "")

    @property
    def _held_for(self) -> float:
        return HELD if self.expects_answer else ESCAPE_DELAY

    def _read(self) -> bytes:
        """What came. Raises EOFError once nothing more will."""
        try:
            data = os.read(self.fileno, AT_ONCE)
        except OSError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        return data

    def _pass_on(self, parser: XTermParser, text: str) -> None:
        for part in apart(text):
            if part == ESC:
                # The parser would wait for what comes behind it.
                self.process_message(events.Key("escape", ESC))
                continue
            # To the parser, no text is the end.
            for message in parser.feed(part):
                self.process_message(message)
        for message in parser.tick():
            self.process_message(message)
