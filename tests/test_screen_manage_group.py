"""Manage group: editing without overwriting others, nesting, and deleting with the questions it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from screens import places
from screens.dialogs.ask import Choose, Confirm
from screens.group.delete import DeleteGroup, its_subgroups, touched
from screens.group.manage import ManageGroup
from screens.group.moves import ONE_WAY
from screens.group.screen import GroupScreen
from screens.widgets.choices import Choices
from screens.widgets.list.row_list import RowList
from screens.widgets.text_box import TextBox
from store import errors, groups
from store.models import Group
from store.views.arranging import DeletionImpact, Subgroups
from store.views.groups import Role
from tests.helpers.app import SMALL, WIDE, muster, press, running, screen_text, settle, type_text
from tests.helpers.school import School
from tui import app

ROOT, MAYA, JO = "root@x.example", "maya.okafor@x.example", "jo.ito@x.example"


@dataclass
class Place:
    """Sales › EMEA › Buddies, and Support. Jo leads Sales, Maya EMEA."""

    school: School
    sales: int
    emea: int
    buddies: int
    support: int
    jo: int

    def words(self, group_id: int) -> tuple[Any, ...] | None:
        return self.school.value(Group, group_id, "name", "slug", "description")

    def parent(self, group_id: int) -> int | None:
        row = self.school.value(Group, group_id, "parent")
        assert row is not None
        return row[0] if row[0] is None else int(row[0])


@pytest.fixture
def place(school: School) -> Place:
    school.person("Root Admin", email=ROOT, admin=True)
    sales = school.group("Sales")
    emea = school.group("EMEA", sales)
    jo = school.person("Jo Ito")
    here = Place(school, sales, emea, school.group("Buddies", emea), school.group("Support"), jo)
    school.place(jo, sales, Role.LEADER)
    school.place(school.person("Maya Okafor"), emea, Role.LEADER)
    school.place(school.person("Ana Brandt"), emea)
    return here


@asynccontextmanager
async def managing(
    place: Place, email: str = ROOT, group: int | None = None, size: tuple[int, int] = WIDE
) -> AsyncIterator[Pilot[Any]]:
    """The dialog over the screen of the group, opened with the key."""
    async with running(muster(email), size, at=places.GroupPlace(group or place.emea)) as pilot:
        await press(pilot, "m")
        assert isinstance(pilot.app.screen, ManageGroup)
        yield pilot


def said(pilot: Pilot[Any]) -> str:
    return "\n".join(f"{note.title} {note.message}" for note in pilot.app._notifications)


def shown_buttons(pilot: Pilot[Any]) -> set[str]:
    return {
        str(button.id)
        for button in pilot.app.screen.query(Button)
        if all(node.display for node in (button, *button.ancestors_with_self) if hasattr(node, "display"))
    }


def buttons_in_sight(pilot: Pilot[Any]) -> set[str]:
    """The ids of the buttons that are wholly in the terminal."""
    screen = pilot.app.screen
    return {
        str(button.id)
        for button in screen.query(Button)
        if screen.region.contains_region(button.region) and f" {button.label} " in screen_text(pilot)
    }


async def retype(pilot: Pilot[Any], name: str, text: str) -> None:
    field = pilot.app.screen.query_one(f"#{name}", Input)
    field.focus()
    field.value = ""
    await type_text(pilot, text)


# ------------------------------------------------------------------------- editing


async def test_name_slug_and_description_are_edited(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        await retype(pilot, "slug", "europe")
        pilot.app.screen.query_one(TextBox).focus()
        await type_text(pilot, "Two")
        await press(pilot, "enter")
        await type_text(pilot, "lines")
        await press(pilot, "ctrl+s")
        assert place.words(place.emea) == ("Europe", "europe", "Two\nlines")
        assert isinstance(pilot.app.screen, GroupScreen)
        assert "Sales › Europe" in screen_text(pilot)


async def test_what_the_store_refuses_is_said_in_place_and_stays_typed(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "slug", "Not A Slug")
        await press(pilot, "ctrl+s")
        assert "A slug is lower-case letters" in screen_text(pilot)
        assert pilot.app.screen.query_one("#slug", Input).value == "Not A Slug"
        await type_text(pilot, "x")
        assert "A slug is lower-case letters" not in screen_text(pilot)
        await retype(pilot, "slug", "sales")
        await press(pilot, "ctrl+s")
        assert "Another group has the slug sales already." in screen_text(pilot)
        await retype(pilot, "slug", "emea")
        pilot.app.screen.query_one(TextBox).text = "x" * 2_001
        await press(pilot, "ctrl+s")
        assert "The description has 2,001 characters" in screen_text(pilot)
        assert place.words(place.emea) == ("EMEA", "emea", "")


async def test_a_full_disk_keeps_what_was_typed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise errors.DiskFullError("No room is left on the disk.")

    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        monkeypatch.setattr(groups, "edit", full)
        await press(pilot, "ctrl+s")
        assert "The disk is full" in said(pilot)
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        monkeypatch.undo()
        await press(pilot, "ctrl+s")
        assert place.words(place.emea) == ("Europe", "emea", "")


async def test_it_is_not_left_while_it_saves_and_a_refusal_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def full(*_: object, **__: object) -> None:
        go_on.wait(20)
        raise errors.DiskFullError("No room is left on the disk.")

    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        monkeypatch.setattr(groups, "edit", full)
        await pilot.press("ctrl+s", "escape")
        assert isinstance(pilot.app.screen, ManageGroup)
        go_on.set()
        await settle(pilot)
        assert "The disk is full" in said(pilot)
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"


async def test_leaving_with_something_typed_is_asked_about(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Confirm)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        await press(pilot, "escape", "enter")
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        await press(pilot, "escape", "shift+tab", "enter")
        assert isinstance(pilot.app.screen, GroupScreen)
        assert place.words(place.emea) == ("EMEA", "emea", "")


# ----------------------------------------------------------------------- conflicts


def edited_by_jo(place: Place, **changes: str) -> None:
    jo = place.school.actor(place.jo)
    before = groups.detail(jo, place.emea)
    values = {"name": before.name, "description": before.description, **changes}
    groups.edit(jo, place.emea, before.version, **values)


async def test_a_conflict_shows_both_and_loses_neither(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        edited_by_jo(place, name="Old world", description="Their words")
        await press(pilot, "ctrl+s")
        text = screen_text(pilot)
        assert "was edited by Jo Ito" in text
        assert "now: Old world" in text
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        # What was not typed in is taken over, so that saving does not undo it.
        assert pilot.app.screen.query_one(TextBox).text == "Their words"
        assert place.words(place.emea) == ("Old world", "emea", "Their words")
        await press(pilot, "ctrl+s")
        assert place.words(place.emea) == ("Europe", "emea", "Their words")


async def test_after_a_conflict_theirs_can_be_taken(place: Place) -> None:
    async with managing(place, size=SMALL) as pilot:
        await retype(pilot, "name", "Europe")
        edited_by_jo(place, name="Old world")
        await press(pilot, "ctrl+s", "shift+f6")
        assert pilot.app.screen.query_one("#name", Input).value == "Old world"
        assert "now: " not in screen_text(pilot)
        assert pilot.app.screen.check_action("take_theirs", ()) is False


async def test_a_move_that_came_second_is_refused_and_what_was_typed_stays(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        edited_by_jo(place, description="Their words")
        await press(pilot, "f12", "enter")
        assert place.parent(place.emea) == place.sales
        assert "was edited by Jo Ito" in screen_text(pilot)
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        assert pilot.app.screen.query_one(TextBox).text == "Their words"


# -------------------------------------------------------------------------- nesting


async def test_a_group_is_nested_under_another_found_by_typing(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "ctrl+g")
        assert isinstance(pilot.app.screen, Choose)
        # Not itself and nothing below it; the cursor is on the group that it is in.
        rows = pilot.app.screen.query_one(RowList)
        assert place.sales in {row.key for row in map(rows.row_number, range(rows.total)) if row}
        assert not {place.emea} & {row.key for row in map(rows.row_number, range(rows.total)) if row}
        assert rows.cursor_key == place.sales
        await type_text(pilot, "supp")
        await press(pilot, "enter")
        assert "Move EMEA under Support?" in screen_text(pilot)
        await press(pilot, "enter")
        assert place.parent(place.emea) == place.support
        assert "Support › EMEA" in screen_text(pilot)


async def test_a_group_is_taken_to_the_top_level(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "f12", "enter")
        assert place.parent(place.emea) is None
        assert isinstance(pilot.app.screen, GroupScreen)


async def test_moving_keeps_what_was_typed_and_it_can_still_be_saved(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        await press(pilot, "f12", "enter")
        assert place.parent(place.emea) is None
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        assert pilot.app.screen.check_action("to_top", ()) is False
        await press(pilot, "ctrl+s")
        assert place.words(place.emea) == ("Europe", "emea", "")


# --------------------------------------------------------------------------- rights


async def test_only_what_the_rights_allow_is_offered(place: Place) -> None:
    offered = {}
    for email in (ROOT, JO, MAYA):
        async with managing(place, email) as pilot:
            offered[email] = shown_buttons(pilot)
            for action, button in (("to_top", "to-top"), ("nest", "nest"), ("delete", "delete")):
                assert pilot.app.screen.check_action(action, ()) is (button in offered[email])
    assert offered[ROOT] == {"save", "cancel", "digest", "nest", "to-top", "delete"}
    assert offered[JO] == {"save", "cancel", "digest", "nest", "delete"}
    assert offered[MAYA] == {"save", "cancel", "digest", "delete"}


async def test_a_leader_is_offered_no_slug_and_keeps_it_on_saving(place: Place) -> None:
    async with managing(place, JO) as pilot:
        assert not pilot.app.screen.query_one("#field-slug").display
        assert "Slug" not in screen_text(pilot)
        await retype(pilot, "name", "Europe")
        await press(pilot, "ctrl+s")
        assert place.words(place.emea) == ("Europe", "emea", "")


@pytest.mark.parametrize("email", [ROOT, JO])
async def test_a_leader_is_told_before_a_group_leaves_the_top_level_for_good(
    place: Place, email: str
) -> None:
    place.school.place(place.jo, place.support, Role.LEADER)
    async with managing(place, email, place.support) as pilot:
        await press(pilot, "ctrl+g")
        await type_text(pilot, "buddies")
        await press(pilot, "enter")
        assert (ONE_WAY in screen_text(pilot)) is (email == JO)
        await press(pilot, "enter")
        assert place.parent(place.support) is not None
        assert ("Press u to undo" in said(pilot)) is (email == ROOT)


# ------------------------------------------------------------------------- deleting


async def test_deleting_says_what_is_touched_and_wants_the_name(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "f8")
        assert isinstance(pilot.app.screen, DeleteGroup)
        text = screen_text(pilot)
        assert "What should happen to its subgroup?" in text
        assert "(•) move up to Sales" in text
        assert "2 people will be removed from this group." in text
        button = pilot.app.screen.query_one("#do", Button)
        await press(pilot, "tab")
        await type_text(pilot, "EME")
        await press(pilot, "enter")
        assert button.disabled
        await type_text(pilot, "A")
        assert not button.disabled
        await press(pilot, "enter")
        assert place.words(place.emea) is None
        assert place.parent(place.buddies) == place.sales


async def test_after_deleting_the_screen_of_the_group_closes_without_an_error(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "f8", "tab")
        await type_text(pilot, "EMEA")
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, GroupScreen)
        assert len(pilot.app.screen_stack) == 1
        assert "EMEA was deleted" in said(pilot)
        assert "Not found" not in said(pilot)


async def test_groups_below_are_deleted_too_when_that_is_chosen(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "f8", "right")
        assert "2 groups will be deleted, and 2 people removed from them." in screen_text(pilot)
        assert "Delete 2 groups" in screen_text(pilot)
        await press(pilot, "tab")
        await type_text(pilot, "EMEA")
        await press(pilot, "enter")
        assert place.words(place.emea) is None
        assert place.words(place.buddies) is None
        assert place.words(place.sales) is not None


async def test_an_empty_group_is_deleted_without_typing_but_not_by_a_stray_enter(place: Place) -> None:
    async with managing(place, group=place.support) as pilot:
        await press(pilot, "f8")
        assert not pilot.app.screen.query("#typed, Choices")
        await press(pilot, "enter")
        assert place.words(place.support) is not None
        await press(pilot, "f8", "shift+tab", "enter")
        assert place.words(place.support) is None


async def test_a_leader_is_warned_of_losing_sight_of_what_is_below(place: Place) -> None:
    async with managing(place, MAYA) as pilot:
        await press(pilot, "f8")
        warning = pilot.app.screen.query_one("#gives-up", Static)
        assert "You see its subgroups only because you lead this group" in screen_text(pilot)
        # Nothing is left to lose sight of when they go as well.
        pilot.app.screen.query_one(Choices).value = Subgroups.DELETE
        await settle(pilot)
        assert not warning.display


async def test_the_longest_question_fits_a_small_screen_and_a_wrong_name_is_told(place: Place) -> None:
    async with managing(place, MAYA, size=SMALL) as pilot:
        await press(pilot, "f8")
        assert "What should happen to" in screen_text(pilot)
        assert {"do", "cancel"} <= buttons_in_sight(pilot)
        await press(pilot, "tab")
        await type_text(pilot, "EMEA?")
        await press(pilot, "enter")
        assert "That is not its name. Type EMEA" in screen_text(pilot)
        assert {"do", "cancel"} <= buttons_in_sight(pilot)
        await press(pilot, "backspace")
        assert "That is not its name" not in screen_text(pilot)
        assert place.words(place.emea) is not None


async def test_the_admin_is_not_warned(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "f8")
        assert not pilot.app.screen.query("#gives-up")


async def test_a_hostile_name_is_shown_plain_and_confirmed_as_it_is_shown(place: Place) -> None:
    name = "[red]x[/] [@click=app.quit]y"
    hostile = place.school.group(f"{name}\x1b[31m", slug="hostile")
    place.school.place(place.school.person("Ben Kalu"), hostile)
    async with managing(place, group=hostile) as pilot:
        await press(pilot, "f8")
        assert f"Type {name} to confirm" in screen_text(pilot)
        pilot.app.screen.query_one("#typed", Input).value = name
        await settle(pilot)
        assert not pilot.app.screen.query_one("#do", Button).disabled


@pytest.mark.parametrize(
    ("impact", "subgroups", "text"),
    [
        ((0, 0, 0), Subgroups.MOVE_UP, "Nobody is in this group."),
        ((0, 5, 2), Subgroups.MOVE_UP, "Nobody is in the group itself."),
        ((1, 5, 2), Subgroups.MOVE_UP, "1 person will be removed from this group."),
        ((1, 5, 2), Subgroups.DELETE, "3 groups will be deleted, and 5 people removed from them."),
        ((0, 0, 2), Subgroups.DELETE, "3 groups will be deleted. Nobody is in them."),
    ],
)
def test_what_a_deletion_touches_in_words(
    impact: tuple[int, int, int], subgroups: Subgroups, text: str
) -> None:
    people, people_below, below = impact
    found = DeletionImpact("G", people, people_below, below, below, parent_name=None, gives_up_access=False)
    assert touched(found, subgroups).startswith(text)


@pytest.mark.parametrize(
    ("subgroups", "below", "said"),
    [
        (1, 1, "its subgroup"),
        (2, 2, "its 2 subgroups"),
        (2, 8, "its 2 subgroups and the 6 groups below them"),
        (1, 2, "its subgroup and the 1 group below it"),
    ],
)
def test_subgroups_are_counted_as_their_list_counts_them(subgroups: int, below: int, said: str) -> None:
    impact = DeletionImpact("G", 0, 0, subgroups, below, parent_name=None, gives_up_access=False)
    assert its_subgroups(impact) == said


async def test_the_weekly_digest_is_turned_on_and_off_and_what_was_typed_stays(place: Place) -> None:
    async with managing(place) as pilot:
        await retype(pilot, "name", "Europe")
        await press(pilot, "ctrl+f")
        assert place.school.value(Group, place.emea, "digest") == (True,)
        assert "sent to its mentors and leaders" in screen_text(pilot)
        assert pilot.app.screen.query_one("#name", Input).value == "Europe"
        await press(pilot, "ctrl+f", "ctrl+s")
        assert place.school.value(Group, place.emea, "digest", "name") == (False, "Europe")


async def test_saving_without_a_change_says_so(place: Place) -> None:
    async with managing(place) as pilot:
        await press(pilot, "ctrl+s")
        assert "Nothing was changed." in said(pilot)
        assert "saved" not in said(pilot)
        assert {line[0] for line in place.school.audit_lines()} <= {"session.start"}


async def test_words_over_the_screen_go_with_the_next_key_once_they_could_be_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "GLANCE", 1_000.0)
    async with managing(place) as pilot:
        await retype(pilot, "name", "EMEA and Africa")
        await press(pilot, "ctrl+s")
        assert "EMEA and Africa was saved." in said(pilot)
        await press(pilot, "down")
        assert "EMEA and Africa was saved." in said(pilot), "typed before anybody could read it"
        monkeypatch.setattr(app, "GLANCE", -1.0)
        await press(pilot, "down")
        assert said(pilot) == ""
