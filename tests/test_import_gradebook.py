"""OneRoster's gradebook: categories, line items and results, once and again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from store import clock, courses, database
from store.importing import oneroster
from store.importing.report import Summary
from store.models import Attempt, Completion, ExternalId, Lesson, Review, Step, User
from store.permissions import OPERATOR
from store.review.reviews import save
from store.views.states import Decision
from tests.helpers.days import Days
from tests.helpers.roster_files import Roster, delta, dump, grade, hill, work

pytestmark = pytest.mark.usefixtures("base", "noon")


def test_results_become_work(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    assert work() == {
        ("Ana", "Cells"): ("complete", 8.5),
        ("Ana", "A leaf"): ("needs_review", None),
        ("Ana", "First exam"): ("needs_review", None),
        ("Ben", "Cells"): ("skipped", None),
        ("Ben", "First exam"): ("complete", 44.0),
    }


def test_comments_of_graded_work_become_reviews(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    with database.reading():
        reviews = database.rows(
            Review.select(Review.decision, Review.points, Review.feedback, Review.reviewer, Review.created_at)
        )
        assert reviews == [("approve", 8.5, "Well drawn.", None, clock.day(date(2026, 10, 21)))]


def test_waiting_work_has_an_attempt_and_the_time_it_came_in(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r2", scoreDate="2026-10-03")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        query = (
            Attempt.select(Step.title, Attempt.number, Attempt.text, Completion.submitted_at)
            .join(Completion)
            .join(Step)
        )
        rows = sorted(database.rows(query))
    assert rows == [
        ("A leaf", 1, "", clock.day(date(2026, 10, 3))),
        ("First exam", 1, "", clock.day(date(2026, 10, 21))),
    ]


def test_categories_are_lessons_and_items_steps_in_order_of_their_due_dates(tmp_path: Path) -> None:
    roster = grade(hill())
    for key, title in (("z", "Alpha"), ("y", "Beta")):
        roster.add("lineItems", key, **roster.rows["lineItems"]["exam"] | {"title": title})
        roster.change("lineItems", key, categorySourcedId="", resultValueMax="")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        query = (
            Step.select(Lesson.title, Step.title, Step.points, Step.marking)
            .join(Lesson)
            .order_by(Lesson.position, Step.position)
        )
        assert database.rows(query) == [
            ("Homework", "A leaf", None, "review"),
            ("Homework", "Cells", 10.0, "review"),
            ("Assignments", "Alpha", None, "review"),
            ("Assignments", "Beta", None, "review"),
            ("Tests", "First exam", 50.0, "review"),
        ]


def test_a_score_without_a_maximum_is_kept_and_counts_in_no_grade(tmp_path: Path) -> None:
    roster = grade(hill()).change("results", "r2", scoreStatus="fully graded", score="3")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert work()["Ana", "A leaf"] == ("complete", 3.0)
    assert [note for note in summary.notes if "resultValueMax" in note] == [
        "1 score is of line items whose resultValueMax is empty or 0: kept and shown, but counted in no grade"
    ]
    with database.reading():
        (ana,) = database.row(User.select(User.id).where(User.first_name == "Ana")) or ()
    grades = {row.title: row.grade for row in courses.of_person(OPERATOR, ana)}
    roster.change("lineItems", "leaf", resultValueMax="4")
    oneroster.load(roster.write(tmp_path / "set"))
    later = {row.title: row.grade for row in courses.of_person(OPERATOR, ana)}
    assert (list(grades.values()), list(later.values())) == ([None, 85.0], [None, 82.1])


def test_a_score_without_a_maximum_stays_when_its_work_is_approved_here(tmp_path: Path) -> None:
    oneroster.load(
        grade(hill()).change("results", "r2", scoreStatus="fully graded", score="3").write(tmp_path / "set")
    )
    with database.reading():
        (leaf, version) = database.row(
            Completion.select(Completion.id, Completion.version).join(Step).where(Step.title == "A leaf")
        ) or (0, 0)
    save(OPERATOR, leaf, version, Decision.APPROVE, feedback="Good")
    assert work()["Ana", "A leaf"] == ("complete", 3.0)


def test_a_score_that_an_older_version_left_out_comes_with_the_next_import(tmp_path: Path) -> None:
    path = (
        grade(hill()).change("results", "r2", scoreStatus="fully graded", score="3").write(tmp_path / "set")
    )
    oneroster.load(path)
    with database.writing():
        Completion.update(points=None).where(Completion.points == 3).execute()
    oneroster.load(path)
    assert work()["Ana", "A leaf"] == ("complete", 3.0)


def test_the_latest_of_two_results_for_one_step_counts(tmp_path: Path) -> None:
    roster = grade(hill())
    again = roster.rows["results"]["r6"] | {"score": "12", "scoreDate": "2026-10-01"}
    roster.add("results", "r0", **again).add("results", "r7", **again)
    path = roster.write(tmp_path / "set")
    oneroster.load(path)
    assert work()["Ben", "First exam"] == ("complete", 44.0)
    before = dump()
    oneroster.load(path)
    assert dump() == before


def two_results(first: str = "2026-10-01", second: str = "2026-10-21") -> Roster:
    """Ben's exam twice: r0 with 12 points, and r6, the later one, with 44."""
    roster = grade(hill()).change("results", "r6", scoreDate=second)
    again = roster.rows["results"]["r6"] | {"score": "12", "scoreDate": first, "comment": "At first."}
    return roster.add("results", "r0", **again)


