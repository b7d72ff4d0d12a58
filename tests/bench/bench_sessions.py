"""Many people on at once over SSH: how fast keys are for those who work, and what each session costs.

    python -m tests.bench.bench_sessions --sessions 60 --working 20 --minutes 5
    python -m tests.bench.bench_sessions --of ../muster-0.3.0

A school on disk, where everybody mentors ten people, and a real sshd on 127.0.0.1. Who works opens a review,
reads it for three to ten seconds, types five letters a second, saves, and moves on; every review that was
answered for is looked up afterwards, letter by letter. The clients take their share of the machine as well.
At the end half of them are killed and half are stopped, as when the line drops, and it is counted what is
left of their sessions. With `--of` it is an older Muster that they come to, of before 0.4.0: it has its own
`.venv` with what its tests need, and the clients ask for the feedback, where one is now from the start.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from tests.bench.session_clients import Looker, Saved, Work, work
from tests.helpers.sshd import Server, why_not

ROOT = Path(__file__).parents[2]
LEARNERS = 10
"""People whom each mentor looks after; of each six pieces of work wait."""
CORES, BUSY, WORKING = 2, 0.7, 0.2
"""The machine that is reckoned for, how busy it may be, and how many of those on work."""
TICKS = os.sysconf("SC_CLK_TCK")
GONE_WITHIN = 60


SERVE = """
import json, sys
from store import database, settings
from store.permissions import OPERATOR
from store.views.groups import Role
from store.views.settings import SessionLimits
try:
    from tests.helpers.school import School
    from tests.helpers.sshd import serving
except ImportError:
    from tests.school import School
    from tests.sshd import serving

def build(count, learners):
    mentors = []
    with database.writing():
        school = School()
        steps = school.course("Writing", (20.0, 10.0, None), lessons=2)
        course, top = school.course_of(steps[0]), school.group("School")
        for number in range(count):
            group = school.group(f"Class {number}", top)
            mentors.append(school.person(f"Mentor N{number}"))
            school.place(mentors[-1], group, Role.MENTOR)
            for each in range(learners):
                learner = school.person(f"Learner {number}-{each}")
                school.place(learner, group)
                school.enrol(learner, course)
                for step in steps:
                    school.work(learner, step)
    return mentors

count, learners = map(int, sys.argv[1:])
# As `muster ssh setup` has it: where all processors are busy, an answer takes its time.
with serving(alive=15) as server:
    database.open_database(str(server.database), create=True)
    names = [f"person{number}" for number in range(count)]
    keys = [server.let_in(name, mentor) for name, mentor in zip(names, build(count, learners))]
    settings.change(OPERATOR, SessionLimits(), SessionLimits(at_once=10_000))
    database.close()
    server.start()
    print(json.dumps([str(server.folder), server.setup.port, names, keys]), flush=True)
    sys.stdin.read()
"""
"""Run in a Muster of any age: a school with so many mentors, and an sshd that lets them in, until no more
comes on standard input.
"""


class Served(NamedTuple):
    """A server that runs in another process, and the names and the numbers of the keys that it lets in."""

    server: Server
    names: list[str]
    keys: list[int]


@contextmanager
def served_by(folder: Path, count: int) -> Iterator[Served]:
    """The Muster of a folder, serving so many people."""
    python = sys.executable if folder == ROOT else str(folder / ".venv/bin/python")
    command = (python, "-c", SERVE, str(count), str(LEARNERS))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        made, port, names, keys = json.loads(process.stdout.readline())
        server = Server(Path(made), alive=15)
        server.setup = server.setup._replace(port=port)
        # An older one has its clients ask for the key.
        (server.folder / "known").write_text(f"* {(server.folder / 'host.pub').read_text()}")
        yield Served(server, names, keys)
    finally:
        process.stdin.close()
        process.wait(120)


# ------------------------------------------------------------------------ looking at /proc


def share_kb(process: int) -> int:
    """The memory of a process in KiB, with its share of what several have together (PSS)."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def _stat(process: int) -> tuple[str, list[str]]:
    head, _, values = Path(f"/proc/{process}/stat").read_text().rpartition(")")
    return head.partition("(")[2], values.split()


def busy_seconds(processes: Iterable[int]) -> float:
    """The time that processes have had a processor so far."""
    return sum(int(each) for process in processes for each in _stat(process)[1][11:13]) / TICKS


def with_sshd(session: int) -> list[int]:
    """The process of a session, and those of sshd that serve it alone."""
    found = [session]
    while True:
        above = int(_stat(found[-1])[1][1])
        # The listener, at which all of these end, was started by no sshd.
        if above <= 1 or not _stat(above)[0].startswith("sshd") or not _is_of_sshd(above):
            return found
        found.append(above)


