"""A newer Muster upgrades the database while an older one runs: nothing is lost, and nothing more is done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from screens.widgets.standing_line import StandingLine
from store import database
from store.review import drafts
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views.drafts import Typed
from tests.helpers.app import SMALL, WIDE, muster, notices, press, running, screen_text, settle
from tests.helpers.keys import ed25519
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, until, write
from tests.helpers.school import School, dump
from tui import system_log, unsaved_drafts
from tui.app import MusterApp
from tui.session import Session
from tui.ssh import watchdog
from tui.ssh.app import RemoteApp

NEWER = "INSERT INTO schema_migration (name, applied) VALUES ('9999_of_tomorrow', '2026-01-01')"
AS_IT_WAS = "DELETE FROM schema_migration WHERE name = '9999_of_tomorrow'"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what the program keeps for itself."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "muster" / "unsaved"


@pytest.fixture
def work(school: School, noon: object, state: Path) -> Work:
    return Work(school)


def alter(statement: str) -> None:
    """What another program does to the history of the tables."""
    with closing(sqlite3.connect(database.location())) as connection, connection:
        connection.execute(statement)


def standing(app: MusterApp) -> str:
    lines = app.screen.query(StandingLine)
    return lines.first().render_line(0).text.strip() if lines else ""


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_it_is_noticed_without_a_key_and_what_was_typed_is_there_for_the_new_one(
    work: Work, size: tuple[int, int]
) -> None:
    app = muster(TOM)
    async with running(app, size, at=work.place()) as pilot:
        await write(pilot, "Before ")
        await app.draft_writer.drain()
        alter(NEWER)
        await write(pilot, "and after")
        before = dump()
        # The watch sees it at its next look.
        await until(pilot, lambda: standing(app))
        assert standing(app) == "Muster was upgraded. Your drafts are kept: quit and start it again."
        assert "Before and after" in screen_text(pilot)
        await write(pilot, ", and later")
        await press(pilot, "ctrl+s")
        assert "Before and after, and later" in screen_text(pilot)
        await press(pilot, "escape")
        await settle(pilot)
        assert len([each for each in notices(pilot) if "upgraded by a newer Muster" in each]) == 1
        await press(pilot, "q")
        await until(pilot, lambda: not app.is_running)
    assert not app.fault and not app.leaving.not_kept
    assert dump() == before
    alter(AS_IT_WAS)
    actor = work.school.actor(work.tom)
    assert unsaved_drafts.take_in(actor).found
    assert work.kept() == Typed("", "Before and after, and later")


async def test_over_ssh_it_says_so_without_the_server_s_paths_also_where_nothing_can_be_kept(
    work: Work, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(system_log, "tell", told.append)
    monkeypatch.setattr(watchdog, "CHECK_SECONDS", 1_000)
    state.parent.mkdir(parents=True)
    state.write_text("no folder")
    key = ssh_keys.add(work.school.actor(work.tom), ed25519())
    app = RemoteApp(Session.of(sessions.begin(key.id, "192.0.2.7")))
    async with running(app, SMALL, at=work.place()) as pilot:
        alter(NEWER)
        await write(pilot, "Lost")
        await until(pilot, lambda: standing(app))
        assert standing(app) == (
            "Muster was upgraded. Copy what you typed last, then quit and start it again."
        )
        assert "Lost" in screen_text(pilot)
        assert str(database.location().parent) not in " ".join(notices(pilot))
        assert not await app.leaving.keep_all()
    assert app.leaving.not_kept
    assert told[-1].endswith("what was typed last could not be kept")
    alter(AS_IT_WAS)
    assert drafts.of(work.school.actor(work.tom)).rows == ()
