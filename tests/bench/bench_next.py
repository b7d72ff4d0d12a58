"""What it costs to go on to the next item of the review panel, beside the least a key can cost.

    python -m tests.bench.bench_next --rounds 3

A demo school on disk is made, and its waiting items are gone through as a mentor would: "skip" is from
the key to the next item drawn; "save" is from the key that saves the review, its transaction included.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from store import database, demo
from tests.bench.pty_driver import TerminalProgram

ROOT = Path(__file__).parents[2]
ITEMS = 15
POSITION = re.compile(r"([\d,]+) of ([\d,]+)")


def least(keys: int) -> list[float]:
    """Milliseconds until one changed line is drawn, for each of some keys."""
    command = (sys.executable, "-m", "tests.bench.apps.static_app")
    with TerminalProgram(command, cwd=ROOT) as program:
        program.wait_for("Person Number 0")
        program.quiet(0.3)
        return [program.press("x").first_ms for _ in range(keys)]


def going_on(command: Sequence[str], save: bool) -> list[float]:
    """Milliseconds until the next item stands there, for each of some items that one goes through."""
    times = []
    with TerminalProgram(command, cwd=ROOT) as program:
        program.wait_for("Waiting for review")
        program.quiet(0.5)
        program.press("r")
        program.wait_for(POSITION.pattern)
        for _ in range(ITEMS):
            program.quiet(0.5)
            before = heading(program.text())
            if save:
                # Without a reason it leads to where one is typed, whether the step has points or not.
                for key in ("ctrl+r", *"Shorter"):
                    program.press(key, timeout=0.3)
            program.quiet(0.5)
            times.append(until_other(program, "ctrl+r" if save else "ctrl+n", before))
    return times


def heading(text: str) -> str:
    """The lines that say whose work of what it is."""
    return "\n".join(text.split("\n")[:3])


def until_other(program: TerminalProgram, key: str, before: str) -> float:
    """Press a key; milliseconds until the last byte of the picture that has another item in it."""
    start = time.monotonic()
    program.send(key)
    while heading(program.text()) == before:
        if time.monotonic() - start > 5:
            raise TimeoutError(f"No other item after {key}:\n{program.text()}")
        program.receive(0.05)
    return (program.last_read - start) * 1000


def main() -> None:
    """Measure in rounds; print medians, and how many times the least a key can cost they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="person", default=demo.PEOPLE.leader)
    options = parser.parse_args()
    found: dict[str, list[float]] = {"least": [], "skip": [], "save": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            file = str(Path(folder) / f"demo{number}.db")
            database.open_database(file, create=True)
            demo.build()
            database.close()
            command = (sys.executable, "-m", "tui", "--database", file, "--as", options.person)
            found["least"] += least(ITEMS)
            found["skip"] += going_on(command, save=False)
            found["save"] += going_on(command, save=True)
    base = statistics.median(found["least"])
    print(f"{'':<8}{'median ms':>12}{'slowest ms':>12}{'times least':>14}")
    for name, times in found.items():
        middle = statistics.median(times)
        print(f"{name:<8}{middle:>12.1f}{max(times):>12.1f}{middle / base:>14.1f}")


if __name__ == "__main__":
    main()
