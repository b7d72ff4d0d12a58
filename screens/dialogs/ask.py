"""Dialogs that every screen uses: a menu, a question, and a choice from a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.base import Dialog
from screens.widgets import label_columns
from screens.widgets.fields import TextInput
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key, shown_key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import GAP
from store.errors import MusterError
from store.text import clean_text

MENU_FRAME = 19
"""Cells of a menu beside its labels: border, padding, cursor, keys, and the indentation of a reason."""


NOW = "✓"
"""Beside the line of a menu that says how things are."""


class MenuItem(NamedTuple):
    """A line of a menu. `refused` says why it cannot be chosen, `now` that it is how things are."""

    key: str
    label: str
    shortcut: str = ""
    refused: str = ""
    now: bool = False


class Lines(RowList):
    """A list to choose one line of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("list.choose", "enter", "open", "Choose", "Take the line under the cursor", show=True),
    ]
    one_click = True


class Menu(Dialog[str]):
    """The "…" menu of a thing: answers with the key of the line that was chosen.

    It opens on the line that says how things are, where there is one.
    """

    def __init__(self, title: str, items: Sequence[MenuItem]) -> None:
        super().__init__()
        self._title = title
        self._items = tuple(items)

    def compose(self) -> ComposeResult:
        """The title and the lines."""
        width = max(
            (cell_len(text) for item in self._items for text in (item.label, item.refused)), default=0
        )
        with Vertical(classes="dialog") as box:
            box.styles.width = min(72, max(30, width + MENU_FRAME, cell_len(clean_text(self._title)) + 6))
            yield Static(Content(clean_text(self._title)), classes="dialog--title")
            rows = Lines([Column("label", stretch=1), Column("key", width=5, align="right")], id="menu")
            rows.styles.height = min(16, sum(2 if item.refused else 1 for item in self._items))
            yield rows
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the lines, the cursor on how things are; what cannot be chosen says why under it."""
        rows: list[Row] = []
        below = self.app.screen_stack[-2]
        for item in self._items:
            tone = "dim" if item.refused else ""
            beside = Cell(NOW, "accent") if item.now else Cell(shown_key(below, item.shortcut), "dim")
            rows.append(Row(item.key, (Cell(item.label, tone), beside)))
            if item.refused:
                rows.append(Row(f"{item.key} refused", (Cell(f"  {item.refused}", "dim"),), heading=True))
        lines = self.query_one(RowList)
        lines.set_rows(rows)
        for item in self._items:
            if item.now:
                lines.move_to(item.key)
                break

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Answer, unless the line is refused."""
        item = next(item for item in self._items if item.key == message.key)
        if item.refused:
            self.app.bell()
        else:
            self.dismiss(item.key)


class Confirm(Dialog[bool]):
    """A question with its consequences."""

    def __init__(
        self,
        title: str,
        text: str,
        do: str,
        *,
        stay: str = "Cancel",
        destroys: bool = False,
        final: bool = False,
    ) -> None:
        """`do` is what the button says: a verb and its object; `stay` is what the other one says.

        Where doing it `destroys` something, a stray Enter stays. Where it is `final`, as what destroys is,
        only keys count that were pressed once the question could be read.
        """
        super().__init__()
        self._title = title
        self._text = text
        self._do = do
        self._stay = stay
        self._destroys = destroys
        self.needs_fresh_keys = destroys or final

    def compose(self) -> ComposeResult:
        """The question and the two answers."""
        with Vertical(classes="dialog"):
            yield Static(Content(clean_text(self._title)), classes="dialog--title")
            yield Static(Content(clean_text(self._text)), classes="dialog--text")
            with Horizontal(classes="dialog--buttons"):
                yield Button(Content(self._do), id="do", variant="error" if self._destroys else "primary")
                yield Button(Content(self._stay), id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin on the safe side."""
        if self._destroys:
            self.set_focus(self.query_one("#cancel"))

    @on(Button.Pressed, "#do")
    def _done(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


Key = TypeVar("Key", bound=Hashable)


class Choice(NamedTuple, Generic[Key]):
    """A line to choose, with a quieter note and a key beside it; `now` says that it is how things are."""

    key: Key
    label: str
    note: str = ""
    shortcut: str = ""
    now: bool = False


LABEL = Column("label", minimum=label_columns.LEAST, stretch=1)
SHORTCUT = Column("key", width=8, align="right")


class SearchInput(TextInput):
    """A line to search with: Enter takes what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("choose.take", "enter", "submit", "Choose", "Take the line under the cursor", show=True),
    ]


