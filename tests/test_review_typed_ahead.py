"""Keys that come before what they are meant for stands there, or where no text goes in."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.places import ReviewPlace
from screens.review import saving
from screens.review.form import ReviewForm
from screens.review.screen import ReviewScreen
from store.errors import CorruptError
from store.models import Completion, Step
from store.review import reviews
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.states import State
from tests.helpers.app import muster, notices, press, running, settle
from tests.helpers.mentored import TOM
from tests.helpers.reviewing import Work, held_up, notice, typed, write
from tests.helpers.school import School


@pytest.fixture
def work(school: School, noon: datetime) -> Work:
    return Work(school)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr("tui.app.MusterApp.bell", lambda _: rung.append("bell"))
    return rung


def row(work: Work) -> ReviewPlace:
    return ReviewPlace(work.ana, work.steps[0], view=QueueView())


def step_of(pilot: Pilot[Any]) -> int:
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    assert screen.about is not None
    assert screen.about.step_id == screen.place.step_id
    return screen.place.step_id


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("7,5", Typed("7,5", "")), ("7Not 4.", Typed("7", "Not 4.")), ("See 7", Typed("", "See 7"))],
)
async def test_what_is_typed_while_a_review_is_saved_goes_into_the_next_item(
    work: Work, monkeypatch: pytest.MonkeyPatch, bells: list[str], keys: str, expected: Typed
) -> None:
    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Good")
        with held_up(monkeypatch, reviews, "save") as save:
            await pilot.press("ctrl+r")
            await save.done.wait()
            await pilot.press(*("space" if key == " " else key for key in keys))
        await settle(pilot)
        assert step_of(pilot) == work.steps[1]
        assert typed(pilot) == expected
        assert not bells


async def test_a_review_that_waits_for_an_import_says_so_and_goes_on_by_itself(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = asyncio.Event()
    say = ReviewForm.say

    def said(self: ReviewForm, notice: str) -> None:
        say(self, notice)
        if notice == saving.WAITING:
            told.set()

    monkeypatch.setattr(saving, "WAITING_AFTER", 0.001)
    monkeypatch.setattr(ReviewForm, "say", said)
    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Good")
        with held_up(monkeypatch, reviews, "save"):
            await pilot.press("ctrl+r")
            await told.wait()
        await settle(pilot)
        assert step_of(pilot) == work.steps[1]
        assert notice(pilot) == ""


async def test_what_is_typed_for_an_item_not_read_yet_goes_into_no_other(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Mine")
        pilot.app.screen.next_item.keep_ahead(None)  # type: ignore[attr-defined]
        with held_up(monkeypatch, reviews, "item") as item:
            await pilot.press("ctrl+n")
            await item.done.wait()
            await pilot.press(*"Hello")
        await settle(pilot)
        assert step_of(pilot) == work.steps[1]
        assert typed(pilot) == Typed("", "Hello")
        await press(pilot, "ctrl+b")
        assert typed(pilot) == Typed("", "Mine")


async def test_what_is_typed_for_an_item_that_does_not_come_is_dropped_with_a_bell(
    work: Work, monkeypatch: pytest.MonkeyPatch, bells: list[str]
) -> None:
    app = muster(TOM)
    async with running(app, at=ReviewPlace(work.ana, work.steps[1], view=QueueView())) as pilot:
        await write(pilot, "Good")
        with held_up(monkeypatch, reviews, "save") as save:
            await pilot.press("ctrl+r")
            await save.done.wait()
            await pilot.press(*"quick")
        await settle(pilot)
        assert pilot.app.screen.finished  # type: ignore[attr-defined]
        assert not app._exit
        assert len(bells) == 1


def _take_away(work: Work) -> None:
    """The second step is not in use any more, and Ana never did it."""
    work.school.change(Step, work.steps[1], active=False)
    work.school.change(Completion, work.work[1], user=work.jo)


@pytest.mark.parametrize("ahead", [True, False], ids=["read_ahead", "not_read"])
async def test_an_item_that_went_away_meanwhile_is_passed_over(
    work: Work, monkeypatch: pytest.MonkeyPatch, ahead: bool
) -> None:
    """Forth, and back, where the row ends with it. Nothing is noticed before one goes there."""
    monkeypatch.setattr("tui.app.MusterApp.watch_store", lambda _: None)
    third = work.school.course("Third", (20.0,))[0]
    work.school.enrol(work.ana, work.school.course_of(third))
    work.school.work(work.ana, third, days_ago=0.5)
    async with running(muster(TOM), at=row(work)) as pilot:
        screen: Any = pilot.app.screen
        _take_away(work)
        if not ahead:
            screen.next_item.keep_ahead(None)
        await press(pilot, "1", "7", "ctrl+s")
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)
        assert step_of(pilot) == third
        work.school.change(Step, work.steps[1], active=True)
        work.school.change(Completion, work.work[1], user=work.ana)
        await press(pilot, "f5")
        _take_away(work)
        await press(pilot, "ctrl+b")
        assert "No such step. It may have been withdrawn." in notices(pilot)
        assert screen.finished
        assert pilot.app.screen is screen
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == third


async def test_a_database_that_could_not_be_read_for_a_moment_takes_nothing_away(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise CorruptError("The file is damaged.")

    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Good")
        with monkeypatch.context() as patch:
            patch.setattr(reviews, "item", damaged)
            await press(pilot, "f5")
        assert "Nothing more can be saved here" not in notice(pilot)
        await press(pilot, "escape")
        assert "Saved as a draft" in notices(pilot)[-1]
        assert work.kept() == Typed("", "Good")
