"""Saved replies as rows of a list, and what is said of the points they carry."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.rows import Cell, Column, Row
from store import grading
from store.views.replies import ReplyView

COLUMNS = (
    Column("title", "reply", minimum=20, stretch=1),
    Column("uses", "used", width=6, align="right", drop=2),
    Column("points", "points", width=6, align="right", drop=1),
    Column("whose", "whose", width=6),
)
YOURS, SHARED = "yours", "shared"
SHOWN = 5_000
"""Characters of a reply that are shown to choose it by."""


def reply_row(reply: ReplyView) -> Row:
    """One reply: how often one used it, the points it carries, and whose it is."""
    uses = f"{reply.uses:,}×" if reply.uses else ""
    points = "" if reply.points is None else formatting.number(reply.points)
    whose = SHARED if reply.shared else YOURS
    return Row(reply.id, (reply.title, Cell(uses, "dim"), points, Cell(whose, "dim")))


def without_points(left_out: float, possible: float | None) -> str:
    """Why the points of a reply are not put into a review."""
    points = grading.in_words(left_out)
    if possible is None:
        return f"Without its {points}: this step has no points."
    return f"Without its {points}: this step goes to {formatting.number(possible)}."


def shortened(text: str) -> str:
    """As much of a text as one chooses by."""
    return text if len(text) <= SHOWN else text[:SHOWN] + " …"
