"""Answers to forum posts: who may give one, how it goes to the site, and that it is never there twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from store import activity, database, errors, permissions, threads
from store.models import Post, User
from store.models.sites import SitePost
from store.sites.errors import SiteError
from store.sites.moodle.needs import ANSWER
from store.undo import my_actions, undo
from store.views import Actor
from store.views.activity import EventKind
from store.views.groups import Role
from store.views.threads import PostView, ThreadView
from tests.helpers.fake_moodle.records import Post as PostThere
from tests.helpers.linked import Linked
from tests.helpers.school import School

RAIN, REPLY, PRIVATE = "What do you call the small rain?", "We say mizzle.", "Only for you: well found."


@dataclass
class Talk:
    """A link whose forums have come in, and a mentor of Ruth who follows nobody else."""

    link: Linked
    school: School
    tom: Actor

    def post(self, body: str) -> int:
        with database.reading():
            row = database.row(Post.select(Post.id).where(Post.body == body))
        assert row is not None
        return int(row[0])

    def thread(self, body: str = RAIN, actor: Actor | None = None) -> ThreadView:
        return threads.thread(actor or self.tom, self.post(body))

    def answer(self, words: str = "Try *mist*.", *, private: bool = False) -> int:
        return threads.answer(self.tom, self.post(RAIN), words, private=private)

    def view(self, post_id: int) -> PostView:
        return next(each for each in self.thread().posts if each.id == post_id)

    def there(self) -> list[PostThere]:
        """What the link's own person wrote at the site."""
        posts = (post for each in self.link.there.discussions.values() for post in each.posts)
        return [post for post in posts if post.userid == self.link.server.link.user.id]


@pytest.fixture
def talk(synced: Linked) -> Iterator[Talk]:
    school = School()
    with database.reading():
        ruth = database.row(User.select(User.id).where(User.first_name == "Ruth"))
    assert ruth is not None
    group = school.group("Readers")
    school.place(ruth[0], group)
    tom = school.person("Tom <b>Reyes</b>")
    school.place(tom, group, Role.MENTOR)
    yield Talk(synced, school, school.actor(tom))


# ------------------------------------------------------------------------------- seeing


def test_of_a_thread_one_sees_the_posts_of_ones_own_people_and_oneself(talk: Talk) -> None:
    assert [each.text for each in talk.thread().posts] == [RAIN]
    with pytest.raises(errors.NotFoundError):
        talk.thread(REPLY)
    everything = talk.thread(actor=permissions.OPERATOR)
    assert [(each.text, each.depth) for each in everything.posts] == [(RAIN, 0), (REPLY, 1), (PRIVATE, 2)]
    assert everything.is_whole and not talk.thread().is_whole

    made = talk.answer()
    assert [(each.id, each.depth) for each in talk.thread().posts] == [(talk.post(RAIN), 0), (made, 1)]


def test_a_private_reply_is_seen_by_who_follows_both_and_stands_in_no_activity(talk: Talk) -> None:
    with database.reading():
        imogen = database.row(User.select(User.id).where(User.first_name == "Imogen"))
        lukasz = database.row(User.select(User.id).where(User.first_name == "Łukasz"))
    assert imogen is not None and lukasz is not None
    assert not activity.feed(permissions.OPERATOR, imogen[0], kinds=frozenset({EventKind.POSTED})).rows
    group = talk.school.group("Staff room")
    talk.school.place(talk.tom.user_id or 0, group, Role.MENTOR)
    talk.school.place(imogen[0], group)
    assert PRIVATE not in [each.text for each in talk.thread().posts]
    talk.school.place(lukasz[0], group)
    assert PRIVATE in [each.text for each in talk.thread().posts]


def test_only_posts_of_ones_own_people_at_a_site_can_be_answered(talk: Talk) -> None:
    answered = talk.answer()
    with pytest.raises(errors.NotFoundError):
        threads.answer(talk.tom, talk.post(REPLY), "Words")
    with pytest.raises(errors.NotFoundError):
        threads.answer(talk.tom, answered, "Words")
    with pytest.raises(errors.InvalidError):
        talk.answer(" \n")
    with database.writing():
        here = Post.insert(
            course=1,
            user=talk.thread().posts[0].user_id,
            body="Imported",
            created_at=talk.thread().posts[0].at,
        ).execute()
    assert not threads.thread(talk.tom, here).posts[0].may_answer
    with pytest.raises(errors.InvalidError):
        threads.answer(talk.tom, here, "Words")


# -------------------------------------------------------------------------------- going


