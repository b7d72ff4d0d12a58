"""Files that were handed in, on the screen: listed with the work, saved, shown, and told how to download."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.host import Away
from screens.places import MemberPlace
from screens.review.file_dialogs import FetchFile, FileCommand, FileText
from screens.review.form import ReviewForm
from screens.review.screen import ReviewScreen
from store import files
from store.models import Attempt
from tests.helpers.answering import Reply
from tests.helpers.app import choose, muster, notices, press, running, screen_text, settle
from tests.helpers.attached import Attached, attached_to
from tests.helpers.mentored import TOM
from tests.helpers.school import School
from tui.app import MusterApp

FILES = "review.files"


@pytest.fixture
def work(school: School, noon: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attached]:
    with attached_to(school, tmp_path, monkeypatch) as work:
        yield work


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was put into the clipboard."""
    kept: list[str] = []
    monkeypatch.setattr(MusterApp, "copy_to_clipboard", lambda _, text: kept.append(text))
    return kept


def offered(pilot: Pilot[Any]) -> bool:
    """Whether the bar offers files."""
    return any(
        active.binding.id == FILES and active.enabled for active in pilot.app.screen.active_bindings.values()
    )


async def test_files_are_listed_under_the_work_and_the_key_is_there_only_then(work: Attached) -> None:
    work.attach("letter (1).pdf", b"x" * 86_016, media_type="application/pdf")
    work.attach("no\x1b[31mtes\n.txt", b"x", media_type="text/plain")
    async with running(muster(TOM), at=work.place()) as pilot:
        shown = screen_text(pilot)
        assert "Attached: letter (1).pdf · 84 kB · application/pdf" in shown
        assert "F9 save or show" in shown
        assert "Attached: notes .txt · 1 B · text/plain" in shown
        assert offered(pilot)
    async with running(muster(TOM), at=work.place(1)) as pilot:
        assert "Attached" not in screen_text(pilot) and not offered(pilot)
        await press(pilot, "f9")
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_work_of_files_alone_is_not_said_to_be_without_anything(work: Attached) -> None:
    work.school.change(Attempt, work.attempt(), text="")
    work.attach("letter.pdf", b"x")
    async with running(muster(TOM), at=work.place()) as pilot:
        assert "Submitted without" not in screen_text(pilot)


async def test_a_file_is_saved_in_the_folder_muster_was_started_in(
    work: Attached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    work.attach("letter.pdf", b"content")
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f9")
        await choose(pilot, "Save it")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert notices(pilot) == [f"Saved as {folder / 'letter.pdf'}"]
        # One goes on writing where one was.
        await press(pilot, "o", "k")
        assert pilot.app.screen.query_one(ReviewForm).typed.feedback == "ok"
    assert (folder / "letter.pdf").read_bytes() == b"content"


async def test_a_text_is_shown_in_place_and_obeyed_by_no_terminal(work: Attached) -> None:
    work.attach("notes.txt", b"[bold]dear\x1b]0;evil\x07 all[/bold]", media_type="text/plain")
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f9", "enter")
        assert isinstance(pilot.app.screen, FileText)
        assert "[bold]dear all[/bold]" in screen_text(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_of_several_one_is_chosen_first(work: Attached, copied: list[str]) -> None:
    work.school.change(Attempt, work.attempt(), link="https://x.example/essay\n;id")
    work.attach("letter.pdf", b"x", media_type="application/pdf")
    work.attach("notes.txt", b"these", media_type="text/plain")
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f9")
        await choose(pilot, "notes.txt · 5 B · text/plain")
        await press(pilot, "enter")
        assert "these" in screen_text(pilot)
        await press(pilot, "escape", "f9")
        await choose(pilot, "Copy the link")
        assert copied == ["https://x.example/essay;id"]
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_of_an_earlier_attempt_its_own_files_are_offered(work: Attached, copied: list[str]) -> None:
    first = work.attempt()
    work.school.change(Attempt, first, number=2)
    earlier = work.school.attempt(work.work[0], 1)
    work.attach("second.pdf", b"2", attempt=first)
    work.attach("first.pdf", b"1", attempt=earlier)
    async with running(muster(TOM), at=work.place()) as pilot:
        assert "second.pdf" in screen_text(pilot) and "first.pdf" not in screen_text(pilot)
        await press(pilot, "f7")
        assert "first.pdf" in screen_text(pilot) and "second.pdf" not in screen_text(pilot)
        await press(pilot, "f9")
        await choose(pilot, "Copy its link")
        assert copied[0].endswith("/pluginfile.php/76/assignsubmission_file/submission_files/35/1")


async def test_on_another_machine_the_line_that_downloads_it_is_told_and_nothing_is_saved(
    work: Attached, tmp_path: Path, copied: list[str]
) -> None:
    number = work.attach("$(id)';rm -rf ~ .pdf", b"x", media_type="application/pdf")
    app = muster(TOM)
    app.away = Away(tmp_path / "reports", "ssh -p 2222 muster@school.example")
    async with running(app, at=work.place()) as pilot:
        await press(pilot, "f9")
        assert "Save it" not in screen_text(pilot)
        await choose(pilot, "Copy the command that downloads it")
        assert isinstance(pilot.app.screen, FileCommand)
        line = f"ssh -p 2222 muster@school.example file {number} > id_rm_-rf.pdf"
        assert copied == [line] and line in screen_text(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
    assert not work.server.requests and not (tmp_path / "reports").exists()


async def test_why_a_file_does_not_come_is_told_over_the_work(work: Attached) -> None:
    work.attach("notes.txt", b"x", media_type="text/plain")
    work.server.answer = lambda request: Reply(503)
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f9", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert "is in maintenance" in notices(pilot)[0]


async def test_a_file_that_lies_nowhere_or_is_too_large_says_so(work: Attached) -> None:
    work.attach("zip.txt", b"x", media_type="text/plain", url="")
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "f9")
        assert "Where it lies is not known here" in screen_text(pilot)
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, FetchFile)


async def test_the_activity_says_what_was_attached(work: Attached) -> None:
    work.attach("letter.pdf", b"x" * 2_048, media_type="application/pdf")
    async with running(muster(TOM), at=MemberPlace(work.ana)) as pilot:
        assert screen_text(pilot).count("Attached: letter.pdf · 2 kB · application/pdf") >= 1


def test_the_folder_to_save_in_is_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert files.default_folder() == tmp_path
