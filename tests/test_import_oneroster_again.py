"""OneRoster files that come again: the same, changed, with less in them, as deltas."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import database, errors, setup
from store.importing import oneroster
from store.models import (
    Completion,
    Course,
    Enrolment,
    ExternalId,
    Group,
    Membership,
    Step,
    User,
)
from store.views.arranging import Subgroups
from tests.helpers.roster_files import (
    Roster,
    delete_group,
    dump,
    enrol,
    grade,
    hill,
    nesting,
    places,
    user,
    work,
)

pytestmark = pytest.mark.usefixtures("base", "noon")


def active(name: str) -> bool:
    """Whether somebody is active."""
    with database.reading():
        row = database.row(User.select(User.active).where(User.first_name == name))
        assert row is not None
        return bool(row[0])


@pytest.mark.parametrize("groups", ["classes", "orgs", "none"])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_same_set_again_changes_nothing(tmp_path: Path, version: str, groups: oneroster.Groups) -> None:
    path = grade(hill(version)).write(tmp_path / "set")
    oneroster.load(path, groups=groups)
    before = dump()
    summary = oneroster.load(path, groups=groups)
    assert dump() == before
    assert all(tally.added == tally.changed == tally.deactivated == 0 for tally in summary.tallies)


def test_what_people_changed_here_survives_the_same_set(tmp_path: Path) -> None:
    path = grade(hill()).write(tmp_path / "set")
    oneroster.load(path)
    with database.writing():
        south = Group.get(Group.name == "South School")
        Group.update(name="Nord", parent=None).where(Group.name == "North School").execute()
        Group.update(active=False).where(Group.name == "Biology for All").execute()
        Membership.update(role="leader").where(Membership.role == "member").execute()
        Membership.update(active=False).where(Membership.role == "mentor").execute()
        Membership.insert(user=1, group=south.id, role="leader", created_at=datetime.now(UTC)).execute()
        User.update(first_name="Anna", active=False).where(User.first_name == "Ana").execute()
        Completion.update(state="returned", points=1).execute()
    before = dump()
    oneroster.load(path)
    after = dump()
    # A place in a group that was deleted here is no longer the source's to give.
    for tables in (before, after):
        tables.pop("ExternalId")
        tables.pop("Membership")
    assert after == before
    assert ("Tess", "South School", "leader") in places()
    assert ("Loose", "Nord", "leader") in places()
    assert not any(role == "mentor" for _, _, role in places())


def test_only_what_the_source_changed_is_written(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        User.update(first_name="Anna").where(User.first_name == "Ana").execute()
        Group.update(parent=None).where(Group.name == "North School").execute()
    roster.change("users", "ana", email="a.hill@hill.example")
    roster.change("orgs", "north", name="Northern School")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        row = database.row(
            User.select(User.first_name, User.search).where(User.email == "a.hill@hill.example")
        )
    assert row == ("Anna", "hill anna a.hill@hill.example")
    assert nesting()["Northern School"] is None
    assert {tally.file: tally.changed for tally in summary.tallies if tally.changed} == {
        "orgs.csv": 1,
        "users.csv": 1,
    }


def test_an_edited_group_gets_a_new_version(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("orgs", "north", name="Northern School").change("orgs", "hill", parentSourcedId="top")
    roster.add("orgs", "top", name="State", type="state")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        versions = dict(database.rows(Group.select(Group.name, Group.version)))
    assert versions == {
        "State": 1,
        "Hill District": 2,
        "Northern School": 2,
        "South School": 1,
        "Period 1": 1,
        "Biology for All": 1,
    }


def test_what_a_bulk_set_no_longer_has_is_deactivated(tmp_path: Path) -> None:
    roster = grade(hill())
    oneroster.load(roster.write(tmp_path / "set"))
    roster.drop("users", "ben").drop("enrollments", "ben-bio1").drop("results", "r4", "r5", "r6")
    roster.drop("enrollments", "ana-bio2", "tess-bio2").drop("classes", "bio2").drop("lineItems", "leaf")
    roster.drop("results", "r2")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert not active("Ben")
    assert active("Ana")
    assert "Biology for All" not in nesting()
    assert {place for place in places() if place[0] in ("Ana", "Ben")} == {("Ana", "Period 1", "member")}
    with database.reading():
        assert database.rows(Course.select(Course.title).where(~Course.active)) == [("Biology for All",)]
        assert Enrolment.select().where(Enrolment.active).count() == 1
        assert database.rows(Step.select(Step.title).where(~Step.active)) == [("A leaf",)]
    assert len(work()) == 5
    assert any("work and its reviews were kept" in note for note in summary.notes)
    told = {tally.file: tally.deactivated for tally in summary.tallies}
    assert told == {
        "academicSessions.csv": 0,
        "orgs.csv": 0,
        "courses.csv": 0,
        "classes.csv": 1,
        "users.csv": 1,
        "enrollments.csv": 3,
        "categories.csv": 0,
        "lineItems.csv": 1,
        "results.csv": 0,
    }


def test_what_comes_back_is_active_again(tmp_path: Path) -> None:
    whole = grade(hill())
    oneroster.load(whole.write(tmp_path / "set"))
    before = dump()
    less = hill()
    less.drop("users", "ben", "newt").drop("enrollments", "ben-bio1", "ana-bio2", "tess-bio2")
    less.drop("classes", "bio2").drop("orgs", "south")
    oneroster.load(less.write(tmp_path / "set"))
    assert "South School" not in nesting()
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    after = dump()
    for tables in (before, after):
        tables["Group"] = [row[:6] for row in tables["Group"]]
    assert after == before


def test_a_file_that_is_absent_says_nothing(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    del roster.rows["enrollments"]
    before = dump()
    oneroster.load(roster.write(tmp_path / "set"))
    assert dump() == before


def test_another_source_is_left_alone(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    other = Roster()
    other.sender = {"source.systemCode": "OTHER"}
    other.add("orgs", "north", name="Valley School", type="school")
    oneroster.load(other.write(tmp_path / "set"))
    assert len(nesting()) == 6
    assert len(places()) == 9


def test_a_person_two_sources_name_stays_while_one_does(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    other = Roster()
    other.sender = {"source.systemCode": "OTHER"}
    other.add("orgs", "valley", name="Valley School", type="school")
    user(other, "ana", org="valley")
    oneroster.load(other.write(tmp_path / "other"))
    assert ("Ana", "Valley School", "member") in places()
    oneroster.load(
        roster.drop("users", "ana", "mum").drop("enrollments", "ana-bio1", "ana-bio2").write(tmp_path / "set")
    )
    assert active("Ana")
    assert {place for place in places() if place[0] == "Ana"} == {("Ana", "Valley School", "member")}


def test_somebody_who_was_here_before_stays_when_the_roster_drops_them(tmp_path: Path) -> None:
    setup.create("Hill", "Ana", "Admin", "ana@hill.example")
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    roster.drop("users", "ana", "mum").drop("enrollments", "ana-bio1", "ana-bio2")
    oneroster.load(roster.write(tmp_path / "set"))
    assert active("Ana")
    assert not any(name == "Ana" for name, _, _ in places())


def test_deleting_somebody_outright_deactivates_them_until_they_return(tmp_path: Path) -> None:
    setup.create("Hill", "Ana", "Admin", "ana@hill.example")
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(roster.change("users", "ana", status="tobedeleted").write(tmp_path / "set"))
    assert not active("Ana")
    oneroster.load(roster.change("users", "ana", status="active").write(tmp_path / "set"))
    assert active("Ana")


def test_two_people_may_swap_their_emails(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("users", "ana", email="ben@hill.example").change("users", "ben", email="ana@hill.example")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        emails = dict(database.rows(User.select(User.first_name, User.email)))
    assert (emails["Ana"], emails["Ben"]) == ("ben@hill.example", "ana@hill.example")


def test_an_email_that_somebody_else_here_has_stays_with_them(tmp_path: Path) -> None:
    roster = hill()
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    oneroster.load(roster.write(tmp_path / "set"))
    roster.change("users", "ana", email="olga@hill.example")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert summary.notes == (
        "olga@hill.example stays with Olga Other; Ana Hill (ana) keeps ana@hill.example",
    )
    with database.reading():
        emails = dict(database.rows(User.select(User.first_name, User.email)))
    assert (emails["Ana"], emails["Olga"]) == ("ana@hill.example", "olga@hill.example")


def test_somebody_with_a_new_id_is_another_person_whatever_their_name_and_email(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    roster.drop("users", "ben").drop("enrollments", "ben-bio1")
    user(roster, "ben2", email="ben@hill.example", givenName="Ben")
    enrol(roster, "ben2", "bio1")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        bens = database.rows(
            User.select(User.email, User.active).where(User.first_name == "Ben").order_by(User.id)
        )
    assert bens == [(None, False), ("ben@hill.example", True)]
    assert ("Ben", "Period 1", "member") in places()


def test_a_place_given_here_is_never_taken_away(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        period = Group.get(Group.name == "Period 1")
        loose = User.get(User.first_name == "Loose")
        Membership.insert(
            user=loose.id, group=period.id, role="leader", created_at=datetime.now(UTC)
        ).execute()
    enrol(roster, "loose", "bio1")
    oneroster.load(roster.write(tmp_path / "set"))
    assert ("Loose", "Period 1", "leader") in places()
    oneroster.load(roster.drop("enrollments", "loose-bio1").write(tmp_path / "set"))
    assert ("Loose", "Period 1", "leader") in places()


def test_a_role_that_changes_in_the_file_changes_the_place(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(roster.change("enrollments", "abe-bio1", role="student").write(tmp_path / "set"))
    assert ("Abe", "Period 1", "member") in places()
    with database.reading():
        taken = Enrolment.select().join(User).where(User.first_name == "Abe", Enrolment.active)
        assert taken.count() == 1


def test_admins_by_role_come_and_go_and_those_made_here_stay(tmp_path: Path) -> None:
    setup.create("Hill", "Tess", "Hill", "tess@hill.example")
    roster = hill()
    oneroster.load(roster.change("users", "tess", role="systemAdministrator").write(tmp_path / "set"))
    oneroster.load(
        roster.change("users", "tess", role="teacher")
        .change("users", "dora", role="teacher")
        .write(tmp_path / "set")
    )
    with database.reading():
        assert database.rows(User.select(User.first_name).where(User.is_admin)) == [("Tess",)]


@pytest.mark.parametrize("lost", ["role", "deleted", "disabled"])
def test_the_last_admin_stays_one_whatever_the_files_say(tmp_path: Path, lost: str) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        was = database.rows(User.select(User.first_name).where(User.is_admin, User.active))
    assert was == [("Dora",)]
    if lost == "role":
        roster.change("users", "dora", role="teacher")
    elif lost == "disabled":
        roster.change("users", "dora", enabledUser="false")
    else:
        roster.drop("users", "dora")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        assert database.rows(User.select(User.first_name).where(User.is_admin, User.active)) == was
    assert [note for note in summary.notes if "without an admin: Dora" in note]


def test_moving_an_org_below_one_that_was_nested_here_is_refused_as_a_circle(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        south = Group.get(Group.name == "South School")
        Group.update(parent=south.id).where(Group.name == "North School").execute()
    roster.change("orgs", "south", parentSourcedId="north")
    path = roster.write(tmp_path / "set")
    with pytest.raises(errors.ImportRefusedError) as refused:
        oneroster.load(path)
    (fault,) = refused.value.faults
    assert str(fault) == (
        "orgs.csv, line 3, parentSourcedId, “north”: this would nest a group below itself, "
        "as groups are nested here"
    )
    oneroster.load(path, lenient=True)
    assert nesting()["South School"] == "Hill District"


def test_an_upgrade_to_1_2_keeps_people_and_places(tmp_path: Path) -> None:
    oneroster.load(hill("1.1").write(tmp_path / "set"))
    before = places()
    oneroster.load(hill("1.2").write(tmp_path / "set"))
    assert places() == before
    with database.reading():
        assert User.select().count() == 9


def test_withdrawn_ids_are_remembered_without_a_fingerprint(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(roster.drop("users", "newt").write(tmp_path / "set"))
    with database.reading():
        row = database.row(
            ExternalId.select(ExternalId.source, ExternalId.digest).where(
                ExternalId.kind == "user", ExternalId.external_id == "newt"
            )
        )
    assert row == ("oneroster:HILL", "")


def test_a_group_that_was_deleted_here_gives_nobody_a_place(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        Group.update(active=False).where(Group.name == "Biology for All").execute()
    enrol(roster, "ben", "bio2")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        there = Membership.select().join(Group).where(Group.name == "Biology for All", Membership.active)
        assert not there.exists()


def test_a_class_below_a_group_that_was_deleted_here_is_made_at_the_top(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    delete_group("North School", Subgroups.DELETE)
    roster.add("classes", "new", **{**roster.rows["classes"]["bio1"], "title": "Botany"})
    roster.change("orgs", "north", parentSourcedId="")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        names = {row[0]: row[1] for row in database.rows(Group.select(Group.name, Group.parent))}
    assert names["Botany"] is None
    assert "North School" not in names


def test_an_org_deleted_here_stays_so_when_the_source_drops_it_and_has_it_again(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    delete_group("South School")
    before, there = nesting(), places()
    oneroster.load(hill().drop("users", "newt").drop("orgs", "south").write(tmp_path / "set"))
    summary = oneroster.load(hill().write(tmp_path / "set"))
    assert (nesting(), places()) == (before, there)
    assert {tally.file: tally.changed for tally in summary.tallies}["orgs.csv"] == 0


def test_a_class_deleted_here_stays_so_when_classes_are_no_groups_for_a_while(tmp_path: Path) -> None:
    path = hill().write(tmp_path / "set")
    oneroster.load(path)
    delete_group("Period 1")
    before = nesting()
    oneroster.load(path, groups="orgs")
    oneroster.load(path, groups="classes")
    assert nesting() == before


def test_a_class_deleted_here_stays_so_when_its_school_comes_back(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    delete_group("Period 1")
    orgs_alone = Roster()
    orgs_alone.rows["orgs"] = hill().drop("orgs", "north").rows["orgs"]
    oneroster.load(orgs_alone.write(tmp_path / "set"))
    assert nesting()["Biology for All"] == "Hill District"
    oneroster.load(hill().write(tmp_path / "set"))
    assert "Period 1" not in nesting()
    assert nesting()["Biology for All"] == "North School"


def test_a_course_that_somebody_took_before_stays_theirs(tmp_path: Path) -> None:
    roster = hill()
    oneroster.load(roster.write(tmp_path / "set"))
    with database.writing():
        course = Course.get(Course.title == "Biology for All")
        ben = User.get(User.first_name == "Ben")
        Enrolment.insert(user=ben.id, course=course.id, created_at=datetime.now(UTC)).execute()
    enrol(roster, "ben", "bio2")
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(roster.drop("enrollments", "ben-bio2").write(tmp_path / "set"))
    with database.reading():
        assert Enrolment.select().where(Enrolment.user == ben.id, Enrolment.active).count() == 2
