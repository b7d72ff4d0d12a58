"""Keys, sessions and the audit log, as somebody goes through them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from screens.audit_log.line import ShowLine
from screens.audit_log.screen import AuditLogScreen
from screens.dialogs.ask import Confirm, Menu
from screens.home.screen import HomeScreen
from screens.member.screen import MemberScreen
from screens.places import AuditLogPlace, CommunityPlace, HomePlace, KeysPlace, MemberPlace, SessionsPlace
from screens.sessions import SessionsScreen
from screens.ssh_keys.add_key import AddKey
from screens.ssh_keys.screen import KeysScreen
from screens.widgets.text_box import TextBox
from screens.widgets.text_pane import Reading
from store import clock, database, people, settings, signing_in
from store.audit import audit
from store.models import AuditLine
from store.permissions import OPERATOR
from store.ssh import keys as ssh_keys
from store.ssh import public_keys, sessions
from store.views import Actor
from store.views.settings import SessionLimits, Thresholds
from tests.helpers.app import (
    SMALL,
    WIDE,
    choose,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    settle,
    type_text,
)
from tests.helpers.keys import block, ed25519, on, rsa
from tests.helpers.school import School
from tui.app import MusterApp

ROOT, ANA = "root.admin@x.example", "ana.brandt@x.example"
HOSTILE = "[/] [@click=app.quit]x[/]"


@pytest.fixture
def people_of(school: School, noon: datetime) -> tuple[int, int]:
    return school.person("Root Admin", admin=True), school.person("Ana Brandt")


def over_ssh(email: str, actor: Actor) -> MusterApp:
    """The program for somebody who came in by a key."""
    app = muster(email)
    assert app.session is not None
    app.session.actor = actor
    return app


def words(pilot: Pilot[Any]) -> str:
    """What is on screen as running text, without frames."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


# ---------------------------------------------------------------------------- keys


async def test_somebody_without_keys_reads_what_to_do_and_pastes_one(people_of: tuple[int, int]) -> None:
    async with running(muster(ANA), SMALL, home=False) as pilot:
        await press(pilot, "f10")
        await choose(pilot, "My SSH keys")
        assert isinstance(pilot.app.screen, KeysScreen)
        assert "You have no keys yet." in screen_text(pilot)
        assert "ssh-keygen -t ed25519" in screen_text(pilot)
        assert "All keys" not in screen_text(pilot)
        await press(pilot, "a")
        dialog = pilot.app.screen
        assert isinstance(dialog, AddKey)
        dialog.query_one(TextBox).text = ed25519(1, HOSTILE)
        await settle(pilot)
        assert public_keys.parse(ed25519()).fingerprint in words(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, KeysScreen)
        (key,) = ssh_keys.of_everybody(OPERATOR, people_of[1])
        assert (key.name, key.person) == (HOSTILE, "Ana Brandt")
        assert "[/] [@click" in screen_text(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Menu)
        assert key.fingerprint in screen_text(pilot)
        await choose(pilot, "Revoke…")
        assert "It is your only key." in words(pilot)
        await press(pilot, "enter")
        assert ssh_keys.of_everybody(OPERATOR)[0].revoked_at is None, "a stray Enter revokes nothing"
        await press(pilot, "d", "shift+tab", "enter")
        assert ssh_keys.of_everybody(OPERATOR)[0].revoked_at == clock.now()
        assert "revoked 20 Nov" in screen_text(pilot)
        await press(pilot, "d")
        assert isinstance(pilot.app.screen, KeysScreen), "it is revoked already"
        await press(pilot, "full_stop")
        assert "nobody can sign in with it" in screen_text(pilot)


OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n"
PUTTY = "PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\nPrivate-Lines: 1\r\nc2VjcmV0\r\n"
TOLD = "This is a private key. It was not kept, but it has been shown: replace it."


