"""Each screen reads itself with as many look-ups for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

import tui.app
from screens import draft_writer
from screens.places import (
    CommunityPlace,
    GroupPlace,
    HomePlace,
    MemberPlace,
    Place,
    ProgressCardPlace,
    QueuePlace,
    ReviewPlace,
)
from store import database
from store.views.groups import Role
from store.views.queue import QueueView
from store.views.states import State
from tests.helpers.app import muster, press, running
from tests.helpers.school import School, counting

LEA = "lea@x.example"
MOST = 40
"""Look-ups of one screen, windows of its lists included."""


class Grown:
    """A school that can be made larger: more people, work and groups around Ana."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.lea = school.person("Lea Leader", email=LEA)
        self.group = school.group("Sales")
        school.place(self.lea, self.group, Role.LEADER)
        self.steps = school.course("Python basics", lessons=3)
        self.course = school.course_of(self.steps[0])
        self.ana = self.learner("Ana Brandt")
        self.grow(2)

    def learner(self, name: str) -> int:
        person = self.school.person(name)
        self.school.place(person, self.group)
        self.school.enrol(person, self.course)
        for number, step in enumerate(self.steps[:4]):
            self.school.work(
                person, step, State.NEEDS_REVIEW if number % 2 else State.COMPLETE, days_ago=number
            )
        return person

    def grow(self, count: int) -> None:
        with database.writing():
            self._grow(count)

    def _grow(self, count: int) -> None:
        for number in range(count):
            name = f"{len(self.school.audit_lines())} {count} {number}"
            self.learner(f"Learner {name}")
            self.school.place(self.ana, self.school.group(f"Team {name}", self.group))
            more = self.school.course(f"Course {name}", lessons=2)
            self.school.enrol(self.ana, self.school.course_of(more[0]))
            self.school.work(self.ana, more[0], attempts=2)


PLACES: dict[str, Callable[[Grown], Place]] = {
    "home": lambda grown: HomePlace(),
    "community": lambda grown: CommunityPlace(),
    "people": lambda grown: CommunityPlace("people"),
    "group": lambda grown: GroupPlace(grown.group),
    "group overview": lambda grown: GroupPlace(grown.group, "overview"),
    "member": lambda grown: MemberPlace(grown.ana),
    "member's groups": lambda grown: MemberPlace(grown.ana, "groups"),
    "progress card": lambda grown: ProgressCardPlace(grown.ana, grown.course),
    "queue": lambda grown: QueuePlace(),
    "queue by step": lambda grown: QueuePlace(QueueView("person:learner", by_step=True)),
    "review": lambda grown: ReviewPlace(grown.ana, grown.steps[1]),
}


@pytest.mark.parametrize("name", PLACES)
async def test_a_screen_takes_no_more_look_ups_for_more_rows(
    name: str, school: School, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing reads or writes by itself while look-ups are counted.
    monkeypatch.setattr(tui.app, "SETTLING_SECONDS", 3600)
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 3600)
    grown = Grown(school)
    app = muster(LEA)
    async with running(app, at=PLACES[name](grown)) as pilot:
        with counting(monkeypatch) as few:
            await press(pilot, "f5")
        grown.grow(40)
        with counting(monkeypatch) as many:
            await press(pilot, "f5")
    assert 0 < few.count == many.count, many.queries
    assert many.count <= MOST
