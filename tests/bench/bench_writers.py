"""How long somebody waits for a save, and for a draft, while sixty people review in one database.

    python -m tests.bench.bench_writers FILE
    python -m tests.bench.bench_writers FILE --postgresql URL
    python -m tests.bench.bench_writers FILE --at-once

Each session is a process. Together they save twelve reviews a second, and twenty of them a draft each
second. FILE is a database of `bench_scale`, of which a copy is written; URL names an empty one of a server,
into which that is copied. With `--at-once` each saves again as soon as it has: more than there ever is, to
see whether anybody is passed over.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from store import database, database_copy, errors
from store.queue import queue
from store.review import drafts, reviews
from store.views import Actor
from store.views.drafts import NOTHING, Typed
from store.views.queue import QueueView
from store.views.states import Decision
from tests.bench import big_account

SESSIONS, SAVES, DRAFTERS, SECONDS = 60, 12, 20, 30
SAVE_GOAL, DRAFT_GOAL = 300, 500
"""Milliseconds that one in a hundred may take longer than."""
FORK = multiprocessing.get_context("fork")


class Work(NamedTuple):
    """What is to be reviewed, and the version that it has."""

    completion_id: int
    version: int


def _waiting(target: str, told: Any) -> None:
    """Tell what waits."""
    database.open_database(target)
    rows = queue.listing(Actor(big_account.ADMIN, "admin"), QueueView(), 0, 2_000).rows
    told.put([Work(row.completion_id, big_account.VERSION) for row in rows])


def _session(number: int, target: str, work: list[Work], begin: float, at_once: bool, told: Any) -> None:
    """Review as one person, and tell the seconds of each save and of each draft."""
    saves: list[float] = []
    kept: list[float] = []
    refused = 0
    actor = Actor(big_account.ADMIN, "admin")
    database.attach(target)
    dice = random.Random(number)
    every = SESSIONS / SAVES
    with database.keeping_connections():
        next_save = begin + dice.random() * (0 if at_once else every)
        next_draft = begin + dice.random() if number < DRAFTERS and not at_once else begin + 2 * SECONDS
        last = NOTHING
        while work and (at := min(next_save, next_draft)) < begin + SECONDS:
            time.sleep(max(0.0, at - time.time()))
            item = work[0]
            began = time.perf_counter()
            try:
                if next_draft < next_save:
                    last = drafts.keep(
                        actor, *item, Typed("7", f"Well argued, {len(kept)} times."), base=last
                    ).typed
                    kept.append(time.perf_counter() - began)
                else:
                    reviews.save(actor, *item, Decision.APPROVE, points=7, feedback="Well argued.")
                    saves.append(time.perf_counter() - began)
            except errors.BusyError:
                refused += 1
            if next_draft < next_save:
                next_draft = max(next_draft + 1, time.time())
            else:
                work.pop(0)
                last = NOTHING
                next_save = time.time() if at_once else max(next_save + every, time.time())
        database.close()
    told.put((saves, kept, refused))


def measure(target: str, *, at_once: bool) -> None:
    """Have all of them at work, and print what they waited."""
    told: Any = FORK.Queue()
    first = FORK.Process(target=_waiting, args=(target, told))
    first.start()
    work = told.get()
    first.join()
    begin = time.time() + 5
    sessions = [
        FORK.Process(target=_session, args=(number, target, work[number::SESSIONS], begin, at_once, told))
        for number in range(SESSIONS)
    ]
    for session in sessions:
        session.start()
    found = [told.get() for _ in sessions]
    for session in sessions:
        session.join()
    print(f"{'ms':<8}{'goal of p99':>12}{'p50':>8}{'p99':>8}{'worst':>8}{'number':>8}")
    for what, goal, seconds in (
        ("save", SAVE_GOAL, sorted(one for saves, _, _ in found for one in saves)),
        ("draft", DRAFT_GOAL, sorted(one for _, kept, _ in found for one in kept)),
    ):
        if seconds:
            shares = [1000 * seconds[int(part * (len(seconds) - 1))] for part in (0.5, 0.99, 1)]
            missed = "   MISSED" if shares[1] > goal and not at_once else ""
            told_of = "".join(f"{share:>8.0f}" for share in shares)
            print(f"{what:<8}{goal:>12}{told_of}{len(seconds):>8}{missed}")
    print(f"refused: {sum(refused for _, _, refused in found)}")


def main() -> None:
    """Have sixty sessions write in a copy of the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--postgresql")
    parser.add_argument("--at-once", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = given.postgresql or str(Path(folder) / "copy.db")
        if not given.postgresql:
            shutil.copy(given.file, target)
        elif not database.is_there(target):
            database_copy.copy(str(given.file), target)
        measure(target, at_once=given.at_once)


if __name__ == "__main__":
    main()
