"""The groups right below one, as rows."""

from __future__ import annotations

from screens import formatting
from screens.widgets.list.row_list import Cell, Column, Row
from screens.widgets.list.rows import MENU_SIGN
from store.views.groups import GroupRow

SUBGROUPS = (
    Column("name", minimum=16, stretch=3, most=60),
    Column("people", "people", width=8, align="right"),
    Column("leaders", "leaders", minimum=16, stretch=2, most=44, drop=1),
    Column("waiting", "waiting", width=9, align="right"),
    Column("menu", width=1),
)


def subgroup_row(row: GroupRow) -> Row:
    """A group below: people and waiting work of its whole subtree."""
    leaders = Cell(", ".join(row.leaders) or formatting.DASH, "dim")
    badge = Cell(formatting.badge(row.waiting), "alert")
    return Row(row.id, (row.name, f"{row.people:,}", leaders, badge, Cell(MENU_SIGN, "dim")))
