"""An address that is used again: whoever gets it is somebody new, and not the one who had it before."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest

from store import clock, database, errors, people, permissions, setup
from store.importing import activity, day_change, groups, oneroster
from store.importing.report import Summary
from store.models import Completion, ExternalId, User
from store.models.access import SshKey
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.views import Actor
from tests.helpers.activity_fixtures import ndjson, say
from tests.helpers.keys import ed25519
from tests.helpers.roster_files import Roster, delta, dump, enrol, grade, hill, places, user, work

pytestmark = pytest.mark.usefixtures("base", "noon")

Person = tuple[str | None, bool]


def everybody() -> dict[str, Person]:
    """Address and whether active, by full name."""
    with database.reading():
        query = User.select(User.first_name, User.last_name, User.email, User.active)
        return {
            f"{first} {last}": (email, bool(active)) for first, last, email, active in database.rows(query)
        }


def number(name: str) -> int:
    """The id of a person by first name."""
    with database.reading():
        row = database.row(User.select(User.id).where(User.first_name == name))
    assert row is not None
    return int(row[0])


def load(roster: Roster, tmp_path: Path, *, lenient: bool = False) -> Summary:
    """Import a roster."""
    return oneroster.load(roster.write(tmp_path / "set"), lenient=lenient)


def newcomer(roster: Roster, email: str = "ben@hill.example", key: str = "nova", **cells: str) -> Roster:
    """Somebody new with an address that was in use."""
    user(roster, key, email=email, **cells)
    return roster


def without_ben(roster: Roster) -> Roster:
    """A roster that Ben has left."""
    return roster.drop("users", "ben").drop("enrollments", "ben-bio1")


def test_a_newcomer_with_the_address_of_a_leaver_is_somebody_new(tmp_path: Path) -> None:
    load(grade(hill()), tmp_path)
    ben = number("Ben")
    roster = newcomer(without_ben(hill()))
    enrol(roster, "nova", "bio1")
    summary = load(roster, tmp_path)
    now = everybody()
    assert now["Ben Hill"] == (None, False)
    assert now["Nova Hill"] == ("ben@hill.example", True)
    assert number("Nova") != ben
    assert {place for place in places() if place[0] in ("Ben", "Nova")} == {("Nova", "Period 1", "member")}
    assert {person for person, _ in work()} == {"Ana", "Ben"}
    assert [note for note in summary.notes if "ben@hill.example" in note] == [
        "ben@hill.example now belongs to Nova Hill (nova); Ben Hill, who had it before, was deactivated"
    ]
    before = dump()
    load(roster, tmp_path)
    assert dump() == before


@pytest.mark.parametrize("mode", ["the row deletes them", "a delta deletes them", "they are inactive"])
def test_a_leaver_gives_the_address_up_however_they_left(tmp_path: Path, mode: str) -> None:
    roster = hill()
    load(roster, tmp_path)
    if mode == "the row deletes them":
        roster.change("users", "ben", status="tobedeleted").drop("enrollments", "ben-bio1")
        load(newcomer(roster), tmp_path)
    elif mode == "a delta deletes them":
        gone = delta().add("users", "ben", **roster.rows["users"]["ben"] | {"status": "tobedeleted"})
        load(newcomer(gone), tmp_path)
    else:
        people.deactivate(OPERATOR, number("Ben"))
        load(newcomer(roster), tmp_path)
    assert everybody()["Ben Hill"] == (None, False)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)


def test_somebody_whose_row_is_disabled_gives_the_address_up(tmp_path: Path) -> None:
    roster = hill()
    load(roster, tmp_path)
    load(newcomer(roster.change("users", "ben", enabledUser="false")), tmp_path)
    assert everybody()["Ben Hill"] == (None, False)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)


def test_an_address_that_comes_back_after_a_term_is_not_the_leavers(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(without_ben(hill()), tmp_path)
    assert everybody()["Ben Hill"] == ("ben@hill.example", False)
    load(newcomer(delta()), tmp_path)
    assert everybody()["Ben Hill"] == (None, False)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)


def test_a_delta_that_does_not_mention_the_holder_leaves_them_the_address(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    summary = load(newcomer(delta()), tmp_path)
    assert everybody()["Ben Hill"] == ("ben@hill.example", True)
    assert everybody()["Nova Hill"] == (None, True)
    assert summary.notes[-1] == ("ben@hill.example stays with Ben Hill; Nova Hill (nova) has no address here")


def test_who_got_no_address_gets_it_once_its_holder_has_left(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(delta()), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)
    assert everybody()["Ben Hill"] == (None, False)


def test_who_got_no_address_gets_it_also_by_a_delta_that_does_not_name_them(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(delta()), tmp_path)
    gone = delta().add("users", "ben", **hill().rows["users"]["ben"] | {"status": "tobedeleted"})
    load(gone, tmp_path)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)
    assert everybody()["Ben Hill"] == (None, False)


def test_case_does_not_tell_addresses_apart(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill()), "BEN@Hill.Example"), tmp_path)
    assert everybody()["Ben Hill"] == (None, False)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)


def test_three_people_may_pass_their_addresses_round(tmp_path: Path) -> None:
    roster = hill()
    load(roster, tmp_path)
    for key, whose in (("ana", "ben"), ("ben", "loose"), ("loose", "ana")):
        roster.change("users", key, email=f"{whose}@hill.example")
    load(roster, tmp_path)
    now = everybody()
    assert now["Ana Hill"][0] == "ben@hill.example"
    assert now["Ben Hill"][0] == "loose@hill.example"
    assert now["Loose Hill"][0] == "ana@hill.example"
    assert all(active for _, active in now.values())


def test_addresses_move_on_along_a_chain_from_a_leaver_to_a_newcomer(tmp_path: Path) -> None:
    roster = hill()
    load(roster, tmp_path)
    roster = without_ben(roster).change("users", "ana", email="ben@hill.example")
    load(newcomer(roster, "ana@hill.example"), tmp_path)
    now = everybody()
    assert now["Ben Hill"] == (None, False)
    assert now["Ana Hill"] == ("ben@hill.example", True)
    assert now["Nova Hill"] == ("ana@hill.example", True)


def test_a_leaver_comes_back_without_the_address_that_somebody_else_has_now(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    ben = number("Ben")
    summary = load(newcomer(hill()), tmp_path)
    assert number("Ben") == ben
    assert everybody()["Ben Hill"] == (None, True)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)
    assert any("Ben Hill (ben) has no address here" in note for note in summary.notes)
    assert ("Ben", "Period 1", "member") in places()
    load(hill(), tmp_path)
    assert everybody()["Ben Hill"] == ("ben@hill.example", True)
    assert everybody()["Nova Hill"] == (None, False)


def test_a_leaver_comes_back_with_an_address_of_their_own(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    load(newcomer(hill().change("users", "ben", email="ben2@hill.example")), tmp_path)
    assert everybody()["Ben Hill"] == ("ben2@hill.example", True)


def test_somebody_who_was_here_before_the_roster_leaves_with_their_address(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    people.add(OPERATOR, "Ben", "Early", "ben@hill.example")
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    assert everybody()["Ben Early"] == (None, False)
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)
    load(newcomer(hill().change("users", "ben", email="ben2@hill.example")), tmp_path)
    assert everybody()["Ben Early"] == ("ben2@hill.example", True)


def test_an_address_given_by_hand_goes_with_the_leaver_too(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    people.edit(OPERATOR, number("Ben"), email="desk@hill.example", first_name="Benny")
    load(newcomer(without_ben(hill()), "desk@hill.example"), tmp_path)
    assert everybody()["Benny Hill"] == (None, False)
    assert everybody()["Nova Hill"] == ("desk@hill.example", True)


def test_an_admin_who_leaves_is_none_any_more_and_that_is_said(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    load(hill(), tmp_path)
    people.edit(OPERATOR, number("Ben"), admin=True)
    summary = load(newcomer(without_ben(hill())), tmp_path)
    with database.reading():
        admins = database.rows(User.select(User.first_name).where(User.is_admin).order_by(User.first_name))
    assert admins == [("Dora",), ("Olga",)]
    assert any("was deactivated and is no longer an admin" in note for note in summary.notes)


def admins() -> list[str]:
    """The first names of all who are marked as admins."""
    with database.reading():
        query = User.select(User.first_name).where(User.is_admin).order_by(User.first_name)
        return [row[0] for row in database.rows(query)]


def test_an_admin_by_the_roster_is_none_any_more_though_their_role_stands(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    load(hill("1.2"), tmp_path)
    change = Roster("1.2", mode="delta")
    gone = hill("1.2").rows["users"]["dora"] | {"status": "tobedeleted"}
    user(change.add("users", "dora", **gone), "nova", email="dora@hill.example")
    load(change, tmp_path)
    load(change, tmp_path)
    assert admins() == ["Olga"]
    # With the role that never ended they are one again once they are back.
    back = Roster("1.2", mode="delta")
    user(back, "dora", role="districtAdministrator", org="hill", email="dora2@hill.example")
    load(back, tmp_path)
    assert everybody()["Dora Hill"] == ("dora2@hill.example", True)
    assert admins() == ["Dora", "Olga"]


def test_a_role_that_begins_later_makes_nobody_an_admin_who_has_left(
    tmp_path: Path, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    roster = hill("1.2")
    user(roster, "eve", role="districtAdministrator", org="hill")
    begins = (clock.today() + timedelta(days=2)).isoformat()
    roster.change("roles", "eve-hill", beginDate=begins)
    load(roster, tmp_path)
    change = Roster("1.2", mode="delta")
    gone = roster.rows["users"]["eve"] | {"status": "tobedeleted"}
    user(change.add("users", "eve", **gone), "nova", email="eve@hill.example")
    load(change, tmp_path)
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(days=3))
    day_change.catch_up()
    assert admins() == ["Dora", "Olga"]


def test_the_last_admin_stays_one_and_is_named(tmp_path: Path) -> None:
    setup.create("Hill", "Ben", "Boss", "ben@hill.example")
    roster = hill().drop("users", "dora")
    load(roster, tmp_path)
    summary = load(newcomer(without_ben(roster)), tmp_path)
    with database.reading():
        admins = database.rows(User.select(User.first_name, User.email, User.active).where(User.is_admin))
    assert admins == [("Ben", None, True)]
    assert everybody()["Nova Hill"] == ("ben@hill.example", True)
    assert any("without an admin: Ben Boss stays one" in note for note in summary.notes)
    assert any(note.endswith("Ben Boss, who had it before, has no address now") for note in summary.notes)


def test_a_leavers_key_and_session_let_nobody_in(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    ben = number("Ben")
    ssh_keys.add(OPERATOR, ed25519(1), user_id=ben)
    load(newcomer(without_ben(hill())), tmp_path)
    with database.reading():
        assert database.rows(SshKey.select(SshKey.user)) == [(ben,)]
        with pytest.raises(errors.SignedOutError):
            permissions.of(Actor(ben, "Ben Hill"))


def test_somebody_whom_another_source_still_names_keeps_the_address(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    other = Roster()
    other.sender = {"source.systemCode": "OTHER"}
    other.add("orgs", "valley", name="Valley School", type="school")
    user(other, "b7", org="valley", email="ben@hill.example", givenName="Ben")
    oneroster.load(other.write(tmp_path / "other"))
    load(newcomer(without_ben(hill())), tmp_path)
    assert everybody()["Ben Hill"] == ("ben@hill.example", True)
    assert everybody()["Nova Hill"] == (None, True)


def test_whoever_was_deactivated_by_hand_is_not_meant_by_another_name(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    left = people.add(OPERATOR, "Lena", "Left", "ana@hill.example")
    asleep = people.add(OPERATOR, "Ben", "Hill", "ben@hill.example")
    for person in (left, asleep):
        people.deactivate(OPERATOR, person)
    summary = load(hill(), tmp_path)
    now = everybody()
    assert now["Lena Left"] == (None, False)
    assert now["Ana Hill"] == ("ana@hill.example", True)
    assert now["Ben Hill"] == ("ben@hill.example", False)
    assert "Of those, deactivated here and left so: 1 (Ben Hill)" in summary.notes


def test_a_file_that_could_not_be_read_to_its_end_takes_no_address_from_anybody(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    roster = newcomer(without_ben(hill()))
    roster.add("users", "", **roster.rows["users"]["ana"])
    load(roster, tmp_path, lenient=True)
    assert everybody()["Ben Hill"] == ("ben@hill.example", True)
    assert everybody()["Nova Hill"] == (None, True)


@pytest.mark.parametrize("scheme", ["mbox", "mbox_sha1sum", "account"])
def test_statements_mean_whoever_has_the_address_now(tmp_path: Path, scheme: str) -> None:
    actor = {
        "mbox": {"mbox": "mailto:ben@hill.example"},
        "mbox_sha1sum": {"mbox_sha1sum": sha1(b"mailto:ben@hill.example").hexdigest()},
        "account": {"account": {"homePage": "https://lms.example", "name": "ben@hill.example"}},
    }[scheme]
    activity.load(ndjson(tmp_path, say("completed", actor=actor)), add_people=True)
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    later = say("completed", actor=actor, about={"id": "https://lms.example/later"})
    activity.load(ndjson(tmp_path, later, name="later.ndjson"))
    with database.reading():
        work = database.rows(Completion.select(User.first_name).join(User).order_by(Completion.id))
    assert work == [("Ben",), ("Nova",)]


def test_a_groups_file_means_whoever_has_the_address_now(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    (tmp_path / "groups.csv").write_text("id,parent_id,name\nchess,,Chess\n")
    (tmp_path / "group_members.csv").write_text("group_id,email,role\nchess,ben@hill.example,member\n")
    groups.load([tmp_path / "groups.csv", tmp_path / "group_members.csv"])
    assert {place for place in places() if place[1] == "Chess"} == {("Nova", "Chess", "member")}


def test_work_of_somebody_deactivated_is_told(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    ben = number("Ben")
    people.deactivate(OPERATOR, ben)
    summary = activity.load(ndjson(tmp_path, say("completed", actor={"mbox": "mailto:ben@hill.example"})))
    assert (
        f"Deactivated here: Ben Hill ({ben}), whose work was brought in all the same (1 statement)"
        in summary.notes
    )


def test_nothing_is_left_in_the_memory_of_an_address_that_was_given(tmp_path: Path) -> None:
    load(hill(), tmp_path)
    load(newcomer(delta()), tmp_path)
    load(newcomer(without_ben(hill())), tmp_path)
    with database.reading():
        assert not ExternalId.select().where(ExternalId.kind == "address not given").exists()
