"""Discussions as a fake Canvas tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.helpers.fake_canvas.api import Call, endpoint, in_iso, not_found, require
from tests.helpers.fake_canvas.school import Topic


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
    topic = call.school.topics.get(number)
    if topic is None or topic.course != course:
        raise not_found()
    writers = {each.user for each in topic.entries}
    told = [{"id": each, "display_name": call.school.users[each].name} for each in sorted(writers)]
    return {"participants": told, "unread_entries": [], "new_entries": [], "view": _entries(topic, None)}


def _entries(topic: Topic, parent: int | None) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "parent_id": parent,
            "created_at": in_iso(each.created_at),
            "updated_at": in_iso(each.created_at),
            "replies": _entries(topic, each.id),
            # Of a deleted one nothing is left but its place.
            **({"deleted": True} if each.deleted else {"user_id": each.user, "message": each.message}),
        }
        for each in topic.entries
        if each.parent == parent
    ]
