"""Reviewing many at once: what is asked, what is said before and after, and stopping half way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from screens.dialogs.ask import Confirm
from screens.home.screen import HomeScreen
from screens.queue.bulk_review import BulkReview
from screens.widgets.choices import Choices
from screens.widgets.text_box import TextBox
from store.errors import DiskFullError
from store.models import Completion, Review, Step
from store.review import bulk, replies, reviews
from store.views.bulk import BulkResult
from store.views.groups import Role
from store.views.states import Decision
from tests.helpers.app import SMALL, WIDE, muster, notices, press, running, screen_text, settle, type_text
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School

SIZES = pytest.mark.parametrize("size", [SMALL, WIDE])


class Many(Mentored):
    """Tom mentors three people, of each of whom an essay and a reflection without points wait."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.jo = school.person("Jo Ito", admin=True)
        self.steps = school.course("Writing", (20.0, None))
        more = [school.person(name) for name in ("Ben Adé", "Chidi Kalu")]
        for who in more:
            school.place(who, self.group, Role.MEMBER)
        self.learners = [self.ana, *more]
        self.essays = [school.work(who, self.steps[0], days_ago=3) for who in self.learners]
        self.reflections = [school.work(who, self.steps[1], days_ago=1) for who in self.learners]

    def states(self, work: Sequence[int]) -> list[tuple[Any, ...] | None]:
        return [self.school.value(Completion, one, "state", "points") for one in work]


@pytest.fixture
def many(school: School, noon: datetime) -> Many:
    return Many(school)


async def open_bulk(pilot: Pilot[Any], ids: Sequence[int]) -> list[BulkResult | None]:
    """Open the dialog; its answer comes into the list."""
    answers: list[BulkResult | None] = []
    pilot.app.push_screen(BulkReview(ids), answers.append)
    await settle(pilot)
    return answers


def ready(pilot: Pilot[Any]) -> str:
    """What the button says."""
    return str(pilot.app.screen.query_one("#apply", Button).label)


async def say(pilot: Pilot[Any], points: str, feedback: str) -> None:
    """Fill in the form."""
    if points:
        pilot.app.screen.query_one("#points", Input).focus()
        await type_text(pilot, points)
    pilot.app.screen.query_one(TextBox).focus()
    await type_text(pilot, feedback)


async def choose_return(pilot: Pilot[Any]) -> None:
    pilot.app.screen.query_one(Choices).focus()
    await press(pilot, "right")


@SIZES
async def test_all_are_approved_with_the_same_points_and_words_and_taken_back_as_one(
    many: Many, size: tuple[int, int]
) -> None:
    before = many.states(many.essays)
    async with running(muster(TOM), size, home=False) as pilot:
        answers = await open_bulk(pilot, many.essays)
        assert "Review 3 at once" in screen_text(pilot)
        await say(pilot, "15", "Well done, all of you")
        assert "3 ready" in screen_text(pilot)
        assert ready(pilot) == "Approve 3"
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert answers == [BulkResult(3, (), 0, tuple(many.essays))]
        assert many.states(many.essays) == [("complete", 15)] * 3
        assert notices(pilot) == ["3 approved. Press u to undo."]
        assert "3 waiting" in screen_text(pilot)
        await press(pilot, "u")
        assert notices(pilot)[-1] == "Undone: Approved 3 at once."
        assert not pilot.app.draft_writer.done  # type: ignore[attr-defined]
        assert "6 waiting" in screen_text(pilot)
    assert many.states(many.essays) == before


@SIZES
async def test_a_saved_reply_is_filled_in_for_each(many: Many, size: tuple[int, int]) -> None:
    replies.add(many.school.actor(many.tom), "Fine", "Fine, {first_name}: {step}.", 17)
    async with running(muster(TOM), size, home=False) as pilot:
        await open_bulk(pilot, many.essays)
        await press(pilot, "f4")
        assert "Fine, {first_name}: {step}." in screen_text(pilot)
        await press(pilot, "enter")
        await type_text(pilot, " All the best to {first_name} and {{first_name}}.")
        assert ready(pilot) == "Approve 3"
        await press(pilot, "ctrl+s")
    said = [many.school.value(Review, number, "feedback", "points") for number in (1, 2, 3)]
    assert said == [
        (f"Fine, {name}: Writing step 1.1. All the best to {name} and {{first_name}}.", 17)
        for name in ("Ana", "Ben", "Chidi")
    ]


