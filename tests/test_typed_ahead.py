"""Keys pressed faster than screens come: they mean the screen that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from screens.community.settings import AccountSettings
from screens.dialogs.ask import Confirm
from screens.dialogs.help import Help
from screens.dialogs.palette import Palette
from screens.home.screen import HomeScreen
from screens.places import CommunityPlace, GroupPlace, MemberPlace, Place, ProgressCardPlace, QueuePlace
from screens.queue.screen import QueueScreen
from screens.review.screen import ReviewScreen
from store import settings
from store.models import AuditLine, Completion
from store.review import reviews
from store.views.states import Decision, State
from tests.helpers.app import muster, running, screen_text, settle
from tests.helpers.mentored import TOM, Mentored
from tests.helpers.reviewing import held_up
from tests.helpers.school import DAY, School


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


ROOT = "root@x.example"


@pytest.fixture
def groups(mentored: Mentored) -> dict[str, int]:
    """An admin; beside Onboarding a group with another one below it; a second member of Onboarding."""
    school = mentored.school
    school.person("Root Admin", email=ROOT, admin=True)
    sales = school.group("Sales")
    found = {"Onboarding": mentored.group, "Sales": sales, "North": school.group("North", sales)}
    found["Zoe"] = school.person("Zoe Zimmer")
    school.place(found["Zoe"], mentored.group)
    return found


def place_of(pilot: Pilot[Any]) -> Place | None:
    return getattr(pilot.app.screen, "place", None)


@pytest.mark.parametrize("tab", ["people", "members"])
async def test_enter_behind_a_filter_opens_the_person_who_was_looked_for(
    groups: dict[str, int], tab: str
) -> None:
    at = CommunityPlace("people") if tab == "people" else GroupPlace(groups["Onboarding"])
    async with running(muster(ROOT), at=at) as pilot:
        await burst(pilot, "slash", *"zoe", "enter", "enter")
        place = place_of(pilot)
        assert isinstance(place, MemberPlace)
        assert place.user_id == groups["Zoe"]


@pytest.mark.parametrize(
    "keys",
    [
        ("slash", *"north", "enter", "enter"),
        ("end", "right", "down", "enter"),
        ("E", "end", "enter"),
        ("E", "C", "end", "right", "right", "enter"),
    ],
)
async def test_a_key_behind_one_that_changes_the_tree_is_for_the_tree_as_it_becomes(
    groups: dict[str, int], keys: tuple[str, ...]
) -> None:
    async with running(muster(ROOT), at=CommunityPlace("groups")) as pilot:
        await burst(pilot, *keys)
        assert place_of(pilot) == GroupPlace(groups["North"])


async def test_enter_behind_the_key_of_a_tab_opens_its_first_row(mentored: Mentored) -> None:
    async with running(muster(TOM), at=MemberPlace(mentored.ana)) as pilot:
        await burst(pilot, "2", "enter")
        assert isinstance(place_of(pilot), ProgressCardPlace)


@pytest.mark.parametrize("keys", [("asterisk",), ("space", "end", "V"), ("space", "asterisk")])
async def test_review_marked_right_behind_the_key_that_marks_is_about_all_that_it_marks(
    mentored: Mentored, keys: tuple[str, ...]
) -> None:
    async with running(muster(TOM), at=QueuePlace()) as pilot:
        await burst(pilot, *keys, "x")
        assert "Review 2 at once" in screen_text(pilot)


async def test_enter_behind_the_undo_key_does_not_answer_whether_to_undo_something_older(
    mentored: Mentored,
) -> None:
    school, work = mentored.school, 1
    reviews.save(school.actor(mentored.tom), work, 1, Decision.RETURN, feedback="Shorter")
    school.change(AuditLine, 1, at=school.now() - DAY)
    async with running(muster(TOM)) as pilot:
        await burst(pilot, "u", "enter")
        assert isinstance(pilot.app.screen, Confirm)
        assert school.value(Completion, work, "state") == (State.RETURNED,)
        await burst(pilot, "enter")
        assert school.value(Completion, work, "state") == (State.NEEDS_REVIEW,)


async def test_what_is_typed_before_the_account_settings_are_read_is_not_overwritten_by_them(
    groups: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(muster(ROOT)) as pilot:
        with held_up(monkeypatch, settings, "get") as get:
            pilot.app.push_screen(AccountSettings())
            await get.done.wait()
            for key in ("end", "7"):
                pilot.app.post_message(events.Key(key, None if key == "end" else key))
            await pilot.pause()
        await settle(pilot)
        value = pilot.app.screen.query(Input).first().value
        assert len(value) > 1
        assert value.endswith("7")
