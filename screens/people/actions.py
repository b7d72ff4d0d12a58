"""What an admin does with people: adding them, and editing, deactivating and reactivating one."""

# ruff: noqa: PLC0415 - dialogs cost nothing until one is opened

from __future__ import annotations

from textual import on, work

from screens.dialogs.ask import Menu, MenuItem
from screens.people import rows as people_rows
from screens.people.access import active_words, deactivation, reactivation
from screens.places import KeysPlace, MemberPlace
from screens.store_access import StoreAccess
from screens.widgets.list.row_list import RowList
from store import people, person_detail
from store.errors import MusterError
from store.views.people import AddedPeople, PersonDetail, PersonRow


def add_people(screen: StoreAccess, typed: str = "", *, several: bool = False) -> None:
    """Add one person to the account, or `several` from a list; `typed` is what was looked for."""

    async def ask() -> None:
        from screens.people.add_list import AddList
        from screens.people.new_person import AddPerson, said

        added = await screen.ask(AddList() if several else AddPerson(typed))
        if added is not None:
            if isinstance(screen, PeopleFlows):
                screen.people_added(added)
            screen.say_done(said(added))

    screen.run_worker(ask(), exit_on_error=False)


class PeopleDialogs(StoreAccess):
    """Mixed into screens on which people are managed."""

    @work(exit_on_error=False)
    async def manage_person(self, user_id: int) -> None:
        """Edit, deactivate or reactivate a person."""
        from screens.people.manage import ManagePerson

        await self.ask(ManagePerson(user_id))

    def set_active(self, user_id: int, *, active: bool) -> None:
        """Deactivate or reactivate a person, after saying what that does."""
        self.read(
            lambda: person_detail.detail(self.actor, user_id),
            lambda person: self._ask_to_set_active(person, active=active),
            group="ask",
            opens=True,
        )

    def _ask_to_set_active(self, person: PersonDetail, *, active: bool) -> None:
        if person.is_only_admin and not active:
            self.say(people.ONLY_ADMIN)
        elif person.active is not active:
            self._set_active(person, active=active)

    @work(exit_on_error=False)
    async def _set_active(self, person: PersonDetail, *, active: bool) -> None:
        own = person.id == self.actor.user_id
        if await self.ask(reactivation(person) if active else deactivation(person, own=own)):
            self.write(
                lambda: people.edit(self.actor, person.id, active=active, was=person),
                lambda _: self.say_done(active_words(person, active=active)),
                failed=self._not_set,
            )

    def _not_set(self, error: MusterError) -> None:
        """Somebody was first, say: show how things stand now."""
        self.show_error(error)
        self.host.store_changed()


class PeopleFlows(PeopleDialogs):
    """Mixed into the screen with the list of everybody."""

    def people_added(self, added: AddedPeople) -> None:
        """There are new people in the account."""
        raise NotImplementedError

    @property
    def person(self) -> PersonRow | None:
        """The person under the cursor."""
        row = self.query_one("#people", RowList).cursor_row
        return row.person if isinstance(row, people_rows.PersonLine) else None

    @on(RowList.Opened, "#people")
    def _open_person(self) -> None:
        if self.person:
            self.go(MemberPlace(self.person.id))

    def action_review(self) -> None:
        """What waits for review of the person under the cursor."""
        if self.person:
            self.go(MemberPlace(self.person.id, "review"))

    @on(RowList.MenuAsked, "#people")
    @work(exit_on_error=False)
    async def _person_menu(self) -> None:
        person = self.person
        if person is None:
            return
        chosen = await self.ask(Menu(person.name, person_items(person, is_admin=self.host.viewer.is_admin)))
        match chosen:
            case "manage":
                self.manage_person(person.id)
            case "deactivate" | "reactivate":
                self.set_active(person.id, active=chosen == "reactivate")
            case "keys":
                self.go(KeysPlace(person.id))
            case str():
                self.go(MemberPlace(person.id, chosen))


def person_items(person: PersonRow, *, is_admin: bool) -> list[MenuItem]:
    """The menu of a person in the list of everybody; what is no deed is a tab of their page."""
    items = [
        MenuItem("activity", "Open profile", "⏎"),
        MenuItem("courses", "Courses"),
        MenuItem("groups", "Groups"),
    ]
    if person.waiting:
        items.append(MenuItem("review", "Review", "r"))
    if is_admin:
        access = "deactivate" if person.active else "reactivate"
        items += [
            MenuItem("manage", "Manage…", "m"),
            MenuItem(access, f"{access.capitalize()}…"),
            MenuItem("keys", "Their keys"),
        ]
    return items
