"""A list of several parts, each under its heading, read in windows as if it were one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from screens.widgets.list.rows import Row
from store.views import Page


class Section(NamedTuple):
    """One part: its heading, and how to read its rows by (offset, limit)."""

    heading: Row
    read: Callable[[int, int], Page[Row]]


GAP = Row("gap", ("",), heading=True)
"""The blank line between two parts."""


def read_sections(sections: Sequence[Section], offset: int, limit: int) -> Page[Row]:
    """Lines `offset` to `offset + limit` of the parts one under another, with a blank line between them.

    Headings and blanks count as lines. A part without rows has neither. Each part is asked once, if
    only for its total.
    """
    rows: list[Row] = []
    end = offset + limit
    start = 0
    for section in sections:
        head = (GAP, section.heading) if start else (section.heading,)
        first = start + len(head)
        page = section.read(max(0, offset - first), max(0, end - max(offset, first)))
        if page.total:
            rows += head[max(0, offset - start) : max(0, end - start)]
            rows += page.rows
            start = first + page.total
    return Page(tuple(rows), offset, start)
