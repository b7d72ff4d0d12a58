"""What xAPI statements come to: completions, attempts, points, reviews, posts, people, courses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store import database
from store.importing import activity
from store.models import Attempt, Completion, Course, Enrolment, Lesson, Post, Review, Step, User
from tests.helpers.activity_fixtures import (
    ANA,
    COURSE,
    ESSAY,
    QUIZ,
    START,
    TOM,
    add_person,
    attempts,
    completions,
    count,
    look,
    ndjson,
    posts,
    reviews,
    say,
    score,
    steps,
    thing,
)

pytestmark = pytest.mark.usefixtures("base", "noon")


@pytest.fixture
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


# ------------------------------------------------------------------------- work


def test_completed_work_with_a_score_is_complete_and_makes_course_and_step(tmp_path: Path, ana: int) -> None:
    load(tmp_path, say("completed", result=score(8)))
    assert completions() == [("Quiz 1", "complete", 8.0)]
    assert steps() == [("Quiz 1", "automatic", 10.0)]
    assert look(Course.select(Course.title)) == [("Python basics",)]
    assert look(Enrolment.select(Enrolment.user, Enrolment.created_at)) == [(ana, START)]
    assert look(Completion.select(Completion.submitted_at, Completion.completed_at)) == [(None, START)]


@pytest.mark.usefixtures("ana")
def test_raw_and_max_count_and_a_scaled_score_that_disagrees_does_not(tmp_path: Path) -> None:
    load(tmp_path, say("passed", result=score(7.5, 10, scaled=0.1, min=0)))
    assert completions() == [("Quiz 1", "complete", 7.5)]


@pytest.mark.usefixtures("ana")
def test_a_score_of_another_max_counts_in_proportion(tmp_path: Path) -> None:
    load(tmp_path, say("completed", result=score(8, 10)), say("completed", minute=5, result=score(18, 20)))
    assert completions() == [("Quiz 1", "complete", 9.0)]
    assert steps() == [("Quiz 1", "automatic", 10.0)]


@pytest.mark.usefixtures("ana")
def test_a_score_without_a_max_completes_without_points(tmp_path: Path) -> None:
    summary = load(tmp_path, say("completed", result={"score": {"raw": 8}}))
    assert completions() == [("Quiz 1", "complete", None)]
    assert any("no max" in note for note in summary.notes)


@pytest.mark.usefixtures("ana")
def test_submitted_work_waits_for_a_person(tmp_path: Path) -> None:
    submission = thing("Essay 1 Submission", "submission")
    load(
        tmp_path, say("submitted", submission, parents=[ESSAY, COURSE], result={"response": "Dear Mr Lind,"})
    )
    assert completions() == [("Essay 1", "needs_review", None)]
    assert look(Attempt.select(Attempt.number, Attempt.text, Attempt.link, Attempt.submitted_at)) == [
        (1, "Dear Mr Lind,", "https://lms.example/submission/Essay-1-Submission", START)
    ]
    assert steps() == [("Essay 1", "review", None)]


@pytest.mark.usefixtures("ana")
def test_a_score_by_a_person_completes_it_with_a_review(tmp_path: Path) -> None:
    tom = add_person("tom@school.example", "Tom", "Reyes")
    load(
        tmp_path,
        say("submitted", ESSAY, result={"response": "First"}),
        say(
            "scored",
            ESSAY,
            minute=60,
            context={"instructor": TOM},
            result={**score(17, 20), "response": "Good. The *end* is too long."},
        ),
    )
    assert completions() == [("Essay 1", "complete", 17.0)]
    assert reviews() == [("approve", 17.0, "Good. The *end* is too long.", tom)]
    assert steps() == [("Essay 1", "review", 20.0)]


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize("undone", [True, False])
def test_a_review_that_was_taken_back_does_not_stand_in_the_way(tmp_path: Path, undone: bool) -> None:
    load(tmp_path, say("submitted", ESSAY, result={"response": "First"}))
    # Returned here, after the moment that is told next; nothing else of the work is that late.
    late = START + timedelta(minutes=90)
    values = {"completion": 1, "decision": "return", "feedback": "No", "created_at": late}
    with database.writing():
        Review.insert(values, undone_at=late if undone else None).execute()
    scored = say("scored", ESSAY, minute=60, context={"instructor": TOM}, result=score(3, 5))
    load(tmp_path, say("submitted", ESSAY, result={"response": "First"}), scored)
    assert completions() == [("Essay 1", *(("complete", 3.0) if undone else ("needs_review", None)))]


@pytest.mark.usefixtures("ana")
def test_a_reviewer_who_is_not_known_here_is_nobody(tmp_path: Path) -> None:
    load(tmp_path, say("scored", ESSAY, context={"instructor": TOM}, result=score(3, 5)))
    assert reviews() == [("approve", 3.0, "", None)]
    assert count(User) == 1


@pytest.mark.usefixtures("ana")
def test_a_score_by_no_person_is_no_review(tmp_path: Path) -> None:
    load(tmp_path, say("scored", context={"instructor": ANA}, result=score(3, 5)))
    assert reviews() == []
    assert steps() == [("Quiz 1", "automatic", 5.0)]


@pytest.mark.usefixtures("ana")
def test_statements_apply_in_the_order_of_their_moments(tmp_path: Path) -> None:
    load(
        tmp_path,
        say("submitted", ESSAY, minute=30, result={"response": "Second"}),
        say("scored", ESSAY, minute=10, context={"instructor": TOM}, result=score(5, 20)),
        say("submitted", ESSAY, minute=0, result={"response": "First"}),
    )
    assert completions() == [("Essay 1", "needs_review", None)]
    assert attempts() == [(1, "First"), (2, "Second")]
    assert len(reviews()) == 1


@pytest.mark.usefixtures("ana")
def test_completed_without_a_score_does_not_end_the_wait(tmp_path: Path) -> None:
    load(tmp_path, say("submitted", ESSAY, result={"response": "x"}), say("completed", ESSAY, minute=1))
    assert completions() == [("Essay 1", "needs_review", None)]


@pytest.mark.usefixtures("ana")
def test_failed_work_keeps_its_points_and_is_not_done(tmp_path: Path) -> None:
    load(tmp_path, say("failed"), say("failed", thing("Quiz 2"), minute=1, result=score(2)))
    assert completions() == [("Quiz 1", "failed", None), ("Quiz 2", "failed", 2.0)]


@pytest.mark.usefixtures("ana")
def test_a_course_as_a_whole_is_left_to_its_steps(tmp_path: Path) -> None:
    summary = load(tmp_path, say("completed", COURSE, parents=[]))
    assert count(Completion) == 0
    assert any("as a whole" in note for note in summary.notes)


# ---------------------------------------------------------------------- answers


def question(name: str, interaction: str | None = None) -> dict[str, Any]:
    more = {"interactionType": interaction} if interaction else {}
    return thing(name, "cmi.interaction", description={"en": f"What is {name}?"}, **more)


ATTEMPT = thing("Quiz 1 attempt 1", "attempt")
WITHIN = [ATTEMPT, QUIZ, thing("Week 1", "section"), COURSE]


@pytest.mark.usefixtures("ana")
def test_answers_gather_in_the_attempt_of_their_quiz(tmp_path: Path) -> None:
    load(
        tmp_path,
        say("answered", question("one", "choice"), parents=WITHIN, result={"response": "a[,]b"}),
        say("answered", question("two", "matching"), minute=1, parents=WITHIN, result={"response": "x[.]y"}),
        say("completed", ATTEMPT, minute=2, parents=WITHIN[1:], result=score(50, 100)),
    )
    assert completions() == [("Quiz 1", "complete", 50.0)]
    assert attempts() == [
        (1, "Question: What is one?\nAnswer: a, b\n\nQuestion: What is two?\nAnswer: x = y")
    ]
    assert steps() == [("Quiz 1", "automatic", 100.0)]
    assert look(Lesson.select(Lesson.title)) == [("Week 1",)]


@pytest.mark.usefixtures("ana")
def test_a_free_answer_waits_until_the_quiz_is_scored(tmp_path: Path) -> None:
    free = say("answered", question("why", "long-fill-in"), parents=WITHIN, result={"response": "Because."})
    load(tmp_path, free)
    assert completions() == [("Quiz 1", "needs_review", None)]
    assert steps() == [("Quiz 1", "review", None)]
    load(tmp_path, say("completed", ATTEMPT, minute=2, parents=WITHIN[1:], result=score(5)))
    assert completions() == [("Quiz 1", "complete", 5.0)]
    assert len(attempts()) == 1


@pytest.mark.usefixtures("ana")
def test_an_answer_that_comes_in_a_later_file_joins_its_attempt(tmp_path: Path) -> None:
    load(tmp_path, say("completed", ATTEMPT, parents=WITHIN[1:], result=score(5)))
    load(tmp_path, say("answered", question("one"), parents=WITHIN, result={"response": "yes"}))
    load(tmp_path, say("answered", question("two"), minute=-1, parents=WITHIN, result={"response": "no"}))
    assert completions() == [("Quiz 1", "complete", 5.0)]
    assert attempts() == [(1, "Question: What is one?\nAnswer: yes\n\nQuestion: What is two?\nAnswer: no")]


@pytest.mark.usefixtures("ana")
def test_a_question_right_below_a_course_is_a_step_of_its_own(tmp_path: Path) -> None:
    load(tmp_path, say("answered", question("one"), result={"response": "yes"}))
    assert completions() == [("one", "needs_review", None)]
    assert attempts() == [(1, "yes")]


@pytest.mark.usefixtures("ana")
def test_the_score_of_one_question_is_told_and_not_counted(tmp_path: Path) -> None:
    slot = thing("Slot 1", "review#slot")
    load(
        tmp_path,
        say("completed", ATTEMPT, parents=WITHIN[1:], result=score(50, 100)),
        say("scored", slot, minute=9, parents=WITHIN, context={"instructor": TOM}, result=score(0.5, 1)),
    )
    assert completions() == [("Quiz 1", "complete", 50.0)]
    assert reviews() == [("approve", None, "Slot 1: 0.5 of 1", None)]


# ------------------------------------------------------------------------ posts


@pytest.mark.usefixtures("ana")
def test_discussion_becomes_posts_and_replies(tmp_path: Path) -> None:
    begun = thing("Off by one", "discussion", description={"en": "I keep ending short."})
    reply = thing("Re: Off by one", "forum-reply", description={"en": "Same here."})
    load(
        tmp_path,
        say("replied", reply, minute=5, parents=[begun, thing("Forum", "forum"), COURSE]),
        say("created", begun, parents=[thing("Forum", "forum"), COURSE]),
    )
    (first, _, *text), (_, parent, *answer) = posts()
    assert (text, answer) == (["Off by one", "I keep ending short."], ["Re: Off by one", "Same here."])
    assert parent == first
    load(tmp_path, say("responded", begun, minute=9, result={"response": "Me too."}, parents=[COURSE]))
    assert posts()[2][1:] == (first, "Off by one", "Me too.")


@pytest.mark.usefixtures("ana")
def test_a_comment_on_a_step_stands_at_that_step(tmp_path: Path) -> None:
    load(tmp_path, say("commented", result={"response": "Hard!"}), say("completed", minute=5))
    step = look(Step.select(Step.id))[0][0]
    assert look(Post.select(Post.step, Post.body)) == [(step, "Hard!")]


@pytest.mark.usefixtures("ana")
def test_a_reply_finds_the_statement_it_refers_to(tmp_path: Path) -> None:
    key = "0d6fb8bc-8f2e-4f8c-9d0f-0123456789ab"
    load(tmp_path, say("commented", id=key, result={"response": "Hard!"}))
    reference = {"statement": {"objectType": "StatementRef", "id": key.upper()}}
    load(tmp_path, say("responded", minute=1, context=reference, result={"response": "Easy!"}))
    assert posts()[1][1] == posts()[0][0]


@pytest.mark.usefixtures("ana")
def test_a_post_without_any_text_is_left_alone(tmp_path: Path) -> None:
    summary = load(tmp_path, say("commented"))
    assert count(Post) == 0
    assert any("without a text" in note for note in summary.notes)