def _is_of_sshd(process: int) -> bool:
    return _stat(int(_stat(process)[1][1]))[0].startswith("sshd")


class Machine(NamedTuple):
    """Seconds since the start in which all processors, and the disk, were busy."""

    at: float
    processors: float
    disk: float

    @classmethod
    def now(cls, folder: Path) -> Machine:
        """As it stands. The disk is that of a folder."""
        line = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        idle = int(line[3]) + int(line[4])
        device = folder.stat().st_dev
        disk = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
        busy = int(disk.read_text().split()[9]) / 1000 if disk.exists() else 0.0
        return cls(time.monotonic(), (sum(map(int, line[:8])) - idle) / TICKS, busy)


# ----------------------------------------------------------------------------- measuring


class Session(NamedTuple):
    """What one session took while it was held: share of a core, with its sshd and without, and KiB."""

    cpu: float
    cpu_alone: float
    memory: int


class Held(NamedTuple):
    """What the sessions took, and how full the machine was, as shares of it."""

    working: list[Session]
    idle: list[Session]
    idle_bytes: float
    full: dict[str, float]


def hold(server: Server, working: set[int], lookers: Sequence[Looker], count: int, seconds: float) -> Held:
    """Let them work for some time, and look once those who are idle count as away. `working` are the numbers
    of the keys of those who work.
    """
    rest = min(70, seconds / 3)
    time.sleep(rest)
    keys = {process: _key(process) for process in server.sessions()}
    if len(keys) < count:
        raise RuntimeError(f"{count - len(keys)} of {count} sessions ended by themselves")
    parts = {process: with_sshd(process) for process in keys}
    before = {process: (busy_seconds(of), busy_seconds([process])) for process, of in parts.items()}
    came, machine = sum(looker.program.received for looker in lookers), Machine.now(server.folder)
    time.sleep(seconds - rest)
    now = Machine.now(server.folder)
    passed = now.at - machine.at
    came = sum(looker.program.received for looker in lookers) - came
    found: dict[bool, list[Session]] = {True: [], False: []}
    for process, (with_others, alone) in before.items():
        cpu = (busy_seconds(parts[process]) - with_others) / passed
        by_itself = (busy_seconds([process]) - alone) / passed
        found[keys[process] in working].append(Session(cpu, by_itself, share_kb(process)))
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    pss = sum(each.memory for each in (*found[True], *found[False]))
    full = {
        "processors": (now.processors - machine.processors) / passed / (os.cpu_count() or 1),
        "disk": (now.disk - machine.disk) / passed,
        "memory": pss / int(memory[1]) if memory else 0.0,
    }
    return Held(found[True], found[False], came / passed / max(1, len(lookers)), full)


def _key(process: int) -> int:
    found = re.search(rb"--key-id\0(\d+)", Path(f"/proc/{process}/cmdline").read_bytes())
    return int(found[1]) if found else 0


def drop(server: Server, clients: Sequence[int]) -> tuple[int, float]:
    """Drop every client, half killed and half stopped; how many sessions stay, and seconds until none did."""
    for number, client in enumerate(clients):
        os.kill(client, signal.SIGKILL if number % 2 else signal.SIGSTOP)
    start = time.monotonic()
    while server.sessions() and time.monotonic() - start < GONE_WITHIN:
        time.sleep(0.5)
    return len(server.sessions()), time.monotonic() - start


def compare(file: Path, done: Sequence[Work]) -> list[str]:
    """What is stored otherwise than it was answered for, a sentence each."""
    stored: dict[tuple[str, str], list[str]] = defaultdict(list)
    with closing(sqlite3.connect(file)) as connection:
        for first, last, step, text in connection.execute(REVIEWS):
            stored[f"{first} {last}", step].append(text)
    faults = []
    for saved in (each for one in done for each in one.acknowledged):
        texts = stored[saved.learner, saved.step]
        if saved.text in texts:
            texts.remove(saved.text)
        else:
            faults.append(f"{saved.step}, {saved.learner}: {_difference(saved, texts)}")
    sent = {each for one in done for each in one.unanswered}
    for (learner, step), texts in stored.items():
        faults += [
            f"{step}, {learner}: never sent" for text in texts if Saved(learner, step, text) not in sent
        ]
    return faults


REVIEWS = """
SELECT users.first_name, users.last_name, steps.title, reviews.feedback FROM reviews
JOIN completions ON completions.id = reviews.completion_id
JOIN users ON users.id = completions.user_id JOIN steps ON steps.id = completions.step_id
"""


