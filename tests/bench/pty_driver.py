"""Runs a terminal program in a pseudo-terminal and measures it, as the person in front would see it.

Times are milliseconds. Bytes are counted as they arrive; the emulator is fed only while nothing is
waiting to be read, so its own slowness does not show in the numbers.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyte

KEYS = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "space": b" ",
}

TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
# Asked by Textual at the start: does the terminal know synchronised output? Most do.
_SYNC_QUERY = b"\x1b[?2026$p"
_SYNC_ANSWER = b"\x1b[?2026;2$y"
# Asked over SSH again and again: where is the cursor?
_POSITION_QUERY = b"\x1b[6n"
# Sequences the emulator would print: strings, and private forms of CSI.
_UNREAD = re.compile(
    rb"\x1b[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)|\x1b\[(?:[<=>][0-9;:]*[ -/]*|\?[0-9;]*[$]|\?)[@-~]"
)
_CUT_SHORT = re.compile(rb"\x1b[^@-Z\\^-~]*(?:\[[0-?]*[ -/]*)?\Z")


def key_bytes(name: str) -> bytes:
    """What a keyboard sends for a key: a name above, `ctrl+x`, or a character."""
    if name in KEYS:
        return KEYS[name]
    if name.startswith("ctrl+"):
        return bytes([ord(name[5:].upper()) & 0x1F])
    return name.encode()


@dataclass(frozen=True)
class Press:
    """What one key did: until the first byte, until the last one, and how many."""

    first_ms: float
    quiet_ms: float
    bytes: int


@dataclass(frozen=True)
class Hold:
    """What a key held down did: bytes, and how long after the last repeat the screen stood still."""

    keys: int
    bytes: int
    lag_ms: float


class TerminalProgram:
    """A program in a terminal of its own. Use it as a context manager; leaving ends the program."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        rows: int = 40,
        columns: int = 120,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        settle: float = 0.03,
        record: bool = False,
        position: bytes = b"\x1b[24;80R",
        encoding: str = "utf-8",
        screen: pyte.Screen | None = None,
    ) -> None:
        """`settle` is how many seconds of silence mean that a key has been dealt with. With `record` what
        comes is put into `recorded`, for those who look at the bytes; the emulator's screen stays empty then,
        unless a `screen` is given.
        `position` is what the terminal answers when it is asked where its cursor is, if it is read, and
        `encoding` is that of the characters it shows. `screen` is an emulator of this size, in
        place of pyte's own.
        """
        self.settle = settle
        self.position = position
        self.asked = 0
        """How often it was asked that."""
        self.received = 0
        self.first_byte_ms: float | None = None
        self.recorded = bytearray()
        self._record, self._shows = record, screen is not None or not record
        self._screen = screen or pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder(encoding)(errors="replace").decode
        self._unfed = b""
        self._last_read = 0.0
        variables = {**os.environ, **TERMINAL, **(environment or {})}
        for name in ("COLUMNS", "LINES"):
            # The size of another terminal, from which this was started.
            variables.pop(name, None)
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(cwd or Path.cwd())
            os.execvpe(command[0], list(command), variables)

    def __enter__(self) -> TerminalProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)
        for number in (signal.SIGHUP, signal.SIGKILL):
            os.kill(self.pid, number)
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
                time.sleep(0.01)

    def text(self) -> str:
        """The screen as it stands."""
        self._feed()
        # Not `display`: it cannot read a wide character of which one half was drawn over.
        lines, columns = range(self._screen.lines), range(self._screen.columns)
        return "\n".join("".join(self._screen.buffer[y][x].data for x in columns) for y in lines)

    def wait_for(self, pattern: str, timeout: float = 20) -> float:
        """Milliseconds from the start until a pattern is on the screen. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if re.search(pattern, self.text()):
                return (self._last_read - self.started) * 1000
            self._read(0.05)
        raise TimeoutError(f"{pattern!r} was not seen on:\n{self.text()}")

    def press(self, key: str, timeout: float = 1) -> Press:
        """Press a key and wait until the screen stands still. A key without effect takes `timeout`."""
        self._feed()
        before = self.received
        start = time.monotonic()
        os.write(self._fd, key_bytes(key))
        if not self._read(timeout):
            return Press(timeout * 1000, timeout * 1000, 0)
        first = self._last_read
        self.quiet()
        return Press((first - start) * 1000, (self._last_read - start) * 1000, self.received - before)

    def send(self, key: str) -> None:
        """Press a key and wait for nothing."""
        self.send_bytes(key_bytes(key))

    def send_bytes(self, sent: bytes) -> None:
        """Send what no key sends, and wait for nothing."""
        os.write(self._fd, sent)

    def resize(self, rows: int, columns: int) -> None:
        """Make the window another size, as somebody who draws at its edge."""
        self._feed()
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def receive(self, timeout: float) -> bool:
        """Read what the program drew, waiting at most `timeout` seconds; False if nothing came."""
        return self._read(timeout)

    @property
    def descriptor(self) -> int:
        """The terminal, to be asked for its modes."""
        return self._fd

    @property
    def unseen(self) -> bytes:
        """What came since the screen was looked at last."""
        return self._unfed

    @property
    def last_read(self) -> float:
        """When bytes last came, on the monotonic clock."""
        return self._last_read

    def kill(self) -> None:
        """End the program as a power cut would: it has no say in it."""
        os.kill(self.pid, signal.SIGKILL)

    def hold(self, key: str, times: int, rate: float) -> Hold:
        """Send a key `times` times, `rate` a second, as a keyboard repeats it."""
        self._feed()
        before = self.received
        start = last = time.monotonic()
        for number in range(times):
            last = time.monotonic()
            os.write(self._fd, key_bytes(key))
            while (left := start + (number + 1) / rate - time.monotonic()) > 0:
                self._read(left)
        self.quiet(0.1)
        return Hold(times, self.received - before, max(0.0, (self._last_read - last) * 1000))

    def quiet(self, seconds: float | None = None) -> None:
        """Read until nothing came for `seconds`."""
        while self._read(self.settle if seconds is None else seconds):
            pass

    def peak_kb(self) -> int:
        """The most memory the program has held, in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) if found else 0

    def _read(self, timeout: float) -> bool:
        """Read what is there, waiting at most `timeout` seconds; False if nothing came."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError as error:
            raise EOFError(f"The program ended:\n{self.text()}") from error
        self._last_read = time.monotonic()
        if self.first_byte_ms is None:
            self.first_byte_ms = (self._last_read - self.started) * 1000
        self.received += len(data)
        if self._record:
            self.recorded += data
        if self._shows:
            self._unfed += data
        if _SYNC_QUERY in data:
            os.write(self._fd, _SYNC_ANSWER)
        if asked := data.count(_POSITION_QUERY):
            self.asked += asked
            os.write(self._fd, self.position * asked)
        return True

    def _feed(self) -> None:
        """Give the emulator what was read, but for a sequence that has not come whole."""
        cut = _CUT_SHORT.search(self._unfed)
        end = cut.start() if cut else len(self._unfed)
        data, self._unfed = self._unfed[:end], self._unfed[end:]
        self._stream.feed(self._decode(_UNREAD.sub(b"", data)))
