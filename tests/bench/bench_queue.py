"""What opening the queue costs with few and with many items waiting, for three who look at it.

    python -m tests.bench.bench_queue
    python -m tests.bench.bench_queue --waiting 50000 --work 3000000 --rounds 9

Two schools alike but for how much waits are made in a folder of their own. The store is asked for a first
window of the list, for what stands beside an item, to review some items at once and to take that back; the
program is run in a terminal, and timed from the key to the last byte of the queue.
The order of a school's statistics is tried too: with `--analyze` both have been analysed.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from store import clock, database, people
from store.queue import queue
from store.review import bulk
from store.undo import undo
from store.views import Actor
from store.views.queue import QueueView
from store.views.states import Decision
from tests.bench.pty_driver import TerminalProgram

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
FEW = 50
WHO = {"admin": 1, "leader of many": 2, "mentor of few": 3}
STEPS_EACH = 20
COURSES, STEPS = 60, 30
GROUPS = 400
SMALL = 2
"""The id of the group of a dozen people; all others are below the first one."""
DAY = 86_400_000_000
LOOKS = {
    "oldest first": QueueView(),
    "by person": QueueView(sort="person"),
    "by course": QueueView(sort="course"),
    "same steps together": QueueView(by_step=True),
    "filtered": QueueView("course:python age:>7d"),
    "waiting on the learner": QueueView("state:returned"),
}
AT_ONCE = 30
"""Items reviewed at once."""


def build(file: Path, waiting: int, work: int, *, analyze: bool) -> None:
    """A school with `work` completions, of which `waiting` wait for review."""
    database.open_database(str(file), create=True)
    database.close()
    dice = random.Random(7)
    now = clock.to_micros(clock.now())
    learners = range(4, 4 + work // STEPS_EACH)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous = off")
        insert(connection, "accounts", [(1, "Bench", "complete", "on", now)])
        insert(connection, "users", _users(learners, now))
        insert(connection, "groups", _groups(dice, now))
        insert(connection, "memberships", _memberships(dice, learners, now))
        for number in range(1, COURSES + 1):
            title = dice.choice(("Python", "Writing", "Safety", "Support"))
            insert(connection, "courses", [(number, f"{title} {number}", 1, now)])
            insert(connection, "lessons", [(number, number, "Lesson", 1)])
        insert(connection, "steps", _steps(dice))
        insert(connection, "completions", _completions(dice, learners, waiting, now))
        connection.execute(
            "INSERT INTO attempts SELECT NULL, id, 1, 'My work.', '', submitted_at FROM completions "
            "WHERE state = 'needs_review'"
        )
        if analyze:
            connection.execute("ANALYZE")
        connection.commit()


def insert(
    connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]] | Iterator[Any]
) -> None:
    """Put whole rows into a table."""
    rows = list(rows)
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")][: len(rows[0])]
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _users(learners: range, now: int) -> Iterator[tuple[Any, ...]]:
    staff = [("Root", "Admin"), ("Lea", "Leader"), ("Tom", "Mentor")]
    firsts = ("Ana", "Ben", "Chidi", "Dao", "Eve", "Fay", "Gus", "Hoa")
    lasts = ("Brandt", "Kalu", "Lind", "Moss", "Nash", "Sato")
    names = [*staff, *((firsts[n % 8], f"{lasts[n % 6]}{n}") for n in learners)]
    for number, (first, last) in enumerate(names, 1):
        email = f"p{number}@x.example"
        search = people.search_text(first, last, email)
        yield number, first, last, email, int(number == 1), 1, search, now


def _groups(dice: random.Random, now: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, GROUPS + 1):
        parent = None if number <= SMALL else 1 if number < 10 else dice.randrange(3, number)
        yield number, f"Team {number}", f"team-{number}", "", parent, 1, 1, now, 0


def _memberships(dice: random.Random, learners: range, now: int) -> Iterator[tuple[Any, ...]]:
    yield None, 2, 1, "leader", 1, now
    yield None, 3, SMALL, "mentor", 1, now
    for number in learners:
        if number < 16:
            yield None, number, SMALL, "member", 1, now
        elif number % 4:
            yield None, number, dice.randrange(3, GROUPS + 1), "member", 1, now


def _steps(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(COURSES * STEPS):
        kind = dice.choice(("Essay", "Project", "Reflection"))
        points = 20.0 if number % 3 else None
        title = f"{kind} {number % STEPS}"
        yield number + 1, number // STEPS + 1, title, "", number % STEPS + 1, points, "review", 1


def _completions(dice: random.Random, learners: range, waiting: int, now: int) -> Iterator[tuple[Any, ...]]:
    picked = set(dice.sample(range(len(learners) * STEPS_EACH), waiting))
    number = 0
    for learner in learners:
        for step in dice.sample(range(1, COURSES * STEPS + 1), STEPS_EACH):
            at = now - int(dice.random() * 200 * DAY)
            state = "needs_review" if number in picked else "complete" if number % 100 else "returned"
            number += 1
            yield number, learner, step, state, None, at, at if state == "complete" else None, 1


# ------------------------------------------------------------------------ measuring


def ask_store(user_id: int, look: QueueView, file: Path) -> float:
    """Milliseconds for a first window."""
    database.attach(str(file))
    start = time.perf_counter()
    if look.by_step:
        queue.in_a_row(Actor(user_id, "bench"), look, 0, 128)
    else:
        queue.listing(Actor(user_id, "bench"), look, 0, 128)
    return (time.perf_counter() - start) * 1000


def ask_neighbours(user_id: int, look: QueueView, file: Path) -> float:
    """Milliseconds for what stands beside an item in the middle of the first window."""
    database.attach(str(file))
    actor = Actor(user_id, "bench")
    rows = queue.listing(actor, look, 0, 128).rows
    if not rows:
        return 0.0
    row = rows[len(rows) // 2]
    start = time.perf_counter()
    queue.neighbours(actor, look, row.user_id, row.step_id)
    return (time.perf_counter() - start) * 1000


def ask_bulk(file: Path, user_id: int, *, back: bool) -> float:
    """Milliseconds for each of some items that are reviewed at once; or, going `back`, for its undoing."""
    database.attach(str(file))
    actor = Actor(user_id, "bench")
    found = bulk.preview(actor, queue.ids(actor, QueueView())[:AT_ONCE], Decision.RETURN)
    if not found.ready:
        return 0.0
    start = time.perf_counter()
    bulk.apply(actor, found.ready, Decision.RETURN, feedback="More, please.")
    reviewed = time.perf_counter()
    deed = undo.last(actor)
    assert deed is not None
    undo.undo(actor, deed.line_id)
    taken = time.perf_counter() - reviewed if back else reviewed - start
    return taken * 1000 / len(found.ready)


def open_screen(user_id: int, file: Path) -> float:
    """Milliseconds from the key on Home to the queue with its number of items."""
    variables = {"MUSTER_DATABASE": str(file), "MUSTER_AS": f"p{user_id}@x.example"}
    with TerminalProgram((sys.executable, "-m", "tui"), cwd=ROOT, environment=variables) as program:
        program.wait_for("opens the queue")
        program.quiet(0.6)
        # The second time: what Python has to import is the same with few items and with many.
        for _ in range(2):
            pressed = (time.monotonic() - program.started) * 1000
            program.press("Q")
            seen = program.wait_for(r"\d items? ·")
            program.quiet(0.3)
            program.press("escape")
            program.quiet(0.3)
        return seen - pressed


def in_rounds(cases: dict[str, T], rounds: int, measure: Callable[[T], float]) -> dict[str, float]:
    """The median of each case; which one begins changes with the round."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds):
        order = list(cases) if number % 2 else list(reversed(cases))
        for name in order:
            times[name].append(measure(cases[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def tell(what: str, medians: dict[str, float]) -> None:
    """One line: few, many, and how many times few the many take."""
    few, many = medians.values()
    ratio = f"{many / few:6.2f}" if few else "     –"
    print(f"{what:<48}{few:10.1f} ms{many:10.1f} ms   ×{ratio}", flush=True)


def main() -> None:
    """Make both schools, then measure in rounds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--work", type=int, default=300_000)
    parser.add_argument("--analyze", action="store_true")
    parser.add_argument("--no-screen", action="store_true", help="ask the store only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = {str(number): Path(folder) / f"{number}.db" for number in (FEW, options.waiting)}
        for number, file in files.items():
            build(file, int(number), options.work, analyze=options.analyze)
        print(f"{options.work:,} completions".ljust(48), *(f"{int(name):>10,}   " for name in files))

        for who, user_id in WHO.items():
            for name, look in LOOKS.items():
                asked = in_rounds(files, options.rounds, partial(ask_store, user_id, look))
                tell(f"store: {who}, {name}", asked)
            beside = in_rounds(files, options.rounds, partial(ask_neighbours, user_id, QueueView()))
            tell(f"store: {who}, what stands beside an item", beside)
            if not options.no_screen:
                shown = in_rounds(files, options.rounds, partial(open_screen, user_id))
                tell(f"screen: {who}, from the key to the list", shown)
        # Whoever follows many should not wait longer for it than whoever follows few.
        sights = {who: WHO[who] for who in ("mentor of few", "leader of many")}
        print("\n" + " " * 46, *(f"{who:>15}" for who in sights), sep="")
        for back, what in ((False, "reviewed"), (True, "taken back")):
            each = in_rounds(sights, options.rounds, partial(ask_bulk, file, back=back))
            tell(f"store: {what} at once, each", each)
        database.close()


if __name__ == "__main__":
    main()
