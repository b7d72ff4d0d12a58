"""Activity that 0.3.0 imported, which kept nothing of what its statements said and read some otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store import clock, database
from store.importing import activity
from store.models import Attempt, Completion, ExternalId, Lesson, Review, Step
from store.models.kept_statements import KeptStatement
from store.permissions import OPERATOR
from store.review import reviews
from store.views.states import Decision
from tests.helpers import activity_fixtures as fixtures
from tests.helpers.activity_fixtures import (
    COURSE,
    ESSAY,
    QUIZ,
    START,
    TOM,
    add_person,
    attempts,
    completions,
    look,
    ndjson,
    say,
    score,
    steps,
    thing,
)
from tests.helpers.school import dump

pytestmark = pytest.mark.usefixtures("base", "noon")

OLDER = (
    "1 statement of these imported by an older version, which read some kinds otherwise: "
    "--again reads them anew"
)


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


def forget(**stands: Any) -> None:
    """Leave the database as 0.3.0 left it: no events, other fingerprints, the last work as it read it."""
    with database.writing():
        KeptStatement.delete().execute()
        for row in ExternalId.select().where(ExternalId.kind == "statement"):
            ExternalId.update(digest=row.digest.rstrip("+")).where(ExternalId.id == row.id).execute()
        if stands:
            newest = Completion.select().order_by(Completion.id.desc()).get()
            Completion.update(stands).where(Completion.id == newest.id).execute()


def test_the_same_file_again_changes_nothing_and_says_how_to_read_it_anew(tmp_path: Path) -> None:
    failed = say("failed", result=score(4))
    load(tmp_path, failed)
    forget(state="complete")
    before = dump()
    assert load(tmp_path, failed).notes == ("1 statement imported before", OLDER)
    assert dump() == before


@pytest.mark.parametrize(
    ("statements", "as_read", "outcome"),
    [
        ([say("failed", result=score(4))], {"state": "complete"}, ("failed", 4.0)),
        ([say("passed", result={"score": {"scaled": 0.85}})], {"points": None}, ("complete", 85.0)),
        (
            [say("passed", result=score(17, 20)), say("scored", minute=9, result={"score": {"scaled": 0.5}})],
            {"points": 17.0},
            ("complete", 10.0),
        ),
    ],
)
def test_what_was_read_otherwise_is_put_right(
    tmp_path: Path, statements: list[Any], as_read: dict[str, Any], outcome: tuple[str, Any]
) -> None:
    load(tmp_path, *statements)
    forget(**as_read)
    if "passed" in str(statements) and outcome[1] == 85.0:
        with database.writing():
            Step.update(points=None).execute()
    summary = load(tmp_path, *statements, again=True)
    assert completions() == [("Quiz 1", *outcome)]
    assert (summary.tallies[0].added, summary.tallies[0].changed) == (0, len(statements))
    before = dump()
    assert load(tmp_path, *statements, again=True).notes == (f"{_said(len(statements))} imported before",)
    assert dump() == before


def _said(count: int) -> str:
    return "1 statement" if count == 1 else f"{count} statements"


def test_what_an_older_version_left_alone_is_read_without_being_asked(tmp_path: Path) -> None:
    waits = say("submitted", ESSAY, result={"response": "Roots"})
    load(tmp_path, waits)
    forget()
    load(tmp_path, waits, say("assessed", ESSAY, minute=9, result=score(4, 5)))
    assert completions() == [("Essay 1", "complete", 4.0)]


def test_attempts_and_reviews_are_found_again_and_not_doubled(tmp_path: Path) -> None:
    statements = [
        say("submitted", ESSAY, result={"response": "First"}),
        say("scored", ESSAY, minute=5, context={"instructor": TOM}, result={**score(3), "response": "Thin"}),
        say("submitted", ESSAY, minute=9, result={"response": "Second"}),
    ]
    load(tmp_path, *statements)
    forget()
    before = (attempts(), fixtures.reviews(), completions())
    load(tmp_path, *statements, again=True)
    assert (attempts(), fixtures.reviews(), completions()) == before
    void = {**say("voided", {"objectType": "StatementRef", "id": "x"}, minute=60)}
    load(tmp_path, void)
    assert completions() == [("Essay 1", "needs_review", None)]


def test_answers_of_a_quiz_are_not_written_twice(tmp_path: Path) -> None:
    attempt = thing("Quiz 1 attempt 1", "attempt")
    statements = [
        say(
            "answered",
            thing(name, "cmi.interaction"),
            minute=n,
            parents=[attempt, QUIZ, COURSE],
            result={"response": "x"},
        )
        for n, name in enumerate(("one", "two"))
    ]
    load(tmp_path, *statements)
    forget()
    before = attempts()
    load(tmp_path, *statements, again=True)
    assert attempts() == before


def test_work_dated_ahead_gets_its_moment_and_its_score(tmp_path: Path) -> None:
    ahead = datetime(2031, 1, 1, tzinfo=UTC)
    work = {**say("submitted", ESSAY, result={"response": "Roots"}), "timestamp": ahead.isoformat()}
    load(tmp_path, work)
    forget(submitted_at=ahead)
    with database.writing():
        Attempt.update(submitted_at=ahead).execute()
    load(tmp_path, work, say("scored", ESSAY, minute=9, result=score(8)))
    assert completions() == [("Essay 1", "complete", 8.0)]
    load(tmp_path, work, again=True)
    assert completions() == [("Essay 1", "complete", 8.0)]
    assert look(Attempt.select(Attempt.submitted_at)) == [(START + timedelta(minutes=9),)]


def test_a_question_of_a_form_that_was_a_step_of_its_own_is_one_no_more(tmp_path: Path, ana: int) -> None:
    form, question = thing("Unit feedback", "feedback"), thing("How was it?", "cmi.interaction")
    answered = say("answered", question, parents=[form, COURSE], result={"response": "Fine"})
    handed_in = say("submitted", form, parents=[COURSE])
    load(tmp_path, handed_in, answered)
    forget(state="needs_review", submitted_at=START)
    with database.writing():
        Step.update(marking="review").execute()
        lesson = Lesson.select().get()
        values = {"lesson": lesson, "title": "How was it?", "position": 2, "marking": "review"}
        own = int(Step.insert(values).execute())
        key = {"source": "xapi", "kind": "step", "external_id": f"1 {question['id']}"}
        ExternalId.insert(key, local_id=own, digest="x").execute()
        work = {"user": ana, "step": own, "state": "needs_review", "submitted_at": START}
        completion = Completion.insert(work).execute()
        Attempt.insert(completion=completion, number=1, text="Fine", submitted_at=START).execute()
        Attempt.update(text="").where(Attempt.id == 1).execute()
    load(tmp_path, handed_in, answered, again=True)
    assert completions() == [("Unit feedback", "complete", None)]
    assert steps() == [("Unit feedback", "automatic", None), ("How was it?", "review", None)]
    assert look(Step.select(Step.active).order_by(Step.id)) == [(True,), (False,)]
    assert attempts() == [(1, "Question: How was it?\nAnswer: Fine")]


def test_a_review_made_here_stays_and_counts(tmp_path: Path) -> None:
    waits = say("submitted", ESSAY, result={"response": "Roots"})
    load(tmp_path, waits)
    forget()
    reviews.save(OPERATOR, 1, 1, Decision.RETURN, feedback="Again, please.")
    load(tmp_path, waits, again=True)
    assert completions() == [("Essay 1", "returned", None)]
    assert len(fixtures.reviews()) == 1


def test_what_was_voided_since_is_taken_back_by_reading_its_file_again(tmp_path: Path) -> None:
    first, second = say("passed", id="a", result=score(8)), say("scored", id="b", minute=1, result=score(3))
    void = say("voided", {"objectType": "StatementRef", "id": "b"}, minute=9)
    load(tmp_path, first, second)
    forget()
    (note,) = load(tmp_path, void).notes
    assert note.startswith("1 statement voided that an older version imported: that work stays.")
    assert completions() == [("Quiz 1", "complete", 3.0)]
    load(tmp_path, first, second, again=True)
    assert completions() == [("Quiz 1", "complete", 8.0)]


def test_new_statements_go_on_from_what_an_older_version_left(tmp_path: Path) -> None:
    load(tmp_path, say("completed", minute=10, result=score(9)))
    forget()
    summary = load(tmp_path, say("scored", minute=5, result=score(1)))
    assert completions() == [("Quiz 1", "complete", 9.0)]
    assert summary.notes == ("1 statement older than what stood here already: that stays as it is",)
    load(tmp_path, say("scored", id="c", minute=20, result=score(2)))
    assert completions() == [("Quiz 1", "complete", 2.0)]
    load(tmp_path, say("voided", {"objectType": "StatementRef", "id": "c"}, minute=30))
    assert completions() == [("Quiz 1", "complete", 9.0)]


def test_what_was_changed_here_in_another_way_stands_until_something_newer_is_said(tmp_path: Path) -> None:
    load(tmp_path, say("submitted", ESSAY, result={"response": "x"}))
    with database.writing():
        Completion.update(state="skipped", completed_at=clock.now()).execute()
    load(tmp_path, say("scored", ESSAY, minute=3, result=score(1)))
    assert completions() == [("Essay 1", "skipped", None)]
    with database.reading():
        assert Review.select().count() == 0
