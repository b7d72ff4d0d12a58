"""Views of the queue for one course or one group."""

from __future__ import annotations

from store import filter_line
from store.text import NAME_LIMIT
from store.views.queue import QueueView


def narrowed(*, course: str = "", group: str = "") -> QueueView:
    """What waits in a course and in a group, of those that are named."""
    wanted = {"course": course, "group": group}
    # A filter takes only so many characters.
    pieces = [filter_line.piece(key, name[:NAME_LIMIT]) for key, name in wanted.items() if name]
    return QueueView(line=" ".join(pieces))
