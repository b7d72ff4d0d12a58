"""Undoing asks what the reverse as a new action would ask, of every group and person concerned."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from store import clock, database, errors, group_deletion, groups, members, people, permissions, threads
from store.audit import action_names, audit, lines
from store.importing import groups as groups_import
from store.models import AuditLine, Completion, Group, Lesson, Membership, Post, Review, Step, User
from store.models.own import DigestSent, Reply
from store.models.sites import OutboxRow, Site, SitePost
from store.permissions import CALENDAR, IMPORT
from store.review import bulk, excusing, releases, replies, reviews
from store.undo import memberships, my_actions, undo
from store.views import Actor
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.states import Decision
from tests.helpers.days import Days
from tests.helpers.roster_files import write_texts
from tests.helpers.school import dump
from tests.helpers.world import World

Act = Callable[[World], Any]


def last_line() -> int:
    with database.reading():
        return int(AuditLine.select(AuditLine.id).order_by(AuditLine.id.desc()).scalar())


def refused(actor: Actor, line_id: int, error: type[errors.MusterError], words: str = "") -> str:
    """It is refused, and nothing is written; what was said."""
    before = dump(), last_line()
    with pytest.raises(error) as told:
        undo.undo(actor, line_id)
    assert type(told.value) is error
    assert words in told.value.message
    assert (dump(), last_line()) == before
    return told.value.message


def role_of(world: World, who: str, group: int) -> str | None:
    with database.reading():
        place = Membership.select(Membership.role).where(
            Membership.user == world.people[who], Membership.group == group, Membership.active
        )
        return place.scalar()


def words(world: World, who: str) -> list[str]:
    return [deed.words for deed in my_actions.mine(world.actor(who)).rows]


# ------------------------------------------------------- every kind asks its check

# How each kind is done, its reverse as a new action, and the check that both ask.
REVERSES: dict[str, tuple[Act, Act, str]] = {
    "review.approve": (
        lambda world: reviews.save(world.actor("leader"), world.work["ana"], 1, Decision.APPROVE, points=1),
        lambda world: reviews.save(
            world.actor("leader"), world.work["ana"], 2, Decision.RETURN, feedback="No"
        ),
        "require_work",
    ),
    "review.return": (
        lambda world: reviews.save(
            world.actor("leader"), world.work["ana"], 1, Decision.RETURN, feedback="No"
        ),
        lambda world: reviews.save(world.actor("leader"), world.work["ana"], 2, Decision.APPROVE, points=1),
        "require_work",
    ),
    "work.excuse": (
        lambda world: excusing.excuse(world.actor("leader"), world.people["ana"], _step_of(world)),
        lambda world: reviews.save(
            world.actor("leader"), world.work["ana"], 2, Decision.RETURN, feedback="No"
        ),
        "require_work",
    ),
    "work.release": (
        lambda world: releases.release(world.actor("leader"), _held_step(world, "ana")),
        lambda world: releases.release(world.actor("leader"), _held_step(world, "ben")),
        "require_releases",
    ),
    "post.answer": (
        lambda world: threads.answer(world.actor("leader"), _post_of(world, "ana"), "Try mist."),
        lambda world: threads.answer(world.actor("leader"), _post_of(world, "ana"), "Or drizzle."),
        "require_follows",
    ),
    "membership.add": (
        lambda world: members.add(
            world.actor("leader"), world.groups["beside"], [world.people["ana"]], Role.MEMBER
        ),
        lambda world: members.remove(world.actor("leader"), _place(world, "ana", "beside")),
        "require_removing",
    ),
    "membership.role": (
        lambda world: members.change_role(
            world.actor("leader"), world.places["ana in group"], Role.MEMBER, Role.MENTOR
        ),
        lambda world: members.change_role(
            world.actor("leader"), world.places["ana in group"], Role.MENTOR, Role.MEMBER
        ),
        "require_role_change",
    ),
    "membership.remove": (
        lambda world: members.remove(world.actor("leader"), world.places["ana in group"]),
        lambda world: members.add(
            world.actor("leader"), world.groups["group"], [world.people["ben"]], Role.MEMBER
        ),
        "require_adding",
    ),
    "group.create": (
        lambda world: groups.create(world.actor("leader"), "New", parent=world.groups["group"]),
        lambda world: group_deletion.delete(world.actor("leader"), _newest_group(), 1, Subgroups.MOVE_UP),
        "require_deleting",
    ),
    "group.edit": (
        lambda world: groups.edit(
            world.actor("leader"), world.groups["group"], 1, name="Other", description=""
        ),
        lambda world: groups.edit(
            world.actor("leader"), world.groups["group"], 2, name="Group group", description=""
        ),
        "require_editing",
    ),
    "group.nest": (
        lambda world: groups.nest(world.actor("leader"), world.groups["below"], 1, world.groups["beside"]),
        lambda world: groups.nest(world.actor("leader"), world.groups["below"], 2, world.groups["group"]),
        "require_nesting",
    ),
    "group.delete": (
        lambda world: group_deletion.delete(
            world.actor("leader"), world.groups["below"], 1, Subgroups.DELETE
        ),
        lambda world: groups.create(world.actor("leader"), "Again", parent=world.groups["group"]),
        "require_making",
    ),
    "reply.delete": (
        lambda world: replies.delete(
            world.actor("leader"), replies.add(world.actor("leader"), "Hint", "Text."), 1
        ),
        lambda world: replies.add(world.actor("leader"), "Hint", "Text."),
        "require_keeping_reply",
    ),
    "user.add": (
        lambda world: people.add(world.actor("admin"), "New", "Person", "new@x.example"),
        lambda world: people.deactivate(world.actor("admin"), world.people["idle"]),
        "require_admin",
    ),
    "user.edit": (
        lambda world: people.edit(world.actor("admin"), world.people["ana"], first_name="Anna"),
        lambda world: people.edit(world.actor("admin"), world.people["ana"], first_name="Ana"),
        "require_admin",
    ),
}


def _who_does(world: World, kind: str) -> Actor:
    return world.actor("admin" if kind.startswith("user.") else "leader")


def _place(world: World, who: str, group: str) -> int:
    with database.reading():
        place = Membership.select(Membership.id).where(
            Membership.user == world.people[who], Membership.group == world.groups[group]
        )
        return int(place.scalar())


def _step_of(world: World) -> int:
    with database.reading():
        work = Completion.select(Completion.step).where(Completion.id == world.work["ana"])
        return int(work.scalar())


def _post_of(world: World, who: str) -> int:
    """A new post of somebody at a site that takes answers."""
    now = clock.now()
    with database.writing():
        course = database.row(Step.select(Lesson.course).join(Lesson))
        assert course is not None
        site = Site.insert(
            name=f"Talk {now}", kind="moodle", url="https://talk.example", created_at=now
        ).execute()
        post = Post.insert(
            course=course[0], user=world.people[who], title="Rain", body="What is it called?", created_at=now
        ).execute()
        SitePost.insert(site=site, post=post, external_id="1", thread="1").execute()
    return int(post)


def _held_step(world: World, who: str) -> int:
    """The step of somebody's work, whose marks a site holds back."""
    completion, now = world.work[who], clock.now()
    with database.writing():
        work = Completion.select(Completion.step).where(Completion.id == completion)
        (step,) = database.rows(work)[0]
        about = {"completion": completion, "decision": "approve", "created_at": now}
        review = Review.insert(about).execute()
        site = Site.insert(name=who, kind="moodle", url=f"https://{who}.example", created_at=now).execute()
        ids = {"assignment_external_id": "1", "person_external_id": "1", "attempt": 0, "changed_at": now}
        held = {"state": "done", "release": "held", "review": review, "site": site}
        OutboxRow.insert({**about, **ids, **held}).execute()
    return int(step)


