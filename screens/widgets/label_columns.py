"""Two columns, a label and a quieter note, whose widths fit their texts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from screens.widgets.list.rows import GAP, Column

LEAST = 12
"""Cells of a label that are never given up."""
SAMPLED = 100
"""So many lines settle it: more would take time at every key."""


def label_width(pairs: Sequence[tuple[str, str]], room: int) -> int:
    """How wide the labels should be in so many cells, so that as little as possible of all is cut."""
    lengths = [(cell_len(label), cell_len(note)) for label, note in pairs[:SAMPLED]]
    longest = max((label for label, _ in lengths), default=0)
    widest = max((note for _, note in lengths), default=0)
    # Of a list that is not laid out yet the width is not known.
    if room <= 0 or longest + GAP + widest <= room:
        return max(LEAST, longest)

    def cut(width: int) -> int:
        beside = room - width - GAP
        # What a line is called weighs more than what is said of it.
        return sum(2 * max(0, label - width) + max(0, note - beside) for label, note in lengths)

    # What is cut changes its slope only where a label or a note just fits.
    edges = {label for label, _ in lengths} | {room - GAP - note for _, note in lengths}
    return min((edge for edge in edges if LEAST <= edge <= room - GAP), key=cut, default=LEAST)


def columns(pairs: Sequence[tuple[str, str]], room: int) -> tuple[Column, Column]:
    """The two columns for these, in so many cells."""
    label = Column("label", minimum=LEAST, stretch=max(1, room), most=label_width(pairs, room))
    return label, Column("note", stretch=1, drop=1)
