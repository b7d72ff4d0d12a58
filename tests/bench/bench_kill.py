"""What is lost when a program that writes is killed at any moment, again and again.

    python -m tests.bench.bench_kill --rounds 100 --engine postgresql

A program writes in four threads: reviews, drafts, memberships, and small imports. It tells through a pipe
what it begins and what was acknowledged to it, until `kill -9`. After each round the next writer has to go
on at once, `muster db check` has to find nothing, and what was acknowledged has to be there once. The server
itself is killed in `bench_failover`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import select
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import NamedTuple

from peewee import fn

from store import database, health, members, people
from store.importing import activity
from store.models import AuditLine, Completion, Draft, Group, Membership, Review, User
from store.permissions import OPERATOR
from store.queue import queue
from store.review import drafts, reviews
from store.views import Actor
from store.views.drafts import NOTHING, Typed
from store.views.groups import Role
from store.views.states import Decision
from tests.helpers import databases
from tests.helpers.activity_fixtures import ndjson, say, thing
from tests.helpers.school import School

STEPS, LEARNERS_A_ROUND, LEARNERS = 40, 1, 15
"""How many pieces of work each learner has handed in, and how many learners there are: a review each."""
PEOPLE, GROUPS = 40, 60
"""Who is put into which groups."""
STATEMENTS = 20
"""In each import."""
MOMENT = 3.0
"""Within so many seconds of its first acknowledged write the program is killed, unless it is said."""
AT_ONCE = 1.0
"""Seconds in which the next writer has to be done."""
PATIENCE = 60.0
ESSAY = thing("Essay", "assignment")


# ------------------------------------------------------------------------------ who writes


class Written(NamedTuple):
    """Who writes, and about what."""

    mentor: Actor
    drafted: list[int]
    """Work that nobody reviews."""
    people: list[int]
    groups: list[int]


def build(rounds: int) -> Written:
    """Work that waits for a mentor, and groups with nobody in them."""
    with database.writing():
        school = School()
        steps = school.course("Writing", [None] * STEPS)
        group = school.group("Class")
        mentor = school.person("Tom Reyes")
        school.place(mentor, group, Role.MENTOR)
        for number in range(LEARNERS + rounds * LEARNERS_A_ROUND):
            learner = school.person(f"Learner {number}")
            school.place(learner, group)
            school.enrol(learner, school.course_of(steps[0]))
            works = [school.work(learner, step) for step in steps]
        return Written(
            Actor(user_id=mentor, name="Tom Reyes"),
            works,
            [school.person(f"Person {number}") for number in range(PEOPLE)],
            [school.group(f"Group {number}") for number in range(GROUPS)],
        )


def end_all(fault: threading.ExceptHookArgs) -> None:
    """Tell what went wrong in a thread, and end the process."""
    traceback.print_exception(fault.exc_value)
    os._exit(1)


class Writer:
    """Writes in a process that is going to be killed. Each write gives something of a kind a value."""

    def __init__(self, target: str, pipe: int, turn: int, school: Written, folder: Path) -> None:
        self._pipe, self._turn, self._school, self._folder = pipe, turn, school, folder
        database.attach(target)
        # A fault of one ends all of them: that is told.
        threading.excepthook = end_all
        works = (self._review, self._draft, self._place, self._import)
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @contextmanager
    def _told(self, kind: str, key: object, value: object) -> Iterator[None]:
        line = f"{kind}\t{key}\t{value}\n"
        os.write(self._pipe, f"begin\t{line}".encode())
        yield
        os.write(self._pipe, f"done\t{line}".encode())

    def _review(self) -> None:
        mentor = self._school.mentor
        for number in count():
            row = queue.waiting(mentor, limit=1).rows[0]
            item = reviews.item(mentor, row.user_id, row.step_id)
            assert item.completion_id is not None
            words = f"Review {self._turn}.{number}"
            with self._told("review", words, words):
                reviews.save(mentor, item.completion_id, item.version, Decision.RETURN, feedback=words)

    def _draft(self) -> None:
        mentor = self._school.mentor
        for number in count():
            work = self._school.drafted[number % len(self._school.drafted)]
            there = drafts.recall(mentor, work)
            words = f"Draft {self._turn}.{number}"
            typed = Typed("", words)
            with self._told("draft", work, words):
                drafts.keep(mentor, work, 1, typed, base=there.typed if there else NOTHING)

    def _place(self) -> None:
        pairs = list(product(self._school.groups, self._school.people))
        random.Random(self._turn).shuffle(pairs)
        for group, person in pairs:
            with database.reading():
                known = membership(group, person)
            if known is None:
                with self._told("membership", f"{group}.{person}", Role.MEMBER):
                    members.add(OPERATOR, group, [person], Role.MEMBER)
            else:
                to = Role.MENTOR if known[1] == Role.MEMBER else Role.MEMBER
                with self._told("membership", f"{group}.{person}", to):
                    members.change_role(OPERATOR, known[0], Role(known[1]), to)

    def _import(self) -> None:
        for number in count():
            name = f"i{self._turn}.{number}"
            statements = [
                say(
                    "submitted",
                    ESSAY,
                    actor={"mbox": f"mailto:{name}.{one}@x.example", "name": f"Imported {one}"},
                    id=f"{name}.{one}",
                )
                for one in range(STATEMENTS)
            ]
            file = ndjson(self._folder, *statements, name=f"{name}.ndjson")
            with self._told("import", name, STATEMENTS):
                activity.load(file, add_people=True)


def membership(group: int, person: int) -> tuple[int, str] | None:
    """Id and role, if there is one."""
    query = Membership.select(Membership.id, Membership.role)
    found = database.row(query.where(Membership.group == group, Membership.user == person))
    return None if found is None else (found[0], found[1])


# ------------------------------------------------------------------------------ what is stored


@dataclass
class Log:
    """What was begun and acknowledged, by kind and key."""

    done: dict[tuple[str, str], str] = field(default_factory=dict)
    """The last value that was acknowledged."""
    begun: dict[tuple[str, str], str] = field(default_factory=dict)
    """What was begun after that; it may be there or not."""
    acknowledged: Counter[str] = field(default_factory=Counter)

    def add(self, lines: list[str]) -> None:
        """Add what a writer told."""
        for line in lines:
            what, kind, key, value = line.split("\t")
            if what == "begin":
                self.begun[kind, key] = value
            else:
                self.done[kind, key] = self.begun.pop((kind, key))
                self.acknowledged[kind] += 1

    def settle(self, there: dict[tuple[str, str], list[str]]) -> list[str]:
        """What is not as it was told. What was begun, and nobody knows of, counts as it was found."""
        faults = []
        for key, values in there.items():
            if len(values) != 1 or values[0] not in (self.done.get(key), self.begun.get(key)):
                told = f"{self.done.get(key)} was acknowledged, {self.begun.get(key)} begun"
                faults.append(f"{' '.join(key)} is {values}: {told}")
        faults += [f"{' '.join(key)} is not there" for key in self.done if key not in there]
        for key in self.begun:
            if key in there:
                self.done[key] = there[key][0]
        self.begun.clear()
        return faults


def stored() -> dict[tuple[str, str], list[str]]:
    """The values that are in the database, by kind and key."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    imported = (
        Completion.select(User.email, fn.COUNT(Completion.id))
        .join(User)
        .where(User.email.startswith("i"))
        .group_by(User.email)
    )
    tried = Membership.select(Membership.group, Membership.user, Membership.role).join(Group)
    with database.reading():
        for (words,) in database.rows(Review.select(Review.feedback)):
            found["review", words].append(words)
        for work, words in database.rows(Draft.select(Draft.completion, Draft.feedback)):
            found["draft", str(work)].append(words)
        for group, person, role in database.rows(tried.where(Group.name.startswith("Group "))):
            found["membership", f"{group}.{person}"].append(role)
        sums: Counter[str] = Counter()
        for email, number in database.rows(imported):
            sums[email.rpartition("@")[0].rpartition(".")[0]] += number
    return found | {("import", name): [str(number)] for name, number in sums.items()}


