"""Groups that are typed: found by the index of names as they are by reading all of them."""

from __future__ import annotations

from itertools import cycle
from random import Random

import pytest

from screens.dialogs.palette import Finder, First
from store import database, group_search, group_tree, groups, search, text
from store.errors import NotFoundError
from store.models import Group, Membership
from store.views import Actor
from store.views.arranging import GroupOption
from store.views.groups import GroupName, Role
from store.views.people import PersonName
from tests.helpers.counted_writes import faults
from tests.helpers.from_scratch import Everything
from tests.helpers.school import School

NAMES = ("Team", "Okafor team", "Ôkafor", "team 7", "77 b", "Maya Oka", "B › C", "Đặng", "ana", "Banana")
TYPED = (
    *("", "t", "te", "team", "oka", "TEAM 7", "7 team", "77", "b", "okafor team", "team okafor", "ana oka"),
    *("mayo", "maok", "tok", "dang", "›", "team ›", "b › c", "kaf eam", "zz", "team zz", "an an an", "a"),
)


@pytest.fixture(params=["all", "index"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether all groups are read, or those found by their names."""
    if request.param == "index":
        monkeypatch.setattr(group_search, "FEW", -1)
        monkeypatch.setattr(group_search, "COMMON", 0)
        monkeypatch.setattr(group_search, "POOL", 100)
    return str(request.param)


class Forest:
    """Groups that are called much the same, some of them not in use, with people of all roles."""

    def __init__(self, school: School, seed: int) -> None:
        self.dice = dice = Random(seed)
        self.school = school
        self.root = school.person("Root Admin", admin=True)
        self.people = [school.person(f"Person {number}") for number in range(6)]
        self.groups: list[int] = []
        for number in range(60):
            parent = dice.choice([None, *self.groups, *self.groups])
            name = dice.choice(NAMES)
            made = school.group(name, parent, active=dice.random() < 0.9, slug=f"g{number}")
            self.groups.append(made)
        for person in self.people:
            for group in dice.sample(self.groups, 3):
                school.place(person, group, dice.choice(list(Role)))

    def viewers(self) -> list[Actor]:
        return [self.school.actor(one) for one in (self.root, *self.people)]


@pytest.fixture(params=range(4))
def forest(school: School, request: pytest.FixtureRequest) -> Forest:
    return Forest(school, request.param)


def expected(everything: Everything, viewer: int, typed: str) -> list[GroupOption]:
    """All groups whose paths have the words, worked out from all rows."""
    seen, found = everything.seen(viewer), []
    for group in seen:
        way: list[int] = []
        for one in everything.way_up(group):
            if one not in seen:
                break
            way.insert(0, one)
        path = tuple(GroupName(one, everything.groups[one][0]) for one in way)
        folded = text.fold(" › ".join(step.name for step in path))
        fit = search.rank(search.words(typed), text.fold(path[-1].name), folded)
        if fit is not None:
            found.append(((fit, folded, group), GroupOption(group, path, fit)))
    return [option for _, option in sorted(found, key=lambda one: one[0])]


def test_the_best_come_first_as_when_all_are_read(forest: Forest, way: str) -> None:
    everything, met, limits = Everything(), 0, cycle((1, 5, 20))
    for actor in forest.viewers():
        assert actor.user_id is not None
        for typed in TYPED:
            wanted = expected(everything, actor.user_id, typed)
            if way == "index" and (
                "›" in typed.split() or any(option.fit == search.WORST for option in wanted)
            ):
                # What is initials, or only between names, is found among few.
                continue
            for limit in (next(limits), 100):
                found = group_search.best_groups(actor, typed, limit)
                assert list(found) == wanted[:limit], (actor, typed, limit)
            met += len(wanted)
    assert met > 200


def test_those_that_are_suggested_are_by_path(forest: Forest, way: str) -> None:
    everything = Everything()
    for actor in forest.viewers():
        assert actor.user_id is not None
        for typed in ("team", "oka", "team 7", ""):
            words = search.words(typed)
            folded = {
                option.id: text.fold(" › ".join(step.name for step in option.path))
                for option in expected(everything, actor.user_id, "")
            }
            fitting = sorted(
                (path, group) for group, path in folded.items() if all(word in path for word in words)
            )
            for limit in (None, 100):
                found = [option.id for option in group_search.find_groups(actor, typed, limit)]
                assert found == [group for _, group in fitting], (actor, typed)


def test_of_very_many_that_match_only_such_are_told_and_the_best_name_is_among_them(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_search, "FEW", -1)
    monkeypatch.setattr(group_search, "POOL", 2)
    only = forest.school.group("Zebra team", forest.groups[0] if forest.dice.random() < 0.5 else None)
    everything = Everything()
    for actor in forest.viewers():
        assert actor.user_id is not None
        for typed in TYPED:
            told = expected(everything, actor.user_id, typed)
            found = group_search.best_groups(actor, typed, 5)
            assert set(found) <= set(told), (actor, typed)
            assert list(found) == sorted(found, key=told.index)
            if typed and any(option.fit < search.WORST for option in told) and len(typed.split()) == 1:
                assert found or typed == "›", (actor, typed)
        if only in everything.seen(actor.user_id):
            for typed in ("zeb", "zebra team", "team zeb"):
                assert group_search.best_groups(actor, typed, 5)[0].id == only


def test_a_renamed_group_is_found_by_its_new_name_alone(school: School, way: str) -> None:
    admin = school.actor(school.person("Root Admin", admin=True))
    group_id = groups.create(admin, "Éclair")
    assert [option.id for option in group_search.best_groups(admin, "eclair")] == [group_id]
    groups.edit(admin, group_id, 1, name="Đông", description="")
    assert [option.id for option in group_search.best_groups(admin, "dong")] == [group_id]
    assert group_search.best_groups(admin, "eclair") == ()
    assert faults() == []


def test_a_name_that_is_not_looked_for_as_it_is_written_is_told_and_mended(school: School) -> None:
    group_id = school.group("One")
    with database.writing():
        Group.update(name="Another").where(Group.id == group_id).execute()
    assert len(faults()) == 1


@pytest.mark.parametrize("typed", ["", "te", "team", "team 7", "may"])
def test_a_role_that_is_lost_takes_its_groups_out_of_what_is_found(
    school: School, way: str, typed: str
) -> None:
    lea = school.person("Lea Leader")
    top = school.group("Team 7 Mayo")
    school.group("Team 7 Mayo below", top)
    place = school.place(lea, top, Role.LEADER)
    assert len(group_search.best_groups(school.actor(lea), typed)) == 2
    school.change(Membership, place, active=False)
    assert group_search.best_groups(school.actor(lea), typed) == ()


def test_where_a_group_may_be_moved_is_found_by_the_index_as_by_reading_all(
    forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    movable = [None, *forest.dice.sample(forest.groups, 8)]
    asked = [
        (actor, typed, one)
        for actor in forest.viewers()
        for typed in ("", "team", "oka b")
        for one in movable
    ]

    def answers() -> list[object]:
        found: list[object] = []
        for actor, typed, moving in asked:
            try:
                found.append([(one.id, one.path) for one in groups.options(actor, typed, moving=moving)])
            except NotFoundError:
                found.append(None)
        return found

    all_read = answers()
    monkeypatch.setattr(group_search, "FEW", -1)
    monkeypatch.setattr(group_search, "POOL", 100)
    assert answers() == all_read
    assert len([found for found in all_read if found]) > 20


def test_the_tree_of_what_is_typed_has_those_so_called_and_what_is_above(forest: Forest, way: str) -> None:
    everything = Everything()
    for actor in forest.viewers():
        assert actor.user_id is not None
        seen = everything.seen(actor.user_id)
        if not seen:
            continue
        for typed in ("team", "oka", "TEAM 7", "›", "_", "zz"):
            shown: set[int] = set()
            for group in seen:
                if text.fold(typed) in text.fold(everything.groups[group][0]):
                    above = everything.way_up(group)
                    shown.update(above[: next((at for at, one in enumerate(above) if one not in seen), None)])
            assert {row.id for row in group_tree.tree(actor, typed=typed)} == shown, (actor, typed)


@pytest.mark.parametrize("typed", ["team 77", "te", "zebra fi", "a - b"])
def test_what_found_nothing_finds_nothing_with_more_behind_it(
    school: School, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = school.actor(school.person("Root Admin", admin=True))
    school.group("Sales")
    finder = Finder(admin, First.PLACES, (), ())
    asked: list[str] = []
    really = search.find_people

    def ask(actor: Actor, typed: str, limit: int = 20) -> tuple[PersonName, ...]:
        asked.append(typed)
        return really(actor, typed, limit)

    monkeypatch.setattr(search, "find_people", ask)
    for end in range(1, len(typed) + 1):
        said = typed[:end]
        lines = [choice.label for choice in finder.find(said)]
        assert lines == [choice.label for choice in Finder(admin, First.PLACES, (), ()).find(said)]
    # Once by each of those made anew; by the one in use not where that is known.
    once = [said for said in asked if asked.count(said) == 1]
    assert once or " " not in typed
