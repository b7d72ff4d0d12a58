"""Discussions of a site as posts: whatever the site is, a thread is written as it is there now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from store import database
from store.batches import chunks
from store.frozen import dataclass
from store.importing.bulk_writes import Updates, activate, deactivate, insert
from store.importing.ledger import Ledger, digest
from store.models import Post
from store.models.sites import SitePost
from store.sites import marks
from store.sites.pages import Counts
from store.sites.site_people import users_of
from store.sites.sites import LinkedSite

POST, THREAD = "post", "thread"
"""Kinds of `ExternalId`. A thread is known by its forum and its own id: see `ThreadRead.key`."""
LEFT_OUT = "posts of people who are not joined with anybody here"
INCOMPLETE = "*"
"""Behind the fingerprint of a thread from which posts were left out: it is read again on a full run."""


@dataclass(frozen=True, slots=True)
class PostRead:
    """One post. `parent` is the id of what it answers, empty for none; a `private` one is for its author and
    whom it answers. `text` is shown as it is. A `deleted` one holds the place of what was answered.
    """

    id: str
    parent: str
    author: str
    title: str
    text: str
    at: datetime
    private: bool = False
    url: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ThreadRead:
    """A discussion with all of its posts. `mark` is a fingerprint of what the site's list said of it."""

    course: str
    forum: str
    id: str
    mark: str
    posts: tuple[PostRead, ...]

    @property
    def key(self) -> str:
        """What names it among all threads of its site."""
        return f"{self.forum}:{self.id}"


class PostWriter:
    """Writes threads. Make it inside the transaction that writes."""

    def __init__(self, site: LinkedSite, counts: Counts) -> None:
        self._site = site
        self._counts = counts

    def put(self, threads: Sequence[ThreadRead]) -> None:
        """Add what is new, change what was edited, and take out what is gone from these threads."""
        courses = Ledger(self._site.source, ("course",))
        keys = [thread.key for thread in threads]
        keys += [post.id for thread in threads for post in thread.posts]
        self._ledger = Ledger(self._site.source, (POST, THREAD), only=keys)
        self._users = users_of(self._site.id, sorted({each.author for one in threads for each in one.posts}))
        for thread in threads:
            course_id = courses.local_id("course", thread.course)
            if course_id is None:
                continue
            left_out, held = self._put(thread, course_id)
            self._counts.note(LEFT_OUT, left_out)
            mark = thread.mark + (INCOMPLETE if left_out or held else "")
            self._ledger.remember(THREAD, thread.key, None, mark)
        self._ledger.flush()

    def _put(self, thread: ThreadRead, course_id: int) -> tuple[int, int]:
        """Write one thread; how many of its posts were left out, and how many may be answers from here."""
        here = _posts_here(self._site.id, [thread.id])
        ours = {post_id for _, post_id, is_ours in here if is_ours}
        standing = [each for each in thread.posts if not each.deleted]
        there = {each.id for each in standing}
        sender = _sender(self._site.id, thread.id)
        new, left_out, held = [], 0, 0
        updates, tally = Updates(Post), self._counts.of("posts")
        for each in standing:
            local, mark = self._ledger.local_id(POST, each.id), _mark_of(each)
            if local is None and sender and each.author == sender:
                # The push looks for what it sent, and what came in already is not that.
                held += 1
            elif local is None and each.author not in self._users:
                left_out += 1
            elif local is None:
                new.append(each)
            elif local not in ours and not self._ledger.unchanged(POST, each.id, mark):
                updates.add(local, title=each.title, body=each.text, active=True)
                self._ledger.remember(POST, each.id, local, mark)
                tally.changed += 1
            elif local in ours and not self._ledger.stands(POST, each.id):
                activate(Post, [local])
                self._ledger.remember(POST, each.id, local, mark)
        updates.run()
        tally.added += self._insert(thread, new, course_id)
        gone = [(key, post_id) for key, post_id, _ in here if key not in there]
        self._take_out(gone)
        return left_out, held

    def _insert(self, thread: ThreadRead, new: Sequence[PostRead], course_id: int) -> int:
        """Write new posts, those that are answered before their answers; how many."""
        answers = {each.id: each.parent for each in thread.posts}
        fresh = {each.id: each for each in new}
        kept = fresh.keys() | {key for key in answers if self._ledger.local_id(POST, key) is not None}
        parents = _nearest(answers, kept)
        below: dict[str, list[PostRead]] = {}
        for each in new:
            parent = parents[each.id]
            below.setdefault(parent if parent in fresh else "", []).append(each)
        ready = below.pop("", [])
        while ready:
            self._write(thread, ready, parents, course_id)
            ready = [post for each in ready for post in below.pop(each.id, ())]
        # What answers itself, by way of others, answers nothing.
        circle = [post for posts in below.values() for post in posts]
        self._write(thread, circle, parents | {each.id: "" for each in circle}, course_id)
        return len(new)

    def _write(
        self, thread: ThreadRead, ready: Sequence[PostRead], parents: dict[str, str], course_id: int
    ) -> None:
        fields = (Post.course, Post.parent, Post.user, Post.title, Post.body, Post.created_at)
        rows = []
        for each in ready:
            parent = self._ledger.local_id(POST, parents[each.id])
            rows.append((course_id, parent, self._users[each.author], each.title, each.text, each.at))
        ids = insert(Post, fields, rows)
        at_site = (SitePost.site, SitePost.post, SitePost.external_id, SitePost.thread)
        insert(
            SitePost,
            (*at_site, SitePost.private, SitePost.url),
            [
                (self._site.id, post_id, each.id, thread.id, each.private, each.url)
                for each, post_id in zip(ready, ids, strict=True)
            ],
        )
        for each, post_id in zip(ready, ids, strict=True):
            self._ledger.remember(POST, each.id, post_id, _mark_of(each))

    def _take_out(self, gone: Sequence[tuple[str, int]]) -> None:
        self._counts.of("posts").deactivated += deactivate(Post, [post_id for _, post_id in gone])
        self._ledger.load(POST, [key for key, _ in gone])
        for key, _ in gone:
            self._ledger.withdraw(POST, key)

    def take_out_threads(self, keys: Collection[str]) -> None:
        """Take out all posts of threads that are gone from the site."""
        self._ledger = Ledger(self._site.source, (POST, THREAD), only=sorted(keys))
        here = _posts_here(self._site.id, [key.partition(":")[2] for key in sorted(keys)])
        self._take_out([(key, post_id) for key, post_id, _ in here])
        for key in keys:
            self._ledger.withdraw(THREAD, key)
        self._ledger.flush()