LINES = {"review": ("review.return",), "import": ("import.activity",)}
"""Of what kinds each write has a line in the audit log."""


def line_faults(there: dict[tuple[str, str], list[str]]) -> list[str]:
    """Where the audit log has more lines, or fewer, than there are writes."""
    writes = Counter(kind for kind, _ in there)
    with database.reading():
        lines = dict(
            database.rows(
                AuditLine.select(AuditLine.action, fn.COUNT(AuditLine.id)).group_by(AuditLine.action)
            )
        )
    return [
        f"{writes[kind]} times {kind}, with {sum(lines.get(action, 0) for action in actions)} audit lines"
        for kind, actions in LINES.items()
        if writes[kind] != sum(lines.get(action, 0) for action in actions)
    ]


# ------------------------------------------------------------------------------ the kills


@dataclass
class Outcome:
    """What came of it."""

    log: Log = field(default_factory=Log)
    faults: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """How many seconds the next writer took after each kill."""
    cut: Counter[str] = field(default_factory=Counter)
    """What was begun and not acknowledged when the program was killed, and whether it was kept."""


def killed(start: Callable[[int], object], moment: float) -> list[str]:
    """Have a process of its own write into a pipe, and kill it so long after its first acknowledged write;
    the lines that it wrote.
    """
    reader, writer = os.pipe()
    # A copy of this process needs no start of its own. Nothing is connected to the database.
    process = multiprocessing.get_context("fork").Process(target=start, args=(writer,), daemon=True)
    process.start()
    os.close(writer)
    told, until, latest = b"", None, time.monotonic() + PATIENCE
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while (left := (until or latest) - time.monotonic()) > 0:
            if select.select([pipe], [], [], left)[0]:
                said = pipe.read(1 << 16)
                assert said, "the writer has ended by itself"
                told += said
            if until is None and b"done\t" in told:
                until = time.monotonic() + moment
        process.kill()
        process.join()
        told += pipe.read()
    assert until is not None, "nothing was acknowledged"
    return told.decode().splitlines()


