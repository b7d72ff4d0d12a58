"""What somebody did, and undoing it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from store.frozen import dataclass
from store.views.outbox import SentView
from store.views.states import Decision


class UndoState(StrEnum):
    """Whether an action can be undone."""

    OPEN = "open"
    PARTLY = "partly"
    UNDONE = "undone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class PastAction:
    """One action of one person, in words; a bulk action is one, known by its newest line.

    `why` says why it stays; `undone_at` is when it was undone, if it was; `count` is of how many
    things it was not yet; `sent` is what became of its reviews at a site. Trying is what tells for sure:
    others may have built on what is `OPEN` here.
    """

    line_id: int
    at: datetime
    words: str
    stand: UndoState
    why: str = ""
    undone_at: datetime | None = None
    count: int = 1
    sent: tuple[SentView, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A thing that a bulk action or its undoing left as it is, and why. Without a name it is out of sight."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing an action: of a bulk action, how many of it were undone, what was left, and how
    many were not reached.

    `unmade` is the id of the group that is not there any more, where it was the making of one; `decisions`
    are those of the reviews that were undone; `note` says what of one action was not put back.
    """

    count: int = 1
    left: tuple[Skipped, ...] = ()
    not_reached: int = 0
    unmade: int | None = None
    decisions: tuple[Decision, ...] = ()
    note: str = ""
