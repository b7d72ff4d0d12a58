"""Discussions: reading a thread, and answering in one whose site takes answers.

Of a thread one sees the posts of the people whom one follows, and one's own. A private reply is for its
author and whom it answers: others see it who follow both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from peewee import JOIN

from store import clock, database, errors, permissions, text
from store.audit import audit, lines
from store.audit.lines import AuditRecord
from store.batches import chunks
from store.models import Course, Post, User
from store.models.sites import Site, SitePost
from store.permissions import Permissions
from store.views import Actor
from store.views.outbox import LABELS, SentView
from store.views.sites import OutboxState, SiteKind
from store.views.threads import PostView, ThreadView

NO_POST = "No such post. It may have been deleted, or you can no longer see it."
NOWHERE = "This discussion is at no site that takes answers."
NOT_THERE = "This cannot be answered: it is private, or not at its site."
IS_THERE = "{} has the answer already, and it cannot be taken back from here."
MAY_BE_THERE = "{} may have the answer already: look there, and delete it there if it has."
ALL_SEE = "{} has no private answers: everybody in the discussion sees them."
ANSWER_LIMIT = 20_000
TAKES_ANSWERS = frozenset({SiteKind.MOODLE, SiteKind.CANVAS})
TAKES_PRIVATE = frozenset({SiteKind.MOODLE})
"""Sites where an answer can be for one person alone."""
RE = "Re: "
_NOT_GONE = (OutboxState.WAITS.value, OutboxState.REFUSED.value)
_COLUMNS = (
    Post.id,
    Post.parent,
    Post.user,
    User.first_name,
    User.last_name,
    Post.title,
    Post.body,
    Post.created_at,
    SitePost.external_id,
    SitePost.private,
    SitePost.url,
    SitePost.state,
    SitePost.reason,
    SitePost.changed_at,
    Site.name,
    Site.kind,
    Site.active,
)


# ------------------------------------------------------------------------------ reading


def thread(actor: Actor, post_id: int) -> ThreadView:
    """The discussion that a post is in. Raises NotFoundError unless the actor may see that post."""
    with database.reading():
        who = permissions.of(actor)
        first = database.row(
            Post.select(Post.course, Course.title, SitePost.site, SitePost.thread)
            .join(Course)
            .join_from(Post, SitePost, JOIN.LEFT_OUTER)
            .where(Post.id == post_id, Post.active, Course.active)
        )
        if first is None:
            raise errors.NotFoundError(NO_POST)
        course_id, course, site_id, thread_id = first
        found = _of_thread(site_id, thread_id) if site_id is not None else _around(post_id)
        rows = [_Row(row) for row in found]
        seen = _visible(who, rows)
        if post_id not in {row.id for row in seen}:
            raise errors.NotFoundError(NO_POST)
        top = next((row for row in rows if row.parent is None), rows[0])
        site = next((row.kind for row in rows if row.kind), None)
        return ThreadView(
            title=top.title if top in seen else seen[0].title.removeprefix(RE),
            course_id=course_id,
            course=course,
            site=LABELS[SiteKind(site)] if site else "",
            takes_private=site is not None and SiteKind(site) in TAKES_PRIVATE,
            is_whole=who.rules_all,
            posts=tuple(_views(who, seen)),
        )


class _Row:
    """A post as it was read."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.id, self.parent, self.user, first, last, self.title, self.body, self.at, *there = row
        self.author = text.full_name(first, last)
        self.external_id, private, url, self.state, self.reason, self.changed_at, *site = there
        self.private, self.url = bool(private), url or ""
        self.site, self.kind, self.is_linked = site

    @property
    def takes_answers(self) -> bool:
        """Whether its site would take an answer to it."""
        kind_does = self.kind is not None and SiteKind(self.kind) in TAKES_ANSWERS
        return kind_does and bool(self.is_linked) and not self.private and self.external_id is not None

    @property
    def sent(self) -> SentView | None:
        """What became of it at its site, where it was written here."""
        if self.state is None:
            return None
        since = self.changed_at or self.at
        return SentView(self.site, SiteKind(self.kind), OutboxState(self.state), since, self.reason, 0)


