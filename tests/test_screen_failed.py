"""A failed step on screen: on the card, opened for a review, found in the queue, in what a person did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.places import MemberPlace, ProgressCardPlace, QueuePlace, ReviewPlace
from screens.review.form import ReviewForm
from store.models import Completion
from store.views.queue import QueueView
from store.views.states import Decision, State
from tests.helpers.app import SMALL, WIDE, muster, press, running, screen_text, settle
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School


class Failed(Mentored):
    """Tom mentors Ana, who failed one step of two, by herself, and one that a teacher graded elsewhere."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.steps = school.course("Writing", (20.0, 10.0, 10.0))
        self.course = school.course_of(self.steps[0])
        school.enrol(self.ana, self.course)
        self.work = school.work(self.ana, self.steps[0], State.FAILED, days_ago=2, points=8)
        self.graded = school.work(self.ana, self.steps[1], State.FAILED, days_ago=3, points=4)
        school.review(self.graded, None, Decision.FAIL, "Too thin.")


@pytest.fixture
def failed(school: School, noon: datetime) -> Failed:
    return Failed(school)


def line_of(pilot: Pilot[Any], text: str) -> str:
    """The line of the list, without the pane beside it, that has this text."""
    lines = (line.split("│")[0] for line in screen_text(pilot).split("\n"))
    return next(line for line in lines if text in line)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_card_shows_it_with_its_points_and_as_not_done(
    failed: Failed, size: tuple[int, int]
) -> None:
    async with running(
        muster(TOM), size, at=ProgressCardPlace(failed.ana, failed.course, failed.group)
    ) as pilot:
        shown = screen_text(pilot)
        assert "0 %   0/3 steps" in shown and "Grade  40 %" in shown
        line = line_of(pilot, "✗ Writing step 1.1")
        assert "8/20" in line and "failed 18 Nov" in line


async def test_its_work_opens_to_be_reviewed_and_the_queue_is_not_longer_for_it(failed: Failed) -> None:
    async with running(muster(TOM), WIDE, at=ReviewPlace(failed.ana, failed.steps[1])) as pilot:
        shown = screen_text(pilot)
        assert "Failed by import, 20 Nov" in shown and "failed 17 Nov" in shown
        assert "waiting" not in shown
        form = pilot.app.screen.query_one(ReviewForm)
        assert form.takes_points
        await press(pilot, "6", "ctrl+s")
        await settle(pilot)
    assert failed.school.value(Completion, failed.graded, "state", "points") == ("complete", 6.0)


async def test_the_queue_finds_it_by_its_state_and_says_when_there_is_none(failed: Failed) -> None:
    async with running(muster(TOM), SMALL, at=QueuePlace(QueueView("state:failed"))) as pilot:
        assert "2 items" in screen_text(pilot) and "Writing step" in screen_text(pilot)
    for work in (failed.work, failed.graded):
        failed.school.change(Completion, work, state="complete")
    async with running(muster(TOM), SMALL, at=QueuePlace(QueueView("state:failed"))) as pilot:
        assert "Nobody has failed a step." in screen_text(pilot)


async def test_activity_tells_it_and_who_marked_it(failed: Failed) -> None:
    async with running(muster(TOM), WIDE, at=MemberPlace(failed.ana, "activity", failed.group)) as pilot:
        alone = line_of(pilot, "Writing step 1.1")
        assert "✗ failed" in alone and "8/20" in alone
        assert "✗ failed" in line_of(pilot, "Writing step 1.2")
        assert "import: Too thin." in screen_text(pilot)
