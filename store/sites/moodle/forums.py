"""Forums of a Moodle: which discussions moved, the newest first, the posts of those, and answers to them.

A list of discussions says when each was answered last, and nothing of edits, deletions and private replies:
for these the discussions of the last days are read whole on each full run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from store import database
from store.batches import chunks
from store.frozen import dataclass
from store.importing.ledger import Ledger, digest
from store.sites import html, marks, post_push, withdrawing
from store.sites.asking import REFUSALS, Asker, Client
from store.sites.courses import title_of
from store.sites.errors import SiteError
from store.sites.moodle.courses import moment
from store.sites.moodle.needs import ANSWER, FORUMS, POSTS, THREADS
from store.sites.moodle.updates import Moved
from store.sites.pages import Counts, PulledPage, PullPlan, RunPart
from store.sites.post_push import OutgoingPost, PostThere
from store.sites.post_writer import THREAD, PostRead, PostWriter, ThreadRead
from store.sites.sites import LinkedSite

NEWEST_FIRST = 1
PAGE, SHORT_PAGE = 100, 10
"""Discussions in one answer, where all are read and where only the newest are looked at."""
READ_AT_ONCE = 20
"""Discussions whose posts are written together."""
READ_WHOLE_FOR = 30 * 24 * 60 * 60
"""Seconds for which a discussion that rests is read whole on a full run."""
OVERLAP = 120
FORUM = "forum:"
"""Before the site's id of a forum in the marks: its course and its activity, as JSON."""
REFUSED = "forums that the link may not read"


@dataclass(frozen=True, slots=True)
class ForumRead:
    """A forum, and its place in a course."""

    id: str
    course: str
    activity: str


class ForumPull:
    """The forums of one run. Without the functions for it nothing is read."""

    def __init__(self, site: LinkedSite, asker: Asker, plan: PullPlan) -> None:
        self._site = site
        self._asker = asker
        self._plan = plan

    @property
    def is_possible(self) -> bool:
        """Whether the service has what it takes."""
        return self._asker.functions >= {FORUMS, THREADS, POSTS}

    def forums(self, courses: Sequence[str]) -> list[ForumRead]:
        """The forums of these courses: asked for with the courses, else as they are known."""
        if not self.is_possible or not courses:
            return []
        if self._plan.roster:
            rows = self._asker.optional(FORUMS, courseids=[int(course) for course in courses])
            return [ForumRead(str(one["id"]), str(one["course"]), str(one["cmid"])) for one in rows]
        with database.reading():
            known = marks.beginning(self._site.id, FORUM)
        return [ForumRead(number, *json.loads(kept)) for number, kept in known.items()]

    def since(self, courses: Sequence[str]) -> dict[str, int]:
        """Up to when the forums of each course were read; 0 for all that they have."""
        if self._plan.full:
            return dict.fromkeys(courses, 0)
        with database.reading():
            read = marks.beginning(self._site.id, marks.TALK)
        return {course: max(0, int(read.get(course, 0)) - OVERLAP) for course in courses}

    def pages(
        self, forums: Sequence[ForumRead], since: Mapping[str, int], moved: Mapping[str, Moved]
    ) -> Iterator[PulledPage]:
        """The discussions that moved; `moved` tells which forums did, of the courses that it has."""
        refused: set[str] = set()
        for number, forum in enumerate(forums, 1):
            known = moved.get(forum.course)
            if (
                known is not None
                and since[forum.course]
                and "discussions" not in known.get(forum.activity, {})
            ):
                continue
            part = RunPart("forums", number, len(forums))
            try:
                listed = list(self._listed(forum, since[forum.course]))
            except REFUSALS:
                refused.add(forum.course)
                yield PulledPage(part, lambda counts: counts.note(REFUSED))
                continue
            yield from self._posts(forum, listed, part)
            if self._plan.full:
                seen = {str(each["discussion"]) for each in listed}
                yield PulledPage(part, self._gone(forum, seen))
        yield PulledPage(RunPart("forums", len(forums), len(forums)), self._end(forums, since, refused))

    def _listed(self, forum: ForumRead, since: int) -> Iterator[Mapping[str, Any]]:
        """The discussions that were answered since then, the newest first; pinned ones stand before them."""
        size = SHORT_PAGE if since else PAGE
        page = 0
        while True:
            answer = self._asker.call(
                THREADS, forumid=int(forum.id), sortorder=NEWEST_FIRST, page=page, perpage=size
            )
            rows = answer.get("discussions", ())
            for each in rows:
                if int(each.get("timemodified") or 0) >= since:
                    yield each
                elif not each.get("pinned"):
                    return
            if len(rows) < size:
                return
            page += 1

    def _posts(
        self, forum: ForumRead, listed: Sequence[Mapping[str, Any]], part: RunPart
    ) -> Iterator[PulledPage]:
        """The posts of the discussions that are not as they were read before."""
        told = {str(each["discussion"]): _mark_of(each) for each in listed}
        with database.reading():
            known = Ledger(self._site.source, (THREAD,), only=[f"{forum.id}:{thread}" for thread in told])
        late = self._plan.started - READ_WHOLE_FOR
        wanted = [
            each
            for each in listed
            if not known.unchanged(THREAD, f"{forum.id}:{each['discussion']}", told[str(each["discussion"])])
            or (self._plan.full and int(each.get("timemodified") or 0) > late)
        ]
        for some in chunks(wanted, READ_AT_ONCE):
            asked = [{"discussionid": int(each["discussion"]), "sortdirection": "ASC"} for each in some]
            threads = []
            for each, answer in zip(some, self._asker.each(POSTS, asked), strict=True):
                if not isinstance(answer, SiteError) and answer.get("posts"):
                    thread = str(each["discussion"])
                    read = tuple(posts_in(answer))
                    threads.append(ThreadRead(forum.course, forum.id, thread, told[thread], read))

            def put(counts: Counts, threads: Sequence[ThreadRead] = threads) -> None:
                PostWriter(self._site, counts).put(threads)

            yield PulledPage(part, put, {"posts": sum(len(each.posts) for each in threads)})

    def _gone(self, forum: ForumRead, seen: set[str]) -> Any:
        def put(counts: Counts) -> None:
            withdrawing.note_gone(self._site, f"{THREAD}:{forum.id}", THREAD, seen, f"{forum.id}:")

        return put

    def _end(self, forums: Sequence[ForumRead], since: Mapping[str, int], refused: set[str]) -> Any:
        """Keep which forums there are, and up to when they were read."""

        def put(counts: Counts) -> None:
            if self._plan.roster:
                there = {each.id: json.dumps([each.course, each.activity]) for each in forums}
                for gone in marks.beginning(self._site.id, FORUM).keys() - there.keys():
                    marks.drop(self._site.id, FORUM + gone)
                    if self._plan.full and forums:
                        withdrawing.note_gone(self._site, f"{THREAD}:{gone}", THREAD, (), f"{gone}:")
                for number, kept in there.items():
                    marks.put(self._site.id, FORUM + number, kept)
            for course in since:
                if course not in refused:
                    marks.put(self._site.id, marks.TALK + course, str(self._plan.started))

        return put


