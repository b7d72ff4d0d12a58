"""Finding people, groups and courses: what comes first, in any script, and only what is in sight."""

from __future__ import annotations

from random import Random

import pytest

from store import courses, database, group_search, people, people_by_name, permissions, search, text, trees
from store.models import Membership, User
from store.permissions import sight
from store.views import Actor
from store.views.arranging import GroupOption
from store.views.groups import Role
from store.views.states import State
from tests.helpers.school import School, counting
from tests.helpers.world import World

ROLES = ("admin", "leader", "leader_above", "mentor", "mentor_above", "member", "outsider")
LETTERS = ("a", "o", "er", "lea", "person", "x.example", "zz", "ana learner", "ll")


WAYS = ("few", "some", "many")


def use(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for people as where there are few, some or many in sight."""
    if way != "few":
        monkeypatch.setattr(people_by_name, "FEW", -1)
        monkeypatch.setattr(people_by_name, "SOME", -1)
        monkeypatch.setattr(people_by_name, "ASKING", 10**9 if way == "some" else 0)
    if way == "many":
        monkeypatch.setattr(courses, "MANY", -1)


@pytest.fixture
def admin(school: School) -> Actor:
    return school.actor(school.person("Root Admin", admin=True))


def found(actor: Actor, typed: str) -> list[str]:
    return [person.name for person in search.find_people(actor, typed)]


def test_what_begins_so_comes_first_then_words_that_begin_so_then_what_has_it_inside(
    school: School, admin: Actor
) -> None:
    for name in ("Xandra Tomarsi", "Zed van Marsh", "Marsha Young", "Ab Marsden"):
        school.person(name, email=None)
    assert found(admin, "mars") == ["Ab Marsden", "Marsha Young", "Zed van Marsh", "Xandra Tomarsi"]


@pytest.mark.parametrize(
    "typed", ["oka ma", "ma oka", "maya o", "MAYA OKAFOR", "moka", "maoka", "kafo", "@north oka"]
)
def test_words_in_any_order_and_initials_find_a_person(school: School, admin: Actor, typed: str) -> None:
    school.person("Maya Okafor", email="maya@north.example")
    school.person("Mo Lind", email="mo@south.example")
    assert found(admin, typed) == ["Maya Okafor"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Hoa Đặng Thị", ("dang", "Đặng", "đặng", "thi hoa")),
        ("محمد الحسن", ("محمد", "الحسن", "مُحَمَّد")),
        ("小明 王", ("王", "小明", "王 小")),
        ("Светлана Їжакевич", ("светл", "ЇЖАК", "іжак", "їжакевич с")),
        ("İrem Işık", ("irem", "İREM", "isik", "ışık", "IŞIK")),
    ],
    ids=["Vietnamese", "Arabic", "Chinese", "Cyrillic", "Turkish"],
)
def test_a_person_is_found_in_any_script_with_and_without_accents(
    school: School, admin: Actor, name: str, typed: tuple[str, ...]
) -> None:
    school.person(name, email=None)
    school.person("Somebody Else", email=None)
    assert [found(admin, text) for text in typed] == [[name]] * len(typed)


def test_signs_of_the_database_mean_themselves(school: School, admin: Actor) -> None:
    school.person("Per Cent%", email=None)
    assert found(admin, "%") == ["Per Cent%"]
    assert found(admin, "_") == []


def test_the_best_of_very_many_are_found_though_they_are_far_down_the_alphabet(
    school: School, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "POOL", 5)
    for number in range(20):
        school.person(f"Anton Zen{number:02}", email=None)
        school.person(f"Bo Aazen{number:02}", email=None)
    school.person("Zena Zz", email=None)
    school.person("Al Zenzz", email=None)
    names = [person.name for person in search.find_people(admin, "zen", 5)]
    assert all(name.startswith("Anton Zen") for name in names)
    assert found(admin, "zena") == ["Zena Zz"]
    assert found(admin, "zenz")[0] == "Al Zenzz"


@pytest.mark.parametrize("role", ROLES)
def test_people_are_found_the_same_from_the_few_and_among_the_many(
    untouched: World, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = untouched.actor(role)
    few = {typed: search.find_people(actor, typed, 1000) for typed in LETTERS}
    for way in WAYS:
        use(way, monkeypatch)
        assert {typed: search.find_people(actor, typed, 1000) for typed in LETTERS} == few


@pytest.mark.parametrize("way", WAYS)
def test_nobody_out_of_sight_is_found(untouched: World, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(way, monkeypatch)
    mine = {"mentor": {"Ana Learner", "Ben Learner", "Member Person"}, "member": set(), "outsider": set()}
    for role, names in mine.items():
        assert set(found(untouched.actor(role), "")) == names
        assert not found(untouched.actor(role), "stranger")
        assert not found(untouched.actor(role), "slearner")
    assert "Stranger Learner" in found(untouched.actor("admin"), "stranger")
    assert "Lower Learner" in found(untouched.actor("leader"), "lower")


@pytest.mark.parametrize("way", WAYS)
def test_a_place_that_was_lost_takes_its_people_out_of_what_is_found(
    world: World, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(way, monkeypatch)
    mentor = world.actor("mentor")
    assert found(mentor, "ana")
    assert people.names(mentor, [world.people["ana"]])
    world.school.change(Membership, world.places["ana in group"], active=False)
    assert not found(mentor, "ana")
    assert not people.names(mentor, [world.people["ana"]])


def test_names_are_told_of_those_in_sight_only(untouched: World) -> None:
    people_ids = list(untouched.people.values())
    assert set(people.names(untouched.actor("mentor"), people_ids).values()) == {
        "Ana Learner",
        "Ben Learner",
        "Member Person",
    }
    assert people.names(untouched.actor("outsider"), people_ids) == {}
    assert "Stranger Learner" in people.names(untouched.actor("admin"), people_ids).values()


def test_a_search_takes_as_few_look_ups_for_many_people_as_for_few(
    school: School, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for _ in range(2):
        for number in range(30):
            school.person(f"Ana {number}", email=None)
        with counting(monkeypatch) as counted:
            search.find_people(admin, "ana", 20)
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 4


# ---------------------------------------------------------------------------- courses


@pytest.mark.parametrize("way", WAYS)
def test_the_courses_in_sight_are_those_that_people_in_sight_take(
    school: School, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(way, monkeypatch)
    lea, ana, ben, zed = (school.person(name) for name in ("Lea Leader", "Ana A", "Ben B", "Zed Z"))
    top = school.group("Sales")
    below = school.group("Field", top)
    school.place(lea, top, Role.LEADER)
    school.place(ana, below)
    school.place(ben, below)
    enrolled, did, own, others, left = (
        school.course(title) for title in ("Enrolled", "Did some", "Own", "Others", "Left")
    )
    school.enrol(ana, school.course_of(enrolled[0]))
    school.work(ben, did[0], State.COMPLETE)
    school.enrol(lea, school.course_of(own[0]))
    school.enrol(zed, school.course_of(others[0]))
    school.enrol(ana, school.course_of(left[0]), active=False)
    withdrawn = school.course("Withdrawn", active=False)
    school.enrol(ana, school.course_of(withdrawn[0]))
    titles = [course.title for course in courses.in_sight(school.actor(lea))]
    assert titles == ["Did some", "Enrolled"]
    assert courses.in_sight(school.actor(ana)) == ()
    admin = school.actor(school.person("Root Admin", admin=True))
    assert [course.title for course in courses.in_sight(admin)] == [
        "Did some",
        "Enrolled",
        "Left",
        "Others",
        "Own",
    ]
    school.change(User, ana, active=False)
    assert [course.title for course in courses.in_sight(school.actor(lea))] == ["Did some"]


def test_groups_are_found_without_a_limit_where_none_is_given(school: School, admin: Actor) -> None:
    for number in range(25):
        school.group(f"Team {number}")
    assert len(group_search.find_groups(admin, "team")) == 20
    assert len(group_search.find_groups(admin, "team", limit=None)) == 25


@pytest.mark.parametrize("seed", range(20))
def test_the_path_of_each_group_is_what_climbing_gives_also_where_groups_stand_in_a_circle(seed: int) -> None:
    dice = Random(seed)
    ids = range(dice.randint(1, 40))
    rows = [(each, f"{dice.choice('ÄØbB')} {each % 3}", dice.choice([None, *ids, 99])) for each in ids]
    dice.shuffle(rows)
    options = group_search.paths_matching(rows, "")
    assert {option.id: option.path for option in options} == {
        each: trees.climb(each, {row[0]: row for row in rows}) for each in ids
    }
    assert group_search.paths_matching(rows, "a 1 b") == tuple(
        option for option in options if {"a", "1", "b"} <= set(folded_path(option).replace("›", " "))
    )
    assert list(options) == sorted(options, key=lambda option: (folded_path(option), option.id))


def folded_path(option: GroupOption) -> str:
    return text.fold(" › ".join(step.name for step in option.path))


def test_the_condition_person_by_person_has_the_same_people(untouched: World) -> None:
    for role in ROLES:
        with database.reading():
            who = permissions.of(untouched.actor(role))
            one_by_one = User.select(User.id).where(permissions.followed(who, User.id))
            followed = {row[0] for row in database.rows(permissions.people_followed(who))}
            assert {row[0] for row in database.rows(one_by_one)} == followed
            everybody = [row[0] for row in database.rows(User.select(User.id))]
            assert {each for each in everybody if sight.is_followed(who, each)} == followed