class SearchDialog(Dialog[Key]):
    """A line to type in above a list: the cursor moves in the list while the focus stays on the line.

    A key that means a row waits until what was typed before it has been found.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("choose.next", "down", "cursor(1)", "Next", "To the line below"),
        key("choose.previous", "up", "cursor(-1)", "Previous", "To the line above"),
        key("choose.page-down", "pagedown", "page(1)", "Page down", "A page down"),
        key("choose.page-up", "pageup", "page(-1)", "Page up", "A page up"),
    ]

    searching = False
    """Whether what was typed last is still being looked for."""

    @property
    def takes_keys(self) -> bool:
        """Once one can type: what is typed need not wait for what is found."""
        return self.settled and not self.writing

    def takes(self, event: events.Event) -> bool:
        """What is typed at once; other keys mean what will be found, not what was on screen before."""
        return not self.searching or not isinstance(event, events.Key) or event.is_printable

    def on_compose(self) -> None:
        """It is first seen with what is found before anything is typed."""
        self.draw_with_content()

    def search_ended(self) -> None:
        """What was found is in the list."""
        self.searching = False
        self.call_after_refresh(self.draw)
        self.host.key_queue.wake()

    def search_failed(self, error: MusterError) -> None:
        """Say why nothing was found. Keys that wait and rows of an earlier search mean nothing now."""
        self.searching = False
        rows = self.query_one(RowList)
        rows.empty = clean_text(error.message)
        rows.set_rows(())
        self.draw()
        self.host.key_queue.drop()
        self.show_error(error)

    def action_cursor(self, step: int) -> None:
        """To the line below, or the one above."""
        rows = self.query_one(RowList)
        if step > 0:
            rows.action_cursor_down()
        else:
            rows.action_cursor_up()

    def action_page(self, pages: int) -> None:
        """Turn the pages of the list."""
        self.query_one(RowList).action_page(pages)


class Choose(SearchDialog[Key]):
    """A searchable list: typing narrows it, Enter answers with the key of the line under the cursor.

    It opens on the line that says how things are, where there is one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # There is nothing else to go to: the focus stays where one types.
        key("choose.next-also", "tab", "cursor(1)", "Next also", "To the line below"),
        key(
            "choose.previous-also",
            "shift+tab",
            "cursor(-1)",
            "Previous also",
            "To the line above",
        ),
    ]

    WIDTH = ""
    """A class of the style sheet, for one that needs more room than others."""

    _wanted = ""
    """What was typed last: what was found for something else is not shown any more."""

    def __init__(
        self,
        title: str,
        find: Callable[[str], Sequence[Choice[Key]]],
        empty: str = "Nothing found",
        nothing: str = "",
        *,
        hint: str = "type to search",
    ) -> None:
        """`find` gives the lines for what was typed; it runs in a worker.

        `empty` is said when there are none for it, `nothing` when there are none at all.
        """
        super().__init__()
        self._title = title
        self._find = find
        self._empty = empty
        self._nothing = nothing or empty
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The title, the line to type in, the list."""
        with Vertical(classes=f"dialog choose {self.WIDTH}"):
            yield Static(Content(clean_text(self._title)), classes="dialog--title")
            yield SearchInput(placeholder=self._hint, id="search")
            # Only an answer tells whether there is anything.
            yield Lines((LABEL,), empty="", id="choices")
        yield KeyBar()

    def on_mount(self) -> None:
        """Everything, until something is typed."""
        self._search("")

    @on(Input.Changed, "#search")
    def _typed(self, message: Input.Changed) -> None:
        self._search(message.value)

    def _search(self, typed: str) -> None:
        self._wanted = typed
        self.searching = True
        self.read(lambda: self._find(typed), partial(self._found, typed), failed=self.search_failed)

    def _found(self, typed: str, choices: Sequence[Choice[Key]]) -> None:
        if typed != self._wanted:
            return
        rows = self.query_one(RowList)
        rows.empty = self._empty if typed.strip() else self._nothing
        noted = any(choice.note for choice in choices)
        keyed = any(choice.shortcut or choice.now for choice in choices)
        room = rows.room - (SHORTCUT.width + GAP if keyed else 0)
        texts = [(choice.label, choice.note) for choice in choices]
        rows.columns = (
            *(label_columns.columns(texts, room) if noted else (LABEL,)),
            *((SHORTCUT,) if keyed else ()),
        )
        rows.set_rows([_choice_row(choice, noted, keyed) for choice in choices])
        # The cursor would stay on the line it was on, wherever that stands among what is found now.
        now = [] if typed.strip() else [choice.key for choice in choices if choice.now]
        if not (now and rows.move_to(now[0])):
            rows.action_first()
        self.search_ended()

    @on(Input.Submitted, "#search")
    def _submit(self) -> None:
        self.query_one(RowList).action_open()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Answer with the line."""
        self.dismiss(cast(Key, message.key))


def _choice_row(choice: Choice[Any], noted: bool, keyed: bool) -> Row:
    cells: list[str | Cell] = [choice.label]
    if noted:
        cells.append(Cell(choice.note, "dim"))
    if keyed:
        cells.append(Cell(NOW, "accent") if choice.now else Cell(choice.shortcut, "dim"))
    return Row(choice.key, tuple(cells))
