"""Statements that are voided: what they said is taken back, whenever that comes."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from store import clock, database, errors
from store.importing import activity
from store.models import Attempt, Completion, Post, Review
from store.models.kept_statements import KeptStatement
from store.permissions import OPERATOR
from store.review import drafts, reviews
from store.views import Actor
from store.views.drafts import Typed
from store.views.states import Decision
from tests.helpers import activity_fixtures as fixtures
from tests.helpers.activity_fixtures import (
    COURSE,
    ESSAY,
    QUIZ,
    TOM,
    add_person,
    attempts,
    completions,
    count,
    look,
    ndjson,
    say,
    score,
    thing,
)
from tests.helpers.school import dump

pytestmark = pytest.mark.usefixtures("base", "noon")

SUBMITTED = say("submitted", ESSAY, id="s1", result={"response": "First"})
AGAIN = say("submitted", ESSAY, id="s2", minute=5, result={"response": "Second"})
SCORED = say("scored", ESSAY, id="s3", minute=9, context={"instructor": TOM}, result=score(17, 20))


@pytest.fixture(autouse=True)
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


def void(key: str, minute: int = 60) -> dict[str, Any]:
    """The voiding of a statement."""
    about = {"objectType": "StatementRef", "id": key}
    return {**say("voided", about, minute=minute, id=f"v-{key}", actor=TOM)}


THREE = [SUBMITTED, AGAIN, SCORED]
OUTCOMES = {
    (): ("complete", 17.0),
    ("s1",): ("complete", 17.0),
    ("s2",): ("complete", 17.0),
    ("s3",): ("needs_review", None),
    ("s1", "s2"): ("complete", 17.0),
    ("s2", "s3"): ("needs_review", None),
    ("s1", "s3"): ("needs_review", None),
    ("s1", "s2", "s3"): None,
}


@pytest.mark.parametrize("voided", list(OUTCOMES), ids=str)
@pytest.mark.parametrize("when", ["same file", "later", "before", "one by one", "turned"])
def test_the_work_goes_back_to_what_the_other_statements_say(
    tmp_path: Path, voided: tuple[str, ...], when: str
) -> None:
    voids = [void(key) for key in voided]
    files = {
        "same file": [[*THREE, *voids]],
        "later": [THREE, voids],
        "before": [voids, THREE],
        "one by one": [[one] for one in (*THREE, *voids)],
        "turned": [[one] for one in reversed([*THREE, *voids])],
    }
    for file in files[when]:
        load(tmp_path, *file)
    outcome = OUTCOMES[voided]
    assert completions() == ([("Essay 1", *outcome)] if outcome else [])
    left = [text for key, text in (("s1", "First"), ("s2", "Second")) if key not in voided]
    query = Attempt.select(Attempt.number, Attempt.text).order_by(Attempt.number)
    assert [text for _, text in look(query)] == left
    with database.reading():
        standing = Review.select().where(Review.undone_at.is_null()).count()
    assert standing == ("s3" not in voided)
    before = dump()
    for file in files[when]:
        load(tmp_path, *file)
    assert dump() == before


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_points_go_back_to_the_score_before(tmp_path: Path, order: tuple[int, ...]) -> None:
    statements = [
        say("passed", id="a", result=score(8)),
        say("scored", id="b", minute=1, result=score(3)),
        void("b"),
    ]
    for index in order:
        load(tmp_path, statements[index])
    assert completions() == [("Quiz 1", "complete", 8.0)]


def test_what_took_something_back_is_taken_back_itself(tmp_path: Path) -> None:
    load(tmp_path, say("completed", result=score(8)), say("uncompleted", id="u", minute=1))
    assert completions() == []
    load(tmp_path, void("u"))
    assert completions() == [("Quiz 1", "complete", 8.0)]


def test_one_answer_of_a_quiz_is_taken_out_of_its_attempt(tmp_path: Path) -> None:
    attempt = thing("Quiz 1 attempt 1", "attempt")
    within = [attempt, QUIZ, COURSE]
    answers = [
        say(
            "answered",
            thing(name, "cmi.interaction"),
            id=name,
            minute=n,
            parents=within,
            result={"response": "x"},
        )
        for n, name in enumerate(("one", "two", "three"))
    ]
    load(tmp_path, *answers)
    load(tmp_path, void("two"))
    assert attempts() == [(1, "Question: one\nAnswer: x\n\nQuestion: three\nAnswer: x")]
    load(tmp_path, void("one"))
    assert attempts() == [(1, "Question: three\nAnswer: x")]
    assert completions() == [("Quiz 1", "needs_review", None)]
    load(tmp_path, void("three"))
    assert (completions(), attempts()) == ([], [])


def test_the_ids_of_voided_statements_are_the_same_in_any_case(tmp_path: Path) -> None:
    load(tmp_path, say("completed", id="ABC-1"))
    load(tmp_path, void("abc-1"))
    assert completions() == []


def test_a_voided_statement_that_comes_later_is_left_alone_and_so_it_is_again(tmp_path: Path) -> None:
    assert load(tmp_path, void("s1")).notes == (
        "1 statement voided that never came: left alone if it comes later",
    )
    assert load(tmp_path, SUBMITTED).notes == ("1 statement left alone: voided",)
    assert load(tmp_path, SUBMITTED, void("s1")).notes == ("1 statement left alone: voided",)
    assert (count(Completion), count(KeptStatement)) == (0, 0)


def test_a_voided_post_is_not_shown_any_more(tmp_path: Path) -> None:
    load(tmp_path, say("commented", id="p", result={"response": "Hard!"}))
    summary = load(tmp_path, void("p"))
    assert look(Post.select(Post.active)) == [(False,)]
    assert summary.notes == ("1 statement voided since: taken back",)


def test_a_review_made_here_stays_and_so_does_what_it_is_of(tmp_path: Path) -> None:
    tom = add_person("tom@school.example", "Tom", "Reyes")
    load(tmp_path, SUBMITTED)
    with database.writing():
        values = {"completion": 1, "attempt": 1, "reviewer": tom, "decision": "approve", "points": None}
        Review.insert(values, created_at=clock.now()).execute()
        Completion.update(state="complete", completed_at=clock.now(), version=2).execute()
    load(tmp_path, void("s1"))
    assert completions() == [("Essay 1", "complete", None)]
    assert attempts() == [(1, "First")]
    assert fixtures.reviews() == [("approve", None, "", tom)]


def test_work_that_somebody_began_to_review_stays(tmp_path: Path) -> None:
    tom = Actor(add_person("tom@school.example", "Tom", "Reyes"), "Tom")
    load(tmp_path, SUBMITTED)
    with database.writing():
        drafts.put(tom.user_id or 0, 1, 1, Typed("", "Well begun"))
    summary = load(tmp_path, void("s1"))
    assert completions() == [("Essay 1", "needs_review", None)]
    assert any("somebody here reviewed it, or began to" in note for note in summary.notes)


def test_a_review_here_after_a_statement_that_was_voided_counts(tmp_path: Path) -> None:
    load(tmp_path, SUBMITTED, SCORED)
    reviews.save(OPERATOR, 1, 1, Decision.RETURN, feedback="Again, please.")
    load(tmp_path, void("s3"))
    assert completions() == [("Essay 1", "returned", None)]


def test_a_record_stores_own_mark_voids_a_statement(tmp_path: Path) -> None:
    load(tmp_path, {"_id": 1, "voided": False, "statement": SUBMITTED}, {"voided": True, "statement": AGAIN})
    assert completions() == [("Essay 1", "needs_review", None)]
    load(tmp_path, {"_id": 1, "voided": True, "statement": SUBMITTED})
    assert completions() == []


def test_what_another_program_wrote_among_the_statements_is_told(tmp_path: Path) -> None:
    load(tmp_path, SUBMITTED)
    for broken in ("nonsense", '{"colour": 1}', "[]", '{"state": "lost"}'):
        with database.writing():
            KeptStatement.update(said=broken).execute()
        with pytest.raises(errors.CorruptError, match="kept_statements"):
            load(tmp_path, SCORED)
    with database.writing():
        KeptStatement.update(said="{}", kind="danced").execute()
    with pytest.raises(errors.CorruptError, match="kept_statements"):
        load(tmp_path, SCORED)


def test_a_dry_run_takes_nothing_back(tmp_path: Path) -> None:
    load(tmp_path, *THREE)
    before = dump()
    summary = load(tmp_path, void("s3"), dry_run=True)
    assert "1 statement voided since: taken back" in summary.notes
    assert dump() == before
