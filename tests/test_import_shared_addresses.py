"""One address for two people: the roster imports, and one of them has it by a rule."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from store import database, people, setup
from store.importing import oneroster
from store.models import User
from store.permissions import OPERATOR
from tests.helpers.roster_files import Roster, dump, hill, user

pytestmark = pytest.mark.usefixtures("base", "noon")
SHARED = "reed@hill.example"


def holder(email: str = SHARED) -> str | None:
    """The first name of whoever has an address."""
    with database.reading():
        row = database.row(User.select(User.first_name).where(User.email == email))
    return row[0] if row else None


def family(*members: tuple[str, str], version: str = "1.1", base: Roster | None = None) -> Roster:
    """A school whose last rows are a family with one address: id and role of each, in this order."""
    roster = base or hill(version)
    for key, role in members:
        user(roster, key, role, email=SHARED)
    return roster


FAMILIES = [
    ("staff before students", (("s1", "student"), ("t1", "teacher")), "T1"),
    ("students before guardians", (("a-parent", "parent"), ("s1", "student")), "S1"),
    ("staff before guardians", (("a-parent", "guardian"), ("t1", "counselor")), "T1"),
    ("a principal is staff", (("a-student", "student"), ("p1", "administrator")), "P1"),
    ("a district's admin is staff", (("a-student", "student"), ("p1", "districtAdministrator")), "P1"),
    ("the lowest id of two students", (("s2", "student"), ("s10", "student"), ("s1", "student")), "S1"),
    ("the lowest id of two guardians", (("g2", "parent"), ("g1", "relative")), "G1"),
    (
        "a whole family",
        (("a1", "guardian"), ("b1", "student"), ("b0", "student"), ("c1", "aide")),
        "C1",
    ),
]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize(("members", "has_it"), [case[1:] for case in FAMILIES], ids=[c[0] for c in FAMILIES])
def test_one_of_a_family_has_the_address_whatever_the_order_of_rows(
    tmp_path: Path, members: tuple[tuple[str, str], ...], has_it: str, version: str
) -> None:
    if version == "1.2":
        members = tuple((key, role.replace("administrator", "principal")) for key, role in members)
    for number, order in enumerate(permutations(members)):
        roster = family(*order, version=version)
        roster.sender = {"source.systemCode": f"ORDER{number}"}
        summary = oneroster.load(roster.write(tmp_path / "set"), dry_run=True)
        (told,) = {note for note in summary.notes if note.startswith(SHARED)} if len(order) == 2 else {""}
        assert not told or told.startswith(f"{SHARED} belongs to {has_it} Hill ({has_it.lower()}); ")
    oneroster.load(family(*members, version=version).write(tmp_path / "set"))
    assert holder() == has_it


def test_it_says_who_did_not_get_it(tmp_path: Path) -> None:
    roster = family(("g1", "parent"), ("s1", "student"), ("s2", "student"))
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert [note for note in summary.notes if note.startswith(SHARED)] == [
        f"{SHARED} belongs to S1 Hill (s1); G1 Hill (g1) has no address here",
        f"{SHARED} belongs to S1 Hill (s1); S2 Hill (s2) has no address here",
    ]
    before = dump()
    again = oneroster.load(roster.write(tmp_path / "set"))
    assert dump() == before
    assert again.notes == ("People without an address because somebody else still has it: 2",)
    assert all(tally.changed == 0 for tally in again.tallies)


def test_whoever_has_it_already_keeps_it(tmp_path: Path) -> None:
    oneroster.load(family(("g1", "parent")).write(tmp_path / "set"))
    oneroster.load(family(("g1", "parent"), ("a1", "student"), ("t1", "teacher")).write(tmp_path / "set"))
    assert holder() == "G1"


def test_the_roles_of_an_earlier_file_count_where_a_delta_has_none(tmp_path: Path) -> None:
    roster = hill("1.2")
    user(roster, "a1", "parent")
    user(roster, "t1", "teacher")
    oneroster.load(roster.write(tmp_path / "set"))
    change = Roster("1.2", mode="delta")
    for key in ("a1", "t1"):
        change.add("users", key, **roster.rows["users"][key] | {"email": SHARED})
    oneroster.load(change.write(tmp_path / "set"))
    assert holder() == "T1"


def test_somebody_with_two_roles_counts_by_the_higher(tmp_path: Path) -> None:
    roster = family(("a1", "student"), ("p1", "parent"), version="1.2")
    roster.add(
        "roles", "p1-also", userSourcedId="p1", roleType="secondary", role="teacher", orgSourcedId="south"
    )
    oneroster.load(roster.write(tmp_path / "set"))
    assert holder() == "P1"


@pytest.mark.parametrize("days", [{"endDate": "2021-07-31"}, {"beginDate": "2999-08-01"}])
def test_only_roles_of_today_count(tmp_path: Path, days: dict[str, str]) -> None:
    roster = hill("1.2")
    user(roster, "a1", "parent")
    user(roster, "s1", "student")
    row = {"userSourcedId": "a1", "roleType": "secondary", "role": "teacher", "orgSourcedId": "south"}
    roster.add("roles", "a1-also", **row, **days)
    oneroster.load(roster.write(tmp_path / "first"))
    # Those of an earlier file count where a delta has none.
    change = Roster("1.2", mode="delta")
    for key in ("a1", "s1"):
        change.add("users", key, **roster.rows["users"][key] | {"email": SHARED})
    path = change.write(tmp_path / "change")
    oneroster.load(path)
    assert holder() == "S1"
    for key in ("b1", "s2"):
        user(roster, key, {"b1": "parent", "s2": "student"}[key], email="two@hill.example")
    roster.add("roles", "b1-also", **row | {"userSourcedId": "b1"}, **days)
    oneroster.load(roster.write(tmp_path / "second"))
    with database.reading():
        assert User.get(User.email == "two@hill.example").first_name == "S2"


def test_whoever_is_active_comes_before_whoever_is_not(tmp_path: Path) -> None:
    roster = family(("t1", "teacher"), ("s1", "student"))
    roster.change("users", "t1", enabledUser="false")
    oneroster.load(roster.write(tmp_path / "set"))
    assert holder() == "S1"


def test_the_next_one_has_it_once_the_first_has_left(tmp_path: Path) -> None:
    roster = family(("g1", "parent"), ("s1", "student"), ("s2", "student"))
    oneroster.load(roster.write(tmp_path / "set"))
    oneroster.load(roster.drop("users", "s1").write(tmp_path / "set"))
    assert holder() == "S2"
    oneroster.load(roster.drop("users", "s2").write(tmp_path / "set"))
    assert holder() == "G1"


def test_an_address_typed_here_meanwhile_is_kept(tmp_path: Path) -> None:
    roster = family(("s1", "student"), ("s2", "student"))
    oneroster.load(roster.write(tmp_path / "set"))
    with database.reading():
        row = database.row(User.select(User.id).where(User.first_name == "S2"))
    assert row is not None
    people.edit(OPERATOR, row[0], email="s2@home.example")
    oneroster.load(roster.drop("users", "s1").write(tmp_path / "set"))
    assert holder("s2@home.example") == "S2"


def test_of_two_rows_the_one_of_their_name_is_somebody_who_was_here(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    ann = people.add(OPERATOR, "S9", "Hill", SHARED)
    oneroster.load(family(("s1", "student"), ("s9", "student"), ("t1", "teacher")).write(tmp_path / "set"))
    with database.reading():
        shared = database.rows(User.select(User.id, User.first_name).where(User.email == SHARED))
        total = User.select().where(User.first_name.in_(["S1", "S9", "T1"])).count()
    assert shared == [(ann, "S9")]
    assert total == 3


def test_many_families_are_told_of_up_to_a_hundred(tmp_path: Path) -> None:
    roster = hill()
    for number in range(130):
        for role in ("student", "parent"):
            user(roster, f"{role}{number}", role, email=f"family{number}@hill.example")
    summary = oneroster.load(roster.write(tmp_path / "set"))
    assert sum("has no address here" in note for note in summary.notes) == 100
    assert "… and 30 more" in summary.notes
