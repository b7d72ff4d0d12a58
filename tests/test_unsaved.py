"""What was typed and could not be written before the program had to end is there the next time."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens import draft_writer
from store import database
from store.permissions import OPERATOR
from store.review import drafts
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.drafts import Pending, Typed
from tests.helpers.app import muster, notices, open_place, press, running, settle
from tests.helpers.keys import ed25519
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, locked, typed, until, write
from tests.helpers.school import School
from tui import system_log, unsaved_drafts
from tui.session import Session
from tui.ssh import watchdog
from tui.ssh.app import RemoteApp


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what the program keeps for itself."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "muster" / "unsaved"


@pytest.fixture
def work(school: School, noon: object, state: Path) -> Work:
    return Work(school)


@pytest.fixture
def tom(work: Work) -> Iterator[Actor]:
    yield work.school.actor(work.tom)


def files(state: Path) -> list[Path]:
    return sorted(state.iterdir()) if state.exists() else []


@pytest.mark.parametrize("by", ["itself", "force"])
async def test_words_that_the_database_did_not_take_are_there_after_the_next_start(
    work: Work, state: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    app = muster(TOM)
    async with running(app, at=work.place()) as pilot:
        with locked(monkeypatch):
            await write(pilot, "Held up")
            if by == "force":
                app.leaving.last_words()
            else:
                assert await app.leaving.keep_all()
            assert work.kept() is None
            (file,) = files(state)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            app.draft_writer.forget(work.work[0])
    app = muster(TOM)
    async with running(app) as pilot:
        await app.leaving.take_in()
        await open_place(pilot, work.place())
        assert typed(pilot) == Typed("", "Held up")
    assert files(state) == []


async def test_a_form_that_is_open_already_shows_them_as_well(work: Work, tom: Actor, state: Path) -> None:
    app = muster(TOM)
    async with running(app, at=work.place()) as pilot:
        assert unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Late"))])
        await app.leaving.take_in()
        await settle(pilot)
        await until(pilot, lambda: typed(pilot) == Typed("", "Late"))


def test_they_take_the_place_of_what_they_went_on_from_and_nothing_elses(
    work: Work, tom: Actor, state: Path
) -> None:
    drafts.keep(tom, work.work[0], 1, Typed("5", "Elsewhere"))
    pending = Pending(work.work[0], 1, Typed("6", "Good, but short"), Typed("5", "Good, but"))
    assert unsaved_drafts.put_aside(tom, [pending])
    assert unsaved_drafts.put_aside(tom, [pending])
    assert unsaved_drafts.take_in(tom).found
    draft = drafts.recall(tom, work.work[0])
    assert draft is not None
    assert (draft.typed, draft.older) == (Typed("6", "Good, but short"), Typed("5", "Elsewhere"))
    assert not unsaved_drafts.take_in(tom).found


def test_they_belong_to_one_person_and_one_database(
    work: Work, tom: Actor, state: Path, tmp_path: Path
) -> None:
    unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine"))])
    assert not unsaved_drafts.take_in(work.school.actor(work.jo)).found
    place = database.location()
    database.backup(tmp_path / "other.db")
    database.open_database(str(tmp_path / "other.db"))
    assert not unsaved_drafts.take_in(tom).found
    database.open_database(str(place))
    assert unsaved_drafts.take_in(tom).found


def test_what_may_not_be_written_stays_and_what_cannot_be_read_ends_nothing(
    work: Work, tom: Actor, state: Path
) -> None:
    ana = work.school.actor(work.ana)
    unsaved_drafts.put_aside(ana, [Pending(work.work[1], 1, Typed("", "Not hers"))])
    unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine"))])
    (mine,) = (file for file in files(state) if f"-{work.tom}-" in file.name)
    for number, text in enumerate(("", "{", "[1]", '[{"completion": 1}]', "[[[[", "\udcff")):
        mine.with_name(f"{mine.name[: mine.name.rindex('-') + 1]}{number}.json").write_text(
            text, encoding="utf-8", errors="surrogateescape"
        )
    assert unsaved_drafts.take_in(tom).found
    assert work.kept() == Typed("", "Mine")
    assert not unsaved_drafts.take_in(ana).found
    assert len(files(state)) == 7


@pytest.fixture
def nowhere(state: Path) -> Path:
    """A folder in which nothing can be kept."""
    state.parent.mkdir(parents=True)
    state.write_text("no folder")
    return state


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system's log is told."""
    said: list[str] = []
    monkeypatch.setattr(system_log, "tell", said.append)
    return said