@pytest.mark.parametrize("secret", [OPENSSH, PUTTY])
async def test_a_private_key_is_never_on_the_screen_and_what_stood_there_stays(
    people_of: tuple[int, int], secret: str
) -> None:
    async with running(muster(ANA), SMALL, at=KeysPlace()) as pilot:
        await press(pilot, "a")
        box = pilot.app.screen.query_one(TextBox)
        shown: list[str] = []
        pilot.app.post_display_hook = lambda: shown.append(box.text)  # type: ignore[method-assign]
        await type_text(pilot, "ssh")
        pilot.app.post_message(events.Paste(secret))
        await settle(pilot)
        assert TOLD in words(pilot)
        assert box.text == "ssh" and pilot.app.focused is box
        box.undo()
        await settle(pilot)
        box.undo()
        await settle(pilot)
        assert "c2VjcmV0" not in "".join(shown) + box.text
        # Something else is typed: that was said of other words.
        await type_text(pilot, "x")
        assert TOLD not in words(pilot)
        box.text = secret
        await settle(pilot)
        assert box.text == "" and TOLD in words(pilot)
        pilot.app.screen.query_one("#name").value = OPENSSH  # type: ignore[attr-defined]
        box.text = ed25519()
        await press(pilot, "ctrl+s")
        assert TOLD in words(pilot)
        assert pilot.app.screen.query_one("#name").value == ""  # type: ignore[attr-defined]
    assert ssh_keys.of_everybody(OPERATOR) == ()


async def test_a_terminal_that_types_what_is_pasted_leaves_nothing_of_a_private_key_either(
    people_of: tuple[int, int],
) -> None:
    async with running(muster(ANA), SMALL, at=KeysPlace()) as pilot:
        await press(pilot, "a")
        box = pilot.app.screen.query_one(TextBox)
        for line in OPENSSH.splitlines():
            await type_text(pilot, line)
            await press(pilot, "enter")
        assert box.text == "" and TOLD in words(pilot)
        # Whoever leaves the box and comes back types what is to be there.
        await press(pilot, "tab", "shift+tab")
        await type_text(pilot, "ssh")
        assert box.text == "ssh"


async def test_putty_s_public_key_is_pasted_and_one_that_was_revoked_is_told(
    people_of: tuple[int, int],
) -> None:
    revoked = ssh_keys.add(OPERATOR, ed25519(), user_id=people_of[1])
    ssh_keys.revoke(OPERATOR, revoked.id)
    async with running(muster(ANA), SMALL, at=KeysPlace()) as pilot:
        await press(pilot, "a")
        pilot.app.post_message(events.Paste(block(ed25519(), 'Comment: "my laptop"').replace("\n", "\r\n")))
        await settle(pilot)
        assert revoked.fingerprint in words(pilot) and "my laptop" in words(pilot)
        await press(pilot, "ctrl+s")
        assert "lets you in from now on. It was revoked on 20 Nov." in " ".join(notices(pilot))
    (added, _) = ssh_keys.of_everybody(OPERATOR)
    assert (added.name, added.fingerprint) == ("my laptop", revoked.fingerprint)


async def test_what_is_refused_is_said_at_the_field(
    people_of: tuple[int, int],
) -> None:
    async with running(muster(ANA), SMALL, at=KeysPlace()) as pilot:
        await press(pilot, "a", "ctrl+s")
        box = pilot.app.screen.query_one(TextBox)
        assert "There is no key in it." in words(pilot)
        box.text = rsa(2048)
        await settle(pilot)
        assert "There is no key in it." not in words(pilot)
        await press(pilot, "ctrl+s")
        assert "This RSA key has 2,048 bits" in words(pilot)
        assert box.text == rsa(2048), "what was typed stays"
        box.text = ed25519()
        pilot.app.screen.query_one("#name").value = "x" * 201  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        assert "201 characters" in words(pilot)
        await press(pilot, "escape")
        assert ssh_keys.of_everybody(OPERATOR) == ()


async def test_an_admin_sees_and_revokes_anybody_s_keys(people_of: tuple[int, int]) -> None:
    _, ana = people_of
    on(ana, 1, "2001:db8::7"), on(ana, 2)
    async with running(muster(ROOT), WIDE, at=CommunityPlace("people")) as pilot:
        await press(pilot, "end", "full_stop")
        await choose(pilot, "SSH keys")
        assert isinstance(pilot.app.screen, KeysScreen)
        assert pilot.app.screen.place in (KeysPlace(people_of[0]), KeysPlace(ana))
        await open_place(pilot, MemberPlace(ana))
        await press(pilot, "K")
        assert pilot.app.screen.place == KeysPlace(ana)
        assert "Home › Ana Brandt › Keys" in screen_text(pilot)
        assert "2001:db8::7" in screen_text(pilot)
        await press(pilot, "a")
        assert "Add a key of Ana Brandt" in screen_text(pilot)
        pilot.app.screen.query_one(TextBox).text = ed25519(3, "phone")
        await press(pilot, "ctrl+s", "o")
        assert "Home › All SSH keys" in screen_text(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "phone")
        assert "key 1" not in screen_text(pilot)
        await press(pilot, "enter", "d")
        assert "Revoke “phone” of Ana Brandt?" in words(pilot)
        await press(pilot, "shift+tab", "enter", "escape")
        assert [key.name for key in ssh_keys.of_everybody(OPERATOR) if key.revoked_at] == ["phone"]
        await press(pilot, "slash")
        await type_text(pilot, "zzz")
        assert "No key here matches “zzz”." in screen_text(pilot)
        await press(pilot, "escape", "full_stop")
        await choose(pilot, "Open Ana Brandt's profile")
        assert isinstance(pilot.app.screen, MemberScreen)


