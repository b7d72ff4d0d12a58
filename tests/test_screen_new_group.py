"""New group: what is filled in, what is refused and where, and what comes next."""

from __future__ import annotations

import re
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, TextArea

from screens.community.screen import CommunityScreen
from screens.dialogs.ask import Choose, Menu
from screens.group.add_members import AddMembers
from screens.group.new_group import NewGroup
from screens.places import CommunityPlace, GroupPlace
from screens.widgets.group_tree import GroupTree
from screens.widgets.list.row_list import RowList
from store import database, errors, group_deletion, groups
from store.models import Group
from store.permissions import OPERATOR
from store.views import Actor
from store.views.arranging import GroupDetail, Subgroups
from store.views.groups import Role
from tests.helpers.app import SMALL, muster, notices, press, running, screen_text, settle, type_fast
from tests.helpers.school import School

ROOT = "root@x.example"
LEA = "lea@x.example"


@pytest.fixture
def sales(school: School) -> int:
    """Sales with EMEA below it, led by Lea, and Support beside; returns the id of EMEA."""
    school.person("Root Admin", email=ROOT, admin=True)
    lea = school.person("Lea Ito", email=LEA)
    top = school.group("Sales")
    school.group("Support")
    school.place(lea, top, Role.LEADER)
    return school.group("EMEA", top)


def made() -> list[tuple[Any, ...]]:
    """Name, slug, description and parent of every group, the newest first."""
    with database.reading():
        columns = (Group.name, Group.slug, Group.description, Group.parent)
        return database.rows(Group.select(*columns).where(Group.active).order_by(Group.id.desc()))


def value(pilot: Pilot[Any], name: str) -> str:
    """What stands in a line of the dialog."""
    return pilot.app.screen.query_one(f"#{name}", Input).value


def parent(pilot: Pilot[Any]) -> str:
    """Where the dialog says that the group goes."""
    return str(pilot.app.screen.query_one("#parent", Button).label)


def choices(pilot: Pilot[Any]) -> list[str]:
    """The lines of the list or menu on top."""
    rows = pilot.app.screen.query_one(RowList)
    found = [rows.row_number(index) for index in range(rows.total)]
    return [str(getattr(row.cells[0], "text", row.cells[0])) for row in found if row]


async def test_a_subgroup_is_made_from_the_menu_of_a_row_and_shown_there(sales: int) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "right", "down", "full_stop", "down", "down", "enter")
        assert parent(pilot) == "Sales › EMEA  ▾"
        await type_fast(pilot, "New people")
        await press(pilot, "enter")
        assert made()[0] == ("New people", "new-people", "", sales)
        assert isinstance(pilot.app.screen, Menu)
        assert choices(pilot) == ["Add members", "Open the group", "Done"]
        tree = pilot.app.screen_stack[-2].query_one(GroupTree)
        assert tree.group is not None
        assert tree.group.name == "New people"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, AddMembers)


