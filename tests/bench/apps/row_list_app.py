"""A list of made-up people: 1,000 rows known at once, or 50,000 read in windows (`--windowed`)."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult

from screens.widgets.list.row_list import RowList
from screens.widgets.list.rows import Cell, Column, Row

COLUMNS = (
    Column("name", "Name", minimum=16, stretch=2),
    Column("email", "Email", minimum=16, stretch=2, drop=2),
    Column("progress", "Progress", width=16, align="right", drop=1),
    Column("seen", "Last active", width=12, drop=3),
    Column("waiting", "Review", width=6, align="right"),
)


def person(number: int) -> Row:
    """Row `number`, with a badge on every third."""
    waiting = Cell(f"● {number % 9 + 1}", "alert") if number % 3 == 0 else ""
    return Row(
        number,
        (
            f"Person Number {number}",
            Cell(f"person{number}@northfield.example", "dim"),
            f"{number % 101} %",
            Cell(f"{number % 30} d ago", "dim"),
            waiting,
        ),
    )


class RowListApp(App[None]):
    """One list and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, total: int, windowed: bool) -> None:
        super().__init__()
        self.total = total
        self.windowed = windowed

    def compose(self) -> ComposeResult:
        """The list."""
        yield RowList(COLUMNS, header=True)

    def on_mount(self) -> None:
        """Give it rows, or let it ask."""
        rows = self.query_one(RowList)
        rows.focus()
        if self.windowed:
            rows.reset_source(1)
        else:
            rows.set_rows([person(number) for number in range(self.total)])

    def on_row_list_wanted(self, event: RowList.Wanted) -> None:
        """Answer at once."""
        last = min(event.offset + event.limit, self.total)
        found = [person(number) for number in range(event.offset, last)]
        event.list.supply(event.offset, found, total=self.total, generation=event.generation)


if __name__ == "__main__":
    windowed = "--windowed" in sys.argv
    RowListApp(50_000 if windowed else 1_000, windowed).run()
