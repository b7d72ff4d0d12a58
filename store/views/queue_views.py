"""Looks at the queue that have a name, and what completes its line."""

from __future__ import annotations

from dataclasses import dataclass

from store.views.queue import QueueView


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A way to go on with a filter line: what it adds, a word on it, and the line and cursor after it."""

    label: str
    note: str
    line: str
    cursor: int


@dataclass(frozen=True, slots=True)
class NamedView:
    """A look at the queue under a name. One that is built in has no `view_id`, and stays."""

    name: str
    view: QueueView
    view_id: int | None = None
