"""How screens reach the store: nothing is left half told."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest
from textual import events
from textual.app import ComposeResult
from textual.widgets import Input, Static

from screens.base import Dialog, MusterScreen
from screens.places import CommunityPlace, GroupPlace, HomePlace
from store import errors, group_deletion, groups
from store.change_watch import ChangeWatch
from store.permissions import OPERATOR
from store.views.arranging import Subgroups
from tests.helpers.app import muster, notices, press, running, screen_text, settle, type_text
from tests.helpers.school import School
from tui import refresh
from tui.notices import tell_of_outage

ROOT = "root@x.example"


class Writing(Dialog[None]):
    """A dialog that writes as soon as it stands."""

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self._call = call

    def compose(self) -> ComposeResult:
        yield Static("writing")

    def on_mount(self) -> None:
        self.write(self._call)


async def test_a_dialog_is_not_left_while_it_writes_and_a_refusal_is_always_told(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    go_on = Event()

    def full() -> None:
        go_on.wait(20)
        raise errors.DiskFullError("There is no room left on the disk.")

    app = muster(ROOT)
    async with running(app, home=False) as pilot:
        dialog = Writing(full)
        await app.push_screen(dialog)
        await pilot.pause()
        await pilot.press("escape")
        await app.go_to(CommunityPlace())
        assert app.screen is dialog
        go_on.set()
        await settle(pilot)
        assert notices(pilot) == ["There is no room left on the disk."]
        await press(pilot, "escape")
        assert app.screen is not dialog


async def test_a_fault_of_the_program_is_told_and_the_program_goes_on(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    app = muster(ROOT)
    told: list[BaseException] = []
    monkeypatch.setattr(app, "unexpected", told.append)

    def broken() -> None:
        raise ValueError("a fault of the program's own")

    async with running(app, home=False) as pilot:
        await app.push_screen(Writing(broken))
        await settle(pilot)
        assert [type(error) for error in told] == [ValueError]
        await press(pilot, "escape")
        assert app.is_running


@pytest.mark.parametrize("fails", [0, 1, 3])
def test_the_watcher_outlives_a_database_that_is_away(
    school: School, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    left = [fails]
    watch = ChangeWatch

    def broken() -> ChangeWatch:
        if left[0]:
            left[0] -= 1
            raise errors.BusyError("Another program is writing.")
        return watch()

    stop = Event()
    told: list[int] = []

    def changed() -> None:
        told.append(1)
        if len(told) == 1:
            groups.create(OPERATOR, "New")
        else:
            stop.set()

    monkeypatch.setattr(refresh, "ChangeWatch", broken)
    monkeypatch.setattr(refresh, "SECONDS", 0.01)
    refresh.watch(stop, lambda kinds: changed())
    assert len(told) == 2


async def test_what_was_pressed_is_done_once_a_server_that_went_away_is_back(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    monkeypatch.setattr("store.database.RETRY_SECONDS", 0.01)
    left = [2]

    def create() -> None:
        if left[0]:
            left[0] -= 1
            raise errors.LostError("The server cannot be reached.")
        groups.create(OPERATOR, "New")

    app = muster(ROOT)
    async with running(app, home=False) as pilot:
        await app.push_screen(Writing(create))
        await settle(pilot)
        assert left == [0]
        assert "cannot be reached" not in screen_text(pilot)
    assert [option.path[-1].name for option in groups.options(OPERATOR)] == ["New"]


async def test_what_was_kept_before_the_server_went_away_is_not_done_twice(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    monkeypatch.setattr("store.database.RETRY_SECONDS", 0.01)

    def create() -> None:
        groups.create(OPERATOR, "New")
        raise errors.LostError("The server cannot be reached.")

    app = muster(ROOT)
    async with running(app, home=False) as pilot:
        await app.push_screen(Writing(create))
        await settle(pilot)
        assert "The server cannot be reached." in notices(pilot)
    assert [option.path[-1].name for option in groups.options(OPERATOR)] == ["New"]


async def test_every_screen_says_that_the_server_is_away_until_it_is_back(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    app = muster(ROOT)
    async with running(app) as pilot:
        tell_of_outage(app, True)
        await settle(pilot)
        assert "The database cannot be reached." in screen_text(pilot)
        await app.go_to(CommunityPlace())
        await settle(pilot)
        assert "The database cannot be reached." in screen_text(pilot)
        tell_of_outage(app, False)
        await settle(pilot)
        assert "The database cannot be reached." not in screen_text(pilot)
        await press(pilot, "escape")
        assert "The database cannot be reached." not in screen_text(pilot)


def test_the_watcher_tells_when_a_server_goes_away_and_when_it_is_back(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    stop = Event()
    looks = iter([False, True, True, False])
    news = ChangeWatch.news

    def look(watch: ChangeWatch) -> int:
        is_away = next(looks, None)
        if is_away is None:
            stop.set()
        if is_away:
            raise errors.LostError("The server cannot be reached.")
        return news(watch)

    monkeypatch.setattr(ChangeWatch, "news", look)
    monkeypatch.setattr(refresh, "SECONDS", 0.01)
    refresh.watch(stop, lambda kinds: told.append("changed"), lambda: 0.0, lost=told.append)
    assert told == ["changed", True, False, "changed"]


async def test_of_two_keys_at_once_only_the_first_opens_a_dialog(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    school.group("Sales")
    app = muster(ROOT)
    async with running(app, at=CommunityPlace()) as pilot:
        app.post_message(events.Key("m", "m"))
        app.post_message(events.Key("a", "a"))
        await settle(pilot)
        assert [type(screen).__name__ for screen in app.screen_stack][2:] == ["ManageGroup"]


async def test_what_is_typed_stays_when_the_thing_behind_a_dialog_goes(school: School) -> None:
    root = school.actor(school.person("Root Admin", email=ROOT, admin=True))
    group = school.group("Sales")
    app = muster(ROOT)
    async with running(app, at=GroupPlace(group)) as pilot:
        await press(pilot, "m")
        dialog = app.screen
        await type_text(pilot, " and more")
        group_deletion.delete(root, group, 1, Subgroups.MOVE_UP)
        app.store_changed()
        await settle(pilot)
        assert app.screen is dialog
        assert dialog.query_one("#name", Input).value == "Sales and more"
        await press(pilot, "escape", "tab", "enter")
        await press(pilot, "escape")
        assert [screen.place for screen in app.screen_stack if isinstance(screen, MusterScreen)] == [
            HomePlace()
        ]


async def test_a_terminal_that_is_too_small_can_be_left(school: School) -> None:
    school.person("Root Admin", email=ROOT, admin=True)
    app = muster(ROOT)
    async with running(app, (40, 10)) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
