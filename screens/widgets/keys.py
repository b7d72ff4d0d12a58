"""Bindings in one line each, and how their keys are shown."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding
from textual.screen import Screen

NO_KEY = "no_key"
"""Stands for the key of a binding whose key was given to another one."""


def key(
    area: str, keys: str, action: str, name: str, tooltip: str, *, show: bool = False, direct: bool = False
) -> Binding:
    """A binding with an id made of `area` and name; unless to `show`, only the page of keys has it.

    What is `direct` acts where the key arrives, before it has gone down to the focus and up again.
    """
    ident = f"{area}.{name.lower().replace(' ', '-')}"
    return Binding(keys, action, name, show=show, id=ident, tooltip=tooltip, priority=direct)


def shown_key(screen: Screen[Any], key: str) -> str:
    """How a key is shown on a screen: as what it was remapped to, if it was."""
    app = screen.app
    keymap = app._keymap
    if not keymap:
        return key
    for node in screen.focused.ancestors_with_self if screen.focused else (screen, app):
        for _, binding in node._bindings:
            if binding.id and binding.id in keymap and app.get_key_display(binding) == key:
                first = keymap[binding.id].split(",")[0]
                return app.get_key_display(binding.with_key(first, key_display=None))
    return key