def _posts_here(site_id: int, threads: Sequence[str]) -> list[tuple[str, int, bool]]:
    """The posts of threads that are at the site: their ids there and here, and whether they went out."""
    found: list[tuple[str, int, bool]] = []
    for some in chunks(threads):
        query = SitePost.select(SitePost.external_id, SitePost.post, SitePost.state.is_null(False)).where(
            SitePost.site == site_id, SitePost.thread.in_(list(some)), SitePost.external_id.is_null(False)
        )
        found += [(row[0], row[1], bool(row[2])) for row in database.rows(query)]
    return found


def _sender(site_id: int, thread: str) -> str:
    """The link's own person at the site, while it is not known what became of an answer in this thread."""
    sent = SitePost.external_id.is_null() & (SitePost.request_key != "")
    awaited = SitePost.select().where(SitePost.site == site_id, SitePost.thread == thread, sent)
    return marks.get(site_id, marks.LINK_USER) if awaited.exists() else ""


def _nearest(answers: dict[str, str], kept: Collection[str]) -> dict[str, str]:
    """For each post what it answers of those that are `kept`: where that was left out, what that answers, and
    so on; empty for none.
    """
    found: dict[str, str] = {}
    for post in answers:
        way: dict[str, None] = {post: None}
        at = answers[post]
        while at and at not in kept and at not in found and at not in way:
            way[at] = None
            at = answers.get(at, "")
        nearest = at if at in kept and at not in way else found.get(at, "")
        found |= dict.fromkeys(way, nearest)
    return found


def _mark_of(post: PostRead) -> str:
    return digest(post.title, post.text)
