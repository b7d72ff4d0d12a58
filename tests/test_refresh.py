"""Who reads again when somebody writes: only those who show something of what was changed."""

from __future__ import annotations

import select
from collections.abc import Callable
from threading import Event

import pytest

from screens.base import MusterScreen
from screens.places import (
    AuditLogPlace,
    HomePlace,
    KeysPlace,
    MyActionsPlace,
    Place,
    QueuePlace,
    StoreChanged,
)
from store import groups, settings
from store.change_watch import ANYTHING, ChangeWatch
from store.permissions import OPERATOR
from store.review import claims, drafts, replies, reviews
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.undo import undo
from store.views.drafts import Typed
from store.views.settings import Thresholds
from store.views.states import Decision
from tests.helpers.app import muster, running, settle
from tests.helpers.mentored import TOM
from tests.helpers.school import School, counting
from tests.test_remote import Away, public_key
from tui import refresh
from tui.driver import ExitEvent
from tui.refresh import Presence
from tui.ssh import watchdog


@pytest.fixture
def away(school: School, monkeypatch: pytest.MonkeyPatch) -> Away:
    # Tests say themselves what has changed.
    monkeypatch.setattr(refresh, "watch", lambda *_: None)
    return Away(school)


def review(away: Away) -> None:
    reviews.save(away.root, away.work[0], 1, Decision.RETURN, feedback="Again, please")


def undo_it(away: Away) -> None:
    review(away)
    action = undo.last(away.root)
    assert action is not None
    undo.undo(away.root, action.line_id)


def keep_reply(away: Away) -> None:
    replies.add(away.root, "Thanks", "Thank you.")


def add_key(away: Away) -> None:
    ssh_keys.add(away.root, public_key(9))


def type_and_claim(away: Away) -> None:
    claims.hold(away.root, away.work[0])
    drafts.keep(away.root, away.work[0], 1, Typed("", "Again"))


def come_in(away: Away) -> None:
    sessions.end(away.come_in())


def move_thresholds(away: Away) -> None:
    settings.change(OPERATOR, Thresholds(), Thresholds(inactive_days=3))


def add_group(away: Away) -> None:
    groups.create(OPERATOR, "New")


HAPPENS: list[Callable[[Away], None]] = [
    review,
    undo_it,
    keep_reply,
    add_key,
    type_and_claim,
    come_in,
    move_thresholds,
    add_group,
]


@pytest.mark.parametrize("happens", HAPPENS)
def test_it_is_told_of_which_kind_a_change_is(away: Away, happens: Callable[[Away], None]) -> None:
    watch = ChangeWatch()
    before = watch.news()
    assert watch.kinds == ANYTHING
    happens(away)
    known: dict[Callable[[Away], None], set[str]] = {
        review: {"review"},
        undo_it: {"review", "completion"},
        keep_reply: {"reply"},
        add_key: {"key"},
        move_thresholds: {"setting"},
        add_group: {"group"},
    }
    kinds = known.get(happens)
    assert (watch.news() != before) is (kinds is not None)
    assert watch.kinds == (kinds or ANYTHING)
    watch.close()


WORK = (review, undo_it, move_thresholds, add_group)
READ_AT: dict[Place, tuple[Callable[[Away], None], ...]] = {
    HomePlace(): WORK,
    QueuePlace(): WORK,
    KeysPlace(): (*WORK, keep_reply, add_key),
    MyActionsPlace(): (*WORK, keep_reply, add_key),
}


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("place", READ_AT, ids=lambda place: type(place).__name__)
async def test_only_what_shows_something_of_the_kind_is_read_again(
    away: Away, monkeypatch: pytest.MonkeyPatch, place: Place, happens: Callable[[Away], None]
) -> None:
    # What is told is told below, once, and what a program does by itself once it has settled is not counted.
    monkeypatch.setattr("tui.app.SETTLING_SECONDS", 60)
    app = muster(TOM)
    async with running(app, at=place) as pilot:
        watch, told = ChangeWatch(), list[frozenset[str]]()
        before = watch.news()
        happens(away)
        if watch.news() != before:
            told.append(watch.kinds)
        watch.close()
        with counting(monkeypatch) as counted:
            for kinds in told:
                app.post_message(StoreChanged(kinds))
            await settle(pilot)
            assert (counted.count > 0) is (happens in READ_AT[place])


async def test_what_lies_underneath_is_read_again_once_it_is_in_front(away: Away) -> None:
    app = muster(TOM)
    async with running(app) as pilot:
        await app.go_to(KeysPlace())
        await settle(pilot)
        home = app.screen_stack[0]
        assert isinstance(home, MusterScreen)
        for kinds, is_stale in ((frozenset({"key", "reply"}), False), (frozenset({"key", "review"}), True)):
            app.store_changed(kinds)
            assert home._stale is is_stale


@pytest.mark.parametrize("place", [AuditLogPlace(), KeysPlace(everybody=True)])
async def test_of_a_change_of_which_nothing_is_known_everybody_reads(
    away: Away, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    app = muster("root.admin@x.example")
    async with running(app, at=place) as pilot:
        with counting(monkeypatch) as counted:
            app.post_message(StoreChanged(ANYTHING))
            await settle(pilot)
            assert counted.count > 0


def test_who_was_away_is_told_at_once_when_they_are_back(school: School) -> None:
    stop, presence = Event(), Presence()
    told: list[frozenset[str]] = []

    def changed(kinds: frozenset[str]) -> None:
        told.append(kinds)
        if len(told) == 1:
            groups.create(OPERATOR, "New")
            presence._last_input -= refresh.AWAY_AFTER + 1
            assert presence.pause(1) == refresh.AWAY_SECONDS
            presence.pressed()
            assert presence.pause(1) == 1
        else:
            stop.set()
            presence.returned.set()

    # It would wait for ever.
    refresh.watch(stop, changed, lambda: 1e6, at_once=presence.returned)
    assert told == [ANYTHING, {"group"}]


def test_a_key_of_somebody_who_is_there_brings_no_check(school: School) -> None:
    presence = Presence()
    presence.pressed()
    assert not presence.returned.is_set()


def test_whether_a_session_may_go_on_is_asked_only_after_what_may_have_ended_it(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "line_is_gone", lambda: False)
    checked: list[object] = []
    monkeypatch.setattr(sessions, "check", checked.append)
    monkeypatch.setattr(sessions, "note", lambda *_: None)
    happened = iter((type_and_claim, keep_reply, review, add_key, add_group, None))
    numbers: list[int] = []

    class Stop(Event):
        def wait(self, timeout: float | None = None) -> bool:
            numbers.append(len(checked))
            happens = next(happened) if len(numbers) > 1 else lambda _: None
            if happens is None:
                return True
            happens(away)
            return False

    class Watched:
        ending = None
        actor = away.come_in()

        def remember_screens(self) -> None:
            pass

    watchdog.SessionWatch(Watched(), lambda: False).run(Stop())  # type: ignore[arg-type]
    # The first time it is asked in any case, then after the key and after the group.
    assert numbers == [0, 1, 1, 1, 1, 2, 3]


def test_the_end_wakes_who_waits_for_the_terminal() -> None:
    event = ExitEvent()

    def is_seen() -> bool:
        return bool(select.select([event], [], [], 0)[0])

    for _ in range(2):
        assert not is_seen()
        event.set()
        event.set()
        assert is_seen()
        event.clear()
        event.clear()
    assert not is_seen()
