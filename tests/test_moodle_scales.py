"""Scales of a Moodle: where their words come from, and how one that is chosen here arrives there."""

from __future__ import annotations

import pytest

from store import errors
from store.permissions import OPERATOR
from store.sites.moodle import push as moodle_push
from store.sites.moodle import scales as moodle_scales
from store.sites.moodle.scales import Learned, Scale
from store.views.rubrics import Award
from store.views.states import Decision
from tests.helpers import linked as read
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.linked import linked
from tests.helpers.school import School
from tests.test_moodle_push import HABIT, RUTH, SAKURA, WANG, Desk
from tests.test_moodle_push import desk as desk

WORDS = ["Not yet", "Getting there", "Yes"]


def levels(desk: Desk) -> list[str]:
    (criterion,) = desk.rubric(HABIT).criteria
    return [level.title for level in criterion.levels]


def choose(desk: Desk, person: str, number: int) -> None:
    """Review somebody's work by the word at this place."""
    (criterion,) = desk.rubric(HABIT).criteria
    level = criterion.levels[number - 1]
    desk.review(person, HABIT, criteria=[Award(criterion.id, level.id, level.points)])


def test_the_words_come_from_the_gradebook_and_from_what_people_were_given(desk: Desk) -> None:
    assert levels(desk) == WORDS
    assert not desk.rubric(HABIT).gives_points


def test_a_word_that_nobody_was_given_is_told_by_its_place_until_an_admin_names_it(school: School) -> None:
    moodle = harbour_school()
    moodle.grades = {}
    moodle.gradebook = {}
    jo = school.actor(school.person("Jo Ito", admin=True))
    with linked(moodle) as link:
        link.sync()
        desk = Desk(link, jo)
        assert levels(desk) == ["Not yet", "Word 2 of 3, not known yet", "Yes"]

        (scale,) = moodle_scales.listing(OPERATOR, link.site)
        assert (scale.words, scale.steps) == (
            ("Not yet", "", "Yes"),
            ("Writing for the Community, Habits check",),
        )
        with pytest.raises(errors.InvalidError):
            moodle_scales.name(OPERATOR, link.site, scale.number, ["Not yet", "Yes"])
        moodle_scales.name(OPERATOR, link.site, scale.number, ["Not yet", "Half way", "Yes"])
        assert levels(desk) == ["Not yet", "Half way", "Yes"]
        link.sync(full=True)
        assert levels(desk) == ["Not yet", "Half way", "Yes"]


@pytest.mark.parametrize(
    ("before", "learned", "after"),
    [
        (Scale(), Learned({2: "b"}), ("", "b")),
        (Scale(("a", "", "c")), Learned({2: "b"}), ("a", "b", "c")),
        (Scale(("a", "b")), Learned({1: "a", 3: "c"}, 3), ("a", "b", "c")),
        (Scale(("a", "b", "c")), Learned({1: "a", 2: "z"}, 2), ("a", "z")),
        (Scale(("a", "b"), True), Learned({1: "x"}), ("a", "b")),
        (Scale(("a", "b"), True), Learned({1: "x"}, 3), ("x", "", "")),
    ],
)
def test_what_is_learned_of_a_scale_is_added_to_what_was_known(
    before: Scale, learned: Learned, after: tuple[str, ...]
) -> None:
    assert before.with_words(learned).words == after


def test_a_word_that_was_chosen_arrives_as_its_place(desk: Desk) -> None:
    choose(desk, SAKURA, 3)
    desk.push()

    assert desk.rows() == [("done", "")]
    *_, grade = desk.there(SAKURA, HABIT)
    assert grade is not None and grade.grade == 3
    assert read.work(SAKURA, HABIT) == ("complete", None, 1, 1)


def test_to_approve_needs_a_word_and_to_return_does_not(desk: Desk) -> None:
    with pytest.raises(errors.CriterionError):
        desk.review(SAKURA, HABIT, criteria=[])
    desk.review(SAKURA, HABIT, Decision.RETURN, criteria=[])
    desk.push()
    assert desk.rows() == [("done", "")]


def test_undo_brings_the_word_back_that_stood_there(desk: Desk) -> None:
    choose(desk, RUTH, 3)
    desk.push()
    desk.undo()
    desk.push()

    *_, grade = desk.there(RUTH, HABIT)
    assert grade is not None and (grade.grade, grade.feedback) == (2, "<p>ok</p>")
    assert [state for state, _ in desk.rows()] == ["done", "done"]


def test_a_word_that_a_teacher_gave_meanwhile_is_a_conflict_with_both_words(desk: Desk) -> None:
    choose(desk, SAKURA, 3)
    work, someone, *_ = desk.there(SAKURA, HABIT)
    desk.link.there.grade_in_browser(work, someone, 1, "", desk.teacher())
    desk.push()

    assert desk.rows() == [("conflict", "Somebody gave “Not yet” in Moodle.")]
    assert read.words(SAKURA, HABIT) == ["Yes", "Not yet"]


def test_a_scale_that_became_shorter_takes_no_word_beyond_its_end(desk: Desk) -> None:
    choose(desk, SAKURA, 3)
    work = desk.there(SAKURA, HABIT)[0]
    desk.link.there.scales[-work.grade].pop()
    desk.push()

    assert desk.rows()[0][0] == "conflict"
    assert desk.link.server.asked(moodle_push.SAVE) == []


def test_an_assignment_that_changes_to_points_has_no_words_any_more(desk: Desk) -> None:
    desk.link.there.work(HABIT).grade = 10
    desk.link.sync(full=True)
    desk.review(WANG, HABIT, points=7.0)
    desk.push()

    *_, grade = desk.there(WANG, HABIT)
    assert grade is not None and grade.grade == 7.0
