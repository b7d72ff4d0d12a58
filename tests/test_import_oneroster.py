"""What a OneRoster set becomes: people, groups, places, courses and work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store import account, database, setup
from store.importing import oneroster
from store.models import (
    AuditLine,
    Course,
    Enrolment,
    Group,
    User,
)
from store.views.account import Beta, Plan
from tests.helpers.roster_files import as_zip, dump, enrol, grade, hill, nesting, places, user, work

pytestmark = pytest.mark.usefixtures("base", "noon")


def test_orgs_nest_and_classes_are_subgroups_of_their_school(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    assert nesting() == {
        "Hill District": None,
        "North School": "Hill District",
        "South School": "Hill District",
        "Period 1": "North School",
        "Biology for All": "North School",
    }


def test_each_role_gets_its_place(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    assert places() == {
        ("Tess", "Period 1", "mentor"),
        ("Tess", "Biology for All", "mentor"),
        ("Abe", "Period 1", "mentor"),
        ("Ana", "Period 1", "member"),
        ("Ana", "Biology for All", "member"),
        ("Ben", "Period 1", "member"),
        ("Loose", "North School", "member"),
        ("Newt", "South School", "member"),
        ("Pia", "North School", "leader"),
    }


def test_district_administrators_are_admins_and_nobody_else(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    with database.reading():
        assert database.rows(User.select(User.first_name).where(User.is_admin)) == [("Dora",)]


@pytest.mark.parametrize("role", ["proctor", "counselor"])
def test_proctors_and_counselors_of_a_class_are_mentors(tmp_path: Path, role: str) -> None:
    roster = hill()
    enrol(roster, "loose", "bio2", role)
    oneroster.load(roster.write(tmp_path / "set"))
    assert ("Loose", "Biology for All", "mentor") in places()
    assert ("Loose", "North School", "member") not in places()


def test_with_orgs_only_everybody_is_in_their_org(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"), groups="orgs")
    assert set(nesting()) == {"Hill District", "North School", "South School"}
    assert places() == {
        ("Tess", "North School", "mentor"),
        ("Abe", "North School", "mentor"),
        ("Ana", "North School", "member"),
        ("Ben", "North School", "member"),
        ("Loose", "North School", "member"),
        ("Newt", "South School", "mentor"),
        ("Pia", "North School", "leader"),
    }


def test_without_groups_there_are_people_courses_and_results_only(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).write(tmp_path / "set"), groups="none")
    assert nesting() == {}
    assert places() == set()
    with database.reading():
        assert User.select().count() == 9
        assert Enrolment.select().count() == 3
    assert work()["Ana", "Cells"] == ("complete", 8.5)


def test_groups_can_be_asked_for_after_an_import_without_them(tmp_path: Path) -> None:
    path = hill().write(tmp_path / "set")
    oneroster.load(path, groups="none")
    oneroster.load(path)
    assert len(nesting()) == 5
    assert len(places()) == 9


def test_going_over_to_orgs_only_takes_the_class_groups_away(tmp_path: Path) -> None:
    path = hill().write(tmp_path / "set")
    oneroster.load(path)
    oneroster.load(path, groups="orgs")
    assert set(nesting()) == {"Hill District", "North School", "South School"}
    assert ("Ana", "North School", "member") in places()
    oneroster.load(path)
    assert len(nesting()) == 5
    assert ("Ana", "North School", "member") not in places()


def test_version_1_2_takes_roles_from_their_own_file(tmp_path: Path) -> None:
    oneroster.load(hill("1.2").write(tmp_path / "set"))
    assert ("Pia", "North School", "leader") in places()
    assert ("Tess", "Period 1", "mentor") in places()
    with database.reading():
        assert database.rows(User.select(User.first_name).where(User.is_admin)) == [("Dora",)]


def test_the_highest_of_several_roles_counts(tmp_path: Path) -> None:
    roster = hill("1.2")
    for key, role in (("x1", "student"), ("x2", "principal"), ("x3", "teacher")):
        roster.add("roles", key, userSourcedId="loose", roleType="secondary", role=role, orgSourcedId="south")
    enrol(roster, "ben", "bio2")
    roster.add(
        "enrollments",
        "again",
        classSourcedId="bio2",
        schoolSourcedId="north",
        userSourcedId="ben",
        role="aide",
    )
    oneroster.load(roster.write(tmp_path / "set"))
    assert ("Loose", "South School", "leader") in places()
    assert ("Ben", "Biology for All", "mentor") in places()


def test_a_course_is_named_after_course_and_class(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    with database.reading():
        titles = database.rows(Course.select(Course.title).order_by(Course.title))
        taken = Enrolment.select(User.first_name, Course.title).join(User).switch(Enrolment).join(Course)
        assert titles == [("Biology for All",), ("Biology · Period 1",)]
        assert set(database.rows(taken)) == {
            ("Ana", "Biology · Period 1"),
            ("Ana", "Biology for All"),
            ("Ben", "Biology · Period 1"),
        }


def test_preferred_names_are_used_and_emails_folded(tmp_path: Path) -> None:
    roster = hill("1.2").change(
        "users", "ana", preferredGivenName="Änne", preferredFamilyName="Berg", email="ANA@Hill.Example"
    )
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        row = database.row(
            User.select(User.first_name, User.last_name, User.search).where(User.email == "ana@hill.example")
        )
    assert row == ("Änne", "Berg", "berg anne ana@hill.example")


def test_email_may_be_absent_and_people_may_be_disabled(tmp_path: Path) -> None:
    roster = hill().change("users", "ana", email="").change("users", "ben", enabledUser="false")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        rows = dict(database.rows(User.select(User.first_name, User.active).where(User.email.is_null())))
        assert rows == {"Ana": True}
        assert database.row(User.select(User.active).where(User.first_name == "Ben")) == (False,)


def test_a_person_whose_email_is_known_is_that_person(tmp_path: Path) -> None:
    setup.create("Hill", "Anna", "Hillary", "ana@hill.example")
    summary = oneroster.load(hill().change("users", "ana", email="Ana@HILL.example").write(tmp_path / "set"))
    with database.reading():
        rows = database.rows(User.select(User.first_name, User.is_admin).where(User.last_name == "Hillary"))
        assert rows == [("Anna", True)]
        assert User.select().count() == 9
    assert ("Anna", "Period 1", "member") in places()
    assert any("known by their email: 1" in note for note in summary.notes)


def test_an_account_is_made_where_there_is_none_and_named_after_the_sender(tmp_path: Path) -> None:
    summary = oneroster.load(hill().write(tmp_path / "set"))
    made = account.get()
    assert (made.name, made.plan, made.beta) == ("Hill School System", Plan.COMPLETE, Beta.ON)
    assert summary.notes == ()


def test_a_set_without_admins_says_how_to_make_one(tmp_path: Path) -> None:
    roster = hill()
    roster.drop("users", "dora").sender.clear()
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert account.get().name == "Imported"
    assert any("Start muster" in note for note in summary.notes)


def test_one_audit_line_tells_of_the_whole_import(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    with database.reading():
        rows = database.rows(
            AuditLine.select(AuditLine.actor, AuditLine.actor_name, AuditLine.action, AuditLine.after)
        )
    assert [row[:3] for row in rows] == [(None, "import", "import.oneroster")]
    told = {entry["file"]: entry for entry in json.loads(rows[0][3])["files"]}
    assert told["users.csv"]["added"] == 9


def test_a_zip_does_as_well_and_may_have_a_folder_in_it(tmp_path: Path) -> None:
    summary = oneroster.load(as_zip(tmp_path / "set.zip", hill().texts(), inside="export/"))
    assert {tally.file: tally.added for tally in summary.tallies} == {
        "academicSessions.csv": 1,
        "orgs.csv": 3,
        "courses.csv": 1,
        "classes.csv": 2,
        "users.csv": 9,
        "enrollments.csv": 6,
    }


def test_extension_columns_a_bom_and_other_files_are_passed_over(tmp_path: Path) -> None:
    texts = hill().texts()
    lines = texts["orgs.csv"].splitlines()
    texts["orgs.csv"] = "\ufeff" + "\n".join(
        [f"{lines[0]},metadata.color", *(f"{line},=blue" for line in lines[1:])]
    )
    texts["demographics.csv"] = "sourcedId\n"
    texts["notes.csv"] = "whatever"
    folder = tmp_path / "set"
    folder.mkdir()
    for name, content in texts.items():
        (folder / name).write_text(content, encoding="utf-8")
    summary = oneroster.load(folder)
    assert len(nesting()) == 5
    assert summary.notes == ("demographics.csv and notes.csv were not read",)


def test_slugs_are_unique_whatever_the_names(tmp_path: Path) -> None:
    roster = hill().change("classes", "bio1", title="North School").change("classes", "bio2", title="北校")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        slugs = {slug for (slug,) in database.rows(Group.select(Group.slug))}
    assert slugs == {"hill-district", "north-school", "north-school-2", "south-school", "北校"}


def test_names_are_cleaned_of_what_no_terminal_should_see(tmp_path: Path) -> None:
    roster = hill().change("users", "ana", givenName="A\x1b[31mna\u202e", familyName="[red]Hill")
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        assert database.rows(
            User.select(User.first_name, User.last_name).where(User.email == "ana@hill.example")
        ) == [("Ana", "[red]Hill")]


def test_progress_is_told_per_file_and_while_writing(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    oneroster.load(
        hill().write(tmp_path / "set"), progress=lambda file, done, total: told.append((file, done, total))
    )
    size = (tmp_path / "set" / "users.csv").stat().st_size
    assert ("users.csv", size, size) in told
    assert told[-1][0] == "writing"
    assert told[-1][1] == told[-1][2]


def test_a_dry_run_tells_the_same_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = grade(hill()).write(tmp_path / "set")
    before = dump(audit=True)
    rehearsed = oneroster.load(path, dry_run=True)
    assert dump(audit=True) == before
    done = oneroster.load(path)
    assert rehearsed.dry_run
    assert not done.dry_run
    assert rehearsed.tallies == done.tallies


def test_people_with_a_second_org_are_members_of_both(tmp_path: Path) -> None:
    roster = hill()
    user(roster, "both", org="north, south")
    oneroster.load(roster.write(tmp_path / "set"))
    assert {group for name, group, _ in places() if name == "Both"} == {"North School", "South School"}
