"""The people of a group as rows: staff first, then members with their progress and waiting work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from screens import wording
from screens.widgets.row_list import Cell, Column, Row, RowList
from screens.widgets.rows import MENU_SIGN
from screens.widgets.sections import Section, read_sections
from store.views import Page
from store.views.people import MemberRow

ROLE = "role"
REVIEW = "review"
"""What a click on a role or on a badge means."""

COLUMNS = (
    Column("name", minimum=14, stretch=3, most=44),
    # As wide as "mentor ▾": the role of staff stands where the share of members does.
    Column("share", width=8, align="right"),
    Column("bar", width=10, drop=1),
    Column("email", minimum=18, stretch=4, most=44, drop=3),
    Column("active", width=15, drop=2),
    Column("review", width=7, align="right"),
    Column("menu", width=1),
)

STAFF = Row("staff", ("Staff",), heading=True)
MEMBERS = Row(
    "members", ("Members", "progress", "", "email", Cell("last active", "dim"), "review"), heading=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine(Row):
    """The row of a person, with everything known of them."""

    member: MemberRow


class Roster(RowList):
    """The list of a group's people."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Profile", id="roster.open", tooltip="Open this person's profile"),
        Binding("full_stop", "menu", "More", id="roster.menu", tooltip="What can be done with this person"),
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
        row = self.cursor_row
        return row.member if isinstance(row, MemberLine) else None


def read_roster(
    staff: Callable[[int, int], Page[MemberRow]],
    members: Callable[[int, int], Page[MemberRow]],
    *,
    offset: int,
    limit: int,
    roles: bool,
) -> Page[Row]:
    """A window of the list from its two parts. With `roles`, a role is something to choose."""

    def staff_rows(start: int, count: int) -> Page[Row]:
        page = staff(start, count)
        return Page(tuple(staff_line(row, roles=roles) for row in page.rows), page.offset, page.total)

    def member_rows(start: int, count: int) -> Page[Row]:
        page = members(start, count)
        return Page(tuple(member_line(row) for row in page.rows), page.offset, page.total)

    return read_sections((Section(STAFF, staff_rows), Section(MEMBERS, member_rows)), offset, limit)


def staff_line(row: MemberRow, *, roles: bool) -> MemberLine:
    """A mentor or leader: role, email, when they were last signed in."""
    role = Cell(f"{row.role} ▾", "accent", target=ROLE) if roles else Cell(row.role, "accent")
    seen = Cell(wording.seen(row.last_seen_at), "dim")
    cells = (row.name, role, "", Cell(row.email, "dim"), seen, _badge(row), Cell(MENU_SIGN, "dim"))
    return MemberLine(row.membership_id, cells, member=row)


def member_line(row: MemberRow) -> MemberLine:
    """A member: progress over all courses, latest activity, waiting work."""
    done = row.progress == 100
    bar = "" if row.progress is None else wording.bar(row.progress)
    cells = (
        row.name,
        wording.percent(row.progress),
        Cell(bar, "good" if done else "dim"),
        Cell(row.email, "dim"),
        Cell(wording.ago(row.last_active_at), "dim"),
        _badge(row),
        Cell(MENU_SIGN, "dim"),
    )
    return MemberLine(row.membership_id, cells, member=row)


def _badge(row: MemberRow) -> Cell:
    return Cell(wording.badge(row.waiting), "alert", target=REVIEW)
