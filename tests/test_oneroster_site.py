"""A linked OneRoster service: its roster comes in by the reader of the files, and results go out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import clock, database, people
from store.errors import InvalidError
from store.importing import oneroster
from store.models import AuditLine, Completion, Review, Step, User
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import errors, sites, sync, tokens
from store.sites.asking import Asker
from store.sites.errors import SiteError
from store.sites.oneroster import settings as oneroster_settings
from store.sites.oneroster.client import OneRosterClient
from store.sites.oneroster.pull import RosterRefusedError
from store.sites.opening import client_of
from store.sites.sync import SyncOptions, SyncResult
from store.undo import my_actions, undo
from store.views import Actor
from store.views.states import Decision, State
from tests.conftest import NOON
from tests.helpers.answering import Reply
from tests.helpers.fake_oneroster import CLIENT, SECRET, FakeOneRoster, fake_oneroster
from tests.helpers.roster_files import dump, grade, hill, places
from tui.cli import cli

Serve = Callable[..., AbstractContextManager[FakeOneRoster]]
WRITABLE = ("roster-core.readonly", "roster.readonly", "gradebook.readonly", "gradebook.createput")


@pytest.fixture(autouse=True)
def files(base: Path, noon: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tokens.FILE_VARIABLE, str(tmp_path / "tokens.json"))
    monkeypatch.setenv(tokens.VARIABLE, SECRET)


def muster(*args: str) -> Result:
    target = database.name()
    done = CliRunner().invoke(cli, [*args, "--database", target])
    database.attach(target)
    return done


def link(fake: FakeOneRoster, *options: str) -> int:
    """Link the service by the command; its number."""
    done = muster("site", "add", "oneroster", fake.url, "--name", "Hill", "--client-id", CLIENT, *options)
    assert done.exit_code == 0, done.output
    return sites.linked(OPERATOR, "Hill")[0].id


def synced(*, wait: Callable[[float, SiteError], bool] = lambda *_: True, **options: bool) -> SyncResult:
    site = sites.linked(OPERATOR, "Hill")[0]
    with client_of(site) as client:
        asker = Asker(client, wait=wait)
        return sync.run(site, client, SyncOptions(**options), asker=asker)


def audited(action: str) -> int:
    with database.reading():
        return AuditLine.select().where(AuditLine.action == action).count()


def names() -> dict[str, bool]:
    with database.reading():
        return dict(database.rows(User.select(User.first_name, User.active)))


# ------------------------------------------------------------------------- coming in


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_service_brings_people_groups_courses_and_work(version: str) -> None:
    with fake_oneroster(grade(hill(version)), most=2) as fake:
        link(fake)
        result = synced()
    taken, here = places(), dump()

    assert "users: 9 new" in result.words and audited("import.oneroster") == 1
    assert ("Ana", "Period 1", "member") in taken and ("Pia", "North School", "leader") in taken
    assert ("Tess", "Period 1", "mentor") in taken
    assert len(here["Completion"]) == 5 and len(here["Step"]) == 3


def test_an_admin_of_the_site_leads_their_org_and_is_no_admin_here() -> None:
    with fake_oneroster(hill("1.2")) as fake:
        link(fake)
        result = synced()
    assert ("Dora", "Hill District", "leader") in places()
    with database.reading():
        assert not User.select().where(User.is_admin).exists()
    assert "Admins at the site, who lead their org's group here and are no admins: 1." in result.words


def test_only_what_changed_is_asked_for_again_and_its_absence_withdraws_nothing() -> None:
    with fake_oneroster(hill()) as fake:
        link(fake)
        synced()
        fake.asked.clear()
        assert fake.roster.rows["users"].pop("ben")
        changed = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        fake.stamp("users", "ana", changed, givenName="Anna")
        result = synced()
        assert result.words.startswith("users: 1 changed. ")
        assert all("dateLastModified>" in params["filter"] for _, params in fake.asked)
        assert names()["Anna"] and names()["Ben"]

        fake.stamp("users", "abe", changed, status="tobedeleted")
        assert "users: 1 ended." in synced().words
        assert not names()["Abe"]


def test_a_run_without_news_writes_no_import() -> None:
    with fake_oneroster(hill()) as fake:
        link(fake)
        synced()
        before = audited("import.oneroster")
        assert synced().words == "Nothing new."
    assert audited("import.oneroster") == before


def test_a_full_run_ends_what_the_service_has_no_more() -> None:
    with fake_oneroster(hill()) as fake:
        link(fake)
        synced()
        del fake.roster.rows["users"]["loose"]
        synced(full=True)
    assert not names()["Loose"] and names()["Ana"]


def test_pages_are_read_to_the_end_also_where_nothing_tells_how_many_there_are() -> None:
    with fake_oneroster(hill(), most=2, told=False) as fake:
        link(fake)
        synced()
    assert len(names()) == 9


def test_a_service_that_gives_fewer_rows_than_it_says_withdraws_nothing() -> None:
    with fake_oneroster(hill()) as fake:
        link(fake)
        synced()
        body = json.dumps({"academicSessions": []}).encode()
        fake.fault = Reply(200, body, {"X-Total-Count": "1"})
        result = synced(full=True)
    assert "The site gave fewer academicSessions than it has" in result.words


def test_a_role_that_somebody_has_no_more_ends_by_a_delta() -> None:
    roster = hill("1.2")
    roster.add(
        "roles", "more", userSourcedId="pia", roleType="secondary", role="principal", orgSourcedId="south"
    )
    with fake_oneroster(roster) as fake:
        link(fake)
        synced()
        assert {("Pia", "North School", "leader"), ("Pia", "South School", "leader")} <= places()
        del roster.rows["roles"]["more"]
        fake.stamp("users", "pia", "2036-01-01T00:00:00.000Z")
        synced()
    assert ("Pia", "North School", "leader") in places()
    assert ("Pia", "South School", "leader") not in places()


def test_a_service_without_a_gradebook_brings_people_and_classes() -> None:
    with fake_oneroster(grade(hill()), without=("categories", "lineItems", "results")) as fake:
        link(fake)
        result = synced()
    assert "Without a gradebook: 127.0.0.1 has no categories to read at this address" in result.words
    assert len(names()) == 9


def test_a_service_that_gives_few_rights_is_asked_with_these() -> None:
    with fake_oneroster(hill(), scopes=("roster-core.readonly",)) as fake:
        link(fake)
        synced()
    assert len(names()) == 9


def test_a_broken_row_refuses_the_whole_and_a_lenient_link_leaves_it_out() -> None:
    with fake_oneroster(hill().change("users", "ana", email="no address")) as fake:
        number = link(fake)
        with pytest.raises(RosterRefusedError, match=r"users\.csv.*no address.*with --lenient"):
            synced()
        assert names() == {}
        with database.reading():
            settings = oneroster_settings.read(number)
        with database.writing():
            oneroster_settings.keep(number, settings._replace(lenient=True))
        result = synced()
    assert "Left out because of faults: 1. First: users.csv" in result.words and names()["Ana"]


def test_people_of_earlier_files_are_not_brought_twice(tmp_path: Path) -> None:
    oneroster.load(hill().write(tmp_path / "set"))
    with fake_oneroster(hill()) as fake:
        link(fake)
        with pytest.raises(RosterRefusedError, match="are here already, brought by HILL"):
            synced()
        assert muster("site", "remove", "Hill", "--yes").exit_code == 0
        link(fake, "--source", "HILL")
        assert synced().words.startswith("Nothing new. ")
    assert len(names()) == 9


def test_a_dry_run_changes_nothing() -> None:
    with fake_oneroster(hill()) as fake:
        link(fake)
        assert "users: 9 new" in synced(dry_run=True).words
        assert names() == {}
        assert "users: 9 new" in synced().words


def test_a_token_that_ended_is_renewed_and_a_busy_service_asked_again() -> None:
    waited: list[float] = []

    def wait(seconds: float, why: SiteError) -> bool:
        waited.append(seconds)
        return True

    with fake_oneroster(hill()) as fake:
        link(fake)
        site = sites.linked(OPERATOR, "Hill")[0]
        with client_of(site) as client:
            client.call("orgs", {"limit": 1, "offset": 0})
            fake.tokens[-1] = "another"
            client.call("orgs", {"limit": 1, "offset": 0})
        fake.fault = Reply(429, b"", {"Retry-After": "7"})
        synced(wait=wait)
    assert waited == [7.0]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(503), errors.MaintenanceError),
        (Reply(403), errors.MissingRightError),
        (Reply(404), errors.RefusedError),
        (Reply(302, b"", {"Location": "https://elsewhere.example/"}), errors.WrongAddressError),
        (Reply(200, b"<html>"), errors.UnknownOutcomeError),
        (Reply(200, b'{"orgs": 7}'), errors.UnknownOutcomeError),
        (Reply(400), errors.RefusedError),
    ],
)
def test_each_failure_is_one_sentence_without_the_secret(reply: Reply, kind: type[SiteError]) -> None:
    with fake_oneroster(hill()) as fake:
        settings = oneroster_settings.checked(fake.url, CLIENT)
        with OneRosterClient(fake.url, SECRET, settings) as client:
            fake.fault = reply
            with pytest.raises(kind) as refused:
                client.call("orgs", {"limit": 1, "offset": 0})
            assert SECRET not in repr(client)
    message = refused.value.message
    assert message.startswith("127.0.0.1 ") and message.endswith(".") and SECRET not in message


def test_a_wrong_secret_adds_nothing_and_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tokens.VARIABLE, "wrongsecret")
    with fake_oneroster(hill()) as fake:
        done = muster("site", "add", "oneroster", fake.url, "--client-id", CLIENT)
    assert done.exit_code != 0 and isinstance(done.exception, errors.BadTokenError)
    assert "wrongsecret" not in str(done.exception) and sites.list_sites(OPERATOR) == ()


@pytest.mark.parametrize("url", ["https://sis.example", "http://sis.example/ims/oneroster/v1p1"])
def test_an_address_that_is_none_of_a_service_is_refused(url: str) -> None:
    done = muster("site", "add", "oneroster", url, "--client-id", CLIENT)
    assert done.exit_code != 0 and getattr(done.exception, "field", "") == "url"


def test_tokens_are_had_beside_the_service_unless_another_address_is_named() -> None:
    address = "https://sis.example/aeries/ims/oneroster/v1p1"
    assert oneroster_settings.checked(address, "x").token_url == "https://sis.example/aeries/token"
    other = "https://login.example/oauth2/token?app=1"
    assert oneroster_settings.checked(address, "x", other).token_url == other
    with pytest.raises(InvalidError, match="https only"):
        oneroster_settings.checked(address, "x", "http://login.example/token")


def test_the_check_says_what_can_be_read() -> None:
    with fake_oneroster(hill(), without=("categories", "lineItems", "results")) as fake:
        link(fake)
        done = muster("site", "check", "Hill")
    assert done.exit_code == 0, done.output
    assert "OneRoster 1.1" in done.output and "users: 9 rows" in done.output
    assert "results: NOT READ." in done.output


def test_options_of_a_roster_are_none_of_a_moodle() -> None:
    assert muster("site", "add", "moodle", "https://moodle.example", "--lenient").exit_code == 2


# ------------------------------------------------------------------------- going out


def exam() -> int:
    """Ana's exam, of 50 points, which waits for a review."""
    with database.reading():
        query = Completion.select(Completion.id).join(Step).where(Step.title == "First exam")
        row = database.row(query.where(Completion.state == State.NEEDS_REVIEW))
    assert row is not None
    return int(row[0])


