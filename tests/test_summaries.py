"""What panes and Home read: permissions, numbers, and as many look-ups for many rows as for few."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from screens.group import group_pane
from store import dashboard, database, errors, group_tree, needs, summaries
from store.audit import audit
from store.permissions import OPERATOR
from store.views.groups import Role
from store.views.states import State
from store.views.summaries import WaitingSummary
from tests.helpers.school import School, counting


class Place:
    """Sales with EMEA below it; a leader of Sales, a mentor of EMEA, two members of EMEA."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        self.sales = school.group("Sales")
        self.emea = school.group("EMEA", self.sales)
        self.other = school.group("Other")
        self.lea, self.mia = school.person("Lea Leader"), school.person("Mia Mentor")
        school.place(self.lea, self.sales, Role.LEADER)
        school.place(self.mia, self.emea, Role.MENTOR)
        self.steps = school.course("Python")
        self.ana, self.ben = self.learner("Ana Brandt"), self.learner("Ben Kalu")
        school.work(self.ana, self.steps[0], State.NEEDS_REVIEW, days_ago=9)
        school.work(self.ana, self.steps[1], State.NEEDS_REVIEW, days_ago=2)
        school.work(self.ben, self.steps[0], State.RETURNED, days_ago=30)

    def learner(self, name: str) -> int:
        person = self.school.person(name)
        self.school.place(person, self.emea)
        self.school.enrol(person, self.school.course_of(self.steps[0]))
        return person

    def grow(self) -> None:
        for number in range(20):
            person = self.learner(f"P Person{number:02}")
            self.school.work(person, self.steps[0], State.RETURNED, days_ago=30)
            self.school.place(self.ana, self.school.group(f"Team {number}", self.emea))


@pytest.fixture
def place(school: School, noon: datetime) -> Place:
    return Place(school)


def test_a_group_is_told_with_all_below_it(place: Place) -> None:
    found = summaries.group(place.school.actor(place.lea), place.sales)
    assert (found.people, found.subgroups, found.role) == (4, 1, Role.LEADER)
    assert (found.leaders, found.mentors) == (("Lea Leader",), ())
    assert found.waiting.items == 2
    assert found.needs is not None and found.needs.people == 1
    below = summaries.group(place.school.actor(place.lea), place.emea)
    assert [step.name for step in below.path] == ["Sales", "EMEA"]
    assert below.mentors == ("Mia Mentor",)


def test_of_very_many_people_only_what_is_counted_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = place.school.actor(place.lea)
    whole = summaries.group(leader, place.sales)
    monkeypatch.setattr(summaries, "MOST_CHECKED", whole.people - 1)
    counted = summaries.group(leader, place.sales)
    assert counted.needs is None
    assert counted.waiting == WaitingSummary(whole.waiting.items)
    assert replace(counted, needs=whole.needs, waiting=whole.waiting) == whole
    told = [passage.text for passage in group_pane.tell(leader, place.sales)()]
    assert "waiting   ● 2" in told
    assert "needs you too many people to check" in told


def test_a_group_out_of_sight_is_not_told_and_a_mentor_sees_no_group_above(place: Place) -> None:
    mentor = place.school.actor(place.mia)
    for group in (place.sales, place.other):
        with pytest.raises(errors.NotFoundError):
            summaries.group(mentor, group)
    assert [step.name for step in summaries.group(mentor, place.emea).path] == ["EMEA"]


def test_one_s_own_work_is_not_among_what_waits(place: Place) -> None:
    place.school.enrol(place.lea, place.school.course_of(place.steps[0]))
    place.school.work(place.lea, place.steps[0], State.NEEDS_REVIEW)
    assert summaries.group(place.school.actor(place.lea), place.sales).waiting.items == 2
    assert summaries.group(place.school.actor(place.root), place.sales).waiting.items == 3


