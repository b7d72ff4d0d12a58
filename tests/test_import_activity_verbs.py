"""What each verb does to the work that it is said of, in whatever order it comes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from store import clock, database
from store.importing import activity
from store.importing.activity.statements import VERBS, VerbKind
from store.models import Attempt, Completion, Course, Step
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.views.queue import QueueView
from store.views.states import Decision
from tests.helpers import activity_fixtures as fixtures
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
    say,
    score,
    steps,
    thing,
)

pytestmark = pytest.mark.usefixtures("base", "noon")

WAITS = say("submitted", ESSAY, result={"response": "Roots drink."})
DOD = {"id": "https://w3id.org/xapi/dod-isd/verbs/assessed"}
FOR = "https://yetanalytics.com/profiles/prepositions/concepts/context-extensions/for"


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


def waiting() -> int:
    return queue.listing(OPERATOR, QueueView()).total


# ----------------------------------------------------------------------- grading


@pytest.mark.parametrize(
    "verb",
    [
        "http://adlnet.gov/expapi/verbs/scored",
        "https://w3id.org/xapi/tla/verbs/scored",
        "https://w3id.org/xapi/dod-isd/verbs/assessed",
        "http://www.tincanapi.co.uk/verbs/evaluated",
        "https://w3id.org/xapi/dod-isd/verbs/evaluated",
        "https://w3id.org/xapi/dod-isd/verbs/graded",
        "http://adlnet.gov/expapi/verbs/passed",
    ],
)
def test_what_waits_is_graded(tmp_path: Path, verb: str) -> None:
    graded = say(
        "x", ESSAY, minute=9, result={**score(4, 5), "response": "Good"}, context={"instructor": TOM}
    )
    load(tmp_path, WAITS, {**graded, "verb": {"id": verb}})
    assert completions() == [("Essay 1", "complete", 4.0)]
    assert waiting() == 0


def test_a_text_question_that_is_a_step_of_its_own_is_graded(tmp_path: Path) -> None:
    essay = thing("Essay", "cmi.interaction", interactionType="long-fill-in")
    load(tmp_path, say("answered", essay, result={"response": "Roots"}))
    assert waiting() == 1
    load(tmp_path, {**say("x", essay, minute=9, result={**score(4, 5), "response": "Good"}), "verb": DOD})
    assert (completions(), waiting()) == ([("Essay", "complete", 4.0)], 0)
    assert fixtures.reviews() == [("approve", 4.0, "Good", None)]


def test_a_teacher_who_assessed_it_is_the_reviewer_and_not_the_learner(tmp_path: Path, ana: int) -> None:
    tom = add_person("tom@school.example", "Tom", "Reyes")
    judged = say(
        "assessed", ESSAY, minute=9, actor=TOM, result=score(4, 5), context={"extensions": {FOR: ANA}}
    )
    load(tmp_path, WAITS, judged)
    assert completions() == [("Essay 1", "complete", 4.0)]
    assert look(Completion.select(Completion.user)) == [(ana,)]
    assert fixtures.reviews() == [("approve", 4.0, "", tom)]


@pytest.mark.parametrize("in_two_files", [False, True])
def test_who_assesses_a_statement_grades_the_work_it_tells_of(
    tmp_path: Path, ana: int, in_two_files: bool
) -> None:
    tom = add_person("tom@school.example", "Tom", "Reyes")
    reference = {"objectType": "StatementRef", "id": "S1"}
    judged = {**say("evaluated", minute=9, actor=TOM, result=score(4, 5)), "object": reference}
    if in_two_files:
        load(tmp_path, {**WAITS, "id": "s1"})
        load(tmp_path, judged)
    else:
        load(tmp_path, {**WAITS, "id": "s1"}, judged)
    assert look(Completion.select(Completion.user, Completion.state, Completion.points)) == [
        (ana, "complete", 4.0)
    ]
    assert fixtures.reviews() == [("approve", 4.0, "", tom)]


def test_what_is_said_of_an_unknown_statement_is_left_alone(tmp_path: Path) -> None:
    judged = {**say("evaluated", result=score(4, 5)), "object": {"objectType": "StatementRef", "id": "s9"}}
    assert load(tmp_path, judged).notes == ("1 statement left alone: about a statement that is not known",)


# ----------------------------------------------------------------- not passed


@pytest.mark.parametrize(
    "statement",
    [
        say("failed", ESSAY, minute=9, result=score(4)),
        say("failed", ESSAY, minute=9, result={**score(4), "success": False}),
        say("scored", ESSAY, minute=9, result={**score(4), "success": False}),
        say("completed", ESSAY, minute=9, result={**score(4), "success": False}),
        say("assessed", ESSAY, minute=9, result={**score(4), "success": False}),
        say("submitted", ESSAY, minute=9, result={**score(4), "success": False}),
    ],
)
@pytest.mark.parametrize(
    "first", [[], [WAITS], [say("passed", ESSAY, result=score(9))], [say("completed", ESSAY)]]
)
def test_not_passed_is_failed_and_keeps_its_points(tmp_path: Path, statement: Any, first: list[Any]) -> None:
    load(tmp_path, *first, statement)
    assert completions() == [("Essay 1", "failed", 4.0)]
    assert waiting() == 0


def test_failed_without_a_score_keeps_the_points_there_were(tmp_path: Path) -> None:
    load(tmp_path, say("completed", result=score(7)), say("failed", minute=1))
    assert completions() == [("Quiz 1", "failed", 7.0)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_completed_alone_says_nothing_of_passing_before_or_after(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    verbs = ("completed", "failed")
    said = [say(verbs[index], minute=minute) for minute, index in enumerate(order)]
    load(tmp_path, *said)
    assert completions() == [("Quiz 1", "failed", None)]


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (say("passed", minute=9), ("complete", 4.0)),
        (say("passed", minute=9, result=score(8)), ("complete", 8.0)),
        (say("scored", minute=9, result=score(8)), ("complete", 8.0)),
        (say("completed", minute=9, result=score(8)), ("complete", 8.0)),
        (say("completed", minute=9, result={"success": True}), ("complete", 4.0)),
        (say("completed", minute=9), ("failed", 4.0)),
        (say("waived", minute=9), ("skipped", None)),
        (say("submitted", minute=9, result={"response": "Again"}), ("needs_review", None)),
    ],
)
def test_what_failed_can_be_passed_later(tmp_path: Path, later: Any, outcome: tuple[str, Any]) -> None:
    load(tmp_path, say("failed", result=score(4)), later)
    assert completions() == [("Quiz 1", *outcome)]


def test_a_failing_grade_of_a_teacher_is_a_review_that_says_so(tmp_path: Path) -> None:
    tom = add_person("tom@school.example", "Tom", "Reyes")
    result = {**score(4), "success": False, "response": "Too thin."}
    load(tmp_path, WAITS, say("scored", ESSAY, minute=9, context={"instructor": TOM}, result=result))
    assert fixtures.reviews() == [("fail", 4.0, "Too thin.", tom)]


def test_one_question_that_failed_does_not_fail_its_quiz(tmp_path: Path) -> None:
    question = thing("one", "cmi.interaction", interactionType="choice")
    load(
        tmp_path, say("failed", question, parents=[QUIZ, COURSE], result={"response": "a", "success": False})
    )
    assert completions() == [("Quiz 1", "complete", None)]


# ------------------------------------------------------------------ taking back


def test_waived_work_is_excused(tmp_path: Path) -> None:
    waived = {**say("x", ESSAY, minute=9), "verb": {"id": "https://w3id.org/xapi/adl/verbs/waived"}}
    load(tmp_path, WAITS, waived)
    assert (completions(), waiting()) == ([("Essay 1", "skipped", None)], 0)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (["completed", "uncompleted"], None),
        (["completed 8", "uncompleted"], None),
        (["passed 8", "uncompleted"], None),
        (["scored 8", "uncompleted"], None),
        (["waived", "uncompleted"], None),
        (["submitted", "completed 8", "uncompleted"], ("needs_review", None)),
        (["submitted", "scored 8", "uncompleted"], ("needs_review", None)),
        (["failed 3", "completed 8", "uncompleted"], ("failed", 3.0)),
        (["completed 8", "uncompleted", "completed 9"], ("complete", 9.0)),
        (["completed", "uncompleted", "uncompleted"], None),
        (["uncompleted"], None),
        (["uncompleted", "completed"], ("complete", None)),
        (["passed 8", "unpassed"], None),
        (["completed", "passed 8", "unpassed"], ("complete", None)),
        (["completed 8", "unpassed"], ("complete", None)),
        (["failed 3", "unpassed"], None),
        (["completed", "failed 3", "unpassed"], ("complete", None)),
        (["submitted", "passed 8", "unpassed"], ("needs_review", None)),
        (["submitted", "scored 8", "unpassed"], ("needs_review", None)),
        (["completed", "passed 8", "unpassed", "uncompleted"], None),
        (["completed", "passed 8", "uncompleted", "unpassed"], None),
        (["passed 8", "unpassed", "passed 9"], ("complete", 9.0)),
    ],
    ids=str,
)
@pytest.mark.parametrize("in_files", ["one", "each"])
def test_what_is_taken_back_is_as_before(
    tmp_path: Path, said: list[str], outcome: tuple[str, Any] | None, in_files: str
) -> None:
    statements = []
    for minute, words in enumerate(said):
        verb, _, points = words.partition(" ")
        result = score(int(points)) if points else {"response": "x"} if verb == "submitted" else {}
        statements.append(say(verb, ESSAY, minute=minute, result=result))
    if in_files == "one":
        load(tmp_path, *reversed(statements))
    else:
        for statement in reversed(statements):
            load(tmp_path, statement)
    assert completions() == ([("Essay 1", *outcome)] if outcome else [])
    assert len(attempts()) == ("submitted" in said)


def test_answers_of_a_quiz_that_is_not_done_any_more_stay_with_the_learner(tmp_path: Path) -> None:
    question = thing("one", "cmi.interaction", interactionType="choice")
    answered = say("answered", question, parents=[QUIZ, COURSE], result={"response": "a"})
    load(tmp_path, answered, say("completed", minute=1, result=score(8)), say("uncompleted", minute=2))
    assert completions() == [("Quiz 1", "returned", None)]
    assert attempts() == [(1, "Question: one\nAnswer: a")]


def test_work_that_was_given_back_is_done_again_when_that_is_voided(tmp_path: Path) -> None:
    question = thing("one", "cmi.interaction", interactionType="choice")
    load(tmp_path, say("answered", question, parents=[QUIZ, COURSE], result={"response": "a"}))
    load(tmp_path, say("completed", minute=1, result=score(8)), say("uncompleted", id="u", minute=5))
    load(tmp_path, say("scored", minute=3, result=score(6)))
    assert completions() == [("Quiz 1", "returned", None)]
    load(tmp_path, say("voided", {"objectType": "StatementRef", "id": "u"}, minute=9))
    assert completions() == [("Quiz 1", "complete", 6.0)]


def test_what_a_teacher_said_stays_where_the_work_is_not_done_any_more(tmp_path: Path) -> None:
    graded = say("scored", ESSAY, minute=1, context={"instructor": TOM}, result=score(8))
    load(tmp_path, graded)
    load(tmp_path, say("uncompleted", ESSAY, minute=2))
    assert completions() == [("Essay 1", "returned", None)]
    assert fixtures.reviews() == [("approve", 8.0, "", None)]


def test_what_a_person_decided_here_is_taken_back_by_no_statement(tmp_path: Path) -> None:
    load(tmp_path, WAITS, say("completed", thing("Quiz 2"), result=score(5)))
    reviews.save(OPERATOR, 1, 1, Decision.APPROVE, feedback="Good")
    late = int((clock.now() - START) / timedelta(minutes=1)) + 5
    load(tmp_path, say("uncompleted", ESSAY, minute=late), say("unpassed", ESSAY, minute=late + 1))
    assert completions()[0] == ("Essay 1", "complete", None)


def test_one_question_that_is_taken_back_is_left_alone(tmp_path: Path) -> None:
    question = thing("one", "cmi.interaction")
    load(tmp_path, say("completed"))
    summary = load(tmp_path, say("uncompleted", question, minute=1, parents=[QUIZ, COURSE]))
    assert completions() == [("Quiz 1", "complete", None)]
    assert any("one question" in note for note in summary.notes)


# ------------------------------------------------------------------------ order

FOUR = [
    say("submitted", ESSAY, minute=0, result={"response": "First"}),
    say("scored", ESSAY, minute=1, context={"instructor": TOM}, result=score(5, 20)),
    say("submitted", ESSAY, minute=2, result={"response": "Second"}),
    say("scored", ESSAY, minute=3, context={"instructor": TOM}, result=score(15, 20)),
]


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_the_order_in_which_files_come_does_not_matter(tmp_path: Path, order: tuple[int, ...]) -> None:
    for index in order:
        load(tmp_path, FOUR[index])
    assert completions() == [("Essay 1", "complete", 15.0)]
    query = Attempt.select(Attempt.number, Attempt.text).order_by(Attempt.number)
    assert look(query) == [(1, "First"), (2, "Second")]
    assert sorted(row[1] for row in fixtures.reviews()) == [5.0, 15.0]


def test_an_answer_of_a_record_store_with_the_newest_first_is_read_from_its_end(tmp_path: Path) -> None:
    """Of one second, what was sent last comes last."""
    said = [
        say("completed", thing("Quiz 2"), minute=-5),
        say("submitted", ESSAY, result={"response": "x"}),
        say("scored", ESSAY, result=score(9)),
    ]
    load(tmp_path, *reversed(said))
    assert sorted(completions()) == [("Essay 1", "complete", 9.0), ("Quiz 2", "complete", None)]


def moments() -> list[tuple[Any, ...]]:
    return look(Completion.select(Completion.submitted_at, Completion.completed_at))


@pytest.mark.parametrize(
    ("stored", "at"),
    [
        ("2026-11-02T09:30:00Z", datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
        ("2026-11-02T08:00:00Z", datetime(2026, 11, 2, 8, 0, tzinfo=UTC)),
        (None, clock.now()),
    ],
)
def test_what_is_dated_ahead_counts_as_of_when_it_was_stored_or_of_now(
    tmp_path: Path, noon: datetime, stored: str | None, at: datetime
) -> None:
    dated = {**say("completed"), "timestamp": "2031-01-01T00:00:00Z"}
    summary = load(tmp_path, {**dated, "stored": stored} if stored else dated)
    assert moments() == [(None, at if stored else noon)]
    (note,) = summary.notes
    assert note == (
        "1 statement dated later than stored: counted as of when stored"
        if stored
        else "1 statement dated in the future: counted as of now, or of their first score"
    )


def test_a_moment_before_it_was_stored_and_one_of_tomorrow_count_as_they_are(tmp_path: Path) -> None:
    tomorrow = clock.now() + timedelta(hours=20)
    summary = load(
        tmp_path,
        {**say("completed"), "stored": "2026-11-05T00:00:00Z"},
        {**say("completed", thing("Quiz 2")), "timestamp": tomorrow.isoformat()},
    )
    assert moments() == [(None, START), (None, tomorrow)]
    assert summary.notes == ()


def test_a_clock_that_is_some_seconds_fast_is_not_worth_a_word(tmp_path: Path) -> None:
    stored = (START - timedelta(seconds=20)).isoformat()
    assert load(tmp_path, {**say("completed"), "stored": stored}).notes == ()
    assert moments() == [(None, START - timedelta(seconds=20))]


def test_a_stored_time_that_is_ahead_as_well_counts_as_now(tmp_path: Path, noon: datetime) -> None:
    load(
        tmp_path, {**say("completed"), "timestamp": "2032-01-01T00:00:00Z", "stored": "2031-01-01T00:00:00Z"}
    )
    assert moments() == [(None, noon)]


@pytest.mark.parametrize("in_files", ["one", "turned", "each"])
@pytest.mark.parametrize("timestamp", ["2031-01-01T00:00:00Z", None])
def test_work_without_a_date_to_rely_on_came_before_its_score(
    tmp_path: Path, timestamp: str | None, in_files: str
) -> None:
    work, graded = {**WAITS, "timestamp": timestamp}, say("scored", ESSAY, minute=9, result=score(8))
    if in_files == "each":
        load(tmp_path, work)
        load(tmp_path, graded)
    else:
        load(tmp_path, *([work, graded] if in_files == "one" else [graded, work]))
    assert completions() == [("Essay 1", "complete", 8.0)]
    assert waiting() == 0


def test_work_without_a_date_waits_where_the_score_was_of_other_work(tmp_path: Path) -> None:
    again = {**say("submitted", ESSAY, result={"response": "Again"}), "timestamp": "2031-01-01T00:00:00Z"}
    load(tmp_path, WAITS, say("scored", ESSAY, minute=9, result=score(8)), again)
    assert completions() == [("Essay 1", "needs_review", None)]
    assert [row[1] for row in attempts()] == ["Roots drink.", "Again"]


def test_the_readme_says_what_each_verb_does() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    table = text[text.index("| verb | what it does |") :].split("\n\n")[0]
    named = {verb for line in table.splitlines() for verb in re.findall("`([a-z]+)`", line.split("|")[1])}
    assert {VERBS[verb] for verb in named} == set(VerbKind) - {VerbKind.OTHER}


def test_ten_thousand_times_done_and_undone_is_no_more_work_than_as_many_statements(tmp_path: Path) -> None:
    said = [say("completed" if minute % 2 else "uncompleted", minute=minute) for minute in range(10_000)]
    load(tmp_path, *said)
    assert completions() == [("Quiz 1", "complete", None)]
    assert (count(Course), count(Step)) == (1, 1)


def test_statements_of_one_record_are_read_with_few_look_ups(tmp_path: Path) -> None:
    load(tmp_path, *FOUR)
    with database.reading():
        assert Attempt.select().count() == 2
    assert steps() == [("Essay 1", "review", 20.0)]
