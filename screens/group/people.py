"""Reads the lists of a group's members and staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screens.base import MusterScreen
from screens.group.rows import BY_NEED, MEMBERS, MemberLine, member_line, staff_line
from screens.widgets.list.row_list import Row, RowList
from store import members, needs
from store.views import Page


class GroupPeople:
    """Owned by the screen of a group: reads windows of its people, members by name or by need."""

    def __init__(self, screen: MusterScreen[Any], group_id: int) -> None:
        self._screen = screen
        self._group_id = group_id
        self._order: tuple[object, tuple[int, ...]] = (None, ())
        """The members by need, and the reading that they belong to."""
        self._started = False
        """Whether the cursor was put on the first member with waiting work."""

    def members(self, typed: str, generation: int) -> Callable[[int, int], Page[Row]]:
        """How to read a window of the members with this in their name, for this generation of the list."""
        actor, by_need = self._screen.actor, self._screen.host.members_by_need

        def read(offset: int, limit: int) -> Page[Row]:
            order = self._by_need((generation, typed), typed) if by_need else None
            page = needs.roster(actor, self._group_id, typed, order=order, offset=offset, limit=limit)
            return Page(tuple(member_line(row) for row in page.rows), page.offset, page.total)

        return read

    def staff(self, typed: str, *, roles: bool) -> Callable[[int, int], Page[Row]]:
        """How to read a window of the staff with this in their name. With `roles`, those can be changed."""
        actor = self._screen.actor

        def read(offset: int, limit: int) -> Page[Row]:
            page = members.roster(actor, self._group_id, typed, staff=True, offset=offset, limit=limit)
            lines = tuple(staff_line(row, roles=roles) for row in page.rows)
            return Page(lines, page.offset, page.total)

        return read

    def _by_need(self, reading: object, typed: str) -> tuple[int, ...]:
        """The order by need. It reads numbers of everybody, so it is kept for all windows of one reading."""
        known, order = self._order
        if known != reading:
            order = needs.by_need(self._screen.actor, self._group_id, typed)
            self._order = reading, order
        return order

    def turn_sort(self) -> None:
        """Sort by need if it was by name, and the other way round; kept while the program runs."""
        self._screen.host.members_by_need = not self._screen.host.members_by_need
        self._screen.reset_list("members")

    def rows_came(self, rows: RowList, page: Page[Row]) -> None:
        """Show in the header how members are sorted, and begin on the first one with waiting work."""
        columns = BY_NEED if self._screen.host.members_by_need else MEMBERS
        if rows.columns != columns:
            rows.columns = columns
        if self._started:
            return
        self._started = True
        waiting = (
            number
            for number, row in enumerate(page.rows, page.offset)
            if isinstance(row, MemberLine) and row.member.waiting
        )
        first = next(waiting, None)
        if first is not None and rows.cursor == 0:
            rows.go_to(first)
