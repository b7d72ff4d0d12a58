"""Marks that a Moodle holds back: told as such, and released by leaders and admins."""

from __future__ import annotations

import pytest

from screens.places import HomePlace
from store import database, errors, groups, members
from store.models import Step, User
from store.models.sites import OutboxRow
from store.review import releases
from store.signing_in import viewer
from store.sites.moodle import push as moodle_push
from store.undo import my_actions, undo
from store.views import Actor
from store.views.groups import Role
from store.views.outbox import HELD
from store.views.states import Decision
from tests.helpers.app import SMALL, muster, press, running, screen_text
from tests.test_moodle_push import SAKURA, TIDE, WANG, Desk
from tests.test_moodle_push import desk as desk

OLGA = "Ольга"


@pytest.fixture
def marked(desk: Desk) -> Desk:
    """Two marks of the tide table are there, and nobody sees them."""
    desk.review(OLGA, TIDE, points=20.0)
    desk.review(WANG, TIDE, points=21.0)
    desk.push()
    desk.link.server.forget()
    return desk


def step_id() -> int:
    with database.reading():
        return int(Step.select(Step.id).where(Step.title == TIDE).scalar())


def person(first_name: str) -> int:
    with database.reading():
        return int(User.select(User.id).where(User.first_name == first_name).scalar())


def workflow(desk: Desk, first_name: str) -> str:
    work, someone, *_ = desk.there(first_name, TIDE)
    return desk.link.there.workflow_state(work, someone.id)


def staff(desk: Desk, role: Role) -> Actor:
    """Somebody with this role in a group that Ольга alone is in."""
    group = groups.create(desk.jo, "Tides")
    made = Actor(user_id=person("Ruth"), name="Ruth")
    members.add(desk.jo, group, [person(OLGA)], Role.MEMBER)
    members.add(desk.jo, group, [person("Ruth")], role)
    return made


def test_marks_are_told_as_not_released_and_are_released_with_the_next_sync(marked: Desk) -> None:
    assert marked.rows() == [("done", HELD)] * 2
    (held,) = releases.held(marked.jo)
    assert (held.step, held.course, held.count) == (TIDE, "Coastal Navigation", 2)
    assert viewer(marked.jo).may_release

    assert releases.release(marked.jo, step_id()) == 2
    assert workflow(marked, OLGA) == "readyforrelease"
    marked.push()
    assert (workflow(marked, OLGA), workflow(marked, WANG)) == ("released", "released")
    assert marked.rows() == [("done", "")] * 2
    assert len(marked.link.server.asked(moodle_push.SAVE)) == 2
    assert not viewer(marked.jo).may_release
    marked.push()
    assert len(marked.link.server.asked(moodle_push.SAVE)) == 2


def test_what_was_released_there_already_is_not_sent_again(marked: Desk) -> None:
    releases.release(marked.jo, step_id())
    for name in (OLGA, WANG):
        work, someone, *_ = marked.there(name, TIDE)
        marked.link.there.flags_of(work.id, someone.id).workflowstate = "released"
    marked.push()
    assert marked.rows() == [("done", "")] * 2
    assert marked.link.server.asked(moodle_push.SAVE) == []


def test_a_release_is_undone_as_long_as_it_did_not_go_out(marked: Desk) -> None:
    releases.release(marked.jo, step_id())
    marked.undo()
    marked.push()
    assert workflow(marked, OLGA) == "readyforrelease"
    assert marked.rows() == [("done", HELD)] * 2

    releases.release(marked.jo, step_id())
    marked.push()
    with pytest.raises(errors.ConflictError, match="take it back at the site"):
        marked.undo()


def test_a_mark_that_a_teacher_changed_meanwhile_is_not_released_over(marked: Desk) -> None:
    releases.release(marked.jo, step_id())
    work, someone, *_ = marked.there(OLGA, TIDE)
    marked.link.there.grade_in_browser(work, someone, 12, "", marked.teacher())
    marked.push()
    assert [state for state, _ in marked.rows()] == ["conflict", "done"]


def test_of_work_that_was_decided_again_no_earlier_mark_is_released(marked: Desk) -> None:
    marked.review(OLGA, TIDE, points=22.0)
    releases.release(marked.jo, step_id())
    with database.reading():
        waiting = OutboxRow.select().where(OutboxRow.release == "asked").count()
    assert waiting == 1


def test_a_review_that_is_undone_while_its_release_waits_takes_the_mark_away_alone(marked: Desk) -> None:
    releases.release(marked.jo, step_id())
    undo.undo(marked.jo, my_actions.mine(marked.jo).rows[1].line_id)
    marked.push()
    states = {workflow(marked, name) for name in (OLGA, WANG)}
    assert states == {"released", "readyforrelease"}


def test_a_leader_releases_their_people_and_a_mentor_nobody(marked: Desk) -> None:
    with pytest.raises(errors.NotFoundError):
        releases.release(staff(marked, Role.MENTOR), step_id())
    leader = staff(marked, Role.LEADER)
    (held,) = releases.held(leader)
    assert held.count == 1
    assert releases.release(leader, step_id()) == 1
    marked.push()
    assert (workflow(marked, OLGA), workflow(marked, WANG)) == ("released", "readyforrelease")


def test_work_that_is_given_back_is_not_among_them(desk: Desk) -> None:
    desk.review(SAKURA, TIDE, Decision.RETURN)
    desk.push()
    assert releases.held(desk.jo) == ()


async def test_the_main_menu_releases_the_marks_of_a_step(marked: Desk) -> None:
    async with running(muster("jo.ito@x.example"), SMALL, at=HomePlace()) as pilot:
        await press(pilot, "f10")
        assert "Release marks" in screen_text(pilot)
        await press(pilot, *["down"] * 6, "enter")
        assert TIDE in screen_text(pilot)
        await press(pilot, "enter")
        assert "Release 2 marks" in screen_text(pilot)
        await press(pilot, "enter")
    assert releases.held(marked.jo) == ()


def test_what_a_teacher_released_at_the_moodle_is_held_no_more(marked: Desk) -> None:
    for name in (OLGA, WANG):
        work, someone, *_ = marked.there(name, TIDE)
        marked.link.there.flags_of(work.id, someone.id).workflowstate = "released"
    marked.link.sync(full=True)
    assert releases.held(marked.jo) == ()
    assert marked.rows() == [("done", "")] * 2


def test_of_two_marks_of_one_work_the_earlier_is_held_no_more(marked: Desk) -> None:
    marked.review(OLGA, TIDE, points=22.0)
    marked.push()
    releases.release(marked.jo, step_id())
    marked.push()
    assert not viewer(marked.jo).may_release


def test_an_answer_to_a_release_that_is_lost_is_looked_up(marked: Desk) -> None:
    releases.release(marked.jo, step_id())
    for _ in range(2):
        marked.link.server.fault(moodle_push.SAVE, is_lost=True)
    marked.push()
    marked.push()
    assert (workflow(marked, OLGA), workflow(marked, WANG)) == ("released", "released")
    assert marked.rows() == [("done", "")] * 2
    assert len(marked.link.server.asked(moodle_push.SAVE)) == 2
