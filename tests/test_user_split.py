"""People who are two by the roster and one here, as an older version made them: found, and parted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from store import clock, database, due_dates, errors, health, people, setup
from store.audit import reading as audit_reading
from store.importing import activity, day_change, oneroster
from store.importing.ledger import marks
from store.models import Completion, Course, DueDate, Enrolment, ExternalId, Post, Step, User
from store.models.access import SshKey
from store.models.kept_statements import KeptStatement
from store.permissions import OPERATOR
from store.splitting import known_ids
from store.splitting import split as splitting
from store.ssh import keys as ssh_keys
from store.views import Actor
from store.views.due import OwnDates
from tests.helpers.activity_fixtures import START, ndjson, say
from tests.helpers.days import Days, members, takers
from tests.helpers.keys import ed25519
from tests.helpers.roster_files import Roster, dump, enrol, hill, nesting, places, user
from tui.cli import cli

pytestmark = pytest.mark.usefixtures("base", "noon")
BEN = {"mbox": "mailto:ben@hill.example"}
SINCE = START + timedelta(days=7)


def nova(roster: Roster) -> Roster:
    """The roster with Nova in Ben's place, and with his address."""
    roster.drop("users", "ben").drop("enrollments", "ben-bio1")
    user(roster, "nova", email="ben@hill.example")
    enrol(roster, "nova", "bio2")
    return roster


@pytest.fixture
def merged(tmp_path: Path) -> int:
    """Ben, whom Nova became, as version 0.3.0 had it; with work of both, and posts. His id."""
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    oneroster.load(hill().write(tmp_path / "set"))
    ben = by_name("Ben")
    later = 14 * 24 * 60
    essay = {"id": "https://lms.example/essay"}
    activity.load(
        ndjson(
            tmp_path,
            say("completed", actor=BEN),
            say("completed", actor=BEN, about={"id": "https://lms.example/new"}, minute=later),
            say("submitted", actor=BEN, about=essay, result={"response": "Old"}),
            say("submitted", actor=BEN, about=essay, result={"response": "New"}, minute=later),
            say("commented", actor=BEN, about=essay, result={"response": "Hello"}),
            say("commented", actor=BEN, about=essay, result={"response": "Again"}, minute=later),
        )
    )
    ssh_keys.add(OPERATOR, ed25519(1), user_id=ben)
    link("nova", ben, marks("Nova", "Hill", "ben@hill.example", True))
    oneroster.load(nova(hill()).write(tmp_path / "set"))
    assert by_name("Ben") == ben
    return ben


def link(key: str, person: int, mark: str, source: str = "oneroster:HILL") -> None:
    """Let an id of a source mean somebody who was here already."""
    with database.writing():
        for kind, digest in (("user", mark), ("linked user", "named")):
            ExternalId.insert(
                source=source, kind=kind, external_id=key, local_id=person, digest=digest
            ).execute()


def by_name(first: str) -> int:
    with database.reading():
        row = database.row(User.select(User.id).where(User.first_name == first))
    assert row is not None
    return int(row[0])


def person(user_id: int) -> tuple[str, str, str | None, bool, bool]:
    """First and last name, address, whether admin, whether active."""
    with database.reading():
        found = people.snapshot(user_id)
    return (
        found["first_name"],
        found["last_name"],
        found["email"],
        bool(found["is_admin"]),
        bool(found["active"]),
    )


def steps_of(user_id: int) -> int:
    with database.reading():
        return int(Completion.select().where(Completion.user == user_id).count())


def test_db_check_lists_who_has_two_ids_of_one_source(merged: int) -> None:
    link("b7", merged, "read", "oneroster:OTHER")
    link("t7", by_name("Tess"), "read", "oneroster:OTHER")
    found = health.check()
    assert found.faults == []
    assert found.notes == (
        f"person {merged} (Ben Hill) is known by 3 ids: ben of HILL (no longer sent), "
        "nova of HILL (sent under another name), b7 of OTHER (sent). "
        f"If they are two people: muster user split {merged}",
    )


