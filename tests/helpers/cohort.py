"""A group that digests are written of: a mentor, leaders, and members with different weeks."""

from __future__ import annotations

from store.models import Group
from store.views import Actor
from store.views.groups import Role
from store.views.states import State
from tests.helpers.school import School


class Cohort:
    """A group with a mentor and a leader, one below it with a member, and three members."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.group = school.group("Onboarding")
        self.below = school.group("Evening", self.group)
        self.tom = school.person("Tom Reyes", email="tom@x.example")
        self.maya = school.person("Maya Okafor", email="maya@x.example")
        self.ana, self.ben, self.cy = (school.person(name) for name in ("Ana Brandt", "Ben Ito", "Cy Dunn"))
        self.dee = school.person("Dee Low")
        school.place(self.tom, self.group, Role.MENTOR)
        school.place(self.maya, self.group, Role.LEADER)
        for person in (self.ana, self.ben, self.cy):
            school.place(person, self.group)
        school.place(self.dee, self.below)
        self.steps = school.course("Writing", (20.0, 10.0, None, None))
        for person in (self.ana, self.ben):
            school.enrol(person, school.course_of(self.steps[0]))
        school.work(self.ana, self.steps[0], State.COMPLETE, days_ago=20)
        school.work(self.ana, self.steps[1], State.COMPLETE, days_ago=2)
        school.work(self.ana, self.steps[2], days_ago=9)
        school.work(self.ben, self.steps[0], State.RETURNED, days_ago=1)

    def turn_on(self, group: int | None = None) -> None:
        self.school.change(Group, group or self.group, digest=True)

    def actor(self, user_id: int) -> Actor:
        return self.school.actor(user_id)
