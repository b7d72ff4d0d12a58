"""The screens about linked sites: what an admin sees and decides there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.home.screen import HomeScreen
from screens.places import SitePlace, SitesPlace
from screens.review.screen import ReviewScreen
from screens.sites.site import SiteScreen
from screens.thread.screen import ThreadScreen
from store import database, outbox_answers, threads
from store.errors import NotFoundError
from store.models import Completion, Membership, Post, Step, User
from store.models.sites import OutboxRow, SitePost
from store.permissions import OPERATOR
from store.review import reviews
from store.sites import joining, sites
from store.views import Actor
from store.views.groups import Role
from store.views.sites import OutboxState
from store.views.states import Decision, State
from tests.helpers.app import (
    choose,
    muster,
    notices,
    open_place,
    press,
    running,
    screen_text,
    type_text,
)
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.linked import Linked, completion, linked
from tests.helpers.school import School

ADMIN, LEADER = "ana@x.example", "lee@x.example"
SIZE = (120, 40)
LETTER = "Letter to a neighbour"


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    school.person("Ana Admin", email=ADMIN, admin=True)
    leader = school.person("Lee Leader", email=LEADER)
    school.place(leader, school.group("School"), Role.LEADER)
    with linked(harbour_school()) as found:
        yield found


def told(pilot: Pilot[Any]) -> str:
    """What is on screen as running text."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


def refused(person: str) -> int:
    """A review here of work from the site, which the site refused; the id of its row."""
    with database.reading():
        work = completion(person, LETTER)
        version = database.row(Completion.select(Completion.version).where(Completion.id == work))
        admin = database.row(User.select(User.id).where(User.email == ADMIN))
    assert version is not None and admin is not None
    reviews.save(
        Actor(admin[0], "Ana Admin"), work, version[0], Decision.APPROVE, points=14.0, feedback="Good"
    )
    with database.writing():
        values = {"state": OutboxState.REFUSED.value, "reason": "The site keeps 12."}
        OutboxRow.update(values).where(OutboxRow.completion == work).execute()
        row = database.row(OutboxRow.select(OutboxRow.id))
    assert row is not None
    return int(row[0])


async def test_without_a_site_it_says_how_one_is_linked(school: School) -> None:
    school.person("Ana Admin", email=ADMIN, admin=True)
    async with running(muster(ADMIN), SIZE, at=SitesPlace()) as pilot:
        assert "No site is linked." in screen_text(pilot)
        assert "muster site add moodle https://moodle.school.example" in screen_text(pilot)


async def test_a_site_shows_its_last_run_and_what_is_to_be_decided(link: Linked) -> None:
    link.sync()
    async with running(muster(ADMIN), SIZE, at=SitesPlace()) as pilot:
        row = next(line for line in screen_text(pilot).splitlines() if "› Harbour" in line)
        assert "just now" in row and " 10 " in row
        sites.stop(link.site_id, "The token is not valid any more.")
        await press(pilot, "f5")
        assert "stopped" in screen_text(pilot)
        assert "The token is not valid any more." in told(pilot)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, SiteScreen)


async def test_a_group_of_the_site_becomes_one_here_only_once_an_admin_says_so(link: Linked) -> None:
    link.sync()
    with database.reading():
        before = Membership.select().count()
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        await press(pilot, "2", "enter")
        await choose(pilot, "Make it a group here…")
        assert "It brings 10 members" in told(pilot)
        await press(pilot, "escape")
        with database.reading():
            assert Membership.select().count() == before
        await press(pilot, "enter")
        await choose(pilot, "Make it a group here…")
        await press(pilot, "enter")
        assert notices(pilot)[-1] == "Autumn intake is joined: its people are in the group."
        with database.reading():
            roles = [role for (role,) in database.rows(Membership.select(Membership.role))]
        assert len(roles) == before + 10
        assert roles.count(Role.MEMBER) == 10
        assert "joined" in screen_text(pilot)


async def test_who_has_an_email_of_somebody_here_is_joined_only_by_an_admin(
    link: Linked, school: School
) -> None:
    someone = next(person for person in link.there.users.values() if person.email)
    here = school.person("Same Email", email=someone.email)
    link.sync()
    proposed = [one for one in joining.list_people(OPERATOR, link.site_id) if one.proposed_id == here]
    assert [one.user_id for one in proposed] == [None]
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        await press(pilot, "3", "enter")
        await choose(pilot, "This is Same Email, who has the same email")
        assert "is joined; the next sync brings their work." in notices(pilot)[-1]
    assert not joining.list_people(OPERATOR, link.site_id)


