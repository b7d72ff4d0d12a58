"""Sessions over SSH: who gets in, how often, and that one which may not go on is over at the next look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import clock, errors, people, settings, signing_in
from store.change_watch import ChangeWatch
from store.permissions import OPERATOR
from store.queue import queue
from store.review import reviews
from store.ssh import keys as ssh_keys
from store.ssh import sessions
from store.views import Actor
from store.views.settings import SessionLimits
from store.views.states import Decision
from tests.helpers.keys import ed25519, on
from tests.helpers.school import School, dump
from tests.helpers.world import World


@pytest.fixture
def ana(school: School) -> int:
    school.person("Root Admin", admin=True)
    return school.person("Ana Brandt")


def limit(**numbers: int) -> None:
    now = settings.get(OPERATOR, SessionLimits)
    settings.change(OPERATOR, now, replace(now, **numbers))


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> datetime:
    """Some time passes."""
    moment = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def test_whoever_comes_in_by_a_key_acts_as_its_person(school: School, ana: int, noon: datetime) -> None:
    actor = on(ana)
    assert (actor.user_id, actor.name, actor.session_id) == (ana, "Ana Brandt", 1)
    assert signing_in.viewer(actor).user_id == ana
    assert school.audit_lines()[-1] == ("session.start", "user", ana, ana)
    (listed,) = sessions.listing(OPERATOR)
    assert (listed.person, listed.address, listed.started_at) == ("Ana Brandt", "192.0.2.7", noon)
    assert not listed.is_own


def test_a_revoked_key_and_one_of_somebody_gone_let_nobody_in(school: School, ana: int) -> None:
    made = ssh_keys.add(OPERATOR, ed25519(), user_id=ana)
    people.deactivate(OPERATOR, ana)
    for key_id in (made.id, 999):
        with pytest.raises(errors.SignedOutError) as caught:
            sessions.begin(key_id, "192.0.2.7")
        assert caught.value.message == sessions.NOT_IN
    people.edit(OPERATOR, ana, active=True)
    ssh_keys.revoke(OPERATOR, made.id)
    with pytest.raises(errors.SignedOutError):
        sessions.begin(made.id, "192.0.2.7")
    assert sessions.listing(OPERATOR) == ()


def test_one_person_is_on_only_so_often_and_those_who_left_do_not_count(ana: int) -> None:
    limit(per_person=2)
    first, second = on(ana, 1), on(ana, 2)
    key = ssh_keys.mine(second)[0].id
    with pytest.raises(errors.ForbiddenError, match="signed in 2 times already"):
        sessions.begin(key, "192.0.2.7")
    sessions.end(first)
    sessions.begin(key, "192.0.2.7")


def test_the_account_has_room_for_only_so_many(school: School, ana: int) -> None:
    limit(at_once=2)
    ben, eve = school.person("Ben Adé"), school.person("Eve Moss")
    made = ssh_keys.add(OPERATOR, ed25519(3), user_id=eve)
    on(ana, 1), on(ben, 2)
    with pytest.raises(errors.ForbiddenError, match="2 people are signed in"):
        sessions.begin(made.id, "192.0.2.7")
    limit(at_once=3)
    assert sessions.begin(made.id, "192.0.2.7").user_id == eve


def test_a_session_that_was_killed_is_gone_after_a_while(
    ana: int, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(per_person=1)
    killed = on(ana)
    key = ssh_keys.mine(killed)[0].id
    later(monkeypatch, seconds=70)
    assert len(sessions.listing(OPERATOR)) == 1
    with pytest.raises(errors.ForbiddenError):
        sessions.begin(key, "192.0.2.7")
    later(monkeypatch, seconds=10)
    assert sessions.listing(OPERATOR) == ()
    second = sessions.begin(key, "192.0.2.7")
    # Nobody could say that they were there: an import had the database to itself, say.
    sessions.check(killed)
    later(monkeypatch, hours=7)
    sessions.end(second)
    sessions.begin(key, "192.0.2.7")
    with pytest.raises(errors.SignedOutError, match="The connection was lost"):
        sessions.check(killed)


def test_one_s_own_session_whose_terminal_is_silent_gives_way_and_no_other(
    school: School, ana: int, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(per_person=3)
    quiet, silent, longest = on(ana, 1), on(ana, 2), on(ana, 3)
    key = ssh_keys.mine(quiet)[0].id
    with pytest.raises(errors.ForbiddenError, match="was lost, try again in 15 seconds"):
        sessions.begin(key, "192.0.2.7")
    sessions.tell_silence(longest, is_silent=True)
    later(monkeypatch, seconds=1)
    sessions.tell_silence(silent, is_silent=True)
    sessions.tell_silence(quiet, is_silent=True)
    # It answers again.
    sessions.tell_silence(quiet, is_silent=False)
    assert [one.is_silent for one in sessions.listing(OPERATOR)] == [False, True, True]
    actor = sessions.begin(key, "192.0.2.8")
    assert school.audit_lines()[-2:] == [
        ("session.end", "session", longest.session_id, ana),
        ("session.start", "user", ana, ana),
    ]
    with pytest.raises(errors.SignedOutError, match="stopped answering, and you signed in again"):
        sessions.check(longest)
    # No more than has to.
    sessions.check(silent)
    sessions.check(quiet)
    sessions.check(actor)


def test_where_the_account_has_no_room_nobody_gives_way_to_somebody_else(school: School, ana: int) -> None:
    limit(at_once=2)
    ben = school.person("Ben Adé")
    silent, bens = on(ana, 1), on(ben, 2)
    sessions.tell_silence(silent, is_silent=True)
    with pytest.raises(errors.ForbiddenError, match="2 people are signed in"):
        sessions.begin(ssh_keys.mine(bens)[0].id, "192.0.2.7")
    sessions.check(silent)
    sessions.begin(ssh_keys.mine(silent)[0].id, "192.0.2.7")
    with pytest.raises(errors.SignedOutError):
        sessions.check(silent)
    # There may be more on than there is room for by now: then one that gives way does not help.
    limit(at_once=1)
    sessions.tell_silence(bens, is_silent=True)
    with pytest.raises(errors.ForbiddenError):
        sessions.begin(ssh_keys.mine(bens)[0].id, "192.0.2.7")
    sessions.check(bens)


def test_that_one_runs_and_when_its_person_last_did_something_leaves_no_line(
    school: School, ana: int, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = on(ana)
    lines = len(school.audit_lines())
    moment = later(monkeypatch, seconds=60)
    sessions.note(actor, noon + timedelta(seconds=20))
    later(monkeypatch, seconds=60)
    (listed,) = sessions.listing(replace(OPERATOR, session_id=None))
    assert (listed.started_at, listed.idle_since) == (noon, noon + timedelta(seconds=20))
    assert moment > noon
    assert len(school.audit_lines()) == lines


# ------------------------------------------------- one that is open may not go on

ENDINGS: dict[str, tuple[Callable[[World, Actor], Any], str]] = {
    "revoked": (
        lambda world, actor: ssh_keys.revoke(OPERATOR, ssh_keys.mine(actor)[0].id),
        "The key you signed in with was revoked.",
    ),
    "ended by an admin": (
        lambda world, actor: sessions.end_other(world.actor("admin"), actor.session_id or 0),
        "admin ended your session.",
    ),
    "deactivated": (
        lambda world, actor: people.deactivate(OPERATOR, actor.user_id or 0),
        "You are no longer active in this account. Ask one of its admins.",
    ),
    "ended by itself": (lambda world, actor: sessions.end(actor, "Idle."), "Idle."),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_one_that_may_not_go_on_neither_reads_nor_writes_any_more(world: World, how: str) -> None:
    actor = on(world.people["leader"])
    assert queue.waiting(actor).total
    end, why = ENDINGS[how]
    end(world, actor)
    before = dump()
    for do in (
        lambda: queue.waiting(actor),
        lambda: signing_in.viewer(actor),
        lambda: sessions.check(actor),
        lambda: sessions.note(actor, clock.now()),
        lambda: ssh_keys.mine(actor),
        lambda: ssh_keys.add(actor, ed25519(9)),
        lambda: reviews.save(actor, world.work["ana"], 1, Decision.RETURN, feedback="Again."),
    ):
        with pytest.raises(errors.SignedOutError) as caught:
            do()
        assert caught.value.message == why
    assert dump() == before


def test_a_session_goes_on_with_what_is_left_after_a_demotion(world: World) -> None:
    people.edit(OPERATOR, world.people["ana"], admin=True)
    actor = on(world.people["admin"])
    assert sessions.listing(actor)[0].is_own
    people.edit(OPERATOR, world.people["admin"], admin=False)
    with pytest.raises(errors.NotFoundError):
        sessions.listing(actor)
    assert signing_in.viewer(actor).is_admin is False


def test_one_ends_one_of_ones_own_and_nobody_else_s(school: School, ana: int) -> None:
    first, second, other = on(ana, 1), on(ana, 2), on(school.person("Ben Adé"), 3)
    said = []
    for session_id in (other.session_id, 999):
        with pytest.raises(errors.NotFoundError) as caught:
            sessions.end_other(first, session_id or 0)
        said.append(caught.value.message)
    assert said[0] == said[1]
    sessions.end_other(first, second.session_id or 0)
    with pytest.raises(errors.NotFoundError):
        sessions.end_other(first, second.session_id or 0)
    assert [one.person for one in sessions.listing(OPERATOR)] == ["Ana Brandt", "Ben Adé"]
    assert school.audit_lines()[-1] == ("session.end", "session", second.session_id, ana)


def test_nobody_reads_again_because_somebody_came_in_or_left(school: School, ana: int) -> None:
    actor = on(ana)
    (key,) = ssh_keys.mine(actor)
    watch = ChangeWatch()
    before, version = watch.news(), watch.version()
    sessions.end(actor)
    sessions.begin(key.id, "192.0.2.7")
    signing_in.note_sign_in(school.actor(ana))
    assert watch.version() != version
    assert watch.news() == before
    people.edit(OPERATOR, ana, first_name="Anna")
    assert watch.news() != before
    watch.close()
