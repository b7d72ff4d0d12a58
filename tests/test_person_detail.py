"""One person: compare-and-set of what an admin edits, and the groups they are in as each viewer sees them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from store import database, errors, groups, people, person_detail
from store.models import Group, Membership, User
from store.models.access import SessionRow
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.views import Actor
from store.views.account import Beta
from store.views.groups import Role
from store.views.people import PersonGroup
from tests.helpers.school import School, counting, dump
from tests.helpers.world import World

# ---------------------------------------------------------------------- their entry


def test_the_entry_has_what_is_edited_and_what_deactivating_ends(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    found = person_detail.detail(admin, ana)
    assert (found.name, found.email, found.is_admin, found.active) == (
        "Ana Learner",
        "ana.learner@x.example",
        False,
        True,
    )
    # The session in the world was last heard of a day ago: it is not counted as open.
    assert (found.keys, found.sessions, found.is_only_admin) == (1, 0, False)
    world.school.change(SessionRow, world.sessions["ana"], seen_at=world.school.now())
    assert person_detail.detail(admin, ana).sessions == 1
    ssh_keys.revoke(admin, world.keys["ana"])
    assert person_detail.detail(admin, ana).keys == 0


def test_the_only_admin_is_known_as_such(world: World) -> None:
    admin = world.actor("admin")
    assert person_detail.detail(admin, world.people["admin"]).is_only_admin
    assert not person_detail.detail(admin, world.people["gone_admin"]).is_only_admin
    people.edit(admin, world.people["ana"], admin=True)
    assert not person_detail.detail(admin, world.people["admin"]).is_only_admin


def test_an_entry_takes_the_same_few_look_ups(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(monkeypatch) as counted:
        person_detail.detail(world.actor("admin"), world.people["admin"])
    assert counted.count <= 6


CHANGES: dict[str, dict[str, Any]] = {
    "first name": {"first_name": "Anna"},
    "last name": {"last_name": "Ito"},
    "email": {"email": "anna@x.example"},
    "no email": {"email": ""},
    "admin": {"admin": True},
    "deactivated": {"active": False},
}


@pytest.mark.parametrize("second", CHANGES)
@pytest.mark.parametrize("first", CHANGES)
def test_of_two_who_edit_the_same_person_the_second_is_told(world: World, first: str, second: str) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    other = world.school.actor(world.school.person("Jo Ito", admin=True))
    was = person_detail.detail(admin, ana)
    assert people.edit(other, ana, **CHANGES[first], was=was)
    before = dump()
    with pytest.raises(errors.ConflictError, match=r"was edited by Jo Ito at .* Nothing was overwritten"):
        people.edit(admin, ana, **CHANGES[second], was=was)
    assert dump() == before
    assert people.edit(admin, ana, first_name="Third", was=person_detail.detail(admin, ana))


def test_what_an_import_changed_meanwhile_is_told_as_well(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    was = person_detail.detail(admin, ana)
    world.school.change(User, ana, last_name="Married")
    with pytest.raises(errors.ConflictError, match="was changed meanwhile"):
        people.edit(admin, ana, first_name="Anna", was=was)


def test_what_is_so_already_writes_nothing(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    was = person_detail.detail(admin, ana)
    assert not people.edit(admin, ana, first_name="Ana", email="ANA.learner@x.example", was=was)
    assert world.school.audit_lines() == []


def test_what_is_gone_is_not_found(world: World) -> None:
    admin = world.actor("admin")
    with pytest.raises(errors.NotFoundError):
        person_detail.detail(admin, 999)
    with pytest.raises(errors.NotFoundError):
        people.edit(admin, 999, first_name="Ana")


def test_one_admin_of_two_is_left_when_each_takes_the_rights_of_the_other(world: World) -> None:
    root, two = world.people["admin"], world.school.person("Two Admin", admin=True)
    was = {user_id: person_detail.detail(OPERATOR, user_id) for user_id in (root, two)}
    people.edit(world.actor("admin"), two, admin=False, was=was[two])
    for actor in (world.school.actor(two), world.actor("admin"), OPERATOR):
        with pytest.raises(errors.MusterError):
            people.edit(actor, root, admin=False, was=was[root])
        with pytest.raises(errors.MusterError):
            people.edit(actor, root, active=False, was=was[root])
    assert world.school.value(User, root, "is_admin", "active") == (True, True)


# ------------------------------------------------------------------- where they belong


def shown(found: tuple[PersonGroup, ...]) -> dict[str, tuple[str, list[str], list[str]]]:
    """By path: role, mentors, and leaders, those above with the name of their group."""
    return {
        " › ".join(step.name for step in group.path): (
            group.role.value,
            list(group.mentors),
            [*group.leaders, *(f"{name} ({via})" for name, via in group.leaders_above)],
        )
        for group in found
    }


def test_an_admin_sees_every_group_with_the_role_and_who_follows_the_person_there(world: World) -> None:
    school, ana = world.school, world.people["ana"]
    school.place(ana, world.groups["apart"], Role.MENTOR)
    assert shown(person_detail.groups_of(world.actor("admin"), ana)) == {
        "Group above › Group group": (
            "member",
            ["Tutor Learner", "Mentor Person"],
            ["Leader Person", "LeaderAbove Person (Group above)"],
        ),
        "Group apart": ("mentor", [], []),
    }


SEEN_OF_ANA = {
    # Leads the group and what is below it, and sees nothing of what is above.
    "leader": {
        "Group group": ("member", ["Tutor Learner", "Mentor Person"], ["Leader Person"]),
        "Group group › Group below": ("leader", [], ["Leader Person (Group group)"]),
    },
    "leader_above": {
        "Group above › Group group": (
            "member",
            ["Tutor Learner", "Mentor Person"],
            ["Leader Person", "LeaderAbove Person (Group above)"],
        ),
        "Group above › Group group › Group below": (
            "leader",
            [],
            ["Leader Person (Group group)", "LeaderAbove Person (Group above)"],
        ),
    },
    "mentor": {"Group group": ("member", ["Tutor Learner", "Mentor Person"], ["Leader Person"])},
}


@pytest.mark.parametrize("role", SEEN_OF_ANA)
def test_each_sees_the_groups_in_their_own_sight_and_nothing_of_the_others(world: World, role: str) -> None:
    school, ana = world.school, world.people["ana"]
    school.place(ana, world.groups["apart"], Role.MENTOR)
    school.place(ana, world.groups["below"], Role.LEADER)
    found = person_detail.groups_of(world.actor(role), ana)
    assert shown(found) == SEEN_OF_ANA[role]
    before = [asdict(group) for group in found]
    # Whatever becomes of groups out of sight is not to be told from nothing.
    with database.writing():
        Membership.delete().where(Membership.group == world.groups["apart"]).execute()
        Group.update(name="Renamed").where(Group.id == world.groups["apart"]).execute()
    assert [asdict(group) for group in person_detail.groups_of(world.actor(role), ana)] == before


def test_a_mentor_sees_no_colleague_of_a_group_they_do_not_mentor(world: World) -> None:
    school = world.school
    school.place(world.people["ana"], world.groups["above"])
    school.place(world.people["mentor_above"], world.groups["alone"], Role.MENTOR)
    school.place(world.people["ana"], world.groups["alone"])
    assert shown(person_detail.groups_of(world.actor("mentor_above"), world.people["ana"])) == {
        "Group above": ("member", ["MentorAbove Person"], ["LeaderAbove Person"]),
        "Group alone": ("member", ["MentorAbove Person"], ["Leader Person"]),
    }


def test_who_left_was_withdrawn_or_was_deactivated_is_not_there(world: World) -> None:
    school, admin, ana = world.school, world.actor("admin"), world.people["ana"]
    school.place(ana, school.group("Gone", active=False))
    school.place(ana, school.group("Withdrawn"), active=False)
    people.deactivate(admin, world.people["tutor"])
    people.edit(admin, world.people["leader"], active=False)
    school.change(Membership, world.places["leader_above in above"], active=False)
    assert shown(person_detail.groups_of(admin, ana)) == {
        "Group above › Group group": ("member", ["Mentor Person"], [])
    }


def test_somebody_without_a_group_has_none(world: World) -> None:
    admin = world.actor("admin")
    assert person_detail.groups_of(admin, world.people["outsider"]) == ()
    assert shown(person_detail.groups_of(admin, world.people["idle"]))


def test_without_community_there_are_no_groups(world: World) -> None:
    world.school.account(beta=Beta.OFF)
    assert person_detail.groups_of(world.actor("admin"), world.people["ana"]) == ()


def test_groups_take_no_more_look_ups_for_more_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    school, actor = world.school, world.actor("leader_above")

    def lookups() -> int:
        with counting(monkeypatch) as counted:
            person_detail.groups_of(actor, world.people["ana"])
        return counted.count

    few = lookups()
    with database.writing():
        for number in range(30):
            group = school.group(f"Team {number}", world.groups["below"])
            school.place(world.people["ana"], group)
            school.place(school.person(f"Staff {number}"), group, Role.MENTOR)
    assert few == lookups() <= 6
    assert len(person_detail.groups_of(actor, world.people["ana"])) == 31


def test_groups_of_the_same_name_are_told_apart_by_their_path(school: School) -> None:
    admin, ana = school.actor(school.person("Root Admin", admin=True)), school.person("Ana Brandt")
    north, south = school.group("North"), school.group("South")
    for number, parent in enumerate((south, north)):
        team = groups.create(Actor(admin.user_id, "Root"), "Team", parent=parent, slug=f"team-{number}")
        school.place(ana, team)
    paths = list(shown(person_detail.groups_of(admin, ana)))
    assert paths == ["North › Team", "South › Team"]
