"""What the program offers to its screens, whichever program it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from textual.screen import Screen
from textual.worker import Worker

from screens.places import Place
from screens.recent_places import Recent
from store.errors import NewerError, SignedOutError
from store.views import Actor
from store.views.account import Viewer
from store.views.queue import QueueView

if TYPE_CHECKING:
    # The first screen starts without it.
    from screens.draft_writer import DraftWriter


class Away(NamedTuple):
    """Somebody works from another machine: where on this one reports go, and what fetches them from there,
    as in "ssh muster@school.example".
    """

    folder: Path
    ssh: str


class HeldKeys(Protocol):
    """The keys that wait for what they were pressed for."""

    def wake(self) -> None:
        """Something has opened, closed, or got its content: the next key may come."""

    def drop(self) -> None:
        """What the waiting keys were meant for never comes: throw them away, with a bell."""

    def asks(self, flow: Worker[Any], dialog: Screen[Any]) -> None:
        """A flow waits for the answer of a dialog: until then keys are for the dialog."""

    def opens(self, read: Worker[Any]) -> None:
        """The answer of a read will open something: keys wait for it."""

    def has_ended(self, worker: Worker[Any]) -> None:
        """A worker has ended, and its answer was taken."""


class Host(Protocol):
    """What the program offers to its screens."""

    away: Away | None
    """None where the machine is their own."""

    viewer: Viewer
    recent: Recent
    """Where one was while the program runs."""
    opened_groups: frozenset[int] | None
    """What is opened up in the tree of groups while the program runs; None before it was read."""
    queue_view: QueueView
    """How the queue is looked at while the program runs, where nothing else is asked for."""
    members_by_need: bool
    """Whether the members of groups are listed by need rather than by name, while the program runs."""
    began: datetime
    """When this session began."""
    may_undo: bool
    """Whether something done in this session can be undone, as far as is known: the bar offers it then."""
    standing: str
    """What holds for as long as the program runs, for a line on every screen; empty as a rule."""

    @property
    def key_queue(self) -> HeldKeys:
        """The keys that wait."""

    @property
    def actor(self) -> Actor:
        """Who is signed in."""

    @property
    def draft_writer(self) -> DraftWriter:
        """Writes their drafts, and knows what they have open and what they did in this session."""

    def store_changed(self) -> None:
        """Everything on screen reads again what it shows."""

    async def go_to(self, place: Place) -> None:
        """Show a place."""

    def sign_out(self, error: SignedOutError) -> None:
        """Show nothing more, and say why."""

    def outdated(self, error: NewerError) -> None:
        """A newer Muster has upgraded the database: keep what was typed, and ask to start it again."""

    def unexpected(self, error: BaseException) -> None:
        """Log a fault of the program itself, and say that there was one."""
