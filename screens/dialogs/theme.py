"""Choosing how Muster looks."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.theme import Theme
from textual.widgets import Static

from screens.base import Dialog
from screens.dialogs.ask import Lines
from screens.widgets.key_bar import KeyBar
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store import preferences
from store.errors import MusterError

COLUMNS = (Column("name", stretch=1), Column("kind", width=20), Column("now", width=1))


class PickTheme(Dialog[str]):
    """Every theme, previewed under the cursor. Enter saves one for this person, Esc cancels."""

    def __init__(self, themes: Sequence[Theme]) -> None:
        super().__init__()
        self._themes = tuple(themes)
        self._before = ""

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog choose"):
            yield Static(Content("Theme"), classes="dialog--title")
            yield Lines(COLUMNS, id="themes")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin at the one that is on screen."""
        self._before = self.app.theme
        rows = self.query_one(RowList)
        rows.set_rows([_row(theme, here=theme.name == self._before) for theme in self._themes])
        rows.move_to(self._before)

    @on(RowList.Moved)
    def _cursor_moved(self, message: RowList.Moved) -> None:
        """Show the one under the cursor."""
        # As the list is filled, the cursor is told to be on its first row, too.
        key = self.query_one(RowList).cursor_key
        if isinstance(key, str) and key == message.key and not self.answered:
            self.app.theme = key

    @on(RowList.Opened)
    def _row_opened(self, message: RowList.Opened) -> None:
        """Keep it, and remember it for this person."""
        name = str(message.key)
        self.app.theme = name
        self.write(
            lambda: preferences.put(self.actor, preferences.THEME, name),
            lambda _: self._kept(name),
            failed=self._not_kept,
        )

    def _kept(self, name: str) -> None:
        self.dismiss(name)

    def _not_kept(self, error: MusterError) -> None:
        """It stays on screen, but not for the next time."""
        self.show_error(error)
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Bring back the theme from before."""
        if self.may_leave():
            self.app.theme = self._before
            self.dismiss(None)


def _row(theme: Theme, *, here: bool) -> Row:
    kind = "the terminal's own" if theme.ansi else "dark" if theme.dark else "light"
    return Row(theme.name, (theme.name, Cell(kind, "dim"), Cell("✓" if here else "", "accent")))
