"""Whose files these are: a sender that changes its code does not bring everybody a second time."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from store import database, errors
from store.importing import oneroster
from store.importing.oneroster import SenderChoice
from store.importing.report import Summary
from store.models import Group, User
from tests.helpers.roster_files import Roster, delta, dump, hill, user
from tui.cli import cli

pytestmark = pytest.mark.usefixtures("base", "noon")


def under(code: str, roster: Roster | None = None) -> Roster:
    """A roster under another code, or under none."""
    found = roster or hill()
    found.sender = {"source.systemCode": code} if code else {}
    return found


def load(roster: Roster, tmp_path: Path, choice: SenderChoice = oneroster.UNSAID) -> Summary:
    return oneroster.load(roster.write(tmp_path / "set"), choice=choice)


def refused(roster: Roster, tmp_path: Path) -> str:
    """What is said of files that are refused; nothing may have changed."""
    before = dump(audit=True)
    with pytest.raises(errors.ImportRefusedError) as refusal:
        load(roster, tmp_path)
    assert dump(audit=True) == before
    return refusal.value.message


def counts() -> tuple[int, int]:
    """How many people and groups there are."""
    with database.reading():
        return User.select().count(), Group.select().count()


def test_the_same_people_under_another_code_are_refused(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    assert refused(under("NEW"), tmp_path) == (
        "9 of the 9 people in these files are here already, brought by HILL. These files come from NEW. "
        "Nothing was changed. If the sender has changed its code: --source HILL. "
        "If it is another sender: --new-source"
    )


@pytest.mark.parametrize(("old", "new"), [("", "NEW"), ("OLD", ""), ("Old School", "NEW"), ("old", "OLD")])
def test_a_code_may_be_added_and_left_out_as_well(tmp_path: Path, old: str, new: str) -> None:
    load(under(old), tmp_path)
    said = refused(under(new), tmp_path)
    option = {"": "--source oneroster", "Old School": "--source 'Old School'"}.get(old, f"--source {old}")
    assert f"changed its code: {option}." in said
    load(under(new), tmp_path, SenderChoice(continues=old or "oneroster"))
    assert counts() == (9, 5)


def test_the_old_one_goes_on_and_that_is_remembered(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    before = counts()
    summary = load(under("NEW"), tmp_path, SenderChoice(continues="HILL"))
    assert "NEW goes on for HILL, from now on without --source." in summary.notes
    assert counts() == before
    assert all(tally.added == tally.changed == tally.deactivated == 0 for tally in summary.tallies)
    left = under("NEW").drop("users", "newt")
    load(left, tmp_path)
    with database.reading():
        assert database.rows(User.select(User.first_name).where(~User.active)) == [("Newt",)]
    load(under("NEWER"), tmp_path, SenderChoice(continues="NEW"))
    assert counts() == before


def test_a_dry_run_remembers_nothing(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    path = under("NEW").write(tmp_path / "set")
    oneroster.load(path, choice=SenderChoice(continues="HILL"), dry_run=True)
    refused(under("NEW"), tmp_path)


def test_another_sender_is_taken_for_one_once_that_is_said(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(under("NEW"), tmp_path, SenderChoice(is_new=True))
    assert counts() == (9, 10)
    load(under("NEW"), tmp_path)
    assert counts() == (9, 10)


def test_people_are_the_same_by_address_or_by_name_where_ids_are_others(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    for email in ("{}@hill.example", ""):
        other = Roster()
        other.add("orgs", "o1", name="North School", type="school")
        for number, key in enumerate(hill().rows["users"]):
            user(other, f"n{number}", org="o1", email=email.format(key), givenName=key.capitalize())
        assert "9 of the 9 people" in refused(under("NEW", other), tmp_path)


def test_the_same_ids_for_other_people_are_no_reason(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    other = Roster()
    other.add("orgs", "north", name="Valley School", type="school")
    for key in hill().rows["users"]:
        user(other, key, email=f"{key}@valley.example", givenName=f"Other {key}")
    load(under("VALLEY", other), tmp_path)
    assert counts() == (18, 6)


def test_some_people_in_common_are_no_reason(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    other = Roster()
    other.add("orgs", "valley", name="Valley School", type="school")
    user(other, "ana", org="valley")
    user(other, "tess", org="valley")
    for number in range(6):
        user(other, f"v{number}", org="valley")
    load(under("VALLEY", other), tmp_path)
    assert counts() == (15, 6)


@pytest.mark.parametrize("dropped", [["newt", "mum", "dora"], []])
def test_most_people_in_common_are_a_reason_also_after_a_rollover(tmp_path: Path, dropped: list[str]) -> None:
    load(hill(), tmp_path)
    roster = hill().drop("users", *dropped)
    for number in range(4):
        user(roster, f"new{number}")
    assert f"{9 - len(dropped)} of the {13 - len(dropped)} people" in refused(under("NEW", roster), tmp_path)


def test_a_delta_under_another_code_is_refused(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    change = delta().add("users", "ana", **hill().rows["users"]["ana"] | {"familyName": "Hill-Stone"})
    assert "1 of the 1 people" in refused(under("NEW", change), tmp_path)
    load(under("NEW", change), tmp_path, SenderChoice(continues="HILL"))
    with database.reading():
        assert User.select().where(User.last_name == "Hill-Stone").count() == 1


def test_a_first_delta_of_new_people_opens_no_back_door(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    change = delta()
    change.add("orgs", "valley", name="Valley School", type="school")
    user(change, "neo", org="valley")
    load(under("NEW", change), tmp_path)
    assert "9 of the 9 people" in refused(under("NEW"), tmp_path)


def test_schools_alone_are_refused_if_they_are_the_same(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    schools = Roster()
    schools.rows["orgs"] = hill().rows["orgs"]
    assert "3 of the 3 schools and classes" in refused(under("NEW", schools), tmp_path)
    classes = Roster(mode="delta")
    classes.rows = {"classes": hill().rows["classes"]}
    assert "2 of the 2 schools and classes" in refused(under("NEW", classes), tmp_path)


def test_two_senders_may_share_a_district(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    other = Roster()
    for key in ("hill", "north"):
        other.add("orgs", key, **hill().rows["orgs"][key])
    for number in range(6):
        user(other, f"v{number}")
    summary = load(under("VALLEY", other), tmp_path)
    assert any(note.startswith("2 schools and classes have the ids and names") for note in summary.notes)


def test_an_established_sender_is_not_asked_again(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    other = Roster()
    other.add("orgs", "valley", name="Valley School", type="school")
    for number in range(10):
        user(other, f"v{number}", org="valley")
    load(under("VALLEY", other), tmp_path)
    for key in ("ana", "ben", "tess", "abe", "loose"):
        user(other, key, org="valley")
    load(under("VALLEY", other), tmp_path)
    assert counts() == (19, 6)


def test_a_code_that_nobody_sent_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    with pytest.raises(errors.InvalidError) as refusal:
        load(under("NEW"), tmp_path, SenderChoice(continues="HULL"))
    assert refusal.value.message == "No files have come here under the source code HULL. Known: HILL"


def test_a_sender_with_people_of_its_own_goes_on_for_nobody(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(under("NEW"), tmp_path, SenderChoice(is_new=True))
    with pytest.raises(errors.InvalidError, match="NEW has sent files of its own before"):
        load(under("NEW"), tmp_path, SenderChoice(continues="HILL"))


def test_the_commands_say_so_and_end_with_1(tmp_path: Path, base: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--database", database.name(), "import", "oneroster", *more])
        return done.exit_code, f"{done.output}{done.exception}"

    load(hill(), tmp_path)
    path = str(under("NEW").write(tmp_path / "set"))
    code, said = run(path)
    assert code == 1
    assert "--source HILL" in said
    assert run(path, "--source", "HILL", "--new-source")[0] == 2
    assert run(path, "--source", "HILL")[0] == 0
    assert run(path)[0] == 0
    assert counts() == (9, 5)
