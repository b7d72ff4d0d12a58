"""What is lost or done twice when a sync with a site is killed at any moment, again and again.

    python -m tests.bench.bench_push --kind canvas --pulls 7 --pushes 80

A made-up Moodle or Canvas answers over HTTP. The pull is killed until the work is here; then 26 decisions
are taken (18 with points, 7 that give back, one of too many points), a teacher grades one of these works
meanwhile, and the push is killed with `kill -9`, before, in and after the calls that change something. In the
end each decision has to be there once, with no attempt and no comment too many, and what is not there has to
be told.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from store import database, health
from store.models import Attempt, Completion, Step, User
from store.models.sites import OutboxRow
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import sites, sync
from store.sites.opening import client_at
from store.sites.sync import SyncOptions
from store.views import Actor
from store.views.sites import SiteKind
from store.views.states import Decision
from tests.bench.push_sites import (
    ESSAY,
    KINDS,
    LETTER,
    SHORT,
    STEPS,
    Decided,
    PushedSite,
    Server,
    text_of,
)
from tests.helpers import databases
from tests.helpers.school import School as Account

NAME = "Harbour"
TAUGHT = 12.0
"""What the teacher gives meanwhile."""
ESSAYS = 3
"""So many of the works that are given back have one attempt."""
PATIENCE = 120.0
LATER, LOOKING = 0.08, 0.02
"""Within so many seconds of a call that writes, or that only reads, the sync is killed."""
MOST_RUNS = 400
SPAN, START = 0.6, 2.5
"""Seconds that a sync may run until it is killed at any moment, and that a command takes to start."""
LOOKS = 5
"""So many times as often a push is killed around a call that compares: around one that changes something
a row is done each time."""


class Running(Protocol):
    """A sync in a process of its own."""

    def kill(self) -> None: ...

    def join(self, timeout: float | None = None) -> None: ...


class Command:
    """`muster sync` as somebody types it."""

    def __init__(self, target: str, server: Server) -> None:
        environment = {**os.environ, "MUSTER_SITE_TOKEN": server.token, "MUSTER_SITE_TOKENS": "/nowhere"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tui", "sync", NAME, "--database", target],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self._process.kill()

    def join(self, timeout: float | None = None) -> None:
        self._process.wait(timeout)


def forked(target: str, server: Server) -> Running:
    """The same in a copy of this process, which needs no start."""
    start = multiprocessing.get_context("fork").Process(
        target=_sync, args=(target, server.url, server.token), daemon=True
    )
    databases.release()
    start.start()
    return start


def _sync(target: str, url: str, token: str) -> None:
    database.attach(target)
    site = sites.linked(OPERATOR, NAME)[0]
    with client_at(site.kind, url, token) as client:
        sync.run(site, client, SyncOptions())


@dataclass
class Outcome:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    saves: int = 0
    resent: int = 0
    faults: list[str] = field(default_factory=list)


# ------------------------------------------------------------------------------ decisions


def decide(site: PushedSite, mentor: Actor, given: int, returned: int) -> list[Decided]:
    """Points for some, the work given back to others, and to one too many points."""
    found = []
    for number, person in enumerate(site.people[: given + returned]):
        points = None if number >= given else float(number % 20) + 0.5
        step = ESSAY if number >= given + returned - ESSAYS else LETTER
        found.append(Decided(person, step, points, f"Words {number} & <more>.\n\nAnd a second line."))
    found.append(Decided(site.people[0], SHORT, 18.0, "More than it takes."))
    for one in found:
        with database.reading():
            query = Completion.select(Completion.id, Completion.version).join(User)
            query = query.join_from(Completion, Step)
            row = database.row(query.where(User.first_name == one.person, Step.title == one.step))
        assert row is not None, f"{one.step} of {one.person} was lost"
        decision = Decision.RETURN if one.points is None else Decision.APPROVE
        reviews.save(mentor, row[0], row[1], decision, points=one.points, feedback=one.feedback)
    return found


# ------------------------------------------------------------------------------ kills

Start = Callable[[str, Server], Running]


def kill_once(
    site: PushedSite, start: Start, target: str, server: Server, calls: Sequence[str], dice: random.Random
) -> str | None:
    """Start a sync and kill it around one of these calls; when that was, or None if it ended before."""
    when = dice.choice(("before", "before", "before", "after"))
    reach = LATER if calls == site.writes else LOOKING
    killed = threading.Event()

    def end() -> None:
        process.kill()
        killed.set()

    def soon() -> None:
        threading.Timer(dice.uniform(0, reach), end).start()

    for call in calls:
        server.fault(call, **{when: soon})
    process = start(target, server)
    process.join(PATIENCE)
    # What was not asked is not to be killed next time; what was, is about to be.
    asked = [not site.withdraw(server, call) for call in calls]
    if not any(asked):
        return None
    killed.wait(LATER + 1)
    return f"{when} {calls[asked.index(True)].removeprefix('mod_assign_')}"


def kill_anytime(start: Start, target: str, server: Any, hosts: int, span: float, dice: random.Random) -> str:
    """Start a sync on each of some hosts, and kill each at a moment of its own within `span` seconds."""
    running = [start(target, server) for _ in range(hosts)]
    kills = [threading.Timer(dice.uniform(0, span), each.kill) for each in running]
    for kill in kills:
        kill.start()
    for each in running:
        each.join(PATIENCE)
    for kill in kills:
        kill.join()
    return f"at any moment on {hosts} hosts"


def run(
    target: str,
    start: Start,
    account: Account,
    *,
    kind: SiteKind = SiteKind.MOODLE,
    pulls: int,
    pushes: int,
    given: int = 18,
    returned: int = 7,
    hosts: int = 0,
    span: float = SPAN,
) -> Outcome:
    """Kill pulls and pushes so often, and look at what is there in the end. The database is attached.

    With `hosts` so many sync at once, and each is killed at any moment within `span` seconds.
    """
    outcome, dice = Outcome(), random.Random(7)
    site = KINDS[kind](given + returned + 4)
    mentor = account.actor(account.person("Jo Ito", admin=True))
    with site.serving() as server:
        sites.add(OPERATOR, kind, server.url, NAME)

        def kill(calls: Sequence[str]) -> str | None:
            if hosts:
                return kill_anytime(start, target, server, hosts, span, dice)
            return kill_once(site, start, target, server, calls, dice)

        for _ in range(pulls):
            when = kill((dice.choice(site.pulls),))
            outcome.kills[f"pull {when or 'had ended'}"] += 1
        start(target, server).join(PATIENCE)
        outcome.faults += pull_faults(site)
        decided = decide(site, mentor, given, returned)
        taught = decided[1]
        site.grade(taught.person, TAUGHT)
        site.lower()
        server.forget()
        killed = runs = 0
        while killed < pushes and runs < MOST_RUNS and left():
            runs += 1
            calls = dice.choice((*((site.asks,),) * LOOKS, site.writes))
            when = kill(calls)
            killed += when is not None
            outcome.kills[f"push {when or 'had ended'}"] += 1
        for _ in range(3):
            start(target, server).join(PATIENCE)
        outcome.saves = len(site.sent(server))
        outcome.resent = outcome.saves - len(set(site.sent(server)))
        outcome.faults += push_faults(site, decided, taught)
        outcome.faults += health.check().faults
        with database.reading():
            outcome.states.update(row[0] for row in database.rows(OutboxRow.select(OutboxRow.state)))
    return outcome


def left() -> int:
    """How many decisions are still on the way."""
    with database.reading():
        return int(OutboxRow.select().where(OutboxRow.state.in_(("waits", "sent"))).count())


def pull_faults(site: PushedSite) -> list[str]:
    """Where there is more work here than there, or less."""
    with database.reading():
        here = Counter(
            (name, step, text)
            for name, step, text in database.rows(
                Attempt.select(User.first_name, Step.title, Attempt.text)
                .join(Completion)
                .join(User)
                .join_from(Completion, Step)
            )
        )
    there = Counter((person, step, text_of(step, person)) for person in site.people for step in STEPS)
    return [f"pulled {here[key]} times: {key}" for key in here | there if here[key] != there[key]]


def push_faults(site: PushedSite, decided: list[Decided], taught: Decided) -> list[str]:
    """What is not there, is there twice, or is not told."""
    states = became()
    found = []
    for one in decided:
        name, state = f"{one.step} of {one.person}", states[one.person, one.step]
        expected = "refused" if one.step == SHORT else "conflict" if one is taught else "done"
        if state != expected:
            found.append(f"{name} is {state}, and not told as {expected}")
        if one is taught and site.points(one.person, one.step) != [TAUGHT]:
            found.append(f"{name}: the teacher's points are gone")
        if expected == "done":
            found += [f"{name} {fault}" for fault in site.faults(one)]
    return found


def became() -> dict[tuple[str, str], str]:
    """The state of each row of the outbox, by person and step."""
    with database.reading():
        query = OutboxRow.select(User.first_name, Step.title, OutboxRow.state).join(Completion).join(User)
        return {(row[0], row[1]): row[2] for row in database.rows(query.join_from(Completion, Step))}


# ------------------------------------------------------------------------------ telling


def report(outcome: Outcome) -> bool:
    """Print what came of it; whether all of it is as it should be."""
    kills = Counter(name.split()[0] for name in outcome.kills.elements() if not name.endswith("had ended"))
    rows: dict[str, Any] = {
        "kill -9 in the pull, in the push": f"{kills['pull']}, {kills['push']}",
        "killed": ", ".join(f"{name} {number}" for name, number in sorted(outcome.kills.items())),
        "decisions": ", ".join(f"{state} {number}" for state, number in sorted(outcome.states.items())),
        "grades sent, of them again": f"{outcome.saves}, {outcome.resent}",
        "lost, doubled, or not told (goal: 0)": len(outcome.faults),
    }
    for name, said in rows.items():
        print(f"{name:<40}{said}")
    for fault in outcome.faults[:20]:
        print(fault)
    return not outcome.faults


def main() -> None:
    """Measure and print it; the exit code is 1 where anything was lost, doubled, or not told."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--pulls", type=int, default=7, help="how often the pull is killed")
    asked.add_argument("--pushes", type=int, default=80, help="how often the push is killed")
    asked.add_argument("--kind", choices=[each.value for each in KINDS], default=SiteKind.MOODLE.value)
    asked.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--hosts", type=int, default=0, help="so many sync at once, each killed at any moment")
    options = asked.parse_args()
    databases.ON_POSTGRESQL = options.engine == "postgresql"
    databases.start_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = databases.new(f"{folder}/push.db")
            database.open_database(target, create=True)
            kind, times = SiteKind(options.kind), {"pulls": options.pulls, "pushes": options.pushes}
            times |= {"hosts": options.hosts}
            is_sound = report(run(target, Command, Account(), kind=kind, span=START + SPAN, **times))
            databases.drop(target)
    finally:
        databases.stop_server()
    sys.exit(0 if is_sound else 1)


if __name__ == "__main__":
    main()
