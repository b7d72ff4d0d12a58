"""The main menu: what is reached from everywhere."""

from __future__ import annotations

from screens.dialogs.ask import Menu, MenuItem
from store.views.account import Viewer


def main_menu(viewer: Viewer) -> Menu:
    """The menu; it answers with the name of an action of the program."""
    return Menu("Muster", main_items(viewer))


def main_items(viewer: Viewer) -> list[MenuItem]:
    """Its lines; the keys of them are actions of the program, with or without a key of their own."""
    items = [MenuItem("home", "Home")]
    if viewer.has_community:
        if viewer.account.community_on:
            items.append(MenuItem("queue", "Queue", "Q"))
        items += [
            MenuItem("drafts", "My drafts"),
            MenuItem("community", "Community", "c"),
            MenuItem("find", "Find a person, group or course", "^p"),
            MenuItem("replies", "Saved replies"),
        ]
    if viewer.may_release:
        items.append(MenuItem("release_marks", "Release marks…"))
    items += [MenuItem("history", "My actions"), MenuItem("my_keys", "My SSH keys")]
    if viewer.may_oversee:
        items += [
            MenuItem("add_person", "Add people to the account…"),
            MenuItem("sessions", "Sessions"),
            MenuItem("sites", "Sites"),
            MenuItem("audit_log", "Audit log"),
        ]
    items += [
        MenuItem("every_action", "All actions…", ":"),
        MenuItem("theme", "Theme…"),
        MenuItem("help", "Keyboard shortcuts", "?"),
        MenuItem("quit", "Quit Muster", "q"),
    ]
    return items
