"""The weekly digest by mail: to each person once, whatever fails on the way."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from click.testing import CliRunner, Result

from store import clock, database, digest, engines, errors
from store.models import User
from store.models.own import DigestSent
from store.views import Actor
from store.views.digest import Digest
from store.views.groups import Role
from tests.helpers.cohort import Cohort
from tests.helpers.school import School
from tests.helpers.smtp_server import MailServer, mail_server
from tui.commands.digest import SMTP_URL, _Post, digest_
from tui.smtp import Mailer

pytestmark = pytest.mark.usefixtures("noon")

BOTH = ["maya@x.example", "tom@x.example"]
LATER = "Not everybody got the digest. Run this again: nobody gets it twice."


@pytest.fixture
def cohort(school: School) -> Cohort:
    cohort = Cohort(school)
    cohort.turn_on()
    return cohort


def send(server: MailServer, *args: str) -> Result:
    """What the command says and does."""
    command = ["--send", *args, "--database", database.name()]
    return CliRunner(env={SMTP_URL: server.url}).invoke(digest_, command)


def counts(said: Result) -> str:
    """Its last line on standard output."""
    return said.stdout.splitlines()[-1]


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def before(monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[Any], object]) -> None:
    """Have something happen before a function of the digest does its work: an error there is its own."""
    real = getattr(digest, name)

    def meet(first: Any, **options: Any) -> Any:
        happens(first)
        return real(first, **options)

    monkeypatch.setattr(digest, name, meet)


# ------------------------------------------------------------------------ once a week


def test_each_person_gets_one_message_and_not_twice_in_a_week(cohort: Cohort) -> None:
    def as_from_cron(server: MailServer) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tui", "--database", database.name(), "digest", "--send"]
        environment = {SMTP_URL: server.url, "PATH": "/usr/bin:/bin", "TZ": "UTC"}
        where = Path(__file__).parents[1]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, cwd=where
        )

    with mail_server() as server:
        first = as_from_cron(server)
        told = "2 sent, 0 failed, 0 had this week's already, 0 had nothing to report\n"
        assert (first.returncode, first.stdout, first.stderr) == (0, told, "")
        assert server.recipients() == BOTH
        assert "Ana Brandt" in body(server.messages[0], "plain")
        assert "<table>" in body(server.messages[0], "html")
        again = as_from_cron(server)
        told = "0 sent, 0 failed, 2 had this week's already, 0 had nothing to report\n"
        assert (again.returncode, again.stdout) == (0, told)
        assert len(server.messages) == 2


def test_a_group_that_joins_later_in_the_week_is_told_of_by_itself(cohort: Cohort) -> None:
    cohort.school.place(cohort.tom, cohort.below, Role.MENTOR)
    with mail_server() as server:
        send(server)
        cohort.turn_on(cohort.below)
        send(server)
        mine = [message for message in server.messages if "tom@" in str(message["To"])]
        assert ["Evening" in body(message, "plain") for message in mine] == [False, True]
        assert ["Ana Brandt" in body(message, "plain") for message in mine] == [True, False]


def test_of_two_runs_at_once_each_person_gets_one_message(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have read that it was not sent before either of them notes it, for each person.
    gate = Barrier(2, timeout=30)
    before(monkeypatch, "begin_sending", lambda _: gate.wait())
    people = digest.recipients()

    def run(server: MailServer) -> tuple[int, int, int]:
        post = _Post(Mailer(server.url), "")
        try:
            for actor in people:
                post.write_to(actor)
        finally:
            database.close()
        return post.sent, post.had, post.failed

    with mail_server() as server, ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, [server, server]))
        assert server.recipients() == BOTH
    assert [sum(column) for column in zip(*runs, strict=True)] == [2, 2, 0]
    with database.reading():
        assert DigestSent.select().count() == 2


def test_next_week_it_comes_again(cohort: Cohort, monkeypatch: pytest.MonkeyPatch, noon: datetime) -> None:
    assert digest.begin_sending(digest.of(cohort.actor(cohort.tom)))
    assert digest.of(cohort.actor(cohort.tom), unsent=True).groups == ()
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(days=7))
    assert len(digest.of(cohort.actor(cohort.tom), unsent=True).groups) == 1


# ---------------------------------------------------------------------- what goes wrong


def test_a_refusal_is_told_stops_nobody_else_and_is_tried_again(cohort: Cohort) -> None:
    with mail_server() as server:
        server.refused = {"maya@x.example"}
        first = send(server)
        assert first.exit_code == 1
        assert first.stderr.splitlines() == [
            "Maya Okafor: the mail server refused the address: 550 no such mailbox",
            f"Error: {LATER}",
        ]
        assert server.recipients() == ["tom@x.example"]
        server.refused = set()
        assert send(server).exit_code == 0
        assert server.recipients() == BOTH


def test_a_server_that_dies_at_every_message_is_told_of_for_each_person(cohort: Cohort) -> None:
    with mail_server() as server:
        server.stumbles = {"RCPT": "dies"}
        first = send(server)
        assert (first.exit_code, counts(first)[:16]) == (1, "0 sent, 2 failed")
        assert [line.split(":")[0] for line in first.stderr.splitlines()[:2]] == ["Maya Okafor", "Tom Reyes"]
        server.stumbles = {}
        assert (send(server).exit_code, server.recipients()) == (0, BOTH)


def test_what_a_server_may_have_taken_is_not_sent_a_second_time(cohort: Cohort) -> None:
    with mail_server() as server:
        server.stumbles = {"TAKEN": "dies"}
        first = send(server)
        assert (first.exit_code, counts(first)[:16]) == (1, "0 sent, 2 failed")
        assert "which may have been sent" in first.stderr
        server.stumbles = {}
        again = send(server)
        assert (again.exit_code, server.recipients()) == (0, [])
        assert "2 had this week's already" in again.stdout


def test_who_stops_a_run_keeps_nobody_from_getting_it_later(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with mail_server() as server:
        with monkeypatch.context() as patch:
            patch.setattr(Mailer, "send", stop)
            assert send(server).exit_code != 0
        assert (send(server).exit_code, server.recipients()) == (0, BOTH)


def test_a_database_that_refuses_the_note_stops_nobody_else(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(found: Digest) -> None:
        if found.user_id == cohort.maya:
            raise errors.BusyError("Another program is writing.")

    with mail_server() as server:
        with monkeypatch.context() as patch:
            before(patch, "begin_sending", refuse)
            first = send(server)
        assert (first.exit_code, counts(first)[:16]) == (1, "1 sent, 1 failed")
        assert first.stderr.splitlines()[0] == "Maya Okafor: Another program is writing."
        assert server.recipients() == ["tom@x.example"]
        assert (send(server).exit_code, server.recipients()) == (0, BOTH)


def test_somebody_deactivated_meanwhile_stops_nobody_else(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deactivate(actor: Actor) -> None:
        if actor.user_id == cohort.maya:
            cohort.school.change(User, cohort.maya, active=False)

    before(monkeypatch, "of", deactivate)
    with mail_server() as server:
        said = send(server)
        assert (said.exit_code, server.recipients()) == (1, ["tom@x.example"])
        assert said.stderr.startswith("Maya Okafor: You are no longer active")


def test_a_note_that_cannot_be_taken_back_at_once_is_at_the_end(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([errors.BusyError("Busy.")])

    def refuse(_: Digest) -> None:
        if (error := next(refusals, None)) is not None:
            raise error

    with mail_server() as server:
        server.refused = {"maya@x.example"}
        before(monkeypatch, "unnote_sending", refuse)
        assert send(server).exit_code == 1
        assert server.recipients() == ["tom@x.example"]
        server.refused = set()
        assert (send(server).exit_code, server.recipients()) == (0, BOTH)


def test_a_note_that_can_never_be_taken_back_is_told_of(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Digest) -> None:
        raise errors.DiskFullError("There is no room left on the disk.")

    before(monkeypatch, "unnote_sending", refuse)
    with mail_server() as server:
        server.refused = {"maya@x.example"}
        said = send(server)
        assert (said.exit_code, server.recipients()) == (1, ["tom@x.example"])
        assert "Print it with: muster digest --for maya@x.example" in said.stderr


def test_somebody_without_an_address_stops_nobody_else(cohort: Cohort) -> None:
    cohort.school.change(User, cohort.maya, email=None)
    with mail_server() as server:
        said = send(server)
        assert (said.exit_code, server.recipients()) == (1, ["tom@x.example"])
        assert said.stderr.startswith("Maya Okafor: has no email address")


# ------------------------------------------------------------------------ nothing to send


def test_a_group_that_does_not_take_part_is_mailed_to_nobody_and_that_is_said(cohort: Cohort) -> None:
    with mail_server() as server:
        said = send(server, "--group", "evening")
        assert (said.exit_code, server.messages) == (0, [])
        assert said.stderr.startswith("evening does not take part.")


def test_somebody_with_nothing_to_be_told_is_not_counted_as_having_had_it(cohort: Cohort) -> None:
    empty = cohort.school.group("Empty", cohort.group)
    cohort.turn_on(empty)
    with mail_server() as server:
        said = send(server, "--group", "empty")
        assert counts(said) == "0 sent, 0 failed, 0 had this week's already, 1 had nothing to report"
        send(server)
        said = send(server, "--group", "empty")
        assert counts(said) == "0 sent, 0 failed, 0 had this week's already, 1 had nothing to report"
        said = send(server, "--group", "onboarding")
        assert counts(said) == "0 sent, 0 failed, 2 had this week's already, 0 had nothing to report"


# ------------------------------------------------------------------------- the notes kept


@pytest.mark.sqlite("about a file of an older version")
def test_an_upgrade_keeps_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("0001_first_tables.py", "0002_the_desk.py"):
        (old / name).write_text((engines.MIGRATIONS / name).read_text())
    file = str(tmp_path / "muster.db")
    with monkeypatch.context() as patch:
        patch.setattr(engines, "MIGRATIONS", old)
        database.open_database(file, create=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(AS_IT_WAS)
    database.open_database(file)
    with database.reading():
        columns = (DigestSent.user, DigestSent.group, DigestSent.week, DigestSent.sent_at.coerce(False))
        kept = database.rows(DigestSent.select(*columns).order_by(DigestSent.id))
    database.close()
    assert kept == [(1, 12, "2026-W46", 100), (1, 7, "2026-W47", 200)]


AS_IT_WAS = """
INSERT INTO users (id, first_name, last_name, email, is_admin, active, search, created_at)
VALUES (1, 'Tom', 'Reyes', 'tom@x.example', 0, 1, 'tom reyes', 0);
INSERT INTO groups (id, name, slug, description, active, version, created_at, digest)
VALUES (7, 'Evening', 'evening', '', 1, 1, 0, 1), (12, 'Onboarding', 'onboarding', '', 1, 1, 0, 1);
INSERT INTO digests_sent (user_id, week, sent_at) VALUES (1, '2026-W46 12', 100), (1, '2026-W47 7', 200);
"""
