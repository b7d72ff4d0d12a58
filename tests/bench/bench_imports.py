"""What imports cost: rows a CPU second beside `sqlite3 .import`, memory, and how long others cannot write.

    python -m tests.bench.bench_imports
    python -m tests.bench.bench_imports --rows 10000 200000 1000000 --old ../muster-0.3.0

Files of so many results (OneRoster) and statements (xAPI) are made, and imported into a fresh database, each
in a process of its own. While they are, another process tries to write all the time, and tells its longest
wait. `sqlite3 .import` reads the same file into a table of texts. With `--again` each file is imported once
more.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SHARE, MEGABYTES, SECONDS = 0.1, 150, 4.0
ITEMS = 40
"""Each person has so many results, or so many statements of different steps."""
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)

IMPORT = """
import json, resource, sys, time
from contextlib import contextmanager
from pathlib import Path
from store import database
writing, locked = database.writing, 0.0
@contextmanager
def timed(*patience):
    global locked
    with writing(*patience):
        began = time.process_time()
        yield
        locked += time.process_time() - began
database.writing = timed
from store.importing import activity, oneroster
kind, target, file = sys.argv[1:]
database.open_database(target, create=True)
began, on = time.process_time(), time.perf_counter()
if kind == "OneRoster":
    oneroster.load(Path(file))
else:
    activity.load(Path(file), add_people=True)
took = time.process_time() - began, time.perf_counter() - on
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([*took, memory, locked]))
"""

RIVAL = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=600, isolation_level=None)
print("ready", flush=True)
longest = 0.0
import select
while not select.select([sys.stdin], [], [], 0.01)[0]:
    began = time.perf_counter()
    db.execute("BEGIN IMMEDIATE")
    took = time.perf_counter() - began
    db.execute("UPDATE settings SET value = value WHERE id = -1")
    db.execute("COMMIT")
    longest = max(longest, took)
print(longest)
"""


class Cost(NamedTuple):
    """CPU and wall seconds, megabytes at the peak, CPU seconds for which others were locked out, and how long
    somebody waited to write at most.
    """

    cpu: float
    wall: float
    memory: float
    locked: float
    longest: float


# -------------------------------------------------------------------------- files


