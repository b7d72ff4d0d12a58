"""Statements about discussion as posts: threads begun, replies, comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store import database, text
from store.batches import chunks
from store.importing.activity.catalogue import NO_COURSE, Catalogue
from store.importing.activity.locations import Locations
from store.importing.activity.statements import DISCUSSIONS, Statement
from store.importing.ledger import Ledger, digest
from store.importing.planned import WritePlan
from store.importing.report import Report
from store.models import Post


@dataclass(slots=True)
class NewPost:
    """A post to be written. `parent` is a draft of this import, `parent_id` a post from before."""

    user_id: int
    course_id: int
    step_id: int | None
    title: str
    body: str
    at: datetime
    parent: NewPost | None = None
    parent_id: int | None = None
    id: int | None = None


class Posts:
    """Collects posts, oldest first, and writes them. Apply after the work, so that steps are known."""

    def __init__(
        self, catalogue: Catalogue, locations: Locations, ledger: Ledger, report: Report, plan: WritePlan
    ) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._locations = locations
        self._ledger = ledger
        self._report = report
        self._drafts: list[NewPost] = []
        self._by_activity: dict[str, NewPost] = {}
        self._by_statement: dict[str, NewPost] = {}

    def apply(self, statement: Statement, user_id: int, at: datetime) -> NewPost | None:
        """Take one statement in; None where there is nothing to post."""
        thing = statement.object
        if thing is None:
            return None
        is_post = thing.type in DISCUSSIONS
        body = statement.response or (thing.description if is_post else "")
        title = text.first_visible(thing.name[: text.NAME_LIMIT])
        known = thing.id in self._by_activity or self._ledger.local_id("post", thing.id) is not None
        if not body and (known or not is_post or not title):
            return None
        course_id = self._catalogue.course(self._locations.of(statement).course or NO_COURSE)
        step_id = self._catalogue.known_step(course_id, (thing, *statement.parents))
        draft = NewPost(user_id, course_id, step_id, title, body, at)
        self._find_parent(draft, statement)
        self._drafts.append(draft)
        self._by_statement[statement.key] = draft
        if is_post and not known:
            self._by_activity[thing.id] = draft
        return draft

    def _find_parent(self, draft: NewPost, statement: Statement) -> None:
        """What the post answers: the statement it refers to, or the nearest post around it."""
        draft.parent = self._by_statement.get(statement.refers_to)
        draft.parent_id = self._ledger.local_id("statement", statement.refers_to)
        # Where a post of that id is here already, the object is what is answered.
        around = [statement.object, *statement.parents]
        for activity in around:
            if activity is None or draft.parent is not None or draft.parent_id is not None:
                break
            if activity.type in DISCUSSIONS:
                draft.parent = self._by_activity.get(activity.id)
                draft.parent_id = self._ledger.local_id("post", activity.id)

    def save(self) -> None:
        """Write all posts, those that are answered before their answers."""
        self._drop_strange_parents()
        waiting = self._drafts
        while waiting:
            ready = [draft for draft in waiting if draft.parent is None or draft.parent.id is not None]
            self._write(ready)
            waiting = [draft for draft in waiting if draft.id is None]
        for activity_id, draft in self._by_activity.items():
            self._ledger.remember("post", activity_id, draft.id, digest(activity_id))
        if self._drafts:
            self._report.tally("posts").added += len(self._drafts)

    def _drop_strange_parents(self) -> None:
        """A reply stays in its course: what answers a post of another one begins a thread."""
        before = [draft.parent_id for draft in self._drafts if draft.parent_id is not None]
        courses: dict[int, int] = {}
        for chunk in chunks(sorted(set(before))):
            courses.update(database.rows(Post.select(Post.id, Post.course).where(Post.id.in_(list(chunk)))))
        for draft in self._drafts:
            if draft.parent is not None and draft.parent.course_id != draft.course_id:
                draft.parent = None
            if draft.parent_id is not None and courses.get(draft.parent_id) != draft.course_id:
                draft.parent_id = None

    def _write(self, drafts: list[NewPost]) -> None:
        fields = [Post.course, Post.step, Post.parent, Post.user, Post.title, Post.body, Post.created_at]
        rows = [
            (
                draft.course_id,
                draft.step_id,
                draft.parent.id if draft.parent else draft.parent_id,
                draft.user_id,
                draft.title,
                draft.body,
                draft.at,
            )
            for draft in drafts
        ]
        for draft, made in zip(drafts, self._plan.insert(Post, fields, rows), strict=True):
            draft.id = made
