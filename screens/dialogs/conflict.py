"""A conflict in a dialog: what somebody else saved meanwhile is shown beside what was typed.

The dialog has a `#conflict` above its fields, a `#theirs-NAME` under each, and a `#take-theirs` button.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from screens.widgets.fields import Labelled
from store.text import clean_text

KEEP_OR_TAKE = "Save replaces theirs with yours. Take theirs discards what you typed."


def show(
    dialog: Screen[Any], message: str, fields: Iterable[str], apart: list[str], said: Callable[[str], str]
) -> None:
    """Show under the fields that are `apart` what is saved now, as `said` puts it, and what can be done."""
    for field in fields:
        note = dialog.query_one(f"#theirs-{field}", Static)
        note.display = field in apart
        dialog.query(f"#field-{field}").set_class(field in apart, "-apart")
        note.update(Content(f"now: {said(field) or '(empty)'}"))
    dialog.query_one("#take-theirs").display = bool(apart)
    warn(dialog, f"{message}\n{KEEP_OR_TAKE}" if apart else message)
    dialog.refresh_bindings()


def warn(dialog: Screen[Any], text: str) -> None:
    """Show a warning above the fields."""
    banner = dialog.query_one("#conflict", Static)
    banner.update(Content(clean_text(text)))
    banner.display = True
    dialog.query_one(VerticalScroll).scroll_home(animate=False)


def settle(dialog: Screen[Any]) -> None:
    """Remove everything that tells of a conflict."""
    for part in dialog.query("#conflict, .theirs, #take-theirs"):
        part.display = False
    dialog.query(Labelled).remove_class("-apart")
    dialog.refresh_bindings()
