"""A school here that is linked with a made-up Moodle: syncing it, and what came of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from peewee import fn

from store import database, members, rubrics
from store.models import Attempt, Completion, Course, Lesson, Review, Step, User
from store.models.sites import Attachment, SitePerson
from store.permissions import OPERATOR
from store.queue import queue
from store.sites import sites, sync
from store.sites.asking import Asker
from store.sites.errors import SiteError
from store.sites.moodle.client import MoodleClient
from store.sites.opening import client_at
from store.sites.sites import LinkedSite
from store.sites.sync import SyncOptions, SyncResult
from store.views.queue import QueueView
from store.views.sites import SiteKind
from tests.helpers.databases import Kept
from tests.helpers.fake_moodle import FakeMoodle, School, fake_moodle


@dataclass
class Linked:
    """A site on this machine, and its link."""

    server: FakeMoodle
    site_id: int
    client: MoodleClient

    @property
    def there(self) -> School:
        return self.server.school

    @property
    def site(self) -> LinkedSite:
        return sites.linked(OPERATOR, str(self.site_id))[0]

    @property
    def source(self) -> str:
        return self.site.source

    def sync(
        self, *, wait: Callable[[float, SiteError], bool] = lambda seconds, why: True, **options: bool
    ) -> SyncResult:
        """One run, which does not wait before it asks again."""
        asker = Asker(self.client, wait=wait)
        return sync.run(self.site, self.client, SyncOptions(**options), asker=asker)


@contextmanager
def linked(school: School) -> Iterator[Linked]:
    """Link the open database with a site that answers until the block ends."""
    with fake_moodle(school) as server, MoodleClient(server.url, server.token) as client:
        site_id = sites.add(OPERATOR, SiteKind.MOODLE, server.url, "Harbour")
        yield Linked(server, site_id, client)


class Link(Protocol):
    """A site of any kind on this machine, and its link."""

    def sync(self) -> Any: ...


AnyLink = TypeVar("AnyLink", bound=Link)


class Synced(Generic[AnyLink]):
    """A school here that was synced with a site, made once; each test has a copy of both.

    `link` makes what a test is given, of the site, its number here, and what asks it.
    """

    def __init__(
        self, kept: Kept, server: Any, kind: SiteKind, link: Callable[[Any, int, Any], AnyLink]
    ) -> None:
        self._kept = kept
        self._server = server
        self._kind = kind
        self._link = link
        self._site_id = kept.made(self._sync)
        self._there = server.school.copy()

    def _sync(self) -> int:
        with client_at(self._kind, self._server.url, self._server.token) as client:
            site_id = sites.add(OPERATOR, self._kind, self._server.url, "Harbour")
            self._link(self._server, site_id, client).sync()
        return site_id

    @contextmanager
    def copied(self, file: Path) -> Iterator[AnyLink]:
        """Attach a copy, as a file of this name where it is one, of which the site was asked nothing yet."""
        self._server.serve(self._there.copy())
        client = client_at(self._kind, self._server.url, self._server.token)
        with self._kept.attached(file), client:
            yield self._link(self._server, self._site_id, client)


def work(person: str, step: str) -> tuple[Any, ...] | None:
    """State and points of somebody's work, and how many attempts and reviews it has."""
    with database.reading():
        query = (
            Completion.select(Completion.id, Completion.state, Completion.points)
            .join(User)
            .join_from(Completion, Step)
            .where(User.first_name == person, Step.title == step)
        )
        row = database.row(query)
        if row is None:
            return None
        return (row[1], row[2], len(_texts(row[0])), len(_said(row[0])))


def works() -> list[tuple[Any, ...]]:
    """All work, each with its state and points and how many attempts and reviews it has."""
    attempts = Attempt.select(fn.COUNT(Attempt.id)).where(Attempt.completion == Completion.id)
    reviews = Review.select(fn.COUNT(Review.id)).where(Review.completion == Completion.id)
    with database.reading():
        named = User.first_name, Step.title, Completion.state, Completion.points
        query = Completion.select(*named, attempts, reviews).join(User).join_from(Completion, Step)
        return sorted(database.rows(query), key=repr)


def texts(person: str, step: str) -> list[str]:
    """The texts of the attempts, the first one first."""
    with database.reading():
        return _texts(completion(person, step))


def said(person: str, step: str) -> list[tuple[Any, ...]]:
    """Decision, points and feedback of each review, the first one first."""
    with database.reading():
        return _said(completion(person, step))


def completion(person: str, step: str) -> int:
    query = Completion.select(Completion.id).join(User).join_from(Completion, Step)
    row = database.row(query.where(User.first_name == person, Step.title == step))
    assert row is not None
    return int(row[0])


def _texts(completion_id: int) -> list[str]:
    query = Attempt.select(Attempt.text).where(Attempt.completion == completion_id).order_by(Attempt.number)
    return [row[0] for row in database.rows(query)]


def _said(completion_id: int) -> list[tuple[Any, ...]]:
    query = Review.select(Review.decision, Review.points, Review.feedback)
    return database.rows(query.where(Review.completion == completion_id).order_by(Review.id))


def words(person: str, step: str) -> list[str]:
    """What the reviews said by criterion, the first one first: the words of a scale."""
    with database.reading():
        said = rubrics.said_of(completion(person, step))
    return [each.level for _, criteria in sorted(said.items()) for each in criteria]


def files(person: str, step: str) -> list[tuple[str, int, str]]:
    """Name, size and type of what was handed in."""
    with database.reading():
        query = (
            Attachment.select(Attachment.name, Attachment.size, Attachment.media_type)
            .join(Attempt)
            .where(Attempt.completion == completion(person, step))
        )
        return database.rows(query.order_by(Attachment.position))


def outline() -> list[tuple[str, str, str, float | None]]:
    """Course, lesson, step and points, in order."""
    with database.reading():
        query = (
            Step.select(Course.title, Lesson.title, Step.title, Step.points)
            .join(Lesson)
            .join(Course)
            .where(Step.active, Course.active)
        )
        return database.rows(query.order_by(Course.id, Lesson.position, Step.position))


def people() -> dict[str, str]:
    """What became of each person of the site, by their name there."""
    with database.reading():
        return dict(database.rows(SitePerson.select(SitePerson.name, SitePerson.state)))


def shown(step: str) -> dict[str, str]:
    """What each work on a step is called in the queue, by who did it."""
    rows = queue.listing(OPERATOR, QueueView(f'step:"{step}"')).rows
    with database.reading():
        names = members.people_names([row.user_id for row in rows])
    return {names[row.user_id]: row.person for row in rows}
