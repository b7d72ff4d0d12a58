"""The two reports: where they go, how far they are, and that nothing is ever overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.community.screen import CommunityScreen
from screens.community.take_report import ReportWritten, TakeReport
from screens.places import CommunityPlace
from store import errors, reports
from store.files import free_name
from store.models import User
from tests.helpers.app import SMALL, muster, notices, press, running, screen_text, settle, type_text
from tests.helpers.school import School

ROOT = "root@x.example"
GROUPS = "muster-groups-2026-11-20.csv"
MEMBERSHIPS = "muster-memberships-2026-11-20.csv"


@pytest.fixture
def folder(school: School, noon: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A school with three groups, and the folder that the program is started in."""
    school.person("Root Admin", email=ROOT, admin=True)
    ana = school.person("Ana Brandt")
    for name in ("Sales", "EMEA", "Support"):
        school.place(ana, school.group(name))
    started = tmp_path / "started here"
    started.mkdir()
    monkeypatch.chdir(started)
    return started


def path(pilot: Pilot[Any]) -> str:
    """Where the dialog says that it writes."""
    return pilot.app.screen.query_one("#path", Input).value


async def replace_path(pilot: Pilot[Any], text: str) -> None:
    """Type another path."""
    pilot.app.screen.query_one("#path", Input).value = ""
    await type_text(pilot, text)


def words(pilot: Pilot[Any]) -> str:
    """What is on screen, whatever lines and frames it is broken into."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


async def ask_for_groups(pilot: Pilot[Any]) -> None:
    """The dialog of the groups report."""
    await press(pilot, "f9", "enter")


async def test_a_report_is_written_where_it_said_and_the_whole_path_is_shown(folder: Path) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        assert path(pilot) == str(folder / GROUPS)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReportWritten)
        assert "3 rows" in words(pilot)
        assert GROUPS in words(pilot).replace(" ", "")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
    written = (folder / GROUPS).read_bytes().decode()
    # People open it in Excel, which would read another encoding.
    assert written.startswith("\ufeffGroup ID,Group name,Slug,Description,Group created date,Parent group,")
    assert written.count("\r\n") == 4


async def test_memberships_are_the_other_report_and_both_are_reached_by_mouse(folder: Path) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "1")
        lines = screen_text(pilot).splitlines()
        y = next(y for y, shown in enumerate(lines) if "… More" in shown)
        await pilot.click(offset=(lines[y].index("…"), y))
        await settle(pilot)
        at = screen_text(pilot)[: screen_text(pilot).index("Memberships report")].count("\n")
        await pilot.click(offset=(screen_text(pilot).splitlines()[at].index("Memberships"), at))
        await settle(pilot)
        assert path(pilot) == str(folder / MEMBERSHIPS)
        await pilot.click("#write")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReportWritten)
        await pilot.click("#close")
        await settle(pilot)
        assert isinstance(pilot.app.screen, CommunityScreen)
    assert (folder / MEMBERSHIPS).read_text().count("Ana") == 3


async def test_a_name_that_is_taken_is_refused_in_place_with_another_one(folder: Path) -> None:
    (folder / "mine.csv").write_text("precious")
    (folder / "mine-2.csv").write_text("as well")
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        await replace_path(pilot, "mine.csv")
        await press(pilot, "enter")
        assert "exists already" in words(pilot)
        assert path(pilot) == str(folder / "mine-3.csv")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReportWritten)
    assert (folder / "mine.csv").read_text() == "precious"
    assert (folder / "mine-2.csv").read_text() == "as well"
    assert (folder / "mine-3.csv").exists()


async def test_a_second_report_of_the_day_has_a_name_of_its_own(folder: Path) -> None:
    (folder / GROUPS).write_text("of this morning")
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        assert path(pilot) == str(folder / "muster-groups-2026-11-20-2.csv")


async def test_a_file_that_appears_meanwhile_is_not_overwritten(folder: Path) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        (folder / GROUPS).write_text("just now")
        await press(pilot, "enter")
        assert "exists already" in words(pilot)
    assert (folder / GROUPS).read_text() == "just now"


async def test_a_folder_leads_to_a_file_in_it(folder: Path) -> None:
    (folder / "sub").mkdir()
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        await replace_path(pilot, "sub")
        await press(pilot, "enter")
        assert "is a folder" in words(pilot)
        assert path(pilot) == str(folder / "sub" / GROUPS)
        await press(pilot, "enter")
    assert (folder / "sub" / GROUPS).exists()


async def test_a_short_path_is_shown_whole_before_it_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "home"))
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        assert "This is" not in words(pilot)
        await replace_path(pilot, "~/x.csv")
        assert "This is" in words(pilot)
        assert str(folder / "home" / "x.csv").replace(" ", "") in words(pilot).replace(" ", "")
        await press(pilot, "enter")
        assert "does not exist. Make it first." in words(pilot)
        await replace_path(pilot, "  ")
        await press(pilot, "enter")
        assert "Type where to write the report." in words(pilot)


@pytest.mark.parametrize("typed", ["n" * 300 + ".csv", "nobody/x.csv", "/proc/x.csv"])
async def test_a_place_where_nothing_can_be_written_is_refused_where_it_is_typed(
    folder: Path, typed: str
) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        pilot.app.screen.query_one("#path", Input).value = typed
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#field-path").has_class("-faulty")
        assert path(pilot) == typed
        assert isinstance(pilot.app.screen, TakeReport)
    assert list(folder.iterdir()) == []


async def test_where_nothing_can_be_written_the_home_folder_is_offered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        assert path(pilot) == str(folder.parent / GROUPS)


class Slow:
    """Stands for a long report: writes half of it, then waits until it is cancelled or let go."""

    def __init__(self) -> None:
        self.half = Event()
        self.go_on = Event()
        self.calls = 0

    def write_file(
        self,
        actor: object,
        report: object,
        path: Path,
        *,
        excel: bool,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> int:
        self.calls += 1
        progress(500, 1_000)
        self.half.set()
        while not self.go_on.wait(0.005):
            if cancelled():
                raise errors.CancelledError("The report was cancelled. No file was written.")
        return 1_000


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Reports take their time."""
    found = Slow()
    monkeypatch.setattr(reports, "write_file", found.write_file)
    return found


