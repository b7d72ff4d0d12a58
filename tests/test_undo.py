"""Undoing one's own actions: exactly, or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import (
    activity,
    clock,
    courses,
    database,
    errors,
    group_deletion,
    groups,
    members,
    people,
    settings,
)
from store.audit import audit
from store.models import Attempt, AuditLine, Completion, Draft, Group, Membership, Review, Step, User
from store.models.own import Reply
from store.permissions import OPERATOR
from store.queue import queue
from store.review import bulk, replies, reviews
from store.undo import deletion, my_actions, undo
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.settings import Thresholds
from store.views.states import Decision, State
from tests.helpers.school import dump
from tests.helpers.world import World

Act = Callable[[World, Actor], Any]


def _edit(world: World, actor: Actor) -> None:
    version, slug = world.version("group"), "other" if actor.name == "admin" else None
    groups.edit(actor, world.groups["group"], version, name="Other", slug=slug, description="New.")


def _nest(world: World, actor: Actor) -> None:
    groups.nest(actor, world.groups["below"], world.version("below"), world.groups["beside"])


def _to_top(world: World, actor: Actor) -> None:
    groups.nest(actor, world.groups["group"], world.version("group"), None)


def _under(world: World, actor: Actor) -> None:
    groups.nest(actor, world.groups["alone"], world.version("alone"), world.groups["group"])


def _delete(subgroups: Subgroups) -> Act:
    return lambda world, actor: group_deletion.delete(
        actor, world.groups["group"], world.version("group"), subgroups
    )


def _add(world: World, actor: Actor) -> None:
    wanted = [world.people["ana"], world.people["ben"], world.people["mentor"]]
    members.add(actor, world.groups["below"], wanted, Role.MENTOR)


def _role(world: World, actor: Actor) -> None:
    members.change_role(actor, world.places["ana in group"], Role.MEMBER, Role.LEADER)


def _remove(world: World, actor: Actor) -> None:
    members.remove(actor, world.places["ana in group"])


def _review(decision: Decision) -> Act:
    return lambda world, actor: reviews.save(
        actor, world.work["ana"], _version(world), decision, points=1.5, feedback="Fine"
    )


def _create(world: World, actor: Actor) -> None:
    groups.create(actor, "New", parent=world.groups["group"])


def _version(world: World, whose: str = "ana") -> int:
    row = world.school.value(Completion, world.work[whose], "version")
    assert row is not None
    return int(row[0])


ACTS: dict[str, Act] = {
    "review.approve": _review(Decision.APPROVE),
    "review.return": _review(Decision.RETURN),
    "membership.add": _add,
    "membership.role": _role,
    "membership.remove": _remove,
    "group.create": _create,
    "group.edit": _edit,
    "group.nest": _nest,
    "group.nest to the top": _to_top,
    "group.nest from the top": _under,
    "group.delete, moving up": _delete(Subgroups.MOVE_UP),
    "group.delete, with all below": _delete(Subgroups.DELETE),
}


def stands() -> dict[str, list[tuple[Any, ...]]]:
    """The whole database but what undoing may leave: versions, reviews that count for nothing, drafts."""
    tables = dump()
    tables["drafts"] = []
    tables["reviews"] = [row for row in tables["reviews"] if row[-1] is None]
    # The version of a group has its place from the start; that of a completion is the last column but one.
    tables["groups"] = [row[:6] + row[7:] for row in tables["groups"]]
    tables["completions"] = [row[:-2] + row[-1:] for row in tables["completions"]]
    return tables


def last_line() -> int:
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.id).order_by(AuditLine.id.desc()))
    assert row is not None
    return int(row[0])


def refused(
    actor: Actor, line_id: int, words: str, error: type[errors.MusterError] = errors.ConflictError
) -> None:
    """It is refused with these words, and nothing at all is written."""
    before = dump(), last_line()
    with pytest.raises(error) as told:
        undo.undo(actor, line_id)
    assert words in told.value.message, told.value.message
    assert type(told.value) is error
    assert (dump(), last_line()) == before


# ------------------------------------------------------------------------- exactly


def test_the_columns_of_versions_are_where_these_tests_look_for_them() -> None:
    assert [field.name for field in Group._meta.sorted_fields].index("version") == 6
    assert Completion._meta.sorted_fields[-2].name == "version"
    assert Review._meta.sorted_fields[-1].name == "undone_at"


@pytest.mark.parametrize("act", ACTS)
def test_everything_is_as_it_was(world: World, act: str) -> None:
    admin = world.actor("admin")
    before = stands()
    ACTS[act](world, admin)
    line = last_line()
    assert stands() != before
    taken = undo.undo(admin, line)
    assert stands() == before
    assert taken.count == 1
    with database.reading():
        found = database.row(
            AuditLine.select(
                AuditLine.action, AuditLine.target_kind, AuditLine.target_id, AuditLine.undoes
            ).where(AuditLine.id > line)
        )
        kind = database.row(
            AuditLine.select(AuditLine.target_kind, AuditLine.target_id).where(AuditLine.id == line)
        )
    assert kind is not None
    assert found == ("undo", *kind, line)


@pytest.mark.parametrize("act", ACTS)
def test_it_is_taken_back_once(world: World, act: str) -> None:
    admin = world.actor("admin")
    ACTS[act](world, admin)
    line = last_line()
    undo.undo(admin, line)
    refused(admin, line, "You undid this already, at ")


@pytest.mark.parametrize("act", ACTS)
def test_it_can_be_done_again_and_taken_back_again(world: World, act: str) -> None:
    admin = world.actor("admin")
    before = stands()
    for _ in range(3):
        ACTS[act](world, admin)
        undo.undo(admin, last_line())
    assert stands() == before


@pytest.mark.parametrize("act", ACTS)
def test_nobody_takes_back_what_another_did(world: World, act: str) -> None:
    ACTS[act](world, world.actor("admin"))
    root = world.school.actor(world.school.person("Other Admin", admin=True))
    for actor in (root, OPERATOR):
        refused(actor, last_line(), "No such action of yours", errors.NotFoundError)


@pytest.mark.parametrize("act", ACTS)
def test_one_who_lost_the_right_cannot_take_it_back(world: World, act: str) -> None:
    admin = world.actor("admin")
    ACTS[act](world, admin)
    world.school.change(User, world.people["admin"], is_admin=False)
    refused(admin, last_line(), "", errors.NotFoundError)


@pytest.mark.parametrize("act", [act for act in ACTS if "top" not in act])
def test_a_leader_takes_back_what_they_did(world: World, act: str) -> None:
    leader = world.actor("leader_above")
    before = stands()
    ACTS[act](world, leader)
    undo.undo(leader, last_line())
    assert stands() == before


@pytest.mark.parametrize("act", [act for act in ACTS if "top" not in act])
def test_one_who_is_only_mentor_now_cannot_arrange_and_still_reviews(world: World, act: str) -> None:
    leader = world.actor("leader")
    world.school.place(world.people["leader"], world.groups["below"], Role.LEADER)
    ACTS[act](world, leader)
    line = last_line()
    if "delete" not in act:
        with database.writing():
            Membership.update(role=Role.MENTOR).where(Membership.user == leader.user_id).execute()
    if "review" in act or "delete" in act:
        undo.undo(leader, line)
    else:
        # A group that they do not even mentor is out of their sight.
        unseen = act == "group.create"
        refused(leader, line, "", errors.NotFoundError if unseen else errors.ForbiddenError)


def test_a_deactivated_person_takes_nothing_back(world: World) -> None:
    leader = world.actor("leader")
    _remove(world, leader)
    world.school.change(User, world.people["leader"], active=False)
    refused(leader, last_line(), "no longer active", errors.SignedOutError)


def test_an_undoing_stays(world: World) -> None:
    admin = world.actor("admin")
    _remove(world, admin)
    undo.undo(admin, last_line())
    refused(admin, last_line(), "No such action of yours", errors.NotFoundError)


def test_other_actions_stay(world: World) -> None:
    admin = world.actor("admin")
    settings.change(admin, Thresholds(), Thresholds(inactive_days=21))
    refused(admin, last_line(), "cannot be undone", errors.ForbiddenError)


def test_taking_back_is_all_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = world.actor("admin")
    _delete(Subgroups.DELETE)(world, admin)
    before = dump()

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("pulled the plug")

    line = last_line()
    with monkeypatch.context() as patch:
        patch.setattr("store.audit.audit.write", fail)
        with pytest.raises(RuntimeError):
            undo.undo(admin, line)
    assert dump() == before
    undo.undo(admin, line)


# -------------------------------------------------------------- a walk there and back


def _some_act(world: World, actor: Actor, dice: random.Random) -> None:
    """Do one thing that can be done now, with whatever is there."""
    with database.reading():
        group_rows = database.rows(Group.select(Group.id, Group.version))
        places = database.rows(Membership.select(Membership.id, Membership.role).where(Membership.active))
        work = database.rows(Completion.select(Completion.id, Completion.version))
    group, version = dice.choice(group_rows)
    place, role = dice.choice(places)
    match dice.randrange(8):
        case 0:
            groups.create(actor, f"New {dice.randrange(9)}", parent=dice.choice([None, group]))
        case 1:
            slug = f"slug-{dice.randrange(10**6)}"
            groups.edit(actor, group, version, name=dice.choice("XYZ"), slug=slug, description="")
        case 2:
            groups.nest(actor, group, version, dice.choice([None, *(row[0] for row in group_rows)]))
        case 3:
            group_deletion.delete(actor, group, version, dice.choice(list(Subgroups)))
        case 4:
            wanted = dice.sample(list(world.people.values()), 3)
            active = [
                one for one in wanted if one not in (world.people["gone_admin"], world.people["gone_leader"])
            ]
            members.add(actor, group, active, dice.choice(list(Role)))
        case 5:
            members.change_role(actor, place, Role(role), dice.choice(list(Role)))
        case 6:
            members.remove(actor, place)
        case _:
            item, at = dice.choice(work)
            decision = dice.choice((Decision.APPROVE, Decision.RETURN))
            reviews.save(actor, item, at, decision, points=dice.randrange(20), feedback="?")


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_taken_back_step_by_step_ends_where_it_began(world: World, seed: int) -> None:
    dice = random.Random(seed)
    admin = world.actor("admin")
    before = stands()
    taken = 0
    for _ in range(40):
        try:
            _some_act(world, admin, dice)
        except errors.MusterError:
            continue
        # Now and then some steps back in between: the way on starts from there.
        while dice.random() < 0.25 and (newest := undo.last(admin)) is not None:
            undo.undo(admin, newest.line_id)
            taken += 1
    while (newest := undo.last(admin)) is not None:
        undo.undo(admin, newest.line_id)
        taken += 1
    assert taken > 10
    assert stands() == before


# ------------------------------------------------------------------------- reviews


def _feed(world: World) -> list[Any]:
    return list(activity.feed(world.actor("admin"), world.people["ana"]).rows)


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.RETURN])
def test_what_everybody_sees_of_a_person_is_as_it_was(world: World, decision: Decision) -> None:
    admin = world.actor("admin")
    course = world.school.course_of(world.steps[0])

    def seen() -> list[Any]:
        ana = world.people["ana"]
        item = reviews.item(admin, ana, world.steps[0])
        return [
            _feed(world),
            courses.of_person(admin, ana),
            courses.card(admin, ana, course),
            members.roster(admin, world.groups["group"]),
            # What was said is one's own draft again.
            [replace(row, has_draft=False) for row in queue.waiting(admin).rows],
            item.reviews,
            (item.state, item.points, item.submitted_at, item.completed_at),
        ]

    before = seen()
    _review(decision)(world, admin)
    assert seen() != before
    undo.undo(admin, last_line())
    assert seen() == before


def test_work_that_was_done_alone_is_so_again(world: World) -> None:
    admin = world.actor("admin")
    world.school.change(Completion, world.work["ana"], state=State.COMPLETE, completed_at=clock.now())
    before = courses.of_person(admin, world.people["ana"]), _feed(world)
    _review(Decision.APPROVE)(world, admin)
    assert _feed(world) != before[1]
    undo.undo(admin, last_line())
    assert (courses.of_person(admin, world.people["ana"]), _feed(world)) == before


def test_an_undone_return_does_not_date_an_earlier_one(world: World, noon: Any, monkeypatch: Any) -> None:
    admin = world.actor("admin")
    _review(Decision.RETURN)(world, admin)
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(days=3))
    _review(Decision.RETURN)(world, admin)
    undo.undo(admin, last_line())
    card = courses.card(admin, world.people["ana"], world.school.course_of(world.steps[0]))
    assert card.lessons[0].steps[0].at == noon


def test_the_review_stays_and_counts_for_nothing(world: World, noon: Any) -> None:
    admin = world.actor("admin")
    _review(Decision.APPROVE)(world, admin)
    undo.undo(admin, last_line())
    row = world.school.value(Review, 1, "feedback", "points", "undone_at")
    assert row == ("Fine", 1.5, noon)


def test_the_version_moves_on_so_that_an_old_look_is_refused(world: World) -> None:
    admin = world.actor("admin")
    _review(Decision.APPROVE)(world, admin)
    undo.undo(admin, last_line())
    assert _version(world) == 3
    with pytest.raises(errors.ConflictError, match="put back as it was by admin"):
        reviews.save(world.actor("mentor"), world.work["ana"], 2, Decision.RETURN, feedback="Again.")


def test_what_was_typed_is_a_draft_again(world: World, noon: Any) -> None:
    admin = world.actor("admin")
    _review(Decision.APPROVE)(world, admin)
    undo.undo(admin, last_line())
    with database.reading():
        columns = (
            Draft.user,
            Draft.completion,
            Draft.work_version,
            Draft.points,
            Draft.feedback,
            Draft.updated_at,
        )
        assert database.rows(Draft.select(*columns)) == [
            (admin.user_id, world.work["ana"], 3, "1.5", "Fine", noon)
        ]


def test_what_was_typed_for_the_review_is_kept_beside_a_newer_draft(world: World) -> None:
    admin = world.actor("admin")
    _review(Decision.APPROVE)(world, admin)
    newer = {"user": admin.user_id, "completion": world.work["ana"], "work_version": 2, "feedback": "Newer"}
    with database.writing():
        Draft.insert(newer, updated_at=clock.now()).execute()
    undo.undo(admin, last_line())
    with database.reading():
        columns = (Draft.points, Draft.feedback, Draft.older_points, Draft.older_feedback)
        assert database.rows(Draft.select(*columns)) == [("", "Newer", "1.5", "Fine")]


def test_a_review_without_a_word_leaves_no_draft(world: World) -> None:
    admin = world.actor("admin")
    work = world.school.work(world.people["ana"], world.steps[2])
    reviews.save(admin, work, 1, Decision.APPROVE)
    undo.undo(admin, last_line())
    assert dump()["drafts"] == []


def test_a_later_review_is_built_on_it(world: World) -> None:
    admin, mentor = world.actor("admin"), world.actor("mentor")
    _review(Decision.APPROVE)(world, mentor)
    line = last_line()
    _review(Decision.RETURN)(world, admin)
    refused(mentor, line, "This work was sent back by admin at ")
    undo.undo(admin, last_line())
    undo.undo(mentor, line)


def test_ones_own_later_review_is_taken_back_first(world: World) -> None:
    admin = world.actor("admin")
    _review(Decision.APPROVE)(world, admin)
    first = last_line()
    _review(Decision.RETURN)(world, admin)
    refused(admin, first, "This work was sent back by admin at ")
    undo.undo(admin, last_line())
    undo.undo(admin, first)


def test_a_later_attempt_is_built_on_it(world: World, noon: Any) -> None:
    mentor = world.actor("mentor")
    _review(Decision.RETURN)(world, mentor)
    work = world.work["ana"]
    with database.writing():
        Attempt.insert(completion=work, number=2, text="Again", submitted_at=noon).execute()
        Completion.update(state=State.NEEDS_REVIEW, version=3, submitted_at=noon).where(
            Completion.id == work
        ).execute()
    refused(mentor, last_line(), "Ana Learner handed in attempt 2 at 20 Nov 12:00 UTC, after your review.")


def test_an_import_is_built_on_it(world: World) -> None:
    mentor = world.actor("mentor")
    _review(Decision.APPROVE)(world, mentor)
    world.school.change(Completion, world.work["ana"], points=3, version=3)
    refused(mentor, last_line(), "This work was changed since, by an import.")


def test_a_review_of_work_whose_step_was_removed_since_can_be_taken_back(world: World) -> None:
    mentor = world.actor("mentor")
    _review(Decision.APPROVE)(world, mentor)
    world.school.change(Step, world.steps[0], active=False)
    undo.undo(mentor, last_line())
    assert world.school.value(Completion, world.work["ana"], "state") == ("needs_review",)


def test_a_review_of_a_person_who_left_ones_group_stays(world: World) -> None:
    mentor = world.actor("mentor")
    _review(Decision.APPROVE)(world, mentor)
    line = last_line()
    members.remove(world.actor("admin"), world.places["ana in group"])
    refused(mentor, line, "No such work.", errors.NotFoundError)


# ------------------------------------------------------------------------- places


def test_a_role_changed_since_stays_also_where_it_came_back(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    place = world.places["ana in group"]
    members.change_role(leader, place, Role.MEMBER, Role.MENTOR)
    line = last_line()
    members.change_role(admin, place, Role.MENTOR, Role.LEADER)
    refused(leader, line, "The role of Ana Learner was changed by admin at ")
    members.change_role(admin, place, Role.LEADER, Role.MENTOR)
    refused(leader, line, "The role of Ana Learner was changed by admin at ")
    undo.undo(admin, last_line())
    undo.undo(admin, last_line() - 2)
    undo.undo(leader, line)


def test_a_role_of_somebody_removed_since_stays(world: World) -> None:
    leader = world.actor("leader")
    place = world.places["ana in group"]
    members.change_role(leader, place, Role.MEMBER, Role.MENTOR)
    line = last_line()
    members.change_role(leader, place, Role.MENTOR, Role.MEMBER)
    members.remove(world.actor("admin"), place)
    refused(leader, line, "The membership of Ana Learner was taken away by admin at ")


def test_somebody_added_again_is_not_put_back(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    _remove(world, leader)
    line = last_line()
    members.add(admin, world.groups["group"], [world.people["ana"]], Role.MENTOR)
    refused(leader, line, "Ana Learner is in the group again: the new membership was given by admin at ")
    undo.undo(admin, last_line())
    undo.undo(leader, line)


def test_somebody_deactivated_is_not_put_back(world: World) -> None:
    leader = world.actor("leader")
    _remove(world, leader)
    line = last_line()
    people.deactivate(world.actor("admin"), world.people["ana"])
    refused(leader, line, "You can no longer add this person. Ask an admin.")
    people.edit(world.actor("admin"), world.people["ana"], active=True)
    refused(leader, line, "You can no longer add this person. Ask an admin.")
    world.school.place(world.people["ana"], world.groups["alone"])
    undo.undo(leader, line)


def test_an_admin_is_told_who_was_deactivated_and_by_whom(world: World) -> None:
    admin, root = world.actor("admin"), world.school.actor(world.school.person("Root Admin", admin=True))
    _remove(world, admin)
    line = last_line()
    people.deactivate(root, world.people["ana"])
    refused(admin, line, "Ana Learner was deactivated by Root Admin at ")
    people.edit(root, world.people["ana"], active=True)
    undo.undo(admin, line)


def test_somebody_who_was_deactivated_before_is_put_back_as_they_were(world: World) -> None:
    leader = world.actor("leader")
    before = stands()
    members.remove(leader, world.places["idle in group"])
    undo.undo(leader, last_line())
    assert stands() == before


def test_nobody_is_put_back_into_a_group_that_is_gone(world: World) -> None:
    leader = world.actor("leader")
    _remove(world, leader)
    line = last_line()
    _delete(Subgroups.MOVE_UP)(world, world.actor("admin"))
    refused(leader, line, "No such group.", errors.NotFoundError)


def test_people_who_were_added_and_given_a_role_since_stay_all_of_them(world: World) -> None:
    admin = world.actor("admin")
    _add(world, admin)
    line = last_line()
    with database.reading():
        place = Membership.select(Membership.id).where(
            Membership.user == world.people["ben"], Membership.group == world.groups["below"]
        )
        ben = place.scalar()
    members.change_role(admin, ben, Role.MENTOR, Role.MEMBER)
    refused(admin, line, "The role of Ben Learner was changed by admin at ")
    members.remove(admin, ben)
    refused(admin, line, "The membership of Ben Learner was taken away by admin at ")


def test_a_place_that_was_taken_up_again_is_withdrawn_again(world: World) -> None:
    admin = world.actor("admin")
    withdrawn = world.school.place(world.people["ana"], world.groups["below"], Role.LEADER, active=False)
    before = stands()
    _add(world, admin)
    assert world.school.value(Membership, withdrawn, "active", "role") == (True, "mentor")
    undo.undo(admin, last_line())
    assert stands() == before


def test_one_who_gave_up_their_own_way_in_cannot_take_that_back(world: World) -> None:
    leader = world.actor("leader")
    members.change_role(leader, world.places["leader in group"], Role.LEADER, Role.MEMBER)
    refused(leader, last_line(), "No such group.", errors.NotFoundError)


# ------------------------------------------------------------------------- groups


def test_a_group_edited_or_moved_since_stays(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    _edit(world, leader)
    edited = last_line()
    _to_top(world, admin)
    refused(leader, edited, "“Other” was moved by admin at ")
    undo.undo(admin, last_line())
    undo.undo(leader, edited)


def test_people_who_come_and_go_do_not_change_the_group_itself(world: World) -> None:
    leader = world.actor("leader")
    _edit(world, leader)
    edited = last_line()
    _remove(world, leader)
    undo.undo(leader, edited)


def test_a_slug_that_was_taken_since_is_not_taken_away(world: World) -> None:
    admin = world.actor("admin")
    _edit(world, admin)
    edited = last_line()
    groups.create(admin, "Another", slug="group-group")
    refused(admin, edited, "Another group has the slug group-group since.")
    _delete(Subgroups.DELETE)(world, admin)
    deleted = last_line()
    groups.create(admin, "Another", slug="other")
    refused(admin, deleted, "Another group has the slug other since.")


def test_a_group_does_not_go_back_into_one_that_is_gone(world: World) -> None:
    admin, leader = world.actor("admin"), world.actor("leader")
    world.school.place(world.people["leader"], world.groups["above"], Role.LEADER)
    groups.nest(admin, world.groups["below"], 1, None)
    moved = last_line()
    groups.nest(leader, world.groups["beside"], 1, world.groups["group"])
    by_leader = last_line()
    group_deletion.delete(admin, world.groups["group"], world.version("group"), Subgroups.DELETE)
    refused(admin, moved, "The group that it was in was deleted by admin at ")
    refused(leader, by_leader, "No such group.", errors.NotFoundError)


def test_a_group_does_not_go_back_under_itself(world: World) -> None:
    admin = world.actor("admin")
    groups.nest(admin, world.groups["below"], 1, None)
    moved = last_line()
    groups.nest(admin, world.groups["group"], 1, world.groups["below"])
    refused(admin, moved, "The group that it was in was moved below it since.")


def test_only_an_admin_takes_a_group_back_to_the_top_level(world: World) -> None:
    leader = world.actor("leader")
    _under(world, leader)
    refused(leader, last_line(), "Only admins take a group to the top level.", errors.ForbiddenError)
    world.school.change(User, world.people["leader"], is_admin=True)
    undo.undo(leader, last_line())
    assert world.school.value(Group, world.groups["alone"], "parent") == (None,)


def test_a_group_is_not_taken_from_those_above_it_by_one_who_does_not_lead_there_any_more(
    world: World,
) -> None:
    leader = world.actor("leader")
    groups.nest(leader, world.groups["below"], 1, world.groups["beside"])
    world.school.place(world.people["leader"], world.groups["below"], Role.LEADER)
    with database.writing():
        Membership.delete().where(Membership.id == world.places["leader in beside"]).execute()
    refused(leader, last_line(), "Only leaders of the group above can move it out.", errors.ForbiddenError)


def test_a_group_with_anybody_or_anything_in_it_is_not_unmade(world: World) -> None:
    admin = world.actor("admin")
    made = groups.create(admin, "New")
    line = last_line()
    members.add(admin, made, [world.people["ana"]], Role.MEMBER)
    refused(admin, line, "Somebody was added to “New” since.")
    undo.undo(admin, last_line())
    below = groups.create(admin, "Below", parent=made)
    refused(admin, line, "There are groups below “New” since.")
    undo.undo(admin, last_line())
    assert world.school.value(Group, below, "id") is None
    groups.edit(admin, made, 1, name="Newer", slug="new", description="")
    refused(admin, line, "“Newer” was edited by admin at ")
    undo.undo(admin, last_line())
    undo.undo(admin, line)
    assert world.school.value(Group, made, "id") is None


@pytest.mark.parametrize("subgroups", list(Subgroups))
def test_a_group_does_not_come_back_where_its_parent_is_gone(world: World, subgroups: Subgroups) -> None:
    admin, leader = world.actor("admin"), world.actor("leader")
    _delete(subgroups)(world, admin)
    by_admin = last_line()
    undo.undo(admin, by_admin)
    _delete(subgroups)(world, leader)
    by_leader = last_line()
    group_deletion.delete(admin, world.groups["above"], world.version("above"), Subgroups.MOVE_UP)
    refused(leader, by_leader, deletion.CHANGED)
    undo.undo(admin, last_line())
    undo.undo(leader, by_leader)


def test_an_admin_is_told_who_deleted_the_parent(world: World) -> None:
    admin = world.actor("admin")
    _delete(Subgroups.DELETE)(world, admin)
    line = last_line()
    group_deletion.delete(admin, world.groups["above"], 1, Subgroups.DELETE)
    refused(admin, line, "The group that “Group group” was in was deleted by admin at ")


@pytest.mark.parametrize("how", ["moved on", "deleted", "renamed"])
def test_a_group_that_moved_up_out_of_sight_and_was_changed_is_not_pulled_down(
    world: World, how: str
) -> None:
    admin, leader, below = world.actor("admin"), world.actor("leader"), world.groups["below"]
    _delete(Subgroups.MOVE_UP)(world, leader)
    line = last_line()
    if how == "moved on":
        groups.nest(admin, below, 2, None)
    elif how == "deleted":
        group_deletion.delete(admin, below, 2, Subgroups.MOVE_UP)
    else:
        groups.edit(admin, below, 2, name="Lower", description="")
    left = world.school.value(Group, below, "name", "parent", "version")
    # Whatever was done to it, the same is said.
    assert undo.undo(leader, line).note == "1 subgroup was left out: you can no longer move it."
    assert world.school.value(Group, below, "name", "parent", "version") == left
    assert world.school.value(Group, world.groups["group"], "parent") == (world.groups["above"],)


@pytest.mark.parametrize("how", ["moved on", "deleted"])
def test_a_group_that_moved_up_comes_down_again_once_what_was_done_to_it_is_undone(
    world: World, how: str
) -> None:
    admin, leader, below = world.actor("admin"), world.actor("leader"), world.groups["below"]
    _delete(Subgroups.MOVE_UP)(world, leader)
    line = last_line()
    if how == "moved on":
        groups.nest(admin, below, 2, None)
    else:
        group_deletion.delete(admin, below, 2, Subgroups.MOVE_UP)
    undo.undo(admin, last_line())
    assert undo.undo(leader, line).note == ""
    assert world.school.value(Group, below, "parent") == (world.groups["group"],)


def test_a_group_that_moved_up_and_was_edited_is_named_to_those_who_see_it(world: World) -> None:
    above, admin = world.actor("leader_above"), world.actor("admin")
    _delete(Subgroups.MOVE_UP)(world, above)
    line = last_line()
    groups.edit(admin, world.groups["below"], 2, name="Lower", slug="lower", description="")
    refused(above, line, "“Lower” was edited by admin at ")


def test_a_move_before_a_deletion_is_taken_back_after_it(world: World) -> None:
    admin = world.actor("admin")
    before = stands()
    _nest(world, admin)
    moved = last_line()
    group_deletion.delete(admin, world.groups["beside"], 1, Subgroups.MOVE_UP)
    refused(admin, moved, "“Group below” was moved up out of a deleted group by admin at ")
    undo.undo(admin, last_line())
    undo.undo(admin, moved)
    assert stands() == before


def test_who_could_see_the_deleted_group_only_by_a_place_above_and_lost_it_does_not_put_it_back(
    world: World,
) -> None:
    above = world.actor("leader_above")
    _delete(Subgroups.DELETE)(world, above)
    world.school.change(Membership, world.places["leader_above in above"], role=Role.MENTOR)
    refused(above, last_line(), "No such group.", errors.NotFoundError)


# ------------------------------------------------------------------------- replies


@pytest.mark.parametrize("shared", [False, True])
def test_a_deleted_reply_is_there_again_for_all_who_had_it(world: World, shared: bool) -> None:
    admin, mentor = world.actor("admin"), world.actor("mentor")
    own = replies.add(admin, "Show how", "Show how you got there.", 3, shared=shared)
    replies.use(admin, own, None)
    before = replies.find(admin), [reply.body for reply in replies.find(mentor)]
    version = 1
    for _ in range(2):
        replies.delete(admin, own, version)
        assert replies.find(admin) == replies.find(mentor) == ()
        newest = undo.last(admin)
        assert newest is not None
        kind = "shared reply" if shared else "reply"
        assert newest.words == f"Deleted the {kind} “Show how”"
        undo.undo(admin, newest.line_id)
        version += 2
        found = tuple(replace(reply, version=1) for reply in replies.find(admin))
        assert (found, [reply.body for reply in replies.find(mentor)]) == before
        refused(admin, newest.line_id, "You undid this already, at ")
    assert [deed.stand for deed in my_actions.mine(admin).rows] == ["undone", "undone", "stays"]
    # Who looked before it was deleted is told.
    with pytest.raises(errors.ConflictError, match="was put back as it was by admin at "):
        replies.edit(admin, own, 1, title="x", body="y", points=None, shared=shared)


def test_a_deleted_reply_stays_so_for_those_who_may_not_change_it_any_more(world: World) -> None:
    leader = world.actor("leader")
    world.school.change(User, world.people["leader"], is_admin=True)
    own, shared = (replies.add(leader, "Show how", "Text.", shared=shared) for shared in (False, True))
    lines = []
    for reply in (own, shared):
        replies.delete(leader, reply, 1)
        lines.append(last_line())
    world.school.change(User, world.people["leader"], is_admin=False)
    refused(leader, lines[1], "Only admins share replies.", errors.ForbiddenError)
    with database.writing():
        Membership.update(active=False).where(Membership.user == leader.user_id).execute()
    for line in lines:
        refused(leader, line, "", errors.NotFoundError)


def test_a_deleted_reply_that_is_not_as_it_was_left_or_has_no_room_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = world.actor("admin")
    first = replies.add(admin, "First", "Text.")
    replies.delete(admin, first, 1)
    line = last_line()
    replies.add(admin, "Second", "Text.")
    monkeypatch.setattr(replies, "OWN_LIMIT", 1)
    refused(admin, line, "You have 1 reply, the most there can be. Delete one first. Nothing was")
    monkeypatch.setattr(replies, "OWN_LIMIT", 2)
    world.school.change(Reply, first, version=3)
    refused(admin, line, "“First” was changed since, by an import.")


# ------------------------------------------------------------------------- in bulk


@pytest.fixture
def three(world: World) -> list[int]:
    """The work of three people, approved at once by the admin."""
    admin = world.actor("admin")
    wanted = [world.work[name] for name in ("ana", "ben", "lower")]
    found = bulk.preview(admin, wanted, Decision.APPROVE, 3)
    bulk.apply(admin, found.ready, Decision.APPROVE, points=3, feedback="All fine")
    return wanted


def test_a_bulk_action_is_taken_back_as_one(world: World) -> None:
    admin = world.actor("admin")
    before = stands()
    wanted = [world.work[name] for name in ("ana", "ben", "lower")]
    found = bulk.preview(admin, wanted, Decision.APPROVE, 3)
    bulk.apply(admin, found.ready, Decision.APPROVE, points=3)
    newest = undo.last(admin)
    assert newest is not None
    assert newest.words == "Approved 3 at once"
    taken = undo.undo(admin, newest.line_id)
    assert (taken.count, taken.left) == (3, ())
    assert stands() == before
    with database.reading():
        lines = database.rows(
            AuditLine.select(AuditLine.undoes, AuditLine.batch).where(AuditLine.action == "undo")
        )
    assert len({row[0] for row in lines}) == 3
    assert len({row[1] for row in lines}) == 1


def test_any_line_of_a_bulk_action_stands_for_all(world: World, three: list[int]) -> None:
    admin = world.actor("admin")
    assert undo.undo(admin, last_line() - 2).count == 3


def test_what_was_built_on_is_left_and_told_and_the_rest_taken_back(world: World, three: list[int]) -> None:
    admin, mentor = world.actor("admin"), world.actor("mentor")
    line = last_line()
    reviews.save(mentor, three[0], 2, Decision.RETURN, feedback="No")
    taken = undo.undo(admin, line)
    assert taken.count == 2
    assert [one.what for one in taken.left] == ["Writing step 1.1, Ana Learner"]
    assert "was sent back by mentor at " in taken.left[0].why
    states = [world.school.value(Completion, one, "state") for one in three]
    assert states == [("returned",), ("needs_review",), ("needs_review",)]
    # What is left can be tried again, and is not what comes next.
    assert undo.last(admin) is None
    refused(admin, line, "was sent back by mentor at ")
    undo.undo(mentor, undo.last(mentor).line_id)  # type: ignore[union-attr]
    assert undo.undo(admin, line).count == 1


def test_a_bulk_action_of_which_nothing_can_be_taken_back_is_refused(world: World, three: list[int]) -> None:
    world.school.change(User, world.people["admin"], is_admin=False)
    refused(world.actor("admin"), last_line(), "No such work.", errors.NotFoundError)


def test_each_of_many_is_taken_back_by_itself_and_others_write_between(
    world: World, three: list[int]
) -> None:
    reached = []

    def progress(done: int, total: int) -> None:
        reached.append((done, total))
        assert not database.db.in_transaction()
        people.edit(world.actor("admin"), world.people["ana"], first_name=f"Ana {done}")

    undo.undo(world.actor("admin"), last_line(), progress=progress)
    assert reached == [(1, 3), (2, 3), (3, 3)]
    actions = [line[0] for line in world.school.audit_lines()]
    assert actions[3:] == ["undo", "user.edit"] * 3


def test_what_was_stopped_half_way_is_gone_on_with_later(
    world: World, three: list[int], noon: datetime
) -> None:
    admin = world.actor("admin")
    line = last_line()
    stop: list[bool] = []
    taken = undo.undo(admin, line, progress=lambda done, _: stop.append(True), cancelled=lambda: bool(stop))
    assert (taken.count, taken.left, taken.not_reached) == (1, (), 2)
    assert taken.decisions == (Decision.APPROVE,)
    states = [world.school.value(Completion, one, "state") for one in three]
    assert states.count(("complete",)) == 2
    # It is not what comes next: that was done before it.
    assert undo.last(admin) is None
    deed = my_actions.mine(admin).rows[0]
    assert (deed.stand, deed.count, deed.undone_at) == ("partly", 2, noon)
    taken = undo.undo(admin, deed.line_id)
    assert (taken.count, taken.left, taken.not_reached) == (2, (), 0)
    assert [world.school.value(Completion, one, "state") for one in three] == [("needs_review",)] * 3
    refused(admin, line, "You undid this already, at ")


def test_what_was_stopped_before_the_first_is_as_it_was(world: World, three: list[int]) -> None:
    admin = world.actor("admin")
    before = dump()
    taken = undo.undo(admin, last_line(), cancelled=lambda: True)
    assert (taken.count, taken.not_reached) == (0, 3)
    assert dump() == before
    newest = undo.last(admin)
    assert newest is not None
    assert newest.count == 3


def test_a_full_disk_half_way_ends_it_and_what_was_done_stays_done(
    world: World, three: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, line = world.actor("admin"), last_line()
    write, calls = audit.write, []

    def full(*args: Any, **kwargs: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise errors.DiskFullError("There is no room left.")
        return write(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(audit, "write", full)
        taken = undo.undo(admin, line)
    assert (taken.count, [one.why for one in taken.left], taken.not_reached) == (
        1,
        ["There is no room left."],
        1,
    )
    assert undo.undo(admin, line).count == 2


# ------------------------------------------------------------------------- the last one


def test_the_last_one_is_the_newest_that_can_be_taken_back(world: World) -> None:
    admin = world.actor("admin")
    assert undo.last(admin) is None
    _remove(world, admin)
    _edit(world, admin)
    settings.change(admin, Thresholds(), Thresholds(inactive_days=21))
    newest = undo.last(admin)
    assert newest is not None
    assert newest.words == "Edited Other"
    undo.undo(admin, newest.line_id)
    newest = undo.last(admin)
    assert newest is not None
    assert newest.words == "Removed Ana Learner from Group group"
    undo.undo(admin, newest.line_id)
    assert undo.last(admin) is None


def test_past_what_stays_the_last_one_is_older_and_in_sight(world: World) -> None:
    leader, school = world.actor("leader"), world.school
    lines = []
    for whose in ("ana", "ben", "ana", "ben"):
        reviews.save(leader, world.work[whose], _version(world, whose), Decision.RETURN, feedback="Again.")
        lines.append(last_line())
    school.change(Membership, world.places["ben in group"], active=False)

    def last(*but: int) -> int | None:
        deed = undo.last(leader, but=but)
        return deed.line_id if deed else None

    # The last one itself is tried, so that one is told why it stays.
    assert last() == lines[3]
    assert last(lines[3]) == lines[2]
    assert last(lines[3], lines[2]) == lines[0]
    assert last(lines[3], lines[2], lines[0]) is None
    assert last(lines[1]) == lines[3]


def test_the_last_one_is_ones_own(world: World) -> None:
    _remove(world, world.actor("admin"))
    assert undo.last(world.actor("leader")) is None
    assert undo.last(OPERATOR) is None


def test_the_history_has_what_was_taken_back(world: World) -> None:
    admin = world.actor("admin")
    _remove(world, admin)
    undo.undo(admin, last_line())
    assert [deed.stand for deed in my_actions.mine(admin).rows] == ["undone"]


# ------------------------------------------------------------------------- two at once


@pytest.mark.parametrize("act", ["review.approve", "membership.remove", "group.delete, with all below"])
def test_of_two_sessions_of_one_person_that_take_back_at_once_one_does(world: World, act: str) -> None:
    admin = world.actor("admin")
    before = stands()
    ACTS[act](world, admin)
    line = last_line()

    def attempt(_: int) -> bool:
        try:
            undo.undo(admin, line)
        except errors.ConflictError:
            return False
        finally:
            database.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert stands() == before


def test_of_a_review_and_an_undoing_at_once_one_is_refused_and_nothing_is_half_done(world: World) -> None:
    mentor, admin = world.actor("mentor"), world.actor("admin")
    _review(Decision.APPROVE)(world, mentor)
    line = last_line()

    def undo_it() -> str:
        try:
            undo.undo(mentor, line)
        except errors.ConflictError:
            return ""
        finally:
            database.close()
        return "needs_review"

    def review() -> str:
        try:
            reviews.save(admin, world.work["ana"], 2, Decision.RETURN, feedback="Again.")
        except errors.ConflictError:
            return ""
        finally:
            database.close()
        return "returned"

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in (pool.submit(undo_it), pool.submit(review))]
    assert done.count("") == 1
    assert world.school.value(Completion, world.work["ana"], "state") == ("".join(done),)
