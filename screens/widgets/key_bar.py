"""The line at the bottom: the keys that work here, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual import events
from textual.binding import ActiveBinding
from textual.screen import Screen

from screens.widgets.line import Line, Part

GAP = 3
"""Cells between two keys; between those at the right end one less."""
UNDO = "undo"
AT_THE_RIGHT = ("main_menu", "help")
"""By their actions, which have other keys where one writes: the right end behind Esc, at any width."""

Pair = tuple[Part, Part]
"""A key, and what it does."""


class KeyBar(Line):
    """One line for all keys: a widget for each would cost more to mount and to send.

    Its ends stay: what Enter does at the left; Esc, the menu and the page of all keys at the right. What does
    not fit is left out of the middle. Undo stands there only while there is something to undo: its key works
    always, also for what was done before this session.
    """

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    _first: Sequence[Pair] = ()
    _middle: Sequence[Pair] = ()
    _undo: Sequence[Pair] = ()
    _ends: Sequence[Pair] = ()

    def __init__(self, may_undo: Callable[[], bool] = lambda: True) -> None:
        super().__init__()
        self._may_undo = may_undo

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        if not self.is_attached:
            return
        enter: list[Pair] = []
        own: list[Pair] = []
        everywhere: list[Pair] = []
        right: dict[str, Pair] = {}
        named: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            action = binding.action.rpartition(".")[2]
            # The undo of a text box is not the program's, which alone has its place in the bar.
            is_own = bool(binding.id)
            always = is_own and (action == UNDO or action in AT_THE_RIGHT)
            # What the key of a button does is said by the button.
            label = str(getattr(active.node, "label", "")) if binding.action == "press" else ""
            words = label or (binding.description if binding.show or always else "")
            if action in named or not words or (always and not active.enabled):
                continue
            if action == UNDO and not self._may_undo():
                continue
            named.add(action)
            pair = self._pair(active, words)
            if always or binding.key == "escape":
                right[action if always else "escape"] = pair
            elif binding.key == "enter":
                enter.append(pair)
            elif active.node is self.app:
                everywhere.append(pair)
            else:
                own.append(pair)
        self._first, self._middle = enter, own + everywhere
        self._undo = [right.pop(UNDO)] if UNDO in right else []
        self._ends = [right[action] for action in ("escape", *AT_THE_RIGHT) if action in right]
        self._fit()

    def _pair(self, active: ActiveBinding, words: str) -> Pair:
        target = (active.binding.action, active.node) if active.enabled else None
        key = self.app.get_key_display(active.binding)
        name = Part(f" {words}", "" if active.enabled else "dim", target)
        return Part(key, "accent" if active.enabled else "dim", target), name

    def on_resize(self) -> None:
        """More or fewer of them fit."""
        self._fit()

    def _fit(self) -> None:
        """Show as many whole keys as fit between the ends."""
        right = _in_a_row(self._ends, GAP - 1)
        room = self.size.width - _width(right) - GAP
        shown = list(self._first[:1])
        room -= _width(_in_a_row([*shown, *self._undo], GAP))
        for pair in (*self._first[1:], *self._middle):
            needed = _width(pair) + GAP
            if needed <= room:
                room -= needed
                shown.append(pair)
        self.set_parts(_in_a_row([*shown, *self._undo], GAP), right)

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked key does."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if isinstance(target, tuple):
            action, node = target
            await self.app.run_action(action, node)


def _in_a_row(pairs: Sequence[Pair], gap: int) -> list[Part]:
    parts: list[Part] = []
    for pair in pairs:
        parts += [Part(" " * gap), *pair] if parts else pair
    return parts


def _width(parts: Sequence[Part]) -> int:
    return sum(cell_len(part.text) for part in parts)
