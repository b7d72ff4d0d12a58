"""What a review costs while it holds the lock: the statements and the work between BEGIN and COMMIT.

    python -m tests.bench.bench_review DATABASE
    python -m tests.bench.bench_review FILE --postgresql URL

The database is one of `bench_scale`, of which a copy is reviewed; URL names an empty one of a server, into
which that is copied. Milliseconds of a review, the median of many: CPU of the program for a file, wall time
for a server. What COMMIT takes, most of it the disk, is told apart, as wall time.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from store import database, database_copy
from store.queue import queue
from store.review import drafts, reviews
from store.views import Actor
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.states import Decision
from tests.bench import big_account

GOAL, SERVER_GOAL, PAGE_GOAL = 1.0, 4.0, 30.0
"""Milliseconds with the lock held: in a file, on a server; and of a first page of a server, all in all."""
REVIEWS = 200


class Spent(NamedTuple):
    """Milliseconds of one transaction."""

    inside: float
    statements: float
    commit: float
    commands: int


@contextmanager
def spent(clock: Callable[[], float]) -> Iterator[list[Spent]]:
    """Note what each write costs from here on."""
    db: Any = database.db.obj
    found: list[Spent] = []
    begin, commit, execute = db.begin, db.commit, db.execute_sql
    began = said = 0.0
    count = 0

    def timed_begin(*given: Any) -> None:
        nonlocal began, said, count
        begin(*given)
        began, said, count = clock(), 0.0, 0

    def timed_execute(*given: Any) -> Any:
        nonlocal said, count
        at = clock()
        try:
            return execute(*given)
        finally:
            said, count = said + clock() - at, count + 1

    def timed_commit() -> None:
        inside, at = clock() - began, time.perf_counter()
        commit()
        found.append(Spent(1000 * inside, 1000 * said, 1000 * (time.perf_counter() - at), count))

    db.begin, db.commit, db.execute_sql = timed_begin, timed_commit, timed_execute
    try:
        yield found
    finally:
        db.begin, db.commit, db.execute_sql = begin, commit, execute


def measure(actor: Actor, clock: Callable[[], float]) -> dict[str, list[Spent]]:
    """What each review, and a draft before it, costs to somebody with much work waiting."""
    work = queue.listing(actor, QueueView(), 0, REVIEWS).rows
    told: dict[str, list[Spent]] = {"a draft": [], "a review": []}
    for row in work:
        item = reviews.item(actor, row.user_id, row.step_id)
        assert item.completion_id is not None
        with spent(clock) as found:
            drafts.keep(actor, item.completion_id, item.version, Typed("7", "Well argued."))
            told["a draft"] += found
            found.clear()
            reviews.save(
                actor, item.completion_id, item.version, Decision.APPROVE, points=7, feedback="Well argued."
            )
            told["a review"] += found
    return told


def main() -> None:
    """Review in a copy of the database, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--postgresql")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database.keeping_connections():
        clock, target, goal = time.thread_time, str(Path(folder) / "copy.db"), GOAL
        if given.postgresql:
            clock, target, goal = time.perf_counter, given.postgresql, SERVER_GOAL
            if not database.is_there(target):
                database_copy.copy(str(given.file), target)
        else:
            shutil.copy(given.file, target)
        database.open_database(target)
        print(
            f"{'ms, the median':<34}{'goal':>6}{'in lock':>9}{'of that SQL':>13}{'commands':>10}{'commit':>8}"
        )
        for name in ("leader of half", "leader of 785", "mentor of 5,000", "admin"):
            for what, found in measure(Actor(big_account.WHO[name], name), clock).items():
                print(f"{f'{what}, {name}':<34}{_told(what, found, goal)}")
        database.close()


def _told(what: str, found: list[Spent], goal: float) -> str:
    inside, said, commit, count = (statistics.median(values) for values in zip(*found, strict=True))
    wanted = f"{goal:.0f}" if what == "a review" else ""
    missed = "   MISSED" if wanted and inside > goal else ""
    return f"{wanted:>6}{inside:>9.2f}{said:>13.2f}{count:>10.0f}{commit:>8.2f}{missed}"


if __name__ == "__main__":
    main()
