"""Keys pressed faster than screens come: they mean the screen that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from screens.dialogs.help import Help
from screens.dialogs.palette import Palette
from screens.home.screen import HomeScreen
from screens.queue.screen import QueueScreen
from screens.review.screen import ReviewScreen
from tests.helpers.app import muster, running, settle
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.school import School


@pytest.fixture
def mentored(school: School) -> Mentored:
    found = Mentored(school)
    steps = school.course("Writing", (20.0, 10.0))
    school.enrol(found.ana, school.course_of(steps[0]))
    for step in steps:
        school.work(found.ana, step)
    return found


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """All of them at once, as a terminal sends what was pasted."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await settle(pilot)


@pytest.mark.parametrize("opens", [("colon",), ("ctrl+p",), ("Q", "colon"), ("c", "ctrl+p")])
async def test_what_is_typed_behind_the_palettes_key_is_looked_for(
    mentored: Mentored, opens: tuple[str, ...]
) -> None:
    async with running(muster(TOM)) as pilot:
        await burst(pilot, *opens, *"cuq")
        palette = pilot.app.screen
        assert isinstance(palette, Palette)
        assert palette.query_one(Input).value == "cuq"


async def test_a_key_behind_the_page_of_keys_is_not_done_below(mentored: Mentored) -> None:
    async with running(muster(TOM)) as pilot:
        await burst(pilot, "question_mark", "c")
        assert isinstance(pilot.app.screen, Help)
        await burst(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_enter_behind_the_queues_key_opens_its_first_item(mentored: Mentored) -> None:
    async with running(muster(TOM)) as pilot:
        await burst(pilot, "Q", "enter")
        assert isinstance(pilot.app.screen, ReviewScreen)
        await burst(pilot, "escape")
        assert isinstance(pilot.app.screen, QueueScreen)


async def test_a_dialog_that_is_taken_away_without_an_answer_holds_up_no_key(mentored: Mentored) -> None:
    async with running(muster(TOM)) as pilot:
        await burst(pilot, "f10")
        await pilot.app.pop_screen()
        await burst(pilot, "Q")
        assert isinstance(pilot.app.screen, QueueScreen)


async def test_a_dialog_opened_and_left_in_one_go_leaves_no_key_behind(mentored: Mentored) -> None:
    async with running(muster(TOM)) as pilot:
        await burst(pilot, "f10", "escape", "colon", "x", "escape", "Q")
        assert isinstance(pilot.app.screen, QueueScreen)
