"""What a start costs beside an app of one line, and beside an older Muster: time, CPU and memory.

    python -m tests.bench.bench_start --rounds 15
    python -m tests.bench.bench_start --old ../muster-0.3.0 --people

The programs take turns, each on a demo school of its own on disk. Time is until the first whole picture, in
milliseconds; CPU is that of the whole process until then, and until it is at rest; memory is the most that it
has held. The older one has its own `.venv`. With `--people` a session that has opened People is measured too.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bench_cpu import DEMO, ROOT, cpu_ms
from tests.bench.pty_driver import TerminalProgram

ROLES = {"admin": "admin@northfield.example", "leader": "jo@northfield.example"}
MEASURES = {"picture ms": 1.3, "CPU ms": 1.3, "at rest": None, "memory MB": 1.45}
"""What is measured, and at most how many times that of the app of one line it may be."""
REST = 0.8
"""Seconds of silence after which a program has come to rest, and what it does after the start is done."""


@dataclass(frozen=True)
class Program:
    """A program, and a pattern on its first picture."""

    name: str
    command: tuple[str, ...]
    folder: Path
    ready: str = "Waiting for review|waiting"
    opens_people: bool = False


def programs(folders: dict[str, Path], made: Path, *, with_people: bool) -> list[Program]:
    """The app of one line, and each Muster for each role, the demo schools made in a folder."""
    static = (sys.executable, "-m", "tests.bench.apps.static_app")
    found = [Program("one Static", static, ROOT, "Person Number")]
    for name, folder in folders.items():
        python, file = str(folder / ".venv/bin/python"), str(made / f"{name}.db")
        subprocess.run((python, "-c", DEMO, file), cwd=folder, check=True)
        for role, email in ROLES.items():
            command = (python, "-m", "tui", "--database", file, "--as", email)
            found.append(Program(f"{role}, {name}", command, folder))
        if with_people:
            command = (python, "-m", "tui", "--database", file, "--as", ROLES["admin"])
            found.append(Program(f"People, {name}", command, folder, opens_people=True))
    return found


def start(program: Program, rows: int, columns: int) -> dict[str, float]:
    """Start it once."""
    with TerminalProgram(program.command, rows=rows, columns=columns, cwd=program.folder) as running:
        ready = running.wait_for(program.ready)
        drawn = cpu_ms(running)
        running.quiet(REST)
        at_rest = cpu_ms(running)
        if program.opens_people:
            for key in ("c", "1"):
                running.press(key)
                running.quiet(REST)
        memory = running.peak_kb() / 1024
        return {"picture ms": ready, "CPU ms": drawn, "at rest": at_rest, "memory MB": memory}


def main() -> None:
    """Measure in rounds; print medians, and each as a multiple of the app of one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", type=Path, help="where an older Muster lies, with its .venv")
    parser.add_argument("--people", action="store_true", help="open People too, for its memory")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", default="24x80", help="rows and columns of the terminal")
    options = parser.parse_args()
    rows, columns = map(int, options.size.split("x"))
    folders = {"now": ROOT} | ({"older": options.old.absolute()} if options.old else {})
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as made:
        all_of_them = programs(folders, Path(made), with_people=options.people)
        # The first round warms the caches of the machine.
        for number in range(-1, options.rounds):
            for program in random.Random(number).sample(all_of_them, len(all_of_them)):
                for measure, value in start(program, rows, columns).items():
                    if number >= 0:
                        found[program.name][measure].append(value)
        show({program.name: found[program.name] for program in all_of_them})


def show(found: dict[str, dict[str, list[float]]]) -> None:
    """Print a table of what was measured."""
    print(f"{'':<16}" + "".join(f"{measure:>14}{'ratio':>8}" for measure in MEASURES))
    base: dict[str, float] = {}
    for name, values in found.items():
        line = f"{name:<16}"
        for measure in MEASURES:
            middle = statistics.median(values[measure])
            line += f"{middle:>14.1f}{middle / base.setdefault(measure, middle):>8.2f}"
        print(line)
    print(f"{'at most':<16}" + "".join(f"{'':>14}{goal or '':>8}" for goal in MEASURES.values()))


if __name__ == "__main__":
    main()
