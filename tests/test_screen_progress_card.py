"""The progress card: a person's course on one page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.places import GroupPlace, MemberPlace, ProgressCardPlace, ReviewPlace
from screens.progress_card import ProgressCardScreen
from screens.review.screen import ReviewScreen
from screens.widgets.list.row_list import RowList
from store.models import Completion, Course, Step
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, notices, open_place, press, running, screen_text, settle
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School
from tui.app import MusterApp


class Card(Mentored):
    """Tom mentors Ana in a course of two lessons: one step of each state."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.steps = school.course("Writing", (20.0, 10.0, None), lessons=2)
        self.course = school.course_of(self.steps[0])
        school.enrol(self.ana, self.course)
        school.work(self.ana, self.steps[0], State.COMPLETE, days_ago=30, points=16)
        self.waits = school.work(self.ana, self.steps[1], State.NEEDS_REVIEW, days_ago=9)
        school.work(self.ana, self.steps[2], State.SKIPPED, days_ago=5)
        back = school.work(self.ana, self.steps[3], State.RETURNED, days_ago=4)
        school.review(back, self.tom, Decision.RETURN, "Again")

    @property
    def place(self) -> ProgressCardPlace:
        return ProgressCardPlace(self.ana, self.course, self.group)


@pytest.fixture
def card(school: School, noon: datetime) -> Card:
    return Card(school)


def line_of(pilot: Pilot[Any], text: str) -> str:
    return next(line for line in screen_text(pilot).split("\n") if text in line)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_it_shows_progress_grade_and_each_step_with_state_and_points(
    card: Card, size: tuple[int, int]
) -> None:
    async with running(muster(TOM), size, at=card.place) as pilot:
        shown = screen_text(pilot)
        assert "50 %   3/6 steps" in shown
        assert "Grade  80 %" in shown
        assert "1 Writing lesson 1" in shown
        for step, sign, points, standing in (
            ("1.1", "✓", "16/20", "done 21 Oct"),
            ("1.2", "●", "–/10", "waits 9 d"),
            ("1.3", "–", "–", "excused 15 Nov"),
            ("2.1", "↩", "–/20", "returned 20 Nov"),
            ("2.2", "○", "–/10", "not yet done"),
        ):
            line = line_of(pilot, f"{sign} Writing step {step}")
            assert points in line
            assert standing in line


async def test_without_a_graded_step_the_grade_is_a_dash(card: Card) -> None:
    row = card.school.work(card.school.person("Ben Ade"), card.steps[0])
    card.school.change(Completion, row, points=None)
    ben = card.school.person("Cleo Ng")
    card.school.place(ben, card.group)
    card.school.enrol(ben, card.course)
    async with running(muster(TOM), at=ProgressCardPlace(ben, card.course)) as pilot:
        assert "Grade  –" in screen_text(pilot)
        assert "0 %   0/6 steps" in screen_text(pilot)


@pytest.mark.parametrize("number", [0, 1, 3, 4])
async def test_enter_on_any_step_opens_its_review(card: Card, number: int) -> None:
    async with running(muster(TOM), at=card.place) as pilot:
        assert pilot.app.screen.query_one(RowList).move_to(card.steps[number])
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert pilot.app.screen.place == ReviewPlace(card.ana, card.steps[number], group_id=card.group)


async def test_a_review_shows_on_the_card_at_once_with_the_cursor_where_it_was(card: Card) -> None:
    async with running(muster(TOM), at=card.place) as pilot:
        pilot.app.screen.query_one(RowList).move_to(card.steps[1])
        await press(pilot, "r", "7", "ctrl+s", "escape")
        assert isinstance(pilot.app.screen, ProgressCardScreen)
        assert "7/10" in line_of(pilot, "step 1.2")
        assert "done 20 Nov" in line_of(pilot, "step 1.2")
        assert pilot.app.screen.query_one(RowList).cursor_key == card.steps[1]


async def test_the_path_leads_back_by_group_and_person(card: Card) -> None:
    async with running(muster(TOM), at=card.place) as pilot:
        state = pilot.app.screen.crumbs(pilot.app.screen.state)  # type: ignore[attr-defined]
        assert [crumb.label for crumb in state] == ["Home", "Onboarding", "Ana Brandt", "Writing"]
        assert state[1].place == GroupPlace(card.group)
        assert state[2].place == MemberPlace(card.ana, "courses", card.group)


async def test_the_path_leads_back_to_the_tab_of_the_person_one_came_from(card: Card) -> None:
    async with running(muster(TOM)) as pilot:
        app = pilot.app
        assert isinstance(app, MusterApp)
        await app.go_to(MemberPlace(card.ana))
        await settle(pilot)
        await open_place(pilot, ProgressCardPlace(card.ana, card.course))
        await pilot.click("TopBar", offset=(10, 0))
        await settle(pilot)
        assert len(app.screen_stack) == 2
        assert app.screen.place == MemberPlace(card.ana)  # type: ignore[attr-defined]


async def test_a_person_out_of_sight_has_no_card(card: Card) -> None:
    other = card.school.person("Eve Else")
    card.school.enrol(other, card.course)
    async with running(muster(TOM), at=ProgressCardPlace(other, card.course)) as pilot:
        assert not isinstance(pilot.app.screen, ProgressCardScreen)
        assert "Eve" not in "".join(notices(pilot))


async def test_hostile_titles_are_shown_as_text(card: Card) -> None:
    evil = "[red]x[/] [@click=app.quit]go[/] \x1b[31m\u202etxt " + "very " * 200
    card.school.change(Course, card.course, title=evil)
    card.school.change(Step, card.steps[0], title=evil)
    async with running(muster(TOM), SMALL, at=card.place) as pilot:
        shown = screen_text(pilot)
        assert "✓ [red]x[/] [@click=app.quit]go[/]" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "16/20" in shown