def test_a_sound_database_has_nobody_to_list(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    assert health.check().notes == ()


def test_a_look_changes_nothing(merged: int) -> None:
    before = dump(audit=True)
    found = splitting.read(OPERATOR, merged, "nova", since=SINCE)
    assert dump(audit=True) == before
    assert found.email == "ben@hill.example"
    assert found.groups == ("Biology for All",)
    assert found.courses == ("Biology for All",)
    assert (found.work, found.work_left, found.mixed) == (1, 2, 1)
    assert (found.posts, found.posts_left, found.keys_left) == (1, 1, 1)
    assert found.deactivates
    assert not found.keeps_admin


def test_the_new_person_gets_what_is_theirs_and_the_other_keeps_the_rest(merged: int) -> None:
    done = splitting.split(OPERATOR, merged, "nova", since=SINCE, first_name="Nova", last_name="New")
    new = done.new.user_id
    assert person(new) == ("Nova", "New", "ben@hill.example", False, True)
    assert person(merged) == ("Ben", "Hill", None, False, False)
    assert {place for place in places() if place[0] in ("Ben", "Nova")} == {
        ("Nova", "Biology for All", "member")
    }
    assert (steps_of(new), steps_of(merged)) == (1, 2)
    with database.reading():
        assert database.rows(Post.select(Post.user, Post.body).order_by(Post.id)) == [
            (merged, "Hello"),
            (new, "Again"),
        ]
        biology = Enrolment.select(Enrolment.user).join(Course).where(Course.title == "Biology for All")
        taken = database.rows(biology.where(Enrolment.active, Enrolment.user.in_([new, merged])))
        assert taken == [(new,)]
        assert database.rows(SshKey.select(SshKey.user)) == [(merged,)]
    assert health.check().notes == ()


def test_without_a_date_no_work_goes_along(merged: int) -> None:
    done = splitting.split(OPERATOR, merged, "nova")
    assert (steps_of(done.new.user_id), steps_of(merged)) == (0, 3)
    assert person(done.new.user_id)[:2] == ("nova", "")


def test_it_is_one_line_in_the_audit_log_with_all_that_went(merged: int) -> None:
    with database.reading():
        before = audit_reading.newest(OPERATOR)
    done = splitting.split(OPERATOR, merged, "nova", since=SINCE)
    lines = [line for line in audit_reading.stream(OPERATOR) if line.row.id > before]
    assert [(line.row.action, line.row.target_id) for line in lines] == [("user.split", merged)]
    assert f'"user_id":{done.new.user_id}' in lines[0].after
    assert '"email":"ben@hill.example"' in lines[0].before


def test_the_next_roster_names_the_new_person_and_changes_nothing_else(merged: int, tmp_path: Path) -> None:
    new = splitting.split(OPERATOR, merged, "nova", since=SINCE).new.user_id
    there, tree = places(), nesting()
    oneroster.load(nova(hill()).write(tmp_path / "set"))
    assert person(new) == ("Nova", "Hill", "ben@hill.example", False, True)
    assert person(merged) == ("Ben", "Hill", None, False, False)
    assert nesting() == tree
    assert {(group, role) for _, group, role in places()} == {(group, role) for _, group, role in there}
    before = dump()
    oneroster.load(nova(hill()).write(tmp_path / "set"))
    assert dump() == before


def test_a_delta_that_follows_gives_nothing_back(merged: int, tmp_path: Path) -> None:
    splitting.split(OPERATOR, merged, "nova", since=SINCE)
    there = places()
    change = Roster(mode="delta")
    user(change, "neo")
    oneroster.load(change.write(tmp_path / "delta"))
    assert {place for place in places() if place[0] != "Neo"} == there


def test_an_admin_who_left_is_none_any_more(merged: int) -> None:
    people.edit(OPERATOR, merged, admin=True)
    assert splitting.read(OPERATOR, merged, "nova").loses_admin
    splitting.split(OPERATOR, merged, "nova")
    assert person(merged)[3:] == (False, False)


def test_the_only_admin_stays_one(merged: int) -> None:
    people.edit(OPERATOR, merged, admin=True)
    for other in ("Olga", "Dora"):
        people.deactivate(OPERATOR, by_name(other))
    done = splitting.split(OPERATOR, merged, "nova")
    assert done.keeps_admin
    assert person(merged) == ("Ben", "Hill", None, True, True)
    assert person(done.new.user_id)[3:] == (False, True)


def test_an_admin_by_the_other_id_is_none_any_more(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    people.add(OPERATOR, "Dot", "Desk", "dora@hill.example")
    oneroster.load(hill().write(tmp_path / "set"))
    desk = by_name("Dot")
    assert person(desk) == ("Dot", "Desk", "dora@hill.example", True, True)
    done = splitting.split(OPERATOR, desk, "dora")
    assert (done.loses_admin, done.deactivates) == (True, False)
    assert person(desk) == ("Dot", "Desk", "dora@hill.example", False, True)
    assert person(done.new.user_id)[3:] == (False, True)
    oneroster.load(hill().write(tmp_path / "set"))
    assert person(done.new.user_id) == ("Dora", "Hill", None, True, True)
    assert person(desk)[3:] == (False, True)


def test_an_admin_by_hand_stays_one_when_the_other_id_goes(merged: int) -> None:
    link("nova2", merged, "read", "oneroster:OTHER")
    people.edit(OPERATOR, merged, admin=True)
    assert not splitting.read(OPERATOR, merged, "nova").loses_admin


def test_what_begins_or_ends_later_goes_along(tmp_path: Path, days: Days) -> None:
    days.at("2026-11-20")
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    oneroster.load(hill().write(tmp_path / "set"))
    ben = by_name("Ben")
    link("nova", ben, marks("Nova", "Hill", "ben@hill.example", True))
    roster = nova(hill())
    enrol(roster, "nova", "bio1")
    roster.change("enrollments", "nova-bio1", beginDate="2026-12-01")
    roster.change("enrollments", "nova-bio2", endDate="2026-11-30")
    oneroster.load(roster.write(tmp_path / "set"))
    splitting.split(OPERATOR, ben, "nova", first_name="Nova")
    assert {one for one in members() if one[0] in ("Ben", "Nova")} == {("Nova", "Biology for All", "member")}
    days.at("2026-12-01")
    day_change.catch_up()
    assert {one for one in members() if one[0] in ("Ben", "Nova")} == {("Nova", "Period 1", "member")}
    assert {one for one in takers() if one[0] in ("Ben", "Nova")} == {("Nova", "Biology · Period 1")}
    oneroster.load(roster.write(tmp_path / "set"))
    assert {one for one in members() if one[0] in ("Ben", "Nova")} == {("Nova", "Period 1", "member")}


def test_statements_that_go_along_can_be_taken_back_later(merged: int, tmp_path: Path) -> None:
    new = splitting.split(OPERATOR, merged, "nova", since=SINCE).new.user_id
    with database.reading():
        kept = KeptStatement.select(KeptStatement.user, KeptStatement.key).join(Step)
        [(user, key)] = database.rows(kept.where(Step.title == "new"))
    assert user == new
    voided = {"objectType": "StatementRef", "id": key}
    activity.load(ndjson(tmp_path, say("voided", voided, actor=BEN)))
    assert (steps_of(new), steps_of(merged)) == (0, 2)


def test_due_dates_of_their_own_go_along_with_the_work(merged: int) -> None:
    with database.writing():
        steps = dict(database.rows(Step.select(Step.title, Step.id)))
        own = [OwnDates(merged, step_id, clock.now()) for step_id in steps.values()]
        due_dates.set_own(OPERATOR, own)
    new = splitting.split(OPERATOR, merged, "nova", since=SINCE).new.user_id
    with database.reading():
        whose = dict(database.rows(DueDate.select(DueDate.step, DueDate.user)))
    assert {step_id for step_id, user in whose.items() if user == new} == {steps["new"]}


def test_while_the_sender_has_both_ids_only_the_next_bulk_tells_whose_is_what(tmp_path: Path) -> None:
    setup.create("Hill", "Olga", "Other", "olga@hill.example")
    oneroster.load(hill().write(tmp_path / "set"))
    ben = by_name("Ben")
    link("nova", ben, marks("Nova", "Hill", "ben@hill.example", True))
    both = hill()
    user(both, "nova", email="ben@hill.example")
    enrol(both, "nova", "bio2")
    oneroster.load(both.write(tmp_path / "set"))
    done = splitting.split(OPERATOR, ben, "nova")
    assert (done.email, done.groups, done.deactivates) == ("", (), False)
    assert person(ben) == ("Ben", "Hill", "ben@hill.example", False, True)
    oneroster.load(both.write(tmp_path / "set"))
    assert person(done.new.user_id) == ("Nova", "Hill", None, False, True)
    assert {place for place in places() if place[0] in ("Ben", "Nova")} == {
        ("Ben", "Period 1", "member"),
        ("Nova", "Biology for All", "member"),
    }


def test_somebody_made_here_keeps_what_they_are_when_a_roster_meant_another(tmp_path: Path) -> None:
    setup.create("Hill", "Ben", "Boss", "ben@hill.example")
    oneroster.load(hill().write(tmp_path / "set"))
    boss = by_name("Ben")
    done = splitting.split(OPERATOR, boss, "ben", first_name="Ben", last_name="Hill")
    assert person(boss) == ("Ben", "Boss", "ben@hill.example", True, True)
    assert person(done.new.user_id) == ("Ben", "Hill", None, False, True)
    assert done.groups == ("Period 1",)


def test_an_id_that_is_not_theirs_is_refused_with_those_that_are(merged: int) -> None:
    with pytest.raises(errors.InvalidError) as refused:
        splitting.read(OPERATOR, merged, "ana")
    assert refused.value.message == "No roster or site calls this person ana. Their ids: ben, nova"


def test_an_id_that_two_senders_use_has_to_be_told_apart(merged: int) -> None:
    link("nova", merged, "read", "oneroster:OTHER")
    with pytest.raises(errors.InvalidError, match="Say which with --source: HILL, OTHER"):
        splitting.read(OPERATOR, merged, "nova")
    assert splitting.read(OPERATOR, merged, "nova", source="HILL").new.ids[0].source == "HILL"


def test_only_admins_part_people(merged: int) -> None:
    for actor in (Actor(by_name("Tess"), "Tess Hill"), Actor(by_name("Pia"), "Pia Hill")):
        for act in (splitting.read, splitting.split):
            with pytest.raises(errors.NotFoundError):
                act(actor, merged, "nova")
        with pytest.raises(errors.NotFoundError):
            known_ids.ids_of(actor, merged)


def test_the_command_shows_first_and_acts_with_yes(merged: int, base: Path) -> None:
    def run(*more: str) -> str:
        done = CliRunner().invoke(cli, ["--database", database.name(), *more])
        assert done.exit_code == 0, done.output
        return done.output

    assert f"muster user split {merged}" in run("db", "check")
    assert run("user", "split", str(merged)).splitlines()[1:3] == [
        "  the id ben of HILL, no longer sent",
        "  the id nova of HILL, sent under another name",
    ]
    before = dump()
    shown = run("user", "split", "ben@hill.example", "nova", "--since", "2026-11-09")
    assert "Nothing was changed. Add --yes to" in shown
    assert "Ben Hill would be deactivated: no roster or site names them any more." in shown
    assert dump() == before
    done = run("user", "split", "ben@hill.example", "nova", "--since", "2026-11-09", "--yes")
    assert "Ben Hill is deactivated: no roster or site names them any more." in done
    assert person(merged)[2] is None
    assert steps_of(merged) == 2


def test_a_moment_is_needed_that_one_can_read(merged: int, base: Path) -> None:
    done = CliRunner().invoke(
        cli, ["--database", database.name(), "user", "split", str(merged), "nova", "--since", "x"]
    )
    assert done.exit_code == 2


def test_work_without_any_date_stays(merged: int) -> None:
    with database.writing():
        Completion.update(submitted_at=None, completed_at=None).where(
            Completion.user == merged, Completion.state == "complete"
        ).execute()
    found = splitting.read(OPERATOR, merged, "nova", since=datetime(2000, 1, 1, tzinfo=UTC))
    assert (found.work, found.work_left) == (1, 2)
