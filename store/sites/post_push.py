"""Pushes answers to the discussions of a site: one way for every site that takes them.

A site answers twice what it is sent twice. So an answer is written down as sent before it is, and one whose
outcome is not known is looked for in its thread before it is sent once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from store import clock, database, text
from store.importing.ledger import Ledger
from store.models import Post, User
from store.models.sites import SitePost
from store.sites import html
from store.sites.errors import MissingRightError, RefusedError, UnknownOutcomeError
from store.sites.post_writer import POST
from store.sites.push_rows import ON_THE_WAY, REASON_LIMIT, external_ids, note_outcome
from store.sites.sites import LinkedSite
from store.views.sites import OutboxState

OURS = "-"
"""The fingerprint of a post that came from here: it is not brought back in."""
NOT_FOUND = "The site took the answer, and does not show it in its discussion: look there."


class OutgoingPost(NamedTuple):
    """An answer that is to go out, in the site's ids: `parent` is what it answers. `html` is what is sent."""

    id: int
    post: int
    course: str
    thread: str
    parent: str
    title: str
    html: str
    private: bool
    state: OutboxState
    request_key: str

    @property
    def words(self) -> str:
        """What is seen of it, as it is compared."""
        return html.visible(self.html)


class PostThere(NamedTuple):
    """A post of the link's own person at the site."""

    id: str
    parent: str
    words: str
    private: bool
    url: str


class Discussions(Protocol):
    """What a kind of site knows of its own. Each may raise a SiteError."""

    def hindrance(self) -> str:
        """Why nothing can go out at all; empty if it can."""

    def own_posts(self, row: OutgoingPost) -> Sequence[PostThere]:
        """The posts that the link's own person has in the thread of an answer."""

    def send(self, row: OutgoingPost) -> str:
        """Put an answer there; its id."""


def push(site: LinkedSite, there: Discussions) -> str:
    """Send the answers that wait; says in a sentence what became of them, or nothing.

    Raises a SiteError that is about the site itself: what was not sent waits on.
    """
    rows = _outgoing(site)
    if not rows:
        return ""
    hindrance = there.hindrance()
    if hindrance:
        return f"{text.counted(len(rows), 'answer')} {'waits' if len(rows) == 1 else 'wait'}: {hindrance}."
    tally = dict.fromkeys(OutboxState, 0)
    try:
        for row in rows:
            tally[_settle(site, there, row)] += 1
    finally:
        note_outcome(site, tally)
    named = (
        (OutboxState.DONE, "sent"),
        (OutboxState.REFUSED, "refused"),
        (OutboxState.SENT, "sent with an unknown outcome"),
    )
    said = [f"{tally[state]:,} {word}" for state, word in named if tally[state]]
    return f"Answers: {', '.join(said)}." if said else ""


def _settle(site: LinkedSite, there: Discussions, row: OutgoingPost) -> OutboxState:
    """Bring one answer as far as it goes."""
    try:
        if row.request_key and _is_there(site, there, row):
            return OutboxState.DONE
        database.engine().require_alone(site.id)
        sent = _begin(row)
        if sent is None:
            # Undone a moment ago: nothing goes out.
            return OutboxState.WAITS
        return _send(site, there, sent)
    except (MissingRightError, RefusedError) as error:
        return _refuse(row, error.message)


def _send(site: LinkedSite, there: Discussions, row: OutgoingPost) -> OutboxState:
    """Send an answer that is written down as sent. Should this die, the next run begins with a look."""
    number = ""
    try:
        number = there.send(row)
    except UnknownOutcomeError:
        pass
    except (MissingRightError, RefusedError) as error:
        # Nothing of it is there: if it is sent again, it goes anew.
        return _refuse(row, error.message, request_key="")
    if _is_there(site, there, row, number):
        return OutboxState.DONE
    return _refuse(row, NOT_FOUND) if number else OutboxState.SENT


def _is_there(site: LinkedSite, there: Discussions, row: OutgoingPost, number: str = "") -> bool:
    """Whether the answer is in its thread, by its `number` or else its words; then it is known by its id."""
    own = there.own_posts(row)
    found = [each for each in own if each.id == number] or [each for each in own if _is_it(each, row)]
    with database.writing():
        ledger = Ledger(site.source, (POST,), only=[each.id for each in found])
        # What is here already is another answer with the same words.
        new = [each for each in found if ledger.local_id(POST, each.id) is None]
        if not new or not _change(row, OutboxState.DONE, "", external_id=new[0].id, url=new[0].url):
            return False
        ledger.remember(POST, new[0].id, row.post, OURS)
        ledger.flush()
        return True


def _is_it(there: PostThere, row: OutgoingPost) -> bool:
    """Whether a post says the same in the same place: sites draw some signs as pictures."""
    is_beside = (there.parent, there.private) == (row.parent, row.private)
    return is_beside and _letters(there.words) == _letters(row.words)


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, words)) or words


def _begin(row: OutgoingPost) -> OutgoingPost | None:
    """Say that an answer is about to be sent, before it is: None where it was undone meanwhile."""
    key = row.request_key or uuid4().hex
    if not _change(row, OutboxState.SENT, "", request_key=key):
        return None
    return row._replace(state=OutboxState.SENT, request_key=key)


def _refuse(row: OutgoingPost, why: str, **more: str) -> OutboxState:
    _change(row, OutboxState.REFUSED, text.clean_line(why)[:REASON_LIMIT], **more)
    return OutboxState.REFUSED


def _change(row: OutgoingPost, state: OutboxState, reason: str, **more: Any) -> bool:
    """Let an answer stand so, unless it does not stand as it was read: then nothing."""
    as_read = (
        SitePost.id == row.id,
        SitePost.state == row.state.value,
        SitePost.request_key == row.request_key,
    )
    values = {"state": state.value, "reason": reason, "changed_at": clock.now(), **more}
    with database.writing():
        return bool(SitePost.update(values).where(*as_read).execute())


def _outgoing(site: LinkedSite) -> list[OutgoingPost]:
    """What waits to go out, and what was sent without a word on what became of it; the oldest first."""
    parent, answered = SitePost.alias("parent"), Post.alias("answered")
    columns = (
        SitePost.id,
        Post.id,
        Post.course,
        SitePost.thread,
        parent.external_id,
        Post.title,
        Post.body,
        User.first_name,
        User.last_name,
        SitePost.private,
        SitePost.state,
        SitePost.request_key,
    )
    with database.reading():
        query = (
            SitePost.select(*columns)
            .join(Post)
            .join(User)
            .join_from(Post, answered, on=(answered.id == Post.parent))
            .join_from(answered, parent, on=(parent.post == answered.id))
            .where(SitePost.site == site.id, SitePost.state.in_(ON_THE_WAY), SitePost.state.is_null(False))
        )
        rows = database.rows(query.order_by(SitePost.id))
        courses = external_ids(site, "course", {row[2] for row in rows})
    return [
        OutgoingPost(
            id=row[0],
            post=row[1],
            course=courses.get(row[2], ""),
            thread=row[3],
            parent=row[4],
            title=row[5],
            html=_signed(row[6], text.full_name(row[7], row[8])),
            private=bool(row[9]),
            state=OutboxState(row[10]),
            request_key=row[11],
        )
        for row in rows
    ]


def _signed(words: str, name: str) -> str:
    """An answer with the name of who wrote it: at the site the link's own person has."""
    return f"{html.sent(words)}<p>– {escape(text.clean_line(name), quote=False)}</p>"
