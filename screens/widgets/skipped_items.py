"""A list of the items that a bulk action skips, each with the reason beside or below it."""

from __future__ import annotations

from collections.abc import Sequence

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store.views.actions import Skipped

WHAT = Column("what", minimum=20, stretch=1)
WHY = Column("why", minimum=42, stretch=1)


class SkippedList(RowList):
    """As high as its rows, up to a limit; hidden while nothing is skipped."""

    opens = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__((WHAT, WHY), id=id)
        self.display = False

    def show(self, left: Sequence[Skipped], *, lines: int, below: bool = False) -> None:
        """Show these in at most so many lines; with `below` each reason has a line of its own."""
        rows: list[Row] = []
        for at, one in enumerate(left):
            what, why = one.what or formatting.DASH, Cell(one.why, "dim")
            rows.append(Row(at, (what,) if below else (what, why)))
            if below:
                rows.append(Row(f"{at} why", (why,), heading=True))
        self.columns = (WHAT,) if below else (WHAT, WHY)
        self.styles.height = min(len(rows), lines)
        self.display = bool(left)
        self.set_rows(rows)