def approve(work: int, points: float, feedback: str = "") -> Actor:
    ada = next((each for each in names() if each == "Ada"), None)
    if ada is None:
        people.add(OPERATOR, "Ada", "Min", "ada@x.example", admin=True)
    with database.reading():
        user = database.row(User.select(User.id).where(User.first_name == "Ada"))
        version = database.row(Completion.select(Completion.version).where(Completion.id == work))
    assert user is not None and version is not None
    actor = Actor(user_id=user[0], name="Ada Min")
    reviews.save(actor, work, version[0], Decision.APPROVE, points=points, feedback=feedback)
    return actor


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_review_is_put_once_and_says_nothing_new_when_it_comes_back(version: str) -> None:
    with fake_oneroster(grade(hill(version)), scopes=WRITABLE) as fake:
        link(fake)
        synced()
        work = exam()
        approve(work, 41.5, "Well done")
        assert "1 result sent." in synced().words

        (key, put), *others = fake.put.items()
        assert (key, others) == ("r3", [])
        assert put["lineItem"]["sourcedId"] == "exam" and put["student"]["sourcedId"] == "ana"
        assert (put["scoreStatus"], put["score"], put["comment"]) == ("fully graded", 41.5, "Well done")
        fake.put.clear()
        told = {"scoreStatus": "fully graded", "score": "41.5", "comment": "Well done"}
        fake.stamp("results", "r3", "2036-01-01T00:00:00.000Z", scoreDate=put["scoreDate"], **told)
        assert synced().words == "Nothing new."
    assert fake.put == {} and audited("site.results") == 1
    with database.reading():
        assert Review.select().where(Review.completion == work).count() == 1


