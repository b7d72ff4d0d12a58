"""What each role sees of groups, people and work, and that what it is offered is what it may do."""

from __future__ import annotations

from dataclasses import fields

import pytest

from store import (
    account,
    candidates,
    database,
    errors,
    group_deletion,
    group_search,
    group_tree,
    groups,
    members,
    people,
    search,
    signing_in,
)
from store.models import Group, Membership, User
from store.queue import queue
from store.review import reviews
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import GroupRights, Role
from store.views.states import Decision
from tests.helpers.world import ROLES, World

MANAGERS = {"admin", "leader", "leader_above"}

# -------------------------------------------------------------- what is in sight

SEEN = {
    "admin": {"above", "group", "below", "beside", "apart", "alone"},
    "leader": {"group", "below", "beside", "alone"},
    "leader_above": {"above", "group", "below", "beside"},
    "mentor": {"group"},
    "mentor_above": {"above"},
    "member": set(),
    "outsider": set(),
}
FOLLOWED = {
    # Everybody; the list for admins has deactivated people too.
    "admin": {*ROLES, "ana", "ben", "lower", "stranger", "tutor", "idle"},
    "leader": {"mentor", "member", "ana", "ben", "tutor", "lower"},
    "leader_above": {"mentor", "mentor_above", "leader", "member", "ana", "ben", "tutor", "lower"},
    "mentor": {"member", "ana", "ben"},
    "mentor_above": set(),
    "member": set(),
    "outsider": set(),
}
INACTIVE = {"gone_admin", "gone_leader", "idle"}


@pytest.mark.parametrize("role", SEEN)
def test_groups_in_sight(world: World, role: str) -> None:
    actor, names = world.actor(role), {f"Group {name}" for name in SEEN[role]}
    assert {row.name for row in group_tree.tree(actor, None)} == names
    assert {row.name for row in group_tree.tree(actor, (), "group")} == names
    assert {option.path[-1].name for option in group_search.find_groups(actor, "")} == names
    for option in group_search.find_groups(actor, ""):
        assert {step.name for step in option.path} <= names
    for card in group_tree.cards(actor):
        assert {step.name for step in card.path} <= names


@pytest.mark.parametrize("role", SEEN)
def test_groups_to_nest_under_are_those_led(world: World, role: str) -> None:
    led = SEEN[role] if role in MANAGERS else set()
    assert {option.id for option in groups.options(world.actor(role))} == {world.groups[g] for g in led}


@pytest.mark.parametrize("role", FOLLOWED)
def test_people_in_sight(world: World, role: str) -> None:
    actor = world.actor(role)
    listed = people.list_people(actor, limit=1000)
    ids = {world.people[name] for name in FOLLOWED[role]}
    assert {row.id for row in listed.rows} == ids
    assert listed.total == len(ids)
    active = ids - {world.people[name] for name in INACTIVE}
    assert {person.id for person in search.find_people(actor, "", limit=1000)} == active
    assert not search.find_people(actor, "stranger") or role == "admin"
    assert people.list_people(actor, "stranger").total == (1 if role == "admin" else 0)


@pytest.mark.parametrize("role", FOLLOWED)
def test_work_in_sight(world: World, role: str) -> None:
    actor = world.actor(role)
    # The work of people who were deactivated is the admins' to look after.
    reviewed = {world.people[name] for name in FOLLOWED[role]} - {actor.user_id}
    found = queue.waiting(actor, limit=1000)
    assert {row.user_id for row in found.rows if row.ended == "deactivated"} == {
        world.people[name] for name in FOLLOWED[role] & INACTIVE
    }
    assert {row.user_id for row in found.rows} == reviewed
    assert found.total == len(reviewed) == signing_in.viewer(actor).waiting


@pytest.mark.parametrize("role", FOLLOWED)
def test_every_person_listed_can_be_opened_and_nobody_else(world: World, role: str) -> None:
    actor = world.actor(role)
    listed = {row.id: row for row in people.list_people(actor, limit=1000).rows}
    for user_id in world.people.values():
        if user_id not in listed:
            with pytest.raises(errors.NotFoundError):
                people.head(actor, user_id)
            continue
        head = people.head(actor, user_id)
        waiting = queue.waiting(actor, user_id=user_id)
        assert head.waiting == listed[user_id].waiting == waiting.total == len(waiting.rows)
        assert head.may_review == reviews.item(actor, user_id, world.steps[0]).may_review
        assert head.may_review == (user_id != actor.user_id)


