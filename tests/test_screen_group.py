"""Group: who is shown, what is offered to whom, and what becomes of a role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot

from screens import places as messages
from screens.dialogs.ask import Confirm, Menu
from screens.group.add_members import AddMembers
from screens.group.manage import ManageGroup
from screens.group.screen import GroupScreen
from screens.queue.screen import QueueScreen
from screens.widgets.list.row_list import RowList
from store import group_deletion, members
from store.models import Membership
from store.views.arranging import Subgroups
from store.views.groups import Role
from tests.helpers.app import SMALL, WIDE, muster, press, running, screen_text, settle, type_text
from tests.helpers.school import School


@dataclass
class Place:
    """A group with a leader, a mentor and two members, one with work waiting; and a group below."""

    school: School
    group: int
    below: int
    leader: int
    mentor: int
    ana: int
    seats: dict[str, int]

    def role(self, who: str) -> str | None:
        row = self.school.value(Membership, self.seats[who], "role")
        return row[0] if row else None


@pytest.fixture
def place(school: School) -> Place:
    school.person("Root Admin", email="root@x.example", admin=True)
    top = school.group("Sales")
    group = school.group("Onboarding", top)
    below = school.group("Buddies", group)
    people = {name: school.person(name) for name in ("Maya Okafor", "Tom Reyes", "Ana Brandt", "Ben Kalu")}
    roles = (Role.LEADER, Role.MENTOR, Role.MEMBER, Role.MEMBER)
    seats = {
        name.split()[0]: school.place(people[name], group, role)
        for name, role in zip(people, roles, strict=True)
    }
    steps = school.course("Python")
    school.enrol(people["Ana Brandt"], school.course_of(steps[0]))
    school.work(people["Ana Brandt"], steps[0])
    return Place(
        school, group, below, people["Maya Okafor"], people["Tom Reyes"], people["Ana Brandt"], seats
    )


@asynccontextmanager
async def at_group(
    place: Place, email: str, size: tuple[int, int] = WIDE, tab: str = "members"
) -> AsyncIterator[Pilot[Any]]:
    async with running(muster(email), size, at=messages.GroupPlace(place.group, tab)) as pilot:
        assert isinstance(pilot.app.screen, GroupScreen)
        yield pilot


MAYA, TOM, ROOT = "maya.okafor@x.example", "tom.reyes@x.example", "root@x.example"


def lines(pilot: Pilot[Any]) -> list[str]:
    # What the pane beside the list tells is not of the list.
    return [line.split("  │")[0] for line in screen_text(pilot).splitlines()]


def line_of(pilot: Pilot[Any], text: str) -> int:
    return next(number for number, line in enumerate(lines(pilot)) if text in line)


def menu_lines(pilot: Pilot[Any]) -> list[str]:
    assert isinstance(pilot.app.screen, Menu)
    rows = pilot.app.screen.query_one(RowList)
    found = [rows.row_number(number) for number in range(rows.total)]
    cells = [row.cells[0] for row in found if row is not None]
    return [cell if isinstance(cell, str) else cell.text for cell in cells]


def said(pilot: Pilot[Any]) -> str:
    return "\n".join(f"{note.title} {note.message}" for note in pilot.app._notifications)


async def cursor_on(pilot: Pilot[Any], seat: int) -> None:
    tab = "#staff" if pilot.app.screen.query_one("#staff").display else "#members"
    assert pilot.app.screen.query_one(tab, RowList).move_to(seat)
    await settle(pilot)


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[messages.Place]:
    """The places that the screen asked for, none of which is gone to."""
    places: list[messages.Place] = []
    monkeypatch.setattr(GroupScreen, "go", lambda _, place: places.append(place))
    return places


# --------------------------------------------------------------------- what is shown


async def test_members_have_progress_and_badge_under_a_header(place: Place) -> None:
    async with at_group(place, ROOT) as pilot:
        shown = lines(pilot)
        assert "Home › Sales › Onboarding" in shown[0]
        assert "1 [Members] 2   2 Staff 2   3 Subgroups 1   4 Overview" in screen_text(pilot)
        header = shown[line_of(pilot, "progress")]
        assert header.split() == ["member", "progress", "active", "needs", "review"]
        assert line_of(pilot, "progress") < line_of(pilot, "Ana Brandt") < line_of(pilot, "Ben Kalu")
        assert "● 1" in shown[line_of(pilot, "Ana Brandt")]
        assert "━╌╌╌╌╌  33 %" in shown[line_of(pilot, "Ana Brandt")]
        assert "●" not in shown[line_of(pilot, "Ben Kalu")]
        assert "Maya Okafor" not in screen_text(pilot)


async def test_below_the_subgroups_it_is_said_why_their_numbers_do_not_add_up(place: Place) -> None:
    async with at_group(place, ROOT) as pilot:
        await press(pilot, "3")
        assert "count once" not in screen_text(pilot) and "counts once" not in screen_text(pilot)
        place.school.place(place.ana, place.below)
        await press(pilot, "f5")
        assert "1 person in several groups counts once." in screen_text(pilot)


async def test_staff_have_a_tab_leaders_before_mentors_with_their_roles(place: Place) -> None:
    async with at_group(place, ROOT) as pilot:
        await press(pilot, "2")
        shown = lines(pilot)
        assert "leader ▾" in shown[line_of(pilot, "Maya Okafor")]
        assert line_of(pilot, "Maya Okafor") < line_of(pilot, "Tom Reyes")
        assert "Ana Brandt" not in screen_text(pilot)


async def test_the_cursor_begins_on_the_first_member_with_waiting_work(place: Place) -> None:
    ben = place.seats["Ben"]
    for name in ("Aa Able", "Ab Able"):
        place.school.place(place.school.person(name), place.group)
    async with at_group(place, ROOT) as pilot:
        rows = pilot.app.screen.query_one("#members", RowList)
        assert rows.cursor_key == place.seats["Ana"]
        await press(pilot, "down")
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert rows.cursor_key == ben


async def test_at_80_columns_the_email_goes_and_the_badge_stays(place: Place) -> None:
    async with at_group(place, ROOT, SMALL) as pilot:
        ana = lines(pilot)[line_of(pilot, "Ana Brandt")]
        assert "@" not in ana
        assert "● 1" in ana
        assert "33 %" in ana


async def test_hostile_names_are_shown_as_plain_text(place: Place) -> None:
    place.school.place(place.school.person("[b]x[/] [@click=quit]y\x1b[31m"), place.group)
    async with at_group(place, ROOT) as pilot:
        await pilot.resize_terminal(200, 40)
        await settle(pilot)
        assert "[b]x[/] [@click=quit]y" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)


async def test_a_large_group_is_read_in_windows_and_scrolls_to_its_end(place: Place) -> None:
    for number in range(300):
        place.school.place(place.school.person(f"P Person{number:03}"), place.group)
    async with at_group(place, ROOT) as pilot:
        rows = pilot.app.screen.query_one("#members", RowList)
        assert rows.total == 302
        await press(pilot, "end")
        assert "Person299" in lines(pilot)[rows.region.bottom - 1]
        await press(pilot, "home")
        assert rows.cursor_key == place.seats["Ana"]


async def test_the_list_is_narrowed_down_as_one_types_and_escape_shows_everything(place: Place) -> None:
    async with at_group(place, ROOT) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "bran")
        assert "Ana Brandt" in screen_text(pilot)
        assert "Ben Kalu" not in screen_text(pilot)
        await type_text(pilot, "xx")
        assert "Nothing here matches “branxx”" in screen_text(pilot)
        await press(pilot, "enter", "escape")
        assert isinstance(pilot.app.screen, GroupScreen)
        assert "Ben Kalu" in screen_text(pilot)


async def test_the_groups_below_have_a_tab_and_open(place: Place, went: list[messages.Place]) -> None:
    async with at_group(place, ROOT) as pilot:
        await press(pilot, "3")
        assert "Buddies" in screen_text(pilot)
        await press(pilot, "enter")
        assert went == [messages.GroupPlace(place.below)]


async def test_a_course_of_the_overview_leads_to_what_waits_in_it_here(place: Place) -> None:
    async with at_group(place, MAYA, tab="overview") as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, QueueScreen)
        assert pilot.app.screen.queue_view.line == "course:Python group:Onboarding"
        assert "1 item " in screen_text(pilot)


async def test_an_empty_group_says_so_and_what_to_do(place: Place) -> None:
    place.group = place.below
    async with at_group(place, ROOT) as pilot:
        assert "This group has no members yet." in screen_text(pilot)
        assert "a adds people." in screen_text(pilot)
        await press(pilot, "right_square_bracket")
        assert "This group has no mentors or leaders yet." in screen_text(pilot)
        await press(pilot, "right_square_bracket")
        assert "This group has no subgroups." in screen_text(pilot)


async def test_a_group_that_only_its_subgroups_have_people_of_says_where_they_are(place: Place) -> None:
    place.group = place.school.group("Schools")
    place.school.group("Lower School", place.group)
    async with at_group(place, ROOT) as pilot:
        assert "This group has no members yet. Its subgroups are under 3." in screen_text(pilot)
        await press(pilot, "3")
        assert "Lower School" in screen_text(pilot)


async def test_a_mentor_is_told_of_no_groups_below_but_ones_own(place: Place) -> None:
    async with at_group(place, TOM, tab="subgroups") as pilot:
        assert "This group has no subgroups that you lead or mentor." in screen_text(pilot)
        assert "Buddies" not in screen_text(pilot)


async def test_a_group_deleted_by_somebody_else_is_left_with_a_word(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        group_deletion.delete(place.school.actor(None), place.group, 1, Subgroups.MOVE_UP)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert not isinstance(pilot.app.screen, GroupScreen)
        assert "Not found" in said(pilot)


# ----------------------------------------------------------------------- going on


async def test_enter_opens_the_profile_and_r_what_waits(place: Place, went: list[messages.Place]) -> None:
    async with at_group(place, MAYA) as pilot:
        await cursor_on(pilot, place.seats["Ana"])
        await press(pilot, "enter", "r")
        assert went == [
            messages.MemberPlace(place.ana, "activity", place.group),
            messages.MemberPlace(place.ana, "review", place.group),
        ]


async def test_a_click_on_the_badge_leads_to_what_waits(place: Place, went: list[messages.Place]) -> None:
    async with at_group(place, MAYA) as pilot:
        y = line_of(pilot, "Ana Brandt")
        await pilot.click(offset=(lines(pilot)[y].index("●"), y))
        await settle(pilot)
        assert went == [messages.MemberPlace(place.ana, "review", place.group)]


async def test_ones_own_profile_is_not_offered_and_the_screen_says_why(
    place: Place, went: list[messages.Place]
) -> None:
    async with at_group(place, MAYA, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Maya"])
        await press(pilot, "enter")
        assert went == []
        assert "You cannot review your own work" in said(pilot)


# ------------------------------------------------------------------------- rights


async def test_a_mentor_is_offered_no_more_than_following_the_members(place: Place) -> None:
    async with at_group(place, TOM) as pilot:
        screen = pilot.app.screen
        for action in ("add_members", "manage", "new_group", "role", "group_menu"):
            assert screen.check_action(action, ()) is False
        assert "… More" not in screen_text(pilot)
        await press(pilot, "2")
        assert "▾" not in lines(pilot)[line_of(pilot, "Maya Okafor")]
        await press(pilot, "1")
        await cursor_on(pilot, place.seats["Ana"])
        await press(pilot, "full_stop")
        assert menu_lines(pilot) == ["Open profile", "Review ● 1"]


async def test_a_mentor_cannot_open_the_leader_and_is_told_why(
    place: Place, went: list[messages.Place]
) -> None:
    async with at_group(place, TOM, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Maya"])
        await press(pilot, "enter")
        assert went == []
        assert "Mentors follow the members of a group" in said(pilot)


async def test_staff_cannot_be_removed_and_the_menu_offers_the_step_before(place: Place) -> None:
    async with at_group(place, ROOT, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Tom"])
        await press(pilot, "full_stop")
        shown = menu_lines(pilot)
        after = shown.index("Remove from group…")
        assert "Make this mentor a member first, then remove them:" in shown[after + 1]
        assert shown[after + 2] == "Make member"
        await press(pilot, "down", "down", "enter")
        assert isinstance(pilot.app.screen, Menu)
        await press(pilot, "down", "enter", "enter")
        assert place.role("Tom") == Role.MEMBER
        await press(pilot, "1")
        await cursor_on(pilot, place.seats["Tom"])
        await press(pilot, "full_stop", "end", "enter")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "shift+tab", "enter")
        assert place.role("Tom") is None


# -------------------------------------------------------------------------- roles


async def test_a_role_is_chosen_confirmed_and_changed(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        await cursor_on(pilot, place.seats["Ben"])
        await press(pilot, "e")
        assert menu_lines(pilot) == ["Member", "Mentor", "Leader"]
        await press(pilot, "down", "enter")
        assert "Make Ben Kalu a mentor of Onboarding?" in screen_text(pilot)
        assert place.role("Ben") == Role.MEMBER
        await press(pilot, "enter")
        assert place.role("Ben") == Role.MENTOR
        await press(pilot, "2")
        assert "mentor ▾" in lines(pilot)[line_of(pilot, "Ben Kalu")]


async def test_a_click_on_a_role_opens_its_menu(place: Place) -> None:
    async with at_group(place, ROOT, tab="staff") as pilot:
        y = line_of(pilot, "Tom Reyes")
        await pilot.click(offset=(lines(pilot)[y].index("mentor"), y))
        await settle(pilot)
        assert menu_lines(pilot) == ["Member", "Mentor", "Leader"]


async def test_a_leader_is_warned_before_giving_up_the_last_way_in(place: Place) -> None:
    async with at_group(place, MAYA, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Maya"])
        await press(pilot, "e", "home", "enter")
        assert "This is your only access" in screen_text(pilot)
        # Nobody but others could undo it: a stray Enter stays.
        await press(pilot, "enter")
        assert place.role("Maya") == Role.LEADER


async def test_an_admin_is_not_warned_of_what_they_do_not_give_up(place: Place) -> None:
    async with at_group(place, ROOT, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Maya"])
        await press(pilot, "e", "home", "enter")
        assert "only access" not in screen_text(pilot)


async def test_a_role_changed_meanwhile_is_not_overwritten_and_the_list_shows_it(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        await cursor_on(pilot, place.seats["Ben"])
        await press(pilot, "e", "down", "enter")
        members.change_role(place.school.actor(None), place.seats["Ben"], Role.MEMBER, Role.LEADER)
        await press(pilot, "enter")
        assert place.role("Ben") == Role.LEADER
        assert "Changed by somebody else" in said(pilot)
        await press(pilot, "2")
        assert "leader ▾" in lines(pilot)[line_of(pilot, "Ben Kalu")]


async def test_what_one_may_do_follows_a_role_lost_meanwhile(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        members.change_role(place.school.actor(None), place.seats["Maya"], Role.LEADER, Role.MENTOR)
        pilot.app.store_changed()  # type: ignore[attr-defined]
        await settle(pilot)
        assert pilot.app.screen.check_action("add_members", ()) is False
        await press(pilot, "2")
        assert "▾" not in screen_text(pilot)


# ------------------------------------------------------------------- the group itself


async def test_a_group_made_below_is_under_the_cursor_on_its_tab(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        await press(pilot, "n")
        await type_text(pilot, "Autumn")
        await press(pilot, "ctrl+s", "escape")
        rows = pilot.app.screen.query_one("#subgroups", RowList)
        assert rows.display
        row = rows.cursor_row
        assert row is not None
        assert row.cells[0] == "Autumn"


async def test_the_menu_of_the_group_is_reached_by_mouse_and_key(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        y = line_of(pilot, "… More")
        await pilot.click(offset=(lines(pilot)[y].index("… More") + 3, y))
        await settle(pilot)
        assert menu_lines(pilot) == ["Add members", "New subgroup", "Manage…"]
        await press(pilot, "escape", "M", "enter")
        assert isinstance(pilot.app.screen, AddMembers)


async def test_a_group_below_has_a_menu_of_its_own(place: Place) -> None:
    async with at_group(place, MAYA, tab="subgroups") as pilot:
        await press(pilot, "full_stop")
        assert menu_lines(pilot) == ["Open", "Add members", "New subgroup", "Manage…"]
        await press(pilot, "end", "enter")
        assert isinstance(pilot.app.screen, ManageGroup)
        assert pilot.app.screen.group_id == place.below


async def test_removing_a_member_is_asked_and_their_work_stays(place: Place) -> None:
    async with at_group(place, MAYA) as pilot:
        await cursor_on(pilot, place.seats["Ana"])
        await press(pilot, "full_stop", "end", "enter")
        assert "Remove Ana Brandt from Onboarding?" in screen_text(pilot)
        await press(pilot, "enter")
        assert place.role("Ana") == Role.MEMBER
        await press(pilot, "full_stop", "end", "enter", "shift+tab", "enter")
        assert place.role("Ana") is None
        assert "Ana Brandt was removed from Onboarding" in said(pilot)
        assert "Ana Brandt" not in "\n".join(lines(pilot)[4:30])


async def test_the_menu_of_roles_opens_on_the_role_somebody_has(place: Place) -> None:
    async with at_group(place, ROOT, tab="staff") as pilot:
        await cursor_on(pilot, place.seats["Tom"])
        await press(pilot, "e")
        assert pilot.app.screen.query_one(RowList).cursor_key == Role.MENTOR
        shown = screen_text(pilot).splitlines()
        assert [line for line in shown if "✓" in line and "Mentor" in line]
        await press(pilot, "enter")
        assert place.role("Tom") == Role.MENTOR
        assert not isinstance(pilot.app.screen, Confirm)
