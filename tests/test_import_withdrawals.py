"""Files that would take away very much are refused, unless somebody says that it is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database, errors, people
from store.importing import groups, oneroster
from store.models import Group, Membership, User
from store.permissions import OPERATOR
from tests.helpers.roster_files import Roster, dump, enrol, hill, user

pytestmark = pytest.mark.usefixtures("base", "noon")


def school(pupils: int, orgs: int = 1) -> Roster:
    """A school with so many people, and so many orgs."""
    roster = Roster()
    roster.add("orgs", "north", name="North School", type="school")
    for number in range(1, orgs):
        roster.add("orgs", f"o{number}", name=f"School {number}", type="school")
    for number in range(pupils):
        user(roster, f"p{number}")
    return roster


def drop(roster: Roster, file: str, count: int) -> Roster:
    """Without the last rows of a file."""
    return roster.drop(file, *list(roster.rows[file])[-count:])


def load(roster: Roster, tmp_path: Path, *, allowed: bool = False) -> None:
    oneroster.load(roster.write(tmp_path / "set"), allow_withdrawals=allowed)


def active_people() -> int:
    with database.reading():
        return int(User.select().where(User.active).count())


@pytest.mark.parametrize(("pupils", "fewer"), [(50, 20), (105, 21), (200, 40)])
def test_up_to_a_fifth_of_the_people_may_leave_and_twenty_always(
    tmp_path: Path, pupils: int, fewer: int
) -> None:
    load(school(pupils), tmp_path)
    load(drop(school(pupils), "users", fewer), tmp_path)
    assert active_people() == pupils - fewer


@pytest.mark.parametrize(("pupils", "fewer"), [(50, 21), (105, 22), (200, 41)])
def test_more_are_refused_with_the_numbers(tmp_path: Path, pupils: int, fewer: int) -> None:
    load(school(pupils), tmp_path)
    less = drop(school(pupils), "users", fewer)
    before = dump(audit=True)
    with pytest.raises(errors.ImportRefusedError) as refused:
        load(less, tmp_path)
    assert refused.value.message == (
        f"This would deactivate {fewer} of the {pupils} people that HILL has brought. Nothing was changed. "
        "If the files are complete and these have really left: --allow-withdrawals"
    )
    assert dump(audit=True) == before
    load(less, tmp_path, allowed=True)
    assert active_people() == pupils - fewer


def test_a_dry_run_is_refused_as_well(tmp_path: Path) -> None:
    load(school(50), tmp_path)
    with pytest.raises(errors.ImportRefusedError, match="21 of the 50 people"):
        oneroster.load(drop(school(50), "users", 21).write(tmp_path / "set"), dry_run=True, lenient=True)


@pytest.mark.parametrize("cells", [{"status": "tobedeleted"}, {"enabledUser": "false"}])
def test_people_may_be_deactivated_by_their_rows_too(tmp_path: Path, cells: dict[str, str]) -> None:
    roster = school(50)
    load(roster, tmp_path)
    for number in range(21):
        roster.change("users", f"p{number}", **cells)
    with pytest.raises(errors.ImportRefusedError, match="21 of the 50 people"):
        load(roster, tmp_path)


def test_new_ids_for_everybody_are_refused(tmp_path: Path) -> None:
    load(school(50), tmp_path)
    anew = school(0)
    for number in range(50):
        user(anew, f"new{number}", email=f"p{number}@hill.example", givenName=f"P{number}")
    with pytest.raises(errors.ImportRefusedError, match="50 of the 50 people"):
        load(anew, tmp_path)


def test_those_who_were_here_before_count_where_others_get_their_addresses(tmp_path: Path) -> None:
    for number in range(25):
        people.add(OPERATOR, f"P{number}", "Hill", f"p{number}@hill.example")
    load(school(25), tmp_path)
    load(drop(school(25), "users", 24), tmp_path)
    assert active_people() == 25
    anew = school(0)
    for number in range(25):
        user(anew, f"new{number}", email=f"p{number}@hill.example")
    with pytest.raises(errors.ImportRefusedError, match="25 of the 25 people"):
        load(anew, tmp_path)


def test_a_delta_that_deletes_many_is_taken_at_its_word(tmp_path: Path) -> None:
    load(school(50), tmp_path)
    change = Roster(mode="delta")
    for number in range(40):
        user(change, f"p{number}", status="tobedeleted")
    load(change, tmp_path)
    assert active_people() == 10


def test_orgs_count_as_people_do(tmp_path: Path) -> None:
    load(school(1, orgs=100), tmp_path)
    less = drop(school(1, orgs=100), "orgs", 21)
    with pytest.raises(errors.ImportRefusedError, match="deactivate 21 of the 100 orgs that HILL"):
        load(less, tmp_path)
    load(less, tmp_path, allowed=True)
    with database.reading():
        assert Group.select().where(Group.active).count() == 79


def test_orgs_that_are_no_groups_do_not_count(tmp_path: Path) -> None:
    oneroster.load(school(1, orgs=100).write(tmp_path / "set"), groups="none")
    oneroster.load(drop(school(1, orgs=100), "orgs", 50).write(tmp_path / "set"), groups="none")


def test_classes_and_enrolments_go_at_every_rollover(tmp_path: Path) -> None:
    roster = hill()
    for number in range(60):
        key = f"c{number}"
        roster.add("classes", key, **roster.rows["classes"]["bio1"] | {"title": f"Class {number}"})
        user(roster, f"p{number}")
        enrol(roster, f"p{number}", key)
    load(roster, tmp_path)
    rolled = hill()
    for number in range(60):
        user(rolled, f"p{number}")
    load(rolled, tmp_path)
    with database.reading():
        assert Group.select().where(Group.active, Group.name.startswith("Class")).count() == 0


# ---------------------------------------------------------------------- groups.csv


def files(tmp_path: Path, count: int, places: int) -> list[Path]:
    """So many groups, and so many places in the first."""
    lines = ["id,parent_id,name,description", *(f"g{n},,Group {n}," for n in range(count))]
    (tmp_path / "groups.csv").write_text("\n".join(lines))
    lines = ["group_id,email,role", *(f"g0,p{n}@hill.example,member" for n in range(places))]
    (tmp_path / "group_members.csv").write_text("\n".join(lines))
    return [tmp_path / "groups.csv", tmp_path / "group_members.csv"]


def test_groups_that_a_file_no_longer_has_are_counted_too(tmp_path: Path) -> None:
    load(school(60), tmp_path)
    groups.load(files(tmp_path, 60, 1))
    with pytest.raises(errors.ImportRefusedError, match="deactivate 30 of the 60 groups"):
        groups.load(files(tmp_path, 30, 1))
    groups.load(files(tmp_path, 30, 1), allow_withdrawals=True)


def test_a_members_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    load(school(60), tmp_path)
    groups.load(files(tmp_path, 2, 60))
    with pytest.raises(errors.ImportRefusedError, match="deactivate 30 of the 60 memberships"):
        groups.load(files(tmp_path, 2, 30))
    with database.reading():
        there = Membership.select().join(Group).where(Membership.active, Group.name == "Group 0")
        assert there.count() == 60
    groups.load(files(tmp_path, 2, 30), allow_withdrawals=True)
