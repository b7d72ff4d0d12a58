"""Every row of the design's table of who may do what, for every role, against the store."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store import (
    account,
    activity,
    adding_people,
    candidates,
    courses,
    errors,
    group_deletion,
    group_search,
    group_tree,
    groups,
    members,
    needs,
    overview,
    people,
    person_detail,
    reports,
    search,
    settings,
    signing_in,
)
from store.adding_people import Into
from store.audit import filter as audit_filter
from store.audit import reading as audit_reading
from store.queue import queue
from store.review import reviews
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.people import NewPerson
from store.views.queue import QueueView
from store.views.settings import SessionLimits, Thresholds
from store.views.states import Decision
from tests.helpers.keys import ed25519
from tests.helpers.world import ROLES, World

Do = Callable[[World, Actor], Any]

GONE = {"gone_admin", "gone_leader"}
MANAGERS = {"admin", "leader", "leader_above"}
EVERYBODY = {*ROLES} - GONE
ABSENT = 999_999
REFUSALS = {
    "refused": errors.ForbiddenError,
    "not found": errors.NotFoundError,
    "signed out": errors.SignedOutError,
}


def edit(world: World, actor: Actor, group: str = "group") -> None:
    groups.edit(actor, world.groups[group], world.version(group), name="Renamed", description="")


def choose_slug(world: World, actor: Actor) -> None:
    group, version = world.groups["group"], world.version("group")
    groups.edit(actor, group, version, name="Renamed", description="", slug="renamed")


def nest(world: World, actor: Actor, group: str, parent: str | None) -> None:
    under = None if parent is None else world.groups[parent]
    groups.nest(actor, world.groups[group], world.version(group), under)


def delete(world: World, actor: Actor, how: Subgroups) -> None:
    group_deletion.delete(actor, world.groups["group"], world.version("group"), how)


def add(world: World, actor: Actor, who: str, role: Role) -> None:
    members.add(actor, world.groups["below"], [world.people[who]], role)


def review(world: World, actor: Actor, whose: str) -> None:
    reviews.save(actor, world.work[whose], 1, Decision.APPROVE, points=16.5, feedback="Fine.")


def follow(whose: str, look: Callable[[Actor, int, World], Any]) -> Do:
    return lambda world, actor: look(actor, world.people[whose], world)


def _head(actor: Actor, user_id: int, world: World) -> Any:
    return people.head(actor, user_id)


def _feed(actor: Actor, user_id: int, world: World) -> Any:
    return activity.feed(actor, user_id)


def _courses(actor: Actor, user_id: int, world: World) -> Any:
    return courses.of_person(actor, user_id)


def _card(actor: Actor, user_id: int, world: World) -> Any:
    return courses.card(actor, user_id, world.school.course_of(world.steps[0]))


def _item(actor: Actor, user_id: int, world: World) -> Any:
    return reviews.item(actor, user_id, world.steps[0])


def _waiting(actor: Actor, user_id: int, world: World) -> Any:
    return queue.waiting(actor, user_id=user_id)


def _listed(actor: Actor, user_id: int, world: World) -> Any:
    return queue.listing(actor, QueueView("age:>1h", by_step=True, user_id=user_id))


def _beside(actor: Actor, user_id: int, world: World) -> Any:
    return queue.neighbours(actor, QueueView(user_id=user_id), user_id, world.steps[0])


def _groups(actor: Actor, user_id: int, world: World) -> Any:
    return person_detail.groups_of(actor, user_id)


NEW = NewPerson("New", "Person", "new@x.example")
OTHER = NewPerson("Other", "Person", "other@x.example")


LOOKS = {
    "head": _head,
    "groups": _groups,
    "activity": _feed,
    "courses": _courses,
    "progress card": _card,
    "review item": _item,
    "waiting": _waiting,
    "queue": _listed,
    "place in the queue": _beside,
}

# What is done, who may, and who is told that it is not theirs to do; for all others it is not there.
TABLE: dict[str, tuple[Do, set[str], set[str]]] = {
    "see a group": (
        lambda world, actor: groups.detail(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "see the subgroups": (
        lambda world, actor: group_tree.subgroups(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "see a group's people": (
        lambda world, actor: members.roster(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "see who needs somebody": (
        lambda world, actor: needs.roster(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "sort by need": (
        lambda world, actor: needs.by_need(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "see a group's overview": (
        lambda world, actor: overview.of_group(actor, world.groups["group"]),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "see a subgroup's overview": (
        lambda world, actor: overview.of_group(actor, world.groups["below"]),
        MANAGERS,
        set(),
    ),
    "see a subgroup": (
        lambda world, actor: groups.detail(actor, world.groups["below"]),
        MANAGERS,
        set(),
    ),
    "create a top-level group": (
        lambda world, actor: groups.create(actor, "New"),
        {"admin"},
        {"leader", "leader_above", "mentor", "mentor_above"},
    ),
    "create a subgroup": (
        lambda world, actor: groups.create(actor, "New", parent=world.groups["group"]),
        MANAGERS,
        {"mentor"},
    ),
    "be offered a slug": (
        lambda world, actor: groups.suggest_slug(actor, "New"),
        {"admin"},
        {"leader", "leader_above"},
    ),
    "edit": (edit, MANAGERS, {"mentor"}),
    "choose a slug": (choose_slug, {"admin"}, {"leader", "leader_above", "mentor"}),
    "create a subgroup with a slug": (
        lambda world, actor: groups.create(actor, "New", parent=world.groups["group"], slug="new"),
        {"admin"},
        {"leader", "leader_above", "mentor"},
    ),
    # `leader` leads the new parent, but not the one that the group is taken from.
    "nest away from those above": (
        lambda world, actor: nest(world, actor, "group", "beside"),
        {"admin", "leader_above"},
        {"leader", "mentor"},
    ),
    "nest a top-level group under one that is led": (
        lambda world, actor: nest(world, actor, "alone", "group"),
        {"admin", "leader"},
        set(),
    ),
    "nest within what is led": (
        lambda world, actor: nest(world, actor, "below", "beside"),
        {"admin", "leader", "leader_above"},
        set(),
    ),
    "nest under a group out of sight": (
        lambda world, actor: nest(world, actor, "below", "apart"),
        {"admin"},
        set(),
    ),
    "take to the top level": (
        lambda world, actor: nest(world, actor, "group", None),
        {"admin"},
        {"leader", "leader_above", "mentor"},
    ),
    "ask what deleting touches": (
        lambda world, actor: group_deletion.impact(actor, world.groups["group"]),
        MANAGERS,
        {"mentor"},
    ),
    "delete, subgroups move up": (
        lambda world, actor: delete(world, actor, Subgroups.MOVE_UP),
        MANAGERS,
        {"mentor"},
    ),
    "delete with subgroups": (
        lambda world, actor: delete(world, actor, Subgroups.DELETE),
        MANAGERS,
        {"mentor"},
    ),
    "search people to add": (
        lambda world, actor: candidates.search(actor, world.groups["group"], ""),
        MANAGERS,
        {"mentor"},
    ),
    "paste people to add": (
        lambda world, actor: candidates.match_pasted(actor, world.groups["group"], "Ana Learner"),
        MANAGERS,
        {"mentor"},
    ),
    "add a led person as member": (
        lambda world, actor: add(world, actor, "ana", Role.MEMBER),
        MANAGERS,
        set(),
    ),
    "add a led person as mentor": (
        lambda world, actor: add(world, actor, "ana", Role.MENTOR),
        MANAGERS,
        set(),
    ),
    "add a led person as leader": (
        lambda world, actor: add(world, actor, "ana", Role.LEADER),
        MANAGERS,
        set(),
    ),
    "add a stranger": (lambda world, actor: add(world, actor, "stranger", Role.MEMBER), {"admin"}, set()),
    "change a role": (
        lambda world, actor: members.change_role(
            actor, world.places["ana in group"], Role.MEMBER, Role.MENTOR
        ),
        MANAGERS,
        {"mentor"},
    ),
    "remove a member": (
        lambda world, actor: members.remove(actor, world.places["ana in group"]),
        MANAGERS,
        {"mentor"},
    ),
    "remove a mentor": (
        lambda world, actor: members.remove(actor, world.places["tutor in group"]),
        set(),
        {*MANAGERS, "mentor"},
    ),
    "remove a leader": (
        lambda world, actor: members.remove(actor, world.places["leader in group"]),
        set(),
        {*MANAGERS, "mentor"},
    ),
    "review a member's work": (
        lambda world, actor: review(world, actor, "ana"),
        {*MANAGERS, "mentor"},
        set(),
    ),
    "review a mentor's work": (lambda world, actor: review(world, actor, "tutor"), MANAGERS, set()),
    "review the work of a subgroup's member": (
        lambda world, actor: review(world, actor, "lower"),
        MANAGERS,
        set(),
    ),
    "review a stranger's work": (
        lambda world, actor: review(world, actor, "stranger"),
        {"admin"},
        set(),
    ),
    "review a deactivated person's work": (
        lambda world, actor: review(world, actor, "idle"),
        {"admin"},
        set(),
    ),
    "review one's own work": (lambda world, actor: review(world, actor, actor.name), set(), {"admin"}),
    "report groups": (lambda world, actor: reports.write(actor, "groups", io.StringIO()), {"admin"}, set()),
    "report memberships": (
        lambda world, actor: reports.write(actor, "memberships", io.StringIO()),
        {"admin"},
        set(),
    ),
    "see the account's totals": (lambda world, actor: account.totals(actor), {"admin"}, set()),
    "see the account's settings": (lambda world, actor: settings.get(actor, Thresholds), {"admin"}, set()),
    "change the account's settings": (
        lambda world, actor: settings.change(actor, Thresholds(), Thresholds(inactive_days=21)),
        {"admin"},
        set(),
    ),
    "change several settings at once": (
        lambda world, actor: settings.change_all(actor, [(SessionLimits(), SessionLimits(at_once=9))]),
        {"admin"},
        set(),
    ),
    "see anybody's keys": (lambda world, actor: ssh_keys.of_everybody(actor), {"admin"}, set()),
    "see a person's keys": (
        lambda world, actor: ssh_keys.of_everybody(actor, world.people["ana"]),
        {"admin"},
        set(),
    ),
    "add a key of somebody": (
        lambda world, actor: ssh_keys.add(actor, ed25519(), user_id=world.people["ana"]),
        {"admin"},
        set(),
    ),
    "add a key of one's own": (lambda world, actor: ssh_keys.add(actor, ed25519()), EVERYBODY, set()),
    "see one's own keys": (lambda world, actor: ssh_keys.mine(actor), EVERYBODY, set()),
    "revoke a key of somebody": (
        lambda world, actor: ssh_keys.revoke(actor, world.keys["ana"]),
        {"admin"},
        set(),
    ),
    "see who is on": (lambda world, actor: sessions.listing(actor), {"admin"}, set()),
    "end a session of somebody": (
        lambda world, actor: sessions.end_other(actor, world.sessions["ana"]),
        {"admin"},
        set(),
    ),
    "read the audit log": (lambda world, actor: audit_reading.listing(actor), {"admin"}, set()),
    "read the audit log with a filter": (
        lambda world, actor: audit_reading.listing(actor, audit_filter.parse("ana")),
        {"admin"},
        set(),
    ),
    "stream the audit log": (lambda world, actor: list(audit_reading.stream(actor)), {"admin"}, set()),
    "apply for the beta": (lambda world, actor: account.apply_for_beta(actor), {"admin"}, set()),
    "set the plan": (lambda world, actor: account.change(actor, plan=Plan.STARTER), set(), set()),
    "add a person to the account": (
        lambda world, actor: people.add(actor, "New", "Person", "new@x.example"),
        {"admin"},
        set(),
    ),
    "edit a person": (
        lambda world, actor: people.edit(actor, world.people["ana"], first_name="Other"),
        {"admin"},
        set(),
    ),
    "make somebody admin": (
        lambda world, actor: people.edit(actor, world.people["ana"], admin=True),
        {"admin"},
        set(),
    ),
    "deactivate a person": (
        lambda world, actor: people.deactivate(actor, world.people["ana"]),
        {"admin"},
        set(),
    ),
    "reactivate a person": (
        lambda world, actor: people.edit(actor, world.people["idle"], active=True),
        {"admin"},
        set(),
    ),
    "take somebody's email away": (
        lambda world, actor: people.edit(actor, world.people["ana"], email=""),
        {"admin"},
        set(),
    ),
    "see a person's entry": (
        lambda world, actor: person_detail.detail(actor, world.people["ana"]),
        {"admin"},
        set(),
    ),
    "see one's own entry": (
        lambda world, actor: person_detail.detail(actor, actor.user_id or 0),
        {"admin"},
        set(),
    ),
    "ask who is called so": (
        lambda world, actor: person_detail.namesakes(actor, "Ana", "Learner"),
        {"admin"},
        set(),
    ),
    "add a new person": (lambda world, actor: adding_people.add(actor, NEW), {"admin"}, set()),
    "add a new person into a group": (
        lambda world, actor: adding_people.add(actor, NEW, Into(world.groups["group"], Role.MEMBER)),
        {"admin"},
        set(),
    ),
    "preview a pasted list of new people": (
        lambda world, actor: adding_people.preview(actor, "new@x.example"),
        {"admin"},
        set(),
    ),
    "add a list of new people": (
        lambda world, actor: adding_people.add_listed(actor, [NEW, OTHER]),
        {"admin"},
        set(),
    ),
    "add a list of new people into a group": (
        lambda world, actor: adding_people.add_listed(
            actor, [NEW, OTHER], Into(world.groups["group"], Role.MENTOR)
        ),
        {"admin"},
        set(),
    ),
}
for label, look in LOOKS.items():
    TABLE[f"see a member's {label}"] = (follow("ana", look), {*MANAGERS, "mentor"}, set())
    TABLE[f"see a mentor's {label}"] = (follow("tutor", look), MANAGERS, set())
    TABLE[f"see a subgroup member's {label}"] = (follow("lower", look), MANAGERS, set())
    TABLE[f"see a stranger's {label}"] = (follow("stranger", look), {"admin"}, set())
    TABLE[f"see a deactivated person's {label}"] = (follow("idle", look), {"admin"}, set())


def _expected(action: str, role: str) -> str:
    _, allowed, told = TABLE[action]
    if role in GONE and action != "set the plan":  # which is not for people at all
        return "signed out"
    if role in allowed:
        return "allowed"
    return "refused" if role in told else "not found"


CELLS = [(action, role, _expected(action, role)) for action in TABLE for role in ROLES]


@pytest.mark.parametrize(
    ("action", "role"), [(action, role) for action, role, expected in CELLS if expected == "allowed"]
)
def test_allowed(world: World, action: str, role: str) -> None:
    if action == "apply for the beta":
        world.school.account(beta=Beta.OFF)
    TABLE[action][0](world, world.actor(role))


@pytest.mark.parametrize(("action", "role", "how"), [cell for cell in CELLS if cell[2] != "allowed"])
def test_not_allowed(untouched: World, action: str, role: str, how: str) -> None:
    with pytest.raises(errors.MusterError) as caught:
        TABLE[action][0](untouched, untouched.actor(role))
    assert type(caught.value) is REFUSALS[how]


# ------------------------------------------------------ absent and forbidden alike


ALIKE: dict[str, tuple[Callable[[World, Actor, int], Any], Callable[[World], int]]] = {
    "group": (lambda world, actor, key: groups.detail(actor, key), lambda world: world.groups["apart"]),
    "subgroups": (lambda world, actor, key: group_tree.subgroups(actor, key), lambda w: w.groups["apart"]),
    "roster": (lambda world, actor, key: members.roster(actor, key), lambda w: w.groups["apart"]),
    "members by need": (lambda world, actor, key: needs.by_need(actor, key), lambda w: w.groups["apart"]),
    "needs": (lambda world, actor, key: needs.roster(actor, key), lambda w: w.groups["apart"]),
    "overview": (lambda world, actor, key: overview.of_group(actor, key), lambda w: w.groups["apart"]),
    "parent of a new group": (
        lambda world, actor, key: groups.create(actor, "New", parent=key),
        lambda world: world.groups["apart"],
    ),
    "edited group": (
        lambda world, actor, key: groups.edit(actor, key, 1, name="A", slug="a", description=""),
        lambda world: world.groups["apart"],
    ),
    "nested group": (
        lambda world, actor, key: groups.nest(actor, key, 1, world.groups["group"]),
        lambda world: world.groups["apart"],
    ),
    "new parent": (
        lambda world, actor, key: groups.nest(actor, world.groups["below"], 1, key),
        lambda world: world.groups["apart"],
    ),
    "deleted group": (
        lambda world, actor, key: group_deletion.delete(actor, key, 1, Subgroups.MOVE_UP),
        lambda world: world.groups["apart"],
    ),
    "group to add to": (
        lambda world, actor, key: members.add(actor, key, [world.people["ana"]], Role.MEMBER),
        lambda world: world.groups["apart"],
    ),
    "person to add": (
        lambda world, actor, key: members.add(actor, world.groups["below"], [key], Role.MEMBER),
        lambda world: world.people["stranger"],
    ),
    "place to change": (
        lambda world, actor, key: members.change_role(actor, key, Role.MEMBER, Role.MENTOR),
        lambda world: world.places["stranger in apart"],
    ),
    "place to remove": (
        lambda world, actor, key: members.remove(actor, key),
        lambda world: world.places["stranger in apart"],
    ),
    "person": (lambda world, actor, key: people.head(actor, key), lambda w: w.people["stranger"]),
    "person's activity": (
        lambda world, actor, key: activity.feed(actor, key),
        lambda w: w.people["stranger"],
    ),
    "person's courses": (
        lambda world, actor, key: courses.of_person(actor, key),
        lambda world: world.people["stranger"],
    ),
    "person's groups": (
        lambda world, actor, key: person_detail.groups_of(actor, key),
        lambda world: world.people["stranger"],
    ),
    "person's entry": (
        lambda world, actor, key: person_detail.detail(actor, key),
        lambda world: world.people["ana"],
    ),
    "person to edit": (
        lambda world, actor, key: people.edit(actor, key, last_name="Other"),
        lambda world: world.people["ana"],
    ),
    "person's step": (
        lambda world, actor, key: reviews.item(actor, key, world.steps[0]),
        lambda world: world.people["stranger"],
    ),
    "person's waiting work": (
        lambda world, actor, key: queue.waiting(actor, user_id=key),
        lambda world: world.people["stranger"],
    ),
    "person's queue": (
        lambda world, actor, key: queue.step_groups(actor, QueueView(user_id=key)),
        lambda world: world.people["stranger"],
    ),
    "person's queue by step": (
        lambda world, actor, key: queue.in_a_row(actor, QueueView(user_id=key)),
        lambda world: world.people["stranger"],
    ),
    "key to revoke": (lambda world, actor, key: ssh_keys.revoke(actor, key), lambda w: w.keys["ana"]),
    "session to end": (
        lambda world, actor, key: sessions.end_other(actor, key),
        lambda world: world.sessions["ana"],
    ),
    "work to review": (
        lambda world, actor, key: reviews.save(actor, key, 1, Decision.RETURN),
        lambda world: world.work["stranger"],
    ),
}


@pytest.mark.parametrize("role", ["leader", "mentor", "member", "outsider"])
@pytest.mark.parametrize("what", ALIKE)
def test_absent_and_out_of_sight_read_the_same(untouched: World, what: str, role: str) -> None:
    do, forbidden = ALIKE[what]
    said = []
    for key in (forbidden(untouched), ABSENT):
        with pytest.raises(errors.MusterError) as caught:
            do(untouched, untouched.actor(role), key)
        said.append((type(caught.value), caught.value.title, caught.value.message))
    assert said[0] == said[1]
    if role != "mentor" or said[0][0] is not errors.ForbiddenError:
        assert said[0][0] is errors.NotFoundError


def test_a_plain_member_cannot_tell_a_taken_slug_from_a_free_one(world: World) -> None:
    for name in ("Group apart", "Nothing"):
        with pytest.raises(errors.NotFoundError):
            groups.suggest_slug(world.actor("member"), name)


# ----------------------------------------------------------------- community is off


@pytest.mark.parametrize(
    ("plan", "beta"), [(Plan.STARTER, Beta.ON), (Plan.COMPLETE, Beta.OFF), (Plan.ENTERPRISE, Beta.APPLIED)]
)
@pytest.mark.parametrize("role", ["leader", "leader_above", "mentor", "member", "outsider"])
def test_without_community_nobody_but_admins_sees_anything(
    world: World, role: str, plan: Plan, beta: Beta
) -> None:
    world.school.account(plan=plan, beta=beta)
    actor = world.actor(role)
    viewer = signing_in.viewer(actor)
    assert not viewer.has_community
    assert not viewer.may_create_groups
    assert viewer.waiting == queue.waiting(actor).total == 0
    assert people.list_people(actor).total == 0
    assert not (
        search.find_people(actor, "") or group_search.find_groups(actor, "") or group_tree.cards(actor)
    )
    for action, (do, _, _) in TABLE.items():
        if action in ("apply for the beta", "see a group") or TABLE[action][1] == EVERYBODY:
            continue
        with pytest.raises(errors.NotFoundError):
            do(world, actor)
    for look in (group_tree.tree, groups.options):
        with pytest.raises(errors.NotFoundError):
            look(actor)


@pytest.mark.parametrize(
    ("plan", "beta"), [(Plan.STARTER, Beta.ON), (Plan.COMPLETE, Beta.OFF), (Plan.COMPLETE, Beta.APPLIED)]
)
def test_without_community_an_admin_is_told_so(world: World, plan: Plan, beta: Beta, tmp_path: Path) -> None:
    world.school.account(plan=plan, beta=beta)
    actor = world.actor("admin")
    viewer = signing_in.viewer(actor)
    assert viewer.has_community
    assert not (viewer.may_create_groups or viewer.may_create_top_level or viewer.may_report)
    assert not (group_tree.cards(actor) or group_search.find_groups(actor, ""))
    for act in (
        lambda: group_tree.tree(actor),
        lambda: groups.options(actor),
        lambda: groups.create(actor, "New"),
        lambda: groups.detail(actor, world.groups["group"]),
        lambda: members.remove(actor, world.places["ana in group"]),
        lambda: reports.write(actor, "groups", io.StringIO()),
    ):
        with pytest.raises(errors.ForbiddenError) as caught:
            act()
        assert "not on for this account" in caught.value.message
    # People and their work are no part of it.
    assert people.head(actor, world.people["ana"]).waiting == 1


def test_the_operator_is_bound_by_no_rule(world: World) -> None:
    world.school.account(beta=Beta.OFF)
    operator = world.school.actor(None)
    edit(world, operator)
    nest(world, operator, "group", None)
    review(world, operator, "ana")
    assert account.totals(operator).groups == 6