def _difference(saved: Saved, texts: Sequence[str]) -> str:
    if not texts:
        return "not stored"
    pairs = enumerate(zip_longest(saved.text, texts[0]))
    at = next(place for place, (sent, stored) in pairs if sent != stored)
    return f"differs from letter {at + 1} on: {saved.text[at : at + 20]!r}, stored {texts[0][at : at + 20]!r}"


# ------------------------------------------------------------------------------- the table


def spread(values: Iterable[float], *, worst: bool = True) -> str:
    """Median, the 99th of a hundred, and the worst, in milliseconds."""
    found = sorted(values)
    if not found:
        return "none"
    said = f"median {statistics.median(found):.0f} ms, p99 {found[len(found) * 99 // 100]:.0f} ms"
    return f"{said}, worst {found[-1]:.0f} ms ({len(found):,})" if worst else said


def carried(held: Held) -> float:
    """How many people the machine reckoned for carries."""
    each = WORKING * _mean(held.working) + (1 - WORKING) * _mean(held.idle)
    return CORES * BUSY / each if each else 0.0


def _mean(found: Sequence[Session]) -> float:
    return statistics.fmean(each.cpu for each in found) if found else 0.0


def table(options: argparse.Namespace, held: Held, done: Sequence[Work], faults: Sequence[str]) -> None:
    """Print what came of it."""
    bytes_of_work = statistics.fmean(each.bytes_a_second for each in done)
    answered, open_ = sum(len(each.acknowledged) for each in done), sum(len(each.unanswered) for each in done)
    rows = {
        "echo of a letter": spread(ms for each in done for ms in each.echo_ms),
        "open a review": spread(ms for each in done for ms in each.open_ms),
        "save": spread(ms for each in done for ms in each.save_ms),
        "bytes a second to each": f"working {bytes_of_work:,.0f}, idle {held.idle_bytes:,.0f}",
    }
    for name, found in (("working", held.working), ("idle", held.idle)):
        if found:
            alone = statistics.fmean(each.cpu_alone for each in found)
            memory = statistics.median(each.memory for each in found) / 1024
            rows[f"a session, {name}"] = (
                f"{_mean(found):.2%} of a core ({alone:.2%} without sshd), {memory:.1f} MiB"
            )
    rows |= {
        "reviews answered for": f"{answered}, {open_} more sent; {len(faults)} stored otherwise",
        "how full": ", ".join(f"{name} {share:.0%}" for name, share in held.full.items()),
        "full first": max(held.full, key=lambda name: held.full[name]),
        f"{CORES} cores at {BUSY:.0%} carry": f"{carried(held):.0f} people, {WORKING:.0%} of them working",
    }
    print(f"{options.sessions} sessions held for {options.minutes:g} min, {options.working} of them working")
    for name, value in rows.items():
        print(f"  {name:<26}{value}")
    for fault in (*faults, *(f"a client ended: {each.ended}" for each in done if each.ended)):
        print(f"  FAULT: {fault}")


# ----------------------------------------------------------------------------- running it


def measure(served: Served, options: argparse.Namespace) -> None:
    """Hold the sessions, and print what came of it."""
    server, names, keys = served
    is_older = options.of is not None
    # Workers first: a process is not forked while threads read.
    context = multiprocessing.get_context("fork")
    begun, stop = context.Event(), context.Event()
    workers, pipes, clients, lookers = [], [], [], []
    try:
        for name in names[: options.working]:
            here, there = context.Pipe()
            given = (server, name, begun, stop, there, is_older)
            workers.append(context.Process(target=work, args=given, daemon=True))
            workers[-1].start()
            clients.append(here.recv())
            pipes.append(here)
        for name in names[options.working :]:
            lookers.append(Looker(server, name))
            clients.append(lookers[-1].program.pid)
        begun.set()
        held = hold(server, set(keys[: options.working]), lookers, len(names), options.minutes * 60)
        stop.set()
        done = [pipe.recv() for pipe in pipes]
        table(options, held, done, compare(server.database, done))
        for looker in lookers:
            looker.stop.set()
        left, after = drop(server, clients)
        print(f"  after all lines dropped    {left} sessions left, {after:.1f} s")
    finally:
        for client in clients:
            with suppress(ProcessLookupError):
                os.kill(client, signal.SIGKILL)
        for worker in workers:
            worker.kill()


def main() -> None:
    """Measure once; it takes as long as the sessions are held, and a second for each to come in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--working", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--of", type=Path, help="where an older Muster lies, with its .venv")
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(reason)
    folder = options.of.absolute() if options.of else ROOT
    with served_by(folder, options.sessions) as served:
        measure(served, options)


if __name__ == "__main__":
    main()
