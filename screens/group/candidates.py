"""People to pick from: the line to look for them in, and those found."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from screens.widgets.fields import TextInput
from screens.widgets.keys import key
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from store.frozen import dataclass
from store.text import fold
from store.views.people import Candidate

SEVERAL = re.compile(r"[,;\n\r\t]")
"""What stands between the entries of a list of people."""
FOUND = (
    Column("name", "person", minimum=16, stretch=3),
    Column("email", "email", minimum=18, stretch=4, drop=1),
    Column("state", width=16),
)


NEW = "new"
"""The key of the line that offers to add somebody who is not there yet."""


def is_several(text: str) -> bool:
    """Whether a text is a list of people rather than one name or email."""
    return SEVERAL.search(text.strip()) is not None


def best_first(found: Sequence[Candidate], typed: str) -> list[Candidate]:
    """Those with a name that begins with what was typed before those who have it somewhere."""
    start = fold(typed)

    def inside(candidate: Candidate) -> bool:
        name = fold(candidate.name)
        return not (name.startswith(start) or f" {start}" in name)

    return sorted(found, key=inside)


class PeopleInput(TextInput):
    """A line to look for people in. A pasted list of them keeps its line ends: it comes as a message."""

    @dataclass
    class ListPasted(Message):
        """Several entries were pasted."""

        text: str

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(placeholder=placeholder, id=id, select_on_focus=False)

    def on_paste(self, event: events.Paste) -> None:
        """Take a list as a whole; one entry goes into the line."""
        if is_several(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(self.ListPasted(event.text))

    def action_paste(self) -> None:
        """The same for what was copied inside the program."""
        if is_several(self.app.clipboard):
            self.post_message(self.ListPasted(self.app.clipboard))
        else:
            super().action_paste()


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLine(Row):
    """The row of a person who was found."""

    candidate: Candidate


class CandidateList(RowList):
    """People found; Enter, Space or a click opens one, which picks it. Those picked are marked."""

    one_click = True
    BINDINGS: ClassVar[list[BindingType]] = [
        key("candidates.pick", "enter", "open", "Pick", "Pick this person, or unpick them", show=True),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(FOUND, marks=True, header=True, id=id)

    @property
    def candidate(self) -> Candidate | None:
        """The person under the cursor."""
        row = self.cursor_row
        return row.candidate if isinstance(row, CandidateLine) else None

    def show(
        self, found: Sequence[Candidate], picked: Collection[int], more: str = "", *, offer: str = ""
    ) -> None:
        """Show these people, and under them `more`, which is no person; `offer` is a line that can be opened
        where nobody was found.
        """
        rows: list[Row] = [_line(candidate) for candidate in found]
        if offer and not rows:
            rows.append(Row(NEW, (Cell(offer, "accent", span=len(FOUND)),)))
        if more:
            rows.append(Row("more", (Cell(more, "dim"),), heading=True))
        self.set_rows(rows)
        self.set_marked(picked)

    def action_mark(self) -> None:
        """Pick the person, and move on."""
        self.action_open()
        self._step(1)


def _line(candidate: Candidate) -> CandidateLine:
    state = f"already a {candidate.role}" if candidate.role else ""
    tone = "dim" if candidate.role else ""
    # Whoever has nothing to say in the last column leaves it to the email.
    email = Cell(candidate.email, "dim", span=1 if state else 2)
    cells = (Cell(candidate.name, tone), email, *([Cell(state, "dim")] if state else []))
    return CandidateLine(candidate.user_id, cells, candidate=candidate)
