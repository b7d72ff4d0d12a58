"""Textual's own table with the same 1,000 made-up people."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from screens.widgets.list.rows import as_cell
from tests.bench.apps.row_list_app import COLUMNS, person


class DataTableApp(App[None]):
    """One table and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns(*(column.title for column in COLUMNS))
        for number in range(1_000):
            table.add_row(*(as_cell(cell).text for cell in person(number).cells))
        table.focus()


if __name__ == "__main__":
    DataTableApp().run()