async def test_what_the_site_refused_is_sent_again_or_dropped(link: Linked) -> None:
    link.sync()
    refused(waiting())
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        assert "approved, 14" in screen_text(pilot)
        assert "The site keeps 12." in told(pilot)
        await press(pilot, "enter")
        await choose(pilot, "Send again…")
        await press(pilot, "enter")
        assert "waits" in screen_text(pilot)
        with database.writing():
            OutboxRow.update(state=OutboxState.REFUSED.value).execute()
        await press(pilot, "f5", "enter")
        await choose(pilot, "Drop…")
        # What destroys begins on Cancel.
        await press(pilot, "enter")
        with database.reading():
            assert OutboxRow.select().count() == 1
        await press(pilot, "enter")
        await choose(pilot, "Drop…")
        await press(pilot, "shift+tab", "enter")
        with database.reading():
            assert OutboxRow.select().count() == 0


def answered(link: Linked, *words: str) -> None:
    """Answers of an admin to Ruth's post, of which the site refused the first."""
    with database.reading():
        post = database.row(Post.select(Post.id).join(User).where(User.first_name == "Ruth"))
        admin = database.row(User.select(User.id).where(User.email == ADMIN))
    assert post is not None and admin is not None
    first, *_ = [threads.answer(Actor(admin[0], "Ana Admin"), post[0], each) for each in words]
    with database.writing():
        refusal = {"state": OutboxState.REFUSED.value, "reason": "The discussion is closed."}
        SitePost.update(refusal).where(SitePost.post == first).execute()


def states() -> list[tuple[str, str]]:
    """How each answer that stands here is on its way."""
    with database.reading():
        query = SitePost.select(Post.body, SitePost.state).join(Post).where(SitePost.state.is_null(False))
        return database.rows(query.where(Post.active).order_by(SitePost.id))


async def test_answers_stand_in_the_outbox_and_are_counted_sent_again_or_dropped(link: Linked) -> None:
    link.sync()
    answered(link, "Mist", "Drizzle")
    (site,) = sites.list_sites(OPERATOR)
    assert site.outbox == {OutboxState.REFUSED: 1, OutboxState.WAITS: 1}
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        assert "[Outbox] 2" in told(pilot) and "The discussion is closed." in told(pilot)
        assert "Answer: A word" in told(pilot)
        await press(pilot, "enter")
        await choose(pilot, "Send again…")
        await press(pilot, "enter")
        assert states() == [("Mist", "waits"), ("Drizzle", "waits")]
        with database.writing():
            SitePost.update(state=OutboxState.REFUSED.value).where(SitePost.state == "waits").execute()
        await press(pilot, "f5", "enter")
        await choose(pilot, "Drop…")
        await press(pilot, "shift+tab", "enter")
        assert states() == [("Drizzle", "refused")] and "[Outbox] 1" in told(pilot)
        await press(pilot, "enter")
        await choose(pilot, "Open the discussion")
        assert isinstance(pilot.app.screen, ThreadScreen) and "Drizzle" in screen_text(pilot)
    with database.reading():
        leader = database.row(User.select(User.id).where(User.email == LEADER))
        row = database.row(SitePost.select(SitePost.id).where(SitePost.state == "refused"))
    assert leader is not None and row is not None
    for act in (outbox_answers.send_again, outbox_answers.drop):
        with pytest.raises(NotFoundError):
            act(Actor(leader[0], "Lee Leader"), row[0])
    with pytest.raises(NotFoundError):
        outbox_answers.of_site(Actor(leader[0], "Lee Leader"), link.site_id, OutboxState, limit=9)


def waiting() -> str:
    """The first name of somebody whose letter waits."""
    with database.reading():
        query = User.select(User.first_name).join(Completion, on=(Completion.user == User.id)).join(Step)
        row = database.row(query.where(Step.title == LETTER, Completion.state == State.NEEDS_REVIEW))
    assert row is not None
    return str(row[0])


async def test_the_work_of_a_decision_is_one_key_away(link: Linked) -> None:
    link.sync()
    refused(waiting())
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        await press(pilot, "r")
        assert isinstance(pilot.app.screen, ReviewScreen)


async def test_a_filter_narrows_the_groups(link: Linked) -> None:
    link.sync()
    async with running(muster(ADMIN), SIZE, at=SitePlace(link.site_id)) as pilot:
        await press(pilot, "2", "slash")
        await type_text(pilot, "watch red")
        assert "Watch Red" in screen_text(pilot)
        assert "Boat Alpha" not in screen_text(pilot)


async def test_nobody_but_admins_comes_to_the_sites(link: Linked) -> None:
    link.sync()
    async with running(muster(LEADER), SIZE, home=False) as pilot:
        await press(pilot, "f10")
        assert "Sites" not in screen_text(pilot)
        await press(pilot, "escape")
        for place in (SitesPlace(), SitePlace(link.site_id)):
            await open_place(pilot, place)
            assert isinstance(pilot.app.screen, HomeScreen), place
