"""People first met in statements: the roster says what they are called."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest

from store import database, people, setup
from store.importing import activity, oneroster
from store.importing.report import Summary
from store.models import Completion, User
from store.permissions import OPERATOR
from tests.helpers.activity_fixtures import ndjson, say
from tests.helpers.roster_files import Roster, dump, hill, user

pytestmark = pytest.mark.usefixtures("base", "noon")
ANA: dict[str, Any] = {"mbox": "mailto:ana@hill.example"}


def met(tmp_path: Path, actor: dict[str, Any] = ANA) -> int:
    """Meet somebody in a statement; their id."""
    activity.load(ndjson(tmp_path, say("completed", actor=actor)), add_people=True)
    with database.reading():
        row = database.row(User.select(User.id).order_by(User.id.desc()))
    assert row is not None
    return int(row[0])


def load(tmp_path: Path, roster: Roster | None = None, **cells: str) -> Summary:
    """Import the roster, with other cells for Ana."""
    roster = roster or hill()
    roster.change("users", "ana", **cells)
    return oneroster.load(roster.write(tmp_path / "set"))


def called(person: int) -> tuple[str, str, str | None, str]:
    """First and last name, address, and what they are found by."""
    columns = (User.first_name, User.last_name, User.email, User.search)
    with database.reading():
        row = database.row(User.select(*columns).where(User.id == person))
    assert row is not None
    return row


HILL = ("Ana", "Hill", "ana@hill.example", "hill ana ana@hill.example")


@pytest.mark.parametrize("name", ["", "A. Brandt", "Hill, Ana Maria"])
def test_they_are_called_as_in_the_roster_once_it_comes(tmp_path: Path, name: str) -> None:
    person = met(tmp_path, ANA | {"name": name} if name else ANA)
    summary = load(tmp_path)
    assert called(person) == HILL
    assert "Of those, known from statements and called as in the roster now: 1" in summary.notes
    before = dump()
    load(tmp_path)
    assert dump() == before


def test_a_later_rename_is_followed_whole(tmp_path: Path) -> None:
    person = met(tmp_path)
    load(tmp_path)
    load(tmp_path, familyName="Hill-Stone")
    assert called(person)[:2] == ("Ana", "Hill-Stone")


@pytest.mark.parametrize("mixed", [("ana", ""), ("ana", "Hill-Stone")])
def test_what_an_older_version_left_as_a_guess_is_made_good(tmp_path: Path, mixed: tuple[str, str]) -> None:
    person = met(tmp_path)
    load(tmp_path)
    with database.writing():
        User.update(first_name=mixed[0], last_name=mixed[1]).where(User.id == person).execute()
    load(tmp_path)
    assert called(person) == HILL


@pytest.mark.parametrize("when", ["before the roster", "after the roster"])
def test_whoever_was_renamed_by_hand_keeps_that_name(tmp_path: Path, when: str) -> None:
    person = met(tmp_path)
    if when == "after the roster":
        load(tmp_path)
    people.edit(OPERATOR, person, first_name="Anna", last_name="Berg")
    load(tmp_path)
    assert called(person)[:2] == ("Anna", "Berg")


def test_another_edit_by_hand_is_no_rename(tmp_path: Path) -> None:
    person = met(tmp_path)
    people.edit(OPERATOR, person, admin=True)
    load(tmp_path)
    assert called(person) == HILL


def test_whoever_was_made_by_hand_keeps_their_name(tmp_path: Path) -> None:
    person = people.add(OPERATOR, "Anna", "Berg", "ana@hill.example")
    activity.load(ndjson(tmp_path, say("completed", actor=ANA)), add_people=True)
    load(tmp_path)
    assert called(person)[:2] == ("Anna", "Berg")


def test_whoever_became_the_first_admin_keeps_the_name_they_typed(tmp_path: Path) -> None:
    person = met(tmp_path)
    assert setup.create("Hill", "Anna", "Berg", "ana@hill.example").user_id == person
    load(tmp_path)
    assert called(person)[:2] == ("Anna", "Berg")


def test_they_leave_as_others_who_were_here_before(tmp_path: Path) -> None:
    person = met(tmp_path)
    load(tmp_path)
    oneroster.load(
        hill().drop("users", "ana", "mum").drop("enrollments", "ana-bio1", "ana-bio2").write(tmp_path / "set")
    )
    assert called(person) == HILL


def test_two_senders_with_two_spellings_do_not_take_turns(tmp_path: Path) -> None:
    person = met(tmp_path)
    load(tmp_path)
    other = Roster()
    other.sender = {"source.systemCode": "OTHER"}
    other.add("orgs", "valley", name="Valley School", type="school")
    user(other, "a7", org="valley", email="ana@hill.example", givenName="Änne")
    for roster in (other, hill(), other):
        oneroster.load(roster.write(tmp_path / "set"))
        assert called(person) == HILL


def test_an_account_that_is_an_address_is_met_in_the_same_way(tmp_path: Path) -> None:
    account = {"homePage": "https://lms.example", "name": "Ana@Hill.Example"}
    person = met(tmp_path, {"account": account})
    load(tmp_path)
    assert called(person) == HILL


def test_whoever_is_known_by_the_fingerprint_of_an_address_is_met_too(tmp_path: Path) -> None:
    digest = sha1(b"mailto:ana@hill.example").hexdigest()
    person = met(tmp_path, {"mbox_sha1sum": digest, "name": "A"})
    summary = load(tmp_path)
    assert called(person) == HILL
    assert "People who were here already, known by their email: 1" in summary.notes
    activity.load(ndjson(tmp_path, say("completed", actor=ANA, about={"id": "https://x.example/2"})))
    with database.reading():
        assert Completion.select().where(Completion.user == person).count() == 2
        assert User.select().count() == 9
