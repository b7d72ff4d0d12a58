"""What a key costs in a list: time and bytes, beside Textual's own table and the least a key can cost.

    python -m tests.bench.bench_lists --rounds 5
    python -m tests.bench.bench_lists --ready 'Members' --keys c,enter --muster muster --db demo.db

With `--muster` the rest of the line is a command whose list is measured too: `--ready` is a pattern on
its first screen, `--keys` what to press to reach the list, `--list-ready` a pattern that is on it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.pty_driver import TerminalProgram

ROOT = Path(__file__).parents[2]
APPS = "tests.bench.apps"
BASE = "table"
"""The case the others are compared with."""


@dataclass(frozen=True)
class Case:
    """A program with a list, and how to come to the list."""

    name: str
    command: tuple[str, ...]
    ready: str = "Person Number"
    keys: tuple[str, ...] = ()
    list_ready: str = ""
    pages: bool = True


@dataclass
class Numbers:
    """All rounds of one case."""

    columns: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **values: float) -> None:
        """Note one round."""
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    def median(self, name: str) -> float | None:
        """The middle of the rounds, if there were any."""
        values = self.columns.get(name)
        return statistics.median(values) if values else None


def own_cases() -> list[Case]:
    """The small programs kept here."""
    python = sys.executable
    return [
        Case("static", (python, "-m", f"{APPS}.static_app"), pages=False),
        Case(BASE, (python, "-m", f"{APPS}.data_table_app")),
        Case("rows", (python, "-m", f"{APPS}.row_list_app")),
        Case("windowed", (python, "-m", f"{APPS}.row_list_app", "--windowed")),
    ]


def run(case: Case, numbers: Numbers, held: int) -> None:
    """One round of one case."""
    with TerminalProgram(case.command, cwd=ROOT) as program:
        ready = program.wait_for(case.ready)
        program.quiet(0.3)
        for key in case.keys:
            program.press(key)
            program.quiet(0.3)
        if case.list_ready:
            program.wait_for(case.list_ready)
        moves = [program.press("down") for _ in range(30)]
        numbers.add(
            ready_ms=ready,
            move_ms=statistics.median(press.quiet_ms for press in moves),
            move_bytes=statistics.median(press.bytes for press in moves),
        )
        if case.pages:
            pages = [program.press("pagedown") for _ in range(10)]
            # From the top again: at its end a short list would have nothing to draw.
            program.press("home")
            program.quiet(0.3)
            hold = program.hold("down", held, 30)
            numbers.add(
                page_ms=statistics.median(press.quiet_ms for press in pages),
                page_bytes=statistics.median(press.bytes for press in pages),
                held_bytes=hold.bytes / hold.keys,
                held_lag_ms=hold.lag_ms,
            )
        numbers.add(peak_mb=program.peak_kb() / 1024)


def report(results: dict[str, Numbers]) -> None:
    """Medians, and in brackets their share of the table's."""
    names = [
        "ready_ms",
        "move_ms",
        "move_bytes",
        "page_ms",
        "page_bytes",
        "held_bytes",
        "held_lag_ms",
        "peak_mb",
    ]
    print(f"{'':<10}" + "".join(f"{name:>18}" for name in names))
    for case, numbers in results.items():
        line = f"{case:<10}"
        for name in names:
            value, base = numbers.median(name), results[BASE].median(name)
            share = f"({value / base:.2f})" if value is not None and base and case != BASE else ""
            line += f"{'–' if value is None else f'{value:.1f}'} {share}".rjust(18)
        print(line)


def main() -> None:
    """Measure in rounds, each case once a round, starting with another case each time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--held", type=int, default=200, help="repeats of the key that is held down")
    parser.add_argument("--ready", default="Muster", help="pattern on the first screen of --muster")
    parser.add_argument("--keys", default="", help="keys that lead to the list, with commas between")
    parser.add_argument("--list-ready", default="", help="pattern on the screen with the list")
    parser.add_argument("--muster", nargs=argparse.REMAINDER, help="a command to measure as well; comes last")
    options = parser.parse_args()
    cases = own_cases()
    if options.muster:
        keys = tuple(key for key in options.keys.split(",") if key)
        cases.append(Case("muster", tuple(options.muster), options.ready, keys, options.list_ready))
    results = {case.name: Numbers() for case in cases}
    for number in range(options.rounds):
        first = number % len(cases)
        for case in cases[first:] + cases[:first]:
            run(case, results[case.name], options.held)
    report(results)


if __name__ == "__main__":
    main()
