"""Keys that come before what they are meant for stands there, or where no text goes in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from screens.places import ReviewPlace
from screens.review import draft as review_draft
from screens.review.screen import ReviewScreen
from screens.widgets.text_pane import Reading
from store.errors import CorruptError
from store.models import Completion, Step
from store.review import reviews
from store.views.drafts import Typed
from store.views.queue import QueueView
from store.views.states import State
from tests.app import muster, notices, press, running, settle
from tests.mentored import TOM
from tests.reviewing import Work, held_up, notice, typed, write
from tests.school import School


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


@pytest.mark.parametrize(("keys", "points"), [("7,5", "7,5"), ("7, not 4.", ""), ("See 7", "")])
async def test_only_points_wait_for_the_next_item_and_a_text_gives_none(
    work: Work, monkeypatch: pytest.MonkeyPatch, bells: list[str], keys: str, points: str
) -> None:
    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Good")
        with held_up(monkeypatch, reviews, "save") as save:
            await pilot.press("ctrl+r")
            await save.done.wait()
            await pilot.press(*("space" if key == " " else key for key in keys))
        await settle(pilot)
        assert step_of(pilot) == work.steps[1]
        assert typed(pilot) == Typed(points, "")
        assert bool(bells) == (not points)
        # What was typed for one item says nothing of those after it.
        await press(pilot, "9")
        assert typed(pilot).points == points + "9"


async def test_what_is_typed_for_an_item_not_read_yet_goes_into_no_other(
    work: Work, monkeypatch: pytest.MonkeyPatch, bells: list[str]
) -> None:
    async with running(muster(TOM), at=row(work)) as pilot:
        await write(pilot, "Mine")
        pilot.app.screen._ahead = None  # type: ignore[attr-defined]
        with held_up(monkeypatch, reviews, "item") as item:
            await pilot.press("ctrl+n")
            await item.done.wait()
            await pilot.press(*"Hello")
            assert len(bells) == len("Hello")
        await settle(pilot)
        assert step_of(pilot) == work.steps[1]
        assert typed(pilot) == Typed()
        await press(pilot, "ctrl+o")
        assert typed(pilot) == Typed("", "Mine")


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
        screen._ahead = screen._ahead if ahead else None
        await press(pilot, "1", "7", "ctrl+s")
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)
        assert step_of(pilot) == third
        work.school.change(Step, work.steps[1], active=True)
        work.school.change(Completion, work.work[1], user=work.ana)
        await press(pilot, "f5")
        _take_away(work)
        await press(pilot, "p")
        assert "No such step. It may have been withdrawn." in notices(pilot)
        assert screen.finished
        assert pilot.app.screen is screen
        await press(pilot, "n")
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
        assert "kept as a draft" in notices(pilot)[-1]
        assert work.kept() == Typed("", "Good")


async def test_a_text_typed_while_reading_neither_takes_back_nor_skips_nor_quits(
    work: Work, monkeypatch: pytest.MonkeyPatch, bells: list[str]
) -> None:
    monkeypatch.setattr(review_draft, "TEXT_WITHIN", 1_000)
    monkeypatch.setattr(review_draft, "TEXT_LASTS", 1_000)
    app = muster(TOM)
    async with running(app, at=row(work)) as pilot:
        await press(pilot, "1", "7", "ctrl+s")
        assert pilot.app.focused is pilot.app.screen.query_one(Reading)
        await press(pilot, *"Thank", "space", *"you, quite 5")
        assert step_of(pilot) == work.steps[1]
        assert typed(pilot) == Typed()
        assert work.school.value(Completion, work.work[0], "state") == (State.COMPLETE,)
        assert not app._exit
        assert bells
        # After a pause a letter is what it says.
        monkeypatch.setattr(review_draft, "TEXT_WITHIN", 0)
        monkeypatch.setattr(review_draft, "TEXT_LASTS", 0)
        await press(pilot, "u")
        assert work.school.value(Completion, work.work[0], "state") == (State.NEEDS_REVIEW,)


async def test_letters_do_nothing_on_a_button(work: Work, bells: list[str]) -> None:
    app = muster(TOM)
    async with running(app, at=row(work)) as pilot:
        pilot.app.screen.query_one("#approve", Button).focus()
        await press(pilot, *"nqu")
        assert step_of(pilot) == work.steps[0]
        assert not app._exit
        assert len(bells) == 3
        await press(pilot, "shift+tab", "1", "7")