@pytest.mark.parametrize("role", ["admin", "leader", "leader_above", "mentor", "mentor_above"])
def test_rows_of_a_group_open_exactly_what_the_store_shows(world: World, role: str) -> None:
    actor = world.actor(role)
    listed = {row.id for row in people.list_people(actor, limit=1000).rows}
    for group in SEEN[role]:
        roster = members.roster(actor, world.groups[group])
        assert roster.total == len(roster.rows)
        for row in roster.rows:
            assert row.may_open == (row.user_id in listed), (group, row.name)
            if not row.may_open:
                assert (row.waiting, row.progress, row.last_active_at) == (0, None, None)
        waiting = sum(row.waiting for row in roster.rows)
        [line] = [row for row in group_tree.tree(actor, None) if row.id == world.groups[group]]
        assert line.waiting_own == waiting


@pytest.mark.parametrize("role", ["admin", "leader", "leader_above"])
def test_candidates_are_people_of_led_groups(world: World, role: str) -> None:
    found = candidates.search(world.actor(role), world.groups["group"], "", limit=1000)
    led = {f"in {group}" for group in SEEN[role]}
    expected = {key.split(" in ")[0] for key in world.places if f"in {key.split(' in ')[1]}" in led}
    if role == "admin":
        expected = set(world.people)
    assert {person.user_id for person in found} == {world.people[name] for name in expected - INACTIVE}


@pytest.mark.parametrize("role", ["leader", "leader_above"])
def test_a_pasted_stranger_reads_like_nobody_at_all(world: World, role: str) -> None:
    pasted = "stranger.learner@x.example, nobody@x.example; Stranger Learner\nNobody Known"
    found = candidates.match_pasted(world.actor(role), world.groups["group"], pasted)
    assert found.matched == ()
    reasons = [reason for _, reason in found.unmatched]
    assert reasons[0] == reasons[1]
    assert reasons[2] == reasons[3]


def test_a_mentor_is_not_told_what_lies_below_or_above(world: World) -> None:
    actor = world.actor("mentor")
    detail = groups.detail(actor, world.groups["group"])
    assert (detail.parent_id, detail.subgroups, len(detail.path)) == (None, 0, 1)
    assert group_tree.subgroups(actor, world.groups["group"]) == ()
    [row] = group_tree.tree(actor, None)
    assert (row.parent_id, row.depth, row.has_subgroups) == (None, 0, False)
    # Leader, two mentors, three members: nobody of the subgroup, nobody deactivated.
    assert row.people == detail.people == 6


def test_a_mentor_of_two_groups_is_not_told_that_one_is_below_the_other(world: World) -> None:
    deepest = world.school.group("Deepest", world.groups["below"])
    world.school.place(world.people["mentor"], deepest, Role.MENTOR)
    world.school.place(world.people["stranger"], deepest)
    rows = {row.name: row for row in group_tree.tree(world.actor("mentor"), None)}
    assert {row.depth for row in rows.values()} == {0}
    assert rows["Group group"].people == 6
    assert rows["Group group"].waiting == rows["Group group"].waiting_own == 3
    assert rows["Deepest"].waiting == 1


# --------------------------------------------------------- what is offered is true


def _try(world: World, actor: Actor, right: str, group: str) -> None:
    group_id, version = world.groups[group], world.version(group)
    ana = world.people["ana"]
    if right == "edit":
        groups.edit(actor, group_id, version, name="Renamed", description="")
    elif right == "choose_slug":
        groups.edit(actor, group_id, version, name="Renamed", slug="renamed", description="")
    elif right == "create_subgroup":
        groups.create(actor, "New", parent=group_id)
    elif right == "move":
        targets = [option.id for option in groups.options(actor, moving=group_id)]
        # Somebody who leads one tree only may move its top, and has nowhere to move it to.
        if targets:
            groups.nest(actor, group_id, version, targets[0])
    elif right == "to_top_level":
        groups.nest(actor, group_id, version, None)
    elif right == "delete":
        group_deletion.delete(actor, group_id, version, Subgroups.MOVE_UP)
    elif right == "add_members":
        members.add(actor, group_id, [ana], Role.MEMBER)
    elif right == "change_roles":
        members.change_role(actor, _somebody(world, group_id), Role.MEMBER, Role.MENTOR)
    else:
        members.remove(actor, _somebody(world, group_id))


def _somebody(world: World, group_id: int) -> int:
    return world.school.place(world.school.person("Some Body"), group_id)


