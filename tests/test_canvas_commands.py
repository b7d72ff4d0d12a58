"""Linking a Canvas from the command line, and fetching what was handed in there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store import database
from store.models.sites import Attachment
from store.permissions import OPERATOR
from store.sites import fetching, sites, tokens
from store.sites.errors import BadTokenError
from tests.helpers.fake_canvas import FakeCanvas, fake_canvas, harbour_school
from tests.helpers.school import School
from tui.cli import cli


@pytest.fixture
def server(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCanvas]:
    monkeypatch.setenv(tokens.FILE_VARIABLE, str(tmp_path / "tokens.json"))
    monkeypatch.delenv(tokens.VARIABLE, raising=False)
    with fake_canvas(harbour_school()) as found:
        yield found


def muster(*args: str, token: str = "") -> Result:
    env = {tokens.VARIABLE: token or None}
    result = CliRunner().invoke(cli, [*args, "--database", database.name()], env=env)
    database.attach(database.name())
    return result


def test_a_canvas_is_added_checked_synced_and_its_groups_joined(server: FakeCanvas) -> None:
    added = muster("site", "add", "canvas", server.url, "--name", "Bay", token=server.token)
    assert added.exit_code == 0, added.output
    assert "The token is of Muster Link" in added.output
    assert "They teach or help in 2 courses" in added.output
    assert server.token not in added.output
    assert muster("site", "check").output.endswith("Every right that Muster looks for is there.\n")
    assert "Dry run: nothing was changed." in muster("sync", "--dry-run").output
    assert "works: 11 new" in muster("sync", "bay").output
    assert "\tBay\tcanvas\t" in muster("site", "list").output
    offered = muster("site", "groups", "Bay").output
    section = next(line for line in offered.splitlines() if "\tEvening\t" in line).split("\t")[0]
    assert "4 people added" in muster("site", "groups", "Bay", "join", section).output


def test_check_names_what_the_person_may_not_do_and_fails_without_what_is_needed(server: FakeCanvas) -> None:
    server.link.lacks = {"read_sis", "manage_grades"}
    muster("site", "add", "canvas", server.url, token=server.token)
    checked = muster("site", "check")
    assert checked.exit_code == 0
    assert "right missing in every course: SIS Data - read (SIS ids" in checked.output
    assert "right missing in every course: Grades - edit (sending points" in checked.output

    server.link.lacks = {"view_all_grades"}
    checked = muster("site", "check")
    assert checked.exit_code == 1
    assert "Grades - view all grades" in checked.output

    for each in list(server.school.enrolments.values()):
        if each.user == server.link.user.id:
            del server.school.enrolments[each.id]
    checked = muster("site", "check")
    assert checked.exit_code == 1
    assert "Enrol them there as a teacher or TA" in checked.output


def test_a_token_that_is_not_good_adds_nothing_and_stops_the_link(server: FakeCanvas) -> None:
    refused = muster("site", "add", "canvas", server.url, token="not-the-token")
    assert isinstance(refused.exception, BadTokenError)
    assert "not-the-token" not in refused.exception.message
    assert sites.list_sites(OPERATOR) == ()

    muster("site", "add", "canvas", server.url, token=server.token)
    server.accounts.clear()
    assert muster("sync").exit_code == 1
    assert sites.list_sites(OPERATOR)[0].stopped.endswith("make a new one there and give it to Muster.")


def test_a_file_is_fetched_from_where_the_site_keeps_it_without_the_token(server: FakeCanvas) -> None:
    muster("site", "add", "canvas", server.url, token=server.token)
    muster("sync")
    with database.reading():
        row = database.row(Attachment.select(Attachment.id))
    assert row is not None
    out = io.BytesIO()
    fetching.fetch(OPERATOR, row[0], out)
    assert out.getvalue() == b"How do you do?\n"
    first, second = server.calls[-2:]
    assert (first.token, second.token) == (server.token, "")
