"""The filter of a list: a line to type it in, with suggestions under it, and a title that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from screens.widgets import label_columns
from screens.widgets.fields import TextInput
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store.errors import InvalidError
from store.filter_line import LINE_LIMIT, Suggestion
from store.text import clean_text

BESIDE = 4
"""Cells of a list beside its columns."""


class LineInput(TextInput):
    """The line itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("line.keep", "enter", "keep", "Apply", "Apply this filter and go to the list", show=True),
        key("line.take", "tab", "take", "Complete", "Insert the marked suggestion", show=True),
        key("line.drop", "escape", "drop", "Cancel", "Leave the filter unchanged", show=True),
        key("line.next", "down", "move(1)", "Next", "To the next suggestion"),
        key("line.previous", "up", "move(-1)", "Previous", "To the suggestion before"),
    ]

    @dataclass
    class Asked(Message):
        """One of the keys above was pressed: keep, drop, take, or a step up or down."""

        what: str
        step: int = 0

    def action_keep(self) -> None:
        """Apply the filter."""
        self.post_message(self.Asked("keep"))

    def action_drop(self) -> None:
        """Leave the filter unchanged."""
        self.post_message(self.Asked("drop"))

    def action_take(self) -> None:
        """Take a suggestion."""
        self.post_message(self.Asked("take"))

    def action_move(self, step: int) -> None:
        """To another suggestion."""
        self.post_message(self.Asked("move", step))


class FilterTitle(Line):
    """The line above a list: what is shown and how much of it. A click on the filter edits it."""

    DEFAULT_CSS = """
    FilterTitle { padding: 0 2; }
    """

    def show(self, name: str, line: str, facts: str, right: Sequence[Part] = ()) -> None:
        """Show what the part is called, its filter line (empty if there is none), and facts."""
        left = [Part(name, "strong"), Part(f"   {facts}", "dim")]
        if line:
            left += [Part("   "), Part(line, "accent", target=line)]
        self.set_parts(left, right)

    async def on_click(self, event: events.Click) -> None:
        """Edit the filter."""
        offset = event.get_content_offset(self)
        if offset and self.target_at(offset.x) is not None:
            await self.run_action("screen.filter")


class FilterLine(Vertical):
    """Opens over the header of the list that it stands right before, and pushes nothing away."""

    DEFAULT_CSS = """
    FilterLine {
        overlay: screen; height: auto; padding: 0 2; display: none;
        & LineInput, & LineInput:focus { background: transparent; padding: 0; }
        & .line--fault { height: auto; color: $error; display: none; }
        & RowList { max-height: 12; display: none; margin: 0 0 1 0; }
        &.-typing { display: block; }
        &.-typing RowList { display: block; }
        &.-faulty .line--fault { display: block; }
    }
    """

    @dataclass
    class Edited(Message):
        """Something was typed, or the cursor moved to another piece."""

        line: str
        cursor: int

    @dataclass
    class Left(Message):
        """The line is done with. It can be read."""

        line: str

    def __init__(
        self,
        target: str,
        placeholder: str,
        parse: Callable[[str], object],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        """`target` is a selector on the same screen: what gets the focus back. `parse` raises InvalidError
        for a line that cannot be read.
        """
        super().__init__(id=id)
        self._target = target
        self._placeholder = placeholder
        self.parse = parse
        self._shown = self._before = ""
        self._ways: tuple[Suggestion, ...] = ()
        # Ways that are on screen while others are awaited go on from an older line.
        self._awaits = self._takes_first = False

    def compose(self) -> ComposeResult:
        """The line, what is wrong with it, and the ways to go on."""
        yield LineInput(placeholder=self._placeholder, max_length=LINE_LIMIT, select_on_focus=False)
        yield Static(classes="line--fault")
        rows = RowList((Column("piece", stretch=1),))
        rows.one_click = True
        rows.can_focus = False
        rows.styles.height = "auto"
        yield rows

    @property
    def _input(self) -> LineInput:
        return self.query_one(LineInput)

    @property
    def typing(self) -> bool:
        """Whether somebody types in it."""
        return self.has_class("-typing")

    def show(self, line: str) -> None:
        """The list is filtered by this line now; what somebody types meanwhile stays."""
        self._shown = line
        if not self.typing:
            self._input.value = line
            self.accept()

    def open(self) -> None:
        """Type in it: at once, for the letters may be right behind."""
        self._before = self._input.value
        self.display = True
        self.screen.set_focus(self._input)
        self._input.cursor_position = len(self._input.value)

    def on_descendant_focus(self) -> None:
        """Somebody begins to type."""
        if not self.typing:
            self.add_class("-typing")
            self._edited()

    def on_descendant_blur(self) -> None:
        """Somebody went elsewhere: the filter stays as far as it was applied."""
        self._close()
        self.show(self._shown)

    def _close(self) -> None:
        self.remove_class("-typing")
        self.display = False
        self.suggest(())

    def suggest(self, ways: Sequence[Suggestion]) -> None:
        """Offer these ways to go on."""
        self._ways = tuple(ways)
        rows = [Row(number, (way.label, Cell(way.note, "dim"))) for number, way in enumerate(ways)]
        found = self.query_one(RowList)
        found.columns = label_columns.columns(
            [(way.label, way.note) for way in ways], self.size.width - BESIDE
        )
        found.set_rows(rows)
        found.action_first()
        found.display = bool(rows) and self.typing
        takes, self._awaits, self._takes_first = self._takes_first, False, False
        if takes and self.typing:
            self._take(found.cursor_key)

    def refuse(self, reason: str) -> None:
        """Say what is wrong with the line."""
        self.query_one(".line--fault", Static).update(Content(clean_text(reason)))
        self.add_class("-faulty")

    def accept(self) -> None:
        """Nothing is wrong with it."""
        self.remove_class("-faulty")

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        if self.typing:
            self._edited()

    def _edited(self) -> None:
        self._awaits, self._takes_first = True, False
        self.post_message(self.Edited(self._input.value, self._input.cursor_position))

    @on(RowList.Opened)
    def _clicked(self, message: RowList.Opened) -> None:
        message.stop()
        if not self._awaits:
            self._take(message.key)
        self.screen.set_focus(self._input)

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        # A move among suggestions is none in the list of items.
        message.stop()

    @on(LineInput.Asked)
    def _key_asked(self, message: LineInput.Asked) -> None:
        """A key of the line."""
        message.stop()
        rows = self.query_one(RowList)
        match message.what:
            case "move" if message.step > 0:
                rows.action_cursor_down()
            case "move":
                rows.action_cursor_up()
            case "take" if self._awaits:
                self._takes_first = True
            case "take":
                self._take(rows.cursor_key)
            case "keep":
                try:
                    self.parse(self._input.value)
                except InvalidError as error:
                    self.refuse(error.message)
                else:
                    self._leave(self._input.value)
            case _:
                self._leave(self._before)

    def _take(self, key: object) -> None:
        way = self._ways[key] if isinstance(key, int) and key < len(self._ways) else None
        if way is None:
            self.app.bell()
            return
        self._ways = ()
        self._input.value = way.line
        self._input.cursor_position = way.cursor

    def _leave(self, line: str) -> None:
        self.screen.set_focus(self.screen.query_one(self._target))
        self._close()
        self.show(line.strip())
        self.post_message(self.Left(line.strip()))
