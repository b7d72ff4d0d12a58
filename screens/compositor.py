"""Draws what is seen of what changed."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class SeenCompositor(Compositor):
    """Asks only those widgets for their lines of which something is seen in what is to be drawn again.

    Textual asks all that lie in the same container, and those underneath: ten of them for a letter in a box.
    """

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders()
            return
        # From the front to the back, as Textual keeps them.
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            if not seen.overlaps(crop):
                continue
            yield region, clip, widget.render_lines(seen.translate((-region.x, -region.y)))
            if seen.contains_region(crop):
                # What lies further back is covered.
                return