def reload(roster: Roster, folder: Path) -> Summary:
    """Import a set once more; the same a third time has to change nothing."""
    path = roster.write(folder / "set")
    summary = oneroster.load(path)
    before = dump()
    oneroster.load(path)
    assert dump() == before
    return summary


def test_an_older_result_that_is_corrected_leaves_the_later_one_standing(tmp_path: Path) -> None:
    oneroster.load(two_results().write(tmp_path / "set"))
    summary = reload(two_results().change("results", "r0", score="13", comment="Again."), tmp_path)
    assert work()["Ben", "First exam"] == ("complete", 44.0)
    assert "At first." not in feedback() and "Again." not in feedback()
    assert {tally.file: tally.changed for tally in summary.tallies}["results.csv"] == 0


def test_an_older_result_of_a_delta_leaves_the_later_one_standing(tmp_path: Path) -> None:
    roster = two_results()
    oneroster.load(roster.write(tmp_path / "set"))
    change = delta()
    change.add("results", "r0", **roster.rows["results"]["r0"] | {"score": "13"})
    change.add("results", "late", **roster.rows["results"]["r0"] | {"score": "14", "scoreDate": "2026-10-20"})
    summary = oneroster.load(change.write(tmp_path / "delta"))
    assert work()["Ben", "First exam"] == ("complete", 44.0)
    assert any("older than the work that was here" in note for note in summary.notes)
    change.change("results", "r0", scoreDate="2026-10-22", comment="")
    oneroster.load(change.write(tmp_path / "delta"))
    assert work()["Ben", "First exam"] == ("complete", 13.0)


def test_an_older_result_that_arrives_later_changes_nothing(tmp_path: Path) -> None:
    oneroster.load(two_results().drop("results", "r0").write(tmp_path / "set"))
    before = dump()
    reload(two_results(), tmp_path)
    after = dump()
    assert (after["Completion"], after["Attempt"], after["Review"]) == (
        before["Completion"],
        before["Attempt"],
        before["Review"],
    )


def test_an_older_result_leaves_later_work_of_another_source(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).drop("results", "r6").write(tmp_path / "set"))
    with database.writing():
        ben, exam = User.get(User.first_name == "Ben"), Step.get(Step.title == "First exam")
        at = datetime(2026, 11, 2, tzinfo=UTC)
        Completion.insert(user=ben, step=exam, state="needs_review", submitted_at=at).execute()
    reload(two_results(), tmp_path)
    assert work()["Ben", "First exam"] == ("needs_review", None)
    reload(two_results(first="2026-11-03"), tmp_path)
    assert work()["Ben", "First exam"] == ("complete", 12.0)


