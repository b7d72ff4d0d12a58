"""Deactivating and reactivating a person: the questions, and what is said afterwards."""

from __future__ import annotations

from screens import formatting
from screens.dialogs.ask import Confirm
from store.text import clean_line
from store.views.people import PersonDetail


def deactivation(person: PersonDetail, *, own: bool) -> Confirm:
    """The question before a person is deactivated, with all that it does."""
    name = clean_line(person.name)
    now = f" ({person.sessions:,} now)" if person.sessions else ""
    keys = f" ({person.keys:,})" if person.keys else ""
    ends = (
        f"{name} can no longer sign in. Open sessions end within seconds{now}, and SSH keys stop "
        f"working{keys}."
    )
    stays = (
        "Their work, its reviews and their memberships are kept. Groups no longer list them, and only admins "
        "see their work that waits for review. You can reactivate them at any time."
    )
    if own:
        ends = "This is you: you will be signed out at once, and only another admin can let you back in."
        stays = "Your work, its reviews and your memberships are kept."
    title = "Deactivate yourself?" if own else f"Deactivate {name}?"
    return Confirm(title, f"{ends}\n\n{stays}", "Deactivate", destroys=True)


def reactivation(person: PersonDetail) -> Confirm:
    """The question before a person is reactivated, with all that it does."""
    name = clean_line(person.name)
    text = f"{name} can sign in again, with the same groups and roles as before."
    if person.keys:
        text += f" {formatting.count(person.keys, 'SSH key works', 'SSH keys work')} again."
    if person.is_admin:
        text += " They get their admin rights back."
    return Confirm(f"Reactivate {name}?", text, "Reactivate")


def active_words(person: PersonDetail, *, active: bool) -> str:
    """What was done, in one sentence."""
    return f"{clean_line(person.name)} was {'reactivated' if active else 'deactivated'}."
