"""Going through what waits: one item after the other in the same panel, to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from screens.home.screen import HomeScreen
from screens.places import MemberPlace, ProgressCardPlace, ReviewPlace
from screens.progress_card import ProgressCardScreen
from screens.review.form import ReviewForm
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from screens.widgets.text_pane import Reading
from store.models import Attempt, Completion
from store.review import claims, reviews
from store.views.queue import QueueView
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, open_place, press, running, screen_text, settle, type_text
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.reviewing import held_up
from tests.helpers.school import School


class Row(Mentored):
    """Six pieces of Ana's work wait, the first for longest."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.jo = school.person("Jo Ito", admin=True)
        self.steps = school.course("Writing", (20.0, 10.0, None, 15.0, 5.0, 8.0, 3.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.work = [school.work(self.ana, step, days_ago=9 - at) for at, step in enumerate(self.steps[:6])]

    @property
    def first(self) -> ReviewPlace:
        """The first of all that waits, as Home opens it."""
        return ReviewPlace(self.ana, self.steps[0], view=QueueView())

    def states(self) -> list[str]:
        found = [self.school.value(Completion, work, "state") for work in self.work]
        return [row[0] for row in found if row]


@pytest.fixture
def row(school: School, noon: datetime) -> Row:
    return Row(school)


def here(pilot: Pilot[Any]) -> ReviewScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    return screen


def step_of(pilot: Pilot[Any]) -> int:
    """The step that is shown, by all that says so."""
    screen = here(pilot)
    assert screen.state is not None
    assert screen.about == screen.state.item
    assert screen.place.step_id == screen.state.item.step_id
    return screen.place.step_id


async def begin(pilot: Pilot[Any]) -> None:
    """From the list of all that waits to its first item."""
    pilot.app.screen.query_one("#waiting", RowList).focus()
    await press(pilot, "r")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_six_items_are_finished_by_keyboard_alone(row: Row, size: tuple[int, int]) -> None:
    async with running(muster(TOM), size) as pilot:
        await begin(pilot)
        panel = here(pilot)
        assert "1 of 6" in screen_text(pilot)
        await type_text(pilot, "17")
        await press(pilot, "ctrl+s")
        assert "1 done · 1 of 5" in screen_text(pilot)
        await type_text(pilot, "8")
        await type_text(pilot, "Well put")
        await press(pilot, "ctrl+s")
        assert step_of(pilot) == row.steps[2]
        await press(pilot, "ctrl+s")
        await press(pilot, "ctrl+r")
        await type_text(pilot, "Shorter, please")
        await press(pilot, "ctrl+r")
        for points in ("5", "8"):
            assert pilot.app.focused is panel.query_one("#points")
            assert tuple(panel.form.typed) == ("", "", "")
            await type_text(pilot, points)
            await press(pilot, "ctrl+s")
        assert row.states() == ["complete"] * 3 + ["returned"] + ["complete"] * 2
        # In one and the same panel all the while.
        assert pilot.app.screen is panel
        shown = screen_text(pilot)
        assert "Nothing is left here." in shown
        assert "This session: 5 approved, 1 returned." in shown
        assert "esc goes back." in shown
        assert "waiting" not in shown.split("\n")[0]
        assert "Approve" not in shown
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert "Nothing is waiting for you." in screen_text(pilot)


async def test_a_decision_pressed_before_the_next_item_is_drawn_is_not_about_that(
    school: School, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Mentored(school)
    steps = school.course("Reading", (None, None, None))
    school.enrol(row.ana, school.course_of(steps[0]))
    work = [school.work(row.ana, step, days_ago=9 - at) for at, step in enumerate(steps)]

    def waiting() -> list[int]:
        return [id_ for id_ in work if school.value(Completion, id_, "state") == ("needs_review",)]

    async with running(muster(TOM)) as pilot:
        await begin(pilot)
        with held_up(monkeypatch, reviews, "save") as save:
            await pilot.press("ctrl+s")
            await save.done.wait()
            await pilot.press("ctrl+s", "ctrl+s", "ctrl+r")
        await settle(pilot)
        assert waiting() == work[1:]
        # Who types something for the next item means that one.
        with held_up(monkeypatch, reviews, "save") as save:
            await pilot.press("ctrl+s")
            await save.done.wait()
            await pilot.press(*"Good", "ctrl+s")
        await settle(pilot)
        assert waiting() == []


async def test_skipping_goes_on_and_back_and_leaves_the_work_as_it_is(row: Row) -> None:
    async with running(muster(TOM)) as pilot:
        await begin(pilot)
        await press(pilot, "ctrl+n", "ctrl+n")
        assert step_of(pilot) == row.steps[2]
        assert "3 of 6" in screen_text(pilot)
        await press(pilot, "ctrl+b")
        assert step_of(pilot) == row.steps[1]
        await press(pilot, "ctrl+b", "ctrl+b")
        assert step_of(pilot) == row.steps[0]
        assert row.states() == ["needs_review"] * 6
        await press(pilot, "ctrl+n", "escape")
        assert pilot.app.screen.query_one("#waiting", RowList).cursor_key == (row.ana, row.steps[1])


@pytest.mark.parametrize(("on", "back"), [("ctrl+n", "ctrl+b"), ("ctrl+pagedown", "ctrl+pageup")])
async def test_skipping_works_while_typing_and_keeps_what_was_typed(row: Row, on: str, back: str) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        here(pilot).query_one(TextBox).focus()
        await type_text(pilot, "np")
        await press(pilot, on)
        assert step_of(pilot) == row.steps[1]
        assert tuple(here(pilot).form.typed) == ("", "", "")
        here(pilot).query_one(TextBox).focus()
        await press(pilot, back)
        assert step_of(pilot) == row.steps[0]
        assert tuple(here(pilot).form.typed) == ("", "np", "")


async def test_the_keys_of_the_panel_hide_neither_the_palette_nor_the_editors_own(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        here(pilot).query_one(TextBox).focus()
        await type_text(pilot, "one two")
        await press(pilot, "ctrl+a", "X", "ctrl+e", "Y", "ctrl+w")
        assert here(pilot).form.typed.feedback == "Xone "
        await press(pilot, "ctrl+left", "ctrl+k", "z", "ctrl+u")
        assert here(pilot).form.typed.feedback == ""
        panel = pilot.app.screen
        await press(pilot, "ctrl+p")
        assert pilot.app.screen is not panel


async def test_at_the_end_what_was_passed_over_is_told_and_reached(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        await press(pilot, *["ctrl+n"] * 5)
        assert "6 of 6" in screen_text(pilot)
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == row.steps[5]
        claims.hold(row.school.actor(row.jo), row.work[5])
        await press(pilot, "f5")
        assert "Jo Ito opened this just now" in screen_text(pilot)
        await type_text(pilot, "8")
        await press(pilot, "ctrl+s")
        shown = screen_text(pilot)
        assert "You have been through the list." in shown
        # Nothing of the work that stood there before.
        assert "Jo Ito" not in shown
        assert shown.splitlines()[0].split("  ")[0].strip() == "Home › Review"
        assert "5 items still wait: ^n opens the first, ^b the last." in shown
        await press(pilot, "ctrl+b")
        assert step_of(pilot) == row.steps[4]
        assert "5 of 5" in screen_text(pilot)


async def test_what_is_taken_back_at_the_end_is_gone_to_by_the_keys_that_are_named(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        for _ in row.steps[:6]:
            await type_text(pilot, "5")
            await press(pilot, "ctrl+s")
        assert "Nothing is left here." in screen_text(pilot)
        # Nothing to go to, so the keys say so by not being offered.
        await press(pilot, "ctrl+b", "ctrl+n")
        assert "Nothing is left here." in screen_text(pilot)
        await press(pilot, "u")
        assert "1 item still waits: ^n opens it." in screen_text(pilot)
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == row.steps[5]
        assert here(pilot).form.typed.points == "5"
        assert "1 of 1" in screen_text(pilot)


async def test_work_that_came_in_at_the_end_is_told_and_reached(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        for work in row.work[1:]:
            reviews.save(row.school.actor(row.jo), work, 1, Decision.RETURN, feedback="Again")
        await press(pilot, "f5")
        await type_text(pilot, "8")
        await press(pilot, "ctrl+s")
        assert "Nothing is left here." in screen_text(pilot)
        row.school.work(row.ana, row.steps[6], days_ago=0.1)
        await press(pilot, "f5")
        assert "1 item still waits: ^n opens it." in screen_text(pilot)
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == row.steps[6]
        assert "1 of 1" in screen_text(pilot)


async def test_work_that_does_not_wait_is_left_once_it_is_saved(row: Row) -> None:
    reviews.save(row.school.actor(row.jo), row.work[0], 1, Decision.APPROVE, points=12)
    async with running(muster(TOM)) as pilot:
        course = row.school.course_of(row.steps[0])
        await pilot.app.go_to(ProgressCardPlace(row.ana, course))  # type: ignore[attr-defined]
        await pilot.app.go_to(ReviewPlace(row.ana, row.steps[0]))  # type: ignore[attr-defined]
        await settle(pilot)
        assert "Approve and next" not in screen_text(pilot)
        await type_text(pilot, "15")
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == row.steps[0]
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, ProgressCardScreen)


async def test_from_a_person_only_their_work_is_gone_through(row: Row) -> None:
    ben = row.school.person("Ben Ade")
    row.school.place(ben, row.group)
    row.school.work(ben, row.steps[0], days_ago=8.5)
    async with running(muster(TOM), at=MemberPlace(row.ana, "review")) as pilot:
        await press(pilot, "enter")
        assert "1 of 6" in screen_text(pilot)
        await press(pilot, "ctrl+n")
        assert step_of(pilot) == row.steps[1]
        await press(pilot, "escape")
        await pilot.app.go_to(ReviewPlace(row.ana, row.steps[0], QueueView()))  # type: ignore[attr-defined]
        await settle(pilot)
        await press(pilot, "ctrl+n")
        assert here(pilot).place.user_id == ben


async def test_the_next_item_is_there_before_it_is_read_again(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        with monkeypatch.context() as patch:
            # Nothing is read from here on.
            patch.setattr(here(pilot), "read", lambda *_, **__: None)
            await pilot.press("ctrl+n")
            await pilot.pause()
            assert step_of(pilot) == row.steps[1]
            assert "2 of 6" in screen_text(pilot)


async def test_an_item_that_changed_since_it_was_read_ahead_is_shown_as_it_is(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        row.school.change(Completion, row.work[1], version=2)
        with_new = reviews.item(row.school.actor(row.jo), row.ana, row.steps[1]).attempts[0].id
        row.school.change(Attempt, with_new, text="a new text")
        await press(pilot, "ctrl+n")
        assert "a new text" in here(pilot).query_one(Reading).text()
        assert "while you looked" not in screen_text(pilot)
        await type_text(pilot, "7")
        await press(pilot, "ctrl+s")
        assert row.states()[1] == State.COMPLETE


async def test_an_item_that_somebody_else_finished_since_is_said_to_be(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        reviews.save(row.school.actor(row.jo), row.work[1], 1, Decision.APPROVE, points=9)
        await press(pilot, "ctrl+n")
        assert "Approved 9/10 by Jo Ito" in screen_text(pilot)
        assert "Review again" in screen_text(pilot)
        await press(pilot, "ctrl+n")
        assert step_of(pilot) != row.steps[1]


async def test_points_typed_for_one_item_are_never_judged_by_the_next(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        await type_text(pilot, "18")
        await press(pilot, "ctrl+n")
        assert "from 0 to 10" not in screen_text(pilot)
        await press(pilot, "ctrl+b")
        assert here(pilot).query_one("#points", Input).value == "18"


async def test_a_reply_goes_in_at_the_cursor_and_fills_empty_points(row: Row) -> None:
    async with running(muster(TOM), at=row.first) as pilot:
        form = here(pilot).query_one(ReviewForm)
        here(pilot).query_one(TextBox).focus()
        await type_text(pilot, "ac")
        await press(pilot, "left")
        form.insert_reply("b[red]", 12.5)
        await settle(pilot)
        assert tuple(form.typed) == ("12.5", "ab[red]c", "")
        form.insert_reply("!", 3)
        await settle(pilot)
        assert tuple(form.typed) == ("12.5", "ab[red]!c", "")
        await press(pilot, "ctrl+s", "ctrl+n")
        assert step_of(pilot) == row.steps[2]
        form.insert_reply("No points here", 5)
        await settle(pilot)
        assert tuple(form.typed) == ("", "No points here", "")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_what_changed_since_the_attempt_before_is_a_key_away(row: Row, size: tuple[int, int]) -> None:
    again = row.school.work(row.ana, row.steps[6], days_ago=20, attempts=2)
    for number, text in ((1, "Dear Sir,\nwe cannot help you."), (2, "Dear Mr Lind,\nwe can help you.")):
        attempt = next(
            a
            for a in reviews.item(row.school.actor(row.jo), row.ana, row.steps[6]).attempts
            if a.number == number
        )
        row.school.change(Attempt, attempt.id, text=text)
    row.school.review(again, row.tom, Decision.RETURN, "Say who you write to")
    async with running(muster(TOM), size) as pilot:
        await begin(pilot)
        assert "Attempt 2 of 2" in screen_text(pilot)
        await press(pilot, "ctrl+t")
        text = here(pilot).query_one(Reading).text()
        assert "Attempt 1 → 2: what changed" in text
        for line in ("− Dear Sir,", "+ Dear Mr Lind,", "− we cannot help you.", "+ we can help you."):
            assert line in text
        assert "Say who you write to" in text
        await press(pilot, "ctrl+t")
        assert "what changed" not in here(pilot).query_one(Reading).text()
        await press(pilot, "f7")
        assert "Dear Sir" in here(pilot).query_one(Reading).text()
        await press(pilot, "ctrl+t")
        assert "what changed" not in here(pilot).query_one(Reading).text()
        await press(pilot, "shift+f7", "d", "n")
        assert "what changed" not in here(pilot).query_one(Reading).text()


async def test_another_list_is_counted_anew(row: Row) -> None:
    async with running(muster(TOM), WIDE) as pilot:
        await begin(pilot)
        await type_text(pilot, "17")
        await press(pilot, "ctrl+s")
        assert "1 done · 1 of 5" in screen_text(pilot)
        await press(pilot, "escape")
        await begin(pilot)
        assert "1 done · 1 of 5" in screen_text(pilot), "the same list goes on"
        await press(pilot, "escape")
        await open_place(pilot, ReviewPlace(row.ana, row.steps[3], view=QueueView("course:Writing")))
        assert "done ·" not in screen_text(pilot)
        await type_text(pilot, "5")
        await press(pilot, "ctrl+s")
        assert "1 done ·" in screen_text(pilot)
