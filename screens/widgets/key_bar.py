"""The line at the bottom: the keys that work here, made from the bindings themselves."""

from __future__ import annotations

from textual import events
from textual.screen import Screen

from screens.widgets.line import Line, Part


class KeyBar(Line):
    """One line for all keys: a widget for each would cost more to mount and to send."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        if not self.is_attached:
            return
        parts: list[Part] = []
        named: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.show or binding.action in named or not binding.description:
                continue
            named.add(binding.action)
            key = self.app.get_key_display(binding)
            tone = "accent" if active.enabled else "dim"
            target = (binding.action, active.node) if active.enabled else None
            if parts:
                parts.append(Part("   "))
            parts.append(Part(key, tone, target))
            parts.append(Part(f" {binding.description}", "" if active.enabled else "dim", target))
        self.set_parts(parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked key does."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if isinstance(target, tuple):
            action, node = target
            await self.app.run_action(action, node)