def test_an_answer_goes_out_signed_and_escaped_and_is_read_back(talk: Talk) -> None:
    made = talk.answer("Try *mist* & <drizzle>.")
    assert talk.view(made).sent is not None and my_actions.mine(talk.tom).rows[0].sent[0].state == "waits"
    assert "Answers: 1 sent." in talk.link.sync().words

    (post,) = talk.there()
    assert post.message == (
        "<p>Try <em>mist</em> &amp; &lt;drizzle&gt;.</p><p>– Tom &lt;b&gt;Reyes&lt;/b&gt;</p>"
    )
    assert (post.subject, post.private_to) == ("Re: A word for rain", 0)
    sent = talk.view(made).sent
    assert sent is not None and sent.state == "done"
    assert my_actions.mine(talk.tom).rows[0].words == "Answered Ruth Adeyemi in “A word for rain”"
    assert "Answers" not in talk.link.sync(full=True).words
    assert talk.view(made).text == "Try *mist* & <drizzle>." and len(talk.there()) == 1


def test_a_private_answer_is_for_that_person_alone(talk: Talk) -> None:
    talk.answer(private=True)
    talk.link.sync()
    ruth = talk.link.there.someone("Ruth Adeyemi")
    assert [post.private_to for post in talk.there()] == [ruth.id]
    assert my_actions.mine(talk.tom).rows[0].words.endswith("privately")


def test_what_was_sent_and_not_told_is_found_and_not_sent_twice(talk: Talk) -> None:
    made = talk.answer("Thanks :)")
    talk.link.server.fault(ANSWER, is_lost=True)
    talk.link.sync()
    assert len(talk.there()) == 1 and talk.view(made).sent.state == "done"  # type: ignore[union-attr]

    again = talk.answer("Thanks :)")
    talk.link.sync()
    assert len(talk.there()) == 2 and talk.view(again).sent.state == "done"  # type: ignore[union-attr]


@pytest.mark.parametrize("before", [True, False], ids=["before it is sent", "after"])
def test_a_run_that_dies_while_it_sends_loses_and_doubles_nothing(talk: Talk, before: bool) -> None:
    made = talk.answer()

    def die() -> None:
        raise KeyboardInterrupt

    real = talk.link.client.call

    def call(function: str, params: object = None) -> object:
        if function == ANSWER:
            if not before:
                real(function, params)  # type: ignore[arg-type]
            die()
        return real(function, params)  # type: ignore[arg-type]

    talk.link.client.call = call  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        talk.link.sync()
    assert talk.view(made).sent.state == "sent"  # type: ignore[union-attr]
    talk.link.client.call = real  # type: ignore[method-assign]
    talk.link.sync()
    assert len(talk.there()) == 1 and talk.view(made).sent.state == "done"  # type: ignore[union-attr]


def test_what_the_site_refuses_says_why_and_can_go_again(talk: Talk) -> None:
    made = talk.answer()
    talk.link.server.refuse(ANSWER, "nopermissions")
    assert "Answers: 1 refused." in talk.link.sync().words
    sent = talk.view(made).sent
    assert sent is not None and sent.state == "refused" and "does not let" in sent.reason

    threads.send_again(talk.tom, made)
    talk.link.sync()
    assert len(talk.there()) == 1


def test_without_the_function_answers_wait_and_the_sync_says_so(talk: Talk) -> None:
    talk.answer()
    talk.link.server.link.functions = {*_functions(talk), "mod_assign_save_grade"} - {ANSWER}
    assert f"1 answer waits: the token's service lacks {ANSWER}." in talk.link.sync().words


def _functions(talk: Talk) -> set[str]:
    answer = talk.link.client.call("core_webservice_get_site_info")
    return {each["name"] for each in answer["functions"]}


# ------------------------------------------------------------------------------ undoing


def test_an_answer_is_taken_back_until_it_has_gone_out(talk: Talk) -> None:
    talk.answer()
    undo.undo(talk.tom, my_actions.mine(talk.tom).rows[0].line_id)
    assert len(talk.thread().posts) == 1
    with database.reading():
        assert not SitePost.select().where(SitePost.state.is_null(False)).count()
    talk.link.sync()
    assert not talk.there()

    talk.answer()
    talk.link.sync()
    with pytest.raises(errors.ConflictError, match="Moodle has the answer already"):
        undo.undo(talk.tom, my_actions.mine(talk.tom).rows[0].line_id)


def test_an_answer_that_was_sent_and_not_read_back_is_not_taken_back(talk: Talk) -> None:
    made = talk.answer()
    with database.writing():
        refused = {"state": "refused", "request_key": "sent once"}
        SitePost.update(refused).where(SitePost.post == made).execute()
    with pytest.raises(errors.ConflictError, match="Moodle may have the answer"):
        undo.undo(talk.tom, my_actions.mine(talk.tom).rows[0].line_id)
    assert talk.view(made).sent is not None


def test_a_site_that_is_down_keeps_answers_waiting(talk: Talk) -> None:
    made = talk.answer()
    talk.link.server.in_maintenance = True
    with pytest.raises(SiteError):
        talk.link.sync()
    assert talk.view(made).sent.state == "waits"  # type: ignore[union-attr]
