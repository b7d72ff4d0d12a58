"""How far the screen lags behind somebody who types over a slow line, and what the output filter costs.

    python -m tests.bench.bench_slow_line --rounds 3 --old ../muster-0.3.0

A feedback of 200 letters is typed at 6 a second, with the output filter and without, through `slow_line`:
56 kbit/s, 300 ms, 2 % loss, without compression; with `--old` also in an older Muster, which has its own
`.venv`. The lag is the time from the last letter of a word until
the word can be seen, less the round trip that no program can save. CPU is that of the whole program over the
same keys on a quick line, taking turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from store import demo
from tests.bench.bench_bytes import make_school
from tests.bench.bench_cpu import cpu_ms, made_by
from tests.bench.pty_driver import TerminalProgram

ROOT = Path(__file__).parents[2]
LETTERS, A_SECOND, WORD = 200, 6, 5
ROUND_TRIP_MS = 300
MOST_LAG, MOST_CPU = 0.5, 1.05
WITHOUT = "--no-output-filter"
SESSION = (
    "down",
    "down",
    "Q",
    *["down"] * 12,
    "enter",
    *"Well done so far",
    "ctrl+r",
    *"Good",
    "ctrl+r",
    "escape",
)
SESSION += (
    "escape",
    "ctrl+p",
    *"anna",
    "escape",
    "escape",
    "c",
    "down",
    "down",
    "enter",
    "2",
    "3",
    "1",
    "?",
    "escape",
)


def command(file: Path, *options: str, folder: Path = ROOT) -> tuple[str, ...]:
    """Muster, as it is in a folder, for a leader of the demo school."""
    python = sys.executable if folder == ROOT else str(folder / ".venv/bin/python")
    return (python, "-m", "tui", "--database", str(file), "--as", demo.PEOPLE.leader, *options)


def words(dice: Random) -> list[str]:
    """Words that stand nowhere else on the screen."""
    return ["q" + "".join(dice.choices("bcdfghjklmnpqrstvwxz", k=WORD - 2)) for _ in range(LETTERS // WORD)]


def lag(file: Path, seed: int, *options: str, folder: Path = ROOT) -> list[float]:
    """Seconds until each word could be seen."""
    line = (sys.executable, str(ROOT / "tests/bench/slow_line.py"), "--ms", str(ROUND_TRIP_MS))
    whole = (*line, "--seed", str(seed), *command(file, *options, folder=folder))
    with TerminalProgram(whole, rows=24, columns=80, cwd=folder) as program:
        program.wait_for("Waiting for review", timeout=120)
        # A return without a word leads to the feedback, where one is from the start since 0.4.0.
        for key, seen in (("Q", "Queue"), ("enter", "Feedback"), ("ctrl+r", "Feedback")):
            program.quiet(2)
            program.send(key)
            program.wait_for(seen, timeout=60)
        program.quiet(3)
        sent: dict[str, float] = {}
        shown: dict[str, float] = {}

        def look() -> None:
            text = program.text()
            for word in sent.keys() - shown.keys():
                if word in text:
                    shown[word] = program.last_read

        began, count = time.monotonic(), 0
        for word in words(Random(seed)):
            for letter in f"{word} ":
                program.send("space" if letter == " " else letter)
                if letter == " ":
                    sent[word] = time.monotonic() - 1 / A_SECOND
                count += 1
                while (left := began + count / A_SECOND - time.monotonic()) > 0:
                    if program.receive(left):
                        look()
        end = time.monotonic() + 60
        while sent.keys() - shown.keys() and time.monotonic() < end:
            program.receive(0.2)
            look()
        return [shown.get(word, end) - sent[word] - ROUND_TRIP_MS / 1000 for word in sent]


def cpu(folder: Path, *options: str) -> float:
    """Milliseconds that a whole session takes."""
    file = make_school(Path(tempfile.mkdtemp(dir=folder)))
    with TerminalProgram(command(file, *options), rows=24, columns=80, cwd=ROOT, settle=0.15) as program:
        program.wait_for("Waiting for review", timeout=60)
        program.quiet()
        for key in SESSION:
            program.press(key, timeout=0.3)
        return cpu_ms(program)


def main() -> None:
    """Measure both, and print what was reached."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--old", type=Path, help="where an older Muster lies, with its .venv")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, way in (("with the filter", ()), ("without it", (WITHOUT,))):
            lags = lag(make_school(Path(tempfile.mkdtemp(dir=folder))), 1, *way)
            is_kept = max(lags) <= MOST_LAG
            print(f"lag {name}: median {statistics.median(lags):.2f} s, most {max(lags):.2f} s", end="")
            print("" if way else f" (at most {MOST_LAG}: {'kept' if is_kept else 'missed'})")
        if options.old:
            old = options.old.absolute()
            with made_by(old) as file:
                lags = lag(file, 1, folder=old)
            print(f"lag of the older: median {statistics.median(lags):.2f} s, most {max(lags):.2f} s")
        used: dict[str, list[float]] = {"": [], WITHOUT: []}
        for _ in range(options.rounds):
            for option in used:
                used[option].append(cpu(folder, *filter(None, (option,))))
        with_filter, without = (statistics.median(each) for each in used.values())
        ratio = with_filter / without
        print(
            f"CPU of a session: {with_filter:.0f} ms with, {without:.0f} without, {ratio:.2f} times"
            f" (at most {MOST_CPU}: {'kept' if ratio <= MOST_CPU else 'missed'})"
        )


if __name__ == "__main__":
    main()
