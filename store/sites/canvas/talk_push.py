"""Answers in the discussions of a Canvas: see `post_push`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.sites import html, post_push
from store.sites.asking import Asker
from store.sites.canvas.talk import WHOLE, first_id, parent_of, told_in
from store.sites.errors import SiteBusyError
from store.sites.post_push import OutgoingPost, PostThere
from store.sites.sites import LinkedSite

if TYPE_CHECKING:
    from store.sites.canvas.client import CanvasClient


class DiscussionAnswers:
    """How the discussions of a Canvas are looked into and answered."""

    def __init__(self, client: CanvasClient, asker: Asker, link_user: str) -> None:
        self._client = client
        self._asker = asker
        self._own = link_user

    def hindrance(self) -> str:
        """Without the id of the link's person no answer would be known again."""
        return "" if self._own else "it is not known yet whose the token is, the next sync asks"

    def own_posts(self, row: OutgoingPost) -> list[PostThere]:
        """The posts of the link's own person in a discussion.

        Not every discussion takes answers below answers: Canvas hangs those up higher. Such a one counts as
        the answer to what was answered.
        """
        told = told_in(self._asker.call(f"{_topic(row)}/view", **WHOLE).thing)
        above = _above(row, told)
        return [
            PostThere(
                id=number,
                parent=row.parent if parent_of(each, row.thread) in above else parent_of(each, row.thread),
                words=html.visible(str(each.get("message") or "")),
                private=False,
                url=f"{self._client.url}/{_topic(row)}#entry-{number}",
            )
            for number, each in told.items()
            if str(each.get("user_id") or "") == self._own and not each.get("deleted")
        ]

    def send(self, row: OutgoingPost) -> str:
        """Answer the post that opens a discussion, or another one."""
        opens = row.parent == first_id(row.thread)
        path = f"{_topic(row)}/entries" if opens else f"{_topic(row)}/entries/{row.parent}/replies"
        # Only a site that was too busy to begin with it is asked again.
        made = self._asker.patiently(lambda: self._client.send("POST", path, message=row.html), SiteBusyError)
        return str(made.get("id") or "") if isinstance(made, dict) else ""


def _topic(row: OutgoingPost) -> str:
    return f"courses/{row.course}/discussion_topics/{row.thread}"


def _above(row: OutgoingPost, told: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What is answered, and what stands above that."""
    found, post = {row.parent}, row.parent
    while post in told:
        post = parent_of(told[post], row.thread)
        if post in found:
            break
        found.add(post)
    return found


def push(site: LinkedSite, client: CanvasClient, asker: Asker, link_user: str) -> str:
    """Send out the answers that wait for a Canvas; a sentence on that, or nothing. Raises SiteError."""
    return post_push.push(site, DiscussionAnswers(client, asker, link_user))
