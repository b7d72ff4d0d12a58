"""The thread screen: reading a discussion, answering in it, and what it says of an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from screens.member.screen import MemberScreen
from screens.places import ThreadPlace
from screens.widgets.text_box import TextBox
from store import database
from store.models import Post, User
from store.models.sites import SitePost
from store.views.groups import Role
from tests.helpers.app import SMALL, choose, muster, notices, press, running, screen_text, type_text
from tests.helpers.linked import Linked
from tests.helpers.school import School

TOM = "tom@x.example"


@pytest.fixture
def place(synced: Linked) -> Iterator[ThreadPlace]:
    """The discussion that Ruth began, for a mentor of hers."""
    school = School()
    with database.reading():
        row = database.row(Post.select(Post.user, Post.id).join(User).where(User.first_name == "Ruth"))
    assert row is not None
    group = school.group("Readers")
    school.place(row[0], group)
    school.place(school.person("Tom Reyes", email=TOM), group, Role.MENTOR)
    yield ThreadPlace(*row)


async def test_an_answer_is_written_chosen_to_be_private_and_told_what_becomes_of_it(
    place: ThreadPlace,
) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        shown = screen_text(pilot)
        assert "What do you call the small rain?" in shown and "We say mizzle." not in shown
        assert "only posts of people you follow" in shown
        await press(pilot, "w", "ctrl+s")
        assert "Write an answer first." in screen_text(pilot)
        await type_text(pilot, "[b]Mist[/b]")
        await press(pilot, "tab", "right", "ctrl+s")
        shown = screen_text(pilot)
        assert "Tom Reyes · private" in shown and "[b]Mist[/b]" in shown
        assert "Waits to go to Moodle" in shown
        assert notices(pilot) == ["Your answer goes to Moodle with the next sync. Press u to undo."]
    with database.reading():
        assert database.rows(SitePost.select(SitePost.private).where(SitePost.state == "waits")) == [(True,)]


async def test_what_was_typed_is_not_lost_without_a_question(place: ThreadPlace) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await press(pilot, "enter")
        await type_text(pilot, "Words")
        await press(pilot, "escape")
        assert "What you typed will be lost." in screen_text(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen.query_one(TextBox).text == "Words"


async def test_the_menu_of_a_post_leads_on_and_copies_its_link(place: ThreadPlace) -> None:
    async with running(muster(TOM), SMALL, at=place) as pilot:
        await press(pilot, "full_stop")
        await choose(pilot, "Copy its link")
        assert "/mod/forum/discuss.php?d=" in pilot.app.clipboard
        await press(pilot, "full_stop")
        await choose(pilot, "Open their profile")
        assert isinstance(pilot.app.screen, MemberScreen)
