"""Dialogs about people that several screens open: add, manage, deactivate, reactivate, and their menu."""

# ruff: noqa: PLC0415 - dialogs cost nothing until one is opened

from __future__ import annotations

from collections.abc import Callable

from textual import work

from screens.dialogs.ask import Menu, MenuItem
from screens.people.access import active_words, deactivation, reactivation
from screens.places import KeysPlace, MemberPlace
from screens.store_access import StoreAccess
from store import people, person_detail
from store.errors import MusterError
from store.views.people import AddedPeople, PersonDetail, PersonRow


@work(exit_on_error=False)
async def add_people(
    screen: StoreAccess,
    typed: str = "",
    *,
    several: bool = False,
    added: Callable[[AddedPeople], None] | None = None,
) -> None:
    """Add one person to the account, or `several` from a list; `typed` is what was searched for.

    `added` is called with the new people before the user is told.
    """
    from screens.people.add_list import AddList
    from screens.people.new_person import AddPerson, said

    new = await screen.ask(AddList() if several else AddPerson(typed))
    if new is not None:
        if added is not None:
            added(new)
        screen.say_done(said(new))


@work(exit_on_error=False)
async def manage_person(screen: StoreAccess, user_id: int) -> None:
    """Edit, deactivate or reactivate a person."""
    from screens.people.manage import ManagePerson

    await screen.ask(ManagePerson(user_id))


def set_active(screen: StoreAccess, user_id: int, *, active: bool) -> None:
    """Deactivate or reactivate a person after a question that says what it does."""
    screen.read(
        lambda: person_detail.detail(screen.actor, user_id),
        lambda person: _ask_to_set_active(screen, person, active=active),
        group="ask",
        opens=True,
    )


def _ask_to_set_active(screen: StoreAccess, person: PersonDetail, *, active: bool) -> None:
    if person.is_only_admin and not active:
        screen.say(people.ONLY_ADMIN)
    elif person.active is not active:
        _set_active(screen, person, active=active)


@work(exit_on_error=False)
async def _set_active(screen: StoreAccess, person: PersonDetail, *, active: bool) -> None:
    own = person.id == screen.actor.user_id

    def refused(error: MusterError) -> None:
        # Somebody else may have changed the person: show the present state.
        screen.show_error(error)
        screen.host.store_changed()

    if await screen.ask(reactivation(person) if active else deactivation(person, own=own)):
        screen.write(
            lambda: people.edit(screen.actor, person.id, active=active, was=person),
            lambda _: screen.say_done(active_words(person, active=active)),
            failed=refused,
        )


@work(exit_on_error=False)
async def person_menu(screen: StoreAccess, person: PersonRow) -> None:
    """Show the menu of a person in the list of everybody."""
    chosen = await screen.ask(Menu(person.name, person_items(person, is_admin=screen.host.viewer.is_admin)))
    match chosen:
        case "manage":
            manage_person(screen, person.id)
        case "deactivate" | "reactivate":
            set_active(screen, person.id, active=chosen == "reactivate")
        case "keys":
            screen.go(KeysPlace(person.id))
        case str():
            screen.go(MemberPlace(person.id, chosen))


def person_items(person: PersonRow, *, is_admin: bool) -> list[MenuItem]:
    """The lines of a person's menu. Those that only show something are named as the tabs of the profile."""
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
            MenuItem("keys", "SSH keys"),
        ]
    return items
