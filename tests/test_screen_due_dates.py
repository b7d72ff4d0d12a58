"""When work is due, as the screens show it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.places import GroupPlace, ProgressCardPlace, ReviewPlace
from screens.widgets.list.row_list import RowList
from store import database, due_dates, permissions
from store.views.due import OwnDates, StepDates
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, running, screen_text
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School

DAY = timedelta(days=1)


class Due(Mentored):
    """Tom mentors Ana in a course of six steps, some of which are due. It is 20 November."""

    def __init__(self, school: School, noon: datetime) -> None:
        super().__init__(school)
        self.noon = noon
        self.steps = school.course("Writing", (20.0, 10.0, None), lessons=2)
        self.course = school.course_of(self.steps[0])
        school.enrol(self.ana, self.course)
        school.work(self.ana, self.steps[0], State.COMPLETE, days_ago=30, points=16)
        self.waits = school.work(self.ana, self.steps[1], days_ago=9, attempts=2)
        back = school.work(self.ana, self.steps[2], State.RETURNED, days_ago=4)
        school.review(back, self.tom, Decision.RETURN, "Again")

    def due(self, **days: float) -> None:
        """Let steps be due in so many days, by number: `s1=-9`."""
        with database.writing():
            dates = [StepDates(self.steps[int(name[1:])], self.noon + n * DAY) for name, n in days.items()]
            due_dates.set_steps(permissions.IMPORT, dates)

    def own(self, step: int, days: float) -> None:
        """Let a step be due for Ana in so many days."""
        with database.writing():
            own = OwnDates(self.ana, self.steps[step], self.noon + days * DAY)
            due_dates.set_own(permissions.IMPORT, [own])

    @property
    def card(self) -> ProgressCardPlace:
        return ProgressCardPlace(self.ana, self.course, self.group)


@pytest.fixture
def due(school: School, noon: datetime) -> Due:
    return Due(school, noon)


def line_of(pilot: Pilot[Any], text: str) -> str:
    return next(line for line in screen_text(pilot).split("\n") if text in line)


# ---------------------------------------------------------------------- progress card


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_card_says_when_each_step_is_due_and_what_is_overdue(
    due: Due, size: tuple[int, int]
) -> None:
    due.due(s0=-40, s1=-10, s2=-2, s3=-4, s4=3)
    async with running(muster(TOM), size, at=due.card) as pilot:
        assert "2 overdue" in screen_text(pilot)
        for sign, step, date, standing in (
            ("✓", "1.1", "11 Oct", "done 21 Oct"),
            ("●", "1.2", "10 Nov", "waits 9 d"),
            ("↩", "1.3", "18 Nov", "returned 20 Nov"),
            ("!", "2.1", "16 Nov", "overdue 4 d"),
            ("○", "2.2", "23 Nov", "not yet done"),
            ("○", "2.3", "", "not yet done"),
        ):
            line = line_of(pilot, f"{sign} Writing step {step}")
            assert date in line
            assert standing in line


async def test_a_date_of_their_own_goes_before_that_of_the_step(due: Due) -> None:
    due.due(s3=-4)
    due.own(3, 5)
    async with running(muster(TOM), at=due.card) as pilot:
        line = line_of(pilot, "○ Writing step 2.1")
        assert "25 Nov" in line
        assert "overdue" not in screen_text(pilot)


async def test_a_step_that_opens_later_or_is_closed_says_so(due: Due) -> None:
    with database.writing():
        dates = [
            StepDates(due.steps[3], due.noon - 4 * DAY, due.noon - DAY),
            StepDates(due.steps[4], due.noon + 9 * DAY, None, due.noon + 2 * DAY),
        ]
        due_dates.set_steps(permissions.IMPORT, dates)
    async with running(muster(TOM), at=due.card) as pilot:
        assert "closed 19 Nov" in line_of(pilot, "! Writing step 2.1")
        assert "opens 22 Nov" in line_of(pilot, "○ Writing step 2.2")


async def test_without_due_dates_the_card_has_no_column_for_them(due: Due) -> None:
    async with running(muster(TOM), at=due.card) as pilot:
        assert "due" not in pilot.app.screen.query_one("#steps", RowList).render_line(0).text


# ------------------------------------------------------------------------------ review


async def reviewed(due: Due, step: int, size: tuple[int, int] = WIDE) -> str:
    async with running(muster(TOM), size, at=ReviewPlace(due.ana, due.steps[step])) as pilot:
        return screen_text(pilot)


async def test_the_review_says_that_work_came_on_time_or_late(due: Due) -> None:
    due.due(s1=-8)
    assert "due 12 Nov (on time)" in await reviewed(due, 1)
    due.due(s1=-10)
    shown = await reviewed(due, 1)
    assert "due 10 Nov (1 d late)" in shown
    assert "Attempt 2 of 2, 11 Nov 12:00, 1 d late" in shown
    due.own(1, -8)
    assert "due 12 Nov (on time)" in await reviewed(due, 1)


async def test_where_there_is_little_room_only_what_was_missed_is_said(due: Due) -> None:
    due.due(s1=-8)
    assert "on time" not in await reviewed(due, 1, SMALL)
    due.due(s1=-10)
    assert "· 1 d late" in (await reviewed(due, 1, SMALL)).split("\n")[0]


async def test_the_review_of_what_is_still_to_be_handed_in_says_that_it_is_overdue(due: Due) -> None:
    due.due(s2=-2, s3=-4, s4=3)
    assert "returned 20 Nov · overdue 2 d" in await reviewed(due, 2)
    assert "not yet done · overdue 4 d" in await reviewed(due, 3)
    assert "not yet done · due 23 Nov" in await reviewed(due, 4)


# ------------------------------------------------------------------------ member list


@pytest.mark.parametrize("size", [SMALL, (160, 45)])
async def test_the_members_of_a_group_have_a_column_for_what_is_overdue(
    due: Due, size: tuple[int, int]
) -> None:
    due.own(4, 3)
    async with running(muster(TOM), size, at=GroupPlace(due.group)) as pilot:
        members = pilot.app.screen.query_one("#members", RowList)
        assert "due" not in members.render_line(0).text.split()
    due.due(s2=-2, s3=-4, s1=-4)
    async with running(muster(TOM), size, at=GroupPlace(due.group)) as pilot:
        members = pilot.app.screen.query_one("#members", RowList)
        assert "due" in members.render_line(0).text.split()
        line = members.render_line(1).text
        assert "2 overdue 4 d" in line
        assert "! 2" in line
        assert "2 steps overdue, the oldest 4 d" in screen_text(pilot)
