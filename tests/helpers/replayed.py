"""The real program in a pseudo-terminal, with a record of what it drew and what was sent of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.bench.pty_driver import KEYS, TerminalProgram
from tests.helpers.two_terminals import Difference, Replay

ROOT = Path(__file__).parents[2]
PATIENCE = 60
RANDOM_KEYS = (
    *("down",) * 8,
    *("up", "pagedown", "pageup", "home", "end", "left", "right", "tab", "space") * 2,
    *("enter",) * 8,
    *("escape",) * 6,
    *(
        "ctrl+p",
        "c",
        "Q",
        "question_mark",
        "colon",
        "ctrl+n",
        "ctrl+b",
        "ctrl+r",
        "ctrl+s",
        "ctrl+t",
        "ctrl+l",
    ),
    *"123456789/.aeinorst?:mfvx",
)
"""What is pressed by chance: mostly what leads on, and no key that ends the program."""
_CODES = {"question_mark": "?", "colon": ":"}
PLACES = (
    "home",
    "queue",
    "community",
    "drafts",
    "saved replies",
    "actions",
    "audit log",
    "sessions",
    "keys",
    "theme",
)
"""Words by which the palette finds each place."""


@contextmanager
def recorded(
    file: Path,
    email: str,
    record: Path,
    *,
    rows: int,
    columns: int,
    environment: Mapping[str, str] | None = None,
) -> Iterator[TerminalProgram]:
    """Muster with somebody in it, its first screen drawn."""
    command = (sys.executable, "-m", "tests.helpers.recorded_program", "--database", str(file), "--as", email)
    variables = {"RECORD": str(record), "PYTHONPATH": str(ROOT), **(environment or {})}
    # A report that is asked for by chance is written to the folder one is in.
    here = record.parent
    with TerminalProgram(command, rows=rows, columns=columns, cwd=here, environment=variables) as program:
        program.wait_for("Home|Muster", timeout=PATIENCE)
        program.quiet(0.5)
        try:
            yield program
        finally:
            # At once: what it would write to a terminal that is gone nobody sees.
            program.kill()


def writes(record: Path) -> list[tuple[list[int], str, str]]:
    """What was recorded: the size, what was drawn, and what was sent of it."""
    # The last line may be written just now.
    lines = record.read_text().split("\n")[:-1]
    return [(size, drawn, sent) for size, drawn, sent, _ in map(json.loads, lines)]


def compared(record: Path) -> tuple[int, list[Difference]]:
    """How many pictures there were, and where what was sent showed something else than what was drawn."""
    found: list[Difference] = []
    replay = None
    for size, drawn, sent in writes(record):
        replay = replay or Replay(*size)
        found += replay.take(size, drawn, sent)
    return (replay.pictures if replay else 0), found


def suspend(program: TerminalProgram) -> None:
    """Stop it as Ctrl+Z in a shell does, and go on."""
    os.kill(program.pid, signal.SIGTSTP)
    deadline = time.monotonic() + PATIENCE
    while _state(program.pid) != "T":
        assert time.monotonic() < deadline, "It does not stop."
        program.receive(0.02)
    os.kill(program.pid, signal.SIGCONT)
    program.quiet(0.2)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def visit(program: TerminalProgram, place: str) -> None:
    """Go to a place by the palette."""
    program.press("ctrl+p")
    for key in place:
        program.send(key)
    program.quiet(0.2)
    program.press("enter")


def press_by_chance(program: TerminalProgram, dice: Random, count: int, *, places: bool = True) -> None:
    """Press so many keys, now and then from another place on."""
    for number in range(count):
        if places and number % 25 == 24:
            for _ in range(3):
                program.press("escape", timeout=0.2)
            visit(program, dice.choice(PLACES))
        key = dice.choice(RANDOM_KEYS)
        assert key in KEYS or key in _CODES or len(key) == 1 or key.startswith("ctrl+")
        program.press(_CODES.get(key, key), timeout=0.1)
