"""Answers to what was said at a Canvas: how they go there, and that they are never there twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from screens.places import ThreadPlace
from screens.widgets.choices import Choices
from store import database, errors, threads
from store.models import Post, User
from store.models.sites import SitePost
from store.views import Actor
from store.views.groups import Role
from store.views.threads import PostView
from tests.helpers.app import SMALL, muster, press, running, screen_text, type_text
from tests.helpers.fake_canvas.school import Entry, Topic
from tests.helpers.linked_canvas import LinkedCanvas
from tests.helpers.school import School

PIER, NOON, FINE = "At the pier?", "Yes, at noon.", "Fine."
REPLY = "POST courses/*/entries/*/replies"
MAIL = "tom@x.example"


@dataclass
class Talk:
    """A link whose discussions have come in, and a mentor of who wrote in them."""

    link: LinkedCanvas
    tom: Actor

    def post(self, body: str) -> tuple[int, int]:
        """Who wrote a post, and its id."""
        with database.reading():
            row = database.row(Post.select(Post.user, Post.id).where(Post.body == body))
        assert row is not None
        return int(row[0]), int(row[1])

    def answer(self, to: str, words: str = "Bring *boots* & <hats>.", *, private: bool = False) -> int:
        return threads.answer(self.tom, self.post(to)[1], words, private=private)

    def view(self, post_id: int) -> PostView:
        found = threads.thread(self.tom, self.post(PIER)[1]).posts
        return next(each for each in found if each.id == post_id)

    def state(self, post_id: int) -> str:
        sent = self.view(post_id).sent
        assert sent is not None
        return sent.state.value

    @property
    def topic(self) -> Topic:
        (found,) = self.link.there.topics.values()
        return found

    def there(self) -> list[Entry]:
        """What the link's own person wrote at the site."""
        return [each for each in self.topic.entries if each.user == self.link.server.link.user.id]

    def entry(self, words: str) -> int:
        return next(each.id for each in self.topic.entries if words in each.message)


@pytest.fixture
def talk(synced_canvas: LinkedCanvas) -> Iterator[Talk]:
    school = School()
    group = school.group("Readers")
    with database.reading():
        learners = database.rows(User.select(User.id).where(User.first_name.in_(["Ruth", "Łukasz"])))
    for (learner,) in learners:
        school.place(learner, group)
    tom = school.person("Tom <b>Reyes</b>", email=MAIL)
    school.place(tom, group, Role.MENTOR)
    yield Talk(synced_canvas, school.actor(tom))


def test_answers_go_below_what_they_answer_signed_and_are_read_back(talk: Talk) -> None:
    first, second = talk.answer(PIER), talk.answer(FINE, "Good.")
    assert "Answers: 2 sent." in talk.link.sync().words

    opening, reply = talk.there()
    assert (opening.parent, reply.parent) == (None, talk.entry(FINE))
    assert opening.message == (
        "<p>Bring <em>boots</em> &amp; &lt;hats&gt;.</p><p>– Tom &lt;b&gt;Reyes&lt;/b&gt;</p>"
    )
    assert (talk.state(first), talk.state(second)) == ("done", "done")
    assert talk.view(second).url.endswith(f"/discussion_topics/{talk.topic.id}#entry-{reply.id}")

    # It was written here, and is no post of the link's own person.
    talk.link.there.tick(600)
    for full in (False, True):
        assert "posts" not in talk.link.sync(full=full).words
    assert talk.view(first).text == "Bring *boots* & <hats>." and len(talk.there()) == 2


@pytest.mark.parametrize("is_threaded", [True, False], ids=["below an answer", "below the one on top"])
def test_what_was_sent_and_not_told_is_found_and_not_sent_twice(talk: Talk, is_threaded: bool) -> None:
    # Canvas puts a discussion together later than it takes an answer.
    talk.topic.is_threaded, talk.topic.put_together = is_threaded, len(talk.topic.entries)
    made = talk.answer(FINE, "See [this](https://x.example/a) :)")
    talk.link.server.fault(REPLY, is_lost=True)
    talk.link.sync()
    assert (len(talk.there()), talk.state(made)) == (1, "done")
    talk.link.sync(full=True)
    assert (len(talk.there()), talk.state(made)) == (1, "done")

    again = talk.answer(FINE, "See [this](https://x.example/a) :)")
    talk.link.sync()
    assert (len(talk.there()), talk.state(again)) == (2, "done")


@pytest.mark.parametrize("before", [True, False], ids=["before it is sent", "after"])
def test_a_run_that_dies_while_it_sends_loses_and_doubles_nothing(
    talk: Talk, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, real = talk.answer(FINE), talk.link.client.send

    def send(method: str, path: str, **fields: object) -> object:
        if not before:
            real(method, path, **fields)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(talk.link.client, "send", send)
        with pytest.raises(KeyboardInterrupt):
            talk.link.sync()
    assert talk.state(made) == "sent"
    talk.link.sync()
    assert (len(talk.there()), talk.state(made)) == (1, "done")


def test_what_the_site_refuses_says_why_and_can_go_again(talk: Talk) -> None:
    made = talk.answer(FINE)
    talk.link.server.link.lacks.add("post_to_forum")
    assert "Answers: 1 refused." in talk.link.sync().words
    sent = talk.view(made).sent
    assert sent is not None and sent.state == "refused" and "does not let the token's person" in sent.reason

    talk.link.server.link.lacks.clear()
    threads.send_again(talk.tom, made)
    talk.link.sync()
    assert (len(talk.there()), talk.state(made)) == (1, "done")


async def test_the_thread_offers_no_private_answer_where_the_site_has_none(talk: Talk) -> None:
    with pytest.raises(errors.InvalidError, match="Canvas has no private answers"):
        talk.answer(PIER, private=True)
    async with running(muster(MAIL), SMALL, at=ThreadPlace(*talk.post(PIER))) as pilot:
        await press(pilot, "w")
        assert not pilot.app.screen.query(Choices)
        shown = " ".join(screen_text(pilot).split())
        assert "Everybody in the discussion sees it." in shown and " alone" not in shown
        await type_text(pilot, "At the gate.")
        await press(pilot, "ctrl+s")
        assert "Waits to go to Canvas" in screen_text(pilot)
    with database.reading():
        assert database.rows(SitePost.select(SitePost.private).where(SitePost.state == "waits")) == [(False,)]
