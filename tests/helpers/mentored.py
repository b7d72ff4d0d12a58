"""Two people for the tests of the screens on which one is followed."""

from __future__ import annotations

from store.views.groups import Role
from tests.helpers.school import School

TOM = "tom.reyes@x.example"


class Mentored:
    """Tom mentors Ana in Onboarding."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.tom = school.person("Tom Reyes", email=TOM)
        self.ana = school.person("Ana Brandt")
        self.group = school.group("Onboarding")
        self.places = [school.place(self.tom, self.group, Role.MENTOR), school.place(self.ana, self.group)]