def run(target: str, rounds: int, folder: Path, moment: float = MOMENT) -> Outcome:
    """Kill a writer so often, and look each time at what is there. An empty database is attached."""
    outcome, dice = Outcome(), random.Random(7)
    school = build(rounds)
    for turn in range(rounds):
        databases.release()
        start = partial(write, target, turn, school, folder)
        outcome.log.add(killed(start, dice.uniform(0, moment)))
        began = time.perf_counter()
        people.add(OPERATOR, "Next", f"Writer {turn}", None)
        outcome.waits.append(time.perf_counter() - began)
        there = stored()
        for key in outcome.log.begun:
            is_kept = outcome.log.begun[key] in there.get(key, ())
            outcome.cut[f"{key[0]} {'kept' if is_kept else 'not kept'}"] += 1
        found = [*outcome.log.settle(there), *line_faults(there), *health.check().faults]
        outcome.faults += [f"round {turn + 1}: {fault}" for fault in found]
    return outcome


def write(target: str, turn: int, school: Written, folder: Path, pipe: int) -> None:
    """What the process does that is killed."""
    Writer(target, pipe, turn, school, folder)


def report(outcome: Outcome) -> bool:
    """Print what came of it; whether all of it is as it should be."""
    log = outcome.log
    rows = {
        "rounds of kill -9": f"{len(outcome.waits)}",
        "acknowledged": ", ".join(f"{kind} {number:,}" for kind, number in sorted(log.acknowledged.items())),
        "cut off, nobody knew": ", ".join(f"{what} {number}" for what, number in sorted(outcome.cut.items())),
        "lost, doubled, or unsound (goal: 0)": f"{len(outcome.faults)}",
        f"the next writer (goal: {AT_ONCE:g} s at most)": f"median {statistics.median(outcome.waits):.3f} s, "
        f"longest {max(outcome.waits):.3f} s",
    }
    for name, said in rows.items():
        print(f"{name:<40}{said}")
    for fault in outcome.faults[:20]:
        print(fault)
    return not outcome.faults and max(outcome.waits) <= AT_ONCE


def main() -> None:
    """Measure and print it; the exit code is 1 where anything was lost or doubled, or a lock stayed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rounds", type=int, default=100, help="how often the program is killed")
    asked.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    options = asked.parse_args()
    databases.ON_POSTGRESQL = options.engine == "postgresql"
    databases.start_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = databases.new(f"{folder}/kill.db")
            database.open_database(target, create=True)
            is_sound = report(run(target, options.rounds, Path(folder)))
            databases.drop(target)
    finally:
        databases.stop_server()
    sys.exit(0 if is_sound else 1)


if __name__ == "__main__":
    main()