async def begin(pilot: Pilot[Any], slow: Slow) -> None:
    """Start a report, and come back when half of it is written."""
    await ask_for_groups(pilot)
    await pilot.press("enter")
    while not slow.half.is_set():
        await pilot.pause()
    await pilot.pause()


async def test_progress_is_shown_and_esc_stops_it(folder: Path, slow: Slow) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await begin(pilot, slow)
        assert "500 of 1,000 rows" in words(pilot)
        assert "━" in words(pilot)
        await press(pilot, "escape")
        assert "The report was cancelled. No file was written." in words(pilot)
        assert path(pilot) == str(folder / GROUPS)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
    assert list(folder.iterdir()) == []


async def test_a_cancelled_report_can_be_taken_after_all(folder: Path, slow: Slow) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await begin(pilot, slow)
        await press(pilot, "escape")
        slow.go_on.set()
        await press(pilot, "enter")
        assert "1,000 rows" in words(pilot)


async def test_a_report_is_not_begun_twice(folder: Path, slow: Slow) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await begin(pilot, slow)
        await pilot.press("ctrl+s", "ctrl+s")
        slow.go_on.set()
        await settle(pilot)
    assert slow.calls == 1


async def test_leaving_the_program_stops_the_report(folder: Path, slow: Slow) -> None:
    app = muster(ROOT)
    async with running(app, at=CommunityPlace()) as pilot:
        await begin(pilot, slow)
        dialog = pilot.app.screen
        assert isinstance(dialog, TakeReport)
        await pilot.press("ctrl+q")
    assert dialog._stop.is_set()


async def test_a_full_disk_is_told_and_the_path_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise errors.DiskFullError("There is no room left.")

    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        monkeypatch.setattr(reports, "write_file", full)
        await press(pilot, "enter")
        assert "There is no room left." in notices(pilot)
        assert path(pilot) == str(folder / GROUPS)


async def test_after_a_fault_of_the_program_one_can_try_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError

    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        with monkeypatch.context() as patch:
            patch.setattr(reports, "write_file", broken)
            await press(pilot, "enter")
        assert any("fault of its own" in notice for notice in notices(pilot))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReportWritten)


async def test_who_is_no_admin_any_more_takes_no_report(folder: Path, school: School) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await ask_for_groups(pilot)
        school.change(User, 1, is_admin=False)
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, ReportWritten)
    assert list(folder.iterdir()) == []


def test_a_free_name_has_the_next_number(tmp_path: Path) -> None:
    assert free_name(tmp_path / "a.csv") == tmp_path / "a.csv"
    (tmp_path / "a.csv").touch()
    (tmp_path / "a-2.csv").symlink_to(tmp_path / "nowhere")
    assert free_name(tmp_path / "a.csv") == tmp_path / "a-3.csv"


async def test_a_folder_whose_name_could_drive_the_terminal_is_not_shown_raw(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "evil\x1b]52;c;aGk=\x07\u202e"
    folder.mkdir()
    monkeypatch.chdir(folder)
    School().person("Root Admin", email="root@x.example", admin=True)
    app = muster("root@x.example")
    async with running(app, home=False) as pilot:
        dialog = TakeReport("groups")
        await app.push_screen(dialog)
        await settle(pilot)
        shown = dialog.query_one("#path", Input).value
        assert shown.isprintable()
        await press(pilot, "enter")
        assert [path.name for path in folder.iterdir()] == [shown]
