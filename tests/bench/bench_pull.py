"""How long the first pull of a large course takes beside the site's own time, and what it costs meanwhile.

    python -m tests.bench.bench_pull --engine postgresql

A made-up Moodle in a process of its own answers as slowly as a real one did (5.1 s for the works of a
thousand people in one assignment). `muster sync` runs as somebody types it, while somebody reviews other work
ten times a second. Then the same again, when nothing happened.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store import database
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import sites
from store.views import Actor
from store.views.sites import SiteKind
from store.views.states import Decision
from tests.helpers import databases
from tests.helpers.fake_moodle import FakeMoodle, School, course_of_many
from tests.helpers.fake_moodle.records import Completion
from tests.helpers.school import School as Account

NAME = "Many"
DELAYS = {
    "core_enrol_get_enrolled_users": 1.4,
    "mod_assign_get_submissions": 5.1,
    "mod_assign_get_grades": 0.3,
    "core_course_get_contents": 0.1,
    "core_webservice_get_site_info": 0.1,
    "mod_assign_get_assignments": 0.1,
    "core_course_get_updates_since": 0.05,
    "tool_mobile_call_external_functions": 0.96,
    "core_grading_get_definitions": 0.1,
    "mod_assign_get_user_flags": 0.3,
}
"""Seconds that a real Moodle took to answer, for a course of a thousand."""
RATIO_GOAL, MEMORY_GOAL, WAIT_GOAL = 1.3, 80, 200
CALLS_GOAL, BYTES_GOAL = 10, 60_000
PAUSE = 0.1
"""Seconds between two reviews of the person who reviews meanwhile."""
REVIEWS = 2_500
ALONE = 10.0
"""Seconds of reviewing without a sync, to compare with."""


@dataclass
class Run:
    """What one sync took: seconds here and at the site, megabytes, calls and bytes of answers."""

    seconds: float
    there: float
    memory: float
    calls: int
    read: int
    waits: list[float] = field(default_factory=list)


def school_of(people: int, works: int) -> School:
    """The course, with a page that everybody has read."""
    school = course_of_many(people, works)
    course = school.course_named("MANY")
    page = school.module(course.sections[0], "page", 1, "Read me")
    page.completion = 2
    for person, enrolment in course.enrolments.items():
        enrolment.lastcourseaccess = school.now() - 86_400
        school.completions[page.id, person] = Completion(1, school.now() - 86_400)
    return school


def serve(people: int, works: int, share: float, ask: Any) -> None:
    """Answer until told to end; tells the time, calls and bytes since it was asked last."""
    with FakeMoodle(school_of(people, works)) as server:
        server.delays |= {name: seconds * share for name, seconds in DELAYS.items()}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ask.send((server.url, server.token))
        while ask.recv():
            ask.send((server.seconds, len(server.calls), sum(each.size for each in server.calls)))
            server.forget()
        server.shutdown()


def sync(target: str, token: str, ask: Any) -> Run:
    """Run `muster sync`, and say what it took."""
    environment = {**os.environ, "MUSTER_SITE_TOKEN": token, "MUSTER_SITE_TOKENS": "/nowhere"}
    began = time.monotonic()
    command = [sys.executable, "-m", "tui", "sync", NAME, "--database", target]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2])
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    assert status == 0, "the sync failed"
    ask.send(True)
    there, calls, read = ask.recv()
    return Run(seconds, there, used.ru_maxrss / 1024, calls, read)


class Reviewer(threading.Thread):
    """Somebody who reviews as long as a sync runs; keeps how long each save took."""

    def __init__(self, actor: Actor, work: list[int]) -> None:
        super().__init__(daemon=True)
        self._actor = actor
        self._work = work
        self.ended = threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        while self._work and not self.ended.wait(PAUSE):
            began = time.monotonic()
            reviews.save(self._actor, self._work.pop(), 1, Decision.APPROVE, points=5, feedback="Good.")
            self.waits.append(1000 * (time.monotonic() - began))
        database.close()


def other_work(account: Account) -> list[int]:
    """Work that does not come from the site, and waits."""
    (step,) = account.course("Own", (10.0,))
    return [account.work(account.person(f"Own{number}"), step) for number in range(REVIEWS)]


def measure(target: str, people: int, works: int, share: float) -> tuple[list[Run], list[float]]:
    """The first pull, and a quiet one; and how long saves take where no sync runs."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(people, works, share, theirs), daemon=True
    )
    server.start()
    url, token = ours.recv()
    database.open_database(target, create=True)
    account = Account()
    jo, work = account.actor(account.person("Jo Ito", admin=True)), other_work(account)
    sites.add(OPERATOR, SiteKind.MOODLE, url, NAME)
    found = []
    for _ in range(2):
        reviewer = Reviewer(jo, work)
        reviewer.start()
        run = sync(target, token, ours)
        reviewer.ended.set()
        reviewer.join()
        run.waits = reviewer.waits
        found.append(run)
    reviewer = Reviewer(jo, work)
    reviewer.start()
    time.sleep(ALONE)
    reviewer.ended.set()
    reviewer.join()
    ours.send(False)
    server.join(10)
    return found, reviewer.waits


def report(first: Run, quiet: Run, alone: list[float]) -> bool:
    """Print what came of it; whether the goals are met."""
    waits = sorted([*first.waits, *quiet.waits])
    ratio, slowest = first.seconds / first.there, max(waits, default=0.0)
    rows = (
        ("first pull, site's own time, s", f"{first.seconds:.1f}, {first.there:.1f}", True),
        (f"ratio (goal: {RATIO_GOAL})", f"{ratio:.3f}", ratio <= RATIO_GOAL),
        (f"most memory, MB (goal: {MEMORY_GOAL})", f"{first.memory:.0f}", first.memory <= MEMORY_GOAL),
        ("calls, bytes of the first", f"{first.calls:,}, {first.read:,}", True),
        ("saves meanwhile", f"{len(waits)}", True),
        (f"the slowest, ms (goal: {WAIT_GOAL})", f"{slowest:.0f}", slowest <= WAIT_GOAL),
        ("the slowest without a sync, ms", f"{max(alone, default=0.0):.0f}", True),
        ("99 of 100 within, ms", f"{waits[int(0.99 * len(waits))]:.0f}" if waits else "-", True),
        ("quiet pull, s", f"{quiet.seconds:.1f}", True),
        (f"its calls (goal: {CALLS_GOAL})", f"{quiet.calls}", quiet.calls <= CALLS_GOAL),
        (f"its bytes (goal: {BYTES_GOAL:,})", f"{quiet.read:,}", quiet.read <= BYTES_GOAL),
    )
    for name, said, is_met in rows:
        print(f"{name:<48}{said}{'' if is_met else '  MISSED'}")
    return all(is_met for _, _, is_met in rows)


def main() -> None:
    """Measure and print it; the exit code is 1 where a goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--people", type=int, default=1_000)
    asked.add_argument("--works", type=int, default=6)
    asked.add_argument("--share", type=float, default=1.0, help="the site takes this share of its time")
    asked.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    options = asked.parse_args()
    databases.ON_POSTGRESQL = options.engine == "postgresql"
    databases.start_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = databases.new(f"{folder}/pull.db")
            runs, alone = measure(target, options.people, options.works, options.share)
            is_met = report(runs[0], runs[1], alone)
            databases.release()
            databases.drop(target)
    finally:
        databases.stop_server()
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
