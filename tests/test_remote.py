"""A session over SSH from within: it opens where one left, ends when it may not go on, and leads nowhere."""

from __future__ import annotations

import base64
import codecs
import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from screens.community.screen import CommunityScreen
from screens.home.screen import HomeScreen
from screens.places import (
    AuditLogPlace,
    CommunityPlace,
    GroupPlace,
    HomePlace,
    KeysPlace,
    MemberPlace,
    Place,
    QueuePlace,
    ReviewPlace,
    SessionsPlace,
)
from screens.queue.screen import QueueScreen
from screens.review.screen import ReviewScreen
from screens.widgets.text_box import TextBox
from store import clock, preferences, settings
from store.models import User
from store.models.access import SessionRow
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.queue import QueueView
from store.views.settings import SessionLimits
from tests.helpers.app import WIDE, choose, notices, press, running, screen_text, settle, type_text
from tests.helpers.mentored import Mentored
from tests.helpers.school import School
from tui import navigation
from tui.session import Session
from tui.ssh import watchdog
from tui.ssh.app import RemoteApp
from tui.ssh.left_open import LEFT
from tui.terminal import MOST_COLUMNS, MOST_LINES


def public_key(number: int = 0) -> str:
    """A line that is a key, of which nobody has the private half."""
    kind, raw = b"ssh-ed25519", bytes([number]) * 32
    blob = struct.pack(">I", len(kind)) + kind + struct.pack(">I", len(raw)) + raw
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} key {number}"


class Away(Mentored):
    """Tom comes in over SSH; work of Ana's waits for him."""

    def __init__(self, school: School) -> None:
        super().__init__(school)
        self.steps = school.course("Writing", (20.0, 10.0))
        school.enrol(self.ana, school.course_of(self.steps[0]))
        self.work = [school.work(self.ana, step) for step in self.steps]
        self.root = school.actor(school.person("Root Admin", admin=True))
        self.key = ssh_keys.add(school.actor(self.tom), public_key())

    def come_in(self) -> Actor:
        return sessions.begin(self.key.id, "192.0.2.7")


@pytest.fixture
def away(school: School, noon: object, monkeypatch: pytest.MonkeyPatch) -> Away:
    monkeypatch.setattr(watchdog, "line_is_gone", lambda: False)
    # Tests look themselves whether the session may go on.
    monkeypatch.setattr(watchdog, "CHECK_SECONDS", 1_000)
    return Away(school)


def app_for(actor: Actor) -> RemoteApp:
    return RemoteApp(Session.of(actor))


def app_of(pilot: Pilot[Any]) -> RemoteApp:
    app = pilot.app
    assert isinstance(app, RemoteApp)
    return app


# ------------------------------------------------------------------- where one left


