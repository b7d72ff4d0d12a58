"""Discussions of a Canvas: which moved, the newest first, and what was said in those.

A list of discussions says when each was answered last, and nothing of edits: for these the discussions of the
last days are read whole on each full run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from store import clock, database
from store.batches import chunks
from store.importing.ledger import Ledger, digest
from store.sites import html, marks, withdrawing
from store.sites.asking import REFUSALS, Asker
from store.sites.canvas.courses import moment, things
from store.sites.canvas.pages import pages
from store.sites.courses import CourseRead, title_of
from store.sites.errors import MaintenanceError
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.post_writer import THREAD, PostRead, PostWriter, ThreadRead
from store.sites.sites import LinkedSite

SHORT_PAGE = 5
"""Discussions in one answer where only the newest are looked at."""
READ_AT_ONCE = 20
"""Discussions that are written together."""
READ_WHOLE_FOR = timedelta(days=30)
"""For so long a discussion that rests is read whole on a full run."""
OVERLAP = timedelta(seconds=120)
WHOLE = {"include_new_entries": 1}
"""Else what was said last may be missing: Canvas puts a discussion together only now and then."""
REFUSED = "courses whose discussions the link may not read"
Row = Mapping[str, Any]


class TalkPull:
    """The discussions of one run."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan

    def pages(self, courses: Sequence[CourseRead]) -> Iterator[PulledPage]:
        """What moved in each course."""
        with database.reading():
            read = marks.beginning(self._site.id, marks.TALK)
        for number, course in enumerate(courses):
            part = RunPart("discussions", number, len(courses))
            since = 0 if self._plan.full else int(read.get(course.id, 0))
            try:
                topics = list(self._moved(course, since))
            except REFUSALS:
                yield PulledPage(part, lambda counts: counts.note(REFUSED))
                continue
            for some in chunks(self._wanted(course, topics), READ_AT_ONCE):
                threads = [each for each in (self._thread(course, topic) for topic in some) if each]
                read_posts = sum(len(each.posts) for each in threads)
                yield PulledPage(part, partial(self._put, threads), {"posts": read_posts})
            yield PulledPage(part, partial(self._put_read, course, {str(each["id"]) for each in topics}))

    def _moved(self, course: CourseRead, since: int) -> Iterator[Row]:
        """The discussions that were answered since then, the newest first."""
        asked: dict[str, Any] = {"order_by": "recent_activity"}
        if since:
            asked["per_page"] = SHORT_PAGE
        first = clock.from_micros(since * 1_000_000) - OVERLAP if since else None
        for some in pages(self._asker.call, f"courses/{course.id}/discussion_topics", **asked):
            for each in some:
                at = moment(each.get("last_reply_at")) or moment(each.get("posted_at"))
                if first is not None and at is not None and at < first:
                    return
                if at is not None and each.get("published", True):
                    yield each

    def _wanted(self, course: CourseRead, topics: Sequence[Row]) -> list[Row]:
        """Those that are not as they were read before; on a full run also those of the last days."""
        keys = [f"{course.id}:{each['id']}" for each in topics]
        with database.reading():
            known = Ledger(self._site.source, (THREAD,), only=keys)
        late = self._plan.began - READ_WHOLE_FOR
        return [
            each
            for each, key in zip(topics, keys, strict=True)
            if not known.unchanged(THREAD, key, _mark_of(each))
            or (self._plan.full and (moment(each.get("last_reply_at")) or late) > late)
        ]

    def _thread(self, course: CourseRead, topic: Row) -> ThreadRead | None:
        """A discussion with all that was said in it; None where the site does not give it now."""
        try:
            path = f"courses/{course.id}/discussion_topics/{topic['id']}/view"
            view = self._asker.call(path, **WHOLE).thing
        except (*REFUSALS, MaintenanceError):
            # One that asks for a post first, or that Canvas is still putting together.
            return None
        posts = (*_opening(topic), *entries_in(topic, view))
        return ThreadRead(course.id, course.id, str(topic["id"]), _mark_of(topic), posts)

    def _put(self, threads: Sequence[ThreadRead], counts: Counts) -> None:
        PostWriter(self._site, counts).put(threads)

    def _put_read(self, course: CourseRead, seen: set[str], counts: Counts) -> None:
        if self._plan.full:
            withdrawing.note_gone(self._site, f"{THREAD}:{course.id}", THREAD, seen, f"{course.id}:")
        marks.put(self._site.id, marks.TALK + course.id, str(self._plan.started))


def _mark_of(topic: Row) -> str:
    names = ("title", "message", "last_reply_at", "discussion_subentry_count")
    return digest(*(str(topic.get(name)) for name in names))


def first_id(topic: object) -> str:
    """What names the post that opens a discussion: its number may be that of an answer as well."""
    return f"topic:{topic}"


def _opening(topic: Row) -> Iterator[PostRead]:
    at = moment(topic.get("posted_at"))
    if at is not None:
        yield PostRead(
            id=first_id(topic["id"]),
            parent="",
            author=next((str(each.get("id") or "") for each in things([topic.get("author")])), ""),
            title=title_of(topic.get("title")),
            text=html.plain(str(topic.get("message") or "")),
            at=at,
            url=str(topic.get("html_url") or ""),
        )


def entries_in(topic: Row, view: Row) -> Iterator[PostRead]:
    """What was said in a discussion, also what Canvas has not sorted in yet; deleted entries hold a place."""
    found: list[PostRead] = []
    for number, each in told_in(view).items():
        at = moment(each.get("created_at"))
        if at is None:
            continue
        post = PostRead(
            id=number,
            parent=parent_of(each, topic["id"]),
            author=str(each.get("user_id") or ""),
            title=title_of(topic.get("title")),
            text=html.plain(str(each.get("message") or "")),
            at=at,
            url=f"{topic['html_url']}#entry-{number}" if topic.get("html_url") else "",
            deleted=bool(each.get("deleted")),
        )
        found.append(post)
    yield from sorted(found, key=lambda each: (each.at, each.id))


def told_in(view: Row) -> dict[str, Row]:
    """All that was said in a discussion, as Canvas tells it, by its number."""
    found: dict[str, Row] = {}
    # The last is read first, and what is read later counts.
    waiting = [*things(view.get("new_entries")), *things(view.get("view"))]
    while waiting:
        each = waiting.pop()
        waiting += things(each.get("replies"))
        found[str(each["id"])] = each
    return found


def parent_of(entry: Row, topic: object) -> str:
    """What an entry answers."""
    return str(entry.get("parent_id") or "") or first_id(topic)
