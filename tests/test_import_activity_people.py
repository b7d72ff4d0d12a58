"""Whose statements count, which count twice or not at all, and where they belong."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from store import errors
from store.importing import activity
from store.importing.report import Fault
from store.models import Completion, Course, ExternalId, Lesson, Step, User
from tests.helpers.activity_fixtures import (
    ANA,
    COURSE,
    ESSAY,
    QUIZ,
    add_person,
    attempts,
    audit_actions,
    completions,
    count,
    look,
    ndjson,
    posts,
    say,
    score,
    steps,
    thing,
)
from tests.helpers.school import dump

pytestmark = pytest.mark.usefixtures("base", "noon")


@pytest.fixture
def ana(base: Path) -> int:
    return add_person("ana@school.example")


def load(tmp_path: Path, *statements: Any, **options: Any) -> Any:
    return activity.load(ndjson(tmp_path, *statements), **options)


# ----------------------------------------------------------------------- people


def test_unknown_people_are_listed_and_their_work_is_left_out(tmp_path: Path) -> None:
    summary = load(tmp_path, say("completed"), say("passed", minute=1))
    assert count(Completion) == 0
    assert "Not known here, left out: Ana Brandt, ana@school.example (2 statements)" in summary.notes


def test_people_can_be_added_with_their_work(tmp_path: Path) -> None:
    nobody = {"account": {"homePage": "https://lms.example", "name": "77"}, "name": "Đặng Thị Hoa"}
    load(tmp_path, say("completed"), say("completed", actor=nobody, minute=1), add_people=True)
    people = look(User.select(User.first_name, User.last_name, User.email, User.search).order_by(User.id))
    assert people == [
        ("Ana", "Brandt", "ana@school.example", "brandt ana ana@school.example"),
        ("Đặng Thị", "Hoa", None, "hoa dang thi"),
    ]
    # Their account is remembered: later work finds them without being told to add anybody.
    load(tmp_path, say("completed", thing("Quiz 2"), actor=nobody, minute=2))
    assert count(User) == 2 and count(Completion) == 3


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:Ana@School.example"},
        {"mbox_sha1sum": hashlib.sha1(b"mailto:ana@school.example").hexdigest().upper()},
        {"account": {"homePage": "https://lms.example", "name": "ana@school.example"}},
    ],
)
@pytest.mark.usefixtures("ana")
def test_people_are_found_by_address_fingerprint_and_account(tmp_path: Path, actor: Any) -> None:
    load(tmp_path, say("completed", actor=actor))
    assert count(Completion) == 1 and count(User) == 1


def test_one_person_under_two_keys_is_added_once(tmp_path: Path) -> None:
    account = {"account": {"homePage": "https://lms.example", "name": "ana@school.example"}}
    load(tmp_path, say("completed"), say("completed", thing("Quiz 2"), actor=account), add_people=True)
    assert count(User) == 1 and count(Completion) == 2


@pytest.mark.usefixtures("ana")
def test_what_a_group_did_is_left_alone(tmp_path: Path) -> None:
    summary = load(tmp_path, say("completed", actor={"objectType": "Group", "member": [ANA]}))
    assert count(Completion) == 0
    assert any("by a group" in note for note in summary.notes)


# Blank in a terminal, and neither white space nor controls.
BLANKS = ["\u2800", "\u3164", "\u3164 \u2800", "\u200d", "\u0301", "\u2800" * 250 + "x"]


def ascii_id(value: str) -> str:
    return ascii(value[:5])


@pytest.mark.parametrize("blank", BLANKS, ids=ascii_id)
@pytest.mark.parametrize(
    ("who", "called"),
    [
        ({"mbox": "mailto:ana@school.example"}, "ana"),
        ({"account": {"homePage": "https://lms.example", "name": "s-77"}}, "s-77"),
        ({"openid": "https://id.example/ana"}, "https://id.example/ana"),
        ({"mbox": "mailto:\u2800@school.example"}, "\u2800@school.example"),
    ],
)
def test_people_whose_name_nobody_can_see_go_by_their_address_or_account(
    tmp_path: Path, blank: str, who: dict[str, Any], called: str
) -> None:
    load(tmp_path, say("completed", actor={**who, "name": blank}), add_people=True)
    assert look(User.select(User.first_name, User.last_name)) == [(called, "")]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii_id)
@pytest.mark.usefixtures("ana")
def test_titles_that_nobody_can_see_come_from_the_id(tmp_path: Path, blank: str) -> None:
    step = {**thing(blank), "id": "https://lms.example/quiz/first"}
    course = {**thing(blank, "course"), "id": "https://lms.example/\u3164"}
    lesson = {**thing(blank, "section"), "id": "https://lms.example/section/one/"}
    load(tmp_path, say("completed", step, parents=[lesson, course]))
    titles = look(Step.select(Step.title, Lesson.title, Course.title).join(Lesson).join(Course))
    assert titles == [("first", "one", "https://lms.example/\u3164")]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii_id)
@pytest.mark.usefixtures("ana")
def test_a_post_has_no_title_rather_than_one_that_nobody_can_see(tmp_path: Path, blank: str) -> None:
    post = thing(blank, "discussion")
    load(tmp_path, say("created", post, result={"response": "Hello"}), say("created", {**post, "id": "x"}))
    assert [row[2:] for row in posts()] == [("", "Hello")]


@pytest.mark.parametrize("blank", BLANKS[:-1], ids=ascii_id)
def test_an_id_that_nobody_can_see_is_a_fault(tmp_path: Path, blank: str) -> None:
    with pytest.raises(errors.ImportRefusedError) as refused:
        load(tmp_path, say("completed", {**QUIZ, "id": blank}))
    (fault,) = refused.value.faults
    assert isinstance(fault, Fault) and fault.column == "object.id"


# --------------------------------------------------------------- again and again


@pytest.mark.usefixtures("ana")
def test_the_same_file_again_changes_nothing(tmp_path: Path, base: Path) -> None:
    file = (
        say("submitted", ESSAY, id="a1", result={"response": "x"}),
        say("completed", minute=1, result=score(3)),
        say("commented", minute=2, result={"response": "Hard!"}),
    )
    assert load(tmp_path, *file).tallies[0].added == 3
    before = dump()
    summary = load(tmp_path, *file)
    assert summary.tallies[0].added == 0
    assert "3 statements imported before" in summary.notes
    assert dump() == before
    assert audit_actions() == ["import.activity", "import.activity"]


@pytest.mark.usefixtures("ana")
def test_a_dry_run_tells_the_same_and_keeps_nothing(tmp_path: Path, base: Path) -> None:
    before = dump()
    dry = load(tmp_path, say("completed"), dry_run=True)
    assert dump() == before and audit_actions() == []
    assert dry.tallies == load(tmp_path, say("completed")).tallies


@pytest.mark.usefixtures("ana")
def test_work_older_than_what_stands_does_not_undo_it(tmp_path: Path) -> None:
    load(tmp_path, say("completed", minute=10, result=score(9)))
    load(tmp_path, say("completed", minute=5, result=score(1)))
    assert completions() == [("Quiz 1", "complete", 9.0)]


@pytest.mark.usefixtures("ana")
def test_a_statement_twice_in_a_file_counts_once(tmp_path: Path) -> None:
    twice = say("submitted", ESSAY, id="a1", result={"response": "x"})
    load(tmp_path, twice, {**twice, "stored": "2026-11-20T00:00:00Z"})
    assert len(attempts()) == 1


@pytest.mark.usefixtures("ana")
def test_voided_statements_are_left_out(tmp_path: Path) -> None:
    void = say("voided", {"objectType": "StatementRef", "id": "A1"}, minute=3)
    other = say("voided", {"objectType": "StatementRef", "id": "b2"}, minute=4)
    summary = load(tmp_path, say("completed", id="a1"), void, other)
    assert count(Completion) == 0
    assert summary.notes == (
        "1 statement left alone: voided",
        "1 statement voided that never came: left alone if it comes later",
    )


@pytest.mark.usefixtures("ana")
def test_unknown_verbs_are_counted(tmp_path: Path) -> None:
    summary = load(tmp_path, say("viewed"), say("viewed", minute=1), say("created", QUIZ))
    assert summary.notes == ("Verb viewed: 2 statements left alone", "Verb created: 1 statement left alone")
    assert count(ExternalId) == 0


# ----------------------------------------------------------------------- places


@pytest.mark.usefixtures("ana")
def test_a_course_can_come_from_the_grouping_or_be_told_by_its_place(tmp_path: Path) -> None:
    untyped = {"id": "https://lms.example/package"}
    load(
        tmp_path,
        say("completed", parents=[], context={"contextActivities": {"grouping": COURSE}}),
        say("completed", thing("Quiz 2"), parents=[untyped], minute=1),
        say("completed", thing("Quiz 3"), parents=[], minute=2),
    )
    titles = look(Step.select(Step.title, Course.title).join(Lesson).join(Course).order_by(Step.id))
    assert titles == [
        ("Quiz 1", "Python basics"),
        ("Quiz 2", "package"),
        ("Quiz 3", "Work outside courses"),
    ]


@pytest.mark.usefixtures("ana")
def test_a_step_is_found_again_where_the_course_is_not_told(tmp_path: Path) -> None:
    load(tmp_path, say("completed", result=score(3)), say("completed", parents=[], minute=2, result=score(4)))
    assert completions() == [("Quiz 1", "complete", 4.0)]


@pytest.mark.usefixtures("ana")
def test_names_come_in_english_else_in_the_first_language(tmp_path: Path) -> None:
    both = thing("a", name={"de": "Prüfung", "en-GB": "Exam"})
    german = thing("b", name={"de": "Aufsatz", "fr": "Essai"})
    load(tmp_path, say("completed", both), say("completed", german, minute=1))
    assert [title for title, *_ in steps()] == ["Exam", "Aufsatz"]