def _newest_group() -> int:
    with database.reading():
        return int(Group.select(Group.id).order_by(Group.id.desc()).scalar())


def test_every_kind_that_can_be_undone_names_its_check_and_is_tried_here() -> None:
    assert set(undo.KINDS) == lines.UNDOABLE == set(REVERSES)
    assert all(callable(kind.check) for kind in undo.KINDS.values())


@pytest.mark.parametrize("kind", REVERSES)
def test_what_refuses_the_reverse_refuses_undoing(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    do, reverse, check = REVERSES[kind]
    do(world)
    line = last_line()

    def no(*_: Any, **__: Any) -> None:
        raise errors.ForbiddenError("Not you.")

    # Where it is known to all, and where other rules of its own kind find it.
    for module in (permissions, sys.modules[getattr(permissions, check).__module__]):
        monkeypatch.setattr(module, check, no)
    actor = _who_does(world, kind)
    if kind == "group.delete":
        # Of a group that is gone nobody is told more than that.
        refused(actor, line, errors.NotFoundError, "No such group.")
    else:
        refused(actor, line, errors.ForbiddenError, "Not you.")
    with pytest.raises(errors.ForbiddenError, match="Not you"):
        reverse(world)


@pytest.mark.parametrize("kind", REVERSES)
def test_the_check_comes_before_anything_is_looked_at_or_changed(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    REVERSES[kind][0](world)
    line = last_line()
    asked: list[str] = []
    before = undo.KINDS[kind]
    seen = undo.UndoKind(
        lambda who, line: asked.append("check"),
        lambda *_: asked.append("change") or None,  # type: ignore[func-returns-value]
    )
    monkeypatch.setitem(undo.KINDS, kind, seen)
    undo.undo(_who_does(world, kind), line)
    assert asked == ["check", "change"]
    monkeypatch.setitem(undo.KINDS, kind, before)
    undo.undo(_who_does(world, kind), line)


@pytest.mark.parametrize("kind", REVERSES)
def test_who_lost_every_role_undoes_nothing(world: World, kind: str) -> None:
    REVERSES[kind][0](world)
    line = last_line()
    admin = world.actor("admin")
    for group in ("group", "alone", "beside"):
        place = world.places[f"leader in {group}"]
        members.change_role(admin, place, Role.LEADER, Role.MEMBER)
        members.remove(admin, place)
    message = refused(world.actor("leader"), line, errors.NotFoundError)
    for name in ("Ana", "Group", "New", "Other", "admin", "Hint"):
        assert name not in message


# ---------------------------------------------------------------- a group comes back


def _led_and_deleted(world: World, who: str = "leader", parent: str = "group") -> tuple[int, int]:
    """A subgroup that the leader filled with Ana and Ben, led themselves, and deleted; the line."""
    leader = world.actor(who)
    made = groups.create(leader, "Filled", parent=world.groups[parent])
    members.add(leader, made, [world.people[who]], Role.LEADER)
    members.add(leader, made, [world.people["ana"], world.people["ben"]], Role.MEMBER)
    group_deletion.delete(leader, made, 1, Subgroups.DELETE)
    return made, last_line()


def _take(world: World, *seats: str, by: str = "admin", to: Role | None = None) -> None:
    """Take the leader's role in these groups from them."""
    for group in seats:
        place = world.places[f"leader in {group}"]
        members.change_role(world.actor(by), place, Role.LEADER, to or Role.MEMBER)
        if to is None:
            members.remove(world.actor(by), place)


def test_a_leader_who_was_removed_gets_neither_group_nor_role_nor_people_back(world: World) -> None:
    made, line = _led_and_deleted(world)
    _take(world, "group")
    refused(world.actor("leader"), line, errors.NotFoundError, "No such group.")
    assert world.school.value(Group, made, "id") is None
    assert words(world, "leader")[0].startswith("Deleted a group you can no longer see")


@pytest.mark.parametrize("to", [Role.MENTOR, Role.MEMBER])
def test_a_lesser_role_is_one_taken_too(world: World, to: Role) -> None:
    _, line = _led_and_deleted(world)
    _take(world, "group", to=to)
    refused(world.actor("leader"), line, errors.NotFoundError)


def test_who_leads_the_parent_puts_it_back_whatever_was_taken_elsewhere(world: World) -> None:
    made, line = _led_and_deleted(world)
    _take(world, "beside", "alone")
    undo.undo(world.actor("leader"), line)
    assert [role_of(world, who, made) for who in ("leader", "ana", "ben")] == ["leader", "member", "member"]


def _taken_by(world: World, how: str, tmp_path: Path) -> None:
    """Something was taken from the leader, of whom only the deleted group was left."""
    admin, leader = world.actor("admin"), world.people["leader"]
    if how == "another role":
        members.change_role(admin, world.places["leader in alone"], Role.LEADER, Role.MENTOR)
    elif how == "a membership":
        members.remove(admin, world.places["leader in beside"])
    elif how == "the account, and given back":
        people.deactivate(admin, leader)
        people.edit(admin, leader, active=True)
    elif how == "a group of theirs":
        group_deletion.delete(admin, world.groups["alone"], 1, Subgroups.MOVE_UP)
    elif how == "an addition that was undone":
        undo.undo(admin, _added)
    elif how == "an import":
        world.school.change(User, leader, email="lead@x.example")
        csv = {"groups.csv": "id,parent_id,name\nx,,X\n"}
        rows = "group_id,email,role\n"
        for given in (f"{rows}x,lead@x.example,mentor\n", f"{rows}x,ana.learner@x.example,member\n"):
            groups_import.load([write_texts(tmp_path / "g", {**csv, "group_members.csv": given})])
    elif how == "an import of before":
        with database.writing():
            audit.write(IMPORT, "import.oneroster", "import", None, after={"files": []})
    else:
        assert how == "a day on which a role ended"
        with database.writing():
            audit.write(IMPORT, "membership.end", "membership", None, before=_role(world), after=None)


_added = 0


def _role(world: World) -> Any:
    with database.reading():
        return Membership.select().where(Membership.id == world.places["leader in alone"]).dicts().get()


@pytest.mark.parametrize(
    "how",
    [
        "another role",
        "a membership",
        "the account, and given back",
        "a group of theirs",
        "an addition that was undone",
        "an import",
        "an import of before",
        "a day on which a role ended",
    ],
)
def test_who_led_it_themselves_does_not_put_it_back_once_something_was_taken(
    world: World, how: str, tmp_path: Path
) -> None:
    global _added
    leader, admin = world.actor("leader"), world.actor("admin")
    groups.nest(admin, world.groups["group"], 1, None)
    if how == "a membership":
        members.change_role(admin, world.places["leader in beside"], Role.LEADER, Role.MEMBER)
    if how == "an addition that was undone":
        members.add(admin, world.groups["apart"], [world.people["leader"]], Role.MENTOR)
        _added = last_line()
    group_deletion.delete(leader, world.groups["group"], 2, Subgroups.DELETE)
    line = last_line()
    assert undo.last(leader).line_id == line  # type: ignore[union-attr]
    _taken_by(world, how, tmp_path)
    refused(leader, line, errors.NotFoundError, "No such group.")


@pytest.mark.parametrize(
    "how", ["given", "renamed", "taken and undone", "given up", "raised", "other import"]
)
def test_who_led_it_themselves_puts_it_back_as_long_as_nothing_was_taken(
    world: World, how: str, tmp_path: Path
) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    groups.nest(admin, world.groups["group"], 1, None)
    before = world.school.value(Membership, world.places["leader in group"], "role")
    if how == "raised":
        members.change_role(admin, world.places["leader in beside"], Role.LEADER, Role.MEMBER)
    group_deletion.delete(leader, world.groups["group"], 2, Subgroups.DELETE)
    line = last_line()
    if how == "given":
        members.add(admin, world.groups["apart"], [world.people["leader"]], Role.MENTOR)
    elif how == "renamed":
        people.edit(admin, world.people["leader"], last_name="Other")
    elif how == "taken and undone":
        members.change_role(admin, world.places["leader in alone"], Role.LEADER, Role.MEMBER)
        undo.undo(admin, last_line())
    elif how == "given up":
        members.change_role(leader, world.places["leader in alone"], Role.LEADER, Role.MEMBER)
    elif how == "raised":
        members.change_role(admin, world.places["leader in beside"], Role.MEMBER, Role.LEADER)
    else:
        texts = {"groups.csv": "id,parent_id,name\nx,,X\n"}
        texts["group_members.csv"] = "group_id,email,role\nx,ana.learner@x.example,member\n"
        groups_import.load([write_texts(tmp_path / "g", texts)])
    undo.undo(leader, line)
    assert world.school.value(Membership, world.places["leader in group"], "role") == before


def test_each_deletion_is_offered_by_what_was_taken_after_that_one(world: World) -> None:
    """What was given between two deletions and undone since was taken after the second one alone."""
    leader, admin = world.actor("leader"), world.actor("admin")
    group_deletion.delete(leader, world.groups["alone"], 1, Subgroups.DELETE)
    first = last_line()
    members.add(admin, world.groups["apart"], [world.people["leader"]], Role.MENTOR)
    given = last_line()
    group_deletion.delete(leader, world.groups["beside"], 1, Subgroups.DELETE)
    second = last_line()
    undo.undo(admin, given)
    assert words(world, "leader") == [f"Deleted {action_names.HIDDEN_GROUP}", "Deleted Group alone"]
    refused(leader, second, errors.NotFoundError, "No such group.")
    undo.undo(leader, first)


def test_an_admin_who_is_none_any_more_does_not_put_back_what_they_led(world: World) -> None:
    admin, root = world.actor("admin"), world.school.actor(world.school.person("Root Admin", admin=True))
    made = groups.create(admin, "Own")
    members.add(admin, made, [world.people["admin"]], Role.LEADER)
    group_deletion.delete(admin, made, 1, Subgroups.DELETE)
    line = last_line()
    people.edit(root, world.people["admin"], admin=False)
    refused(admin, line, errors.NotFoundError)


def test_without_community_nobody_puts_a_group_back(world: World) -> None:
    _, line = _led_and_deleted(world)
    world.school.account(plan="starter")  # type: ignore[arg-type]
    refused(world.actor("leader"), line, errors.NotFoundError)


def test_a_group_comes_back_without_those_who_could_not_be_added_now(world: World, tmp_path: Path) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    wanted = ("ana", "ben", "member", "tutor")
    below = world.groups["below"]
    members.add(leader, below, [world.people[who] for who in wanted], Role.MENTOR)
    group_deletion.delete(leader, below, 1, Subgroups.DELETE)
    line = last_line()
    # Deactivated; out of sight; out of sight and edited; removed elsewhere and still in sight.
    people.deactivate(admin, world.people["ana"])
    members.remove(leader, world.places["ben in group"])
    members.remove(admin, world.places["member in group"])
    members.change_role(admin, world.places["tutor in group"], Role.MENTOR, Role.MEMBER)
    taken = undo.undo(leader, line)
    assert taken.note == "2 people were left out: you can no longer add them."
    roles = {who: role_of(world, who, below) for who in (*wanted, "lower")}
    # Nobody but the leader changed anything of Ben's and Lower's.
    assert roles == {"ana": None, "ben": "mentor", "member": None, "tutor": "mentor", "lower": "member"}
    told = world.school.audit_lines()[-1]
    assert told[0] == "undo"


def test_an_admin_is_told_that_those_were_deactivated(world: World) -> None:
    admin, root = world.actor("admin"), world.school.actor(world.school.person("Root Admin", admin=True))
    group_deletion.delete(admin, world.groups["group"], 1, Subgroups.DELETE)
    line = last_line()
    people.deactivate(root, world.people["ana"])
    assert undo.undo(admin, line).note == "1 person was left out: deactivated since."
    # Who was deactivated before is in it again as they were.
    assert role_of(world, "idle", world.groups["group"]) == "member"
    assert role_of(world, "ana", world.groups["group"]) is None


def test_who_was_left_out_of_a_restored_group_was_changed_by_it(world: World) -> None:
    """Putting a group back is no reason to forget that its deletion took somebody out."""
    leader, admin, root = world.actor("leader"), world.actor("admin"), world.school.person("R", admin=True)
    apart = world.groups["apart"]
    members.add(admin, apart, [world.people["ana"]], Role.MEMBER)
    members.remove(leader, world.places["ana in group"])
    removal = last_line()
    group_deletion.delete(admin, apart, 1, Subgroups.DELETE)
    deleted = last_line()
    people.deactivate(world.school.actor(root), world.people["ana"])
    assert undo.undo(admin, deleted).note
    people.edit(world.school.actor(root), world.people["ana"], active=True)
    with database.writing():
        # As if nobody had touched the account: what is left is the deletion.
        AuditLine.update(action="session.start").where(AuditLine.action == "user.edit").execute()
    refused(leader, removal, errors.ConflictError, memberships.NOT_ADDABLE)


def _into_the_subgroup_that_moved_up(world: World, what: str) -> None:
    admin = world.actor("admin")
    if what == "somebody":
        members.add(admin, world.groups["below"], [world.people["stranger"]], Role.MEMBER)
    elif what == "somebody further down":
        deeper = groups.create(admin, "Deeper", parent=world.groups["below"])
        members.add(admin, deeper, [world.people["stranger"]], Role.MEMBER)
    else:
        groups.nest(admin, world.groups["apart"], 1, world.groups["below"])


@pytest.mark.parametrize("what", ["somebody", "somebody further down", "a group"])
def test_nobody_gets_to_see_who_came_into_a_subgroup_that_moved_up(world: World, what: str) -> None:
    leader = world.actor("leader")
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.MOVE_UP)
    line = last_line()
    _into_the_subgroup_that_moved_up(world, what)
    assert undo.undo(leader, line).note == "1 subgroup was left out: you can no longer move it."
    assert world.school.value(Group, world.groups["below"], "parent") == (world.groups["above"],)
    assert role_of(world, "ana", world.groups["group"]) == "member"
    with pytest.raises(errors.NotFoundError):
        groups.detail(leader, world.groups["below"])


@pytest.mark.parametrize("what", ["somebody", "a group"])
def test_a_subgroup_that_moved_up_comes_along_once_the_newcomers_are_gone(world: World, what: str) -> None:
    leader = world.actor("leader")
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.MOVE_UP)
    line = last_line()
    _into_the_subgroup_that_moved_up(world, what)
    undo.undo(world.actor("admin"), last_line())
    assert undo.undo(leader, line).note == ""
    assert world.school.value(Group, world.groups["below"], "parent") == (world.groups["group"],)


