"""The Groups tab of a person: where they belong, with which role, and who follows them there."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from screens.group.screen import GroupScreen
from screens.member.groups import WhoFollows
from screens.member.screen import MemberScreen
from screens.places import GroupPlace, MemberPlace
from screens.widgets.list.row_list import RowList
from store import members
from store.permissions import OPERATOR
from store.views.account import Beta
from store.views.groups import Role
from tests.helpers.app import SMALL, WIDE, choose, muster, press, running, screen_text, settle
from tests.helpers.school import School

ROOT, TOM, LEA = "root@x.example", "tom@x.example", "lea@x.example"


class Place:
    """Sales › EMEA › Onboarding and, apart, Support and Secret. Ana is in all but Sales.

    Lea leads Sales, Tom mentors Onboarding and Support, Mia mentors Onboarding too.
    """

    def __init__(self, school: School) -> None:
        self.school = school
        school.person("Root Admin", email=ROOT, admin=True)
        self.tom = school.person("Tom Reyes", email=TOM)
        self.lea = school.person("Lea Ito", email=LEA)
        mia = school.person("Mia Okafor")
        self.ana = school.person("Ana Brandt")
        self.sales = school.group("Sales")
        self.emea = school.group("EMEA", self.sales)
        self.onboarding = school.group("Onboarding", self.emea)
        self.support, self.secret = school.group("Support"), school.group("Secret")
        for person, group, role in (
            (self.lea, self.sales, Role.LEADER),
            (self.tom, self.onboarding, Role.MENTOR),
            (mia, self.onboarding, Role.MENTOR),
            (self.tom, self.support, Role.MENTOR),
            (self.ana, self.emea, Role.LEADER),
            (self.ana, self.onboarding, Role.MEMBER),
            (self.ana, self.support, Role.MEMBER),
            (self.ana, self.secret, Role.MENTOR),
        ):
            school.place(person, group, role)


@pytest.fixture
def place(school: School, noon: object) -> Place:
    return Place(school)


def told(pilot: Pilot[Any]) -> list[str]:
    """What is said under the list of the group under the cursor."""
    return str(pilot.app.screen.query_one(WhoFollows).content).splitlines()


def listed(pilot: Pilot[Any]) -> list[list[str]]:
    rows = pilot.app.screen.query_one("#groups", RowList)
    found = [rows.row_number(number) for number in range(rows.total)]
    return [[str(getattr(cell, "text", cell)) for cell in row.cells] for row in found if row]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_an_admin_sees_where_somebody_belongs(place: Place, size: tuple[int, int]) -> None:
    async with running(muster(ROOT), size, at=MemberPlace(place.ana)) as pilot:
        assert "4 Groups 4" in screen_text(pilot)
        await press(pilot, "4")
        assert listed(pilot) == [
            ["EMEA", "Sales", "leader", "–", "Lea Ito"],
            ["Onboarding", "Sales › EMEA", "member", "Mia Okafor +1", "Lea Ito"],
            ["Secret", "", "mentor", "–", "–"],
            ["Support", "", "member", "Tom Reyes", "–"],
        ]
        assert told(pilot) == ["Sales › EMEA", "leaders  Lea Ito (leads Sales)"]
        await press(pilot, "down")
        assert told(pilot) == [
            "Sales › EMEA › Onboarding",
            "mentors  Mia Okafor, Tom Reyes",
            "leaders  Lea Ito (leads Sales)",
        ]
        await press(pilot, "end")
        assert told(pilot) == ["Support", "mentors  Tom Reyes", "leaders  nobody"]
        for line in told(pilot):
            assert line in screen_text(pilot)


async def test_a_mentor_sees_the_groups_they_mentor_and_no_trace_of_the_others(place: Place) -> None:
    async with running(muster(TOM), at=MemberPlace(place.ana, "groups")) as pilot:
        assert "[Groups] 2" in screen_text(pilot)
        assert listed(pilot) == [
            ["Onboarding", "", "member", "Mia Okafor +1", "–"],
            ["Support", "", "member", "Tom Reyes", "–"],
        ]
        for hidden in ("Sales", "EMEA", "Secret", "Lea"):
            assert hidden not in screen_text(pilot)


async def test_a_leader_sees_what_is_below_what_they_lead(place: Place) -> None:
    async with running(muster(LEA), at=MemberPlace(place.ana, "groups")) as pilot:
        assert [row[:2] for row in listed(pilot)] == [["EMEA", "Sales"], ["Onboarding", "Sales › EMEA"]]
        assert "[Groups] 2" in screen_text(pilot)


@pytest.mark.parametrize("how", ["enter", "menu", "mouse"])
async def test_a_group_is_opened(place: Place, how: str) -> None:
    async with running(muster(TOM), at=MemberPlace(place.ana, "groups")) as pilot:
        await press(pilot, "down")
        match how:
            case "enter":
                await press(pilot, "enter")
            case "menu":
                await press(pilot, "full_stop")
                await choose(pilot, "Open the group")
            case "mouse":
                await pilot.click("#groups", offset=(6, 2))
                await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, GroupScreen)
        assert screen.place == GroupPlace(place.support)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MemberScreen)
        assert pilot.app.screen.query_one("#groups", RowList).cursor_key == place.support


async def test_what_others_change_shows_at_once(place: Place) -> None:
    async with running(muster(TOM), at=MemberPlace(place.ana, "groups")) as pilot:
        support = members.roster(OPERATOR, place.support, "ana").rows[0]
        members.remove(OPERATOR, support.membership_id)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert [row[0] for row in listed(pilot)] == ["Onboarding"]
        assert "[Groups] 1" in screen_text(pilot)


async def test_somebody_in_no_group_is_said_to_be_in_none_and_what_to_do(place: Place) -> None:
    zoe = place.school.person("Zoe Quinn")
    async with running(muster(ROOT), SMALL, at=MemberPlace(zoe, "groups")) as pilot:
        assert "Zoe Quinn is in no group yet." in screen_text(pilot)
        assert "c opens Community: a on a group adds people to it." in screen_text(pilot)
        assert told(pilot) == []
        await press(pilot, "full_stop", "enter", "r")
        assert isinstance(pilot.app.screen, MemberScreen)


async def test_without_community_it_says_so(place: Place) -> None:
    place.school.account(beta=Beta.OFF)
    async with running(muster(ROOT), SMALL, at=MemberPlace(place.ana, "groups")) as pilot:
        assert "Community groups are not on for this account." in screen_text(pilot)
        assert "Groups] 0" in screen_text(pilot)


async def test_names_are_shown_as_text(place: Place) -> None:
    school = place.school
    group = school.group("[red]Team[/]\x1b[31m", place.sales, slug="team")
    school.place(place.ana, group)
    school.place(school.person("[b]Bob[/] \x1b]0;x\x07Ito", email="bob@x.example"), group, Role.MENTOR)
    async with running(muster(ROOT), SMALL, at=MemberPlace(place.ana, "groups")) as pilot:
        pilot.app.screen.query_one("#groups", RowList).move_to(group)
        await settle(pilot)
        assert "mentors  [b]Bob[/] Ito" in screen_text(pilot)
        assert "Sales › [red]Team[/]" in screen_text(pilot)


async def test_very_many_who_follow_leave_room_for_the_list(place: Place) -> None:
    for number in range(200):
        place.school.place(place.school.person(f"Mentor Number{number:03}"), place.support, Role.MENTOR)
    async with running(muster(ROOT), SMALL, at=MemberPlace(place.ana, "groups")) as pilot:
        await press(pilot, "end")
        assert "Mentor Number000 +200" in " ".join(listed(pilot)[-1])
        assert "Support" in screen_text(pilot)
        assert pilot.app.screen.query_one(WhoFollows).size.height <= 10


async def test_a_name_of_two_words_stands_in_full_in_a_small_window(place: Place) -> None:
    place.school.place(place.ana, place.school.group("Northfield Schools"), Role.MEMBER)
    async with running(muster(ROOT), size=SMALL, at=MemberPlace(place.ana, tab="groups")) as pilot:
        assert "Northfield Schools  " in "\n".join(screen_text(pilot).splitlines()[4:9])
