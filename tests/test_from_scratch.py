"""What is found by the quick ways, and cut off where there is very much, is what reading everything finds."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from store import clock, dashboard, database, overview
from store.models import Completion, Review, User
from store.permissions import reach
from store.queue import named_groups, queue
from store.queue import scope as queue_scope
from store.queue import select as queue_select
from store.views import Actor
from store.views.overview import OverviewCounts
from store.views.queue import SORTS, QueueView
from store.views.states import Decision, State
from tests.helpers.counted_writes import Walk
from tests.helpers.from_scratch import Everything
from tests.helpers.school import School

WRITES = 150
LINES = (
    "",
    "age:>7d",
    "age:<7d",
    'person:"person 1"',
    '-person:"person 1" course:course',
    'step:"1.2"',
    "person group",
    'group:"group 1"',
    "group:group-2 group:again",
    '-group:"group 1"',
    'group:group -group:"group 1" -group:3',
    'group:7 person:"person 1"',
    "group:nowhere",
    "attempt:1",
)
STATES = ("", "state:returned", "state:failed")


class Account:
    """An account after random writes, with an admin and work of all ages."""

    def __init__(self, school: School, seed: int) -> None:
        self.dice = random.Random(seed)
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        self.walk = Walk(school, seed)
        for _ in range(WRITES):
            self.walk.write()
        with database.writing():
            # Much of it may have ended: some of that is to be there again.
            walk = self.walk
            for again in (walk.activate, walk.open_group, walk.begin_some, *20 * [walk.add]):
                again()
        for person in self.walk.people:
            for step in self.dice.sample(self.walk.steps, 2):
                with database.writing():
                    self._work(person, step)

    def _work(self, person: int, step: int) -> None:
        state = self.dice.choice([*3 * [State.NEEDS_REVIEW], State.RETURNED, State.RETURNED, State.FAILED])
        at = clock.now() - timedelta(hours=self.dice.randrange(1, 500))
        done = at + timedelta(hours=1) if state is State.FAILED and self.dice.random() < 0.7 else None
        values = {"state": state, "submitted_at": at, "completed_at": done}
        theirs = (Completion.user == person) & (Completion.step == step)
        if not Completion.update(values).where(theirs).execute():
            Completion.insert(values, user=person, step=step).execute()
        work = Completion.get(theirs).id
        for _ in range(self.dice.randrange(3)):
            again = at + timedelta(minutes=self.dice.randrange(1, 10_000))
            taken_back = again if self.dice.random() < 0.3 else None
            decision = self.dice.choice([Decision.RETURN, Decision.APPROVE])
            said = {"completion": work, "reviewer": self.root, "decision": decision}
            Review.insert(said, created_at=again, undone_at=taken_back).execute()

    def viewers(self) -> list[Actor]:
        """The admin, and whoever else may sign in."""
        with database.reading():
            active = {row[0] for row in database.rows(User.select(User.id).where(User.active))}
        return [self.school.actor(one) for one in (self.root, *self.walk.people) if one in active]


@pytest.fixture(params=range(4))
def account(school: School, request: pytest.FixtureRequest) -> Account:
    return Account(school, request.param)


@pytest.fixture(params=["few", "many"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways that suit little, and with numbers made small those that suit very much."""
    if request.param == "many":
        monkeypatch.setattr(queue_select, "WINDOW", 0.01)
        monkeypatch.setattr(queue_select, "KNOWN", 1)
        monkeypatch.setattr(reach, "MANY_PATHS", 1)
        monkeypatch.setattr(named_groups, "MANY_PATHS", 1)
        monkeypatch.setattr(queue_scope, "WINDOW", 1)
        monkeypatch.setattr(queue_scope, "MOST_COUNTED", 2)
    return str(request.param)


def test_each_part_of_the_queue_has_what_is_in_it_in_order(account: Account, ways: str) -> None:
    everything = Everything()
    some = 0
    for actor in account.viewers():
        assert actor.user_id is not None
        follows = len(everything.people_followed(actor.user_id) - {actor.user_id}) > 0
        for line in LINES:
            # To who follows nobody each says the same: nothing.
            for state in STATES if follows else [account.dice.choice(STATES)]:
                view = QueueView(f"{line} {state}".strip(), account.dice.choice(SORTS))
                expected = everything.queue(actor.user_id, view)
                assert list(queue.ids(actor, view)) == expected, (actor, view)
                assert windows(actor, view, len(expected)) == expected, (actor, view)
                some += len(expected)
    assert some > 100


def test_an_item_has_its_position_among_the_others(account: Account, ways: str) -> None:
    everything = Everything()
    work = {row[0]: row[1:3] for row in everything.work}
    for actor in account.viewers():
        assert actor.user_id is not None
        for line in LINES:
            view = QueueView(line, account.dice.choice(SORTS))
            expected = everything.queue(actor.user_id, view)
            if not expected:
                continue
            index = account.dice.randrange(len(expected))
            found = queue.neighbours(actor, view, *work[expected[index]])
            beside = [None if row is None else row.completion_id for row in (found.previous, found.next)]
            assert beside == [
                expected[index - 1] if index else None,
                expected[index + 1] if index + 1 < len(expected) else None,
            ]
            assert found.position == index + 1
            assert found.total == len(expected) or (found.more and index < found.total < len(expected))
            end = queue.at_end(actor, view)
            assert end.previous is not None and end.next is not None
            assert (end.previous.completion_id, end.next.completion_id) == (expected[-1], expected[0])


def windows(actor: Actor, view: QueueView, number: int) -> list[int]:
    """The completions of a view as a list reads them: in windows, for as long as there are more."""
    found: list[int] = []
    while True:
        page = queue.listing(actor, view, len(found), 3)
        found += [row.completion_id for row in page.rows]
        assert page.total == number or (page.more and len(found) < page.total < number)
        if len(found) >= page.total:
            return found


def test_what_is_counted_of_very_many_people_is_what_all_of_them_add_up_to(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = Everything()
    monkeypatch.setattr(overview, "AT_ONCE", 0)
    counted = 0
    for actor in account.viewers():
        assert actor.user_id is not None
        for group in everything.seen(actor.user_id):
            first, whole = overview.at_once(actor, group), overview.of_group(actor, group)
            if isinstance(first, OverviewCounts):
                assert (first.people, first.waiting) == (whole.people, whole.waits.total), (actor, group)
                counted += 1
            else:
                assert first == whole
                assert whole.people == 0
    assert counted > 0


def test_the_longest_waits_are_those_of_all_groups(account: Account) -> None:
    everything = Everything()
    found = dashboard.of_account(account.school.actor(account.root))
    told = [(clock.to_micros(one.oldest), one.waiting) for one in found.longest]
    assert told == everything.longest_waits(account.root)[: dashboard.LONGEST]
    ages = everything.waiting_by_day(account.root)
    week = sum(count for days, count in ages.items() if 1 <= days < 7)
    assert (found.today, found.this_week) == (ages[0], week)
    assert found.older == ages.total() - ages[0] - week
