"""What is lost, and how long one waits, when the server of the database dies again and again.

    python -m tests.bench.bench_failover --kills 20

Three PostgreSQL that Patroni keeps, with etcd, in synchronous mode: see `patroni`. Eight mentors, each a
program of their own, review work after work as the screens do: what was not kept is done again. The machine
of the primary dies each time, and comes back once another one stands in for it. Afterwards what was
acknowledged to each mentor is compared with what is stored. A ninth sits at a terminal all the while, and
types a letter during each outage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, TypeVar

from store import database, errors, health, signing_in
from store.database import RETRY_SECONDS, RETURN_SECONDS
from store.models import Completion, Review, User
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.groups import Role
from store.views.states import Decision
from tests.bench.patroni import Cluster, why_not
from tests.bench.pty_driver import TerminalProgram
from tests.helpers.school import School

ROOT = Path(__file__).parents[2]
WRITERS = 8
STEPS = 40
PAUSE = 0.1
"""Seconds between two reviews of one mentor."""
REVIEWS_A_KILL = 80
"""How many pieces of work wait for each mentor, for each kill."""
AT_A_TERMINAL = "mentor.terminal@x.example"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOLD = "cannot be reached"

T = TypeVar("T")


# ------------------------------------------------------------------------------ the school


def build(kills: int) -> None:
    """A mentor for each writer, and one at a terminal; each looks after people whose work waits."""
    learners = max(1, kills * REVIEWS_A_KILL // STEPS)
    with database.writing():
        school = School()
        steps = school.course("Writing", [None] * STEPS)
        course = school.course_of(steps[0])
        for name, count in [(f"N{number}", learners) for number in range(WRITERS)] + [("Terminal", 1)]:
            group = school.group(f"Class {name}")
            school.place(school.person(f"Mentor {name}"), group, Role.MENTOR)
            for each in range(count):
                learner = school.person(f"Learner {name}-{each}")
                school.place(learner, group)
                school.enrol(learner, course)
                for step in steps:
                    school.work(learner, step)


# ------------------------------------------------------------------------------ who writes


@dataclass
class Done:
    """What became of the reviews of one mentor, by their words."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    """With when that was."""
    unknown: set[str] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)
    """How often each error was seen."""


def write(url: str, number: int, stop: Event, answers: Any) -> None:
    """Review work after work until `stop`. Puts a Done into `answers`."""
    database.attach(url)
    done = Done()
    turn = 0
    actor = again(lambda: signing_in.sign_in(f"mentor.n{number}@x.example"), done)
    again(lambda: signing_in.note_sign_in(actor), done)
    while not stop.is_set():
        turn += 1
        words = f"Mentor {number} says {turn}"
        try:
            review(actor, words, done)
            done.acknowledged[words] = time.time()
        except errors.OutcomeUnknownError:
            done.unknown.add(words)
        except errors.StorageError:
            # Somebody in front of it reads why, and begins anew.
            stop.wait(RETRY_SECONDS)
        stop.wait(PAUSE)
    database.close()
    answers.put(done)


def again(call: Callable[[], T], done: Done) -> T:
    """What a call gives; where the server was lost before it was kept it is done again, as by the screens."""
    until = time.monotonic() + RETURN_SECONDS
    while True:
        try:
            return call()
        except errors.MusterError as error:
            done.told[type(error).__name__] += 1
            if not isinstance(error, errors.LostError) or time.monotonic() > until:
                raise
        time.sleep(RETRY_SECONDS)


def review(actor: Actor, words: str, done: Done) -> None:
    """Review what has waited longest."""
    row = again(lambda: queue.waiting(actor, limit=1), done).rows[0]
    item = again(lambda: reviews.item(actor, row.user_id, row.step_id), done)
    assert item.completion_id is not None
    number, version = item.completion_id, item.version
    again(lambda: reviews.save(actor, number, version, Decision.RETURN, feedback=words), done)


# ------------------------------------------------------------------------------ who types


class Typist:
    """Somebody in the feedback of a review, who sees what is said of the database."""

    def __init__(self, program: TerminalProgram) -> None:
        self.program = program
        self.typed = ""
        """In the line that the cursor is in; one for each outage."""
        self._count = 0
        program.wait_for("Writing step 1", timeout=90)
        program.send("r")
        program.wait_for("Approve and next", timeout=60)
        program.quiet(0.3)
        program.send("ctrl+r")
        program.wait_for("Tell the learner what to improve", timeout=60)

    def type(self) -> None:
        """Type the next letter."""
        letter = LETTERS[self._count % len(LETTERS)]
        self._count += 1
        self.program.send(letter)
        self.typed += letter

    def is_told(self) -> bool:
        """Whether it is said within half a minute that the database cannot be reached."""
        try:
            self.program.wait_for(TOLD, timeout=30)
        except TimeoutError:
            return False
        return True

    def has_all(self) -> bool:
        """Whether, within a minute, it is no longer told, and what was typed since the last time there."""
        try:
            self.program.wait_for(rf"\A(?![\s\S]*{TOLD})[\s\S]*│ ?{self.typed} ", timeout=60)
        except TimeoutError as error:
            print(error, flush=True)
            return False
        finally:
            self.program.send("enter")
            self.typed = ""
        return True


# ------------------------------------------------------------------------------ the kills


@dataclass
class Kills:
    """When each was, in how many of them the terminal told it, and in how many it had all again."""

    at: list[float] = field(default_factory=list)
    told: int = 0
    kept: int = 0


def kill_again_and_again(cluster: Cluster, typist: Typist, count: int) -> Kills:
    """Let the primary die so often, each time once all three run."""
    kills, dice = Kills(), random.Random(7)
    for number in range(count):
        cluster.wait_until_ready()
        typist.type()
        typist.program.quiet(dice.uniform(1.0, 4.0))
        primary = cluster.primary()
        kills.at.append(time.time())
        cluster.kill(primary)
        kills.told += typist.is_told()
        typist.type()
        cluster.wait_for_other(primary)
        cluster.start(primary)
        kills.kept += typist.has_all()
        print(f"{number + 1} of {count}: {primary} was killed, {cluster.primary()} stands in", flush=True)
    cluster.wait_until_ready()
    return kills


def outages(kills: Kills, done: Sequence[Done]) -> list[float]:
    """The longest time after each kill in which nothing was acknowledged to anybody, in seconds."""
    saved = sorted(at for one in done for at in one.acknowledged.values())
    ends = [*kills.at[1:], saved[-1]]
    found = []
    for begin, end in zip(kills.at, ends, strict=True):
        before = max((at for at in saved if at <= begin), default=begin)
        within = [before, *(at for at in saved if begin < at <= end)]
        found.append(max((later - one for one, later in pairwise(within)), default=0.0))
    return found


# ------------------------------------------------------------------------------ what is stored


def stored() -> tuple[Counter[str], int]:
    """How often the words of each review are there, and how many pieces of work have more than one."""
    with database.reading():
        found = database.rows(
            Review.select(Review.feedback, Review.completion)
            .join(Completion)
            .join(User, on=Completion.user == User.id)
            .where(User.last_name != "Terminal-0")
        )
    works = Counter(work for _, work in found)
    return Counter(words for words, _ in found), sum(1 for count in works.values() if count > 1)


def report(kills: Kills, done: Sequence[Done]) -> bool:
    """Print what came of it; whether all of it is as it should be."""
    there, twice = stored()
    acknowledged = {words for one in done for words in one.acknowledged}
    unknown = {words for one in done for words in one.unknown}
    told: Counter[str] = sum((one.told for one in done), Counter())
    lost = sum(not there[words] for words in acknowledged)
    doubled = twice + sum(count > 1 for count in there.values())
    unknown_kept = sum(there[words] for words in unknown)
    unsaid = sum(words not in acknowledged | unknown for words in there)
    faults = health.check().faults
    waits = outages(kills, done)
    count = len(kills.at)
    rows = {
        "kills of the primary": f"{count}",
        "acknowledged": f"{len(acknowledged):,} to {len(done)} of {WRITERS} mentors",
        "lost (goal: 0)": f"{lost}",
        "doubled (goal: 0)": f"{doubled}",
        "kept though it was said they were not": f"{unsaid}",
        "not known to the end": f"{len(unknown)}, of which {unknown_kept} are there",
        "outage": f"median {statistics.median(waits):.1f} s, longest {max(waits):.1f} s",
        "errors seen": ", ".join(f"{name} {often}" for name, often in told.most_common()) or "none",
        "the terminal told it": f"{kills.told} of {count}",
        "and had every letter again": f"{kills.kept} of {count}",
        "muster db check": "; ".join(faults) or "sound",
    }
    for name, said in rows.items():
        print(f"{name:<40}{said}")
    is_told = told["LostError"] > 0 and kills.told == kills.kept == count
    return not (lost or doubled or unsaid or faults) and is_told and len(done) == WRITERS


# ------------------------------------------------------------------------------ the run


def run(kills: int) -> bool:
    """Measure it."""
    with Cluster() as cluster:
        database.open_database(cluster.url.format("postgres"), create=True)
        build(kills)
        database.close()
        url = cluster.url.format("postgres")
        context = multiprocessing.get_context("spawn")
        stop, answers = context.Event(), context.Queue()
        writers = [
            context.Process(target=write, args=(url, number, stop, answers), daemon=True)
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        command = (sys.executable, "-m", "tui", "--database", url, "--as", AT_A_TERMINAL)
        with TerminalProgram(command, cwd=ROOT) as program:
            made = kill_again_and_again(cluster, Typist(program), kills)
        stop.set()
        done = [answers.get(timeout=2 * RETURN_SECONDS) for _ in writers]
        for writer in writers:
            writer.join()
        return report(made, done)


def main() -> None:
    """Measure and print it; the exit code is 1 where anything was lost, doubled or untold."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--kills", type=int, default=20, help="how often the primary dies")
    options = asked.parse_args()
    missing = why_not()
    if missing:
        print(missing)
        return
    sys.exit(0 if run(options.kills) else 1)


if __name__ == "__main__":
    main()
