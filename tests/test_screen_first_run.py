"""The form that an empty database opens with."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from screens.home.screen import HomeScreen
from store import account, database, errors, setup, signing_in
from store.models import User
from tests.helpers.app import SMALL, notices, press, running, screen_text, type_text
from tests.helpers.school import School
from tui.app import MusterApp


async def test_the_form_makes_the_account_and_its_admin_and_goes_on_to_home(base: Path) -> None:
    async with running(MusterApp(), SMALL) as pilot:
        for text in ("Sunny Side", "Ana", "Brandt", "Ana@Sunny.example"):
            await type_text(pilot, text)
            await press(pilot, "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
        assert "Sunny Side" in screen_text(pilot)
    assert account.get().name == "Sunny Side"
    assert signing_in.sign_in("ana@sunny.example").name == "Ana Brandt"


async def test_what_is_wrong_is_said_under_its_field_and_nothing_typed_is_lost(base: Path) -> None:
    async with running(MusterApp(), SMALL) as pilot:
        for text in ("Sunny Side", "Ana", "Brandt", "not an email"):
            await type_text(pilot, text)
            await press(pilot, "enter")
        assert "is not an email address" in screen_text(pilot)
        assert pilot.app.screen.query_one("#account", Input).value == "Sunny Side"
        assert isinstance(pilot.app.focused, Input) and pilot.app.focused.id == "email"
        assert not account.exists()


async def test_a_name_of_only_spaces_is_refused(base: Path) -> None:
    async with running(MusterApp(), SMALL) as pilot:
        await type_text(pilot, "   ")
        await press(pilot, "ctrl+s")
        assert "name is empty" in screen_text(pilot)


async def test_a_full_disk_is_said_and_what_was_typed_stays(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise errors.DiskFullError("There is no room left on the disk. Make some, then try again.")

    monkeypatch.setattr(setup, "create", full)
    async with running(MusterApp(), SMALL) as pilot:
        await type_text(pilot, "Sunny Side")
        await press(pilot, "ctrl+s")
        assert any("no room left" in told for told in notices(pilot))
        assert pilot.app.screen.query_one("#account", Input).value == "Sunny Side"


async def test_after_an_import_without_admins_the_account_keeps_its_people(school: School) -> None:
    school.person("Ben Ito", email="ben@x.example")
    async with running(MusterApp(None, "Northfield"), SMALL) as pilot:
        assert "no admin yet" in screen_text(pilot)
        for text in ("Ben", "Ito", "ben@x.example"):
            await type_text(pilot, text)
            await press(pilot, "enter")
        assert isinstance(pilot.app.screen, HomeScreen)
    with database.reading():
        assert User.select().count() == 1


async def test_control_characters_in_a_paste_do_not_come_in(base: Path) -> None:
    async with running(MusterApp(), SMALL) as pilot:
        field = pilot.app.screen.query_one("#account", Input)
        field.insert_text_at_cursor("Sun\x1b]52;c;AAAA\x07ny\u202e Side[/]")
        await press(pilot, "tab")
        assert "\x1b" not in field.value and "\u202e" not in field.value
        assert "[/]" in screen_text(pilot)