def test_of_several_subgroups_only_those_that_others_filled_are_left_out(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    made = [groups.create(leader, f"Sub {number}", parent=world.groups["group"]) for number in range(3)]
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.MOVE_UP)
    line = last_line()
    for group in made[:2]:
        members.add(admin, group, [world.people["stranger"]], Role.MEMBER)
    assert undo.undo(leader, line).note == "2 subgroups were left out: you can no longer move them."
    parents = [world.school.value(Group, group, "parent") for group in (*made, world.groups["below"])]
    above, back = (world.groups["above"],), (world.groups["group"],)
    assert parents == [above, above, back, back]


def test_who_leads_the_parent_sees_it_anyway(world: World) -> None:
    above, admin = world.actor("leader_above"), world.actor("admin")
    group_deletion.delete(above, world.groups["group"], 1, Subgroups.MOVE_UP)
    line = last_line()
    members.add(admin, world.groups["below"], [world.people["stranger"]], Role.MEMBER)
    undo.undo(above, line)


def test_a_role_that_ended_by_its_date_does_not_come_back_with_its_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, days = world.actor("leader"), Days(monkeypatch)
    days.at("2026-11-02")
    world.school.change(Membership, world.places["leader in group"], last_day=date(2026, 11, 3))
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.DELETE)
    line = last_line()
    days.at("2026-11-04")
    refused(leader, line, errors.NotFoundError)
    assert words(world, "leader") == [f"Deleted {action_names.HIDDEN_GROUP} and 1 below it"]
    days.at("2026-11-03")
    undo.undo(leader, line)
    assert world.school.value(Membership, world.places["leader in group"], "last_day") == (date(2026, 11, 3),)


