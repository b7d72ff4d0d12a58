"""Lines that die without a word, through a real sshd that would not notice: which sessions end."""

from __future__ import annotations

import os
import select
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from threading import Event, Thread

import pytest

from store import database, people, settings
from store.permissions import OPERATOR
from store.ssh import sessions
from store.views.groups import Role
from store.views.settings import SessionLimits
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.mentored import Mentored
from tests.helpers.school import School
from tests.helpers.sshd import Server, finish, serving
from tui.ssh.line import ASK_AFTER, LOST_AFTER

NAMES = ("stopped", "dropped", "mute", "late", "split", "again")
AT_MOST = 3 * LOST_AFTER
"""Seconds to wait for what comes of a line's death, also on a machine that is busy."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Mentors of one group, and an sshd that never asks whether a client is there."""
    with serving(alive=0) as server:
        database.open_database(str(server.database), create=True)
        school = School()
        school.account()
        pair = Mentored(school)
        (step,) = school.course("Writing", (None,))
        school.enrol(pair.ana, school.course_of(step))
        school.work(pair.ana, step)
        for name in NAMES:
            person = school.person(f"{name.title()} Line")
            school.place(person, pair.group, Role.MENTOR)
            server.let_in(name, person)
        server.start()
        yield server


class Wire:
    """Carries one connection to the server, until it is cut: then nothing comes through any more."""

    def __init__(self, server: Server) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server = server
        self._is_cut = Event()
        self._over = Event()
        self._thread = Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        near, _ = self._listener.accept()
        with near, socket.create_connection(("127.0.0.1", self._server.setup.port)) as far:
            other = {near: far, far: near}
            while not self._is_cut.is_set():
                for end in select.select([near, far], [], [], 0.1)[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)
            self._over.wait()

    def cut(self) -> None:
        """From now on both ends are there, and hear nothing of each other."""
        self._is_cut.set()
        self._thread.join(0.5)

    def close(self) -> None:
        """Let go of both ends."""
        self._is_cut.set()
        self._over.set()
        self._thread.join(10)
        self._listener.close()


@contextmanager
def wired(server: Server) -> Iterator[Wire]:
    wire = Wire(server)
    try:
        yield wire
    finally:
        wire.close()


class Answers:
    """What a person's terminal does when it is asked: something else each, a while later."""

    def __init__(self, terminal: TerminalProgram, pieces: Sequence[tuple[float, bytes]]) -> None:
        """Each of the `pieces` is sent so many seconds after the one before."""
        terminal.position = b""
        self._terminal = terminal
        self._pieces = pieces
        self._seen = 0

    def step(self) -> None:
        """Begin to answer, if it was asked again."""
        if self._terminal.asked > self._seen:
            self._seen = self._terminal.asked
            # In a thread of its own: what the test does meanwhile may take a second, and a person's terminal
            # does not leave so long between the pieces.
            Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        for wait, piece in self._pieces:
            Event().wait(wait)
            with suppress(OSError):
                self._terminal.send_bytes(piece)


def write_something(number: int) -> None:
    """Change what all of them show."""
    ana = people.by_email_or_id("ana.brandt@x.example")
    people.edit(OPERATOR, ana, last_name=f"Brandt {number}")


def run_until(
    terminals: Sequence[TerminalProgram], others: Sequence[Answers], done: Callable[[], bool]
) -> None:
    """Read from terminals while the sessions draw, until something holds. Raises TimeoutError."""
    began = written = time.monotonic()
    number = 0
    while not done():
        for terminal in terminals:
            terminal.receive(0.02)
        for other in others:
            other.step()
        if time.monotonic() - written > 1:
            number, written = number + 1, time.monotonic()
            write_something(number)
        if time.monotonic() - began > AT_MOST:
            raise TimeoutError


SPLIT = [(0.15, bytes([byte])) for byte in b"\x1b[24;80R"]
LATE = [(5.0, b"\x1b[24;80R"), (0.0, b"\x1b[24;80R"), (0.1, b"\x1b[;R\x1b[?1;1R\x1b[1;1;1R")]


def test_a_dead_line_is_noticed_in_half_a_minute_and_one_that_answers_somehow_is_not_dead(
    server: Server,
) -> None:
    with (
        wired(server) as wire,
        server.terminal("stopped") as stopped,
        TerminalProgram(server.command("dropped", port=wire.port)) as dropped,
        server.terminal("mute") as mute,
        server.terminal("late") as late,
        server.terminal("split") as split,
    ):
        mute.position = b""
        alive, dead = [mute, late, split], [stopped, dropped]
        others = [Answers(late, LATE), Answers(split, SPLIT)]
        for terminal in (*alive, *dead):
            terminal.wait_for("waiting", timeout=60)
        split.send("r")
        split.wait_for("Approve and next", timeout=60)
        split.send("ctrl+r")
        split.wait_for("Tell the learner what to improve", timeout=60)
        split.send_bytes(b"Half")
        run_until([*alive, *dead], others, lambda: all(each.asked for each in (*alive, *dead)))
        # The last answers are on their way.
        until = time.monotonic() + 2
        run_until([*alive, *dead], others, lambda: time.monotonic() > until)
        os.kill(stopped.pid, signal.SIGSTOP)
        wire.cut()
        run_until(alive, others, lambda: len(server.sessions()) <= len(alive))
        left = set(server.sessions())
        assert len(left) == len(alive)
        # Those that answer somehow, or never did, stay.
        later = time.monotonic() + ASK_AFTER
        run_until(alive, others, lambda: time.monotonic() > later)
        assert set(server.sessions()) == left
        assert late.asked > 1 and split.asked > 1
        split.send_bytes(b" a\x1b[1")
        run_until([split], [], lambda: "Half a" in split.text())
        split.send_bytes(b";1R sentence")
        split.wait_for("Half a sentence +│", timeout=60)
        # Whoever comes back is told, with the terminal as it was.
        os.kill(stopped.pid, signal.SIGCONT)
        stopped.wait_for("The connection was lost", timeout=60)
    server.wait_for_end([*left])
    assert reasons(server) == {"The connection was lost.": 5}


def test_a_person_s_own_silent_session_gives_way_to_them(server: Server) -> None:
    settings.change(OPERATOR, SessionLimits(), replace(SessionLimits(), per_person=1))
    with server.terminal("again") as again, server.terminal("late") as late:
        for terminal in (again, late):
            terminal.wait_for("waiting", timeout=60)
        run_until([again, late], [], lambda: bool(again.asked and late.asked))
        until = time.monotonic() + 2
        run_until([again, late], [], lambda: time.monotonic() > until)
        os.kill(again.pid, signal.SIGSTOP)
        code, out, err = finish(server.begin("again", "whoami"))
        assert (code, out) == (1, "") and "try again in 15 seconds" in err
        # The other one goes on answering while somebody comes in.
        while come_in(server, "again", late):
            pass
        assert come_in(server, "late", late) == 1
        run_until([late], [], lambda: len(server.sessions()) == 1)
        assert sessions.GAVE_WAY in reasons(server)


def come_in(server: Server, name: str, other: TerminalProgram) -> int:
    """Ask who somebody is by their key, and read from another terminal meanwhile; returns the exit code."""
    asked = server.begin(name, "whoami")
    run_until([other], [], lambda: asked.poll() is not None)
    return finish(asked)[0]


def reasons(server: Server) -> dict[str, int]:
    """Why sessions ended, and how many did for it."""
    with closing(sqlite3.connect(server.database)) as connection:
        return dict(
            connection.execute("SELECT reason, COUNT(*) FROM sessions WHERE ended_at IS NOT NULL GROUP BY 1")
        )