@SIZES
async def test_what_is_left_out_and_why_is_said_before(many: Many, size: tuple[int, int]) -> None:
    reviews.save(many.school.actor(many.jo), many.essays[2], 1, Decision.RETURN, feedback="Again.")
    async with running(muster(TOM), size, home=False) as pilot:
        await open_bulk(pilot, [*many.essays, many.reflections[0], 999])
        shown = screen_text(pilot)
        assert "1 ready · 4 will be skipped:" in shown
        assert "Ana Brandt, Writing" in shown
        assert shown.count("This step has points: give 0 to 20.") == 2
        assert "Already returned." in shown
        assert "No such work. It may have been withdrawn." in shown
        await say(pilot, "9", "")
        shown = screen_text(pilot)
        assert "2 ready · 3 will be skipped:" in shown
        assert "This step has no points." in shown
        assert ready(pilot) == "Approve 2"
        await press(pilot, "ctrl+s")
        # What was left out is told again with what came of it.
        shown = screen_text(pilot)
        assert "2 approved, 3 skipped:" in shown
        assert "This step has no points." in shown
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert notices(pilot) == ["2 approved, 3 skipped. Press u to undo."]


async def test_points_that_cannot_be_are_refused_as_one_types(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.essays)
        await say(pilot, "25", "")
        assert "Points go from 0 to 20." in screen_text(pilot)
        assert pilot.app.screen.query_one("#apply", Button).disabled
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, BulkReview)
        assert many.states(many.essays) == [("needs_review", None)] * 3


async def test_enter_after_the_points_goes_on_and_decides_nothing(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.essays)
        await say(pilot, "5", "")
        pilot.app.screen.query_one("#points", Input).focus()
        await press(pilot, "enter")
        assert pilot.app.screen.query_one(TextBox).has_focus
    assert many.states(many.essays) == [("needs_review", None)] * 3


async def test_without_points_to_give_none_are_asked_for(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.reflections)
        assert not pilot.app.screen.query_one("#field-points").display
        await press(pilot, "ctrl+s")
        assert many.states(many.reflections) == [("complete", None)] * 3


@SIZES
async def test_returning_asks_for_a_reason(many: Many, size: tuple[int, int]) -> None:
    async with running(muster(TOM), size, home=False) as pilot:
        await open_bulk(pilot, [*many.essays, *many.reflections])
        await choose_return(pilot)
        assert not pilot.app.screen.query_one("#field-points").display
        assert ready(pilot) == "Return 6"
        await press(pilot, "ctrl+s")
        assert "Tell the learner what to improve." in screen_text(pilot)
        assert pilot.app.screen.query_one(TextBox).has_focus
        await type_text(pilot, "Shorter, please")
        assert "Tell the learner" not in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert notices(pilot) == ["6 returned. Press u to undo."]
    assert many.states(many.essays) == [("returned", None)] * 3
    assert many.school.value(Review, 1, "feedback") == ("Shorter, please",)


async def test_everything_is_done_by_mouse_as_well(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.reflections)
        await pilot.click("#decision", offset=(16, 0))
        await settle(pilot)
        await pilot.click("#feedback")
        await type_text(pilot, "Again")
        await pilot.click("#apply")
        await settle(pilot)
    assert many.states(many.reflections) == [("returned", None)] * 3


