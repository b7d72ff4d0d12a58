"""Eight write in the same moment, each in a connection of their own: every rule holds as with one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from store import database, errors, groups, health, members, people, settings
from store.models import AuditLine, Completion, Draft, User
from store.permissions import OPERATOR
from store.review import drafts, reviews
from store.ssh import sessions
from store.views import Actor
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.settings import SessionLimits
from store.views.states import Decision
from tests.bench import bench_kill
from tests.helpers.counted_writes import Walk, faults
from tests.helpers.school import School
from tests.helpers.world import World

WRITERS = 8
ROUNDS = 6


@pytest.fixture
def writers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(WRITERS) as pool:
        yield pool


def at_once(pool: ThreadPoolExecutor, act: Callable[[int], object]) -> Counter[str]:
    """Have all do it in the same moment; how often each thing came of it: "done", or the name of an error."""
    ready = threading.Barrier(WRITERS)

    def one(number: int) -> str:
        ready.wait()
        try:
            act(number)
        except errors.MusterError as error:
            return type(error).__name__
        finally:
            database.close()
        return "done"

    return Counter(pool.map(one, range(WRITERS)))


# ------------------------------------------------------------------------- one of them is first


def review(world: World, version: int) -> Callable[[int], object]:
    actor, work = world.actor("admin"), world.work["ana"]
    return lambda number: reviews.save(actor, work, version, Decision.RETURN, feedback=f"Say {number}")


def edit(world: World, version: int) -> Callable[[int], object]:
    actor, group = world.actor("admin"), world.groups["group"]
    return lambda number: groups.edit(
        actor,
        group,
        version,
        name=f"Name {version} {number}",
        slug=f"name-{version}-{number}",
        description="",
    )


def move(world: World, version: int) -> Callable[[int], object]:
    actor, group, made = world.actor("admin"), world.groups["group"], world.school.group(f"Top {version}")
    return lambda number: groups.nest(actor, group, version, made)


@pytest.mark.parametrize("change", [review, edit, move])
def test_of_those_who_change_the_same_one_is_first_and_all_others_are_told(
    world: World, writers: ThreadPoolExecutor, change: Callable[[World, int], Callable[[int], object]]
) -> None:
    for version in range(1, ROUNDS + 1):
        assert at_once(writers, change(world, version)) == {"done": 1, "ConflictError": WRITERS - 1}
        world.school.change(Completion, world.work["ana"], state="needs_review")
    assert health.check().faults == []


def test_of_those_who_give_somebody_a_role_one_is_first(world: World, writers: ThreadPoolExecutor) -> None:
    actor, membership = world.actor("admin"), world.places["ana in group"]
    given = at_once(writers, lambda _: members.change_role(actor, membership, Role.MEMBER, Role.MENTOR))
    assert given == {"done": 1, "ConflictError": WRITERS - 1}
    assert faults() == []


def test_of_those_who_add_the_same_address_one_is_first(school: School, writers: ThreadPoolExecutor) -> None:
    added = at_once(writers, lambda number: people.add(OPERATOR, "Ana", f"B{number}", "ana@x.example"))
    assert added == {"done": 1, "InvalidError": WRITERS - 1}


# ------------------------------------------------------------------------- what no one may break


def test_groups_that_are_moved_at_once_make_no_circle(world: World, writers: ThreadPoolExecutor) -> None:
    admin = world.actor("admin")
    for turn in range(2):
        made = [world.school.group(f"Ring {turn} {number}") for number in range(WRITERS)]

        def move(number: int, ring: list[int] = made) -> None:
            group, under = ring[number], ring[(number + 1) % WRITERS]
            groups.nest(admin, group, groups.detail(admin, group).version, under)

        assert at_once(writers, move) == {"done": WRITERS - 1, "CircleError": 1}
    assert health.check().faults == []


@pytest.mark.parametrize("limit", ["per_person", "at_once"])
def test_no_more_sessions_begin_at_once_than_are_allowed(
    school: School, writers: ThreadPoolExecutor, limit: str
) -> None:
    was = settings.get(OPERATOR, SessionLimits)
    settings.change(OPERATOR, was, replace(was, **{limit: 3}))
    people_in = [school.person(f"Ana {number}") for number in range(1 if limit == "per_person" else WRITERS)]
    keys = [school.key(person, f"SHA256:{person}") for person in people_in]
    begun = at_once(writers, lambda number: sessions.begin(keys[number % len(keys)], "192.0.2.7"))
    assert begun == {"done": 3, "ForbiddenError": WRITERS - 3}
    assert len(sessions.listing(OPERATOR)) == 3
    assert health.check().faults == []


def test_lines_of_the_audit_log_follow_each_other_also_where_some_take_theirs_back(
    world: World, writers: ThreadPoolExecutor
) -> None:
    names = ("admin", "leader", "leader_above", "mentor")

    def work(number: int) -> None:
        actor: Actor = world.actor(names[number % len(names)])
        for turn in range(ROUNDS):
            drafts.keep(actor, world.work["ben"], 1, Typed("", f"{number} {turn}"))
            people.add(OPERATOR, f"New {number}", str(turn), None)
            with pytest.raises(ZeroDivisionError), database.writing():
                people.add(OPERATOR, f"Gone {number}", str(turn), None)
                raise ZeroDivisionError

    before = numbers()
    assert at_once(writers, work) == {"done": WRITERS}
    first = before[-1] + 1 if before else 1
    assert numbers() == [*before, *range(first, first + WRITERS * ROUNDS)]
    with database.reading():
        assert User.select().where(User.first_name.startswith("New ")).count() == WRITERS * ROUNDS
        assert User.select().where(User.first_name.startswith("Gone ")).count() == 0
        assert Draft.select().where(Draft.completion == world.work["ben"]).count() == len(names)
    # It also follows the chain from line to line.
    assert health.check().faults == []


def numbers() -> list[int]:
    with database.reading():
        return [row[0] for row in database.rows(AuditLine.select(AuditLine.id).order_by(AuditLine.id))]


def test_counters_are_as_counted_from_scratch_whoever_writes_meanwhile(
    school: School, writers: ThreadPoolExecutor
) -> None:
    walk = Walk(school, seed=0)

    def write(number: int) -> None:
        own = walk.another(number)
        for _ in range(5 * ROUNDS):
            own.write()

    assert at_once(writers, write) == {"done": WRITERS}
    assert faults() == []


# ------------------------------------------------------------------------- who is killed


def test_killed_again_and_again_a_program_loses_nothing_and_leaves_no_lock(
    base: Path, tmp_path: Path
) -> None:
    outcome = bench_kill.run(database.name(), 3, tmp_path, moment=0.5)
    assert outcome.faults == []
    assert outcome.log.acknowledged.total() >= 3
    assert len(outcome.waits) == 3
