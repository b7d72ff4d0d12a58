"""OneRoster files that others wrote: they import, or are refused for the right reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import clock, database, errors
from store.importing import oneroster
from store.models import Course, Enrolment, Group, Membership, User
from tests.helpers.roster_files import dump, nesting, places

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "oneroster"

pytestmark = [
    pytest.mark.usefixtures("base", "noon"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples at {SAMPLES}"),
]


def reasons(name: str) -> list[str]:
    """The faults of a sample that has to be refused, with nothing changed."""
    before = dump(audit=True)
    with pytest.raises(errors.ImportRefusedError) as refusal:
        oneroster.load(SAMPLES / name)
    assert dump(audit=True) == before
    return [str(fault) for fault in refusal.value.faults]


def test_a_generated_district_imports_strictly_and_twice() -> None:
    summary = oneroster.load(SAMPLES / "oneroster_1p1_small.zip")
    assert summary.faults == ()
    with database.reading():
        assert User.select().count() == 132
        assert Group.select().count() == 3 + 24
        assert Course.select().count() == 24
        roles = Membership.select(Membership.role, Membership.user).distinct()
        counts = [role for role, _ in database.rows(roles)]
        assert (counts.count("mentor"), counts.count("member")) == (12, 120)
        assert Enrolment.select().count() == Membership.select().where(Membership.role == "member").count()
    assert nesting()["Pagac Elementary School"] == "South Adalberto Unified School District"
    before = dump()
    oneroster.load(SAMPLES / "oneroster_1p1_small.zip")
    assert dump() == before


def test_a_sound_1_2_delta_imports() -> None:
    summary = oneroster.load(SAMPLES / "oneroster_test_data.zip")
    assert summary.faults == ()
    assert places() == {("Bruce", "Basic Detection", "member")}
    with database.reading():
        assert database.rows(Course.select(Course.title)) == [("Crime Fighting 101 · Basic Detection",)]
    assert "demographics.csv and userProfiles.csv were not read" in summary.notes


def test_a_set_that_breaks_the_standard_is_refused_with_each_reason() -> None:
    missing = "no such row in academicSessions.csv"
    assert reasons("Test_full_data_set.zip") == [
        f"academicSessions.csv, line 3, parentSourcedId, “as-syr-222-2023”: {missing}",
        "academicSessions.csv, line 4, status, “inactive”: one of active, tobedeleted is needed",
        f"academicSessions.csv, line 6, parentSourcedId, “as-syr-222-2023”: {missing}",
        "orgs.csv, line 2, parentSourcedId, “org-sch-222-3456”: no such row in orgs.csv",
        "classes.csv, line 2, classType, “Scheduled”: one of homeroom, scheduled is needed",
        "classes.csv, line 2, courseSourcedId, “crs-222-2023-456-12345”: "
        "no such row in courses.csv, nor loaded before",
    ]


def test_its_sound_parts_can_be_loaded_leniently() -> None:
    summary = oneroster.load(SAMPLES / "Test_full_data_set.zip", lenient=True)
    assert len(summary.faults) == 6
    # Its enrollments were of spring 2022.
    assert "Rows of enrollments.csv that have ended, and give nothing: 6" in summary.notes
    assert {place for place in places() if "Physics" in place[1]} == set()
    assert {("Mary", "History Department", "member"), ("Anna", "History Department", "member")} <= places()


def test_its_enrollments_counted_while_they_lasted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2022, 6, 15, 12, tzinfo=UTC))
    oneroster.load(SAMPLES / "Test_full_data_set.zip", lenient=True)
    assert places() == {
        ("John", "Introduction to Physics", "mentor"),
        ("Jim", "Introduction to Physics", "member"),
        ("mmichel", "Introduction to Physics", "member"),
        ("Mary", "History Department", "member"),
        ("Anna", "History Department", "member"),
    }


def test_a_set_with_other_columns_and_empty_files_is_refused_and_leniently_loaded() -> None:
    found = reasons("oat-sa-1.1")
    for expected in (
        "academicSessions.csv, line 1, schoolYear: the column is missing",
        "courses.csv, line 1: the file has no rows; the manifest should declare it absent",
        "classes.csv, line 1, grades, “grade”: the column must be spelled grades",
        "classes.csv, line 2, courseSourcedId: a value is needed",
        "users.csv, line 1, userIds, “userId”: the column must be spelled userIds",
    ):
        assert expected in found
    summary = oneroster.load(SAMPLES / "oat-sa-1.1", lenient=True)
    lost = ["classes.csv: 3 cells refer to academicSessions.csv, which could not be read"]
    assert sorted(map(str, summary.faults)) == sorted([*found, *lost])
    assert nesting() == {
        "School 1": "School 2",
        "School 2": None,
        "Class 1 title": "School 1",
        "Class 2 title": "School 1",
        "Class 3 title": "School 2",
    }
    assert ("ionut", "Class 1 title", "member") in places()