def test_where_nothing_can_be_written_it_says_so(work: Work, tom: Actor, nowhere: Path) -> None:
    assert unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine"))]) is None
    assert unsaved_drafts.put_aside(tom, []) == []
    assert unsaved_drafts.take_in(tom) == (False, f"{nowhere}: File exists")


def test_one_that_cannot_be_read_is_told_and_stays(work: Work, tom: Actor, state: Path) -> None:
    unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine"))])
    (mine,) = files(state)
    other = mine.with_name(f"{mine.name[: mine.name.rindex('-') + 1]}0.json")
    other.mkdir()
    assert unsaved_drafts.take_in(tom) == (True, f"{other}: Is a directory")
    assert files(state) == [other]


def test_a_file_that_could_not_be_written_whole_leaves_nothing(
    work: Work, tom: Actor, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    assert unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine"))]) is None
    assert files(state) == []


async def test_at_the_machine_itself_one_is_told_at_the_start_where_nothing_can_be_kept(
    work: Work, nowhere: Path
) -> None:
    app = muster(TOM)
    async with running(app) as pilot:
        await app.leaving.take_in()
        await settle(pilot)
        assert [line for line in notices(pilot) if f"is lost: {nowhere}: File exists." in line]


@pytest.mark.parametrize("by", ["itself", "force"])
async def test_over_ssh_one_is_told_at_login_and_of_what_is_lost_and_so_is_the_operator(
    work: Work, nowhere: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(watchdog, "CHECK_SECONDS", 1_000)
    key = ssh_keys.add(work.school.actor(work.tom), ed25519())
    app = RemoteApp(Session.of(sessions.begin(key.id, "192.0.2.7")))
    async with running(app) as pilot:
        (notice,) = notices(pilot)
        assert "what you typed last is lost" in notice and str(nowhere.parent) not in notice
        assert told == [f"session 1 of user {work.tom}: what is typed may be lost: {nowhere}: File exists"]
        await open_place(pilot, work.place())
        with locked(monkeypatch):
            await write(pilot, "Lost")
            if by == "force":
                app.leaving.last_words()
            else:
                assert not await app.leaving.keep_all()
        assert app.leaving.not_kept == "What you typed last could not be kept."
        assert told[1:] == [f"session 1 of user {work.tom}: what was typed last could not be kept"]


def test_one_that_is_refused_brings_none_of_the_others_back(work: Work, tom: Actor, state: Path) -> None:
    refused = Pending(999, 1, Typed("", "Of nothing"))
    unsaved_drafts.put_aside(tom, [Pending(work.work[0], 1, Typed("", "Mine")), refused])
    assert unsaved_drafts.take_in(tom).found
    drafts.discard(tom, work.work[0], [Typed("", "Mine")])
    assert not unsaved_drafts.take_in(tom).found
    assert work.kept() is None
    assert len(files(state)) == 1


async def test_what_got_into_the_database_after_all_leaves_no_file(work: Work, state: Path) -> None:
    app = muster(TOM)
    async with running(app, at=work.place()) as pilot:
        await write(pilot, "Kept")
        app.leaving.last_words()
        assert work.kept() == Typed("", "Kept")
        assert files(state) == []


async def test_words_of_a_session_that_was_ended_lie_aside(
    work: Work, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_writer, "WRITE_AFTER", 1_000)
    monkeypatch.setattr(watchdog, "CHECK_SECONDS", 1_000)
    key = ssh_keys.add(work.school.actor(work.tom), ed25519())
    app = RemoteApp(Session.of(sessions.begin(key.id, "192.0.2.7")))
    async with running(app, at=work.place()) as pilot:
        # What stands in a field is written when one leaves it.
        await press(pilot, "tab")
        await write(pilot, "Too late")
        ssh_keys.revoke(OPERATOR, key.id)
        app.watchdog.check_once()
        await until(pilot, lambda: not app.is_running)
    assert work.kept() is None
    assert unsaved_drafts.take_in(work.school.actor(work.tom)).found
    assert work.kept() == Typed("", "Too late")
