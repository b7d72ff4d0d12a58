"""Only what changed is drawn again: what stands there then is what drawing everything anew would give."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from store import demo
from tests.bench.pty_driver import TerminalProgram, key_bytes
from tests.helpers.databases import Kept
from tests.helpers.replayed import ROOT, press_by_chance
from tests.helpers.resting_program import PATIENCE, rest
from tests.helpers.two_terminals import Terminal

PIECES = 6
"""Times that everything is drawn anew."""
TYPED = (
    "a",
    "b",
    "space",
    "漢",
    "é",
    "enter",
    "backspace",
    "left",
    "right",
    "up",
    "down",
    "home",
    "end",
    "(",
    ")",
)


def looks(program: TerminalProgram) -> list[tuple[object, ...]]:
    """Each cell with its style, and the cursor."""
    program.text()
    screen = program._screen
    cells = [(y, x, *screen.buffer[y][x]) for y in range(screen.lines) for x in range(screen.columns)]
    return [*cells, (screen.cursor.y, screen.cursor.x)]


def muster(file: str, rows: int, columns: int) -> TerminalProgram:
    """For a leader of the demo school, on a terminal that is sent all that is drawn."""
    command = (
        sys.executable,
        "-m",
        "tests.helpers.resting_program",
        "--database",
        file,
        "--as",
        demo.PEOPLE.leader,
    )
    options = ("--no-output-filter",)
    # Characters are as wide in it as the program takes them for.
    screen = Terminal(columns, rows)
    return TerminalProgram(
        (*command, *options),
        rows=rows,
        columns=columns,
        # A report that is asked for by chance is written to the folder one is in.
        cwd=Path(file).parent,
        environment={"PYTHONPATH": str(ROOT)},
        settle=0.02,
        screen=screen,
    )


def compare(program: TerminalProgram, *, resized: bool = False) -> None:
    rest(program)
    # What was said meanwhile goes with the next key.
    rest(program)
    before = looks(program)
    if resized:
        # Widgets keep the lines that they drew: at another width they make all of them anew.
        for columns in (81, 80):
            program.resize(24, columns)
            assert program.receive(PATIENCE), "Nothing is drawn at another width."
            rest(program)
    else:
        program.press("ctrl+l")
        rest(program)
    differ = [pair for pair in zip(before, looks(program), strict=True) if pair[0] != pair[1]]
    assert not differ, differ[:5]


@pytest.mark.parametrize(("rows", "columns", "seed"), [(24, 80, 1), (40, 120, 5)])
def test_keys_by_chance_leave_what_drawing_everything_gives(
    built_demo: Kept, tmp_path: Path, rows: int, columns: int, seed: int
) -> None:
    """By these seeds one comes to Home, the queue, reviews, a group and people."""
    file = built_demo.copy(tmp_path / "demo.db")
    dice = Random(seed)
    with muster(file, rows, columns) as program:
        program.wait_for("waiting")
        for _ in range(PIECES):
            press_by_chance(program, dice, 10)
            compare(program)


def test_what_is_typed_leaves_what_drawing_everything_gives(built_demo: Kept, tmp_path: Path) -> None:
    file = built_demo.copy(tmp_path / "demo.db")
    dice = Random(5)
    with muster(file, 24, 80) as program:
        program.wait_for("waiting")
        for key, seen in (("Q", "Queue"), ("enter", "Feedback"), ("tab", "Feedback")):
            program.send(key)
            program.wait_for(seen)
        # A line that takes three rows: what is typed in the first moves what stands in the others.
        program.send_bytes(b"some words of a long line " * 8)
        for _ in range(PIECES):
            for _ in range(12):
                key = dice.choice(TYPED)
                program.send_bytes(b"\x7f") if key == "backspace" else program.send(key)
            # A key that moves the cursor has the whole box drawn; these have not.
            for key in ("up", "up", "up", "home", *"and so on"):
                program.send_bytes(key_bytes(key))
            compare(program, resized=True)
