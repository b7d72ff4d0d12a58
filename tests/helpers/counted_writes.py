"""Random writes of any kind to what counters count."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import copy
from datetime import timedelta

from store import clock, counters, database
from store.models import Completion, Group, Membership, Review, User
from store.views.groups import Role
from store.views.states import Decision, State
from tests.helpers.school import School

PEOPLE, GROUPS = 14, 12


def faults() -> list[str]:
    """What is not as counting from scratch gives it."""
    with database.reading():
        return list(counters.faults(database.db))


class Walk:
    """Random writes of any kind, of one row or of many at once, straight into the tables."""

    def __init__(self, school: School, seed: int) -> None:
        self.dice = random.Random(seed)
        self.people = [school.person(f"Person {number}") for number in range(PEOPLE)]
        self.groups = [school.group(f"Group {number}") for number in range(GROUPS)]
        self.steps = school.course("Course")

    def another(self, seed: int) -> Walk:
        """One among the same people and groups."""
        other = copy(self)
        other.dice = random.Random(seed)
        return other

    def write(self) -> str:
        kinds: list[Callable[[], None]] = [
            *(self.add, self.add, self.add, self.give_role, self.end_some, self.begin_some, self.remove_some),
            *(self.hand_in, self.hand_in, self.hand_in, self.decide, self.decide_all, self.drop_work),
            *(self.move, self.move, self.move_many, self.close_group, self.open_group, self.remake_group),
            *(self.deactivate, self.activate, self.merge, self.change_group, self.end_by_day),
            *(self.review, self.review, self.take_back, self.move_reviews, self.drop_reviews),
        ]
        kind = self.dice.choice(kinds)
        with database.writing():
            kind()
        return kind.__name__

    def some(self, of: list[int]) -> list[int]:
        return self.dice.sample(of, self.dice.randrange(1, 4))

    def add(self) -> None:
        values = {
            "user": self.dice.choice(self.people),
            "group": self.dice.choice(self.groups),
            "role": self.dice.choice(list(Role)),
            "active": self.dice.random() < 0.9,
            "created_at": clock.now(),
        }
        Membership.insert(values).on_conflict_ignore().execute()

    def give_role(self) -> None:
        Membership.update(role=self.dice.choice(list(Role))).where(self._memberships()).execute()

    def end_some(self) -> None:
        Membership.update(active=False).where(self._memberships()).execute()

    def begin_some(self) -> None:
        Membership.update(active=True, last_day=None).where(self._memberships()).execute()

    def end_by_day(self) -> None:
        day = clock.today() + timedelta(days=self.dice.randrange(-2, 2))
        Membership.update(last_day=day).where(self._memberships()).execute()

    def remove_some(self) -> None:
        Membership.delete().where(self._memberships()).execute()

    def change_group(self) -> None:
        person, there = self.dice.choice(self.people), self.dice.choice(self.groups)
        if not Membership.select().where(Membership.user == person, Membership.group == there).exists():
            one = Membership.select(Membership.id).where(Membership.user == person).limit(1)
            Membership.update(group=there).where(Membership.id.in_(one)).execute()

    def _memberships(self) -> object:
        return Membership.user.in_(self.some(self.people)) & Membership.group.in_(
            self.dice.sample(self.groups, 6)
        )

    def hand_in(self) -> None:
        values = {
            "user": self.dice.choice(self.people),
            "step": self.dice.choice(self.steps),
            "state": State.NEEDS_REVIEW,
            "submitted_at": clock.now(),
        }
        same = (Completion.user, Completion.step)
        again = (Completion.state, Completion.submitted_at)
        Completion.insert(values).on_conflict(conflict_target=same, preserve=again).execute()

    def decide(self) -> None:
        state = self.dice.choice([State.COMPLETE, State.RETURNED, State.NEEDS_REVIEW])
        theirs = Completion.user == self.dice.choice(self.people)
        Completion.update(state=state, submitted_at=clock.now()).where(theirs).execute()

    def decide_all(self) -> None:
        Completion.update(state=State.COMPLETE).where(Completion.user.in_(self.some(self.people))).execute()

    def drop_work(self) -> None:
        theirs = Completion.select(Completion.id).where(Completion.user == self.dice.choice(self.people))
        Review.delete().where(Review.completion.in_(theirs)).execute()
        Completion.delete().where(Completion.id.in_(theirs)).execute()

    def _work_of_some(self) -> list[int]:
        theirs = Completion.select(Completion.id).where(Completion.user.in_(self.some(self.people)))
        return [row[0] for row in database.rows(theirs)]

    def review(self) -> None:
        values = [
            {
                "completion": work,
                "decision": self.dice.choice([Decision.RETURN, Decision.RETURN, Decision.APPROVE]),
                "created_at": clock.now() - timedelta(minutes=self.dice.randrange(9)),
            }
            for work in 2 * self._work_of_some()
        ]
        if values:
            Review.insert_many(values).execute()

    def _reviews(self) -> object:
        return Review.completion.in_(self._work_of_some())

    def take_back(self) -> None:
        at = self.dice.choice([None, clock.now()])
        Review.update(undone_at=at).where(self._reviews()).execute()

    def move_reviews(self) -> None:
        work = self._work_of_some()
        if work:
            Review.update(completion=work[0]).where(self._reviews()).execute()

    def drop_reviews(self) -> None:
        Review.delete().where(self._reviews()).execute()

    def merge(self) -> None:
        here, there = self.dice.sample(self.people, 2)
        done = Completion.select(Completion.step).where(Completion.user == there)
        steps = [row[0] for row in database.rows(done)]
        theirs = (Completion.user == here) & Completion.step.not_in(steps)
        Completion.update(user=there).where(theirs).execute()
        inside = Membership.select(Membership.group).where(Membership.user == there)
        ids = [row[0] for row in database.rows(inside)]
        Membership.update(user=there).where(Membership.user == here, Membership.group.not_in(ids)).execute()

    def move(self) -> None:
        self._nest(self.dice.choice(self.groups))

    def _nest(self, group: int) -> None:
        above = self.dice.choice([None, *self.groups])
        here = above
        while here is not None and here != group:
            row = database.row(Group.select(Group.parent).where(Group.id == here))
            here = row[0] if row else None
        if here is None:
            Group.update(parent=above).where(Group.id == group).execute()

    def move_many(self) -> None:
        Group.update(parent=None).where(Group.id.in_(self.some(self.groups))).execute()

    def close_group(self) -> None:
        Group.update(active=False).where(Group.id.in_(self.some(self.groups))).execute()

    def open_group(self) -> None:
        Group.update(active=True).where(Group.id.in_(self.some(self.groups))).execute()

    def remake_group(self) -> None:
        group = self.dice.choice(self.groups)
        Membership.delete().where(Membership.group == group).execute()
        row = database.row(Group.select(Group.parent).where(Group.id == group))
        Group.update(parent=None if row is None else row[0]).where(Group.parent == group).execute()
        Group.delete().where(Group.id == group).execute()
        values = {"id": group, "name": "Again", "slug": f"again-{group}", "created_at": clock.now()}
        values["search"] = "again"
        Group.insert(values, parent=None if row is None else row[0]).execute()

    def deactivate(self) -> None:
        User.update(active=False).where(User.id.in_(self.some(self.people))).execute()

    def activate(self) -> None:
        User.update(active=True).where(User.id.in_(self.some(self.people))).execute()
