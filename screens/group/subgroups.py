"""The tab with the subgroups of a group."""

from __future__ import annotations

from textual.screen import Screen

from screens import formatting
from screens.widgets.group_tree import CountsNote
from screens.widgets.list.row_list import Cell, Column, Row, RowList
from screens.widgets.list.rows import MENU_SIGN
from store.text import fold
from store.views.groups import GroupRow

SUBGROUPS = (
    Column("name", "subgroup", minimum=16, stretch=3, most=60),
    Column("people", "people", width=8, align="right"),
    Column("leaders", "leaders", minimum=16, stretch=2, most=44, drop=1),
    Column("waiting", "waiting", width=9, align="right"),
    Column("menu", width=1),
)


def subgroup_row(row: GroupRow) -> Row:
    """A subgroup: people and waiting work of its whole subtree."""
    leaders = Cell(", ".join(row.leaders) or formatting.DASH, "dim")
    badge = Cell(formatting.badge(row.waiting), "alert")
    return Row(row.id, (row.name, f"{row.people:,}", leaders, badge, Cell(MENU_SIGN, "dim")))


class SubgroupsTab:
    """Owned by the screen of a group: shows the groups right below it, and puts the cursor on a new one."""

    def __init__(self, screen: Screen[object], group_id: int) -> None:
        self._screen = screen
        self._group_id = group_id
        self._rows: tuple[GroupRow, ...] = ()
        self._made: int | None = None
        self._shared: int | None = 0

    @property
    def is_explained(self) -> bool:
        """Whether the numbers need a note: there are groups below these, or people in several of them."""
        return self._shared != 0 or any(row.has_subgroups for row in self._rows)

    def group(self, key: object) -> GroupRow | None:
        """The group of a row."""
        return next((row for row in self._rows if row.id == key), None)

    def show(self, rows: tuple[GroupRow, ...], typed: str, shared: int | None) -> None:
        """Show those of these with this in their name; `shared` people are in several of the groups here."""
        self._rows, self._shared = rows, shared
        self._screen.query_one(CountsNote).show(shared)
        self.filter(typed)

    def filter(self, typed: str) -> None:
        """Show those with this in their name."""
        wanted = fold(typed)
        below = self._screen.query_one("#subgroups", RowList)
        below.set_rows([subgroup_row(row) for row in self._rows if wanted in fold(row.name)])
        if self._made is not None and below.move_to(self._made):
            self._made = None

    def aim(self, group_id: int, above: tuple[int, ...]) -> bool:
        """Put the cursor on a new group as soon as it is shown; False if it is not right below this one."""
        if not above or above[-1] != self._group_id:
            return False
        self._made = group_id
        return True
