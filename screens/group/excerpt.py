"""The first lines of a longer text, cut with an ellipsis."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from screens.widgets.list.rows import MENU_SIGN, fit
from screens.widgets.wrap import wrap
from store.text import clean_line


class Excerpt(Static):
    """A text as at most `lines` lines; takes no room when there is none."""

    DEFAULT_CSS = """
    Excerpt { height: auto; padding: 0 1; color: $foreground 65%; }
    """

    def __init__(self, lines: int = 2, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._lines = lines
        self._text = ""

    def show(self, text: str) -> None:
        """Show the beginning of this text."""
        self._text = clean_line(text)
        self.display = bool(self._text)
        self._cut()

    def on_resize(self) -> None:
        """More or less of it fits."""
        self._cut()

    def _cut(self) -> None:
        width = self.content_size.width
        if not width:
            return
        lines = wrap(self._text, width)
        shown = lines[: self._lines]
        if len(lines) > self._lines:
            # A little more than fits, so that what follows is cut off where the line ends.
            shown[-1] = fit(f"{shown[-1]} {lines[self._lines]}{MENU_SIGN}", width)
        self.update(Content("\n".join(shown)))
