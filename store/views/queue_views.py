"""Named views of the queue."""

from __future__ import annotations

from store.frozen import dataclass
from store.views.queue import QueueView


@dataclass(frozen=True, slots=True)
class NamedView:
    """A view of the queue under a name. A built-in one has no `view_id` and cannot be deleted."""

    name: str
    view: QueueView
    view_id: int | None = None
