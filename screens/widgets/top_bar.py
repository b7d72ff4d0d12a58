"""The line at the top: the path, the viewer's name, and the number of waiting items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message

from screens.places import Crumb, Place
from screens.widgets.line import Line, Part
from store.text import clean_line
from store.views.account import Viewer

GAP = 2
"""Cells between the path and what stands at the right."""


class TopBar(Line):
    """The path one can click; the viewer's name and waiting work at the right."""

    DEFAULT_CSS = """
    TopBar { dock: top; background: $panel; }
    """

    @dataclass
    class CrumbChosen(Message):
        """A step of the path was clicked."""

        place: Place

    @dataclass
    class MenuChosen(Message):
        """The sign for the main menu was clicked."""

    def show(self, crumbs: Sequence[Crumb], viewer: Viewer) -> None:
        """Show this path for this viewer."""
        right = [Part(f"{clean_line(viewer.name)}  ", "dim")]
        if viewer.waiting:
            right.append(Part(f"● {viewer.waiting:,} waiting  ", "alert"))
        right.append(Part("≡", "", "menu"))
        taken = sum(cell_len(part.text) for part in right) + GAP
        left: list[Part] = []
        shown = _shorten(crumbs, max(20, self.size.width - taken))
        for index, crumb in enumerate(shown):
            last = index == len(shown) - 1
            if index:
                left.append(Part(" › ", "dim"))
            left.append(Part(crumb.label, "strong" if last else "", None if last else crumb.place))
        self.set_parts(left, right)

    def on_click(self, event: events.Click) -> None:
        """Go where the clicked step leads."""
        offset = event.get_content_offset(self)
        target = self.target_at(offset.x) if offset else None
        if target == "menu":
            self.post_message(self.MenuChosen())
        elif isinstance(target, Place):
            self.post_message(self.CrumbChosen(target))


def _shorten(crumbs: Sequence[Crumb], room: int) -> list[Crumb]:
    """Leave out steps after the first until the path fits: where one is matters most."""
    shown = list(crumbs)
    while len(shown) > 2 and cell_len(" › ".join(clean_line(crumb.label) for crumb in shown)) > room:
        drop = 2 if shown[1].label == "…" and len(shown) > 3 else 1
        if shown[1].label == "…" and drop == 1:
            break
        place = shown[drop].place
        shown[1 : drop + 1] = [Crumb("…", place)]
        if drop == 1 and len(shown) == 2:
            break
    return shown
