"""Discussions, and the answers that go to their sites."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.outbox import SentView


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as one may see it. `depth` is how deep it stands below the first one.

    `private` is for its author and whom it answers alone. `sent` is what became of an answer that was written
    here; `url` is where a post is at its site.
    """

    id: int
    user_id: int
    author: str
    title: str
    text: str
    at: datetime
    depth: int
    private: bool
    url: str
    may_answer: bool
    sent: SentView | None


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A discussion, as far as one may see it. `site` is what its site is called, empty where it has none.

    `takes_private` tells whether an answer there can be for one person alone, `is_whole` whether nothing
    could be hidden from who reads it.
    """

    title: str
    course_id: int
    course: str
    site: str
    takes_private: bool
    is_whole: bool
    posts: tuple[PostView, ...]
