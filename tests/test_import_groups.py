"""Mentoring groups from groups.csv and group_members.csv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import database, errors, setup
from store import groups as group_rules
from store.importing import groups
from store.importing.report import Fault
from store.models import AuditLine, Group, Membership, User
from store.permissions import OPERATOR
from tests.helpers.roster_files import delete_group, dump, nesting, places, write_texts

GROUPS = """id,parent_id,name,description
cohort-a,program,Cohort A,"Starts in autumn,
ends in spring"
program,,Mentoring,
cohort-b,program,Cohort B,
"""
MEMBERS = """group_id,email,role
program,lea@x.example,leader
cohort-a,Max@X.example,mentor
cohort-a,ana@x.example,member
cohort-b,ana@x.example,member
"""
BOTH = {"groups.csv": GROUPS, "group_members.csv": MEMBERS}
ALL_PLACES = {
    ("Lea", "Mentoring", "leader"),
    ("Max", "Cohort A", "mentor"),
    ("Ana", "Cohort A", "member"),
    ("Ana", "Cohort B", "member"),
}


@pytest.fixture(autouse=True)
def people(base: Path, noon: datetime) -> Iterator[None]:
    """An account with Lea, Max and Ana, and Old, who was deactivated."""
    setup.create("Hill", "Lea", "Hill", "lea@x.example")
    with database.writing():
        for name, active in (("Max", True), ("Ana", True), ("Old", False)):
            User.insert(
                first_name=name,
                last_name="Hill",
                email=f"{name.lower()}@x.example",
                active=active,
                search=f"hill {name.lower()}",
                created_at=noon,
            ).execute()
    yield


def load(folder: Path, texts: dict[str, str], *, lenient: bool = False) -> list[Fault]:
    """Import a folder of these files; what was left out."""
    return list(groups.load([write_texts(folder / "g", texts)], lenient=lenient).faults)


def refused(folder: Path, texts: dict[str, str]) -> list[str]:
    """The faults of files that have to be refused, with nothing changed."""
    before = dump(audit=True)
    with pytest.raises(errors.ImportRefusedError) as refusal:
        load(folder, texts)
    assert dump(audit=True) == before
    return [str(fault) for fault in refusal.value.faults]


def test_groups_nest_whatever_their_order_and_people_get_their_places(tmp_path: Path) -> None:
    summary = groups.load([write_texts(tmp_path / "g", BOTH)])
    assert nesting() == {"Mentoring": None, "Cohort A": "Mentoring", "Cohort B": "Mentoring"}
    assert places() == ALL_PLACES
    assert {tally.file: (tally.read, tally.added) for tally in summary.tallies} == {
        "groups.csv": (3, 3),
        "group_members.csv": (4, 4),
    }
    with database.reading():
        rows = database.rows(Group.select(Group.description, Group.version).where(Group.name == "Cohort A"))
        assert rows == [("Starts in autumn,\nends in spring", 1)]
        actions = database.rows(AuditLine.select(AuditLine.action, AuditLine.actor_name))
    assert actions[-1] == ("import.groups", "import")


def test_a_group_with_the_longest_description_can_be_edited_here(tmp_path: Path) -> None:
    load(tmp_path, {"groups.csv": f"id,parent_id,name,description\na,,A,{'é' * 2000}\n"})
    with database.reading():
        row = database.row(Group.select(Group.id, Group.version, Group.slug, Group.description))
    assert row is not None
    group_rules.edit(OPERATOR, row[0], row[1], name="B", slug=row[2], description=row[3])
    assert set(nesting()) == {"B"}


@pytest.mark.parametrize("order", [("one.csv", "two.csv"), ("two.csv", "one.csv")])
def test_files_are_recognised_by_their_headers(tmp_path: Path, order: Sequence[str]) -> None:
    (tmp_path / "one.csv").write_text("\ufeff" + MEMBERS.replace("\n", "\r\n"), encoding="utf-8")
    (tmp_path / "two.csv").write_text(GROUPS, encoding="utf-8")
    groups.load([tmp_path / name for name in order])
    assert places() == ALL_PLACES


def test_the_same_again_changes_nothing_and_keeps_what_was_changed_here(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    with database.writing():
        Group.update(name="Renamed", parent=None).where(Group.name == "Cohort A").execute()
        Membership.update(role="leader").where(Membership.role == "mentor").execute()
    before = dump()
    load(tmp_path, BOTH)
    assert dump() == before


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    before = dump(audit=True)
    summary = groups.load([write_texts(tmp_path / "g", BOTH)], dry_run=True)
    assert summary.dry_run
    assert dump(audit=True) == before


def test_what_a_file_no_longer_has_is_deactivated_and_may_come_back(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    fewer = {
        "groups.csv": "\n".join(line for line in GROUPS.split("\n") if "cohort-b" not in line),
        "group_members.csv": "\n".join(MEMBERS.split("\n")[:3]),
    }
    load(tmp_path, fewer)
    assert set(nesting()) == {"Mentoring", "Cohort A"}
    assert places() == {("Lea", "Mentoring", "leader"), ("Max", "Cohort A", "mentor")}
    load(tmp_path, BOTH)
    assert places() == ALL_PLACES


def test_what_was_deleted_here_stays_so_when_the_file_drops_it_and_has_it_again(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    delete_group("Cohort B")
    load(tmp_path, {"groups.csv": GROUPS.replace("cohort-b,program,Cohort B,\n", "")})
    summary = groups.load([write_texts(tmp_path / "g", BOTH)])
    assert nesting() == {"Mentoring": None, "Cohort A": "Mentoring"}
    assert places() == ALL_PLACES - {("Ana", "Cohort B", "member")}
    assert {tally.file: (tally.added, tally.changed) for tally in summary.tallies}["groups.csv"] == (0, 0)


def test_what_was_deleted_here_stays_so_when_the_group_above_it_comes_back(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    delete_group("Cohort B")
    load(tmp_path, {"groups.csv": "id,parent_id,name\ncohort-a,,Cohort A\n"})
    assert set(nesting()) == {"Cohort A"}
    load(tmp_path, BOTH)
    assert nesting() == {"Mentoring": None, "Cohort A": "Mentoring"}


def test_groups_alone_leave_places_but_not_those_in_groups_that_are_gone(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    load(tmp_path, {"groups.csv": "id,parent_id,name\nprogram,,Mentoring\ncohort-a,program,Cohort A\n"})
    assert places() == ALL_PLACES - {("Ana", "Cohort B", "member")}
    with database.reading():
        assert Membership.select().where(Membership.active).count() == 3


def test_members_alone_may_name_groups_loaded_before(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    load(tmp_path, {"group_members.csv": "group_id,email,role\ncohort-b,max@x.example,leader\n"})
    assert places() == {("Max", "Cohort B", "leader")}
    assert refused(tmp_path, {"group_members.csv": "group_id,email,role\nmoon,max@x.example,leader\n"}) == [
        "group_members.csv, line 2, group_id, “moon”: no such group was loaded before"
    ]


def test_a_place_given_here_stays(tmp_path: Path) -> None:
    load(tmp_path, {"groups.csv": GROUPS})
    with database.writing():
        cohort = Group.get(Group.name == "Cohort A")
        ana = User.get(User.first_name == "Ana")
        Membership.insert(user=ana.id, group=cohort.id, role="mentor", created_at=datetime.now(UTC)).execute()
    load(tmp_path, BOTH)
    assert ("Ana", "Cohort A", "mentor") in places()
    load(tmp_path, BOTH | {"group_members.csv": "\n".join(MEMBERS.split("\n")[:2]) + "\n"})
    assert ("Ana", "Cohort A", "mentor") in places()


GROUP_FAULTS = [
    ("cohort-c,moon,C,", "groups.csv, line 6, parent_id, “moon”: no such group in this file"),
    ("program,,Again,", "groups.csv, line 6, id, “program”: line 4 has the same id"),
    (",,Nameless,", "groups.csv, line 6, id: an id is 1 to 255 printable characters"),
    ("cohort-c,,   ,", "groups.csv, line 6, name: it is empty. Type at least one letter."),
    pytest.param(
        f"cohort-c,,C,{'y' * 2001}",
        f"groups.csv, line 6, description, “{'y' * 59}…”: it has 2,001 characters; 2,000 at most.",
        id="a description that is too long",
    ),
    ("cohort-c,,C", "groups.csv, line 6, “cohort-c”: 3 cells where the header has 4"),
    ("self,self,Self,", "groups.csv, line 6, parent_id, “self”: the groups would nest in a circle"),
    ('cohort-c,,"C', "groups.csv, line 6: a quote opens here and is never closed"),
]


@pytest.mark.parametrize(("row", "fault"), GROUP_FAULTS)
def test_broken_groups_are_refused_and_leniently_left_out(tmp_path: Path, row: str, fault: str) -> None:
    texts = BOTH | {"groups.csv": f"{GROUPS}{row}\n"}
    assert refused(tmp_path, texts) == [fault]
    assert [str(found) for found in load(tmp_path, texts, lenient=True)] == [fault]
    assert places() == ALL_PLACES


def test_a_circle_of_groups_is_refused(tmp_path: Path) -> None:
    texts = {"groups.csv": "id,parent_id,name\na,b,A\nb,c,B\nc,a,C\n"}
    (fault,) = refused(tmp_path, texts)
    assert "circle" in fault
    load(tmp_path, texts, lenient=True)
    assert sorted(nesting().values(), key=str) == sorted([None, *set(nesting().values()) - {None}], key=str)


MEMBER_FAULTS = [
    ("cohort-a,who@x.example,member", "email, “who@x.example”: nobody here has this email"),
    ("cohort-a,old@x.example,member", "email, “old@x.example”: this person was deactivated"),
    ("cohort-a,ana at x,member", "email, “ana at x”: this is not an email address"),
    ("cohort-a,lea@x.example,boss", "role, “boss”: one of member, mentor, leader is needed"),
    ("moon,lea@x.example,member", "group_id, “moon”: no such group in groups.csv"),
    (
        "cohort-a,ANA@x.example,mentor",
        "email, “ANA@x.example”: line 4 puts the same person into this group",
    ),
    ("cohort-a,lea@x.example", "“cohort-a”: 2 cells where the header has 3"),
]


@pytest.mark.parametrize(("row", "fault"), MEMBER_FAULTS)
def test_broken_members_are_refused_and_leniently_left_out(tmp_path: Path, row: str, fault: str) -> None:
    texts = BOTH | {"group_members.csv": f"{MEMBERS}{row}\n"}
    whole = f"group_members.csv, line 6, {fault}"
    assert refused(tmp_path, texts) == [whole]
    summary = groups.load([write_texts(tmp_path / "g", texts)], lenient=True)
    assert [str(found) for found in summary.faults] == [whole]
    assert [tally.rejected for tally in summary.tallies if tally.file == "group_members.csv"] == [1]
    assert places() == ALL_PLACES


def test_members_of_a_group_that_was_left_out_are_left_out_too(tmp_path: Path) -> None:
    texts = BOTH | {"groups.csv": GROUPS.replace("Cohort B", " ")}
    faults = [str(fault) for fault in load(tmp_path, texts, lenient=True)]
    assert faults == [
        "group_members.csv, line 5, group_id, “cohort-b”: the row of that group was left out",
        "groups.csv, line 5, name: it is empty. Type at least one letter.",
    ]
    assert places() == ALL_PLACES - {("Ana", "Cohort B", "member")}


def test_lenient_takes_nothing_away_by_a_file_with_faults(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    for row in ("program,who@x.example,member", "program,?,member", "program", "moon,ana@x.example,member"):
        texts = {"groups.csv": GROUPS, "group_members.csv": f"group_id,email,role\n{row}\n"}
        assert len(load(tmp_path, texts, lenient=True)) == 1
        assert places() == ALL_PLACES


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (
            {"groups.csv": "Id,parent_id,name,description\n1,,A,\n"},
            "groups.csv, line 1, id, “Id”: the column must be spelled id",
        ),
        (
            {"groups.csv": "id,parent_id,name,name\n1,,A,\n"},
            "groups.csv, line 1, name: the column is there twice",
        ),
        ({"groups.csv": ""}, "groups.csv: the file is empty"),
        (
            {"groups.csv": GROUPS, "group_members.csv": GROUPS},
            "groups.csv, line 1, “id,parent_id,name,description”: another file holds the same",
        ),
    ],
)
def test_headers_that_say_nothing_clear_are_refused(
    tmp_path: Path, texts: dict[str, str], fault: str
) -> None:
    assert fault in refused(tmp_path, texts)


@pytest.mark.parametrize("there", [False, True])
def test_a_place_without_such_files_is_refused(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "none"
    if there:
        folder.mkdir()
    with pytest.raises(errors.ImportRefusedError):
        groups.load([folder])


def test_a_nesting_that_groups_moved_here_turn_into_a_circle_is_refused(tmp_path: Path) -> None:
    load(tmp_path, BOTH)
    with database.writing():
        lower = Group.get(Group.name == "Cohort B")
        Group.update(parent=lower.id).where(Group.name == "Cohort A").execute()
    texts = {"groups.csv": GROUPS.replace("cohort-b,program", "cohort-b,cohort-a")}
    (fault,) = refused(tmp_path, texts)
    assert fault.endswith("this would nest a group below itself, as groups are nested here")


def test_every_fault_of_a_row_is_told(tmp_path: Path) -> None:
    said = refused(tmp_path, BOTH | {"group_members.csv": MEMBERS + "nowhere,nobody@x.example,boss\n"})
    told = "\n".join(said)
    assert "one of member, mentor, leader is needed" in told
    assert "nobody here has this email" in told
    assert "no such group in groups.csv" in told
