"""The review panel: reading the work, and saying what comes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input

from screens.places import MemberPlace, ReviewPlace
from screens.review.form import LastPoints, ReviewForm
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from screens.widgets.text_pane import Reading
from store.errors import BusyError, DiskFullError
from store.models import Attempt, Completion, Membership, Step
from store.permissions import OPERATOR
from store.review import reviews
from store.views.states import Decision, State
from tests.helpers.app import (
    SMALL,
    WIDE,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_text,
)
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School


class Work(Mentored):
    """Tom mentors Ana, who has three pieces of work waiting, of 3, 2 and 1 days ago."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.jo = school.person("Jo Ito", admin=True)
        self.steps = school.course("Writing", (20.0, 10.0, None, 15.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.work = [
            school.work(self.ana, self.steps[0], days_ago=3, attempts=2),
            school.work(self.ana, self.steps[1], days_ago=2),
            school.work(self.ana, self.steps[2], days_ago=1),
        ]

    def place(self, number: int = 0) -> ReviewPlace:
        return ReviewPlace(self.ana, self.steps[number])

    def state(self, number: int = 0) -> tuple[Any, ...]:
        """(state, points) as they are in the database."""
        row = self.school.value(Completion, self.work[number], "state", "points")
        assert row is not None
        return row


@pytest.fixture
def work(school: School, noon: datetime) -> Work:
    return Work(school)


def typed(pilot: Pilot[Any]) -> tuple[str, str]:
    return pilot.app.screen.query_one(ReviewForm).typed[:2]


async def fill(pilot: Pilot[Any], points: str, feedback: str) -> None:
    screen = pilot.app.screen
    screen.query_one("#points", Input).focus()
    await type_text(pilot, points)
    screen.query_one(TextBox).focus()
    await type_text(pilot, feedback)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_it_shows_the_step_the_latest_attempt_its_link_and_what_was_said(
    work: Work, size: tuple[int, int]
) -> None:
    work.school.change(Step, work.steps[0], body="Say no, and keep the customer.")
    latest = max_attempt(work)
    work.school.change(Attempt, latest, text="Dear Mr Lind", link="https://x.example/essay")
    work.school.review(work.work[0], work.jo, Decision.RETURN, "Nice start")
    async with running(muster(TOM), size, at=work.place()) as pilot:
        text = pilot.app.screen.query_one(Reading).text()
        shown = screen_text(pilot)
    assert "Say no, and keep the customer." in text
    assert "Attempt 2 of 2, 17 Nov 12:00" in text
    assert "Dear Mr Lind" in text
    assert "https://x.example/essay" in text
    assert "Earlier: Jo Ito returned this, 20 Nov 12:00" in text
    assert "Nice start" in text
    assert "1 of 3" in shown
    assert "waits 3 d" in shown
    assert "/20" in shown


def max_attempt(work: Work) -> int:
    item = reviews.item(OPERATOR, work.ana, work.steps[0])
    return item.attempts[0].id


async def test_earlier_attempts_are_reached_by_key_and_by_click(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        reading = pilot.app.screen.query_one(Reading)
        assert "try 2" in reading.text()
        assert "F7 ‹ attempt 1" in reading.text()
        await press(pilot, "f7")
        assert "try 1" in reading.text()
        assert "attempt 2 › F7" in reading.text()
        assert "try 2" not in reading.text()
        await press(pilot, "shift+f7")
        assert "try 2" in reading.text()
        line = reading.text().split("\n").index(next(x for x in reading.text().split("\n") if "‹" in x))
        end = 2 + reading._room
        await pilot.click(Reading, offset=(end - 3, line))
        await settle(pilot)
        assert "try 1" in reading.text()


async def test_the_last_points_are_whole_or_left_out(work: Work) -> None:
    async with running(muster(TOM), (100, 30), at=work.place()) as pilot:
        last = pilot.app.screen.query_one(LastPoints)
        last.show(("11.5/20", "18.25/30"))
        last.refresh()
        await settle(pilot)
        assert "last: 11.5/20" in screen_text(pilot)
        assert "18.25" not in screen_text(pilot) and "11.5/20 ·" not in screen_text(pilot)


async def test_a_message_leaves_the_name_of_the_next_learner_in_sight(work: Work) -> None:
    app = muster(TOM)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        await open_place(pilot, work.place(1))
        app.notify("Approved: Writing step 1.1, Ana Brandt. Press Ctrl+_ to undo.")
        await settle(pilot)
        first, second = screen_text(pilot).splitlines()[:2]
        assert "Ana Brandt · Writing" in first
        assert "Approved: Writing step 1.1, Ana Brandt. Press Ctrl+_ to undo." in second


async def test_approving_saves_and_goes_on_and_back_is_the_next_item_under_the_cursor(work: Work) -> None:
    async with running(muster(TOM), at=MemberPlace(work.ana, "review")) as pilot:
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        await fill(pilot, "7,5", "Well put")
        await press(pilot, "ctrl+s")
        assert work.state(1) == (State.COMPLETE, 7.5)
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert pilot.app.screen.place == ReviewPlace(work.ana, work.steps[2])
        assert "2 of 2" in screen_text(pilot)
        await press(pilot, "escape")
        rows = pilot.app.screen.query_one("#review", RowList)
        assert rows.total == 2
        assert rows.cursor_key == (work.ana, work.steps[2])
        shown = screen_text(pilot)
        assert "● 2 waiting" in shown
        assert "[Review] ● 2" in shown
        said = reviews.item(OPERATOR, work.ana, work.steps[1]).reviews[0]
        assert (said.reviewer, said.feedback) == ("Tom Reyes", "Well put")


async def test_from_home_the_next_of_everybodys_items_comes_under_the_cursor(work: Work) -> None:
    ben = work.school.person("Ben Ade")
    work.school.place(ben, work.group)
    work.school.enrol(ben, work.school.course_of(work.steps[0]))
    work.school.work(ben, work.steps[0], days_ago=2.5)
    async with running(muster(TOM)) as pilot:
        pilot.app.screen.query_one("#waiting", RowList).focus()
        await press(pilot, "r")
        assert "1 of 4" in screen_text(pilot)
        await fill(pilot, "", "Shorter")
        await press(pilot, "ctrl+r")
        assert work.state(0) == (State.RETURNED, None)
        assert "1 of 3" in screen_text(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#waiting", RowList).cursor_key == (ben, work.steps[0])


async def test_the_buttons_do_the_same_by_mouse(work: Work) -> None:
    async with running(muster(TOM), at=work.place(2)) as pilot:
        await pilot.click("#approve")
        await settle(pilot)
        assert work.state(2) == (State.COMPLETE, None)
        await open_place(pilot, work.place(1))
        pilot.app.screen.query_one(TextBox).text = "Once more"
        await pilot.click("#return")
        await settle(pilot)
        assert work.state(1) == (State.RETURNED, None)


async def test_a_step_without_points_has_no_field_for_them(work: Work) -> None:
    async with running(muster(TOM), at=work.place(2)) as pilot:
        assert "Points" not in screen_text(pilot)
        await open_place(pilot, work.place(1))
        assert "Points" in screen_text(pilot)


@pytest.mark.parametrize(
    ("points", "reason"),
    [("21", "from 0 to 20"), ("-1", "from 0 to 20"), ("7.3", "whole or half"), ("1.2.3", "not a number")],
)
async def test_points_that_cannot_be_are_refused_in_place(work: Work, points: str, reason: str) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await fill(pilot, points, "Good")
        assert reason in screen_text(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert reason in screen_text(pilot)
        assert typed(pilot) == (points, "Good")
        assert pilot.app.focused is pilot.app.screen.query_one("#points")
        assert work.state() == (State.NEEDS_REVIEW, None)


async def test_approving_without_the_points_that_the_step_has_is_refused_in_place(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await press(pilot, "ctrl+s")
        assert "Give points, 0 to 20" in screen_text(pilot)
        assert work.state() == (State.NEEDS_REVIEW, None)
        await type_text(pilot, "20")
        assert "Give points" not in screen_text(pilot)


async def test_a_step_not_yet_done_says_so_and_offers_nothing(work: Work) -> None:
    async with running(muster(TOM), at=work.place(3)) as pilot:
        shown = screen_text(pilot)
        assert "Ana Brandt has not done this step yet" in shown
        assert "not yet done" in shown
        assert "Approve" not in shown
        assert not any(button.region for button in pilot.app.screen.query(Button))


async def test_nobody_is_offered_a_review_of_their_own_work(work: Work) -> None:
    work.school.enrol(work.jo, work.school.course_of(work.steps[0]))
    work.school.work(work.jo, work.steps[0])
    async with running(muster("jo.ito@x.example"), at=ReviewPlace(work.jo, work.steps[0])) as pilot:
        shown = screen_text(pilot)
        assert "your own work" in shown
        assert "Approve" not in shown


async def test_returning_needs_a_word(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await fill(pilot, "7", " ")
        pilot.app.screen.query_one(Reading).focus()
        await press(pilot, "ctrl+r")
        assert "Tell the learner what to improve" in screen_text(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one(TextBox)
        assert work.state() == (State.NEEDS_REVIEW, None)
        await type_text(pilot, "Shorter")
        assert "Tell the learner what to improve" not in screen_text(pilot)
        await press(pilot, "ctrl+r")
        assert work.state() == (State.RETURNED, None)


async def test_whose_work_of_which_course_it_is_is_said_on_a_small_screen(work: Work) -> None:
    async with running(muster(TOM), SMALL, at=work.place()) as pilot:
        top = screen_text(pilot).split("\n")[0]
        assert "Writing step 1.1   Ana Brandt · Writing" in top
        assert "1 of 3 · waits 3 d" in top


async def test_what_it_came_to_stands_above_the_text_of_reviewed_work(work: Work) -> None:
    reviews.save(work.school.actor(work.jo), work.work[0], 1, Decision.APPROVE, points=16.5)
    async with running(muster(TOM), SMALL, at=work.place()) as pilot:
        assert "Approved 16.5/20 by Jo Ito, 20 Nov" in screen_text(pilot)
        await open_place(pilot, work.place(1))
        assert "Approved" not in pilot.app.screen.query_one(Reading).text()


async def test_the_form_has_the_focus_and_letters_go_on_in_the_feedback(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        assert pilot.app.focused is pilot.app.screen.query_one("#points")
        await type_text(pilot, "16Nice, 2 of 3")
        assert typed(pilot) == ("16", "Nice, 2 of 3")
        # Without points all of it is feedback.
        await open_place(pilot, work.place(2))
        assert pilot.app.focused is pilot.app.screen.query_one(TextBox)
        await type_text(pilot, "16 lines")
        assert typed(pilot) == ("", "16 lines")


@pytest.mark.parametrize("number", [0, 2], ids=["points", "no_points"])
async def test_letters_are_text_on_buttons_and_in_the_work_as_well(work: Work, number: int) -> None:
    app = muster(TOM)
    async with running(app, at=work.place(number)) as pilot:
        box = pilot.app.screen.query_one(TextBox)
        for at, stop in enumerate(("#approve", "#return", "#next", "#text")):
            box.focus()
            await press(pilot, *["tab"] * (at + 1))
            assert pilot.app.focused is pilot.app.screen.query_one(stop)
            await type_text(pilot, "Nice? q ")
        assert typed(pilot) == ("", "Nice? q " * 4)
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert not app._exit


async def test_a_text_that_is_pasted_into_points_goes_to_the_feedback(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        pilot.app.post_message(events.Paste("16.5"))
        await settle(pilot)
        pilot.app.post_message(events.Paste("Well put,\nAna"))
        await settle(pilot)
        assert typed(pilot) == ("16.5", "Well put,\nAna")


async def test_reviewed_work_shows_its_history_and_can_be_reviewed_anew(work: Work) -> None:
    reviews.save(OPERATOR, work.work[0], 1, Decision.APPROVE, points=12, feedback="Enough")
    async with running(muster(TOM), at=work.place()) as pilot:
        shown = screen_text(pilot)
        assert "Review again" in shown
        assert "done 20 Nov" in shown
        assert "12/20" in shown
        assert "last: 12" in shown
        assert "Enough" in pilot.app.screen.query_one(Reading).text()
        await fill(pilot, "16.5", "More than enough")
        await press(pilot, "ctrl+s")
    assert work.state() == (State.COMPLETE, 16.5)


async def test_what_was_typed_outlasts_leaving_and_is_gone_once_saved(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await fill(pilot, "17", "Almost")
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, ReviewScreen)
        assert "Saved as a draft" in notices(pilot)[-1]
        await open_place(pilot, work.place(1))
        assert typed(pilot) == ("", "")
        await open_place(pilot, work.place())
        assert typed(pilot) == ("17", "Almost")
        assert "what you typed before" in screen_text(pilot)
        await press(pilot, "ctrl+s")
        await open_place(pilot, work.place())
        assert typed(pilot) == ("", "")


@pytest.mark.parametrize("error", [DiskFullError("No room is left."), BusyError("Try again.")])
async def test_what_was_typed_stays_when_the_database_refuses(
    work: Work, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    async with running(muster(TOM), at=work.place()) as pilot:
        await fill(pilot, "17", "Almost")
        with monkeypatch.context() as patch:
            patch.setattr(reviews, "save", refuse)
            await press(pilot, "ctrl+s")
        assert str(error) in screen_text(pilot)
        assert typed(pilot) == ("17", "Almost")
        await press(pilot, "ctrl+s")
        assert work.state() == (State.COMPLETE, 17)


async def test_who_lost_the_person_meanwhile_saves_nothing_and_keeps_the_words_to_copy(
    work: Work,
) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        await fill(pilot, "17", "Almost")
        work.school.change(Membership, work.places[0], active=False)
        await press(pilot, "ctrl+s")
        assert work.state() == (State.NEEDS_REVIEW, None)
        assert "Almost" in screen_text(pilot)
        assert "Copy what you typed" in screen_text(pilot)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, ReviewScreen)


async def test_hostile_texts_are_shown_as_text(work: Work) -> None:
    evil = "[red]x[/] [@click=app.quit]go[/] \x1b]52;c;bXVzdGVy\x07\x1b[31m\u202etxt"
    work.school.change(Step, work.steps[0], body=evil, title=evil)
    work.school.change(Attempt, max_attempt(work), text=evil, link=evil)
    work.school.review(work.work[0], work.jo, Decision.RETURN, evil)
    async with running(muster(TOM), at=work.place()) as pilot:
        shown = screen_text(pilot)
        assert "[@click=app.quit]go[/]" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        await fill(pilot, "5", "[/] [red]")
        assert typed(pilot) == ("5", "[/] [red]")
        await press(pilot, "ctrl+s")
    assert reviews.item(OPERATOR, work.ana, work.steps[0]).reviews[0].feedback == "[/] [red]"


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_long_text_scrolls_by_keys_also_while_typing(work: Work, size: tuple[int, int]) -> None:
    lines = "\n".join(f"line {number}" for number in range(500))
    work.school.change(Attempt, max_attempt(work), text=lines)
    async with running(muster(TOM), size, at=work.place()) as pilot:
        assert "line 499" not in screen_text(pilot)
        reading = pilot.app.screen.query_one(Reading)
        for field in ("#points", "#feedback"):
            pilot.app.screen.query_one(field).focus()
            for on, back in (("pagedown", "pageup"), ("ctrl+down", "ctrl+up")):
                assert reading.scroll_offset.y == 0
                await press(pilot, on)
                assert reading.scroll_offset.y > 0
                await press(pilot, back)
        assert typed(pilot) == ("", "")


async def test_the_keys_of_the_panel_are_offered_only_where_they_do_something(work: Work) -> None:
    async with running(muster(TOM), at=work.place()) as pilot:
        assert {"decide", "attempt"} <= offered(pilot)
        await open_place(pilot, work.place(1))
        assert "attempt" not in offered(pilot)
        await open_place(pilot, work.place(3))
        assert "decide" not in offered(pilot)


def offered(pilot: Pilot[Any]) -> set[str]:
    """The names of the actions that have a key here."""
    return {active.binding.action.partition("(")[0] for active in pilot.app.screen.active_bindings.values()}
