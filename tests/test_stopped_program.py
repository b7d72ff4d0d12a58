"""Keys that came in one read, while the program stood still: each acts on what its typist saw or meant."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from store import database
from store.views.groups import Role
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]
LEA = "lea@x.example"
PATIENCE = 30
SLOW_SECONDS = 0.02
F8 = b"\x1b[19~"


@pytest.fixture
def file(base: Path) -> Path:
    """A group with a leader, a mentor, and Ana, whose work waits; on a file with nobody at it."""
    school = School()
    people = Mentored(school)
    school.place(school.person("Lea Leader", email=LEA), people.group, Role.LEADER)
    steps = school.course("Writing", (None,))
    school.enrol(people.ana, school.course_of(steps[0]))
    school.work(people.ana, steps[0])
    database.close()
    return base


@contextmanager
def program(file: Path, email: str) -> Iterator[TerminalProgram]:
    """Muster on a slow database, its first screen drawn."""
    command = (sys.executable, "-m", "tests.helpers.slow_program", "--database", str(file), "--as", email)
    slow = {"SLOW_SECONDS": str(SLOW_SECONDS), "SLOW_FAILS": str(broken(file))}
    with TerminalProgram(command, rows=24, columns=100, cwd=ROOT, environment=slow) as running:
        running.wait_for("Home|Muster", timeout=60)
        running.quiet(0.2)
        yield running
        # What it does as it leaves is not looked at.
        running.kill()


def broken(file: Path) -> Path:
    """While this file is there, nothing can be read."""
    return file.with_name("broken")


def at_once(running: TerminalProgram, keys: bytes) -> None:
    """Keys that lie there when the program goes on."""
    os.kill(running.pid, signal.SIGSTOP)
    running.send_bytes(keys)
    os.kill(running.pid, signal.SIGCONT)


def value(file: Path, query: str) -> object:
    with closing(sqlite3.connect(file)) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def in_the_group(running: TerminalProgram) -> None:
    """At Ana in the list of the group."""
    running.send("ctrl+p")
    running.wait_for("Screen|View|Person|Group", timeout=PATIENCE)
    running.send_bytes(b"onboarding")
    running.wait_for(r"› Onboarding", timeout=PATIENCE)
    running.send("enter")
    running.wait_for("Members", timeout=PATIENCE)
    running.wait_for("Ana Brandt", timeout=PATIENCE)
    running.press("end")
    running.wait_for("› Ana Brandt", timeout=PATIENCE)


def test_two_enters_on_remove_leave_a_member_where_they_are(file: Path) -> None:
    with program(file, LEA) as running:
        in_the_group(running)
        running.send(".")
        running.wait_for("Remove from group", timeout=PATIENCE)
        running.press("end")
        at_once(running, b"\r\r")
        running.wait_for("Remove Ana Brandt from Onboarding", timeout=PATIENCE)
        running.quiet(0.3)
        running.send("enter")
        running.wait_for("Home › Onboarding", timeout=PATIENCE)
    assert value(file, "SELECT COUNT(*) FROM memberships WHERE active AND role = 'member'") == 1


def test_f8_and_enter_in_manage_ask_and_change_nothing(file: Path) -> None:
    with program(file, LEA) as running:
        in_the_group(running)
        running.send("m")
        running.wait_for("Manage Onboarding", timeout=PATIENCE)
        at_once(running, F8 + b"\r")
        running.wait_for("Delete Onboarding", timeout=PATIENCE)
        running.quiet(0.3)
        running.send("escape")
        running.wait_for("Manage Onboarding", timeout=PATIENCE)
    assert value(file, "SELECT COUNT(*) FROM groups WHERE active") == 1


def test_letters_typed_right_after_an_item_opens_are_text_of_its_form(file: Path) -> None:
    with program(file, TOM) as running:
        running.wait_for("Writing step 1.1", timeout=PATIENCE)
        at_once(running, b"\rNice quit")
        running.wait_for("Nice quit", timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while value(file, "SELECT feedback FROM drafts") != "Nice quit":
            assert time.monotonic() < deadline
            running.receive(0.1)


def test_keys_wait_for_a_slow_screen_and_its_rows(file: Path) -> None:
    with program(file, TOM) as running:
        at_once(running, b"Q\r")
        running.wait_for("Approve", timeout=PATIENCE)


def test_what_is_typed_behind_the_key_of_the_palette_is_looked_for(file: Path) -> None:
    with program(file, TOM) as running:
        at_once(running, b"\x10queue\r")
        running.wait_for("Home › (Queue|Review queue)", timeout=PATIENCE)


def test_esc_and_a_letter_in_one_read_are_two_keys(file: Path) -> None:
    with program(file, TOM) as running:
        running.send_bytes(b"\x1b[21~")
        running.wait_for("My actions", timeout=PATIENCE)
        at_once(running, b"\x1bu")
        running.wait_for("nothing (of yours )?to (undo|take back)", timeout=PATIENCE)


def test_esc_before_a_key_with_ctrl_is_not_lost(file: Path) -> None:
    with program(file, TOM) as running:
        running.wait_for("Writing step 1.1", timeout=PATIENCE)
        running.send("r")
        running.wait_for("Approve", timeout=PATIENCE)
        running.quiet(0.3)
        at_once(running, b"\x1b\x0e")
        running.wait_for("oldest first", timeout=PATIENCE)


def test_letters_for_a_screen_that_never_comes_are_thrown_away(file: Path) -> None:
    with program(file, TOM) as running:
        broken(file).touch()
        at_once(running, b"Qq")
        running.wait_for("cannot be read|could not be read|disk I/O|Storage|database", timeout=PATIENCE)
        running.quiet(0.3)
        broken(file).unlink()
        # The q would have ended the program.
        running.send_bytes(b"\x1b[15~")
        running.wait_for("Writing step 1.1", timeout=PATIENCE)


def test_what_is_typed_behind_a_return_without_a_reason_is_the_reason(file: Path) -> None:
    with program(file, TOM) as running:
        running.wait_for("Writing step 1.1", timeout=PATIENCE)
        running.send("r")
        running.wait_for("Approve and next", timeout=PATIENCE)
        running.quiet(0.3)
        at_once(running, b"\x12Nice, and quite short")
        running.wait_for("Nice, and quite short", timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while value(file, "SELECT feedback FROM drafts") != "Nice, and quite short":
            assert time.monotonic() < deadline
            running.receive(0.1)
