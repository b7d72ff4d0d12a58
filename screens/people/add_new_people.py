"""Adding people to a group who are not in the account yet: for admins, from a search that finds nobody and
from what is left of a pasted list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from screens.people.into_group import IntoGroup
from screens.people.missing import Missing
from screens.store_access import StoreAccess
from screens.widgets.keys import key, shown_key
from store import pasted_people
from store.text import clean_line
from store.views.groups import Role
from store.views.people import AddedPeople


class AddNewPeople(StoreAccess):
    """Mixed into the dialog that adds people to a group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "add.new",
            "f2",
            "new_person",
            "New person",
            "Add somebody to the account and to the group, or all who are left of a pasted list",
            show=True,
        ),
    ]

    group_id: int
    group_name: str

    @property
    def typed(self) -> str:
        """What was typed to look for."""
        raise NotImplementedError

    @property
    def missing(self) -> Missing:
        """What is left of a pasted list."""
        raise NotImplementedError

    @property
    def role(self) -> Role:
        """As what people are added."""
        raise NotImplementedError

    def new_people(self, added: AddedPeople, entries: Sequence[str]) -> None:
        """These were added to the account and to the group; `entries` of a pasted list name them."""
        raise NotImplementedError

    def offer(self, typed: str) -> str:
        """What is offered where nobody was found; nothing to those who may not."""
        if not self.host.viewer.may_manage_people or not typed.strip():
            return ""
        return f"Nobody found. Add “{clean_line(typed)}” as a new person…"

    @property
    def how_to_add_new(self) -> str:
        """How those are added whom a list names and who are not there yet."""
        return f", {shown_key(self, 'f2')} adds all" if self.host.viewer.may_manage_people else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only admins add people to the account."""
        return self.host.viewer.may_manage_people if action == "new_person" else True

    def action_new_person(self) -> None:
        """Add who was looked for, or else all whom a pasted list has left."""
        self._add_new(self.typed, [] if self.typed.strip() else list(self.missing.entries))

    @work(exit_on_error=False)
    async def _add_new(self, typed: str, left: list[str]) -> None:
        from screens.people.add_list import AddList  # noqa: PLC0415 - the editor is costly to import
        from screens.people.new_person import AddPerson, said  # noqa: PLC0415 - as that one

        into = IntoGroup(self.group_id, self.group_name, self.role)
        added = await self.ask(AddList("\n".join(left), into) if left else AddPerson(typed, into))
        if added is not None:
            self.new_people(added, named_in(left, added))
            self.say(said(added, self.group_name))


def named_in(entries: Sequence[str], added: AddedPeople) -> list[str]:
    """The entries of a pasted list that are about people who were added."""
    emails = set(added.emails) - {""}
    return [entry for entry in entries if any(one.email in emails for one in pasted_people.read(entry))]
