"""The people of a group as rows: staff first, then members with their progress and waiting work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType

from screens import formatting
from screens.group.sections import Section, read_sections
from screens.widgets.keys import key
from screens.widgets.line import Line, Part
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import MENU_SIGN
from screens.widgets.week_strip import shades
from store.views import Page
from store.views.needs import Flag, MemberNeed
from store.views.people import MemberRow

ROLE = "role"
REVIEW = "review"
"""What a click on a role or on a badge means."""

COLUMNS = (
    Column("name", minimum=20, stretch=3, most=44),
    # As wide as "mentor ▾": the role of staff stands where the share of members does.
    Column("share", width=8, align="right"),
    Column("bar", width=10, drop=4),
    Column("email", minimum=18, stretch=4, most=44, drop=5),
    Column("weeks", width=26, drop=3),
    Column("active", width=15, drop=1),
    Column("flags", width=3),
    Column("reason", minimum=16, stretch=1, most=18, drop=2),
    Column("review", width=7, align="right"),
    Column("menu", width=1),
)

STAFF = Row("staff", ("Staff",), heading=True)
FLAG = "⚑"


def members_heading(*, by_need: bool) -> Row:
    """The heading of the members, which tells their order."""
    active = Cell("last active", "dim")
    title = "Members by need" if by_need else "Members"
    weeks = Cell("past 26 weeks", "dim")
    return Row(
        "members",
        (title, "progress", "", "email", weeks, active, FLAG, "", "review"),
        heading=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine(Row):
    """The row of a person, with everything known of them."""

    member: MemberRow
    flags: tuple[Flag, ...] = ()


class Reasons(Line):
    """Why the person under the cursor is flagged: in full, or shorter where that does not fit."""

    DEFAULT_CSS = """
    Reasons { padding: 0 2; }
    """

    _flags: tuple[Flag, ...] = ()

    def show(self, flags: tuple[Flag, ...]) -> None:
        """Say these; nothing for none."""
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
    """The list of a group's people."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("roster.open", "enter", "open", "Profile", "Open this person's profile", show=True),
        key("roster.menu", "full_stop", "menu", "More", "What can be done with this person", show=True),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, menu=True, id=id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a person under the cursor there is nobody to open."""
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
        """Take rows, and say so: the person under the cursor may be another now, or do otherwise."""
        super().supply(offset, rows, total=total, generation=generation)
        self.post_message(self.Moved(self, self.cursor_key))


def read_roster(
    staff: Callable[[int, int], Page[MemberRow]],
    members: Callable[[int, int], Page[MemberNeed]],
    *,
    offset: int,
    limit: int,
    roles: bool,
    by_need: bool = False,
) -> Page[Row]:
    """A window of the list from its two parts: staff first, but last by need.

    With `roles`, a role is something to choose.
    """

    def staff_rows(start: int, count: int) -> Page[Row]:
        page = staff(start, count)
        return Page(tuple(staff_line(row, roles=roles) for row in page.rows), page.offset, page.total)

    def member_rows(start: int, count: int) -> Page[Row]:
        page = members(start, count)
        return Page(tuple(member_line(row) for row in page.rows), page.offset, page.total)

    parts = [Section(STAFF, staff_rows), Section(members_heading(by_need=by_need), member_rows)]
    return read_sections(parts[::-1] if by_need else parts, offset, limit)


def staff_line(row: MemberRow, *, roles: bool) -> MemberLine:
    """A mentor or leader: role, email, when they were last signed in."""
    role = Cell(f"{row.role} ▾", "accent", target=ROLE) if roles else Cell(row.role, "accent")
    # Somebody whom the viewer may not follow was not "never" seen.
    known = row.may_open or row.last_seen_at is not None
    seen = Cell(formatting.seen(row.last_seen_at) if known else "", "dim")
    email, menu = Cell(row.email, "dim"), Cell(MENU_SIGN, "dim")
    cells = (row.name, role, "", email, "", seen, "", "", _badge(row), menu)
    return MemberLine(row.membership_id, cells, member=row)


def member_line(need: MemberNeed) -> MemberLine:
    """A member: progress over all courses, how active they were, why they are flagged, waiting work."""
    row, flags = need.member, need.flags
    done = row.progress == 100
    bar = "" if row.progress is None else formatting.bar(row.progress)
    cells = (
        row.name,
        formatting.percent(row.progress),
        Cell(bar, "good" if done else "dim"),
        Cell(row.email, "dim"),
        Cell(shades(need.weeks), "dim"),
        Cell(formatting.ago(row.last_active_at), "dim"),
        Cell(f"{FLAG} {len(flags)}" if flags else "", "accent"),
        Cell(flags[0].short if flags else "", "dim"),
        _badge(row),
        Cell(MENU_SIGN, "dim"),
    )
    return MemberLine(row.membership_id, cells, member=row, flags=flags)


def _badge(row: MemberRow) -> Cell:
    return Cell(formatting.badge(row.waiting), "alert", target=REVIEW)
