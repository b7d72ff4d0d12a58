"""Essay questions of a Moodle's quizzes: they wait here, are marked there, and the mark closes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.places import ReviewPlace
from store import database, errors
from store.models import Completion, Step, User
from store.permissions import OPERATOR
from store.review import bulk, reviews
from store.sites import html
from store.sites.moodle.needs import ATTEMPT_REVIEW, ATTEMPTS, QUIZZES, UPDATES
from store.views.states import Decision
from store.views.work import ReviewItem
from tests.helpers import linked as read
from tests.helpers.app import WIDE, muster, press, running, screen_text
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.fake_moodle.api import FUNCTIONS
from tests.helpers.fake_moodle.records import Quiz
from tests.helpers.linked import Linked, linked
from tests.helpers.school import School

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "moodle" / "quiz"
ROAD = "Rules of the road"


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    with linked(harbour_school()) as found:
        yield found


def quiz(link: Linked) -> Quiz:
    return next(each for each in link.there.quizzes.values() if each.name == ROAD)


def item(person: str) -> ReviewItem:
    with database.reading():
        query = Completion.select(User.id, Step.id).join(User).join_from(Completion, Step)
        row = database.row(query.where(User.first_name == person, Step.title == ROAD))
    assert row is not None
    return reviews.item(OPERATOR, *row)


def waiting(link: Linked) -> list[str]:
    """Who has an essay that nobody marked, at the site."""
    attempts = (each for each in link.there.quiz_attempts.values() if each.quiz == quiz(link).id)
    found = [each for each in attempts if any(answer.state == "needsgrading" for answer in each.answers)]
    return [link.there.users[each.userid].firstname for each in found]


def test_essays_wait_with_question_answer_and_address_and_are_refused_here(link: Linked) -> None:
    link.sync()
    person = waiting(link)[0]
    assert read.work(person, ROAD) == ("needs_review", None, 1, 0)
    shown = item(person)
    assert (shown.marked_in, shown.may_review, shown.points_possible) == ("Moodle", False, quiz(link).grade)
    (attempt,) = shown.attempts
    asked = quiz(link).questions[0]
    assert attempt.text.startswith(f"Question 1 ({asked[2]:g}): {asked[1]}\n\n")
    assert attempt.link.startswith(f"{link.server.url}/mod/quiz/review.php?attempt=")
    assert shown.completion_id is not None
    with pytest.raises(errors.ForbiddenError, match="To be marked in Moodle"):
        reviews.save(OPERATOR, shown.completion_id, shown.version, Decision.APPROVE, points=3)
    (left,) = bulk.preview(OPERATOR, [shown.completion_id], Decision.APPROVE, 3).left
    assert left.why.startswith("To be marked in Moodle")


def test_a_mark_that_is_given_there_closes_it_and_a_quiet_run_asks_nothing(link: Linked) -> None:
    link.sync()
    link.server.forget()
    assert link.sync().words == "Nothing new."
    assert ATTEMPT_REVIEW not in str([each.params for each in link.server.calls])

    person = waiting(link)[0]
    attempt = next(
        each
        for each in link.there.quiz_attempts.values()
        if link.there.users[each.userid].firstname == person and each.state == "finished"
    )
    for slot, (kind, _, most) in enumerate(quiz(link).questions, 1):
        if kind == "essay":
            link.there.mark_essay(attempt, slot, most / 2)
    link.sync()
    done = read.work(person, ROAD)
    total = sum(most / 2 if kind == "essay" else most for kind, _, most in quiz(link).questions)
    most = sum(each[2] for each in quiz(link).questions)
    assert done is not None and done[0] == "complete"
    assert done[1] == pytest.approx(total * quiz(link).grade / most)
    assert "Question 1: " in read.said(person, ROAD)[-1][2]
    assert link.sync(full=True).words == "Nothing new."


def test_a_new_attempt_comes_by_itself_and_one_that_is_open_does_not(link: Linked) -> None:
    link.sync()
    course = link.there.courses[quiz(link).course]
    answered = {each.userid for each in link.there.quiz_attempts.values()}
    late = next(
        link.there.users[number]
        for number, each in course.enrolments.items()
        if each.role == "student" and number not in answered
    )
    texts = ["I <keep> my course." for _ in quiz(link).questions]
    attempt = link.there.answer_quiz(quiz(link), late, texts)
    attempt.state = "inprogress"
    link.sync()
    assert read.work(late.firstname, ROAD) is None
    attempt.state = "finished"
    link.sync()
    assert read.work(late.firstname, ROAD) == ("needs_review", None, 1, 0)


@pytest.mark.parametrize("lacking", [UPDATES, QUIZZES, ATTEMPTS])
def test_a_service_without_a_function_does_without_it(link: Linked, lacking: str) -> None:
    link.server.link.functions = set(FUNCTIONS) - {lacking}
    assert "could not" not in link.sync().words
    person = waiting(link)[0]
    assert (read.work(person, ROAD) is None) == (lacking == QUIZZES)


async def test_the_review_says_where_it_is_marked_and_copies_the_address(
    link: Linked, school: School
) -> None:
    school.person("Ada Admin", email="ada@x.example", admin=True)
    link.sync()
    shown = item(waiting(link)[0])
    async with running(muster("ada@x.example"), WIDE, at=ReviewPlace(shown.user_id, shown.step_id)) as pilot:
        assert "To be marked in Moodle" in screen_text(pilot)
        await press(pilot, "f9")
        assert pilot.app.clipboard == shown.attempts[0].link


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recordings are not here")
def test_recorded_answers_are_found_in_their_pages() -> None:
    recorded = json.loads((SAMPLES / "attempt_review_graded_by_hand.json").read_text(encoding="utf-8"))
    first, second, _ = recorded["answer"]["questions"]
    said = [html.plain(html.inside(each["html"], "qtype_essay_response")) for each in (first, second)]
    assert said == [
        "Answer of learner 0: I turn to starboard early, so that the other can see it.",
        "Slow down and sound the horn. <- every two minutes",
    ]
    assert html.inside(first["html"], "nowhere") == ""
