"""Runs of a sync: broken off, refused, one at a time, and from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from store import database
from store.models import AuditLine, Enrolment
from store.models.sites import SitePerson
from store.permissions import OPERATOR
from store.sites import joining, marks, sites, sync, tokens
from store.sites.asking import LONGEST_PAUSE, Asker, pauses
from store.sites.errors import BadTokenError, MaintenanceError, NoAccessError, SiteError
from tests.helpers import linked as read
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.fake_moodle.server import Answer
from tests.helpers.linked import Linked, linked
from tests.helpers.school import School
from tui.cli import cli

ROOT = Path(__file__).parents[1]
LETTER = "Letter to a neighbour"
PEOPLE, SUBMISSIONS = "core_enrol_get_enrolled_users", "mod_assign_get_submissions"
ASSIGNMENTS, GRADES = "mod_assign_get_assignments", "mod_assign_get_grades"
CONTENTS, TOGETHER = "core_course_get_contents", "tool_mobile_call_external_functions"
INFO = "core_webservice_get_site_info"


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    with linked(harbour_school()) as found:
        yield found


@pytest.fixture(autouse=True)
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "tokens.json"
    monkeypatch.setenv(tokens.FILE_VARIABLE, str(file))
    monkeypatch.delenv(tokens.VARIABLE, raising=False)
    return file


def told() -> list[Any]:
    """All that a pull brings: courses with their steps, people, and how their work stands."""
    return [read.outline(), read.people(), read.works()]


def enrolled() -> int:
    with database.reading():
        return int(Enrolment.select().where(Enrolment.active).count())


# ------------------------------------------------------------------------- broken off


class _BrokenOffError(Exception):
    pass


def test_a_run_that_was_broken_off_goes_on_where_it_was(link: Linked) -> None:
    stopped = 0

    def stop_at_work(part: Any) -> None:
        nonlocal stopped
        stopped += part.total > 3
        if stopped == 5:
            raise _BrokenOffError

    with pytest.raises(_BrokenOffError):
        sync.run(link.site, link.client, sync.SyncOptions(), progress=stop_at_work)
    with database.reading():
        done = len(marks.beginning(link.site_id, marks.READ))
    assert 0 < done < len(link.there.assignments)

    link.server.forget()
    link.sync()
    asked = [number for each in link.server.asked(SUBMISSIONS) for number in each.params["assignmentids"]]
    assert len(asked) == len(link.there.assignments) - done
    assert [len(link.server.asked(PEOPLE))] == [0]


def test_a_sync_killed_at_any_moment_loses_and_doubles_nothing(
    school: School, link: Linked, tmp_path: Path
) -> None:
    target = database.name()
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        tokens.VARIABLE: link.server.token,
    }
    moments = ((CONTENTS, "before"), (PEOPLE, "after"), (SUBMISSIONS, "after"), (GRADES, "before"))
    for function, moment in (*moments, (TOGETHER, "after")):
        running: list[subprocess.Popen[bytes]] = []
        started = threading.Event()

        def kill(running: list[subprocess.Popen[bytes]] = running, started: Any = started) -> None:
            started.wait(30)
            running[0].send_signal(signal.SIGKILL)
            running[0].wait()

        link.server.fault(function, **{moment: kill})
        process = subprocess.Popen(
            [sys.executable, "-m", "tui", "sync", "--database", target],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running.append(process)
        started.set()
        assert process.wait(60) == -signal.SIGKILL, function
    link.sync()
    after_kills = told()
    lines = _lines()
    link.sync(full=True)
    assert told() == after_kills
    assert _lines() == lines
    assert read.work("Ruth", LETTER) == ("complete", 17.5, 1, 1)


def _lines() -> int:
    with database.reading():
        return int(AuditLine.select().count())


def test_only_one_sync_of_a_site_runs_at_a_time(link: Linked) -> None:
    with sync.alone(link.site), pytest.raises(sync.AlreadyRunningError, match="under way"):
        link.sync()
    assert "people: " in link.sync().words


# --------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (function, code)
        for function in (INFO, ASSIGNMENTS, SUBMISSIONS, PEOPLE)
        for code in ("sitemaintenance", "upgraderunning", "dbconnectionfailed", "nopermissions")
    ]
    + [(INFO, "invalidtoken"), (INFO, "accessexception"), (INFO, "wsaccessusersuspended")],
)
def test_a_failure_withdraws_nothing_and_is_kept_in_words(synced: Linked, function: str, code: str) -> None:
    before, there = told(), enrolled()
    for user in list(synced.there.course_named("WRITE").enrolments)[:2]:
        synced.there.leave(synced.there.course_named("WRITE"), synced.there.users[user])
    for _ in range(40):
        synced.server.refuse(function, code)
    try:
        said = synced.sync(full=True).words
    except SiteError as error:
        said = error.message
    assert (told(), enrolled()) == (before, there)
    assert sites.list_sites(OPERATOR)[0].last_words
    assert "127.0.0.1" in said


def test_an_empty_answer_with_warnings_is_a_failure_and_withdraws_nothing(synced: Linked) -> None:
    before = told()
    warning = {"item": "course", "itemid": 2, "warningcode": "1", "message": "No access rights"}
    empty = Answer(json.dumps({"courses": [], "warnings": [warning]}).encode())
    synced.server.fault(ASSIGNMENTS, answer=empty)
    with pytest.raises(SiteError):
        synced.sync(full=True)
    assert told() == before


def test_a_bad_token_stops_the_link_and_the_site_says_so(synced: Linked) -> None:
    synced.server.accounts.clear()
    with pytest.raises(BadTokenError):
        synced.sync()
    assert "does not know the token" in sites.list_sites(OPERATOR)[0].stopped


def test_a_service_that_lacks_a_function_is_told_by_name(link: Linked) -> None:
    with pytest.raises(NoAccessError, match="mod_assign_get_submissions"):
        sync.run(link.site, _Lacking(), sync.SyncOptions())
    assert "mod_assign_get_submissions" in sites.list_sites(OPERATOR)[0].stopped


class _Lacking:
    """A client whose token has a service with one function."""

    server_time = None

    def call(self, function: str, params: Any = None) -> Any:
        return {"functions": [{"name": INFO}], "userid": 1}

    def call_together(self, calls: Any) -> list[Any]:
        return []


def test_a_site_in_maintenance_is_asked_again_after_the_time_it_says(link: Linked) -> None:
    waits: list[float] = []
    page = Answer(b"<html></html>", 503, "text/html", {"Retry-After": "77"})
    link.server.fault(INFO, answer=page)

    def wait(seconds: float, why: SiteError) -> bool:
        waits.append(seconds)
        return True

    link.sync(wait=wait)
    assert waits == [77]


def test_asking_is_given_up_after_some_tries_and_the_site_is_not_stopped(link: Linked) -> None:
    link.server.in_maintenance = True
    with pytest.raises(MaintenanceError):
        link.sync()
    found = sites.list_sites(OPERATOR)[0]
    assert (found.stopped, "in maintenance" in found.last_words) == ("", True)


def test_pauses_grow_up_to_five_minutes() -> None:
    waits = pauses()
    found = [next(waits) for _ in range(12)]
    assert 0.75 <= found[0] <= 1.25 and 3 <= found[2] <= 5
    assert max(found) <= LONGEST_PAUSE and found[-1] >= LONGEST_PAUSE * 0.75


def test_what_does_not_pass_is_not_asked_again(link: Linked) -> None:
    link.server.refuse(INFO, "nopermissions")
    with pytest.raises(SiteError):
        Asker(link.client, wait=lambda seconds, why: True).call(INFO)
    assert len(link.server.calls) == 0 and link.client.calls == 1


# ----------------------------------------------------------------------- by command


def muster(*args: str, token: str = "") -> Result:
    env = {tokens.VARIABLE: token or None}
    result = CliRunner().invoke(cli, [*args, "--database", database.name()], env=env)
    database.attach(database.name())
    return result


def test_a_site_is_added_checked_synced_and_removed_by_command(link: Linked, token_file: Path) -> None:
    sites.remove(OPERATOR, link.site_id)
    added = muster("site", "add", "moodle", link.server.url, "--name", "Bay", token=link.server.token)
    assert added.exit_code == 0, added.output
    assert "Muster Test Academy, Moodle 5.1" in added.output and link.server.token not in added.output
    assert link.server.token in token_file.read_text()

    checked = muster("site", "check")
    assert checked.exit_code == 0 and "The token is of Muster Link" in checked.output
    dry = muster("sync", "--dry-run")
    assert "Dry run: nothing was changed." in dry.output and "works: " in dry.output
    assert read.people() == {}
    assert "works: " in muster("sync", "bay").output
    assert "\tBay\tmoodle\t" in muster("site", "list").output
    assert "group:" in muster("site", "groups", "Bay").output
    key = next(line for line in muster("site", "groups", "Bay").output.splitlines() if "\tHeron\t" in line)
    assert "7 people added" in muster("site", "groups", "Bay", "join", key.split("\t")[0]).output

    removed = muster("site", "remove", "Bay", "--yes")
    assert "and the token with it" in removed.output
    assert link.server.token not in token_file.read_text()


def test_a_proposed_person_is_joined_by_command(school: School, link: Linked) -> None:
    ruth = next(user for user in link.there.users.values() if user.firstname == "Ruth")
    school.person("Rue Somebody", email=ruth.email)
    tokens.keep(link.server.url, link.server.token)
    muster("sync")
    listed = muster("site", "people", "Harbour").output
    assert "Rue Somebody has this email" in listed

    assert "joined" in muster("site", "people", "Harbour", "join", str(ruth.id), ruth.email).output
    muster("sync")
    assert read.work("Rue", LETTER) is not None
    assert muster("site", "people", "Harbour").output == ""


def test_who_is_ignored_brings_nothing(school: School, link: Linked) -> None:
    ruth = next(user for user in link.there.users.values() if user.firstname == "Ruth")
    school.person("Rue Somebody", email=ruth.email)
    link.sync()
    joining.ignore(OPERATOR, link.site_id, str(ruth.id))
    link.sync(full=True)
    assert read.work("Rue", LETTER) is None
    with database.reading():
        assert SitePerson.select().where(SitePerson.state == "ignored").count() == 1


def test_watching_syncs_until_it_is_told_to_end(school: School, link: Linked, tmp_path: Path) -> None:
    synced = threading.Event()
    link.server.fault(GRADES, after=synced.set)
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    watching = subprocess.Popen(
        [sys.executable, "-m", "tui", "sync", "--watch", "3600", "--database", database.name()],
        env={**environment, tokens.VARIABLE: link.server.token},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with watching:
        assert synced.wait(60)
        assert watching.stdout is not None
        assert b"works: " in watching.stdout.readline()
        watching.terminate()
        assert watching.wait(60) == 0


def test_a_stopped_site_is_left_alone_until_it_is_named_or_checked(link: Linked) -> None:
    tokens.keep(link.server.url, link.server.token)
    sites.stop(link.site_id, "It does not know the token.")
    link.server.forget()
    refused = muster("sync")
    assert refused.exit_code != 0 and "It does not know the token." in refused.output
    assert link.server.calls == []
    assert muster("sync", "Harbour").exit_code == 0
    assert sites.list_sites(OPERATOR)[0].stopped == ""


def test_a_token_that_is_not_here_is_told_with_where_it_is_looked_for(link: Linked) -> None:
    refused = muster("sync")
    assert refused.exit_code != 0 and "is not on this host" in refused.output


@pytest.mark.sqlite("a backup is a copy of the file")
def test_the_token_stands_in_no_table_backup_or_audit_line(link: Linked, tmp_path: Path) -> None:
    tokens.keep(link.server.url, link.server.token)
    muster("site", "check")
    muster("sync")
    database.backup(tmp_path / "backup.db")
    for file in (tmp_path / "backup.db", *tmp_path.glob("*.db*")):
        assert link.server.token.encode() not in file.read_bytes()
