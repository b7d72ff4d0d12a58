"""An org that was deleted and is active again has its subgroups back, unless somebody moved them since."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database
from store import groups as group_store
from store.importing import groups, oneroster
from store.models import ExternalId, Group
from store.permissions import OPERATOR
from tests.helpers.roster_files import Roster, delete_group, delta, dump, hill, nesting, places

pytestmark = pytest.mark.usefixtures("base", "noon")


def state() -> Roster:
    """A state with a district, in which the schools of `hill` are."""
    roster = hill()
    roster.add("orgs", "state", name="State", type="state")
    return roster.change("orgs", "hill", parentSourcedId="state")


def say(tmp_path: Path, status: str, *keys: str) -> None:
    """A delta that deletes orgs, or has them again."""
    change = delta()
    for key in keys:
        change.add("orgs", key, **state().rows["orgs"][key] | {"status": status})
    oneroster.load(change.write(tmp_path / "delta"))


def gone(tmp_path: Path, *keys: str) -> None:
    say(tmp_path, "tobedeleted", *keys)


def back(tmp_path: Path, *keys: str) -> None:
    say(tmp_path, "active", *keys)


def group(name: str) -> tuple[int, int]:
    """Id and version of a group."""
    with database.reading():
        row = database.row(Group.select(Group.id, Group.version).where(Group.name == name))
    assert row is not None
    return row[0], row[1]


def move(name: str, parent: str | None) -> None:
    """Nest a group by hand."""
    group_id, version = group(name)
    group_store.nest(OPERATOR, group_id, version, group(parent)[0] if parent else None)


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, str | None]:
    """The tree as it is after the first bulk."""
    oneroster.load(state().write(tmp_path / "set"))
    return nesting()


def test_a_district_has_its_schools_back(tmp_path: Path, whole: dict[str, str | None]) -> None:
    gone(tmp_path, "hill")
    assert nesting()["North School"] == nesting()["South School"] == "State"
    back(tmp_path, "hill")
    assert nesting() == whole


def test_a_school_has_its_classes_back(tmp_path: Path, whole: dict[str, str | None]) -> None:
    there = places()
    gone(tmp_path, "north")
    assert nesting()["Period 1"] == "Hill District"
    back(tmp_path, "north")
    assert (nesting(), places()) == (whole, there)


def test_a_group_that_was_made_by_hand_goes_back_as_well(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    made = group_store.create(OPERATOR, "Chess", parent=group("North School")[0])
    group_store.create(OPERATOR, "Chess juniors", parent=made)
    gone(tmp_path, "north")
    assert nesting()["Chess"] == "Hill District"
    back(tmp_path, "north")
    assert nesting() == whole | {"Chess": "North School", "Chess juniors": "Chess"}


def test_what_somebody_moved_since_stays_there(tmp_path: Path, whole: dict[str, str | None]) -> None:
    gone(tmp_path, "hill")
    move("South School", None)
    back(tmp_path, "hill")
    assert nesting() == whole | {"South School": None}
    oneroster.load(state().write(tmp_path / "set"))
    assert nesting() == whole | {"South School": None}


def test_what_was_moved_away_and_back_again_goes_back(tmp_path: Path, whole: dict[str, str | None]) -> None:
    gone(tmp_path, "hill")
    move("South School", None)
    move("South School", "State")
    back(tmp_path, "hill")
    assert nesting() == whole


def test_a_group_that_was_moved_before_goes_back_to_where_it_was(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    move("Period 1", "South School")
    move("South School", None)
    gone(tmp_path, "south")
    assert nesting()["Period 1"] is None
    back(tmp_path, "south")
    # The school itself is nested anew, as its row says.
    assert nesting() == whole | {"Period 1": "South School"}


def test_what_stood_above_by_hand_before_stays_there(tmp_path: Path, whole: dict[str, str | None]) -> None:
    move("South School", "State")
    gone(tmp_path, "hill")
    oneroster.load(state().write(tmp_path / "set"))
    assert nesting() == whole | {"South School": "State"}


@pytest.mark.parametrize("order", [("hill", "north"), ("north", "hill"), ("hill north",), ("north hill",)])
@pytest.mark.parametrize("returns", [("hill", "north"), ("hill north",), ("north hill",)])
def test_several_levels_come_back_in_any_order(
    tmp_path: Path, whole: dict[str, str | None], order: tuple[str, ...], returns: tuple[str, ...]
) -> None:
    for keys in order:
        gone(tmp_path, *keys.split())
    assert nesting()["Period 1"] == "State"
    for keys in returns:
        back(tmp_path, *keys.split())
    assert nesting() == whole
    with database.reading():
        assert not ExternalId.select().where(ExternalId.kind.startswith("lifted")).exists()


def forget_lifting() -> None:
    """Leave the database as 0.3.0 left it, which noted nothing of this."""
    with database.writing():
        ExternalId.delete().where(ExternalId.kind.startswith("lifted")).execute()


@pytest.mark.parametrize("order", [("hill",), ("hill", "north"), ("north", "hill"), ("north hill",)])
@pytest.mark.parametrize("returns", [("hill", "north"), ("hill north",)])
def test_what_an_older_version_lifted_goes_back_as_well(
    tmp_path: Path, whole: dict[str, str | None], order: tuple[str, ...], returns: tuple[str, ...]
) -> None:
    for keys in order:
        gone(tmp_path, *keys.split())
        forget_lifting()
    assert nesting() != whole
    for keys in returns:
        back(tmp_path, *keys.split())
    assert nesting() == whole


def test_what_somebody_nested_before_such_a_deletion_or_after_it_stays_there(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    move("South School", "State")
    gone(tmp_path, "hill")
    forget_lifting()
    move("North School", None)
    back(tmp_path, "hill")
    assert nesting() == whole | {"South School": "State", "North School": None}


def test_with_the_middle_still_gone_they_go_as_near_as_there_is_one(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    gone(tmp_path, "north", "hill")
    back(tmp_path, "hill")
    assert nesting()["Period 1"] == "Hill District"
    back(tmp_path, "north")
    assert nesting() == whole


def test_a_bulk_in_between_changes_nothing_of_it(tmp_path: Path, whole: dict[str, str | None]) -> None:
    gone(tmp_path, "hill")
    without = state().drop("orgs", "hill")
    for key in ("north", "south"):
        without.change("orgs", key, parentSourcedId="state")
    without.change("courses", "bio", orgSourcedId="state")
    without.change("users", "dora", orgSourcedIds="state")
    oneroster.load(without.write(tmp_path / "set"))
    oneroster.load(state().write(tmp_path / "set"))
    assert nesting() == whole


def test_what_the_source_itself_nests_elsewhere_stays_there(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    gone(tmp_path, "hill")
    change = delta().add("orgs", "north", **hill().rows["orgs"]["north"] | {"parentSourcedId": "state"})
    oneroster.load(change.write(tmp_path / "delta"))
    back(tmp_path, "hill")
    assert nesting() == whole | {"North School": "State"}


def test_what_it_was_in_may_come_back_below_it(tmp_path: Path, whole: dict[str, str | None]) -> None:
    group_store.create(OPERATOR, "Chess", parent=group("North School")[0])
    gone(tmp_path, "north")
    move("South School", "Chess")
    change = delta().add("orgs", "north", **state().rows["orgs"]["north"] | {"parentSourcedId": "south"})
    oneroster.load(change.write(tmp_path / "delta"))
    assert nesting() == whole | {
        "Chess": "Hill District",
        "South School": "Chess",
        "North School": "South School",
    }


def test_a_group_that_was_deleted_by_hand_meanwhile_stays_so(
    tmp_path: Path, whole: dict[str, str | None]
) -> None:
    gone(tmp_path, "hill")
    delete_group("South School")
    back(tmp_path, "hill")
    del whole["South School"]
    assert nesting() == whole


def test_the_same_again_changes_nothing(tmp_path: Path, whole: dict[str, str | None]) -> None:
    gone(tmp_path, "hill")
    before = dump()
    gone(tmp_path, "hill")
    assert dump() == before
    back(tmp_path, "hill")
    before = dump()
    back(tmp_path, "hill")
    oneroster.load(state().write(tmp_path / "set"))
    assert dump() == before


def test_groups_that_a_file_of_ones_own_lacks_for_a_while_do_the_same(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    whole = "id,parent_id,name\nsales,,Sales\neast,sales,East\n"
    file.write_text(whole)
    groups.load([file])
    group_store.create(OPERATOR, "New people", parent=group("Sales")[0])
    file.write_text("id,parent_id,name\neast,,East\n")
    groups.load([file])
    assert nesting() == {"East": None, "New people": None}
    file.write_text(whole)
    groups.load([file])
    assert nesting() == {"Sales": None, "East": "Sales", "New people": "Sales"}
