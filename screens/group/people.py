"""The people of a group, by name or by need, with what is said of the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from screens.group import roster
from screens.group.roster import Reasons, Roster
from screens.store_access import StoreAccess
from screens.widgets.keys import key
from screens.widgets.list.row_list import Row
from store import members, needs
from store.views import Page
from store.views.needs import MemberNeed
from store.views.people import MemberRow


class GroupPeople(StoreAccess):
    """Mixed into the screen of a group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "group.sort",
            "s",
            "sort",
            "Sort",
            "By name, or by need: who has the most to be concerned about first",
            show=True,
        ),
    ]

    group_id: int

    _generation: int
    _order: tuple[object, tuple[int, ...]] = (None, ())
    """The members by need, and the look that they were read for."""

    def reset_list(self, list_id: str) -> None:
        """Read a list anew from its start."""
        raise NotImplementedError

    def people_window(self, typed: str, *, roles: bool) -> Callable[[int, int], Page[Row]]:
        """How to read a window of the people with this in their name. With `roles`, those can be changed."""
        by_need = self.host.members_by_need
        view = (self._generation, typed)

        def staff(start: int, count: int) -> Page[MemberRow]:
            return members.roster(self.actor, self.group_id, typed, staff=True, offset=start, limit=count)

        def learners(start: int, count: int) -> Page[MemberNeed]:
            order = self._by_need(view, typed) if by_need else None
            return needs.roster(self.actor, self.group_id, typed, order=order, offset=start, limit=count)

        return lambda offset, limit: roster.read_roster(
            staff, learners, offset=offset, limit=limit, roles=roles, by_need=by_need
        )

    def _by_need(self, view: object, typed: str) -> tuple[int, ...]:
        """The order of a look: numbers of everybody are read for it, so it is kept for all its windows."""
        known, order = self._order
        if known != view:
            order = needs.by_need(self.actor, self.group_id, typed)
            self._order = view, order
        return order

    def action_sort(self) -> None:
        """By need if it was by name, and the other way round; remembered while the program runs."""
        self.host.members_by_need = not self.host.members_by_need
        self.reset_list("members")

    def say_reasons(self) -> None:
        """Say why the person under the cursor is flagged."""
        line = self.query_one(Roster).line
        self.query_one(Reasons).show(line.flags if line else ())
