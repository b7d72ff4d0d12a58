"""Home: what each kind of person sees first."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from screens.dialogs.ask import Menu
from screens.home.cards import CardGrid
from screens.places import GroupPlace, MemberPlace, ReviewPlace
from screens.widgets.list.row_list import RowList
from store import account, members, people
from store.permissions import OPERATOR
from store.views.account import Beta
from store.views.groups import Role
from tests.helpers.app import SMALL, muster, open_place, press, running, screen_text, settle
from tests.helpers.reviewing import until
from tests.helpers.school import School

MAYA = "maya@northfield.example"
ADMIN = "admin@northfield.example"


async def test_a_mentor_sees_their_groups_as_cards_and_what_waits(demo_school: None) -> None:
    async with running(muster(MAYA)) as pilot:
        shown = screen_text(pilot)
    assert "Onboarding" in shown
    assert "Tier 2" in shown
    assert "waiting" in shown
    # Groups above one's own are not one's to know.
    assert "EMEA" not in shown


async def test_an_admin_sees_the_totals(demo_school: None) -> None:
    async with running(muster(ADMIN), SMALL) as pilot:
        shown = screen_text(pilot)
    assert "41 groups" in shown
    assert "12 courses" in shown


async def test_while_community_is_not_on_an_admin_sees_no_work_and_why(demo_school: None) -> None:
    account.change(OPERATOR, beta=Beta.OFF)
    async with running(muster(ADMIN), SMALL) as pilot:
        shown = screen_text(pilot)
        assert "12 courses" in shown
        assert "waiting" not in shown and "41 groups" not in shown and "oldest first" not in shown
        assert "Community groups are not on for this account, so there is no queue." in shown
        assert pilot.app.screen.query_one("#waiting", RowList).total == 0
        await press(pilot, "f10")
        assert "Community" in screen_text(pilot) and "Queue" not in screen_text(pilot)
        await press(pilot, "escape")
        await open_place(pilot, MemberPlace(5))
        assert "Ana Brandt" in screen_text(pilot) and "Review ●" not in screen_text(pilot)
        await press(pilot, "escape")
        account.change(OPERATOR, beta=Beta.ON)
        await press(pilot, "f5")
        assert "waiting" in screen_text(pilot).splitlines()[0]
        assert "41 groups" in screen_text(pilot) and "oldest first" in screen_text(pilot)


async def test_what_waits_is_oldest_first(demo_school: None) -> None:
    async with running(muster(ADMIN)) as pilot:
        rows = pilot.app.screen.query_one("#waiting", RowList)
        first, last = rows.row_number(0), rows.row_number(rows.total - 1)
        assert first is not None and last is not None
        assert "d" in str(first.cells[0])
        assert "min" in str(last.cells[0])


async def test_somebody_without_a_part_sees_their_name_and_no_hint_of_groups(school: School) -> None:
    alone = school.person("Ada Lonely", email="ada@x.example")
    leader = school.person("Lea Leader")
    group = school.group("Secret circle")
    school.place(leader, group, Role.LEADER)
    school.place(alone, group, Role.MEMBER)
    async with running(muster("ada@x.example")) as pilot:
        shown = screen_text(pilot).lower()
        assert "ada lonely" in shown
        assert "group" not in shown
        assert "secret" not in shown
        assert "community" not in shown
        await press(pilot, "c", "f10")
        assert "community" not in screen_text(pilot).lower()


async def test_enter_on_a_card_asks_for_its_group_and_on_an_item_for_its_review(
    demo_school: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    app = muster(MAYA)

    async def go_to(place: object) -> None:
        asked.append(place)

    monkeypatch.setattr(app, "go_to", go_to)
    async with running(app) as pilot:
        pilot.app.screen.query_one(CardGrid).focus()
        await press(pilot, "right", "enter")
        pilot.app.screen.query_one("#waiting", RowList).focus()
        await press(pilot, "r", "p")
    assert [type(place) for place in asked] == [GroupPlace, ReviewPlace, MemberPlace]


async def test_a_role_lost_meanwhile_takes_its_card_away(school: School) -> None:
    maya = school.person("Maya Okafor", email=MAYA)
    group = school.group("Onboarding")
    place = school.place(maya, group, Role.LEADER)
    async with running(muster(MAYA)) as pilot:
        assert "Onboarding" in screen_text(pilot)
        members.change_role(OPERATOR, place, Role.LEADER, Role.MEMBER)
        await press(pilot, "f5")
        assert "Onboarding" not in screen_text(pilot)


async def test_somebody_deactivated_meanwhile_is_signed_out(school: School) -> None:
    maya = school.person("Maya Okafor", email=MAYA)
    school.place(maya, school.group("Onboarding"), Role.LEADER)
    app = muster(MAYA)
    async with running(app) as pilot:
        people.deactivate(OPERATOR, maya)
        await pilot.press("f5")
        await settle(pilot)
    assert "no longer active" in str(app.return_value)


async def test_changes_of_another_session_come_on_screen_by_themselves(school: School) -> None:
    maya = school.person("Maya Okafor", email=MAYA)
    school.place(maya, school.group("Onboarding"), Role.LEADER)
    place = school.place(maya, school.group("Tier 2"))
    async with running(muster(MAYA)) as pilot:
        assert "Tier 2" not in screen_text(pilot)
        members.change_role(OPERATOR, place, Role.MEMBER, Role.MENTOR)
        await until(pilot, lambda: "Tier 2" in screen_text(pilot))


async def test_the_keys_page_lists_the_bindings_that_work_here(demo_school: None) -> None:
    async with running(muster(MAYA)) as pilot:
        await press(pilot, "question_mark")
        shown = screen_text(pilot)
        assert "Review the work under the cursor" in shown
        assert "One page down" in shown
        assert "Focus Next" not in shown and "Copy selected text" not in shown
        await press(pilot, "escape")
        assert pilot.app.screen.query(Static)


async def test_the_keys_page_grows_with_the_terminal(demo_school: None) -> None:
    shown = []
    for size in ((80, 24), (80, 60)):
        async with running(muster(MAYA), size) as pilot:
            await press(pilot, "question_mark")
            keys = pilot.app.screen.query_one("#keys", RowList)
            assert pilot.app.screen.region.contains_region(keys.region)
            shown.append(keys.size.height)
            total = keys.total
    assert shown[0] < total
    assert shown[1] == total


@pytest.mark.parametrize("size", [(59, 40), (100, 15)])
async def test_a_terminal_that_is_too_small_is_told_the_size_it_needs(
    demo_school: None, size: tuple[int, int]
) -> None:
    async with running(muster(MAYA), size) as pilot:
        shown = " ".join(screen_text(pilot).split())
        assert "at least 60 columns and 16 rows" in shown
        assert "Onboarding" not in shown
        await press(pilot, "c", "ctrl+p", "enter")
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Onboarding" in screen_text(pilot)
        assert len(pilot.app.screen_stack) == 1


async def test_every_key_of_the_list_that_is_offered_does_something(demo_school: None) -> None:
    async with running(muster(MAYA)) as pilot:
        waiting = pilot.app.screen.query_one("#waiting", RowList)
        waiting.focus()
        first = waiting.cursor_key
        await press(pilot, "full_stop")
        assert isinstance(pilot.app.screen, Menu)
        assert "Open profile" in screen_text(pilot)
        await press(pilot, "enter")
        place = pilot.app.screen.place  # type: ignore[attr-defined]
        assert isinstance(place, ReviewPlace)
        assert (place.user_id, place.step_id) == first


async def test_a_list_without_menus_does_not_offer_one(demo_school: None) -> None:
    async with running(muster(MAYA)) as pilot:
        await press(pilot, "question_mark")
        bindings = pilot.app.screen.active_bindings.values()
        assert "menu" not in {active.binding.action for active in bindings}


async def test_a_hostile_group_name_on_a_card_reaches_the_terminal_as_plain_text(school: School) -> None:
    maya = school.person("Maya Okafor", email=MAYA)
    group = school.group("A\x1b]52;c;SGk=\x07\x1b[31m\u202e\r\tB[/]", slug="hostile")
    school.place(maya, group, Role.LEADER)
    async with running(muster(MAYA)) as pilot:
        await settle(pilot)
        shown = screen_text(pilot)
    assert "A B[/]" in shown or "AB[/]" in shown
    assert not set("\x1b\x07\u202e\r\t\x9b") & set(shown)


async def test_two_enters_at_once_answer_a_menu_once(school: School) -> None:
    maya = school.person("Maya Okafor", email=MAYA)
    school.place(maya, school.group("Onboarding"), Role.LEADER)
    async with running(muster(MAYA)) as pilot:
        await press(pilot, "f10", "down")
        await pilot.press("enter", "enter", "enter")
        await settle(pilot)
        assert not pilot.app.screen.is_modal
        assert pilot.app.is_running
