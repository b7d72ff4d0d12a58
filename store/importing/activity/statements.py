"""What an import needs of an xAPI statement, as plain dataclasses."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from store.frozen import dataclass
from store.importing.activity.scores import Score


class VerbKind(StrEnum):
    """What a verb means here."""

    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"
    SCORED = "scored"
    WAIVED = "waived"
    ANSWERED = "answered"
    SUBMITTED = "submitted"
    UNCOMPLETED = "uncompleted"
    UNPASSED = "unpassed"
    POSTED = "posted"
    VOIDED = "voided"
    OTHER = "other"


# By the last part of the verb's id: the many vocabularies agree on that much.
_VERBS = {
    VerbKind.COMPLETED: "completed complete",
    VerbKind.PASSED: "passed pass",
    VerbKind.FAILED: "failed fail",
    VerbKind.SCORED: "scored score assessed assess evaluated evaluate graded grade",
    VerbKind.WAIVED: "waived waive",
    VerbKind.ANSWERED: "answered answer",
    VerbKind.SUBMITTED: "submitted submit",
    VerbKind.UNCOMPLETED: "uncompleted uncomplete un-completed",
    VerbKind.UNPASSED: "unpassed unpass un-passed",
    VerbKind.POSTED: "commented comment responded replied reply created create",
    VerbKind.VOIDED: "voided",
}
VERBS = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
JUDGING = (
    VerbKind.PASSED,
    VerbKind.FAILED,
    VerbKind.SCORED,
    VerbKind.WAIVED,
    VerbKind.UNCOMPLETED,
    VerbKind.UNPASSED,
)
"""What may be said of somebody's work by another person."""
QUESTIONS = ("cmi.interaction", "interaction", "question")
DISCUSSIONS = ("discussion", "forum-topic", "forum-reply", "post", "comment", "reply", "thread")


class Where(NamedTuple):
    """A place in the file: the line, and in a list which statement of it; both from 1."""

    line: int
    number: int = 0


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
class Statement:
    """One statement. `key` is its id, or its digest without one; `digest` is of all it says.

    `at` is None where it does not say when, or says something that cannot be; `claimed` is what it says, and
    `was_stored_before` if that is later than when it was stored. `actor` is whose work it is about,
    `instructor` who judged it. `parents` run from the nearest activity around the object to the furthest.
    `refers_to` is the statement that this one voids, judges or answers; `of_statement` if it is about that
    one and no activity.
    """

    where: Where
    key: str
    digest: str
    at: datetime | None
    claimed: datetime | None
    was_stored_before: bool
    kind: VerbKind
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
    of_statement: bool