# ------------------------------------------------------------------------------ reading


def _mark_of(each: Mapping[str, Any]) -> str:
    names = ("name", "timemodified", "numreplies", "message")
    return digest(*(str(each.get(name)) for name in names))


def posts_in(answer: Mapping[str, Any]) -> Iterator[PostRead]:
    """The posts in an answer; those that were deleted stand there for their replies."""
    for each in answer.get("posts", ()):
        at = moment(each.get("timecreated"))
        if at is not None:
            yield PostRead(
                id=str(each["id"]),
                parent=str(each.get("parentid") or ""),
                author=str((each.get("author") or {}).get("id") or ""),
                title=title_of(each.get("subject")),
                text=_text(each),
                at=at,
                private=bool(each.get("isprivatereply")),
                url=str((each.get("urls") or {}).get("view") or ""),
                deleted=bool(each.get("isdeleted")),
            )


def _text(each: Mapping[str, Any]) -> str:
    """What a post says, and the names of the files with it."""
    names = [html.line(str(file.get("filename") or "")) for file in each.get("attachments", ())]
    files = "\n".join(f"Attached: {name}" for name in names if name)
    return "\n\n".join(filter(None, (html.plain(str(each.get("message") or "")), files)))


# ---------------------------------------------------------------------------- answering


class ForumAnswers:
    """Answers in the forums of a Moodle: see `post_push`."""

    def __init__(self, site: LinkedSite, client: Client, asker: Asker) -> None:
        with database.reading():
            self._own = marks.get(site.id, marks.LINK_USER)
        self._client = client
        self._asker = asker

    def hindrance(self) -> str:
        """The function is missing, or with it the one that reads answers back."""
        lacking = sorted({ANSWER, POSTS} - self._asker.functions)
        return f"the token's service lacks {' and '.join(lacking)}" if lacking else ""

    def own_posts(self, row: OutgoingPost) -> list[PostThere]:
        """The posts of the link's own person in a discussion."""
        answer = self._asker.call(POSTS, discussionid=int(row.thread), sortdirection="ASC")
        told = {str(each["id"]): str(each.get("message") or "") for each in answer.get("posts", ())}
        return [
            PostThere(each.id, each.parent, html.visible(told[each.id]), each.private, each.url)
            for each in posts_in(answer)
            if each.author == self._own and not each.deleted
        ]

    def send(self, row: OutgoingPost) -> str:
        """Answer a post, or privately whoever wrote it."""
        said: dict[str, Any] = {"postid": int(row.parent), "subject": row.title, "message": row.html}
        if row.private:
            said["options"] = [{"name": "private", "value": 1}]
        answer = self._client.call(ANSWER, said)
        return str(answer.get("postid") or "") if isinstance(answer, dict) else ""


def push(site: LinkedSite, client: Client, asker: Asker) -> str:
    """Send out the answers that wait for a Moodle; a sentence on that, or nothing. Raises SiteError."""
    return post_push.push(site, ForumAnswers(site, client, asker))
