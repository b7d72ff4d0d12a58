"""The tab with everybody in sight."""

from __future__ import annotations

from typing import Any

from screens.base import MusterScreen
from screens.people import rows as people_rows
from screens.widgets.filter_bar import FilterBar
from screens.widgets.list.row_list import Row, RowList
from store import people
from store.views import Page
from store.views.people import AddedPeople, PersonRow


class PeopleTab:
    """Owned by Community: reads the list, and puts the cursor on people who were just added."""

    def __init__(self, screen: MusterScreen[Any]) -> None:
        self._screen = screen
        self._new: int | None = None
        """Who the cursor goes to, and where they are in the list once that is known."""
        self._new_at: int | None = None

    @property
    def list(self) -> RowList:
        """The list."""
        return self._screen.query_one("#people", RowList)

    @property
    def person(self) -> PersonRow | None:
        """The person under the cursor."""
        row = self.list.cursor_row
        return row.person if isinstance(row, people_rows.PersonLine) else None

    def read(self, typed: str, offset: int, limit: int) -> Page[Row]:
        """Read a window of the people with this in their name or email. Runs in a worker."""
        page = people.list_people(self._screen.actor, typed, offset, limit)
        return Page(tuple(people_rows.person_row(row) for row in page.rows), page.offset, page.total)

    def go_to_new(self, added: AddedPeople, bar: FilterBar) -> None:
        """Put the cursor on the first who was added, and clear the filter where it hides them."""
        self._new = new = added.ids[0]
        actor = self._screen.actor

        def found(at: int | None) -> None:
            if at is None:
                bar.value = ""
                self._screen.read(lambda: people.position(actor, new), found, group="follow", opens=True)
            else:
                self._new_at = at
                self.list.go_to(at)

        self._screen.read(lambda: people.position(actor, new, bar.text), found, group="follow", opens=True)

    def rows_came(self) -> None:
        """Rows were read: the new person may be further down than the list reached before."""
        if self._new_at is not None:
            self.list.go_to(self._new_at)
            if self.list.cursor_key == self._new:
                self._new_at = None
