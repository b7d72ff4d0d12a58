"""Courses of a person: progress, grade, the progress card, the picture of 26 weeks."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import clock, courses, errors, permissions
from store.views.account import Beta, Plan
from store.views.groups import Role
from store.views.states import Decision, Marking, State
from tests.helpers import work_fixtures as make
from tests.helpers.work_fixtures import acting, ago, queries


class School:
    """A mentor who follows one learner, and somebody whom the mentor does not follow."""

    def __init__(self) -> None:
        make.account()
        self.learner = make.person("Ben", "Ito")
        self.stranger = make.person("Cy", "Far")
        mentor = make.person("Mia", "Guide")
        group = make.group()
        make.place(self.learner, group)
        make.place(mentor, group, Role.MENTOR)
        self.mentor = acting(mentor)
        self.admin = acting(make.person("Ada", "Min", admin=True))


@pytest.fixture
def school(base: Path, noon: datetime) -> School:
    return School()


# --------------------------------------------------------------------- courses


@pytest.mark.sqlite("a sum of such numbers is an error of a server")
@pytest.mark.parametrize(("points", "possible"), [(1.7e308, 1.7e308), (1e308, 1e-300), (3, 1.7e308)])
def test_a_grade_is_a_number_whatever_others_wrote_into_the_database(
    school: School, points: float, possible: float
) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    for step_id in make.steps(pottery, 2, points=possible):
        make.work(school.learner, step_id, points=points)
    (row,) = courses.of_person(school.mentor, school.learner)
    assert row.grade is None or math.isfinite(row.grade)


def test_steps_waiting_skipped_or_complete_are_done_and_returned_ones_are_not(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    five = make.steps(pottery, 5)
    states = (State.COMPLETE, State.NEEDS_REVIEW, State.SKIPPED, State.RETURNED)
    for step_id, state in zip(five, states, strict=False):
        make.work(school.learner, step_id, state)
    (row,) = courses.of_person(school.mentor, school.learner)
    assert (row.done, row.total, row.progress) == (3, 5, 60)


def test_the_grade_is_of_steps_graded_so_far_only(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    graded, waiting, returned, skipped, unmarked, _untouched = make.steps(pottery, 6, points=10)
    ungraded = make.step(make.lesson(pottery, position=2), "No points")
    make.work(school.learner, graded, points=7.5)
    make.work(school.learner, waiting, State.NEEDS_REVIEW, points=1)
    make.work(school.learner, returned, State.RETURNED, points=1)
    make.work(school.learner, skipped, State.SKIPPED, points=1)
    make.work(school.learner, unmarked, points=None)
    make.work(school.learner, ungraded, points=3)
    (row,) = courses.of_person(school.mentor, school.learner)
    assert row.grade == 75.0


def test_a_grade_has_one_decimal_and_weighs_by_points(school: School) -> None:
    pottery = make.course()
    where = make.lesson(pottery)
    small, large = make.step(where, points=1), make.step(where, points=5, position=2)
    make.work(school.learner, small, points=0)
    make.work(school.learner, large, points=4)
    (row,) = courses.of_person(school.mentor, school.learner)
    assert row.grade == 66.7


def test_no_graded_step_is_no_grade_and_nothing_earned_is_zero(school: School) -> None:
    first, second = make.course("A"), make.course("B")
    make.enrol(school.learner, first)
    (step_id,) = make.steps(second, 1, points=4)
    make.work(school.learner, step_id, points=0)
    grades = [row.grade for row in courses.of_person(school.mentor, school.learner)]
    assert grades == [None, 0.0]


def test_a_course_without_steps_has_no_progress_and_does_not_fail(school: School) -> None:
    make.enrol(school.learner, make.course())
    (row,) = courses.of_person(school.mentor, school.learner)
    assert (row.done, row.total, row.progress, row.last_activity_at) == (0, 0, 0, None)


def test_withdrawn_steps_count_neither_as_done_nor_in_the_total_nor_in_the_grade(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    where = make.lesson(pottery)
    make.step(where, "There")
    gone = make.step(where, "Gone", 2, points=10, active=False)
    make.work(school.learner, gone, points=10, completed=ago(days=1))
    (row,) = courses.of_person(school.mentor, school.learner)
    assert (row.done, row.total, row.grade) == (0, 1, None)


def test_courses_are_those_taken_or_worked_in_by_title(school: School) -> None:
    make.enrol(school.learner, make.course("éclairs"))
    make.enrol(school.learner, make.course("Zoology"))
    left = make.course("Drawing")
    make.enrol(school.learner, left, active=False)
    make.work(school.learner, make.steps(left, 1)[0])
    make.enrol(school.learner, make.course("Left without work"), active=False)
    make.enrol(school.learner, make.course("Withdrawn", active=False))
    make.course("Never taken")
    gone = make.step(make.lesson(make.course("Worked in, but withdrawn")), active=False)
    make.work(school.learner, gone)
    titles = [row.title for row in courses.of_person(school.mentor, school.learner)]
    assert titles == ["Drawing", "éclairs", "Zoology"]


def test_the_work_of_others_does_not_count(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    (step_id,) = make.steps(pottery, 1, points=10)
    make.work(school.stranger, step_id, points=10, completed=ago(days=1))
    make.post(school.stranger, pottery, ago(days=1))
    (row,) = courses.of_person(school.mentor, school.learner)
    assert (row.done, row.grade, row.last_activity_at) == (0, None, None)


def test_last_activity_is_what_the_person_did_last_and_not_a_review_of_it(school: School) -> None:
    handed_in, alone, posted = make.course("1"), make.course("2"), make.course("3")
    reviewed = make.work(
        school.learner, make.steps(handed_in, 1)[0], submitted=ago(days=9), completed=ago(days=1)
    )
    make.review(reviewed, ago(days=1))
    make.work(school.learner, make.steps(alone, 1)[0], submitted=ago(days=9), completed=ago(days=8))
    make.work(school.learner, make.steps(posted, 1)[0], completed=ago(days=8))
    make.post(school.learner, posted, ago(days=3))
    make.post(school.learner, posted, ago(days=2), active=False)
    rows = courses.of_person(school.mentor, school.learner)
    assert [row.last_activity_at for row in rows] == [ago(days=9), ago(days=8), ago(days=3)]


def test_many_courses_cost_as_many_queries_as_none(school: School) -> None:
    with queries(4):
        courses.of_person(school.mentor, school.learner)
    for number in range(12):
        for step_id in make.steps(make.course(f"Course {number}"), 3):
            make.work(school.learner, step_id)
    with queries(4):
        assert len(courses.of_person(school.mentor, school.learner)) == 12


# ------------------------------------------------------------------------ card


def test_the_card_has_lessons_and_steps_in_order_with_state_points_and_time(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    second, first = make.lesson(pottery, "Glaze", 2), make.lesson(pottery, "Clay", 1)
    make.lesson(pottery, "Without steps", 3)
    kiln = make.step(second, "Kiln", 1)
    bowl = make.step(first, "Bowl", 2, points=10, marking=Marking.REVIEW)
    knead = make.step(first, "Knead", 1)
    vase = make.step(first, "Vase", 3, points=5, marking=Marking.REVIEW)
    make.step(first, "Gone", 4, active=False)
    make.work(school.learner, knead, completed=ago(days=9))
    waits = make.work(school.learner, bowl, State.NEEDS_REVIEW, submitted=ago(days=3))
    make.attempt(waits, ago(days=3))
    back = make.work(school.learner, vase, State.RETURNED, submitted=ago(days=8))
    make.review(back, ago(days=7), Decision.RETURN)
    make.review(back, ago(days=6), Decision.RETURN)
    card = courses.card(school.mentor, school.learner, pottery)
    assert [lesson.title for lesson in card.lessons] == ["Clay", "Glaze"]
    shown = [(step.title, step.state, step.at) for lesson in card.lessons for step in lesson.steps]
    assert shown == [
        ("Knead", State.COMPLETE, ago(days=9)),
        ("Bowl", State.NEEDS_REVIEW, ago(days=3)),
        ("Vase", State.RETURNED, ago(days=6)),
        ("Kiln", None, None),
    ]
    step = card.lessons[0].steps[1]
    assert (step.step_id, step.points_possible, step.points, step.marking) == (bowl, 10, None, Marking.REVIEW)
    assert card.lessons[1].steps[0].step_id == kiln
    assert (card.person, card.course.title, card.course.done, card.course.total) == (
        "Ben Ito",
        "Pottery",
        2,
        4,
    )


def test_the_card_shows_points_and_when_something_was_excused(school: School) -> None:
    pottery = make.course()
    graded, excused, imported = make.steps(pottery, 3, points=8)
    make.work(school.learner, graded, points=6.5, submitted=ago(days=4), completed=ago(days=2))
    make.work(school.learner, excused, State.SKIPPED, completed=ago(days=1))
    make.work(school.learner, imported, points=8, submitted=ago(days=5))
    steps = courses.card(school.mentor, school.learner, pottery).lessons[0].steps
    assert [(step.points, step.at) for step in steps] == [
        (6.5, ago(days=2)),
        (None, ago(days=1)),
        (8, ago(days=5)),
    ]


def test_two_lessons_of_the_same_name_and_place_stay_two(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    make.steps(pottery, 2)
    make.steps(pottery, 1)
    card = courses.card(school.mentor, school.learner, pottery)
    assert [len(lesson.steps) for lesson in card.lessons] == [2, 1]


def test_a_card_of_a_course_that_is_not_theirs_is_not_found(school: School) -> None:
    withdrawn = make.course("Withdrawn", active=False)
    make.enrol(school.learner, withdrawn)
    for course_id in (make.course("Never taken"), withdrawn, 9_999):
        with pytest.raises(errors.NotFoundError):
            courses.card(school.mentor, school.learner, course_id)


def test_who_follows_may_review_but_nobody_their_own(school: School) -> None:
    pottery = make.course()
    own = school.admin.user_id
    assert own is not None
    for user_id in (school.learner, own):
        make.enrol(user_id, pottery)
    assert courses.card(school.mentor, school.learner, pottery).may_review
    assert courses.card(school.admin, school.learner, pottery).may_review
    assert not courses.card(school.admin, own, pottery).may_review


def test_a_long_card_costs_as_many_queries_as_a_short_one(school: School) -> None:
    pottery = make.course()
    make.enrol(school.learner, pottery)
    with queries(6):
        courses.card(school.mentor, school.learner, pottery)
    for step_id in make.steps(pottery, 20):
        make.review(make.work(school.learner, step_id, State.RETURNED), ago(days=1), Decision.RETURN)
    with queries(6):
        courses.card(school.mentor, school.learner, pottery)


# ----------------------------------------------------------------------- weeks


def test_weeks_begin_on_monday_and_the_last_one_has_today(school: School) -> None:
    pottery = make.course()
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    for at in (
        monday,
        monday + timedelta(days=7, microseconds=-1),
        monday - timedelta(microseconds=1),
        monday - 25 * timedelta(weeks=1),
        monday - 25 * timedelta(weeks=1, microseconds=1),
        monday + timedelta(weeks=1),
    ):
        make.post(school.learner, pottery, at)
    counts = courses.weeks(school.mentor, school.learner)
    assert counts == (1, *[0] * 23, 1, 2)


@pytest.mark.parametrize("day", [16, 22])
def test_on_monday_and_on_sunday_it_is_the_same_week(
    school: School, monkeypatch: pytest.MonkeyPatch, day: int
) -> None:
    make.post(school.learner, make.course(), datetime(2026, 11, 18, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, day, 23, 59, tzinfo=UTC))
    assert courses.weeks(school.mentor, school.learner)[-1] == 1


def test_weeks_count_the_persons_own_doings(school: School) -> None:
    pottery = make.course()
    reviewed, alone, excused = make.steps(pottery, 3)
    done = make.work(school.learner, reviewed, submitted=ago(days=15), completed=ago(days=1))
    make.attempt(done, ago(days=22), 1)
    make.attempt(done, ago(days=15), 2)
    make.review(done, ago(days=1), by=school.admin.user_id)
    make.work(school.learner, alone, completed=ago(days=8))
    make.work(school.learner, excused, State.SKIPPED, completed=ago(days=1))
    make.post(school.stranger, pottery, ago(days=1))
    assert courses.weeks(school.mentor, school.learner)[-4:] == (1, 1, 1, 0)


# ------------------------------------------------------------------ permission


def test_who_does_not_follow_a_person_finds_nothing(school: School) -> None:
    pottery = make.course()
    learner, stranger = acting(school.learner), acting(school.stranger)
    make.enrol(school.learner, pottery)
    make.enrol(school.stranger, pottery)
    for actor, user_id in (
        (school.mentor, school.stranger),
        (learner, school.stranger),
        (learner, school.learner),
        (stranger, school.learner),
        (school.mentor, 9_999),
    ):
        with pytest.raises(errors.NotFoundError):
            courses.of_person(actor, user_id)
        with pytest.raises(errors.NotFoundError):
            courses.card(actor, user_id, pottery)
        with pytest.raises(errors.NotFoundError):
            courses.weeks(actor, user_id)


def test_admins_and_operators_see_everybody_also_while_groups_are_off(school: School) -> None:
    make.enrol(school.stranger, make.course())
    make.account(Plan.STARTER, Beta.OFF)
    for actor in (school.admin, permissions.OPERATOR):
        assert len(courses.of_person(actor, school.stranger)) == 1
    with pytest.raises(errors.NotFoundError):
        courses.of_person(school.mentor, school.learner)
