"""Finding: any group or person that one may see, and no other."""

from __future__ import annotations

import pytest

from screens.places import GroupPlace, MemberPlace
from store.views.groups import Role
from tests.helpers.app import SMALL, muster, press, running, screen_text, type_text
from tests.helpers.school import School


@pytest.fixture
def two_groups(school: School) -> dict[str, int]:
    """Maya leads Onboarding with Ana in it; Zed is in Secret circle, which is not hers."""
    maya = school.person("Maya Okafor", email="maya@x.example")
    ana = school.person("Ána Brandt")
    zed = school.person("Zed Zebra")
    onboarding, secret = school.group("Onboarding"), school.group("Secret circle")
    school.place(maya, onboarding, Role.LEADER)
    school.place(ana, onboarding)
    school.place(zed, secret)
    return {"onboarding": onboarding, "ana": ana}


async def test_groups_and_people_in_sight_are_found_without_accents(
    two_groups: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    app = muster("maya@x.example")

    async def go_to(place: object) -> None:
        asked.append(place)

    monkeypatch.setattr(app, "go_to", go_to)
    async with running(app, home=False) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, "ana b")
        await press(pilot, "enter")
        await press(pilot, "ctrl+p")
        await type_text(pilot, "onb")
        await press(pilot, "enter")
    assert asked == [MemberPlace(two_groups["ana"]), GroupPlace(two_groups["onboarding"])]


async def test_the_key_that_takes_what_was_found_is_shown(two_groups: dict[str, int]) -> None:
    async with running(muster("maya@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        assert "⏎ Choose" in screen_text(pilot).splitlines()[-1]


async def test_what_is_out_of_sight_is_not_found(two_groups: dict[str, int]) -> None:
    async with running(muster("maya@x.example"), home=False) as pilot:
        await press(pilot, "ctrl+p")
        for text in ("secret", "zed"):
            await type_text(pilot, text)
            shown = screen_text(pilot).lower()
            assert "circle" not in shown and "zebra" not in shown
            assert "no person, group, course or action matches." in shown
            await press(pilot, *["backspace"] * len(text))


@pytest.mark.parametrize("typed", ["onb", "ana", "home", "comm"])
async def test_what_was_found_opens(two_groups: dict[str, int], typed: str) -> None:
    async with running(muster("maya@x.example"), SMALL, home=False) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, typed)
        await press(pilot, "enter")
        assert not pilot.app.screen.is_modal
        assert {"onb": "Onboarding", "ana": "Ána Brandt", "home": "Maya", "comm": "Community"}[
            typed
        ] in screen_text(pilot)
