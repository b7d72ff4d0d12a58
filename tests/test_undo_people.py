"""Undoing what was done to people's entries: adding, editing, deactivating and reactivating them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store import (
    adding_people,
    clock,
    database,
    errors,
    group_deletion,
    groups,
    members,
    people,
    preferences,
    signing_in,
)
from store.adding_people import Into
from store.models import AuditLine, DueDate, ExternalId, Post, User
from store.models.sites import Site, SitePerson
from store.permissions import OPERATOR
from store.queue import views as queue_views
from store.review import claims, drafts, replies, reviews
from store.ssh import keys as ssh_keys
from store.undo import my_actions, undo
from store.undo.people import EXTERNAL_KINDS
from store.views import Actor
from store.views.actions import UndoState
from store.views.arranging import Subgroups
from store.views.drafts import Typed
from store.views.groups import Role
from store.views.people import NewPerson
from store.views.states import Decision, State
from tests.helpers.keys import ed25519
from tests.helpers.school import dump
from tests.helpers.world import World

ZOE = NewPerson("Zoe", "Quinn", "zoe@x.example")
BEN = NewPerson("Ben", "Ito", "ben@x.example")

Act = Callable[[World, Actor], Any]


def _edit(whose: str, **values: Any) -> Act:
    return lambda world, actor: people.edit(actor, world.people[whose], **values)


ACTS: dict[str, Act] = {
    "add": lambda world, actor: adding_people.add(actor, ZOE),
    "add an admin": lambda world, actor: adding_people.add(actor, NewPerson("Zoe", "", "", is_admin=True)),
    "edit": _edit("ana", first_name="Anna", last_name="", email="anna@x.example"),
    "take the email away": _edit("ana", email=""),
    "make admin": _edit("ana", admin=True),
    "deactivate": _edit("ana", active=False),
    "reactivate": _edit("idle", active=True),
    "reactivate an admin": _edit("gone_admin", active=True),
}
BATCHES: dict[str, Act] = {
    "add a list": lambda world, actor: adding_people.add_listed(actor, [ZOE, BEN]),
    "add into a group": lambda world, actor: adding_people.add(actor, ZOE, _into(world)),
    "add a list into a group": lambda world, actor: adding_people.add_listed(actor, [ZOE, BEN], _into(world)),
}
ALL = ACTS | BATCHES


def _into(world: World, role: Role = Role.MENTOR) -> Into:
    return Into(world.groups["group"], role)


def newest() -> int:
    with database.reading():
        return int(AuditLine.select(AuditLine.id).order_by(AuditLine.id.desc()).limit(1).scalar())


def refused(
    actor: Actor, line_id: int, words: str, error: type[errors.MusterError] = errors.ConflictError
) -> None:
    """It is refused with these words, and nothing at all is written."""
    before = dump(), newest()
    with pytest.raises(error) as told:
        undo.undo(actor, line_id)
    assert words in told.value.message, told.value.message
    assert type(told.value) is error
    assert (dump(), newest()) == before


# ------------------------------------------------------------------------- exactly


@pytest.mark.parametrize("act", ALL)
def test_everything_is_as_it_was(world: World, act: str) -> None:
    admin, before = world.actor("admin"), dump()
    ALL[act](world, admin)
    assert dump() != before
    deed = undo.last(admin)
    assert deed is not None
    taken = undo.undo(admin, deed.line_id)
    assert dump() == before
    assert (taken.left, taken.not_reached) == ((), 0)
    # A line for each that is undone.
    with database.reading():
        undone = [row[0] for row in database.rows(AuditLine.select(AuditLine.undoes).order_by(AuditLine.id))]
    done = len(undone) // 2
    assert sorted(line for line in undone if line is not None) == list(range(1, done + 1))
    refused(admin, deed.line_id, "You undid this already, at ")
    assert undo.last(admin) is None


@pytest.mark.parametrize("act", ALL)
def test_it_can_be_done_again_and_taken_back_again(world: World, act: str) -> None:
    admin, before = world.actor("admin"), dump()
    for _ in range(3):
        ALL[act](world, admin)
        undo.undo(admin, newest())
    assert dump() == before


@pytest.mark.parametrize("act", ALL)
def test_nobody_takes_back_what_another_did(world: World, act: str) -> None:
    ALL[act](world, world.actor("admin"))
    for actor in (world.school.actor(world.school.person("Other Admin", admin=True)), OPERATOR):
        refused(actor, newest(), "No such action of yours", errors.NotFoundError)


@pytest.mark.parametrize("act", ALL)
def test_who_is_no_admin_any_more_takes_nothing_back_and_sees_no_name(world: World, act: str) -> None:
    admin = world.actor("admin")
    ALL[act](world, admin)
    world.school.change(User, world.people["admin"], is_admin=False)
    refused(admin, newest(), "", errors.NotFoundError)
    words = " ".join(deed.words for deed in my_actions.mine(admin).rows)
    assert not any(name in words for name in ("Ana", "Anna", "Zoe", "Idle", "Gone"))


@pytest.mark.parametrize("role", ["leader", "leader_above", "mentor", "member", "outsider"])
def test_nobody_else_takes_back_what_they_did_while_they_were_admin(world: World, role: str) -> None:
    actor = world.actor(role)
    world.school.change(User, world.people[role], is_admin=True)
    people.edit(actor, world.people["ana"], last_name="Other")
    world.school.change(User, world.people[role], is_admin=False)
    refused(actor, newest(), "", errors.NotFoundError)


# ------------------------------------------------------------ as long as nothing hangs on them


def _zoe(world: World) -> int:
    return people.by_email_or_id("zoe@x.example")


def _work(world: World, admin: Actor, zoe: int) -> None:
    world.school.work(zoe, world.steps[1])


def _enrol(world: World, admin: Actor, zoe: int) -> None:
    world.school.enrol(zoe, world.school.course_of(world.steps[0]), active=False)


def _post(world: World, admin: Actor, zoe: int) -> None:
    with database.writing():
        course = world.school.course_of(world.steps[0])
        Post.insert(course=course, user=zoe, body="Hello", created_at=clock.now()).execute()


def _due_date(world: World, admin: Actor, zoe: int) -> None:
    with database.writing():
        DueDate.insert(user=zoe, step=world.steps[0], due_at=clock.now()).execute()


def _at_a_site(world: World, admin: Actor, zoe: int) -> None:
    with database.writing():
        site = Site.insert(name="Bay", kind="moodle", url="https://bay.example", created_at=clock.now())
        SitePerson.insert(site=site.execute(), external_id="7", user=zoe, state="joined").execute()


def _review(world: World, admin: Actor, zoe: int) -> None:
    world.school.review(world.work["ana"], zoe, Decision.APPROVE)


def _imported(kind: str) -> Callable[[World, Actor, int], None]:
    def know(world: World, admin: Actor, zoe: int) -> None:
        with database.writing():
            values = {"source": "oneroster", "kind": kind, "external_id": "17", "local_id": zoe}
            ExternalId.insert(values).execute()

    return know


def _removed_again(world: World, admin: Actor, zoe: int) -> None:
    """Their place is gone, but its removal may be undone."""
    leader = world.actor("leader")
    members.add(admin, world.groups["group"], [zoe], Role.MEMBER)
    place = next(row for row in members.roster(leader, world.groups["group"]).rows if row.user_id == zoe)
    members.remove(leader, place.membership_id)


def _group_deleted(world: World, admin: Actor, zoe: int) -> None:
    group = groups.create(admin, "Passing")
    members.add(admin, group, [zoe], Role.MEMBER)
    group_deletion.delete(admin, group, 1, Subgroups.MOVE_UP)


HANGING: dict[str, tuple[Callable[[World, Actor, int], Any], str]] = {
    "a place": (lambda w, admin, zoe: w.school.place(zoe, w.groups["apart"]), "is in a group"),
    "a place that was withdrawn": (
        lambda w, admin, zoe: w.school.place(zoe, w.groups["apart"], active=False),
        "is in a group",
    ),
    "a place that may come back": (_removed_again, "was in a group"),
    "a place in a group that may come back": (_group_deleted, "was in a group"),
    "work": (_work, "has work"),
    "an enrolment": (_enrol, "takes a course"),
    "a due date": (_due_date, "has due dates"),
    "a site": (_at_a_site, "is somebody at a linked site"),
    "a post": (_post, "has written a post"),
    "a review": (_review, "has reviewed work"),
    "a key": (lambda w, admin, zoe: ssh_keys.add(admin, ed25519(), user_id=zoe), "has an SSH key"),
    "having signed in": (
        lambda w, admin, zoe: signing_in.note_sign_in(w.school.actor(zoe)),
        "has signed in or done something",
    ),
    **{f"an import by {kind}": (_imported(kind), "is known to an import") for kind in EXTERNAL_KINDS},
    "a theme": (
        lambda w, admin, zoe: preferences.put(w.school.actor(zoe), preferences.THEME, "nord"),
        "has used the program",
    ),
}


@pytest.mark.parametrize("what", HANGING)
def test_somebody_by_whom_something_hangs_stays_and_why_is_said(world: World, what: str) -> None:
    admin = world.actor("admin")
    adding_people.add(admin, ZOE)
    line, zoe = newest(), _zoe(world)
    hang, words = HANGING[what]
    hang(world, admin, zoe)
    refused(admin, line, f"Zoe Quinn {words} by now. Deactivate them instead.")


def test_whatever_refers_to_people_is_looked_at(world: World) -> None:
    """Each table that refers to people stands in the way of taking one of them away."""
    tables = {model._meta.table_name for model in User._meta.backrefs.values()}
    assert {"memberships", "drafts", "claims", "replies", "queue_views", "sessions", "audit_lines"} <= tables
    zoe = world.school.actor(adding_people.add(world.actor("admin"), ZOE).ids[0])
    line = newest()
    world.school.place(zoe.user_id or 0, world.groups["group"], Role.MENTOR)
    drafts.keep(zoe, world.work["ana"], 1, Typed("1", "Fine"))
    claims.hold(zoe, world.work["ana"], leaving=set())
    replies.add(zoe, "Show how", "Show how you got there.")
    queue_views.save(zoe, "Mine", queue_views.BUILT_IN[0].view)
    with database.writing():
        # Only what no line of the audit log tells of is left.
        for table in ("memberships", "replies", "audit_lines"):
            where = {"memberships": "user_id", "replies": "owner_id", "audit_lines": "actor_id"}[table]
            database.db.execute_sql(f"DELETE FROM {table} WHERE {where} = {zoe.user_id}")
    for table, column in (("drafts", "user_id"), ("claims", "user_id"), ("queue_views", "owner_id")):
        refused(world.actor("admin"), line, "Zoe Quinn has used the program by now.")
        with database.writing():
            database.db.execute_sql(f"DELETE FROM {table} WHERE {column} = {zoe.user_id}")
    assert undo.undo(world.actor("admin"), line).count == 1


def test_once_what_hung_on_them_was_taken_back_they_are_taken_away(world: World) -> None:
    admin = world.actor("admin")
    adding_people.add(admin, ZOE)
    line = newest()
    members.add(admin, world.groups["group"], [_zoe(world)], Role.MEMBER)
    refused(admin, line, "is in a group by now")
    undo.undo(admin, newest())
    before = [row[0] for row in dump("users")["users"]]
    undo.undo(admin, line)
    assert [row[0] for row in dump("users")["users"]] == before[:-1]


def test_of_a_list_who_can_be_is_taken_away_and_who_stays_is_named(world: World) -> None:
    admin = world.actor("admin")
    adding_people.add_listed(admin, [ZOE, BEN], _into(world))
    world.school.work(_zoe(world), world.steps[1])
    deed = undo.last(admin)
    assert deed is not None
    assert deed.words == "Added Zoe Quinn and Ben Ito to the account and to Group group as mentors"
    taken = undo.undo(admin, deed.line_id)
    assert taken.count == 2
    assert [(left.what, left.why) for left in taken.left] == [
        ("Zoe Quinn", "Zoe Quinn has work by now. Deactivate them instead.")
    ]
    assert my_actions.mine(admin).rows[0].stand is UndoState.PARTLY


def test_a_list_is_told_as_one(world: World) -> None:
    admin = world.actor("admin")
    adding_people.add_listed(admin, [ZOE, BEN])
    assert [deed.words for deed in my_actions.mine(admin).rows] == ["Added 2 people to the account"]
    undo.undo(admin, newest())
    assert my_actions.mine(admin).rows[0].stand is UndoState.UNDONE


# --------------------------------------------------------- not over what was done since


def test_what_somebody_edited_since_stays(world: World) -> None:
    admin, jo = world.actor("admin"), world.school.actor(world.school.person("Jo Ito", admin=True))
    for act in ("add", "edit"):
        ACTS[act](world, admin)
    lines = [newest() - 1, newest()]
    people.edit(jo, _zoe(world), first_name="Zoë")
    people.edit(jo, world.people["ana"], active=False)
    refused(admin, lines[0], "Zoë Quinn was edited by Jo Ito at ")
    refused(admin, lines[1], "Anna was edited by Jo Ito at ")
    for _ in range(2):
        deed = undo.last(jo)
        assert deed is not None
        undo.undo(jo, deed.line_id)
    assert [undo.undo(admin, line).count for line in lines] == [1, 1]


def test_what_was_edited_there_and_back_again_counts_as_edited(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    people.edit(admin, ana, first_name="Anna")
    line = newest()
    people.edit(admin, ana, first_name="Anne")
    people.edit(admin, ana, first_name="Anna")
    refused(admin, line, "Anna Learner was edited by admin at ")


def test_what_an_import_changed_since_stays(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    people.edit(admin, ana, first_name="Anna")
    world.school.change(User, ana, last_name="Married")
    refused(admin, newest(), "Anna Married was changed since, by an import.")


def test_an_email_that_somebody_else_has_by_now_does_not_come_back(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    people.edit(admin, ana, email="anna@x.example")
    line = newest()
    adding_people.add(admin, NewPerson("Other", "Ana", "ana.learner@x.example"))
    refused(admin, line, "Other Ana has the email ana.learner@x.example already. Nothing was undone.")


@pytest.mark.parametrize("act", ["make admin", "reactivate an admin"])
def test_the_last_admin_stays_one(world: World, act: str) -> None:
    admin = world.actor("admin")
    ACTS[act](world, admin)
    line = newest()
    world.school.change(User, world.people["admin"], active=False)
    # Somebody who was deactivated takes nothing back; so another one does what they would.
    with database.writing():
        AuditLine.update(actor=None).execute()
        second = User.select(User.id).where(User.is_admin, User.active).scalar()
        AuditLine.update(actor=second).execute()
    refused(world.school.actor(second), line, "This is the only admin.")


def test_a_removal_comes_back_for_who_was_deactivated_by_mistake_only(world: World) -> None:
    leader, admin, ana = world.actor("leader"), world.actor("admin"), world.people["ana"]
    members.remove(leader, world.places["ana in group"])
    removal = newest()
    people.deactivate(admin, ana)
    deactivation = newest()
    # What admins did to them is told to admins alone.
    refused(leader, removal, "You can no longer add this person. Ask an admin.")
    undo.undo(admin, deactivation)
    assert undo.undo(leader, removal).count == 1


def test_work_that_was_reviewed_meanwhile_is_no_matter_of_an_edit(world: World) -> None:
    admin, ana = world.actor("admin"), world.people["ana"]
    people.deactivate(admin, ana)
    line = newest()
    reviews.save(admin, world.work["ana"], 1, Decision.APPROVE, points=1, feedback="")
    world.school.work(ana, world.steps[1], State.COMPLETE)
    assert undo.undo(admin, line).count == 1
    assert world.school.value(User, ana, "active") == (True,)