@pytest.mark.parametrize("read", [summaries.person, summaries.member])
def test_a_person_whom_one_does_not_follow_is_not_told(place: Place, read: object) -> None:
    assert callable(read)
    with pytest.raises(errors.NotFoundError):
        read(place.school.actor(place.mia), place.lea)
    with pytest.raises(errors.NotFoundError):
        summaries.work(place.school.actor(place.ben), place.ana, place.steps[0])


def test_a_person_is_told_with_groups_courses_and_the_oldest_of_what_waits(place: Place) -> None:
    mentor = place.school.actor(place.mia)
    person, member = summaries.person(mentor, place.ana), summaries.member(mentor, place.ana)
    assert [group.path[-1].name for group in person.groups] == ["EMEA"]
    assert person.waiting == member.waiting
    assert person.waiting.items == 2
    assert [course.title for course in member.courses] == ["Python"]
    work = summaries.work(mentor, place.ana, place.steps[0])
    assert work.item.person == "Ana Brandt"
    assert work.course is not None and work.course.title == "Python"


def test_a_pane_takes_as_many_look_ups_for_many_rows_as_for_few(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, admin = place.school.actor(place.lea), place.school.actor(place.root)

    def asked() -> list[int]:
        counts = []
        for read in (
            lambda: summaries.group(leader, place.sales),
            lambda: summaries.person(leader, place.ana),
            lambda: summaries.member(leader, place.ana),
            lambda: summaries.work(leader, place.ana, place.steps[0]),
            lambda: needs.of_groups(leader, [place.sales, place.emea]),
            lambda: dashboard.of_account(admin),
            lambda: group_tree.shared(leader),
        ):
            with counting(monkeypatch) as queries:
                read()
            counts.append(queries.count)
        return counts

    before = asked()
    place.grow()
    assert asked() == before
    assert max(before) <= 21


def test_the_needs_of_groups_are_those_of_their_own_members(place: Place) -> None:
    found = needs.of_groups(place.school.actor(place.root), [place.sales, place.emea])
    assert set(found) == {place.emea}
    assert found[place.emea].people == 1
    assert needs.of_groups(place.school.actor(place.ana), [place.emea]) == {}


def test_people_in_several_groups_in_sight_are_counted(place: Place) -> None:
    leader, mentor = place.school.actor(place.lea), place.school.actor(place.mia)
    assert group_tree.shared(leader) == 0
    place.school.place(place.ana, place.sales)
    place.school.place(place.ben, place.other)
    assert group_tree.shared(leader) == 1
    assert group_tree.shared(mentor) == 0
    assert group_tree.shared(place.school.actor(place.root)) == 2


def test_people_in_several_groups_are_not_looked_for_where_there_are_very_many(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = place.school.actor(place.lea)
    monkeypatch.setattr(group_tree, "MOST_COMPARED", 3)
    assert group_tree.shared(leader) is None
    assert group_tree.shared(leader, place.emea) == 0


def test_the_dashboard_is_an_admin_s_and_counts_by_age(place: Place) -> None:
    with pytest.raises(errors.NotFoundError):
        dashboard.of_account(place.school.actor(place.lea))
    found = dashboard.of_account(place.school.actor(place.root))
    assert (found.today, found.this_week, found.older) == (0, 1, 1)
    assert [(one.path[-1].name, one.waiting) for one in found.longest] == [("EMEA", 2)]
    assert found.steps.all_done
    assert found.imports == ()
    with database.writing():
        audit.write(OPERATOR, "import.groups", "account", 1)
    assert [one.kind for one in dashboard.of_account(place.school.actor(place.root)).imports] == ["groups"]


def test_first_steps_tick_themselves_off(school: School) -> None:
    root = school.actor(school.person("Root Admin", admin=True))

    def steps() -> tuple[bool, bool, bool]:
        found = dashboard.of_account(root).steps
        return found.has_people, found.has_groups, found.has_mentors

    assert steps() == (False, False, False)
    ana = school.person("Ana Brandt")
    assert steps() == (True, False, False)
    group = school.group("Sales")
    assert steps() == (True, True, False)
    school.place(ana, group, Role.MENTOR)
    assert steps() == (True, True, True)
