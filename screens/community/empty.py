"""Why the lists of Community are empty, and what to do next."""

from __future__ import annotations

from textual.screen import Screen

from screens.widgets.keys import shown_key
from store.text import clean_line
from store.views.account import Viewer


def reason(screen: Screen[object], viewer: Viewer, tab: str, typed: str) -> str:
    """What the list of a tab says when it is empty; `typed` is its filter."""
    adds, makes = shown_key(screen, "a"), shown_key(screen, "n")
    if typed:
        more = f" {adds} adds a new person." if tab == "people" and viewer.may_manage_people else ""
        return f"Nothing here matches “{clean_line(typed)}”.\n\nEsc clears the filter.{more}"
    if tab == "groups":
        make = f"\n\n{makes} makes the first one." if viewer.may_create_groups else ""
        return f"There are no groups yet.{make}"
    add = f"\n\n{adds} adds people." if viewer.may_manage_people else ""
    return f"Nobody is here yet.{add}"
