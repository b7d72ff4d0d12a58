"""What a person's reviews came to lately, for whoever reviews their next work."""

from __future__ import annotations

from datetime import datetime

import pytest

from store.errors import NotFoundError
from store.review import record, reviews
from store.undo import my_actions, undo
from store.views.record import GivenPoints, Record
from store.views.states import Decision
from tests.helpers.mentored import Mentored
from tests.helpers.school import School, counting


class Past(Mentored):
    """Ana's work on four steps; the last of a course of its own."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.steps = [*school.course("Writing", (20.0, 20.0, 8.0)), *school.course("Tone", (20.0,))]
        self.work = [school.work(self.ana, step) for step in self.steps]

    def approve(self, number: int, points: float) -> None:
        actor = self.school.actor(self.tom)
        reviews.save(actor, self.work[number], 1, Decision.APPROVE, points=points)

    def record(self) -> Record:
        return record.of(self.school.actor(self.tom), self.ana, self.steps[0])


@pytest.fixture
def past(school: School, noon: datetime) -> Past:
    return Past(school)


def test_the_last_points_are_those_of_the_course_and_decisions_those_of_other_steps(past: Past) -> None:
    assert past.record() == Record()
    past.approve(1, 14)
    past.approve(2, 6.5)
    past.approve(3, 20)
    found = past.record()
    assert found.last == (GivenPoints(6.5, 8), GivenPoints(14, 20))
    assert found.decided == {Decision.APPROVE: 3}
    actor = past.school.actor(past.tom)
    reviews.save(actor, past.work[0], 1, Decision.RETURN, feedback="Again")
    # What is said of this very step stands with the work.
    assert past.record().decided == {Decision.APPROVE: 3}
    # What was undone counts for nothing.
    undo.undo(actor, my_actions.mine(actor).rows[1].line_id)
    assert past.record().decided == {Decision.APPROVE: 2}


def test_only_who_follows_the_person_is_told(past: Past) -> None:
    stranger = past.school.actor(past.school.person("Some One"))
    with pytest.raises(NotFoundError):
        record.of(stranger, past.ana, past.steps[0])


def test_it_takes_two_look_ups_however_many_there_are(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as few:
        past.record()
    for number in (1, 2, 3):
        past.approve(number, 5)
    with counting(monkeypatch) as many:
        past.record()
    assert few.count == many.count
