"""Surveys and feedback forms, which nobody judges; and questions, which belong to what is around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from store.importing import activity
from store.permissions import OPERATOR
from store.queue import queue
from store.views.queue import QueueView
from tests.helpers.activity_fixtures import (
    COURSE,
    QUIZ,
    add_person,
    attempts,
    completions,
    ndjson,
    say,
    score,
    steps,
    thing,
)

pytestmark = pytest.mark.usefixtures("base", "noon")

SECTION = thing("Week 1", "section")
KINDS = ["feedback", "survey", "questionnaire", "poll"]


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


def waiting() -> int:
    return queue.listing(OPERATOR, QueueView()).total


def text_question(name: str = "How was it?") -> dict[str, Any]:
    return thing(name, "cmi.interaction", interactionType="long-fill-in")


def answered(about: Any, *around: Any, minute: int = 0, grouping: Any = (), response: str = "Fine") -> Any:
    """An answer to a question, with what is around it and beside it."""
    said = say("answered", about, minute=minute, parents=around, result={"response": response})
    said["context"]["contextActivities"]["grouping"] = list(grouping)
    return said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["first", "last"])
def test_a_form_is_one_step_that_is_done_when_it_is_handed_in(tmp_path: Path, kind: str, order: str) -> None:
    form = thing("Unit feedback", kind)
    handed_in = say("submit", form, parents=[SECTION, COURSE])
    answers = [
        answered(text_question(), form, SECTION, COURSE),
        answered(text_question("What next?"), form, SECTION, COURSE, response="More"),
    ]
    load(tmp_path, *([handed_in, *answers] if order == "first" else [*answers, handed_in]))
    assert steps() == [("Unit feedback", "automatic", None)]
    assert completions() == [("Unit feedback", "complete", None)]
    assert attempts() == [(1, "Question: How was it?\nAnswer: Fine\n\nQuestion: What next?\nAnswer: More")]
    assert waiting() == 0


@pytest.mark.parametrize("verb", ["submitted", "completed", "answered", "passed", "failed", "scored"])
def test_nobody_judges_a_form_whatever_is_said_of_it(tmp_path: Path, verb: str) -> None:
    result = {**score(1), "success": False, "response": "Long text"}
    load(tmp_path, say(verb, thing("Survey", "survey"), result=result))
    assert steps() == [("Survey", "automatic", None)]
    assert completions() == [("Survey", "complete", None)]


def test_the_answers_alone_are_enough(tmp_path: Path) -> None:
    """As older versions of Moodle's log store send it: with the form beside the course."""
    form = thing("Unit feedback", "survey")
    load(tmp_path, answered(text_question(), grouping=[thing("lms", "lms"), COURSE, form]))
    assert steps() == [("Unit feedback", "automatic", None)]
    assert completions() == [("Unit feedback", "complete", None)]


def test_a_form_that_is_filled_in_twice_has_two_attempts(tmp_path: Path) -> None:
    form = thing("Unit feedback", "feedback")
    for minute, text in ((0, "Fine"), (600, "Better")):
        load(
            tmp_path,
            say("submitted", form, minute=minute, parents=[COURSE]),
            answered(text_question(), form, COURSE, minute=minute, response=text),
        )
    assert attempts() == [
        (1, "Question: How was it?\nAnswer: Fine"),
        (2, "Question: How was it?\nAnswer: Better"),
    ]
    assert completions() == [("Unit feedback", "complete", None)]


def test_a_form_whose_type_only_one_statement_tells_is_one_for_all_of_them(tmp_path: Path) -> None:
    form = thing("Unit feedback", "feedback")
    load(
        tmp_path,
        answered(text_question(), {"id": form["id"]}, COURSE),
        say("submitted", form, minute=1, parents=[COURSE]),
    )
    assert (completions(), waiting()) == ([("Unit feedback", "complete", None)], 0)


def test_the_feedback_of_an_assignment_is_no_form(tmp_path: Path) -> None:
    essay = thing("Essay 1", "assignment")
    feedback = thing("Essay 1 feedback", "feedback")
    load(
        tmp_path,
        say("submitted", essay, result={"response": "Text"}),
        say("scored", feedback, minute=5, parents=[essay, COURSE], result=score(7)),
    )
    assert completions() == [("Essay 1", "complete", 7.0)]


# -------------------------------------------------------------------- questions


ATTEMPT = thing("Quiz 1 attempt 1", "attempt")


@pytest.mark.parametrize(
    ("around", "beside"),
    [
        ([ATTEMPT, QUIZ, SECTION, COURSE], []),
        ([QUIZ, SECTION, COURSE], []),
        ([{"id": QUIZ["id"]}, COURSE], []),
        ([], [thing("lms", "lms"), COURSE, QUIZ]),
        ([ATTEMPT], [COURSE, QUIZ]),
        ([ATTEMPT, COURSE], []),
        ([ATTEMPT], [COURSE]),
    ],
)
def test_a_text_question_belongs_to_the_attempt_at_its_quiz(tmp_path: Path, around: Any, beside: Any) -> None:
    load(
        tmp_path,
        answered(text_question(), *around, grouping=beside),
        say("completed", ATTEMPT, minute=1, parents=[QUIZ, SECTION, COURSE], result=score(5)),
    )
    assert steps() == [("Quiz 1", "review", 10.0)]
    assert completions() == [("Quiz 1", "complete", 5.0)]


def test_answers_of_an_attempt_at_a_quiz_that_nobody_names_are_one_step(tmp_path: Path) -> None:
    load(
        tmp_path,
        answered(text_question(), ATTEMPT, COURSE),
        answered(text_question("And you?"), ATTEMPT, COURSE, minute=1),
    )
    assert [row[0] for row in steps()] == ["Quiz 1 attempt 1"]
    assert len(attempts()) == 1


def test_an_essay_in_a_lesson_is_graded_with_its_lesson(tmp_path: Path) -> None:
    lesson = thing("Photosynthesis", "lesson")
    load(tmp_path, answered(text_question("Essay"), lesson, SECTION, COURSE))
    assert (completions(), waiting()) == ([("Photosynthesis", "needs_review", None)], 1)
    load(
        tmp_path,
        say(
            "assessed",
            text_question("Essay"),
            minute=9,
            parents=[lesson, SECTION, COURSE],
            result=score(4, 5),
        ),
    )
    assert (completions(), waiting()) == ([("Photosynthesis", "complete", None)], 0)