def test_what_was_reviewed_before_the_link_is_not_sent(tmp_path: Path) -> None:
    oneroster.load(grade(hill()).write(tmp_path / "set"))
    approve(exam(), 41.5)
    with database.writing():
        Review.update(created_at=NOON - timedelta(days=1)).where(Review.reviewer.is_null(False)).execute()
    with fake_oneroster(grade(hill()), scopes=WRITABLE) as fake:
        link(fake, "--source", "HILL")
        synced()
    assert fake.put == {}


def test_a_service_that_takes_no_results_is_told_of_once_and_asked_again_later() -> None:
    with fake_oneroster(grade(hill())) as fake:
        link(fake)
        synced()
        approve(exam(), 41.5)
        assert "Results were not sent: 127.0.0.1 does not give this client the rights" in synced().words
        assert synced().words == "Nothing new."
        fake.scopes = WRITABLE
        assert "1 result sent." in synced(full=True).words
    assert set(fake.put) == {"r3"}


def test_a_refused_result_is_told_and_not_sent_again() -> None:
    with fake_oneroster(grade(hill()), scopes=WRITABLE, refuses=("r3",)) as fake:
        link(fake)
        synced()
        approve(exam(), 41.5)
        assert "1 result refused, and not sent again. First: r3: 127.0.0.1 refused results" in synced().words
        fake.refuses = ()
        assert synced().words == "Nothing new."
    assert fake.put == {}


def test_a_result_that_the_site_graded_anew_since_stays_as_it_is_there() -> None:
    with fake_oneroster(grade(hill()), scopes=WRITABLE) as fake:
        link(fake)
        synced()
        approve(exam(), 41.5)
        told = {"scoreStatus": "fully graded", "score": "30", "scoreDate": "2026-11-21"}
        fake.stamp("results", "r3", "2036-01-01T00:00:00.000Z", **told)
        words = synced().words
        assert "1 result was graded anew at the site after the review here: not sent" in words
        assert fake.put == {} and "graded anew" not in synced().words


def test_a_review_that_was_undone_puts_back_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_oneroster(grade(hill()), scopes=WRITABLE) as fake:
        link(fake)
        synced()
        ada = approve(exam(), 41.5)
        synced()
        monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=5))
        undo.undo(ada, my_actions.mine(ada).rows[0].line_id)
        synced()
    assert fake.put["r3"]["scoreStatus"] == "submitted" and "score" not in fake.put["r3"]
