"""My actions: what the user did, newest first, each of which can be undone here."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens import formatting
from screens.base import HOME, MusterScreen
from screens.places import Crumb, MyActionsPlace
from screens.undo import ask_to_undo
from screens.widgets.keys import key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store.frozen import dataclass
from store.undo import my_actions
from store.views import Page
from store.views.account import Viewer
from store.views.actions import PastAction, UndoState
from store.views.sites import OutboxState

WHEN = 12
"""Cells for date and time: 20 Nov 12:00."""
SITE = 17
"""Cells for what became of a review at its site: in Moodle 20 Nov."""
COLUMNS = (
    Column("when", "when", width=WHEN, align="right"),
    Column("words", "action", minimum=30, stretch=1),
    Column("site", "site", width=SITE, if_filled=True),
    Column("stand", "undo", width=13, align="right"),
)
NOTHING = (
    "You have done nothing here yet.\n\n"
    "Reviews, roles, people put into groups or taken out, and groups made, moved or deleted show here. "
    "You can undo your own actions here, as long as nobody has built on them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastActionLine(Row):
    """The row of an action, with everything known of it."""

    action: PastAction


class PastActions(RowList):
    """The list: Enter undoes an action."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "deeds.take-back",
            "enter",
            "open",
            "Undo",
            "Undo the action under the cursor, after asking",
            show=True,
        ),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Undo is not offered on what is undone."""
        if action == "open" and is_undone(self.cursor_row):
            return None
        return super().check_action(action, parameters)


class MyActionsScreen(MusterScreen[int]):
    """A list; its state is how many actions there are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "history.take-back",
            "u,ctrl+underscore,f11",
            "undo_selected",
            "Undo",
            "Undo the action under the cursor, after asking",
        ),
    ]

    place = MyActionsPlace()
    _on_undone = False

    def compose_body(self) -> ComposeResult:
        """What it is, and the list."""
        yield Static(Content("What you did · newest first"), classes="section")
        yield PastActions(COLUMNS, header=True, empty=NOTHING, id="past-actions")

    def fetch(self, viewer: Viewer) -> int:
        """The list reads its own windows."""
        return my_actions.mine(self.actor, limit=0).total

    def show(self, state: int) -> None:
        """The list shows itself."""

    def crumbs(self, state: int) -> tuple[Crumb, ...]:
        """Right below Home."""
        return (HOME, Crumb("My actions"))

    def windows(self) -> dict[str, Callable[[int, int], Page[Row]]]:
        """What one did, read as it comes into view."""
        return {"past-actions": self._actions}

    def _actions(self, offset: int, limit: int) -> Page[Row]:
        page = my_actions.mine(self.actor, offset=offset, limit=limit)
        return Page(tuple(_line(action) for action in page.rows), page.offset, page.total)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There has to be something to undo."""
        if action == "undo_selected":
            row = self.query_one("#past-actions", RowList).cursor_row
            return (bool(self.state) and not is_undone(row)) or None
        return super().check_action(action, parameters)

    @on(RowList.Moved)
    def _cursor_moved(self) -> None:
        """The row under the cursor decides whether Undo is offered."""
        undone = is_undone(self.query_one("#past-actions", RowList).cursor_row)
        if undone != self._on_undone:
            self._on_undone = undone
            self.refresh_bindings()

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Enter does what there is to do."""
        self.action_undo_selected()

    def action_undo_selected(self) -> None:
        """Undo the action under the cursor after asking, or say why it cannot be undone."""
        row = self.query_one("#past-actions", RowList).cursor_row
        if not isinstance(row, PastActionLine):
            return
        action = row.action
        if action.stand is UndoState.STAYS:
            self.say(action.why)
        elif action.stand is UndoState.UNDONE and action.undone_at is not None:
            self.say(f"You undid this {formatting.past(action.undone_at)}.")
        else:
            ask_to_undo(self, action)


def is_undone(row: Row | None) -> bool:
    """Whether the action of a row is undone as a whole."""
    return isinstance(row, PastActionLine) and row.action.stand is UndoState.UNDONE


def _line(action: PastAction) -> PastActionLine:
    gone = action.stand is UndoState.UNDONE
    words = Cell(action.words, "dim" if gone else "")
    is_stuck = any(view.state in (OutboxState.CONFLICT, OutboxState.REFUSED) for view in action.sent)
    site = Cell("" if gone else formatting.sent_in_short(action.sent), "accent" if is_stuck else "dim")
    stand = Cell(_STANDS[action.stand], "dim")
    return PastActionLine(action.line_id, (Cell(_when(action), "dim"), words, site, stand), action=action)


_STANDS = {
    UndoState.OPEN: "",
    UndoState.UNDONE: "undone",
    UndoState.PARTLY: "partly undone",
    UndoState.STAYS: "not possible",
}


def _when(action: PastAction) -> str:
    """Date and time; of another year the date has to do."""
    day, moment = formatting.date(action.at), formatting.date_and_time(action.at)
    return moment if len(moment) <= WHEN else day
