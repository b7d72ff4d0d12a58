"""The clients of `bench_sessions`: who works at reviews, and who only looks on."""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import NamedTuple, Protocol

from tests.bench.pty_driver import TerminalProgram
from tests.helpers.sshd import Server

LETTERS = "bcghijklmnopquwxyz"
"""Letters that nothing else on the screen changes to: what says that the draft was saved has none of them."""
TOP = re.compile(r"^ (?P<step>Writing step \d\.\d) +(?P<learner>Learner \d+-\d+) · ", re.MULTILINE)
OLDER_TOP = re.compile(
    r"^  (?P<learner>Learner \d+-\d+) · .*?^  (?P<step>Writing step \d\.\d) *$", re.MULTILINE | re.DOTALL
)
SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
LONGEST = 60
"""Seconds to wait for anything."""


class Saved(NamedTuple):
    """A review as its writer knows it."""

    learner: str
    step: str
    text: str


@dataclass
class Work:
    """What a client did; `unanswered` is what was sent off, with no answer so far."""

    echo_ms: list[float] = field(default_factory=list)
    open_ms: list[float] = field(default_factory=list)
    save_ms: list[float] = field(default_factory=list)
    acknowledged: list[Saved] = field(default_factory=list)
    unanswered: list[Saved] = field(default_factory=list)
    bytes_a_second: float = 0
    ended: str = ""
    """Why it ended, if it did by itself."""


class Flag(Protocol):
    """An event of one process, or of several."""

    def is_set(self) -> bool:
        """Whether it has happened."""


def look_on(program: TerminalProgram, seconds: float, stop: Flag | None = None) -> None:
    """Read what comes for some time, and press nothing."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not (stop and stop.is_set()):
        program.receive(min(left, 0.5))


class Looker:
    """Somebody who has come in, and touches nothing; read by a thread."""

    def __init__(self, server: Server, name: str) -> None:
        self.program = server.terminal(name)
        self.program.wait_for("waiting", timeout=LONGEST)
        self.stop = threading.Event()
        # From the start: of a client that nobody reads sshd believes that its line is dead.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self.stop.is_set():
                look_on(self.program, 1, self.stop)
        except EOFError:
            return


class Worker:
    """Somebody who opens work, reads it, types, saves, and moves on, until told to stop."""

    def __init__(self, program: TerminalProgram, seed: str, stop: Flag, *, is_older: bool) -> None:
        self.done = Work()
        self._is_older = is_older
        self._top = OLDER_TOP if is_older else TOP
        self._program, self._stop, self._dice = program, stop, random.Random(seed)

    def run(self) -> Work:
        """Work; returns what was done."""
        start, before = time.monotonic(), self._program.received
        last = ""
        try:
            self._open()
            while not self._stop.is_set():
                last = self._review(last)
                self._move()
        except (EOFError, TimeoutError) as error:
            self.done.ended = str(error)
        self.done.bytes_a_second = (self._program.received - before) / (time.monotonic() - start)
        return self.done

    def _open(self) -> None:
        start = time.monotonic()
        self._program.send("enter")
        self._program.wait_for(r"Writing step \d\.\d[^¶]*╭─ Feedback", timeout=LONGEST)
        self.done.open_ms.append((self._program.last_read - start) * 1000)

    def _review(self, last: str) -> str:
        """Read, type and save what is shown, once it is another item than the last one; returns it."""
        deadline = time.monotonic() + LONGEST
        while not (found := self._top.search(self._program.text())) or self._named(found) == last:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no other item than {last!r} on:\n{self._program.text()}")
            look_on(self._program, 0.05)
        look_on(self._program, self._dice.uniform(3, 10))
        # On a busy machine the item that was skipped may have been seen for a moment.
        found = self._top.search(self._program.text()) or found
        if self._is_older:
            # A return without a word leads to where one says it.
            self._program.send("ctrl+r")
            self._program.wait_for("Say what to do better", timeout=LONGEST)
            look_on(self._program, 0.5)
        text = self._type()
        saved = Saved(found["learner"], found["step"], text)
        self.done.unanswered.append(saved)
        start = time.monotonic()
        self._program.send("ctrl+r")
        self._program.wait_for(f"Returned: {saved.step}, {saved.learner}\\b", timeout=LONGEST)
        self.done.save_ms.append((self._program.last_read - start) * 1000)
        self.done.unanswered.remove(saved)
        self.done.acknowledged.append(saved)
        return self._named(found)

    @staticmethod
    def _named(found: re.Match[str]) -> str:
        return f"{found['step']}, {found['learner']}"

    def _type(self) -> str:
        dice = self._dice
        words = ["".join(dice.choices(LETTERS, k=dice.randint(2, 9))) for _ in range(dice.randint(6, 18))]
        text = " ".join(words)
        for letter in text:
            start, had = time.monotonic(), len(self._program.unseen)
            self._program.send_bytes(letter.encode())
            if letter != " ":
                while letter.encode() not in SEQUENCE.sub(b"", self._program.unseen[had:]):
                    if not self._program.receive(LONGEST):
                        raise TimeoutError(f"{letter!r} was not drawn")
                self.done.echo_ms.append((self._program.last_read - start) * 1000)
            look_on(self._program, dice.uniform(0.05, 0.35))
        return text

    def _move(self) -> None:
        """Go on with what comes next, or skip it, or go back to the list and down in it."""
        match self._dice.randrange(3):
            case 1:
                self._program.send("ctrl+n")
                look_on(self._program, 1)
            case 2:
                self._program.send("escape")
                self._program.wait_for("Waiting on me", timeout=LONGEST)
                for _ in range(self._dice.randint(1, 4)):
                    self._program.send("down")
                    look_on(self._program, self._dice.uniform(0.2, 0.6))
                self._open()


def work(server: Server, name: str, begun: Flag, stop: Flag, told: Connection, is_older: bool) -> None:
    """In a process of its own: come in, tell the client's process id, work once all have `begun`, tell what
    was done, and look on until the line is dropped.
    """
    program = server.terminal(name)
    program.wait_for("waiting", timeout=LONGEST)
    program.press("Q")
    program.wait_for("Waiting on me", timeout=LONGEST)
    told.send(program.pid)
    while not begun.is_set():
        look_on(program, 1, begun)
    told.send(Worker(program, name, stop, is_older=is_older).run())
    try:
        while True:
            program.receive(1)
    except EOFError:
        return