@pytest.mark.parametrize("right", [field.name for field in fields(GroupRights)])
@pytest.mark.parametrize("role", ["admin", "leader", "leader_above", "mentor", "mentor_above"])
def test_rights_shown_are_the_rights_had(world: World, role: str, right: str) -> None:
    actor = world.actor(role)
    for group in sorted(SEEN[role]):
        [row] = [row for row in group_tree.tree(actor, None) if row.id == world.groups[group]]
        shown = getattr(row.rights, right)
        assert shown == getattr(groups.detail(actor, row.id).rights, right)
        with database.writing():  # taken back below, so that each group starts afresh
            try:
                if shown or right != "move":
                    if right == "to_top_level" and not shown and role == "admin":
                        continue  # a group that is at the top already: nothing happens
                    _try(world, actor, right, group)
                else:
                    assert groups.options(actor, moving=row.id) == ()
                    raise errors.ForbiddenError("not offered")
                done = True
            except errors.ForbiddenError:
                done = False
            assert done == shown, (group, right)
            database.db.rollback()
            database.db.begin()


@pytest.mark.parametrize("role", SEEN)
def test_what_the_viewer_is_offered_is_what_the_store_allows(world: World, role: str) -> None:
    actor = world.actor(role)
    viewer = signing_in.viewer(actor)
    assert viewer.has_community == bool(SEEN[role])
    assert viewer.may_create_groups == (role in MANAGERS)
    assert viewer.may_create_top_level == viewer.may_report == viewer.is_admin == (role == "admin")
    assert viewer.leads == (role in ("leader", "leader_above"))
    assert viewer.mentors == (role in ("mentor", "mentor_above"))


# ------------------------------------------------------------- changes take effect


def test_a_lost_role_is_lost_in_the_next_call_of_the_same_session(world: World) -> None:
    actor = world.actor("leader")
    place = world.places["leader in group"]
    assert groups.detail(actor, world.groups["group"]).rights.edit
    members.change_role(world.actor("admin"), place, Role.LEADER, Role.MENTOR)
    assert not groups.detail(actor, world.groups["group"]).rights.edit
    with pytest.raises(errors.ForbiddenError):
        groups.create(actor, "New", parent=world.groups["group"])
    with pytest.raises(errors.NotFoundError):
        groups.detail(actor, world.groups["below"])
    members.change_role(world.actor("admin"), place, Role.MENTOR, Role.MEMBER)
    with pytest.raises(errors.NotFoundError):
        groups.detail(actor, world.groups["group"])
    with pytest.raises(errors.NotFoundError):
        people.head(actor, world.people["ana"])


def test_a_new_role_is_had_in_the_next_call_of_the_same_session(world: World) -> None:
    actor = world.actor("member")
    assert not signing_in.viewer(actor).has_community
    members.change_role(world.actor("admin"), world.places["member in group"], Role.MEMBER, Role.LEADER)
    assert signing_in.viewer(actor).has_community
    assert groups.detail(actor, world.groups["below"]).rights.edit


def test_a_lost_admin_right_and_a_deactivation_take_effect_at_once(world: World) -> None:
    actor = world.actor("admin")
    world.school.change(User, world.people["outsider"], is_admin=True)
    people.edit(world.actor("outsider"), world.people["admin"], admin=False)
    assert group_tree.tree(actor, None) == ()
    with pytest.raises(errors.NotFoundError):
        account.totals(actor)
    people.deactivate(world.actor("outsider"), world.people["admin"])
    with pytest.raises(errors.SignedOutError):
        signing_in.viewer(actor)


def test_a_withdrawn_place_or_group_gives_no_rights(world: World) -> None:
    actor = world.actor("leader")
    world.school.change(Membership, world.places["leader in group"], active=False)
    with pytest.raises(errors.NotFoundError):
        groups.detail(actor, world.groups["group"])
    world.school.change(Group, world.groups["alone"], active=False)
    assert {row.name for row in group_tree.tree(actor, None)} == {"Group beside"}
    world.school.change(Group, world.groups["group"], active=False)
    assert group_tree.tree(world.actor("mentor"), None) == ()
    assert people.list_people(world.actor("mentor")).total == 0
    assert not signing_in.viewer(world.actor("mentor")).has_community


def test_somebody_moved_out_of_the_group_is_out_of_sight_at_once(world: World) -> None:
    actor = world.actor("mentor")
    reviews.item(actor, world.people["ana"], world.steps[0])
    members.remove(world.actor("leader"), world.places["ana in group"])
    with pytest.raises(errors.NotFoundError):
        reviews.save(actor, world.work["ana"], 1, Decision.RETURN, feedback="Again")
