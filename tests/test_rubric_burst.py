"""Keys for a rubric that came in one read, and a program that is killed right after them."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store import database
from store.views.rubrics import RubricView, unpacked
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.rubrics import RUBRIC, put
from tests.helpers.school import School

pytestmark = pytest.mark.sqlite("about a file of its own")

ROOT = Path(__file__).parents[1]
TO_RUBRIC = b"\x07"


class Waiting:
    """A file on which Ana's work on a step with a rubric waits, with nobody at it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        school = School()
        people = Mentored(school)
        [step] = school.course("Writing", (10.0,))
        school.enrol(people.ana, school.course_of(step))
        school.work(people.ana, step)
        self.rubric: RubricView = put(step, *RUBRIC)
        database.close()

    def program(self) -> TerminalProgram:
        command = (sys.executable, "-m", "tui", "--database", str(self.file), "--as", TOM)
        return TerminalProgram(command, rows=24, columns=80, cwd=ROOT)

    def row(self, query: str) -> tuple[object, ...]:
        with closing(sqlite3.connect(self.file)) as connection:
            found = connection.execute(query).fetchone()
        assert found is not None
        return tuple(found)


@pytest.fixture
def waiting(base: Path) -> Waiting:
    return Waiting(base)


def at_once(program: TerminalProgram, keys: bytes) -> None:
    """All of them lie there when the program next reads."""
    os.kill(program.pid, signal.SIGSTOP)
    program.send_bytes(keys)
    os.kill(program.pid, signal.SIGCONT)


def test_keys_in_one_read_go_to_the_rubric_and_on_to_the_feedback(waiting: Waiting) -> None:
    with waiting.program() as program:
        program.wait_for("Writing step 1.1", timeout=60)
        # The review is not even open yet.
        at_once(program, b"r" + TO_RUBRIC + b"3\rToo long 2\r2" + b"2Good 3")
        program.wait_for("Rubric 8/10", timeout=60)
        program.wait_for("Good 3", timeout=60)
        program.quiet(0.3)
        program.send("ctrl+s")
        program.wait_for("Nothing is left here", timeout=60)
        program.kill()
    assert waiting.row("SELECT points, feedback FROM reviews") == (8, "Good 3")
    assert waiting.row("SELECT SUM(points), MAX(remark) FROM review_criteria") == (8, "Too long 2")


def test_killed_right_after_the_keys_it_has_lost_none_of_them(waiting: Waiting) -> None:
    with waiting.program() as program:
        program.wait_for("Writing step 1.1", timeout=60)
        at_once(program, b"r" + TO_RUBRIC + b"3\rToo long 2")
        program.wait_for("Too long 2", timeout=60)
        # So much later what was typed is written, however slow the machine is otherwise.
        program.quiet(1)
        program.kill()
    (kept,) = waiting.row("SELECT criteria FROM drafts")
    tone, order, _ = waiting.rubric.criteria
    assert [(each.criterion, each.level, each.remark) for each in unpacked(str(kept))] == [
        (tone.id, tone.levels[2].id, ""),
        (order.id, None, "Too long 2"),
    ]
    with waiting.program() as program:
        program.wait_for("Writing step 1.1", timeout=60)
        at_once(program, b"r" + TO_RUBRIC)
        program.wait_for("▌ 2 Order +“Too long 2”", timeout=60)
        program.kill()
