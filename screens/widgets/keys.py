"""Bindings in one line each, and how their keys are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

NO_KEY = "no_key"
"""Stands for the key of a binding whose key was given to another one."""


def key(
    ident: str,
    keys: str,
    action: str,
    label: str,
    tooltip: str,
    *,
    show: bool = False,
    direct: bool = False,
    display: str | None = None,
) -> Binding:
    """A binding. Its id never changes, since people remap keys by it; labels may.

    Unless it is to `show`, only the page of keyboard shortcuts has it. A `direct` one acts before the key has
    gone down to the focus and up again. `display` is how the key is written where its own name will not do.
    """
    return Binding(
        keys, action, label, show=show, key_display=display, id=ident, tooltip=tooltip, priority=direct
    )


def take_remaps(node: DOMNode, keymap: Mapping[str, str]) -> None:
    """Put a screen's bindings, or the program's, on the keys that were given to them.

    Textual does so as well, but has by then taken away what is on a letter while one writes.
    """
    node._bindings.apply_keymap(keymap)


def defaults(node: DOMNode) -> Iterator[Binding]:
    """The bindings of a node on the keys that they have without a configuration."""
    for bindings in node._merged_bindings.key_to_bindings.values() if node._merged_bindings else ():
        yield from bindings


SPELLED = {"⏎": "Enter", "esc": "Esc", "tab": "Tab", "space": "Space"}


def key_in_words(screen: Screen[Any], key: str) -> str:
    """How a key is written in a sentence, as in Ctrl+S: see `shown_key`, which gives it as a bar has it."""
    shown = shown_key(screen, key)
    if len(shown) == 2 and shown.startswith("^"):
        return f"Ctrl+{shown[1].upper()}"
    return SPELLED.get(shown, shown)


def shown_key(screen: Screen[Any], key: str) -> str:
    """How a key is shown on a screen: as what it was remapped to, if it was."""
    app = screen.app
    keymap = app._keymap
    if not keymap:
        return key
    for node in screen.focused.ancestors_with_self if screen.focused else (screen, app):
        for binding in defaults(node):
            if binding.id and binding.id in keymap and app.get_key_display(binding) == key:
                first = keymap[binding.id].split(",")[0]
                return app.get_key_display(binding.with_key(first, key_display=None))
    return key
