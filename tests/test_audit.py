"""Every write appends exactly one line: who, what, on what."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from store import (
    account,
    clock,
    database,
    errors,
    group_deletion,
    groups,
    members,
    people,
    reports,
    settings,
    setup,
    signing_in,
)
from store.audit import audit
from store.audit import reading as audit_reading
from store.models import AuditLine, Completion
from store.queue import queue
from store.review import reviews
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.account import Beta, Plan
from store.views.arranging import Subgroups
from store.views.groups import Role
from store.views.settings import SessionLimits, Thresholds
from store.views.states import Decision
from tests.helpers.keys import ed25519, on
from tests.helpers.school import School
from tests.helpers.world import World

Write = Callable[[World, Actor], Any]


def _edit(world: World, actor: Actor) -> None:
    groups.edit(actor, world.groups["group"], 1, name="New", slug="new", description="")


def _nest(world: World, actor: Actor) -> None:
    groups.nest(actor, world.groups["group"], 1, None)


def _delete(world: World, actor: Actor) -> None:
    group_deletion.delete(actor, world.groups["group"], 1, Subgroups.DELETE)


def _add(world: World, actor: Actor) -> None:
    members.add(actor, world.groups["alone"], [world.people["ana"], world.people["ben"]], Role.MENTOR)


def _role(world: World, actor: Actor) -> None:
    members.change_role(actor, world.places["ana in group"], Role.MEMBER, Role.LEADER)


def _review(decision: Decision) -> Write:
    return lambda world, actor: reviews.save(
        actor, world.work["ana"], 1, decision, points=1, feedback="Again"
    )


# The action, what it was done on, and who did it: an admin, or the operator.
WRITES: dict[str, tuple[Write, str, Callable[[World], int | None], str]] = {
    "group.create": (lambda world, actor: groups.create(actor, "New"), "group", lambda w: 7, "admin"),
    "group.edit": (_edit, "group", lambda world: world.groups["group"], "admin"),
    "group.nest": (_nest, "group", lambda world: world.groups["group"], "admin"),
    "group.delete": (_delete, "group", lambda world: world.groups["group"], "admin"),
    "membership.add": (_add, "group", lambda world: world.groups["alone"], "admin"),
    "membership.role": (_role, "membership", lambda world: world.places["ana in group"], "admin"),
    "membership.remove": (
        lambda world, actor: members.remove(actor, world.places["ana in group"]),
        "membership",
        lambda world: world.places["ana in group"],
        "admin",
    ),
    "review.approve": (_review(Decision.APPROVE), "completion", lambda w: w.work["ana"], "admin"),
    "review.return": (_review(Decision.RETURN), "completion", lambda w: w.work["ana"], "admin"),
    "user.add": (
        lambda world, actor: people.add(actor, "New", "Person", "new@x.example"),
        "user",
        lambda world: len(world.people) + 1,
        "admin",
    ),
    "user.edit": (
        lambda world, actor: people.edit(actor, world.people["ana"], last_name="Other"),
        "user",
        lambda world: world.people["ana"],
        "admin",
    ),
    "session.start": (
        lambda world, actor: signing_in.note_sign_in(actor),
        "user",
        lambda world: world.people["admin"],
        "admin",
    ),
    "account.apply": (
        lambda world, actor: account.apply_for_beta(actor),
        "account",
        lambda world: 1,
        "admin",
    ),
    "setting.change": (
        lambda world, actor: settings.change(actor, Thresholds(), Thresholds(inactive_days=21)),
        "setting",
        lambda world: 1,
        "admin",
    ),
    "key.add": (
        lambda world, actor: ssh_keys.add(actor, ed25519()),
        "key",
        lambda world: world.keys["ana"] + 1,
        "admin",
    ),
    "key.revoke": (
        lambda world, actor: ssh_keys.revoke(actor, world.keys["ana"]),
        "key",
        lambda world: world.keys["ana"],
        "admin",
    ),
    "session.end": (
        lambda world, actor: sessions.end_other(actor, world.sessions["ana"]),
        "session",
        lambda world: world.sessions["ana"],
        "admin",
    ),
    "account.change": (
        lambda world, actor: account.change(actor, plan=Plan.ENTERPRISE),
        "account",
        lambda world: 1,
        "operator",
    ),
}


@pytest.mark.parametrize("action", WRITES)
def test_a_write_appends_one_line(world: World, action: str) -> None:
    write, kind, target, who = WRITES[action]
    actor = world.school.actor(None) if who == "operator" else world.actor(who)
    if action == "account.apply":
        world.school.account(beta=Beta.OFF)
    write(world, actor)
    assert world.school.audit_lines() == [(action, kind, target(world), actor.user_id)]
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.actor_name, AuditLine.before, AuditLine.after))
    assert row is not None
    assert row[0] == actor.name
    for told in row[1:]:
        json.loads(told)
    assert row[1:] != ("null", "null") or action == "session.start"


def test_what_is_done_over_ssh_names_the_key_and_the_address(world: World) -> None:
    mentor = on(world.people["mentor"], address="2001:db8::7")
    _review(Decision.RETURN)(world, mentor)
    sessions.end(mentor, "Idle.")
    sessions.end(mentor, "Again.")
    (key,) = ssh_keys.of_everybody(world.actor("admin"), world.people["mentor"])
    columns = (AuditLine.action, AuditLine.ssh_key, AuditLine.address)
    with database.reading():
        lines = database.rows(AuditLine.select(*columns).order_by(AuditLine.id))
    way = (key.fingerprint, "2001:db8::7")
    assert lines == [
        ("key.add", "", ""),
        ("session.start", *way),
        ("review.return", *way),
        ("session.end", *way),
    ]


def test_several_settings_at_once_are_a_line_each_and_all_of_them_or_none(world: World) -> None:
    admin = world.actor("admin")
    changes = [
        (Thresholds(), Thresholds(inactive_days=21)),
        (SessionLimits(), SessionLimits(idle_minutes=1)),
    ]
    with pytest.raises(errors.InvalidError) as caught:
        settings.change_all(admin, changes)
    assert caught.value.field == "idle_minutes"
    assert world.school.audit_lines() == []
    settings.change_all(admin, [changes[0], (SessionLimits(), SessionLimits(idle_minutes=2))])
    assert [line[:2] for line in world.school.audit_lines()] == [("setting.change", "setting")] * 2


def test_the_first_account_is_one_line(base: object) -> None:
    actor = setup.create("Northfield", "Root", "Admin", "root@x.example")
    with database.reading():
        lines = database.rows(AuditLine.select(AuditLine.action, AuditLine.actor))
    assert lines == [("account.create", actor.user_id)]


def test_a_first_admin_who_was_here_is_kept_as_they_were(school: School) -> None:
    ana = school.person("A. B.", email="ana@x.example", active=False)
    was = {"first_name": "A.", "last_name": "B.", "email": "ana@x.example", "admin_last_day": None}
    setup.create("Renamed", "Ana", "Brandt", "ANA@x.example")
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.before, AuditLine.after))
    assert row is not None
    before, after = json.loads(row[0]), json.loads(row[1])
    assert before["person"] == {**was, "is_admin": False, "active": False}
    assert after["person"] == {**was, "first_name": "Ana", "last_name": "Brandt", "is_admin": True} | {
        "active": True
    }
    assert (before["account"]["name"], after["account"]["name"], after["admin"]) == (
        "Northfield",
        "Renamed",
        ana,
    )


@pytest.mark.parametrize("report", ["groups", "memberships"])
def test_a_report_is_one_line(world: World, report: reports.Report) -> None:
    reports.write(world.actor("admin"), report, io.StringIO())
    assert [line[0] for line in world.school.audit_lines()] == [f"report.{report}"]


def test_looking_appends_nothing(world: World) -> None:
    actor = world.actor("admin")
    signing_in.viewer(actor)
    people.list_people(actor)
    queue.waiting(actor)
    members.roster(actor, world.groups["group"])
    group_deletion.impact(actor, world.groups["group"])
    ssh_keys.mine(actor)
    ssh_keys.of_everybody(actor)
    sessions.listing(actor)
    audit_reading.listing(actor)
    assert list(audit_reading.stream(actor)) == []
    assert world.school.audit_lines() == []


def test_times_are_kept_as_in_the_tables(world: World, noon: object) -> None:
    with database.writing():
        audit.write(world.actor("admin"), "test", "group", 1, before={"at": clock.now()})
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.before, AuditLine.at))
    assert row == ('{"at":1795176000000000}', clock.now())


def test_what_cannot_be_kept_is_refused_and_nothing_is_written(world: World) -> None:
    with pytest.raises(TypeError), database.writing():
        audit.write(world.actor("admin"), "test", "group", 1, before={"at": object()})
    assert world.school.audit_lines() == []


def test_the_line_of_a_role_is_enough_to_take_it_back(world: World) -> None:
    before = world.places["ana in group"]
    _role(world, world.actor("admin"))
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.before, AuditLine.after))
    assert row is not None
    was, became = json.loads(row[0]), json.loads(row[1])
    assert (was["id"], was["role"], became["role"]) == (before, "member", "leader")
    assert {key: value for key, value in was.items() if key != "role"} == {
        key: value for key, value in became.items() if key != "role"
    }


def test_the_line_of_a_review_is_enough_to_take_it_back(world: World) -> None:
    names = ("user", "state", "points", "submitted_at", "completed_at", "version")
    was = world.school.value(Completion, world.work["ana"], *names)
    _review(Decision.APPROVE)(world, world.actor("admin"))
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.before, AuditLine.after))
    assert row is not None
    before, after = json.loads(row[0]), json.loads(row[1])
    world.school.change(Completion, world.work["ana"], **{name: before[name] for name in names[1:]})
    assert world.school.value(Completion, world.work["ana"], *names) == was
    assert after["review"] == 1


def test_a_conflict_without_a_line_names_nobody(world: World) -> None:
    with database.reading():
        error = audit.conflict("group", 1, "It", {"version": 2})
    assert type(error) is errors.ConflictError
    assert "meanwhile" in error.message


@pytest.mark.parametrize(
    ("action", "kind", "target", "told"),
    [
        ("group.edit", "group", "group", "was edited by admin at "),
        ("group.nest", "group", "group", "was moved by admin at "),
        ("membership.role", "membership", "ana in group", "was changed by admin at "),
        ("review.approve", "completion", "ana", "was reviewed by admin at "),
        ("review.return", "completion", "ana", "was sent back by admin at "),
    ],
)
def test_a_conflict_says_in_words_what_was_done(
    world: World, action: str, kind: str, target: str, told: str
) -> None:
    WRITES[action][0](world, world.actor("admin"))
    where = {"group": world.groups, "membership": world.places, "completion": world.work}[kind]
    with database.reading():
        error = audit.conflict(kind, where[target], "It", {})
    assert f"It {told}" in error.message


def test_a_line_tells_what_was_stored(world: World) -> None:
    people.add(world.actor("admin"), " Eve  ", "Moss", " EVE@X.example ")
    with database.reading():
        row = database.row(AuditLine.select(AuditLine.after))
    assert row is not None
    assert json.loads(row[0]) == {
        "first_name": "Eve",
        "last_name": "Moss",
        "email": "eve@x.example",
        "is_admin": False,
        "active": True,
        "admin_last_day": None,
    }


def test_what_is_so_already_writes_nothing(world: World) -> None:
    people.edit(world.actor("admin"), world.people["ana"], first_name="Ana", active=True)
    account.change(world.school.actor(None), plan=Plan.COMPLETE, beta=Beta.ON)
    assert world.school.audit_lines() == []
