"""Answers on their way to a site, for those who look after the link: see `threads` for who writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from store import clock, database, errors, permissions, text, threads
from store.audit import audit
from store.models import Course, Post, User
from store.models.sites import SitePost
from store.views import Actor, Page
from store.views.outbox import OutboxAnswer
from store.views.sites import OutboxState

NO_ROW = "No such answer. It may have been sent again, dropped or taken back."


def of_site(actor: Actor, site_id: int, states: Iterable[OutboxState], *, limit: int) -> Page[OutboxAnswer]:
    """The answers that go to a site and are in these states, the oldest first.

    Raises NotFoundError for all but admins.
    """
    with database.reading():
        permissions.require_admin(permissions.of(actor))
        wanted = SitePost.state.in_([state.value for state in states])
        answered, whose = Post.alias("answered"), User.alias("whose")
        query = (
            SitePost.select(
                SitePost.id,
                Post.id,
                User.id,
                User.first_name,
                User.last_name,
                whose.first_name,
                whose.last_name,
                Post.title,
                Course.title,
                SitePost.private,
                SitePost.state,
                SitePost.reason,
                Post.created_at,
                SitePost.changed_at,
            )
            .join(Post)
            .join(User)
            .join_from(Post, Course)
            .join_from(Post, answered, JOIN.LEFT_OUTER, on=(answered.id == Post.parent))
            .join_from(answered, whose, JOIN.LEFT_OUTER, on=(whose.id == answered.user))
            .where(SitePost.site == site_id, wanted)
        )
        rows = database.rows(query.order_by(SitePost.id).limit(limit))
        return Page(rows=tuple(_item(*row) for row in rows), offset=0, total=query.count())


def _item(row_id: int, post_id: int, author_id: int, *rest: Any) -> OutboxAnswer:
    first, last, whose_first, whose_last, title, course, private, state, reason, created_at, changed_at = rest
    return OutboxAnswer(
        id=row_id,
        post_id=post_id,
        author_id=author_id,
        author=text.full_name(first, last),
        person=text.full_name(whose_first or "", whose_last or ""),
        title=title.removeprefix(threads.RE),
        course=course,
        private=bool(private),
        state=OutboxState(state),
        reason=reason,
        created_at=created_at,
        changed_at=changed_at or created_at,
    )


def send_again(actor: Actor, row_id: int) -> None:
    """Let an answer that was refused go out once more.

    Raises NotFoundError for all but admins and for one that was not refused.
    """
    with database.writing():
        post_id, told = _refused(actor, row_id)
        again = {"state": OutboxState.WAITS.value, "reason": "", "changed_at": clock.now()}
        SitePost.update(again).where(SitePost.id == row_id).execute()
        audit.write(actor, "post.send", "post", post_id, after=told)


def drop(actor: Actor, row_id: int) -> None:
    """Give up sending an answer: it goes out of the discussion here too.

    Raises NotFoundError for all but admins and for one that was not refused.
    """
    with database.writing():
        post_id, told = _refused(actor, row_id)
        SitePost.delete().where(SitePost.id == row_id).execute()
        Post.update(active=False).where(Post.id == post_id).execute()
        audit.write(actor, "post.drop", "post", post_id, before=told)


def _refused(actor: Actor, row_id: int) -> tuple[int, dict[str, Any]]:
    """The answer of a row that was refused, and what a line tells of it."""
    permissions.require_admin(permissions.of(actor))
    answered = Post.alias("answered")
    row = database.row(
        SitePost.select(Post.id, answered.user, answered.title)
        .join(Post)
        .join_from(Post, answered, on=(answered.id == Post.parent))
        .where(SitePost.id == row_id, SitePost.state == OutboxState.REFUSED.value)
    )
    if row is None:
        raise errors.NotFoundError(NO_ROW)
    return row[0], {"user": row[1], "title": row[2]}
