"""Reviewing many at once: what would be done, and what was."""

from __future__ import annotations

from store.frozen import dataclass
from store.views.actions import Skipped
from store.views.replies import ReplyValues


@dataclass(frozen=True, slots=True)
class BulkItem:
    """A completion that is ready, at the version that was looked at; `what` is its person and step.

    `values` are what the fields of a feedback come to for it.
    """

    completion_id: int
    version: int
    what: str
    values: ReplyValues


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a bulk review would do. `most` is the most that a step of it can earn, None without any."""

    ready: tuple[BulkItem, ...]
    left: tuple[Skipped, ...]
    most: float | None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What was done to many: how many, what failed and why, and how many were not come to.

    Of a bulk review also which completions were `reviewed`.
    """

    done: int
    failed: tuple[Skipped, ...]
    not_reached: int = 0
    reviewed: tuple[int, ...] = ()
