"""The list of people, found in each way, is what reading everything finds."""

from __future__ import annotations

from itertools import cycle
from random import Random

import pytest

from store import courses, database, people, people_by_name, search, text
from store.models import Enrolment, User
from store.views import Actor
from tests.helpers.counted_writes import Walk
from tests.helpers.from_scratch import Everything
from tests.helpers.school import School

WRITES = 60
FIRST, LAST = ("Ana", "Änne", "Bo", "Hoa"), ("Anders", "Okafor", "Đặng", "van Anda")
TYPED = ("", "a", "an", "ana", "oka", "an da", "anne v", "x.example", "zz", "%")
WAYS = ("few", "some", "many")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How people are looked for."""
    if request.param != "few":
        monkeypatch.setattr(people_by_name, "FEW", -1)
        monkeypatch.setattr(people_by_name, "SOME", -1)
        monkeypatch.setattr(people_by_name, "ASKING", 10**9 if request.param == "some" else 0)
    if request.param == "many":
        monkeypatch.setattr(courses, "MANY", -1)
        monkeypatch.setattr(people, "MOST_COUNTED", -1)
    return str(request.param)


class Account:
    """An account after random writes, of people whose names have much in common."""

    def __init__(self, school: School, seed: int) -> None:
        dice = Random(seed)
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        walk = Walk(school, seed)
        self.courses = [school.course_of(school.course(f"Course {number}")[0]) for number in range(4)]
        for _ in range(WRITES):
            walk.write()
        with database.writing():
            for again in (walk.activate, walk.open_group, walk.begin_some, *20 * [walk.add]):
                again()
            for user_id in walk.people:
                first, last = dice.choice(FIRST), dice.choice(LAST)
                email = f"p{user_id}@x.example"
                named = {"first_name": first, "last_name": last, "email": email}
                User.update(named, search=people.search_text(first, last, email)).where(
                    User.id == user_id
                ).execute()
        for user_id in dice.sample(walk.people, 6):
            school.enrol(user_id, dice.choice(self.courses[:3]), active=dice.random() < 0.8)
        self.people = [self.root, *walk.people]

    def viewers(self) -> list[Actor]:
        with database.reading():
            active = {row[0] for row in database.rows(User.select(User.id).where(User.active))}
        return [self.school.actor(one) for one in self.people if one in active]


@pytest.fixture(params=range(4))
def account(school: School, request: pytest.FixtureRequest) -> Account:
    return Account(school, request.param)


def expected(everything: Everything, viewer: int, typed: str) -> list[int]:
    """Who is in the list, in order."""
    is_admin = everything.users[viewer][0]
    with database.reading():
        rows = database.rows(User.select(User.id, User.search, User.active))
    seen = everything.people_followed(viewer)
    words = text.fold(typed).split()
    kept = [
        (search_text, user_id)
        for user_id, search_text, active in rows
        if user_id in seen and (active or is_admin) and all(word in search_text for word in words)
    ]
    return [user_id for _, user_id in sorted(kept)]


def test_the_list_has_those_in_sight_in_order_whatever_was_typed(account: Account, way: str) -> None:
    everything, met, offsets = Everything(), 0, cycle((0, 1, 3, 50))
    for actor in account.viewers():
        assert actor.user_id is not None
        for typed in TYPED:
            all_of_them = expected(everything, actor.user_id, typed)
            page = people.list_people(actor, typed)
            assert [row.id for row in page.rows] == all_of_them, (actor, typed)
            assert page.total == len(all_of_them)
            offset = next(offsets)
            page = people.list_people(actor, typed, offset, 2)
            assert [row.id for row in page.rows] == all_of_them[offset : offset + 2], (actor, typed, offset)
            assert page.total == len(all_of_them), (actor, typed, offset)
            met += len(all_of_them)
    assert met > 50


def test_of_very_many_no_more_are_counted_than_a_list_needs_to_go_on(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_COUNTED", 5)
    monkeypatch.setattr(people, "AHEAD", 3)
    actor = school.actor(school.person("Root Admin", admin=True))
    for number in range(9):
        school.person(f"Ana {number}")
    totals = [people.list_people(actor, "ana", offset, 2).total for offset in (0, 2, 4, 6, 8, 20)]
    assert totals == [5, 7, 9, 9, 9, 9]


def test_who_is_typed_is_found_in_each_way(account: Account, way: str) -> None:
    everything = Everything()
    for actor in account.viewers():
        assert actor.user_id is not None
        for typed in TYPED[1:]:
            seen = set(expected(everything, actor.user_id, typed))
            found = search.find_people(actor, typed, 1000)
            with database.reading():
                active = {row[0] for row in database.rows(User.select(User.id).where(User.active))}
            assert {person.id for person in found} == seen & active, (actor, typed)
            assert [person.fit for person in found] == sorted(person.fit for person in found)


def test_the_courses_in_sight_are_those_that_people_in_sight_take_or_did(account: Account, way: str) -> None:
    everything = Everything()
    with database.reading():
        enrolled = database.rows(Enrolment.select(Enrolment.user, Enrolment.course).where(Enrolment.active))
    for actor in account.viewers():
        assert actor.user_id is not None
        if everything.users[actor.user_id][0]:
            continue
        seen = everything.people_followed(actor.user_id)
        taken = {course for user, course in enrolled if user in seen}
        taken |= {account.school.course_of(row[2]) for row in everything.work if row[1] in seen}
        assert {course.id for course in courses.in_sight(actor)} == taken, actor
