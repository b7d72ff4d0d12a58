"""Forum posts of a Moodle as posts here: which come in, and what becomes of edits and deletions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peewee import JOIN

from store import activity, database, errors, threads
from store.models import AuditLine, Course, Post, User
from store.permissions import OPERATOR
from store.sites import joining
from store.sites.asking import CALL_TOGETHER
from store.sites.moodle.needs import FORUMS, POSTS, THREADS, UPDATES
from store.sites.post_writer import LEFT_OUT
from store.views.activity import EventKind
from tests.helpers.fake_moodle import harbour_school
from tests.helpers.fake_moodle.api import FUNCTIONS
from tests.helpers.fake_moodle.records import Discussion
from tests.helpers.linked import Linked, linked
from tests.helpers.school import School

RAIN, REPLY, PRIVATE = "What do you call the small rain?", "We say mizzle.", "Only for you: well found."
RUTH, LUKASZ = "Ruth Adeyemi", "Łukasz Żółciński"


@pytest.fixture
def link(school: School) -> Iterator[Linked]:
    with linked(harbour_school()) as found:
        yield found


def posts() -> list[tuple[str, str, str | None]]:
    """Who wrote what in answer to what, of the posts that stand."""
    answered = Post.alias("answered")
    with database.reading():
        query = Post.select(User.last_name, Post.body, answered.body).join(User)
        query = query.join_from(Post, answered, JOIN.LEFT_OUTER, on=(Post.parent == answered.id))
        return database.rows(query.where(Post.active).order_by(Post.created_at))


def together(link: Linked) -> str:
    """What was asked several at once."""
    return "".join(str(each.params) for each in link.server.asked(CALL_TOGETHER))


def rain(link: Linked) -> Discussion:
    return next(each for each in link.there.discussions.values() if each.name == "A word for rain")


def test_posts_come_in_with_what_they_answer_and_stand_in_the_activity(link: Linked) -> None:
    link.sync()

    assert posts() == [
        ("Adeyemi", RAIN, None),
        ("Żółciński", REPLY, RAIN),
        ("Pryce", PRIVATE, REPLY),
    ]
    with database.reading():
        ruth = database.row(User.select(User.id).where(User.last_name == "Adeyemi"))
    assert ruth is not None
    (event,) = activity.feed(OPERATOR, ruth[0], kinds=frozenset({EventKind.POSTED})).rows
    assert (event.title, event.text, event.course) == ("A word for rain", RAIN, "Writing for the Community")


def test_only_discussions_that_moved_are_read_again(link: Linked) -> None:
    link.sync()
    link.server.forget()
    assert link.sync().words == "Nothing new."
    assert not link.server.asked(THREADS) and POSTS not in together(link)

    school = link.there
    school.reply(rain(link).posts[0], school.someone("Ivo Horvat"), "<p>We say <b>mist</b>.</p>")
    link.sync()
    assert ("Horvat", "We say mist.", RAIN) in posts()
    assert len(link.server.asked(THREADS)) == 1 and together(link).count(POSTS) == 1


@pytest.mark.parametrize("lacking", [UPDATES, FORUMS])
def test_a_service_without_a_function_does_without_what_it_is_for(link: Linked, lacking: str) -> None:
    link.server.link.functions = set(FUNCTIONS) - {lacking}
    link.sync()
    school = link.there
    school.reply(rain(link).posts[0], school.someone("Ivo Horvat"), "<p>We say mist.</p>")
    assert "could not be read" not in link.sync().words
    assert len(posts()) == (0 if lacking == FORUMS else 4)


def test_edits_and_deletions_come_with_the_next_full_run_and_what_was_answered_stays_answered(
    link: Linked,
) -> None:
    link.sync()
    first, reply, _ = rain(link).posts
    first.message = "<p>What do you call it?</p>"
    rain(link).posts.remove(reply)
    link.sync(full=True)
    assert posts() == [
        ("Adeyemi", "What do you call it?", None),
        ("Pryce", PRIVATE, REPLY),
    ]
    rain(link).posts.insert(1, reply)
    link.sync(full=True)
    assert len(posts()) == 3


def test_a_discussion_that_is_gone_is_taken_out_and_comes_back(link: Linked) -> None:
    school = link.there
    ruth, forum = school.someone(RUTH), next(iter(school.forums.values()))
    for number in range(6):
        school.start_discussion(forum, ruth, f"Topic {number}", "<p>Words</p>")
    link.sync()
    assert len(posts()) == 9

    number, gone = next((number, one) for number, one in school.discussions.items() if one.name == "Topic 3")
    del school.discussions[number]
    assert "posts: 1 ended" in link.sync(full=True).words
    assert len(posts()) == 8
    school.discussions[number] = gone
    link.sync(full=True)
    assert len(posts()) == 9


def test_posts_of_who_is_joined_later_come_then_in_their_place(school: School, link: Linked) -> None:
    there = link.there.someone(LUKASZ)
    emil = school.person("Emil Somebody", email=there.email)
    result = link.sync()
    assert f"1 {LEFT_OUT}" in result.words
    assert posts() == [("Adeyemi", RAIN, None), ("Pryce", PRIVATE, RAIN)]

    joining.join(OPERATOR, link.site_id, str(there.id), emil)
    link.sync()
    assert ("Somebody", REPLY, RAIN) in posts()


def test_the_same_again_writes_nothing(link: Linked) -> None:
    link.sync()
    with database.reading():
        before = AuditLine.select().count()
    assert link.sync(full=True).words == "Nothing new."
    with database.reading():
        assert AuditLine.select().count() == before


def test_a_discussion_of_a_course_that_is_no_more_opens_no_more(link: Linked) -> None:
    link.sync()
    with database.writing():
        post = Post.select(Post.id).where(Post.body == RAIN).scalar()
        assert threads.thread(OPERATOR, post).posts
        Course.update(active=False).execute()
    with pytest.raises(errors.NotFoundError):
        threads.thread(OPERATOR, post)