async def test_the_new_group_is_shown_where_a_filter_hid_it(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "slash")
        await type_fast(pilot, "emea")
        await press(pilot, "enter", "n")
        await type_fast(pilot, "Elsewhere")
        await press(pilot, "ctrl+s", "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
        group = pilot.app.screen.group
        assert group is not None
        assert group.name == "Elsewhere"
        assert "Support" in screen_text(pilot)


async def test_the_next_step_may_be_the_group_itself(sales: int, monkeypatch: pytest.MonkeyPatch) -> None:
    app = muster(ROOT)
    asked: list[object] = []

    async def go_to(place: object) -> None:
        asked.append(place)

    async with running(app, at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Open me")
        await press(pilot, "enter")
        monkeypatch.setattr(app, "go_to", go_to)
        await press(pilot, "down", "enter")
    with database.reading():
        newest = database.rows(Group.select(Group.id).order_by(Group.id.desc()).limit(1))[0][0]
    assert asked == [GroupPlace(newest)]


async def test_everything_can_be_filled_in(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Field")
        await press(pilot, "tab", "enter")
        assert isinstance(pilot.app.screen, Choose)
        assert choices(pilot) == ["Top level", "Sales", "Sales › EMEA", "Support"]
        await type_fast(pilot, "emea")
        await press(pilot, "enter")
        assert parent(pilot) == "Sales › EMEA  ▾"
        await press(pilot, "tab", "end")
        await type_fast(pilot, "-west")
        await press(pilot, "tab")
        await type_fast(pilot, "First line")
        await press(pilot, "enter")
        await type_fast(pilot, "second")
        await press(pilot, "ctrl+s")
    assert made()[0] == ("Field", "field-west", "First line\nsecond", sales)


async def test_the_top_level_is_found_by_its_name(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n", "tab", "enter")
        await type_fast(pilot, "top")
        assert choices(pilot) == ["Top level"]
        await type_fast(pilot, "s")
        assert choices(pilot) == []
        assert "No group has this name." in screen_text(pilot)
        await press(pilot, "backspace", "enter")
        assert parent(pilot) == "Top level  ▾"


async def test_a_leader_is_told_that_no_group_of_theirs_has_the_name(sales: int) -> None:
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        await press(pilot, "n", "tab", "enter")
        await type_fast(pilot, "top")
        assert "No group you lead has this name." in screen_text(pilot)


async def test_enter_right_after_typing_chooses_what_was_typed_for(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n", "tab", "enter")
        await pilot.press("s", "u", "p", "p", "enter")
        await settle(pilot)
        assert parent(pilot) == "Support  ▾"


async def test_an_admin_may_choose_the_top_level(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "full_stop", "down", "down", "enter")
        assert parent(pilot) == "Sales  ▾"
        await type_fast(pilot, "Alumni")
        await press(pilot, "tab", "enter")
        row = pilot.app.screen.query_one(RowList).cursor_row
        assert row is not None and str(row.cells[0]) == "Sales", "where it goes now"
        await press(pilot, "up", "enter")
        assert parent(pilot) == "Top level  ▾"
        await press(pilot, "ctrl+s")
    assert made()[0] == ("Alumni", "alumni", "", None)


async def test_a_new_group_starts_at_the_top_level_wherever_the_cursor_is(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "down", "n")
        assert parent(pilot) == "Top level  ▾"


async def test_a_leader_chooses_among_the_groups_they_lead_and_no_top_level(
    sales: int, school: School
) -> None:
    lea = school.person("Two Places", email="two@x.example")
    school.place(lea, sales, Role.LEADER)
    school.place(lea, school.group("Mentored"), Role.MENTOR)
    async with running(muster("two@x.example")) as pilot:
        await press(pilot, "c", "end", "n")
        assert parent(pilot) == "Choose a group  ▾"
        assert not pilot.app.screen.query("#slug")
        await type_fast(pilot, "EMEA")
        await press(pilot, "enter")
        assert "Choose a group to put it under." in screen_text(pilot)
        assert made()[0][0] == "Mentored"
        await press(pilot, "enter")
        assert choices(pilot) == ["EMEA"]
        await press(pilot, "enter", "ctrl+s")
    name, slug, *rest = made()[0]
    assert (name, rest) == ("EMEA", ["", sales])
    # At random, whether or not another group has the slug: a number would tell of it.
    assert re.fullmatch(r"emea-[0-9b-z]{6}", slug)


async def test_the_slug_follows_the_name_until_it_was_edited(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "EMEA")
        assert value(pilot, "slug") == "emea-2"
        await press(pilot, "tab", "tab", "end", "backspace", "backspace")
        await type_fast(pilot, "-north")
        await press(pilot, "shift+tab", "shift+tab", "end")
        await type_fast(pilot, " South")
        assert value(pilot, "slug") == "emea-north"
        await press(pilot, "tab", "tab", "ctrl+u", "shift+tab", "shift+tab", "end")
        await type_fast(pilot, "!")
        assert value(pilot, "slug") == "emea-south"


async def test_a_slug_that_was_only_suggested_and_is_taken_meanwhile_does_not_stand_in_the_way(
    sales: int,
) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Alumni")
        groups.create(OPERATOR, "Alumni")
        await press(pilot, "ctrl+s")
    assert [row[1] for row in made()[:2]] == ["alumni-2", "alumni"]


@pytest.mark.parametrize(("name", "said"), [("   ", "empty"), ("x" * 10_000, "10,000 characters")])
async def test_a_name_that_cannot_be_kept_is_refused_where_it_is_typed(
    sales: int, name: str, said: str
) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        pilot.app.screen.query_one("#name", Input).value = name
        await press(pilot, "enter")
        assert said in screen_text(pilot)
        assert value(pilot, "name") == name
        assert pilot.app.focused is pilot.app.screen.query_one("#name")
    assert len(made()) == 3


async def test_a_slug_that_is_taken_or_none_is_refused_where_it_is_typed(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "New")
        for slug, said in (("emea", "has the slug emea already"), ("No Slug", "lower-case letters")):
            pilot.app.screen.query_one("#slug", Input).value = slug
            await press(pilot, "ctrl+s")
            assert said in screen_text(pilot)
        assert value(pilot, "name") == "New"
    assert len(made()) == 3


async def test_a_description_that_is_too_long_is_refused_where_it_is_typed(sales: int) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "New")
        pilot.app.screen.query_one(TextArea).text = "y" * 2_001
        await press(pilot, "ctrl+s")
        assert "2,001 characters" in screen_text(pilot)
    assert len(made()) == 3


async def test_a_full_disk_is_told_and_what_was_typed_stays(
    sales: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise errors.DiskFullError("There is no room left.")

    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Precious")
        with monkeypatch.context() as patch:
            patch.setattr(groups, "create", full)
            await press(pilot, "ctrl+s")
        assert "There is no room left." in notices(pilot)
        assert value(pilot, "name") == "Precious"
        await press(pilot, "ctrl+s")
    assert made()[0][0] == "Precious"


async def test_a_parent_that_went_meanwhile_is_told_where_it_was_chosen(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "right", "down", "full_stop", "down", "down", "enter")
        await type_fast(pilot, "Orphan")
        group_deletion.delete(OPERATOR, sales, 1, Subgroups.MOVE_UP)
        await press(pilot, "ctrl+s")
        assert "No such group" in screen_text(pilot)
        assert value(pilot, "name") == "Orphan"
        await press(pilot, "enter", "enter", "ctrl+s")
    assert made()[0] == ("Orphan", "orphan", "", None)


async def test_pressing_twice_makes_one_group(sales: int) -> None:
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Once")
        dialog = pilot.app.screen
        assert isinstance(dialog, NewGroup)
        dialog.action_create()
        dialog.action_create()
        await pilot.press("ctrl+s", "enter")
        await settle(pilot)
        dialog.action_create()
        await settle(pilot)
    assert [row[0] for row in made()].count("Once") == 1


async def test_hostile_names_are_shown_as_they_are(sales: int, school: School) -> None:
    school.group("[red]Loud[/] [@click=app.quit]x", slug="loud")
    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "home", "full_stop", "down", "down", "enter")
        assert parent(pilot) == "[red]Loud[/] [@click=app.quit]x  ▾"
        await press(pilot, "tab", "enter")
        assert "[red]Loud[/] [@click=app.quit]x" in screen_text(pilot)
        await press(pilot, "escape", "shift+tab")
        await type_fast(pilot, "[/][b]Bold")
        await press(pilot, "ctrl+s")
        assert "“[/][b]Bold” was created" in screen_text(pilot)


async def test_esc_makes_nothing(sales: int) -> None:
    async with running(muster(LEA), at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Nothing")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CommunityScreen)
    assert len(made()) == 3


async def test_everything_works_by_mouse(sales: int) -> None:
    async with running(muster(ROOT), SMALL, at=CommunityPlace()) as pilot:
        await press(pilot, "n")
        await type_fast(pilot, "Clicked")
        await pilot.click("#parent")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Choose)
        await pilot.click("#choices", offset=(4, 0))
        await settle(pilot)
        assert parent(pilot) == "Top level  ▾"
        await pilot.click("#create")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Menu)
    assert made()[0] == ("Clicked", "clicked", "", None)


async def test_typing_at_once_does_not_lose_where_the_group_goes(
    sales: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = Event()
    detail = groups.detail

    def slow(actor: Actor, group_id: int) -> GroupDetail:
        assert typed.wait(10)
        return detail(actor, group_id)

    async with running(muster(ROOT), at=CommunityPlace()) as pilot:
        await press(pilot, "right", "down")
        monkeypatch.setattr(groups, "detail", slow)
        await press(pilot, "full_stop", "down", "down")
        await pilot.press("enter", "Q", "u", "i")
        await pilot.pause()
        typed.set()
        await settle(pilot)
        assert parent(pilot) == "Sales › EMEA  ▾"
        assert value(pilot, "slug") == "qui"
