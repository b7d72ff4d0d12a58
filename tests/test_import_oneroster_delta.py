"""OneRoster deltas: only what they name changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database
from store.importing import oneroster
from store.models import Course, Enrolment, Group, Membership
from tests.helpers.roster_files import delta, dump, enrol, hill, nesting, places, places_of, refused, user

pytestmark = pytest.mark.usefixtures("base", "noon")


def test_a_deactivated_org_leaves_its_subgroups_with_those_above_it(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(
        delta()
        .add("orgs", "north", name="North School", type="school", status="tobedeleted")
        .write(tmp_path / "delta")
    )
    assert nesting()["Period 1"] == "Hill District"
    oneroster.load(roster.write(tmp_path / "set"))
    assert nesting()["Period 1"] == "North School"
    assert ("Pia", "North School", "leader") in places()


def test_an_org_that_is_gone_gives_nobody_a_place(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    oneroster.load(
        delta()
        .add("orgs", "south", name="South School", type="school", status="tobedeleted")
        .write(tmp_path / "delta")
    )
    with database.reading():
        assert not Membership.select().join(Group).where(Group.name == "South School", Membership.active)


def test_a_delta_changes_only_what_it_names(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    change = delta()
    user(change, "neo")
    enrol(change, "neo", "bio1")
    change.add(
        "enrollments",
        "ben-bio1",
        classSourcedId="bio1",
        schoolSourcedId="north",
        userSourcedId="ben",
        role="student",
        status="tobedeleted",
    )
    before = places()
    summary = oneroster.load(change.write(tmp_path / "delta"))
    assert places() - before == {("Neo", "Period 1", "member"), ("Ben", "North School", "member")}
    assert before - places() == {("Ben", "Period 1", "member")}
    told = {tally.file: (tally.added, tally.deactivated) for tally in summary.tallies}
    assert told == {"users.csv": (1, 0), "enrollments.csv": (1, 1)}
    again = dump()
    oneroster.load(change.write(tmp_path / "delta"))
    assert dump() == again


def test_a_place_stays_while_another_row_gives_it(tmp_path: Path) -> None:
    roster = hill()
    second = dict(roster.rows["enrollments"]["ana-bio1"])
    roster.add("enrollments", "ana-again", **second)
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(
        delta().add("enrollments", "ana-again", status="tobedeleted", **second).write(tmp_path / "d")
    )
    assert ("Ana", "Period 1", "member") in places()
    oneroster.load(
        delta().add("enrollments", "ana-bio1", status="tobedeleted", **second).write(tmp_path / "d")
    )
    assert ("Ana", "Period 1", "member") not in places()


def test_a_first_class_takes_the_place_in_the_org_and_the_last_gives_it_back(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    assert ("Loose", "North School", "member") in places()
    change = delta()
    enrol(change, "loose", "bio2")
    oneroster.load(change.write(tmp_path / "delta"))
    assert {place for place in places() if place[0] == "Loose"} == {("Loose", "Biology for All", "member")}
    oneroster.load(change.change("enrollments", "loose-bio2", status="tobedeleted").write(tmp_path / "delta"))
    assert {place for place in places() if place[0] == "Loose"} == {("Loose", "North School", "member")}


def test_a_changed_course_title_retitles_its_classes_also_by_delta(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    change = delta().add("courses", "bio", title="Life", orgSourcedId="hill")
    oneroster.load(change.write(tmp_path / "delta"))
    with database.reading():
        titles = {title for (title,) in database.rows(Course.select(Course.title))}
    assert titles == {"Life · Period 1", "Life · Biology for All"}


def test_a_delta_may_add_a_class_to_a_course_loaded_before(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(
        delta()
        .add("classes", "bio3", **roster.rows["classes"]["bio1"] | {"title": "Period 3"})
        .write(tmp_path / "delta")
    )
    assert nesting()["Period 3"] == "North School"
    with database.reading():
        assert Course.select().where(Course.title == "Biology · Period 3").count() == 1


def test_a_delta_needs_status_and_date(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    change = delta()
    change.add("orgs", "east", name="East", type="school", status="", dateLastModified="")
    assert places_of(refused(change.write(tmp_path / "delta"))) == [
        ("orgs.csv", 2, "status", ""),
        ("orgs.csv", 2, "dateLastModified", ""),
    ]


def test_a_delta_may_not_refer_to_what_was_never_loaded(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    change = delta()
    enrol(change, "stranger", "bio1")
    (fault,) = refused(change.write(tmp_path / "delta"))
    assert str(fault) == (
        "enrollments.csv, line 2, userSourcedId, “stranger”: no such row in users.csv, nor loaded before"
    )


def test_a_class_that_is_deleted_takes_its_places_and_enrolments_with_it(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    gone = roster.rows["classes"]["bio1"] | {"status": "tobedeleted"}
    oneroster.load(delta().add("classes", "bio1", **gone).write(tmp_path / "delta"))
    assert {place for place in places() if place[0] == "Ben"} == {("Ben", "North School", "member")}
    with database.reading():
        assert Enrolment.select().where(Enrolment.active).count() == 1
    oneroster.load(delta().add("classes", "bio1", **gone | {"status": "active"}).write(tmp_path / "delta"))
    assert {place for place in places() if place[0] == "Ben"} == {("Ben", "Period 1", "member")}
    with database.reading():
        assert Enrolment.select().where(Enrolment.active).count() == 3


def test_an_org_that_is_gone_gives_no_place_even_if_its_group_was_restored_here(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    gone = delta().add("orgs", "south", name="South School", type="school", status="tobedeleted")
    oneroster.load(gone.write(tmp_path / "delta"))
    with database.writing():
        Group.update(active=True).where(Group.name == "South School").execute()
    change = delta()
    user(change, "neo")
    oneroster.load(change.write(tmp_path / "delta"))
    assert not any(group == "South School" for _, group, _ in places())
