"""Add people from a pasted list of names and emails; a preview shows what will happen to each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.widgets import Button, Static, TextArea

from screens import formatting
from screens.base import Dialog
from screens.dialogs.leaving import ask_to_leave
from screens.people.into_group import ROLES, IntoGroup
from screens.widgets.choices import Choices
from screens.widgets.key_bar import KeyBar
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.text_box import TextBox
from store import adding_people
from store.adding_people import Into
from store.errors import MusterError
from store.text import clean_line
from store.views.groups import Role
from store.views.people import AddedPeople, ListedPerson, NewPerson, Verdict

HOW = "One person per line: Ana Brandt <ana@x.org>, or spreadsheet cells."
NOTHING = "A preview appears here.\n\nNobody is added until you press Add."
COLUMNS = (
    Column("first", "first name", minimum=10, stretch=2),
    Column("last", "last name", minimum=10, stretch=2),
    Column("email", "email", minimum=16, stretch=3),
    Column("note", minimum=16, stretch=3),
)
HEADINGS = {
    Verdict.UNREADABLE: "Cannot be read",
    Verdict.AGAIN: "Twice in the list: added once",
    Verdict.HERE: "Already in the account: not added again",
    Verdict.NEW: "To be added",
}
"""In this order: what needs a look comes first."""
TONES = {Verdict.NEW: "strong", Verdict.HERE: "dim", Verdict.AGAIN: "dim", Verdict.UNREADABLE: "alert"}
"""The tone of each count at the foot, in this order."""


class PasteBox(TextBox):
    """A text box that keeps the cells of a spreadsheet apart."""

    def edit(self, edit: Edit) -> EditResult:
        """Turn tabs into a visible sign."""
        return super().edit(replace(edit, text=_with_bars(edit.text)))


class Preview(RowList):
    """What will happen to each entry; rows do not open."""

    opens = False


class AddList(Dialog[AddedPeople]):
    """Answers with the people who were added; None when nobody was."""

    DEFAULT_CSS = """
    AddList {
        #how { height: auto; color: $foreground 70%; }
        PasteBox, PasteBox:focus { height: 18vh; margin: 0 0 1 0; scrollbar-size-vertical: 1; }
        Preview { height: 1fr; min-height: 4; }
        #why { height: 1; color: $warning; }
        #role { margin: 0 0 1 0; }
        #end { height: 1; }
        #sum { width: 1fr; padding: 0; }
        #end Button { margin: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("add-list.add", "ctrl+s", "add", "Add", "Add all the new people", show=True),
        key(
            "add-list.turn",
            "ctrl+o",
            "turn",
            "Swap names",
            "Swap first and last names",
            show=True,
        ),
    ]

    def __init__(self, text: str = "", into: IntoGroup | None = None) -> None:
        """With `into`, the people are added to that group as well."""
        super().__init__()
        self._text = _with_bars(text)
        self._into = into
        self._turned = False
        # The text and order that the preview was made from, and the preview.
        self._shown: tuple[str, bool] | None = None
        self._listed: tuple[ListedPerson, ...] = ()
        self._added: AddedPeople | None = None

    def compose(self) -> ComposeResult:
        """The text box, the preview and the buttons."""
        to = f" to {clean_line(self._into.name)}" if self._into else ""
        with Vertical(classes="dialog -wide -tall"):
            yield Static(Content(f"Add people{to} from a list"), classes="dialog--title")
            yield Static(Content(HOW), id="how")
            yield PasteBox(self._text, id="list")
            yield Preview(COLUMNS, header=True, empty=NOTHING, id="people")
            yield Static(id="why")
            if self._into:
                yield Choices("As", ROLES, id="role")
            with Horizontal(id="end"):
                yield Line(id="sum")
                yield Button("Add", id="add", variant="primary")
                yield Button("Cancel", id="cancel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin in the text box."""
        if self._into:
            self.query_one("#role", Choices).value = self._into.role
        box = self.query_one(PasteBox)
        self.set_focus(box)
        box.move_cursor(box.document.end)
        self._show_sum()
        self._read()

    # ------------------------------------------------------------------- the preview

    @on(TextArea.Changed)
    def _read(self) -> None:
        """Make a preview of the list as it is."""
        asked = self.query_one(PasteBox).text, self._turned
        self.read(
            lambda: adding_people.preview(self.actor, asked[0], turned=asked[1]),
            lambda listed: self._show(asked, listed),
            group="preview",
            failed=lambda error: self._cannot(asked, error),
        )

    def _show(self, asked: tuple[str, bool], listed: tuple[ListedPerson, ...]) -> None:
        if asked != (self.query_one(PasteBox).text, self._turned):
            return
        self._shown, self._listed = asked, listed
        people = self.query_one(Preview)
        people.empty = NOTHING
        people.set_rows(list(_rows(listed)))
        people.action_first()
        self._show_why()
        self._show_sum()

    def _cannot(self, asked: tuple[str, bool], error: MusterError) -> None:
        """Show in place of the preview why there is none."""
        self._show(asked, ())
        self.query_one(Preview).empty = error.message

    @property
    def _new(self) -> list[NewPerson]:
        """The people in the preview who would be added."""
        return [one.person for one in self._listed if one.verdict is Verdict.NEW and one.person is not None]

    def _show_sum(self) -> None:
        counts = {verdict: sum(one.verdict is verdict for one in self._listed) for verdict in HEADINGS}
        told = [verdict for verdict in TONES if counts[verdict]]
        self.query_one("#sum", Line).set_parts(
            [Part(f"{counts[verdict]:,} {verdict}  ", TONES[verdict]) for verdict in told]
        )
        button, number = self.query_one("#add", Button), counts[Verdict.NEW]
        button.disabled = not number
        button.label = Content(f"Add {number:,}" if number else "Add")
        button.refresh(layout=True)
        self.refresh_bindings()

    @on(RowList.Moved)
    def _cursor_moved(self, message: RowList.Moved) -> None:
        """Show the full note on the entry under the cursor."""
        message.stop()
        self._show_why()

    def _show_why(self) -> None:
        key, note = self.query_one(Preview).cursor_key, self.query_one("#why", Static)
        one = self._listed[key] if isinstance(key, int) and key < len(self._listed) else None
        note.update(Content(clean_line(f"{one.text}: {one.note}") if one is not None and one.note else ""))

    def action_turn(self) -> None:
        """Swap first and last names."""
        self._turned = not self._turned
        self._read()

    # ------------------------------------------------------------------------ adding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what needs people in the list."""
        if action == "add":
            return bool(self._new) or None
        if action == "turn":
            return bool(self._listed) or None
        return True

    @on(Button.Pressed, "#add")
    def action_add(self) -> None:
        """Add all the new people exactly as the preview shows them."""
        wanted = self._new
        if not wanted or self._shown != (self.query_one(PasteBox).text, self._turned):
            self.app.bell()
            return
        into = None
        if self._into:
            into = Into(self._into.group_id, Role(self.query_one("#role", Choices).value))
        self.query_one("#add", Button).label = Content("Adding …")
        self.write(
            lambda: adding_people.add_listed(self.actor, wanted, into), self._done, failed=self._not_added
        )

    def _not_added(self, error: MusterError) -> None:
        """Make the preview again; everything typed stays."""
        self.show_error(error)
        self._show_sum()
        self._read()

    def _done(self, added: AddedPeople) -> None:
        """Close, unless lines are left that could not be read."""
        before = self._added
        self._added = added if before is None else _together(before, added)
        left = [one.text for one in self._listed if one.verdict is Verdict.UNREADABLE]
        if not left:
            self.dismiss(self._added)
            return
        self._listed = ()
        self.query_one(PasteBox).text = "\n".join(left)
        self._read()
        lines = formatting.count(len(left), "line is", "lines are")
        self.say(
            f"{formatting.count(len(added.ids), 'person was', 'people were')} added. {lines} left to correct."
        )

    # ----------------------------------------------------------------------- leaving

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close; with people not added yet, only after a question."""
        if not self.may_leave():
            return
        if self._new:
            who = formatting.count(len(self._new), "person is", "people are")
            text = f"{who} in the list but not added yet."
            ask_to_leave(self, self._added, title="Leave without adding them?", text=text)
        else:
            self.dismiss(self._added)


def _with_bars(text: str) -> str:
    """The cells of a spreadsheet with a visible sign between them."""
    return text.replace("\t", " | ")


def _together(one: AddedPeople, other: AddedPeople) -> AddedPeople:
    return AddedPeople(
        one.ids + other.ids,
        one.names + other.names,
        one.emails + other.emails,
        one.already + other.already,
    )


def _rows(listed: Sequence[ListedPerson]) -> Iterator[Row]:
    """The entries under a heading for each verdict; their keys are their numbers in the list."""
    for verdict, title in HEADINGS.items():
        entries = [(number, one) for number, one in enumerate(listed) if one.verdict is verdict]
        if entries:
            yield Row(verdict, (f"{title} {len(entries):,}",), heading=True)
        for number, one in entries:
            yield Row(number, _cells(one))


def _cells(one: ListedPerson) -> tuple[str | Cell, ...]:
    if one.person is None:
        return (Cell(one.text, "alert", span=2), Cell(""), Cell(one.note, span=2))
    tone = "" if one.verdict is Verdict.NEW else "dim"
    person = one.person
    cells = (person.first_name, person.last_name, person.email)
    return (*(Cell(cell, tone) for cell in cells), Cell(one.note, "dim"))
