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
from tui.ssh import setup_files
from tui.ssh.line import ASK_AFTER, LOST_AFTER

NAMES = ("stopped", "dropped", "mute", "late", "split", "again")
AT_MOST = 3 * LOST_AFTER
"""Seconds to wait for what comes of a line's death, also on a machine that is busy."""
CHECK_SECONDS = 0.25
"""Seconds between two checks of a line in these sessions: time is counted by checks, see `tui.ssh.line`."""
QUICKLY = f"""\
import runpy, sys
from tui.ssh import driver
driver.CHECK_SECONDS = {CHECK_SECONDS}
sys.argv[0] = "muster"
runpy.run_module("tui", run_name="__main__")
"""


def quick_sessions(server: Server) -> Iterator[setup_files.File]:
    """What `muster ssh setup` writes, with a session that checks its line more often."""
    program = server.folder / "quick.py"
    for file in setup_files.files(server.setup, str(server.database)):
        text = file.text.replace("-I -m tui session", f"-I {program} session")
        assert (text != file.text) == (file.name == setup_files.WRAPPER)
        yield file._replace(text=text)
    yield setup_files.File(program.name, "", 0o644, QUICKLY)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Mentors of one group, and an sshd that never asks whether a client is there."""
    with serving(alive=0, files=quick_sessions) as server:
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
        database.close()
        server.start()
        yield server


@pytest.fixture(autouse=True)
def opened(server: Server) -> Iterator[None]:
    """The server's database, open in the test."""
    database.attach(str(server.database))
    yield
    database.close()


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
        self._under_way: Thread | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no part of an answer is still to come."""
        return self._under_way is None or not self._under_way.is_alive()

    def step(self) -> None:
        """Begin to answer, if it was asked again."""
        if self._terminal.asked > self._seen:
            self._seen = self._terminal.asked
            # In a thread of its own: what the test does meanwhile may take a second, and a person's terminal
            # does not leave so long between the pieces.
            self._under_way = Thread(target=self._answer, daemon=True)
            self._under_way.start()

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
        if time.monotonic() - written > CHECK_SECONDS:
            number, written = number + 1, time.monotonic()
            write_something(number)
        if time.monotonic() - began > AT_MOST:
            raise TimeoutError


SPLIT = [(0.15, bytes([byte])) for byte in b"\x1b[24;80R"]
LATE = [(4 * CHECK_SECONDS, b"\x1b[24;80R"), (0.0, b"\x1b[24;80R"), (0.1, b"\x1b[;R\x1b[?1;1R\x1b[1;1;1R")]


def test_a_dead_line_is_noticed_in_half_a_minute_and_one_that_answers_somehow_is_not_dead(
    server: Server,
) -> None:
    before = last_session(server)
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
        until = time.monotonic() + 2 * CHECK_SECONDS
        run_until([*alive, *dead], others, lambda: time.monotonic() > until)
        os.kill(stopped.pid, signal.SIGSTOP)
        wire.cut()
        run_until(alive, others, lambda: len(server.sessions()) <= len(alive))
        left = set(server.sessions())
        assert len(left) == len(alive)
        # Those that answer somehow, or never did, stay.
        later = time.monotonic() + ASK_AFTER * CHECK_SECONDS
        run_until(alive, others, lambda: time.monotonic() > later)
        assert set(server.sessions()) == left
        assert late.asked > 1 and split.asked > 1
        run_until(alive, others, lambda: others[1].is_whole)
        split.send_bytes(b" a\x1b[1")
        run_until([split], [], lambda: "Half a" in split.text())
        split.send_bytes(b";1R sentence")
        split.wait_for("Half a sentence +│", timeout=60)
        # Whoever comes back is told, with the terminal as it was.
        os.kill(stopped.pid, signal.SIGCONT)
        stopped.wait_for("The connection was lost", timeout=60)
    server.wait_for_end([*left])
    assert reasons(server, before) == {"The connection was lost.": 5}


def test_a_person_s_own_silent_session_gives_way_to_them(server: Server) -> None:
    settings.change(OPERATOR, SessionLimits(), replace(SessionLimits(), per_person=1))
    before = last_session(server)
    with server.terminal("again") as again, server.terminal("late") as late:
        for terminal in (again, late):
            terminal.wait_for("waiting", timeout=60)
        run_until([again, late], [], lambda: bool(again.asked and late.asked))
        until = time.monotonic() + 2 * CHECK_SECONDS
        run_until([again, late], [], lambda: time.monotonic() > until)
        # They go on answering while somebody comes in.
        code, out, err = come_in(server, "again", again, late)
        assert (code, out) == (1, "") and "try again in 15 seconds" in err
        os.kill(again.pid, signal.SIGSTOP)
        while come_in(server, "again", late)[0]:
            pass
        assert come_in(server, "late", late)[0] == 1
        run_until([late], [], lambda: len(server.sessions()) == 1)
        assert sessions.GAVE_WAY in reasons(server, before)


def come_in(server: Server, name: str, *others: TerminalProgram) -> tuple[int, str, str]:
    """Ask who somebody is by their key, and read from other terminals meanwhile; returns what came of it."""
    asked = server.begin(name, "whoami")
    run_until(others, [], lambda: asked.poll() is not None)
    return finish(asked)


def last_session(server: Server) -> int:
    """The number of the session that began last."""
    with closing(sqlite3.connect(server.database)) as connection:
        (number,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM sessions").fetchone()
    return int(number)


def reasons(server: Server, after: int) -> dict[str, int]:
    """Why sessions that began `after` another one ended, and how many did for it."""
    query = "SELECT reason, COUNT(*) FROM sessions WHERE id > ? AND ended_at IS NOT NULL GROUP BY 1"
    with closing(sqlite3.connect(server.database)) as connection:
        return dict(connection.execute(query, (after,)))