async def test_it_opens_where_the_line_dropped_with_the_same_item_and_the_draft(away: Away) -> None:
    async with running(app_for(away.come_in())) as pilot:
        await press(pilot, "Q", "s", "enter", "ctrl+n")
        await type_text(pilot, "7")
        await press(pilot, "tab")
        await type_text(pilot, "Half a thought")
        await app_of(pilot).draft_writer.drain()
        shown = pilot.app.screen
        assert isinstance(shown, ReviewScreen)
        place = shown.place
        app_of(pilot).leaving.remember_screens()
    async with running(app_for(away.come_in())) as pilot:
        shown = pilot.app.screen
        assert isinstance(shown, ReviewScreen)
        assert shown.place == place
        assert shown.query_one(TextBox).text == "Half a thought"
        await press(pilot, "escape")
        below = pilot.app.screen
        assert isinstance(below, QueueScreen)
        assert below.queue_view == QueueView(sort="person")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_keys_pressed_before_one_is_back_are_for_where_one_left(away: Away) -> None:
    actor = away.come_in()
    preferences.put(actor, LEFT, [navigation.written(ReviewPlace(away.ana, away.steps[0]))])
    app = app_for(actor)
    async with app.run_test(size=WIDE) as pilot:
        for key in ("tab", "tab", "w", "e"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert app.screen.query_one(TextBox).text == "we"


async def test_a_session_that_nobody_looks_at_reads_again_less_often(away: Away) -> None:
    app = app_for(away.come_in())
    async with running(app) as pilot:
        assert app.presence.pause(1) == 1
        app.presence._last_input -= 61
        assert app.presence.pause(1) > 1
        await press(pilot, "down")
        assert app.presence.pause(1) == 1


async def test_what_is_not_there_any_more_is_left_out(away: Away) -> None:
    actor = away.come_in()
    kept: list[object] = ["nonsense", {"kind": "Group", "group_id": "1"}]
    gone = (MemberPlace(999), GroupPlace(999), ReviewPlace(away.ana, 999), CommunityPlace("people"))
    kept += [navigation.written(place) for place in gone]
    preferences.put(actor, LEFT, kept)
    async with running(app_for(actor)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, CommunityScreen)
        assert screen.tab == "people"


@pytest.mark.parametrize(
    "place",
    [
        HomePlace(),
        CommunityPlace("people"),
        GroupPlace(3, "overview"),
        MemberPlace(4, "review", 3),
        QueuePlace(QueueView("course:x", "step", by_step=True)),
        ReviewPlace(4, 5, QueueView(user_id=4), 3),
        KeysPlace(4),
        KeysPlace(everybody=True),
        SessionsPlace(),
        AuditLogPlace("action:review since:7d"),
    ],
)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert navigation.read(navigation.written(place)) == place


# ------------------------------------------------------------------ whether it goes on


async def guard(pilot: Pilot[Any]) -> None:
    """One look of the guard."""
    app_of(pilot).watchdog.check_once()
    await settle(pilot)


END: dict[str, tuple[Callable[[Away, Actor], object], str]] = {
    "an admin ended it": (
        lambda away, actor: sessions.end_other(away.root, actor.session_id or 0),
        "Root Admin",
    ),
    "its key was revoked": (lambda away, actor: ssh_keys.revoke(away.root, away.key.id), "revoked"),
    "its person was deactivated": (
        lambda away, actor: away.school.change(User, away.tom, active=False),
        "no longer active",
    ),
}


@pytest.mark.parametrize("why", END)
async def test_a_session_that_may_not_go_on_says_so_and_shows_nothing_more(away: Away, why: str) -> None:
    end, said = END[why]
    actor = away.come_in()
    app = app_for(actor)
    async with running(app) as pilot:
        end(away, actor)
        await guard(pilot)
    assert said in (app.return_value or "")
    assert app.return_code == 1


async def test_who_does_nothing_is_warned_and_then_let_go_with_everything_kept(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.change(away.root, SessionLimits(), SessionLimits(idle_minutes=10))
    app = app_for(away.come_in())
    async with running(app) as pilot:
        await guard(pilot)
        assert notices(pilot) == []
        monkeypatch.setattr(app.watchdog, "_last_input", app.watchdog._last_input - 9.5 * 60)
        await guard(pilot)
        assert "ends in a minute" in notices(pilot)[-1]
        # Any key keeps it.
        await press(pilot, "down")
        await guard(pilot)
        monkeypatch.setattr(app.watchdog, "_last_input", app.watchdog._last_input - 11 * 60)
        await guard(pilot)
    assert "away for 10 min" in (app.return_value or "")


async def test_others_see_since_when_somebody_does_nothing(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_for(away.come_in())
    async with running(app) as pilot:
        monkeypatch.setattr(app.watchdog, "_last_input", app.watchdog._last_input - 5 * 60)
        monkeypatch.setattr(app.watchdog, "_noted", app.watchdog._noted - 100)
        await guard(pilot)
        (row,) = sessions.listing(away.root)
    assert timedelta(minutes=4) < clock.now() - row.idle_since < timedelta(minutes=6)


# --------------------------------------------------------------------------- no way out


async def test_nothing_of_the_machine_is_given_away(away: Away) -> None:
    app = app_for(away.come_in())
    async with running(app) as pilot:
        for forbidden in (
            lambda: app.deliver_text("x"),
            lambda: app.deliver_binary("x"),
            lambda: app.deliver_screenshot(),
            lambda: app.save_screenshot("x"),
        ):
            with pytest.raises(PermissionError):
                forbidden()
        with pytest.raises(PermissionError), app.suspend():
            pass
        for harmless in ("screenshot", "suspend_process", "command_palette", "change_theme"):
            await app.run_action(f"app.{harmless}")
            await settle(pilot)
        app.open_url("https://x.example")
        assert isinstance(app.screen, HomeScreen)


async def test_a_report_goes_into_a_folder_of_ones_own_and_into_the_clipboard(
    away: Away, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("MUSTER_HOST", "school.example")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 5000 192.0.2.1 2222")
    key = ssh_keys.add(away.root, public_key(1))
    app = app_for(sessions.begin(key.id, "192.0.2.7"))
    async with running(app, WIDE) as pilot:
        await press(pilot, "c", "f9")
        await choose(pilot, "Groups report…")
        assert "written on the server" in screen_text(pilot)
        assert str(tmp_path) not in screen_text(pilot)
        await press(pilot, "enter")
        shown = screen_text(pilot)
    (written,) = (tmp_path / "reports" / str(away.root.user_id)).iterdir()
    assert written.stat().st_mode & 0o077 == 0
    assert written.parent.stat().st_mode & 0o077 == 0
    assert written.read_bytes().startswith(codecs.BOM_UTF8)
    assert app._clipboard == written.read_bytes()[len(codecs.BOM_UTF8) :].decode().replace("\r\n", "\n")
    assert "@school.example report groups --excel > " in " ".join(shown.replace("│", " ").split())
    assert "ssh -p 2222 " in shown
    assert "clipboard" in shown


def test_a_session_that_was_silent_is_taken_to_be_gone(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = away.come_in()
    later = clock.now() + sessions.GONE_AFTER + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert sessions.listing(away.root) == ()
    away.come_in()
    assert away.school.value(SessionRow, actor.session_id or 0, "reason") == ("",)
    over = clock.now() + sessions.OVER_AFTER
    monkeypatch.setattr(clock, "now", lambda: over)
    away.come_in()
    assert away.school.value(SessionRow, actor.session_id or 0, "reason") == ("The connection was lost.",)


async def test_no_more_is_drawn_than_a_terminal_can_have(away: Away) -> None:
    app = app_for(away.come_in())
    async with running(app) as pilot:
        app.post_message(events.Resize(Size(65_535, 65_535), Size(65_535, 65_535)))
        await settle(pilot)
        assert app.size == app.screen.size == Size(MOST_COLUMNS, MOST_LINES)
        assert isinstance(app.screen, HomeScreen)
