"""Excusing somebody from a step: here, undone, and at the Moodle that the step is from."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from screens.places import ProgressCardPlace
from store import courses, database, errors
from store.models import Completion, Step, User
from store.review import excusing, reviews
from store.sites.moodle import excuse as moodle_excuse
from store.sites.moodle.needs import OVERRIDE
from store.undo import my_actions, undo
from store.views import Actor
from store.views.states import Decision, State
from tests.helpers import linked as read
from tests.helpers.app import SMALL, muster, press, running, screen_text
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work
from tests.helpers.school import School
from tests.test_moodle_push import LETTER, RUTH, SAKURA, Desk
from tests.test_moodle_push import desk as desk


@pytest.fixture
def work(school: School, noon: Any) -> Work:
    return Work(school)


def stands(work: Work, number: int = 0) -> tuple[Any, ...] | None:
    with database.reading():
        columns = Completion.state, Completion.points
        return database.row(
            Completion.select(*columns).where(
                Completion.user == work.ana, Completion.step == work.steps[number]
            )
        )


def undo_last(actor: Actor) -> None:
    undo.undo(actor, my_actions.mine(actor).rows[0].line_id)


def test_who_is_excused_has_the_step_done_without_points_until_it_is_undone(work: Work) -> None:
    tom = work.school.actor(work.tom)
    excusing.excuse(tom, work.ana, work.steps[0])
    assert stands(work) == (State.SKIPPED, None)
    assert my_actions.mine(tom).rows[0].words.startswith("Excused ")
    with pytest.raises(errors.ConflictError):
        excusing.excuse(tom, work.ana, work.steps[0])

    undo_last(tom)
    assert stands(work) == (State.NEEDS_REVIEW, None)
    item = reviews.item(tom, work.ana, work.steps[0])
    reviews.save(tom, item.completion_id or 0, item.version, Decision.APPROVE, points=7)
    assert stands(work) == (State.COMPLETE, 7)


def test_what_was_not_handed_in_is_not_there_again_after_undo(work: Work) -> None:
    tom = work.school.actor(work.tom)
    with database.writing():
        step = int(Step.insert(lesson=1, title="Extra", position=9, marking="review").execute())
    course = reviews.item(tom, work.ana, step).course_id
    before = courses.card(tom, work.ana, course).course.done
    excusing.excuse(tom, work.ana, step)
    assert courses.card(tom, work.ana, course).course.done == before + 1
    undo_last(tom)
    assert courses.card(tom, work.ana, course).course.done == before
    assert reviews.item(tom, work.ana, step).completion_id is None


def test_nobody_excuses_themselves_nor_whom_they_may_not_review(work: Work) -> None:
    ana = work.school.actor(work.ana)
    with pytest.raises(errors.MusterError):
        excusing.excuse(ana, work.ana, work.steps[0])
    stranger = work.school.actor(work.school.person("Sam Stranger"))
    with pytest.raises(errors.NotFoundError):
        excusing.excuse(stranger, work.ana, work.steps[0])
    assert stands(work) == (State.NEEDS_REVIEW, None)


async def test_the_menu_of_a_step_excuses_after_asking(work: Work) -> None:
    course = reviews.item(work.school.actor(work.tom), work.ana, work.steps[0]).course_id
    async with running(muster(TOM), SMALL, at=ProgressCardPlace(work.ana, course)) as pilot:
        await press(pilot, "full_stop", "down", "enter")
        assert "It counts as done for" in screen_text(pilot)
        await press(pilot, "enter")
        assert "excused" in screen_text(pilot)
    assert stands(work) == (State.SKIPPED, None)


# ------------------------------------------------------------------------ at the site


def ids(person: str, step: str) -> tuple[int, int]:
    with database.reading():
        user = database.row(User.select(User.id).where(User.first_name == person))
        found = database.row(Step.select(Step.id).where(Step.title == step))
    assert user is not None and found is not None
    return user[0], found[0]


def there(desk: Desk, person: str, step: str) -> int:
    school = desk.link.there
    work = school.work(step)
    someone = next(each for each in school.users.values() if each.firstname == person)
    kept = school.completions.get((work.cmid, someone.id))
    return kept.state if kept else 0


def test_moodle_has_the_activity_as_done_and_undo_sets_it_back(desk: Desk) -> None:
    excusing.excuse(desk.jo, *ids(SAKURA, LETTER))
    desk.push()
    assert desk.rows() == [("done", "")]
    assert there(desk, SAKURA, LETTER) == moodle_excuse.COMPLETE
    desk.link.sync(full=True)
    assert read.work(SAKURA, LETTER)[0] == "skipped"  # type: ignore[index]
    assert len(desk.link.server.asked(OVERRIDE)) == 1

    desk.undo()
    desk.push()
    assert there(desk, SAKURA, LETTER) == moodle_excuse.INCOMPLETE
    assert read.work(SAKURA, LETTER)[0] == "needs_review"  # type: ignore[index]
    assert desk.rows() == [("done", ""), ("done", "")]


def test_an_excuse_that_was_not_sent_yet_is_undone_here_alone(desk: Desk) -> None:
    excusing.excuse(desk.jo, *ids(SAKURA, LETTER))
    desk.undo()
    desk.push()
    assert desk.rows() == []
    assert desk.link.server.asked(OVERRIDE) == []


def test_who_handed_nothing_in_is_excused_there_too(desk: Desk) -> None:
    work = desk.link.there.work("Photo essay")
    names = Counter(each.firstname for each in desk.link.there.users.values())
    late = next(
        each
        for each in desk.link.there.users.values()
        if names[each.firstname] == 1
        and each.id in desk.link.there.courses[work.course].enrolments
        and desk.link.there.courses[work.course].enrolments[each.id].role == "student"
        and desk.link.there.latest(work.id, each.id) is None
        and not each.suspended
    )
    excusing.excuse(desk.jo, *ids(late.firstname, "Photo essay"))
    desk.push()
    assert desk.rows() == [("done", "")]
    assert there(desk, late.firstname, "Photo essay") == moodle_excuse.COMPLETE
    desk.link.sync(full=True)
    assert read.work(late.firstname, "Photo essay")[0] == "skipped"  # type: ignore[index]
    with pytest.raises(errors.ConflictError, match="set that back there"):
        desk.undo()


def test_what_is_handed_in_after_an_excuse_waits_again(desk: Desk) -> None:
    excusing.excuse(desk.jo, *ids(RUTH, LETTER))
    desk.push()
    work, someone, *_ = desk.there(RUTH, LETTER)
    desk.link.there.hand_in(work, someone, "<p>All the same.</p>", at=desk.link.there.now() + 60)
    desk.push()
    assert read.work(RUTH, LETTER)[0] == "needs_review"  # type: ignore[index]


def test_an_activity_whose_completion_is_not_kept_is_refused_with_what_to_do(desk: Desk) -> None:
    for course in desk.link.there.courses.values():
        for section in course.sections:
            for module in section.modules:
                module.completion = 0
    excusing.excuse(desk.jo, *ids(SAKURA, LETTER))
    desk.push()
    assert desk.rows() == [("refused", moodle_excuse.UNTRACKED)]


def test_a_review_that_goes_out_after_an_excuse_does_not_end_it(desk: Desk) -> None:
    desk.review(SAKURA, LETTER)
    excusing.excuse(desk.jo, *ids(SAKURA, LETTER))
    desk.push()
    assert desk.rows() == [("done", ""), ("done", "")]
    desk.link.sync(full=True)
    assert read.work(SAKURA, LETTER)[0] == "skipped"  # type: ignore[index]


def test_an_answer_to_an_excuse_that_is_lost_is_looked_up(desk: Desk) -> None:
    excusing.excuse(desk.jo, *ids(SAKURA, LETTER))
    desk.link.server.fault(OVERRIDE, is_lost=True)
    desk.push()
    desk.push()
    assert desk.rows() == [("done", "")]
    assert len(desk.link.server.asked(OVERRIDE)) == 1
