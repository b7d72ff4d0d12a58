"""Claims: who else has a piece of work open, told to those who may review it, and to nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from store import clock, errors
from store.models import Membership, User
from store.review import claims
from store.views import Actor
from store.views.drafts import ClaimView
from store.views.groups import Role
from tests.conftest import NOON
from tests.helpers.school import School, dump


class Desk:
    """Two mentors and a stranger, at the work of Ana."""

    def __init__(self, school: School) -> None:
        self.school = school
        group = school.group("Sales")
        self.ana = school.person("Ana Brandt")
        school.place(self.ana, group)
        self.maya = school.actor(school.person("Maya Okafor"))
        self.tom = school.actor(school.person("Tom Reyes"))
        self.stranger = school.actor(school.person("Some One"))
        self.places = {
            actor: school.place(actor.user_id or 0, group, Role.MENTOR) for actor in (self.maya, self.tom)
        }
        first, second = school.course("Writing", (20.0, 10.0))
        self.work, self.more = school.work(self.ana, first), school.work(self.ana, second)


@pytest.fixture
def desk(school: School, noon: object) -> Desk:
    return Desk(school)


def at(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=minutes))


def names(actor: Actor, work: int) -> list[str]:
    return [claim.person for claim in claims.others(actor, work)]


def test_the_other_one_is_told_since_when(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    claims.hold(desk.maya, desk.work)
    at(monkeypatch, 2)
    claims.hold(desk.maya, desk.work)
    assert claims.others(desk.tom, desk.work) == (ClaimView("Maya Okafor", NOON),)
    assert claims.hold(desk.tom, desk.work) == (ClaimView("Maya Okafor", NOON),)
    claims.leave(desk.tom, {desk.work})
    assert claims.others(desk.maya, desk.work) == ()
    assert claims.others(desk.tom, desk.more) == ()


def test_a_claim_ends_on_leaving_and_on_going_to_another(desk: Desk) -> None:
    claims.hold(desk.maya, desk.work)
    claims.hold(desk.maya, desk.more, leaving={desk.work})
    assert (names(desk.tom, desk.work), names(desk.tom, desk.more)) == ([], ["Maya Okafor"])
    claims.leave(desk.tom, {desk.more})
    assert names(desk.tom, desk.more) == ["Maya Okafor"]
    claims.leave(desk.maya, {desk.more})
    assert names(desk.tom, desk.more) == []


def test_of_two_programs_of_one_person_the_one_that_leaves_does_not_end_what_the_other_renewed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: dict[tuple[int | None, int], datetime] = {}
    there: dict[tuple[int | None, int], datetime] = {}

    def hold(program: dict[tuple[int | None, int], datetime], minutes: float) -> None:
        at(monkeypatch, minutes)
        monkeypatch.setattr(claims, "_renewed", program)
        claims.hold(desk.maya, desk.work)

    def leave(program: dict[tuple[int | None, int], datetime], minutes: float) -> list[str]:
        at(monkeypatch, minutes)
        monkeypatch.setattr(claims, "_renewed", program)
        claims.leave(desk.maya, {desk.work})
        return names(desk.tom, desk.work)

    hold(here, 0)
    hold(there, 1)
    assert leave(here, 2) == ["Maya Okafor"]
    assert leave(there, 3) == []
    # Who renewed it last takes it along, until the other one renews it.
    hold(here, 4)
    hold(there, 5)
    assert leave(there, 6) == []
    hold(here, 7)
    assert leave(there, 8) == ["Maya Okafor"]
    assert leave(here, 9) == []


def test_a_claim_that_is_not_renewed_means_nothing_after_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims.hold(desk.maya, desk.work)
    at(monkeypatch, 15)
    assert names(desk.tom, desk.work) == ["Maya Okafor"]
    at(monkeypatch, 15.1)
    assert names(desk.tom, desk.work) == []
    # And is tidied up by whoever comes next; the one who made it begins anew.
    claims.hold(desk.tom, desk.more)
    assert len(dump("claims")["claims"]) == 1
    claims.hold(desk.maya, desk.work)
    assert claims.others(desk.tom, desk.work)[0].since == clock.now()


def test_a_claim_from_before_the_clock_was_set_back_means_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims.hold(desk.maya, desk.work)
    # The clocks of two machines differ a little.
    at(monkeypatch, -1)
    assert names(desk.tom, desk.work) == ["Maya Okafor"]
    at(monkeypatch, -1.1)
    assert names(desk.tom, desk.work) == []
    # And is tidied up by whoever comes next; the one who made it begins anew.
    claims.hold(desk.tom, desk.more)
    assert len(dump("claims")["claims"]) == 1
    claims.hold(desk.maya, desk.work)
    assert claims.others(desk.tom, desk.work)[0].since == clock.now()


def test_only_who_may_review_the_work_claims_it_or_is_told(desk: Desk) -> None:
    claims.hold(desk.maya, desk.work)
    for do in (claims.hold, claims.others):
        said = []
        for work in (desk.work, 999):
            with pytest.raises(errors.NotFoundError) as caught:
                do(desk.stranger, work)
            said.append(caught.value.message)
        assert said[0] == said[1]
    own = desk.school.person("Self Made", admin=True)
    with pytest.raises(errors.ForbiddenError):
        claims.hold(desk.school.actor(own), desk.school.work(own, 1))
    with pytest.raises(errors.ForbiddenError):
        claims.hold(desk.school.actor(None), desk.work)
    assert len(dump("claims")["claims"]) == 1


def test_who_lost_the_person_or_their_account_is_not_told_of_any_more(desk: Desk) -> None:
    claims.hold(desk.maya, desk.work)
    desk.school.change(Membership, desk.places[desk.maya], active=False)
    assert names(desk.tom, desk.work) == []
    desk.school.change(Membership, desk.places[desk.maya], active=True)
    assert names(desk.tom, desk.work) == ["Maya Okafor"]
    desk.school.change(User, desk.maya.user_id or 0, active=False)
    assert names(desk.tom, desk.work) == []


def test_a_claim_writes_nothing_into_the_audit_log_and_binds_nobody(desk: Desk) -> None:
    claims.hold(desk.maya, desk.work)
    claims.hold(desk.tom, desk.work)
    assert desk.school.audit_lines() == []
    assert names(desk.maya, desk.work) == ["Tom Reyes"]
