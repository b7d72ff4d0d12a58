"""The program is ended in the middle of typing, in a real terminal: next to nothing of it is lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store import database
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School
from tests.helpers.two_terminals import Terminal

pytestmark = pytest.mark.sqlite("about the file of a database")

ROOT = Path(__file__).parents[1]
SIZE = (24, 100)
WORDS = "The second paragraph carries it now, and the last one says what you will do for the customer. "
KEYS_A_SECOND = 25
LOST_SECONDS = 1.0


@pytest.fixture
def file(base: Path) -> Iterator[Path]:
    """A school in which one piece of work waits, on a file with nobody at it.

    In memory where there is such a folder: beside other tests a disk may take seconds for what it is asked
    last, and a program that is killed loses nothing of what it has handed over.
    """
    school = School()
    people = Mentored(school)
    steps = school.course("Writing", (None,))
    school.enrol(people.ana, school.course_of(steps[0]))
    school.work(people.ana, steps[0])
    database.close()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(shutil.copy(base, folder))


def program(file: Path) -> TerminalProgram:
    command = (sys.executable, "-m", "tui", "--database", str(file), "--as", TOM)
    return TerminalProgram(command, rows=SIZE[0], columns=SIZE[1], cwd=ROOT)


def to_the_feedback(running: TerminalProgram) -> None:
    """From the start to the cursor in the feedback."""
    running.wait_for("Writing step 1.1", timeout=60)
    running.send("r")
    running.wait_for("Approve and next", timeout=60)
    # A decision right as the item comes would be about the one before.
    running.quiet(0.3)
    # A return without a word leads to where one says it.
    running.send("ctrl+r")
    running.wait_for("Tell the learner what to improve", timeout=60)


def kept(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        row = connection.execute("SELECT feedback FROM drafts").fetchone()
    return str(row[0]) if row else ""


def test_killed_in_the_middle_of_typing_it_lost_no_more_than_the_last_second(file: Path) -> None:
    with program(file) as running:
        to_the_feedback(running)
        typed: list[float] = []
        start = time.monotonic()
        for number, letter in enumerate(WORDS):
            # As a fast typist would, whatever the program does meanwhile.
            while (left := start + number / KEYS_A_SECOND - time.monotonic()) > 0:
                running.receive(left)
            running.send("space" if letter == " " else letter)
            typed.append(time.monotonic())
        running.kill()
        killed = time.monotonic()
    found = kept(file)
    assert WORDS.startswith(found)
    safe = sum(at < killed - LOST_SECONDS for at in typed)
    assert safe > 2 * KEYS_A_SECOND
    assert len(found) >= safe, f"{len(WORDS) - len(found)} of {len(WORDS)} keys were lost: {found!r}"
    with program(file) as running:
        running.wait_for("Writing step 1.1", timeout=60)
        running.send("r")
        running.wait_for("Here is what you typed before", timeout=60)
        # The words may be drawn after what is said of them.
        running.wait_for("The second paragraph", timeout=60)
        running.kill()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM reviews").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM, signal.SIGINT])
def test_ended_from_outside_it_leaves_the_terminal_as_it_was_and_keeps_what_was_typed(
    file: Path, number: signal.Signals
) -> None:
    command = (sys.executable, "-m", "tui", "--database", str(file), "--as", TOM)
    screen = Terminal(SIZE[1], SIZE[0])
    with TerminalProgram(
        command, rows=SIZE[0], columns=SIZE[1], cwd=ROOT, record=True, screen=screen
    ) as running:
        before = termios.tcgetattr(running.descriptor)
        running.wait_for("step 1\\.1", timeout=60)
        assert termios.tcgetattr(running.descriptor) != before
        running.send("r")
        running.wait_for("Approve and next", timeout=60)
        running.quiet(0.3)
        running.send("ctrl+r")
        running.wait_for("Tell the learner what to improve", timeout=60)
        running.send_bytes(b"Half a sentence")
        running.wait_for("sentence", timeout=60)
        drawn = len(running.recorded)
        os.kill(running.pid, number)
        with pytest.raises(EOFError):
            while True:
                running.receive(0.1)
        assert termios.tcgetattr(running.descriptor) == before
        last = bytes(running.recorded[drawn:])
        # The mouse, pastes, the other screen and the cursor.
        for sequence in (b"?1000l", b"?2004l", b"?1049l", b"?25h"):
            assert b"\x1b[" + sequence in last
    assert kept(file) == "Half a sentence"


def test_bytes_that_are_no_text_are_shown_as_such_and_end_nothing(file: Path) -> None:
    with program(file) as running:
        to_the_feedback(running)
        for piece in (b"caf\xe9 ", b"\xff", b"\xed\xa0\x80", b"end"):
            running.send_bytes(piece)
        running.wait_for("caf\ufffd .*end", timeout=60)
        # What was kept of it is text, and the program goes on.
        running.send("ctrl+s")
        running.wait_for("Nothing is left here", timeout=60)
    with closing(sqlite3.connect(file)) as connection:
        (feedback,) = connection.execute("SELECT feedback FROM reviews").fetchone()
    assert str(feedback).startswith("caf\ufffd ")