async def test_the_screens_for_admins_are_not_there_for_others(
    school: School, people_of: tuple[int, int]
) -> None:
    async with running(muster(ANA), SMALL, home=False) as pilot:
        await press(pilot, "f10")
        assert "My SSH keys" in screen_text(pilot)
        assert not any(word in screen_text(pilot) for word in ("Sessions", "Audit log"))
        await press(pilot, "escape")
        for place in (SessionsPlace(), AuditLogPlace(), KeysPlace(everybody=True), KeysPlace(people_of[0])):
            await open_place(pilot, place)
            assert isinstance(pilot.app.screen, HomeScreen), place
        assert all("Not found" in told for told in notices(pilot))


# ------------------------------------------------------------------------ sessions


async def test_an_admin_sees_who_is_on_and_ends_one(
    people_of: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, ana = people_of
    me, theirs = on(root, 1, "192.0.2.1"), on(ana, 2, "2001:db8::7")
    async with running(over_ssh(ROOT, me), WIDE, home=False) as pilot:
        await press(pilot, "f10")
        await choose(pilot, "Sessions")
        screen = pilot.app.screen
        assert isinstance(screen, SessionsScreen)
        rows = [line for line in screen_text(pilot).splitlines() if "192.0.2.1" in line or "db8" in line]
        assert ["this one" in line for line in rows] == [True, False]
        assert "Ana Brandt" in rows[1]
        assert "now" in rows[1]
        # Time passes, Ana does something else: the screen looks again by itself.
        noon = clock.now()
        monkeypatch.setattr(clock, "now", lambda: noon + timedelta(minutes=4))
        sessions.note(theirs, noon)
        sessions.note(me, clock.now())
        screen.read_again()
        await settle(pilot)
        assert "4 min" in screen_text(pilot)
        await press(pilot, "end", "enter")
        assert "2001:db8::7" in screen_text(pilot)
        await choose(pilot, "End the session…")
        assert isinstance(pilot.app.screen, Confirm)
        assert "revoke it to keep them out" in words(pilot)
        await press(pilot, "shift+tab", "enter")
        assert [one.person for one in sessions.listing(OPERATOR)] == ["Root Admin"]
        assert notices(pilot)[-1] == "The session of Ana Brandt was ended."
        await press(pilot, "d")
        assert "End your own session?" in words(pilot)
        await press(pilot, "shift+tab", "enter")
    assert pilot.app.return_value == "Root Admin ended your session."


async def test_who_is_no_admin_any_more_does_not_see_who_is_on(
    school: School, people_of: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    school.person("Olu Admin", admin=True)
    async with running(muster(ROOT), SMALL, at=SessionsPlace()) as pilot:
        assert "Nobody is signed in over SSH." in screen_text(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, SessionsScreen)
        people.edit(OPERATOR, people_of[0], admin=False)
        screen.read_again()
        await settle(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)


# ----------------------------------------------------------------------- audit log


@pytest.fixture
def log(people_of: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Three hundred lines by Ana, one by Root over SSH; whoever looks leaves none."""
    monkeypatch.setattr(signing_in, "note_sign_in", lambda _: None)
    root, ana = people_of
    with database.writing():
        for number in range(300):
            audit.write(Actor(ana, "Ana Brandt"), "user.edit", "user", ana, after={"number": number})
    me = on(root)
    ssh_keys.add(me, ed25519(2), HOSTILE)
    return people_of


async def test_an_admin_looks_through_the_log_and_narrows_it_down(log: tuple[int, int]) -> None:
    async with running(muster(ROOT), WIDE, home=False) as pilot:
        await press(pilot, "f10")
        await choose(pilot, "Audit log")
        screen = pilot.app.screen
        assert isinstance(screen, AuditLogScreen)
        assert "303 lines · newest first" in screen_text(pilot)
        assert "192.0.2.7" in screen_text(pilot), "in the pane, for want of room in the list"
        await press(pilot, "G", "enter")
        assert "number: 0" in screen_text(pilot)
        await press(pilot, "escape", "slash")
        await type_text(pilot, "action:key")
        assert "2 lines" in screen_text(pilot)
        await type_text(pilot, " since:soon")
        assert "say 7d" not in screen_text(pilot), "not while it is being typed"
        await press(pilot, "enter")
        assert "say 7d, 12h, 2w" in screen_text(pilot)
        assert "2 lines" in screen_text(pilot), "what can be read so far stays"
        await press(pilot, *["backspace"] * 4)
        await type_text(pilot, "1h")
        await press(pilot, "enter")
        assert screen.here == AuditLogPlace("action:key since:1h")
        await press(pilot, "full_stop")
        await choose(pilot, "Only by Root Admin")
        assert "1 line ·" in screen_text(pilot)
        assert screen.line == 'action:key since:1h person:"Root Admin"'
        await press(pilot, "F", "end", "p")
        assert isinstance(pilot.app.screen, MemberScreen)
        await press(pilot, "escape", "slash")
        await type_text(pilot, "person:zzz")
        await press(pilot, "enter")
        assert "Nothing matches this filter." in screen_text(pilot)


async def test_the_log_shows_who_comes_in_by_itself(log: tuple[int, int]) -> None:
    async with running(muster(ROOT), WIDE, at=AuditLogPlace()) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, AuditLogScreen)
        screen.read_again()
        await settle(pilot)
        before = screen_text(pilot)
        on(log[0], 9)
        screen.read_again()
        await settle(pilot)
        assert screen_text(pilot) != before


async def test_a_line_is_shown_in_full_as_plain_text(log: tuple[int, int]) -> None:
    async with running(muster(ROOT), WIDE, at=AuditLogPlace()) as pilot:
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ShowLine)
        told = pilot.app.screen.query_one(Reading).text()
        assert f"name: {HOSTILE}" in told
        assert "created_at: 2026-11-20 12:00:00 UTC" in told
        assert "192.0.2.7" in told
        assert public_keys.parse(ed25519()).fingerprint in told
        assert "was changed since" not in told
        await press(pilot, "escape")
        with database.writing():
            AuditLine.update(after="{broken \x1b[2J").where(AuditLine.id == 303).execute()
        await press(pilot, "enter")
        told = pilot.app.screen.query_one(Reading).text()
        assert "{broken" in told
        assert "\x1b" not in told
        assert "This line was changed since it was written" in told


async def test_a_filter_that_was_kept_and_cannot_be_read_shows_everything(log: tuple[int, int]) -> None:
    async with running(muster(ROOT), SMALL, at=AuditLogPlace("action:[b]")) as pilot:
        assert "303 lines" in screen_text(pilot)


# ------------------------------------------------------------------------ settings


async def test_the_limits_of_sessions_stand_beside_the_thresholds(
    school: School, people_of: tuple[int, int]
) -> None:
    async with running(muster(ROOT), SMALL) as pilot:
        await open_place(pilot, HomePlace())
        await press(pilot, "c", "f9")
        await choose(pilot, "Account settings…")
        dialog = pilot.app.screen
        # Somebody else changes what is not touched here: that is no conflict.
        settings.change(OPERATOR, Thresholds(), Thresholds(inactive_days=20))
        dialog.query_one("#idle_minutes").value = "1"  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        assert "Type a number from 2 to 1440." in words(pilot)
        dialog.query_one("#idle_minutes").value = "20"  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        assert settings.get(OPERATOR, SessionLimits) == SessionLimits(idle_minutes=20)
        assert settings.get(OPERATOR, Thresholds) == Thresholds(inactive_days=20)
        await press(pilot, "f9")
        await choose(pilot, "Account settings…")
        settings.change(OPERATOR, SessionLimits(idle_minutes=20), SessionLimits(idle_minutes=25))
        pilot.app.screen.query_one("#at_once").value = "9"  # type: ignore[attr-defined]
        pilot.app.screen.query_one("#inactive_days").value = "3"  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        assert "idle minutes before a session ends: 25" in words(pilot)
        assert settings.get(OPERATOR, Thresholds) == Thresholds(inactive_days=20), "all of it or none"
        await press(pilot, "ctrl+s")
        assert settings.get(OPERATOR, SessionLimits) == SessionLimits(20, 9, 5)
        assert settings.get(OPERATOR, Thresholds) == Thresholds(inactive_days=3)