def test_a_result_that_becomes_the_latest_counts_with_all_that_it_says(tmp_path: Path) -> None:
    oneroster.load(two_results().write(tmp_path / "set"))
    reload(two_results(first="2026-10-22"), tmp_path)
    assert work()["Ben", "First exam"] == ("complete", 12.0)
    assert "At first." in feedback()


def test_a_result_that_is_dated_back_gives_way_to_the_one_that_is_the_latest_then(tmp_path: Path) -> None:
    oneroster.load(two_results().write(tmp_path / "set"))
    reload(two_results(second="2026-09-20"), tmp_path)
    assert work()["Ben", "First exam"] == ("complete", 12.0)
    reload(two_results(second="2026-09-20").change("results", "r6", score="45"), tmp_path)
    assert work()["Ben", "First exam"] == ("complete", 12.0)
    assert "At first." in feedback()


def feedback() -> set[str]:
    with database.reading():
        return {said for (said,) in database.rows(Review.select(Review.feedback))}


def test_text_scores_of_1_2_are_kept_as_feedback(tmp_path: Path) -> None:
    roster = grade(hill("1.2")).change("results", "r6", textScore="A−")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        assert ("A−",) in database.rows(Review.select(Review.feedback))


def test_results_that_change_are_followed(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("results", "r2", scoreStatus="fully graded", comment="Seen.", scoreDate="2026-11-01")
    roster.change("results", "r3", scoreStatus="submitted", scoreDate="2026-11-02")
    roster.change("results", "r6", score="45")
    oneroster.load(roster.write(tmp_path / "set"))
    assert work()["Ana", "A leaf"] == ("complete", None)
    assert work()["Ana", "First exam"] == ("needs_review", None)
    assert work()["Ben", "First exam"] == ("complete", 45.0)
    with database.reading():
        exam = (Step.title == "First exam") & (User.first_name == "Ana")
        numbers = Attempt.select(Attempt.number).join(Completion).join(Step)
        numbers = numbers.switch(Completion).join(User).where(exam)
        assert sorted(database.rows(numbers)) == [(1,), (2,)]
        assert {feedback for (feedback,) in database.rows(Review.select(Review.feedback))} == {
            "Well drawn.",
            "Seen.",
        }
        version = Completion.select(Completion.version).join(Step).where(Step.title == "A leaf")
        assert database.row(version) == (2,)


def test_a_new_comment_alone_leaves_an_outcome_decided_here(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        Completion.update(state="returned", points=2).where(Completion.points == 8.5).execute()
    oneroster.load(roster.change("results", "r1", comment="Really well drawn.").write(tmp_path / "set"))
    assert work()["Ana", "Cells"] == ("returned", 2.0)
    with database.reading():
        assert Review.select().count() == 2


def test_work_is_kept_when_its_result_is_deleted_or_taken_back(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("results", "r1", status="tobedeleted").change("results", "r2", scoreStatus="not submitted")
    before = work()
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert work() == before
    assert any("no longer in results.csv: 1;" in note for note in summary.notes)
    assert any("not submitted" in note for note in summary.notes)


def test_line_items_follow_their_category_due_date_and_title(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("categories", "home", title="At home")
    roster.change("lineItems", "leaf", dueDate="2026-12-01")
    roster.change("lineItems", "exam", categorySourcedId="home", title="The exam", resultValueMax="60")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        query = Step.select(Lesson.title, Step.title, Step.points).join(Lesson)
        assert database.rows(query.order_by(Lesson.position, Step.position)) == [
            ("At home", "Cells", 10.0),
            ("At home", "The exam", 60.0),
            ("At home", "A leaf", None),
        ]


def test_a_delta_gradebook_refers_to_what_was_loaded_before(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    change = delta()
    change.add("lineItems", "root", **roster.rows["lineItems"]["leaf"] | {"title": "A root"})
    change.add(
        "results",
        "r9",
        lineItemSourcedId="root",
        studentSourcedId="ben",
        scoreStatus="submitted",
        scoreDate="2026-11-01",
    )
    oneroster.load(change.write(tmp_path / "delta"))
    assert work()["Ben", "A root"] == ("needs_review", None)
    with database.reading():
        lesson = Step.select(Lesson.title, Step.position).join(Lesson).where(Step.title == "A root")
        assert database.row(lesson) == ("Homework", 3)


def test_a_line_item_that_comes_back_is_active_again(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    before = dump()
    oneroster.load(
        grade(hill()).drop("lineItems", "exam").drop("results", "r3", "r6").write(tmp_path / "less")
    )
    with database.reading():
        assert database.rows(Step.select(Step.title).where(~Step.active)) == [("First exam",)]
    oneroster.load(roster.write(tmp_path / "set"))
    assert dump()["Step"] == before["Step"]


# --------------------------------------------------------------------------- due dates


def dates() -> dict[str, tuple[datetime | None, datetime | None]]:
    """When each step opens and is due, by title."""
    with database.reading():
        rows = database.rows(Step.select(Step.title, Step.opens_at, Step.due_at))
    return {title: (opens_at, due_at) for title, opens_at, due_at in rows}


LAST = timedelta(days=1) - clock.MICROSECOND


def test_a_date_is_due_until_that_day_ends(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    opens = datetime(2026, 9, 20, tzinfo=UTC)
    assert dates() == {
        "Cells": (opens, datetime(2026, 10, 2, tzinfo=UTC) + LAST),
        "A leaf": (opens, datetime(2026, 9, 25, tzinfo=UTC) + LAST),
        "First exam": (opens, datetime(2026, 10, 20, tzinfo=UTC) + LAST),
    }


@pytest.mark.parametrize(
    ("written", "due_at"),
    [
        ("2026-10-02T00:00:00.000Z", datetime(2026, 10, 2, tzinfo=UTC) + LAST),
        ("2026-10-02T23:59:59.000Z", datetime(2026, 10, 2, tzinfo=UTC) + LAST),
        ("2026-10-02T14:30:00.000Z", datetime(2026, 10, 2, 14, 30, tzinfo=UTC)),
        ("2026-10-02T14:30:00+02:00", datetime(2026, 10, 2, 12, 30, tzinfo=UTC)),
        ("9999-12-31", None),
        ("", None),
    ],
)
def test_a_time_is_due_at_that_time(written: str, due_at: datetime | None, tmp_path: Path) -> None:
    roster = grade(hill()).change("lineItems", "cells", dueDate=written)
    oneroster.load(roster.write(tmp_path / "set"), lenient=not written)
    assert dates()["Cells"][1] == due_at


def test_a_day_ends_where_the_program_runs(tmp_path: Path, days: Days) -> None:
    days.zone("America/New_York")
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    assert dates()["Cells"] == (
        datetime(2026, 9, 20, 4, tzinfo=UTC),
        datetime(2026, 10, 2, 4, tzinfo=UTC) + LAST,
    )


def test_later_files_change_due_dates_and_take_them_back(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    before = dates()
    roster.change("lineItems", "leaf", dueDate="2026-12-01T10:00:00Z")
    roster.change("lineItems", "exam", dueDate="", assignDate="")
    oneroster.load(roster.write(tmp_path / "set"), lenient=True)
    assert dates() == {
        "Cells": before["Cells"],
        "A leaf": (before["A leaf"][0], datetime(2026, 12, 1, 10, tzinfo=UTC)),
        "First exam": (None, None),
    }


def test_due_dates_that_an_older_version_left_out_come_with_the_next_import(tmp_path: Path) -> None:
    path = grade(hill()).write(tmp_path / "set")
    oneroster.load(path)
    before = dump()["Step"]
    with database.writing():
        Step.update(due_at=None, opens_at=None, title="Renamed here").where(Step.title == "Cells").execute()
        items = ExternalId.kind == "line item"
        for row_id, mark in database.rows(ExternalId.select(ExternalId.id, ExternalId.digest).where(items)):
            parts = mark.split(".")[:4]
            # A date was its midnight then.
            ExternalId.update(digest=".".join([*parts, "midnight"])).where(ExternalId.id == row_id).execute()
    oneroster.load(path)
    after = dump()["Step"]
    assert [row[2] for row in after] == ["Renamed here" if row[2] == "Cells" else row[2] for row in before]
    assert [row[0:2] + row[3:] for row in after] == [row[0:2] + row[3:] for row in before]
    oneroster.load(path)
    assert dump()["Step"] == after
