"""Draws only what can be seen of what changed."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class SeenCompositor(Compositor):
    """Renders only the widgets that can be seen in the region that is drawn again.

    Textual renders everything in the same container and everything underneath: ten widgets for one letter.
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
