"""Work as a site tells it, whatever the site is: what was handed in, and what was given for it there."""

from __future__ import annotations

from datetime import datetime

from store.frozen import dataclass
from store.views.states import State


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was handed in."""

    name: str
    size: int | None
    media_type: str
    url: str


def file_url(found: object) -> str:
    """The address of a file as a site tells it; empty where it is none on the web.

    No site can name a file that is kept here.
    """
    url = str(found or "")
    return url if url.lower().startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class AttemptRead:
    """One handing-in. `number` is the site's, from 0; `text` is our Markdown, `link` where else it is."""

    number: int
    text: str
    at: datetime
    files: tuple[FileRead, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class CriterionRead:
    """What was said by one criterion: the site's ids of it and of its level, points, and a remark."""

    criterion: str
    level: str
    points: float | None
    remark: str


@dataclass(frozen=True, slots=True)
class GradeRead:
    """What was given at the site for an attempt; `ours` if the link gave it.

    Of a scale `words` is what it says, and `position` which of its words that is, from 1; `criteria` is what
    a rubric says that was filled in.
    """

    number: int
    points: float | None
    at: datetime
    words: str = ""
    feedback: str = ""
    ours: bool = False
    position: int = 0
    criteria: tuple[CriterionRead, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentRead:
    """What was said beside a work. Without an `author` the learner said it; `text` is our Markdown."""

    id: str
    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class WorkRead:
    """One person's work on one assignment, as it is at the site now.

    `state` is None for work that was never handed in nor graded. `handed_in` says that the latest attempt is
    with the graders, `attempt` is its number, `team` whose work it is where that is of several people.
    `mark` is a fingerprint of all that the site told. `comments` are all that stand beside it, None where
    nobody asked.
    """

    assignment: str
    person: str
    attempt: int
    state: State | None
    handed_in: bool
    work_at: datetime | None
    grade_at: datetime | None
    attempts: tuple[AttemptRead, ...]
    grades: tuple[GradeRead, ...]
    mark: str
    shown_as: str = ""
    team: str = ""
    comments: tuple[CommentRead, ...] | None = None

    @property
    def key(self) -> str:
        """What names it among all work of its site."""
        return f"{self.assignment}:{self.person}"