def roster(folder: Path, rows: int) -> Path:
    """A OneRoster set with so many results; the file that holds these."""
    dice = random.Random(13)
    folder.mkdir()
    people = max(1, rows // ITEMS)
    classes = max(1, people // 30)
    _write(folder / "manifest.csv", "propertyName value", _manifest())
    _write(
        folder / "academicSessions.csv",
        "sourcedId status dateLastModified title type startDate endDate schoolYear",
        [("term", "", "", "Year", "schoolYear", "2025-08-01", "2026-07-31", "2026")],
    )
    _write(
        folder / "orgs.csv",
        "sourcedId status dateLastModified name type identifier parentSourcedId",
        [("hill", "", "", "Hill School", "school", "", "")],
    )
    _write(
        folder / "courses.csv",
        "sourcedId status dateLastModified schoolYearSourcedId title orgSourcedId",
        [("c", "", "", "term", "Course", "hill")],
    )
    _write(
        folder / "classes.csv",
        "sourcedId status dateLastModified title courseSourcedId classType schoolSourcedId termSourcedIds",
        ((f"k{one}", "", "", f"Class {one}", "c", "scheduled", "hill", "term") for one in range(classes)),
    )
    _write(
        folder / "users.csv",
        "sourcedId status dateLastModified enabledUser orgSourcedIds role username givenName familyName "
        "email",
        (
            (
                f"u{one}",
                "",
                "",
                "true",
                "hill",
                "student",
                f"u{one}",
                "Ada",
                f"Number {one}",
                f"u{one}@hill.example",
            )
            for one in range(people)
        ),
    )
    _write(
        folder / "enrollments.csv",
        "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role",
        ((f"e{one}", "", "", f"k{one % classes}", "hill", f"u{one}", "student") for one in range(people)),
    )
    _write(
        folder / "categories.csv",
        "sourcedId status dateLastModified title",
        [("work", "", "", "Work")],
    )
    _write(
        folder / "lineItems.csv",
        "sourcedId status dateLastModified title assignDate dueDate classSourcedId categorySourcedId "
        "gradingPeriodSourcedId resultValueMin resultValueMax",
        (
            (
                f"k{room}-{one}",
                "",
                "",
                f"Task {one}",
                "2026-01-01",
                "2026-02-01",
                f"k{room}",
                "work",
                "term",
                "0",
                "10",
            )
            for room in range(classes)
            for one in range(ITEMS)
        ),
    )
    _write(
        folder / "results.csv",
        "sourcedId status dateLastModified lineItemSourcedId studentSourcedId scoreStatus score scoreDate "
        "comment",
        (_result(one, classes, people, dice) for one in range(rows)),
    )
    return folder / "results.csv"


_FILES = "academicSessions orgs courses classes users enrollments categories lineItems results"


def _manifest() -> Iterable[tuple[str, str]]:
    yield from (("manifest.version", "1.0"), ("oneroster.version", "1.1"), ("source.systemCode", "bench"))
    for name in _FILES.split():
        yield f"file.{name}", "bulk"


def _result(one: int, classes: int, people: int, dice: random.Random) -> tuple[object, ...]:
    person, task = one // ITEMS % people, one % ITEMS
    at = BEGAN + timedelta(days=task * 3, hours=dice.randrange(10))
    status = dice.choices(("fully graded", "submitted", "not submitted", "exempt"), (85, 8, 6, 1))[0]
    graded = status == "fully graded"
    comment = f"Well reasoned, number {one}: see the second part." if graded and dice.random() < 0.2 else ""
    score = dice.randrange(21) / 2 if graded else ""
    item = f"k{person % classes}-{task}"
    return f"r{one}", "", "", item, f"u{person}", status, score, at.strftime("%Y-%m-%dT%H:%M:%SZ"), comment


def _write(file: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header.split())
        writer.writerows(rows)


def statements(file: Path, rows: int) -> Path:
    """A file of so many statements, a line each."""
    dice = random.Random(13)
    with file.open("w", encoding="utf-8") as stream:
        for one in range(rows):
            stream.write(json.dumps(_statement(one, dice), separators=(",", ":")) + "\n")
    return file


def _statement(one: int, dice: random.Random) -> dict[str, object]:
    person, task = one // ITEMS, one % ITEMS
    course = f"https://lms.example/course/{person % 50}"
    at = BEGAN + timedelta(days=task * 3, hours=dice.randrange(10), seconds=one % 3600)
    verb = dice.choices(("completed", "scored", "submitted", "answered"), (60, 20, 10, 10))[0]
    result: dict[str, object] = {}
    if verb in ("completed", "scored"):
        result = {"score": {"raw": dice.randrange(21) / 2, "min": 0, "max": 10}, "completion": True}
    elif verb == "submitted":
        result = {"response": f"My work on task {task}, number {one}."}
    else:
        result = {"response": "Seven.", "success": True, "score": {"raw": 1, "max": 1}}
    return {
        "id": f"{one:08x}-0000-4000-8000-{person:012x}",
        "actor": {
            "objectType": "Agent",
            "name": f"Ada Number {person}",
            "mbox": f"mailto:u{person}@hill.example",
        },
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {
            "id": f"{course}/task/{task}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/assessment",
                "name": {"en": f"Task {task}"},
            },
        },
        "result": result,
        "context": {
            "contextActivities": {
                "parent": [
                    {
                        "id": course,
                        "definition": {
                            "type": "http://adlnet.gov/expapi/activities/course",
                            "name": {"en": f"Course {person % 50}"},
                        },
                    }
                ]
            }
        },
        "timestamp": at.isoformat(),
        "stored": (at + timedelta(seconds=2)).isoformat(),
    }


# ----------------------------------------------------------------------- measuring


def imported(kind: str, database: Path, file: Path, root: Path) -> Cost:
    """An import by the program at `root`, with somebody else who writes all the time."""
    python = str(root / ".venv/bin/python") if (root / ".venv").is_dir() else sys.executable
    place = {"cwd": root, "env": {**os.environ, "PYTHONPATH": str(root)}}
    if not database.exists():
        made = "import sys; from store import database; database.open_database(sys.argv[1], create=True)"
        subprocess.run([python, "-c", made, str(database)], check=True, **place)  # type: ignore[call-overload]
    rival = subprocess.Popen(
        [sys.executable, "-c", RIVAL, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert rival.stdout is not None
    rival.stdout.readline()
    what = str(file if kind == "xAPI" else file.parent)
    done = subprocess.run(  # type: ignore[call-overload]
        [python, "-c", IMPORT, kind, str(database), what], check=True, stdout=subprocess.PIPE, **place
    )
    cpu, wall, memory, locked = json.loads(done.stdout)
    return Cost(cpu, wall, memory, locked, longest=float(rival.communicate("\n")[0]))


def raw(kind: str, database: Path, file: Path) -> float | None:
    """CPU seconds of `sqlite3 .import`; None where there is no sqlite3."""
    if shutil.which("sqlite3") is None:
        return None
    mode = (
        [".mode csv"]
        if kind == "OneRoster"
        else [".mode ascii", r'.separator "\037" "\n"', "CREATE TABLE t (said)"]
    )
    before = os.times()
    subprocess.run(
        ["sqlite3", str(database), *mode, f'.import "{file}" t'], check=True, stdout=subprocess.DEVNULL
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def tell(what: str, rows: int, cost: Cost, base: float | None) -> None:
    """A line of the table, with the goals that were missed marked."""
    share = base / cost.cpu if base else None
    ratio = "–" if share is None else f"{share:.3f}{'' if share >= SHARE else ' !'}"
    memory = f"{cost.memory:.0f}{'' if cost.memory <= MEGABYTES else ' !'}"
    wait = f"{cost.longest:.1f}{'' if cost.longest <= SECONDS else ' !'}"
    print(
        f"{what:<26}{rows:>10,}{rows / cost.cpu:>12,.0f}{ratio:>10}{memory:>8}{wait:>8}"
        f"{cost.locked:>12.1f}{cost.wall:>8.1f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--kind", choices=("OneRoster", "xAPI"))
    parser.add_argument(
        "--old", type=Path, help="a checkout of an older version, to be measured beside this one"
    )
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    print(
        f"Goals: {SHARE} of sqlite3 .import, {MEGABYTES} MB at 1,000,000 rows, "
        f"others wait {SECONDS:g} s at most"
    )
    print(
        f"{'':<26}{'rows':>10}{'rows/CPU s':>12}{'ratio':>10}{'MB':>8}{'wait s':>8}{'locked CPU':>12}"
        f"{'wall s':>8}"
    )
    if shutil.which("sqlite3") is None:
        print("There is no sqlite3 here: no ratios.")
    for kind in (options.kind,) if options.kind else ("OneRoster", "xAPI"):
        for rows in options.rows:
            with tempfile.TemporaryDirectory(prefix="muster-bench-") as name:
                _measure(kind, rows, Path(name), options.old, again=options.again)


def _measure(kind: str, rows: int, folder: Path, old: Path | None, *, again: bool) -> None:
    file = (
        roster(folder / "set", rows) if kind == "OneRoster" else statements(folder / "statements.jsonl", rows)
    )
    base = raw(kind, folder / "raw.db", file)
    if base:
        print(f"{'sqlite3 .import, ' + kind:<26}{rows:>10,}{rows / base:>12,.0f}{'1':>10}")
    for name, root in (("this version", ROOT), ("the old one", old)):
        if root is None:
            continue
        database = folder / f"{name}.db"
        tell(f"{kind}, {name}", rows, imported(kind, database, file, root.resolve()), base)
        if again:
            tell("  once more", rows, imported(kind, database, file, root.resolve()), base)


if __name__ == "__main__":
    main()