@pytest.mark.parametrize("how", ["removed", "another role", "admin"])
def test_what_would_have_ended_by_now_does_not_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Undoing would say that it is there again, and nobody would find it."""
    admin, ana, place, days = (
        world.actor("admin"),
        world.people["ana"],
        world.places["ana in group"],
        Days(monkeypatch),
    )
    days.at("2026-11-02")
    world.school.change(Membership, place, last_day=date(2026, 11, 3))
    world.school.change(User, ana, is_admin=True, admin_last_day=date(2026, 11, 3))
    match how:
        case "removed":
            members.remove(admin, place)
        case "another role":
            members.change_role(admin, place, Role.MEMBER, Role.MENTOR)
        case _:
            people.edit(admin, ana, admin=False)
    line = last_line()
    days.at("2026-11-04")
    what = "an admin" if how == "admin" else "a member"
    refused(admin, line, errors.ConflictError, f"Ana Learner was {what} until 03 Nov.")
    days.at("2026-11-03")
    undo.undo(admin, line)
    assert world.school.value(Membership, place, "role", "last_day") == (Role.MEMBER, date(2026, 11, 3))
    assert world.school.value(User, ana, "is_admin", "admin_last_day") == (True, date(2026, 11, 3))


def test_a_name_is_given_back_also_to_who_was_an_admin_until_a_day_that_is_past(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, ana, days = world.actor("admin"), world.people["ana"], Days(monkeypatch)
    days.at("2026-11-02")
    world.school.change(User, ana, is_admin=True, admin_last_day=date(2026, 11, 3))
    people.edit(admin, ana, first_name="Anna")
    days.at("2026-11-04")
    undo.undo(admin, last_line())
    assert world.school.value(User, ana, "first_name", "admin_last_day") == ("Ana", date(2026, 11, 3))


def test_a_group_whose_digest_was_sent_is_deleted_and_comes_back_with_that(world: World) -> None:
    leader = world.actor("leader")
    made = groups.create(leader, "New", parent=world.groups["group"])
    created = last_line()
    with database.writing():
        for group in (made, world.groups["below"]):
            sent = {"user": leader.user_id, "group": group, "week": "2026-W47", "sent_at": clock.now()}
            DigestSent.insert(sent).execute()
    before = dump()["digests_sent"]
    group_deletion.delete(leader, world.groups["below"], 1, Subgroups.MOVE_UP)
    assert len(dump()["digests_sent"]) == 1
    undo.undo(leader, last_line())
    assert dump()["digests_sent"] == before
    undo.undo(leader, created)
    assert len(dump()["digests_sent"]) == 1


def test_a_slug_that_was_taken_meanwhile_tells_a_leader_nothing(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    group_deletion.delete(leader, world.groups["group"], 1, Subgroups.DELETE)
    line = last_line()
    groups.create(admin, "Group group", slug="group-group")
    undo.undo(leader, line)
    slug = world.school.value(Group, world.groups["group"], "slug")
    assert slug is not None
    assert slug[0].startswith("group-group-")
    assert len(slug[0]) == len("group-group-") + groups.RANDOM_LENGTH
    assert world.school.value(Group, world.groups["below"], "slug") == ("group-below",)


# ------------------------------------------------------------------- a person comes back


@pytest.fixture
def removed(world: World) -> int:
    """The leader removed Ana from her only group; the line."""
    members.remove(world.actor("leader"), world.places["ana in group"])
    return last_line()


def test_the_commonest_slip_is_undone(world: World, removed: int) -> None:
    leader = world.actor("leader")
    assert words(world, "leader") == ["Removed Ana Learner from Group group"]
    undo.undo(leader, removed)
    assert role_of(world, "ana", world.groups["group"]) == "member"


# What a day that a roster gave brings: the kind of thing, which one, and what its line tells.
BY_DATE: dict[str, tuple[str, int, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "membership.begin": ("membership", 3, lambda told: {"after": told}),
    "membership.change": ("membership", 3, lambda told: {"before": told, "after": told}),
    "membership.end": ("group", 99, lambda told: {"before": [{**told, "user": 1}, told]}),
    "admin.begin": ("user", 0, lambda told: {"after": {"id": told["user"], "user": told["user"]}}),
}


def _changed(world: World, how: str, tmp_path: Path) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    if how == "edited":
        people.edit(admin, ana, last_name="Renamed")
    elif how == "edited by the operator":
        people.edit(permissions.OPERATOR, ana, email="other@x.example")
    elif how == "deactivated":
        people.deactivate(admin, ana)
    elif how == "deactivated and reactivated":
        people.deactivate(admin, ana)
        people.edit(admin, ana, active=True)
    elif how == "added elsewhere":
        members.add(admin, world.groups["apart"], [ana], Role.MEMBER)
    elif how == "added elsewhere and removed":
        members.add(admin, world.groups["apart"], [ana], Role.MEMBER)
        members.remove(admin, _place(world, "ana", "apart"))
    elif how == "group deleted":
        group_deletion.delete(admin, world.groups["apart"], 1, Subgroups.MOVE_UP)
    elif how == "an import":
        texts = {"groups.csv": "id,parent_id,name\nx,,X\n"}
        texts["group_members.csv"] = "group_id,email,role\nx,ana.learner@x.example,member\n"
        groups_import.load([write_texts(tmp_path / "g", texts)])
    elif how == "an import of before":
        with database.writing():
            audit.write(IMPORT, "import.groups", "import", None, after={"files": []})
    elif how == "something unknown":
        with database.writing():
            audit.write(IMPORT, "day.turn", "day", None, after={"begun": [4]})
    elif how in BY_DATE:
        kind, target, tell = BY_DATE[how]
        told = {"id": 3, "user": ana, "name": "Ana Learner", "group": 99, "role": "member"}
        with database.writing():
            audit.write(CALENDAR, how, kind, target or ana, **tell(told))
    else:
        assert how == "split"
        with database.writing():
            audit.write(admin, "user.split", "user", ana, after={"new": 99})


CHANGES = [
    "edited",
    "edited by the operator",
    "deactivated",
    "deactivated and reactivated",
    "added elsewhere",
    "added elsewhere and removed",
    "group deleted",
    "an import",
    "an import of before",
    "something unknown",
    *BY_DATE,
    "split",
]


@pytest.mark.parametrize("how", CHANGES)
def test_a_person_whom_somebody_else_changed_does_not_come_back_from_out_of_sight(
    world: World, how: str, tmp_path: Path
) -> None:
    if how == "group deleted":
        world.school.place(world.people["ana"], world.groups["apart"])
    leader = world.actor("leader")
    members.remove(leader, world.places["ana in group"])
    line = last_line()
    _changed(world, how, tmp_path)
    # Whatever it was, the same is said, and no name.
    assert refused(leader, line, errors.ConflictError) == memberships.NOT_ADDABLE + lines.NOTHING
    assert words(world, "leader") == ["Removed Ana Learner from Group group"]


@pytest.mark.parametrize("how", ["edited", "added elsewhere", "an import", "something unknown", "split"])
def test_one_whom_the_leader_could_add_comes_back_whatever_was_changed(
    world: World, how: str, tmp_path: Path
) -> None:
    leader = world.actor("leader")
    members.add(leader, world.groups["beside"], [world.people["ana"]], Role.MEMBER)
    members.remove(leader, world.places["ana in group"])
    line = last_line()
    _changed(world, how, tmp_path)
    undo.undo(leader, line)


UNCHANGED = [
    "edit undone",
    "added undone",
    "others",
    "another import",
    "activity",
    "own changes",
    "signed in",
]


@pytest.mark.parametrize("how", UNCHANGED)
def test_what_others_did_to_others_or_took_back_themselves_does_not_stand_in_the_way(
    world: World, removed: int, how: str, tmp_path: Path
) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    if how == "added undone":
        members.add(admin, world.groups["apart"], [world.people["ana"]], Role.MEMBER)
        undo.undo(admin, last_line())
    elif how == "others":
        members.add(admin, world.groups["apart"], [world.people["ben"]], Role.MEMBER)
        people.edit(admin, world.people["ben"], last_name="Other")
        groups.edit(admin, world.groups["group"], 1, name="Other", description="")
        reviews.save(admin, world.work["ana"], 1, Decision.RETURN, feedback="Again.")
        undo.undo(admin, last_line())
        group_deletion.delete(admin, world.groups["alone"], 1, Subgroups.DELETE)
    elif how == "another import":
        texts = {"groups.csv": "id,parent_id,name\nx,,X\n"}
        texts["group_members.csv"] = "group_id,email,role\nx,ben.learner@x.example,member\n"
        groups_import.load([write_texts(tmp_path / "g", texts)])
    elif how == "activity":
        with database.writing():
            audit.write(IMPORT, "import.activity", "import", None, after={"files": []})
    elif how == "own changes":
        world.school.place(world.people["ana"], world.groups["below"], Role.MEMBER)
        members.remove(leader, _place(world, "ana", "below"))
    elif how == "signed in":
        with database.writing():
            audit.write(world.actor("ana"), "session.start", "user", world.people["ana"])
    undo.undo(leader, removed)


def test_a_membership_that_an_import_gave_and_withdrew_since_is_taken_up(world: World, removed: int) -> None:
    withdrawn = world.school.place(world.people["ana"], world.groups["group"], active=False)
    undo.undo(world.actor("leader"), removed)
    assert world.school.value(Membership, withdrawn, "active", "role") == (True, "member")


def test_a_removal_of_before_names_were_kept_is_undone_and_names_nobody_out_of_sight(
    world: World, removed: int
) -> None:
    with database.writing():
        before = json.loads(AuditLine.select(AuditLine.before).where(AuditLine.id == removed).scalar())
        del before["name"]
        AuditLine.update(before=json.dumps(before)).where(AuditLine.id == removed).execute()
    assert words(world, "leader") == ["Removed somebody from Group group"]
    undo.undo(world.actor("leader"), removed)
    assert words(world, "leader") == ["Removed Ana Learner from Group group"]


# --------------------------------------------------------------- names out of sight


def test_a_person_out_of_sight_is_called_as_they_were(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    members.change_role(leader, world.places["ana in group"], Role.MEMBER, Role.MENTOR)
    members.change_role(leader, world.places["ana in group"], Role.MENTOR, Role.MEMBER)
    members.add(leader, world.groups["beside"], [world.people["ana"]], Role.MEMBER)
    undo.undo(leader, last_line())
    members.remove(leader, world.places["ana in group"])
    people.edit(admin, world.people["ana"], first_name="Secret")
    told = words(world, "leader")
    assert told == [
        "Removed Ana Learner from Group group",
        "Added Ana Learner to Group beside as member",
        "Made Ana Learner a member of Group group, mentor before",
        "Made Ana Learner a mentor of Group group, member before",
    ]
    assert words(world, "admin") == ["Edited Secret Learner"]
    # In sight again, by their name of now.
    members.add(admin, world.groups["below"], [world.people["ana"]], Role.MEMBER)
    assert "Removed Secret Learner from Group group" in words(world, "leader")


@pytest.mark.parametrize("how", ["role", "membership"])
def test_a_refusal_calls_a_person_out_of_sight_as_they_were(world: World, how: str) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    members.change_role(leader, world.places["ana in group"], Role.MEMBER, Role.MENTOR)
    line = last_line()
    if how == "membership":
        members.change_role(admin, world.places["ana in group"], Role.MENTOR, Role.MEMBER)
        members.remove(admin, world.places["ana in group"])
    else:
        world.school.change(User, world.people["ana"], active=False)
        members.change_role(admin, world.places["ana in group"], Role.MENTOR, Role.LEADER)
    people.edit(admin, world.people["ana"], first_name="Secret")
    message = refused(leader, line, errors.ConflictError)
    assert "Ana Learner" in message
    assert "Secret" not in message


def test_titles_of_work_out_of_sight_are_not_told(world: World) -> None:
    mentor, admin = world.actor("mentor"), world.actor("admin")
    reviews.save(mentor, world.work["ana"], 1, Decision.RETURN, feedback="Again.")
    found = bulk.preview(mentor, [world.work["ben"]], Decision.RETURN)
    bulk.apply(mentor, found.ready, Decision.RETURN, feedback="Again.")
    for who in ("ana", "ben"):
        members.remove(admin, world.places[f"{who} in group"])
    world.school.change(Step, world.steps[0], title="Secret")
    told = words(world, "mentor")
    assert told == ["Returned work you can no longer see"] * 2
    for deed in my_actions.mine(mentor).rows:
        assert "Secret" not in refused(mentor, deed.line_id, errors.NotFoundError)


def test_a_group_out_of_sight_and_one_that_is_gone_are_refused_alike(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    members.add(leader, world.groups["alone"], [world.people["ana"]], Role.MEMBER)
    first = last_line()
    members.add(leader, world.groups["beside"], [world.people["ana"]], Role.MEMBER)
    second = last_line()
    _take(world, "alone")
    group_deletion.delete(admin, world.groups["beside"], 1, Subgroups.DELETE)
    said = [refused(leader, line, errors.NotFoundError) for line in (first, second)]
    assert said[0] == said[1]
    assert words(world, "leader") == ["Added people to a group you can no longer see"] * 2


# ----------------------------------------------------------------------------- slugs


def _edit_of_before(world: World, who: str, slug: str, name: str = "Group group") -> int:
    """An edit as 0.3.0 let leaders make it; the line."""
    actor = world.actor(who)
    before = groups.detail(actor, world.groups["group"])
    kept = {"id": before.id, "name": "Group group", "slug": "group-group", "description": ""}
    kept |= {"parent": world.groups["above"], "active": True, "version": 1, "digest": False}
    kept["created_at"] = clock.to_micros(clock.now())
    with database.writing():
        Group.update(slug=slug, name=name, version=2).where(Group.id == before.id).execute()
        after = {**kept, "slug": slug, "name": name, "version": 2}
        audit.write(actor, "group.edit", "group", before.id, before=kept, after=after)
    return last_line()


def test_undoing_an_edit_of_before_gives_a_leader_the_name_back_and_no_slug(world: World) -> None:
    line = _edit_of_before(world, "leader", "mine", name="Mine")
    groups.create(world.actor("admin"), "Taken", slug="group-group")
    taken = undo.undo(world.actor("leader"), line)
    assert world.school.value(Group, world.groups["group"], "name", "slug") == ("Group group", "mine")
    assert taken.note == "Its slug stays as it is: only admins choose one."


def test_an_edit_of_before_that_only_chose_a_slug_stays_for_a_leader(world: World) -> None:
    line = _edit_of_before(world, "leader", "mine")
    refused(world.actor("leader"), line, errors.ForbiddenError, "Only admins choose a group's slug.")
    world.school.change(User, world.people["leader"], is_admin=True)
    assert undo.undo(world.actor("leader"), line).note == ""
    assert world.school.value(Group, world.groups["group"], "slug") == ("group-group",)


def test_a_leader_learns_nothing_of_other_groups_by_the_slug_of_a_new_one(world: World) -> None:
    leader = world.actor("leader")
    endings = set()
    # Taken out of sight, taken in sight, free.
    for name in ("Group apart", "Group below", "Nothing like it") * 3:
        made = groups.create(leader, name, parent=world.groups["group"])
        slug = world.school.value(Group, made, "slug")
        assert slug is not None
        stem, _, ending = slug[0].rpartition("-")
        assert stem == name.lower().replace(" ", "-")
        assert len(ending) == groups.RANDOM_LENGTH
        assert set(ending) <= set(groups.RANDOM_SIGNS)
        endings.add(ending)
    assert len(endings) == 9
    for typed in ("group-apart", "free", "no slug at all!"):
        with pytest.raises(errors.ForbiddenError, match="Only admins choose"):
            groups.create(leader, "X", parent=world.groups["group"], slug=typed)
        with pytest.raises(errors.ForbiddenError, match="Only admins choose"):
            groups.edit(leader, world.groups["group"], 1, name="X", slug=typed, description="")


def test_a_random_ending_that_is_taken_is_drawn_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = world.actor("leader")
    signs = iter("222222222222333333")
    monkeypatch.setattr("secrets.choice", lambda _: next(signs))
    for _ in range(2):
        made = groups.create(leader, "x" * 60, parent=world.groups["group"])
    assert world.school.value(Group, made, "slug") == ("x" * 53 + "-333333",)


def test_a_leader_s_group_keeps_its_slug_when_it_is_renamed(world: World) -> None:
    leader = world.actor("leader")
    groups.edit(leader, world.groups["group"], 1, name="Group apart", description="")
    groups.edit(leader, world.groups["group"], 2, name="Other", slug="group-group", description="")
    assert world.school.value(Group, world.groups["group"], "slug") == ("group-group",)


# --------------------------------------------------------------------------- replies


def texts_in_log() -> str:
    with database.reading():
        lines = database.rows(AuditLine.select(AuditLine.before, AuditLine.after))
    return "\n".join(before + after for before, after in lines)


def test_the_log_keeps_no_text_of_peoples_own_replies_and_a_deletion_is_undone(world: World) -> None:
    mentor = world.actor("mentor")
    reply = replies.add(mentor, "First title", "First text", 3)
    replies.edit(mentor, reply, 1, title="Second title", body="Second text", points=3, shared=False)
    replies.delete(mentor, reply, 2)
    line = last_line()
    assert words(world, "mentor") == [
        "Deleted the reply “Second title”",
        "Edited the reply “Second title”",
        "Saved the reply “Second title”",
    ]
    undo.undo(mentor, line)
    found = replies.get(mentor, reply)
    assert (found.title, found.body, found.points) == ("Second title", "Second text", 3)
    replies.delete(mentor, reply, 4)
    for text in ("First", "Second", "title", "text"):
        assert text not in texts_in_log()


def test_of_a_reply_that_becomes_shared_only_what_all_see_is_kept(world: World) -> None:
    admin = world.actor("admin")
    reply = replies.add(admin, "Mine", "My own words")
    replies.edit(admin, reply, 1, title="Ours", body="Our words", points=None, shared=True)
    assert "Our words" in texts_in_log()
    replies.edit(admin, reply, 2, title="Mine again", body="Words of mine", points=None, shared=False)
    for text in ("Mine", "My own", "Mine again", "Words of mine"):
        assert text not in texts_in_log()


def test_a_deletion_of_before_with_its_text_in_the_log_is_undone(world: World) -> None:
    mentor = world.actor("mentor")
    reply = replies.add(mentor, "Title", "Text")
    with database.writing():
        before = {"id": reply, "owner": world.people["mentor"], "title": "Title", "body": "Text"}
        before |= {"points": None, "version": 1, "active": True}
        after = {**before, "active": False, "version": 2}
        Reply.update(active=False, version=2).where(Reply.id == reply).execute()
        audit.write(mentor, "reply.delete", "reply", reply, before=before, after=after)
    line = last_line()
    undo.undo(mentor, line)
    assert replies.get(mentor, reply).body == "Text"
    with database.reading():
        told = database.row(
            AuditLine.select(AuditLine.before, AuditLine.after).where(AuditLine.undoes == line)
        )
    assert told is not None
    assert "Text" not in told[0] + told[1]


# ------------------------------------------------------------------------ in bulk


def test_each_of_a_bulk_action_is_asked_of_anew(world: World) -> None:
    leader, admin = world.actor("leader"), world.actor("admin")
    wanted = [world.work[who] for who in ("ana", "ben", "lower")]
    found = bulk.preview(leader, wanted, Decision.RETURN)
    bulk.apply(leader, found.ready, Decision.RETURN, feedback="Again.")
    line = last_line()
    members.remove(admin, world.places["ana in group"])
    groups.nest(admin, world.groups["below"], 1, world.groups["apart"])
    taken = undo.undo(leader, line)
    assert (taken.count, [one.what for one in taken.left]) == (1, ["", ""])
    states = [world.school.value(Completion, work, "state") for work in wanted]
    assert states == [("returned",), ("needs_review",), ("returned",)]
    with database.reading():
        assert Review.select().where(Review.undone_at.is_null(False)).count() == 1