def _select() -> Any:
    query = Post.select(*_COLUMNS).join(User).join_from(Post, SitePost, JOIN.LEFT_OUTER)
    return query.join(Site, JOIN.LEFT_OUTER, on=(Site.id == SitePost.site)).where(Post.active)


def _of_thread(site_id: int, thread_id: str) -> list[tuple[Any, ...]]:
    query = _select().where(SitePost.site == site_id, SitePost.thread == thread_id)
    return database.rows(query.order_by(Post.created_at, Post.id))


def _around(post_id: int) -> list[tuple[Any, ...]]:
    """The posts above and below one, of which no site tells what belongs together."""
    known, row = {post_id}, database.row(Post.select(Post.parent).where(Post.id == post_id))
    while row is not None and row[0] is not None and row[0] not in known:
        known.add(row[0])
        row = database.row(Post.select(Post.parent).where(Post.id == row[0]))
    below = known
    while below:
        below = {
            answer
            for some in chunks(sorted(below))
            for (answer,) in database.rows(Post.select(Post.id).where(Post.parent.in_(list(some))))
        } - known
        known |= below
    found: list[tuple[Any, ...]] = []
    for some in chunks(sorted(known)):
        found += database.rows(_select().where(Post.id.in_(list(some))))
    return sorted(found, key=lambda row: (row[7], row[0]))


def _visible(who: Permissions, rows: Sequence[_Row]) -> list[_Row]:
    """Those that one may see: see the top of this file."""
    if who.rules_all:
        return list(rows)
    followed = _followed(who, {row.user for row in rows})
    near = followed | {who.user_id}
    users = {row.id: row.user for row in rows}
    return [row for row in rows if row.user in near and (not row.private or users.get(row.parent) in near)]


