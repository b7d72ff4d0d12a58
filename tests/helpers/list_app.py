"""An app with one list in it, for the tests of lists."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, TypeVar

from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from screens.widgets.list.row_list import Column, Row, RowList

COLUMNS = (Column("name", "Name", stretch=1), Column("waiting", "Review", width=6, align="right"))
SIZE = (60, 20)

Kind = TypeVar("Kind", bound=Message)


def people(count: int, start: int = 0) -> list[Row]:
    """Rows p0, p1 and so on."""
    return [Row(f"p{n}", (f"Person {n}", str(n))) for n in range(start, start + count)]


def at(app: ListApp) -> Hashable | None:
    """The key under the cursor."""
    return app.view.cursor_key


class ListApp(App[None]):
    """One list; remembers what it said."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("h,l,space", "unused_key", show=False)]

    def __init__(
        self, rows: Sequence[Row] | None = (), columns: Sequence[Column] = COLUMNS, **options: Any
    ) -> None:
        super().__init__()
        self.rows = rows
        self.view = RowList(columns, **{"menu": True, **options})
        self.heard: list[Message] = []
        self.unused = 0

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()
        if self.rows is not None:
            self.view.set_rows(self.rows)

    @on(RowList.Opened)
    @on(RowList.Moved)
    @on(RowList.Toggled)
    @on(RowList.MenuAsked)
    @on(RowList.CellChosen)
    @on(RowList.MarksChanged)
    @on(RowList.Wanted)
    def remember(self, event: Message) -> None:
        self.heard.append(event)

    def said(self, kind: type[Kind]) -> list[Kind]:
        return [message for message in self.heard if isinstance(message, kind)]

    def action_unused_key(self) -> None:
        self.unused += 1

    def lines(self) -> list[str]:
        """What is drawn, each line checked to be as wide as the list."""
        strips = [self.view.render_line(y) for y in range(self.view.size.height)]
        for strip in strips:
            assert sum(cell_len(segment.text) for segment in strip) == self.view.size.width
            assert strip.cell_length == self.view.size.width
        return [strip.text for strip in strips]

    def current(self) -> list[str]:
        """The lines that carry the cursor's sign."""
        return [line.strip().rstrip("▐").strip() for line in self.lines() if line.startswith("›")]
