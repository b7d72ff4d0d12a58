"""The people of a group as rows: its members with progress and waiting work, and its staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType

from screens import formatting
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import MENU_SIGN
from screens.widgets.week_strip import shades
from store.frozen import dataclass
from store.views.needs import Flag, MemberNeed
from store.views.people import MemberRow

ROLE = "role"
REVIEW = "review"
"""What a click on a role or on a badge means."""
BAR = 6
"""Cells of a progress bar; its percentage comes after it."""
PROGRESS = BAR + 1 + len("100 %")

MEMBERS = (
    Column("name", "member", minimum=16, stretch=3, most=44),
    Column("progress", "progress", width=PROGRESS),
    Column("active", "active", width=9, drop=1),
    Column("needs", "needs", minimum=14, stretch=1, most=30, drop=2),
    Column("overdue", "due", width=4, align="right", drop=3, if_filled=True),
    Column("email", "email", minimum=30, stretch=3, most=44, drop=5),
    Column("weeks", "past 26 weeks", width=26, drop=4),
    Column("review", "review", width=6, align="right"),
    Column("menu", width=1),
)
BY_NEED = (MEMBERS[0]._replace(title="member, by need"), *MEMBERS[1:])
"""The same while the members are sorted by need."""
STAFF = (
    Column("name", "mentor or leader", minimum=20, stretch=3, most=44),
    Column("role", "role", width=8),
    Column("email", "email", minimum=18, stretch=3, most=44, drop=2),
    Column("seen", "last seen", width=15, drop=1),
    Column("review", "review", width=6, align="right"),
    Column("menu", width=1),
)
FLAG = "⚑"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine(Row):
    """The row of a person, with everything known of them."""

    member: MemberRow
    weeks: tuple[int, ...] = ()
    flags: tuple[Flag, ...] = ()


class Reasons(Line):
    """Why the person under the cursor is flagged: in full, or shorter where that does not fit."""

    DEFAULT_CSS = """
    Reasons { padding: 0 2; }
    """

    _flags: tuple[Flag, ...] = ()

    def show(self, flags: tuple[Flag, ...]) -> None:
        """Show the reasons for these flags; nothing for none."""
        self._flags = flags
        self._fit()

    def on_resize(self) -> None:
        """More or less of it fits."""
        self._fit()

    def _fit(self) -> None:
        said = " · ".join(flag.reason for flag in self._flags)
        if cell_len(said) + 2 > self.content_size.width:
            said = " · ".join(flag.short for flag in self._flags)
        self.set_parts([Part(f"{FLAG} ", "accent"), Part(said, "dim")] if said else ())


class Roster(RowList):
    """A list of people in a group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("roster.open", "enter", "open", "Profile", "Open this person's profile", show=True),
        key("roster.menu", "full_stop", "menu", "More", "What can be done with this person", show=True),
    ]

    def __init__(self, columns: Sequence[Column], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(columns, menu=True, header=True, id=id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what needs a person under the cursor."""
        if action in ("open", "menu"):
            return self.member is not None or None
        return super().check_action(action, parameters)

    @property
    def member(self) -> MemberRow | None:
        """The person under the cursor."""
        return self.line.member if self.line else None

    @property
    def line(self) -> MemberLine | None:
        """The row under the cursor."""
        row = self.cursor_row
        return row if isinstance(row, MemberLine) else None

    def supply(self, offset: int, rows: Sequence[Row], *, total: int, generation: int) -> None:
        """Take rows, and say so: the row under the cursor may have changed."""
        super().supply(offset, rows, total=total, generation=generation)
        self.post_message(self.Moved(self, self.cursor_key))


def staff_line(row: MemberRow, *, roles: bool) -> MemberLine:
    """A mentor or leader: role, email, when they were last signed in. With `roles`, the role has a menu."""
    role = Cell(f"{row.role} ▾", "accent", target=ROLE) if roles else Cell(row.role, "accent")
    # Somebody whom the viewer may not follow was not "never" seen.
    seen = formatting.past(row.last_seen_at) if row.last_seen_at else "never" if row.may_open else ""
    cells = (row.name, role, Cell(row.email, "dim"), Cell(seen, "dim"), _badge(row), Cell(MENU_SIGN, "dim"))
    return MemberLine(row.membership_id, cells, member=row)


def member_line(need: MemberNeed) -> MemberLine:
    """A member: progress over all courses, last activity, flags, overdue steps, waiting work."""
    row, flags = need.member, need.flags
    cells = (
        row.name,
        _progress(row.progress),
        Cell(formatting.ago(row.last_active_at), "dim"),
        Cell(needs_words(flags), "accent"),
        Cell(f"{formatting.MISSED} {need.overdue:,}" if need.overdue else "", "alert"),
        Cell(row.email, "dim"),
        Cell(shades(need.weeks), "dim"),
        _badge(row),
        Cell(MENU_SIGN, "dim"),
    )
    return MemberLine(row.membership_id, cells, member=row, weeks=need.weeks, flags=flags)


def _progress(share: int | None) -> Cell:
    """How far somebody is in all their courses: "━━━━╌╌  77 %"; a dash for no courses."""
    if share is None:
        return Cell(f"{formatting.DASH:>{PROGRESS}}", laid_out=True)
    words = f"{formatting.bar(share, BAR)} {formatting.percent(share):>5}"
    return Cell(words, "good" if share == 100 else "", laid_out=True)


def needs_words(flags: Sequence[Flag]) -> str:
    """The heaviest reason in few cells, and how many more there are: "inactive 16 d +1"."""
    if not flags:
        return ""
    more = f" +{len(flags) - 1}" if len(flags) > 1 else ""
    return f"{flags[0].short}{more}"


def _badge(row: MemberRow) -> Cell:
    return Cell(formatting.badge(row.waiting), "alert", target=REVIEW)