def _followed(who: Permissions, users: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in chunks(sorted(users)):
        query = User.select(User.id).where(User.id.in_(list(some)), permissions.followed(who, User.id))
        found.update(row[0] for row in database.rows(query))
    return found


def _views(who: Permissions, rows: Sequence[_Row]) -> list[PostView]:
    """Each with its answers below it, the first ones first."""
    followed = _followed(who, {row.user for row in rows}) - {who.user_id}
    there = {row.id for row in rows}
    below: dict[int | None, list[_Row]] = {}
    for row in rows:
        below.setdefault(row.parent if row.parent in there else None, []).append(row)
    found: list[PostView] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append(
            PostView(
                id=row.id,
                user_id=row.user,
                author=row.author,
                title=row.title,
                text=row.body,
                at=row.at,
                depth=depth,
                private=row.private,
                url=row.url,
                may_answer=row.takes_answers and row.user in followed,
                sent=row.sent,
            )
        )
        waiting += [(answer, depth + 1) for answer in reversed(below.get(row.id, []))]
    return found


# ---------------------------------------------------------------------------- answering


def answer(actor: Actor, post_id: int, words: str, *, private: bool = False) -> int:
    """Answer a post of somebody whom one follows: the next sync brings it to the site. Returns its id.

    A `private` answer is seen there by that person and by staff. Raises InvalidError where nothing is said or
    the site takes no answer to this, NotFoundError for a post that one may not see.
    """
    words = text.body(words, "The answer", limit=ANSWER_LIMIT).strip()
    if not text.is_visible(words):
        raise errors.InvalidError("Write an answer first.", field="text")
    with database.writing():
        who = permissions.of(actor)
        row = _answered(who, post_id)
        if private and SiteKind(row.kind) not in TAKES_PRIVATE:
            raise errors.InvalidError(ALL_SEE.format(LABELS[SiteKind(row.kind)]))
        title = row.title if row.title.startswith(RE) else f"{RE}{row.title}"[: text.NAME_LIMIT]
        now = clock.now()
        course, site_id, thread_id = database.rows(
            Post.select(Post.course, SitePost.site, SitePost.thread)
            .join(SitePost, on=(SitePost.post == Post.id))
            .where(Post.id == post_id)
        )[0]
        made = Post.insert(
            course=course, parent=post_id, user=who.user_id, title=title, body=words, created_at=now
        ).execute()
        SitePost.insert(
            site=site_id,
            post=made,
            thread=thread_id,
            private=private,
            state=OutboxState.WAITS.value,
            changed_at=now,
        ).execute()
        told = {"user": row.user, "title": row.title, "private": private}
        audit.write(actor, "post.answer", "post", made, after=told)
        return int(made)


def _answered(who: Permissions, post_id: int) -> _Row:
    """The post that is to be answered. Raises as `answer`."""
    found = database.row(_select().where(Post.id == post_id))
    row = _Row(found) if found is not None else None
    if row is None or row.user == who.user_id:
        raise errors.NotFoundError(NO_POST)
    try:
        permissions.require_follows(who, row.user)
    except errors.NotFoundError as error:
        raise errors.NotFoundError(NO_POST) from error
    if row.kind is None or SiteKind(row.kind) not in TAKES_ANSWERS or not row.is_linked:
        raise errors.InvalidError(NOWHERE)
    if not row.takes_answers:
        raise errors.InvalidError(NOT_THERE)
    return row


def send_again(actor: Actor, post_id: int) -> None:
    """Let an answer of one's own that was refused go out once more.

    Raises NotFoundError where there is none, or whom it answers is out of sight.
    """
    with database.writing():
        who = permissions.of(actor)
        row = database.row(
            Post.select(Post.parent).where(Post.id == post_id, Post.user == who.user_id, Post.active)
        )
        if row is None:
            raise errors.NotFoundError(NO_POST)
        answered = _answered(who, row[0])
        refused = (SitePost.post == post_id) & (SitePost.state == OutboxState.REFUSED.value)
        again = {"state": OutboxState.WAITS.value, "reason": "", "changed_at": clock.now()}
        if not SitePost.update(again).where(refused).execute():
            raise errors.NotFoundError("This answer was not refused.")
        told = {"user": answered.user, "title": answered.title}
        audit.write(actor, "post.send", "post", post_id, after=told)


# ------------------------------------------------------------------------------ undoing


def check_undoing(who: Permissions, line: AuditRecord) -> None:
    """Taking an answer back asks what answering asks for. Raises NotFoundError."""
    permissions.require_follows(who, line.after["user"])


def undo_answer(actor: Actor, who: Permissions, line: AuditRecord, batch: str) -> str | None:
    """Take back an answer that has not gone out. Raises ConflictError where it has."""
    query = SitePost.select(SitePost.id, SitePost.state, SitePost.request_key, Site.kind).join(Site)
    row = database.row(query.where(SitePost.post == line.target_id))
    if row is None:
        raise lines.refused("The answer is not there any more.")
    row_id, state, request_key, kind = row
    if state not in _NOT_GONE:
        raise lines.refused(IS_THERE.format(LABELS[SiteKind(kind)]))
    if request_key:
        # It was sent, and not read back.
        raise lines.refused(MAY_BE_THERE.format(LABELS[SiteKind(kind)]))
    SitePost.delete().where(SitePost.id == row_id).execute()
    Post.update(active=False).where(Post.id == line.target_id).execute()
    lines.write(actor, line, batch, before=line.after, after=None)
    return None


# ------------------------------------------------------------------------------- naming


def of_posts(post_ids: Collection[int]) -> dict[int, SentView]:
    """What became of these answers at their sites. Call inside a transaction."""
    found: dict[int, SentView] = {}
    for some in chunks(sorted(post_ids)):
        for row in database.rows(_select().where(Post.id.in_(list(some)))):
            sent = _Row(row).sent
            if sent is not None:
                found[row[0]] = sent
    return found
