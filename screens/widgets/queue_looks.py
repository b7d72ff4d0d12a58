"""The queue narrowed down from elsewhere: to a course, and to a group."""

from __future__ import annotations

from store.views.queue import QueueLook

NAME_LIMIT = 200
"""Characters of a name that are looked for: a filter takes only so many."""


def narrowed(*, course: str = "", group: str = "") -> QueueLook:
    """What waits in a course and in a group, of those that are named.

    A filter has no way to write a quote: of a name with some, the longest piece without one is looked for.
    """
    wanted = {"course": course, "group": group}
    found = {key: max(name.split('"'), key=len)[:NAME_LIMIT] for key, name in wanted.items() if name}
    return QueueLook(line=" ".join(f'{key}:"{name}"' for key, name in found.items()))
