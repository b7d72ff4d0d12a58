"""What the keys of a screen do, read from its bindings: for the page of keys and the palette."""

from __future__ import annotations

from typing import Any

from textual.dom import DOMNode
from textual.screen import Screen

from store.frozen import dataclass

HERE = "Here"
FOCUS = "Where the cursor is"
EVERYWHERE = "Everywhere"
AREAS = (HERE, FOCUS, EVERYWHERE)
SHARED = ("screen.", "tabs.", "list.", "reading.")
"""How the ids of bindings begin that many screens have: they come after a screen's own."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done now, on the part of the screen that does it.

    `keys` as they are shown, remapped ones as remapped. Textual's own have an empty `ident`.
    """

    area: str
    action: str
    node: DOMNode
    ident: str
    name: str
    tooltip: str
    keys: tuple[str, ...]
    enabled: bool


def actions_of(screen: Screen[Any]) -> tuple[Action, ...]:
    """Everything that has a key on the screen, in the order of `AREAS`, its own before the shared ones.

    What cannot be done now, but at other times, is in it and not `enabled`.
    """
    found: dict[tuple[int, str], Action] = {}
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        if not binding.description:
            continue
        at = (id(node), binding.action)
        before = found[at].keys if at in found else ()
        found[at] = Action(
            _area(screen, node),
            binding.action,
            node,
            binding.id or "",
            binding.description,
            active.tooltip or binding.description,
            tuple(dict.fromkeys((*before, screen.app.get_key_display(binding)))),
            active.enabled,
        )
    # Textual's own keys of the screen and the program are not what a person of ours looks for.
    kept = [action for action in found.values() if action.ident or action.area == FOCUS]
    return tuple(sorted(kept, key=lambda action: (AREAS.index(action.area), action.ident.startswith(SHARED))))


def _area(screen: Screen[Any], node: DOMNode) -> str:
    if node is screen.app:
        return EVERYWHERE
    return HERE if node is screen else FOCUS
