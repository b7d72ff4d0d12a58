"""The line at the bottom: the keys that work here, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.screen import Screen

from screens.widgets.line import Line, Part

GAP = 3
"""Cells between two keys."""
EVERY_KEY = "help"
"""The action that shows every key."""


class KeyBar(Line):
    """One line for all keys: a widget for each would cost more to mount and to send."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    _keys: Sequence[tuple[Part, Part]] = ()

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        if not self.is_attached:
            return
        # Where keys do not all fit, those of the screen itself stay: the others work everywhere.
        keys: list[tuple[Part, Part]] = []
        everywhere: list[tuple[Part, Part]] = []
        named: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            # What the key of a button does is said by the button.
            label = str(getattr(active.node, "label", "")) if binding.action == "press" else ""
            words = label or (binding.description if binding.show else "")
            if binding.action in named or not words:
                continue
            named.add(binding.action)
            key = self.app.get_key_display(binding)
            tone = "accent" if active.enabled else "dim"
            target = (binding.action, active.node) if active.enabled else None
            name = Part(f" {words}", "" if active.enabled else "dim", target)
            pair = (Part(key, tone, target), name)
            if active.node is self.app:
                everywhere.append(pair)
            elif binding.key == "escape":
                everywhere.insert(0, pair)
            else:
                keys.append(pair)
        self._keys = keys + everywhere
        self._fit()

    def on_resize(self) -> None:
        """More or fewer of them fit."""
        self._fit()

    def _fit(self) -> None:
        """Show as many whole keys as fit; the one that leads to all the others always."""
        rest = next((pair for pair in self._keys if _action(pair) == EVERY_KEY), ())
        room = self.size.width - _width(rest) - (GAP if rest else 0)
        left: list[Part] = []
        for pair in self._keys:
            if pair is rest:
                continue
            needed = _width(pair) + (GAP if left else 0)
            if needed > room:
                continue
            room -= needed
            left += [Part(" " * GAP), *pair] if left else pair
        self.set_parts(left, rest)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked key does."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if isinstance(target, tuple):
            action, node = target
            await self.app.run_action(action, node)


def _width(pair: Sequence[Part]) -> int:
    return sum(cell_len(part.text) for part in pair)


def _action(pair: Sequence[Part]) -> str:
    """The action of a key that can be pressed now, without its namespace."""
    target = pair[0].target
    return str(target[0]).rpartition(".")[2] if isinstance(target, tuple) else ""
