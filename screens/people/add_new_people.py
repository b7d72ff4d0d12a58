"""Adding people to a group who are not in the account yet: for admins, from a search that finds nobody and
from the entries of a pasted list that match nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from screens.people.into_group import IntoGroup
from screens.people.new_person import AddPerson, said
from screens.store_access import StoreAccess
from store import pasted_people
from store.text import clean_line
from store.views.people import AddedPeople


def offer(screen: StoreAccess, typed: str) -> str:
    """What is offered where a search found nobody; empty for those who may not add people."""
    if not screen.host.viewer.may_manage_people or not typed.strip():
        return ""
    return f"Nobody found. Add “{clean_line(typed)}” as a new person…"


async def add_new(
    screen: StoreAccess, into: IntoGroup, typed: str, left: Sequence[str] = ()
) -> AddedPeople | None:
    """Ask for a new person, or for all who are `left` of a pasted list; add them to account and group.

    None where nobody was added.
    """
    from screens.people.add_list import AddList  # noqa: PLC0415 - the editor is costly to import

    added = await screen.ask(AddList("\n".join(left), into) if left else AddPerson(typed, into))
    if added is not None:
        screen.note_done()
        screen.say(said(added, into.name))
    return added


def named_in(entries: Sequence[str], added: AddedPeople) -> list[str]:
    """The entries of a pasted list that are about people who were added."""
    emails = set(added.emails) - {""}
    return [entry for entry in entries if any(one.email in emails for one in pasted_people.read(entry))]
