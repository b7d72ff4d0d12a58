"""A box for several lines of text. Apart from the other fields: the editor is costly to import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from textual import events, on
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import TextArea

from screens.widgets.fields import Labelled
from store.text import JOINERS, clean_text


class TextBox(TextArea):
    """Several lines to type in. What is typed or pasted loses what could drive the terminal."""

    DEFAULT_CSS = """
    TextBox, TextBox:focus {
        border: none;
        border-left: vkey $foreground 90%;
        border-right: vkey $foreground 90%;
        padding: 0;
        background: $foreground 7%;
    }
    TextBox:focus {
        border-left: outer $foreground 90%;
        border-right: outer $foreground 90%;
        background: $foreground 15%;
    }
    TextBox:ansi, TextBox:ansi:focus { background: ansi_default; color: ansi_default; }
    TextBox:ansi { border-left: vkey ansi_default; border-right: vkey ansi_default; }
    TextBox:ansi:focus { border-left: outer ansi_default; border-right: outer ansi_default; }
    """

    class SelectionChanged(TextArea.SelectionChanged, bubble=False):
        """Nothing listens for it, so it does not bubble at each letter."""

    def __init__(self, value: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(clean_text(value), id=id, show_line_numbers=False, tab_behavior="focus")
        # A blinking cursor would send bytes for as long as it waits.
        self.cursor_blink = False

    _has_colours = False

    def notify_style_update(self) -> None:
        """The colours of its parts are worked out anew, when it is next drawn."""
        super().notify_style_update()
        self._has_colours = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """Work out the colours of the parts only when they changed: Textual does so at every letter."""
        if self._has_colours:
            return ScrollView.render_lines(self, crop)
        self._has_colours = True
        return super().render_lines(crop)

    diverted: Callable[[str], None] | None = None
    """Takes what is typed in place of the box."""

    def on_key(self, event: events.Key) -> None:
        """Textual leaves out what cannot be seen: without joiners a family is three people."""
        if event.character in JOINERS:
            event.stop()
            self.insert(event.character)

    def load_text(self, text: str) -> None:
        """What is put in by the program comes from people as well."""
        super().load_text(clean_text(text))

    def edit(self, edit: Edit) -> EditResult:
        """Everything that is typed or pasted goes through here."""
        if self.diverted is not None:
            if edit.text:
                self.diverted(edit.text)
            return super().edit(replace(edit, text="", to_location=edit.from_location))
        edit = replace(edit, text=clean_text(edit.text))
        return self._edit_line(edit) if self._is_in_one_line(edit) else super().edit(edit)

    # ------------------------------------------------------------ drawing what changed

    _draws_line = False
    """Whether only the line that is edited is drawn again."""

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Textual draws the whole box again at each letter, for the cursor."""
        if self._draws_line and not (regions or layout or recompose):
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _is_in_one_line(self, edit: Edit) -> bool:
        is_one = edit.from_location[0] == edit.to_location[0] == self.selection.end[0]
        return is_one and "\n" not in edit.text and self.selection.is_empty

    def _edit_line(self, edit: Edit) -> EditResult:
        """Edit a line, and draw it alone if everything else stays where it is."""
        before = self._drawn_with()
        self._draws_line = True
        try:
            result = super().edit(edit)
        finally:
            self._draws_line = False
        line = edit.from_location[0]
        if self._drawn_with() != before:
            self.refresh()
        else:
            _, top = self.wrapped_document.location_to_offset((line, 0))
            self.refresh_lines(top, len(self.wrapped_document.get_sections(line)))
        return result

    def _drawn_with(self) -> tuple[object, ...]:
        """What would change the look of other lines."""
        return self.wrapped_document.height, self.scroll_offset, self._matching_bracket_location


class TextField(Labelled):
    """Several lines to type in, with their label."""

    def __init__(self, name: str, label: str) -> None:
        """`name` is the field's name in `InvalidError.field`, and the id of the box."""
        super().__init__(name, label, TextBox(id=name))

    @on(TextArea.Changed)
    def _changed(self) -> None:
        # What was wrong with it was said of other words.
        self.accept()
