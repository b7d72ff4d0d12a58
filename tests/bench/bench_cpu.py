"""What a key costs the machine, beside an older Muster and beside an app of one line.

    python -m tests.bench.bench_cpu --old ../muster-0.3.0 --rounds 3

A demo school of its own for each program; the programs take turns. CPU is that of the whole process, in
milliseconds, from the key until the screen has stood still; of a review also the time until its last byte is
there. The older one has its own `.venv`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.pty_driver import TerminalProgram

ROOT = Path(__file__).parents[2]
DEMO = """
import sys
from store import database, demo
database.open_database(sys.argv[1], create=True)
demo.build()
"""
WHOLE, WHOLE_GOAL = "review whole", 100.0
"""Milliseconds from the key that opens a review to its last byte, at most."""
LEADER = "jo@northfield.example"
GOALS = {"letter": 0.7, "open review": 0.7, "open queue": 0.7, "next item": 0.8, "palette key": 0.75}
"""At most so many times what the older one takes."""
LETTERS = 20
LONG = 0.4
"""Seconds of silence after which a screen has come to rest."""


def cpu_ms(program: TerminalProgram) -> float:
    """What all threads of the program have used so far."""
    tasks = Path(f"/proc/{program.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


@contextmanager
def made_by(folder: Path) -> Iterator[Path]:
    """The demo school, as the Muster in a folder makes it."""
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "demo.db"
        subprocess.run((folder / ".venv/bin/python", "-c", DEMO, file), cwd=folder, check=True)
        yield file


@contextmanager
def running(folder: Path, rows: int, columns: int) -> Iterator[TerminalProgram]:
    """Muster as it is in a folder, for a leader of the demo school."""
    python = str(folder / ".venv/bin/python")
    with made_by(folder) as file:
        command = (python, "-m", "tui", "--database", str(file), "--as", LEADER)
        with TerminalProgram(command, rows=rows, columns=columns, cwd=folder, settle=LONG) as program:
            program.wait_for("Waiting for review|waiting")
            program.quiet(1.5)
            yield program


def measured(folder: Path, rows: int, columns: int) -> dict[str, list[float]]:
    """CPU of each step, as often as it was taken."""
    found: dict[str, list[float]] = defaultdict(list)
    with running(folder, rows, columns) as program:

        def step(name: str, key: str, times: int = 1) -> None:
            before, start = cpu_ms(program), time.monotonic()
            for _ in range(times):
                program.send(key)
                program.quiet(0.08 if times > 1 else LONG)
            program.quiet()
            found[name].append((cpu_ms(program) - before) / times)
            if name == "open review":
                found[WHOLE].append((program.last_read - start) * 1000)

        for _ in range(4):
            step("open queue", "Q")
            step("open review", "enter")
            # In the older one nothing has the focus yet.
            for _ in range(("Points" in program.text()) + ("Fill in" in program.text())):
                step("to feedback", "tab")
            step("letter", "i", LETTERS)
            if "i" * LETTERS not in program.text():
                raise RuntimeError(f"the letters did not reach the feedback:\n{program.text()}")
            step("next item", "ctrl+n")
            step("next item", "ctrl+n")
            for _ in range(2):
                step("back", "escape")
            step("palette", "ctrl+p")
            for letter in "ana b":
                step("palette key", "space" if letter == " " else letter)
            step("close", "escape")
            step("cursor", "down", 8)
    return found


def main() -> None:
    """Measure in rounds; print medians, the ratio to the older program, and the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", type=Path, required=True, help="where the older Muster lies, with its .venv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="24x80", help="rows and columns of the terminal")
    options = parser.parse_args()
    rows, columns = map(int, options.size.split("x"))
    old: dict[str, list[float]] = defaultdict(list)
    new: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for folder, times in ((options.old, old), (ROOT, new)):
            for name, each in measured(folder.absolute(), rows, columns).items():
                times[name] += each
    print(f"{'CPU ms':<14}{'older':>8}{'now':>8}{'ratio':>8}{'goal':>8}")
    for name, each in new.items():
        before, now = statistics.median(old[name]), statistics.median(each)
        goal = GOALS.get(name)
        if name != WHOLE:
            print(f"{name:<14}{before:>8.1f}{now:>8.1f}{now / before:>8.2f}{goal or '':>8}")
    before, now = statistics.median(old[WHOLE]), statistics.median(new[WHOLE])
    print(
        f"A review is whole {now:.0f} ms after the key, {before:.0f} in the older (at most {WHOLE_GOAL:.0f})."
    )


if __name__ == "__main__":
    main()
