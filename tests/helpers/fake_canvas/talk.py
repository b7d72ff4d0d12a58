"""Discussions as a fake Canvas tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.helpers.fake_canvas.api import Call, CanvasError, endpoint, in_iso, not_found, require
from tests.helpers.fake_canvas.school import Entry, Topic


@endpoint("GET", "courses/:course/discussion_topics")
def topics(call: Call, course: int) -> Any:
    require(call, course, "read_forum")
    found = [each for each in call.school.topics.values() if each.course == course]
    return [_topic(call, each) for each in sorted(found, key=_last, reverse=True)]


def _last(topic: Topic) -> datetime:
    return max([topic.posted_at, *(each.created_at for each in topic.entries)])


def _topic(call: Call, each: Topic) -> dict[str, Any]:
    return {
        "id": each.id,
        "title": each.title,
        "message": each.message,
        "posted_at": in_iso(each.posted_at),
        "last_reply_at": in_iso(_last(each)),
        "discussion_subentry_count": len(each.entries),
        "author": {"id": each.author, "display_name": call.school.users[each.author].name},
        "html_url": f"{call.url}/courses/{each.course}/discussion_topics/{each.id}",
        "published": True,
    }


@endpoint("GET", "courses/:course/discussion_topics/:topic/view")
def topic_view(call: Call, course: int, number: int) -> Any:
    require(call, course, "read_forum")
    topic = _topic_of(call, course, number)
    new = topic.entries[topic.put_together :] if topic.put_together is not None else []
    asks = call.one("include_new_entries") == "1"
    writers = {each.user for each in topic.entries}
    told = [{"id": each, "display_name": call.school.users[each].name} for each in sorted(writers)]
    return {
        "participants": told,
        "unread_entries": [],
        "new_entries": [_entry(each) for each in new] if asks else [],
        "view": _entries(topic.entries[: topic.put_together], None),
    }


def _topic_of(call: Call, course: int, number: int) -> Topic:
    topic = call.school.topics.get(number)
    if topic is None or topic.course != course:
        raise not_found()
    return topic


def _entries(entries: list[Entry], parent: int | None) -> list[dict[str, Any]]:
    return [
        {**_entry(each), "replies": _entries(entries, each.id)} for each in entries if each.parent == parent
    ]


def _entry(each: Entry) -> dict[str, Any]:
    return {
        "id": each.id,
        "parent_id": each.parent,
        "created_at": in_iso(each.created_at),
        "updated_at": in_iso(each.created_at),
        # Of a deleted one nothing is left but its place.
        **({"deleted": True} if each.deleted else {"user_id": each.user, "message": each.message}),
    }


@endpoint("POST", "courses/:course/discussion_topics/:topic/entries")
def add_entry(call: Call, course: int, number: int) -> Any:
    return _add(call, course, _topic_of(call, course, number), None)


@endpoint("POST", "courses/:course/discussion_topics/:topic/entries/:entry/replies")
def add_reply(call: Call, course: int, number: int, entry: int) -> Any:
    topic = _topic_of(call, course, number)
    known = {each.id: each for each in topic.entries if not each.deleted}
    parent = known.get(entry)
    if parent is None:
        raise not_found()
    # Where replies are not below replies, they are all below the one on top.
    while not topic.is_threaded and parent.parent is not None:
        parent = known[parent.parent]
    return _add(call, course, topic, parent)


def _add(call: Call, course: int, topic: Topic, parent: Entry | None) -> Any:
    require(call, course, "post_to_forum")
    words = call.one("message") or ""
    if not words:
        raise CanvasError(400, {"errors": {"message": [{"message": "blank"}]}})
    return _entry(call.school.reply(topic, call.account.user, words, parent))
