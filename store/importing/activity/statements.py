"""What an import needs of an xAPI statement, as plain dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto


class Kind(Enum):
    """What a verb means here."""

    COMPLETED = auto()
    FAILED = auto()
    SCORED = auto()
    ANSWERED = auto()
    SUBMITTED = auto()
    POSTED = auto()
    VOIDED = auto()
    OTHER = auto()


# By the last part of the verb's id: the many vocabularies agree on that much.
VERBS = {
    "completed": Kind.COMPLETED,
    "complete": Kind.COMPLETED,
    "passed": Kind.COMPLETED,
    "failed": Kind.FAILED,
    "scored": Kind.SCORED,
    "answered": Kind.ANSWERED,
    "answer": Kind.ANSWERED,
    "submitted": Kind.SUBMITTED,
    "submit": Kind.SUBMITTED,
    "commented": Kind.POSTED,
    "comment": Kind.POSTED,
    "responded": Kind.POSTED,
    "replied": Kind.POSTED,
    "reply": Kind.POSTED,
    "created": Kind.POSTED,
    "create": Kind.POSTED,
    "voided": Kind.VOIDED,
}
QUESTIONS = ("cmi.interaction", "interaction", "question")
DISCUSSIONS = ("discussion", "forum-topic", "forum-reply", "post", "comment", "reply", "thread")


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody, by one way to tell who: `scheme` is mbox, mbox_sha1sum, account or openid."""

    scheme: str
    key: str
    name: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to do. `type` is the last part of its type's id, in lower case; may be empty."""

    id: str
    type: str
    name: str
    description: str
    interaction: str


@dataclass(frozen=True, slots=True)
class Score:
    """`raw` of `most` points, None where that was not said; both within the bounds of every import."""

    raw: float
    most: float | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `key` is its id, or its digest without one; `digest` is of all it says.

    `parents` run from the nearest activity around the object to the furthest.
    """

    line: int
    key: str
    digest: str
    at: datetime | None
    kind: Kind
    verb: str
    actor: Agent | None
    instructor: Agent | None
    object: Activity | None
    parents: tuple[Activity, ...]
    grouping: tuple[Activity, ...]
    score: Score | None
    response: str
    success: bool | None
    refers_to: str