async def test_one_taken_by_somebody_else_meanwhile_fails_alone(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        answers = await open_bulk(pilot, many.reflections)
        reviews.save(many.school.actor(many.jo), many.reflections[1], 1, Decision.RETURN, feedback="Again.")
        await press(pilot, "ctrl+s")
        shown = screen_text(pilot)
        assert "2 approved, 1 skipped:" in shown
        assert "Ben Adé, Writing step" in shown
        assert "This work was sent back by Jo Ito" in shown
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert answers[0] is not None
        assert answers[0].done == 2
    assert [state for state, _ in map(tuple, many.states(many.reflections))] == [  # type: ignore[arg-type]
        "complete",
        "returned",
        "complete",
    ]


class Slow:
    """Stands for a long one: waits before the second item until it is let go."""

    def __init__(self) -> None:
        self.at_second = Event()
        self.go_on = Event()
        self.save: Callable[..., Any] = reviews.save
        self.calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.calls += 1
        if self.calls == 2:
            self.at_second.set()
            self.go_on.wait(10)
        self.save(*args, **kwargs)


async def half_way(pilot: Pilot[Any], slow: Slow) -> None:
    """Begin, and wait until the first is done and the second is not."""
    await pilot.press("ctrl+s")
    while not slow.at_second.is_set():
        await pilot.pause()
    await pilot.pause()


async def test_it_shows_how_far_it_is_and_can_be_stopped(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(reviews, "save", slow)
    async with running(muster(TOM), SMALL, home=False) as pilot:
        answers = await open_bulk(pilot, many.reflections)
        await half_way(pilot, slow)
        assert "1 of 3" in screen_text(pilot)
        assert "Approve" not in screen_text(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "Stopping…" in screen_text(pilot)
        # What was stopped already is stopped once.
        await pilot.press("escape", "ctrl+s")
        slow.go_on.set()
        await settle(pilot)
        assert "2 approved, 1 not reached" in screen_text(pilot)
        await press(pilot, "enter")
        assert answers == [BulkResult(2, (), 1, tuple(many.reflections[:2]))]
        assert notices(pilot)[-1] == "2 approved, 1 not reached. Press u to undo."
        await press(pilot, "u")
    assert many.states(many.reflections) == [("needs_review", None)] * 3


async def test_a_full_disk_leaves_everything_typed_where_it_is(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise DiskFullError("There is no room left.")

    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.reflections)
        await say(pilot, "", "Well done")
        with monkeypatch.context() as patch:
            patch.setattr(reviews, "save", full)
            await press(pilot, "ctrl+s")
        assert notices(pilot) == ["There is no room left."]
        assert pilot.app.screen.query_one(TextBox).text == "Well done"
        await press(pilot, "ctrl+s")
    assert many.states(many.reflections) == [("complete", None)] * 3


async def test_a_fault_of_the_program_leaves_a_dialog_that_can_be_used(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> BulkResult:
        raise RuntimeError("broken")

    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, many.reflections)
        with monkeypatch.context() as patch:
            patch.setattr(bulk, "apply", broken)
            await press(pilot, "ctrl+s")
        assert "fault of its own" in notices(pilot)[-1]
        assert ready(pilot) == "Approve 3"
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_what_was_typed_is_not_lost_by_one_key(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        answers = await open_bulk(pilot, many.reflections)
        await say(pilot, "", "Well done")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one(TextBox).text == "Well done"
        await press(pilot, "escape")
        assert "⏎ Stay" in screen_text(pilot)
        # From button to button by the arrows, and no further than the last.
        await press(pilot, "right", "left", "h")
        assert "⏎ Leave" in screen_text(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert answers == [None]
        await open_bulk(pilot, many.reflections)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert notices(pilot) == []


async def test_where_nothing_is_ready_nothing_can_be_done(many: Many) -> None:
    async with running(muster(TOM), SMALL, home=False) as pilot:
        await open_bulk(pilot, [999, 998])
        assert "0 ready · 2 will be skipped:" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, BulkReview)
        # The other buttons cannot be pressed, or are not there yet.
        pilot.app.screen.query_one("#cancel").focus()
        await press(pilot, "right", "left")
        assert pilot.app.focused is pilot.app.screen.query_one("#cancel")


async def test_names_from_people_are_shown_as_plain_text(many: Many) -> None:
    many.school.change(Step, many.steps[0], title="[b]\x1b[31mEssay")
    async with running(muster(TOM), WIDE, home=False) as pilot:
        await open_bulk(pilot, many.essays)
        assert "Ana Brandt, [b]Essay" in screen_text(pilot)
